"""NIfTI goes out and comes back in the same place, and says so when it does not know where it is."""

import gzip

import nibabel
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from iceball.errors import ImageError
from iceball.io.image import load_image
from iceball.io.nifti import write_nifti
from iceball.io.read import read_image
from iceball.space import Grid, Volume
from tests.io.test_dicom_geometry import CUBE

RNG = np.random.default_rng(1)


def load(path, modality=None):
    return load_image(path, series=None, modality=modality)


def volume(turn=None, origin=(-100.0, 50.0, 900.0), spacing=(0.7, 0.8, 2.5), shape=(4, 5, 6)):
    matrix = np.eye(4)
    matrix[:3, :3] = (np.eye(3) if turn is None else turn) * np.array(spacing)
    matrix[:3, 3] = origin
    return Volume(Grid.of(shape, matrix), RNG.integers(-1000, 1000, shape).astype(np.int16))


@pytest.mark.parametrize("number", range(48))
def test_all_48_orientations_come_back_within_a_thousandth_of_a_millimetre(tmp_path, number):
    before = volume(CUBE[number].T)
    after = load(write_nifti(before, tmp_path / "a.nii"))
    assert np.abs(after.grid.corners_mm - before.grid.corners_mm).max() <= 1e-3
    assert np.array_equal(after.data, before.data)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), origin=st.tuples(*[st.floats(-1500, 1500)] * 3), flip=st.booleans())
def test_any_oblique_grid_comes_back_within_a_thousandth_of_a_millimetre(tmp_path_factory, seed, origin, flip):
    turn = Rotation.random(random_state=np.random.default_rng(seed)).as_matrix()
    before = volume(turn @ np.diag([1, 1, -1 if flip else 1]), origin)
    after = load(write_nifti(before, tmp_path_factory.mktemp("n") / "a.nii.gz"))
    assert np.abs(after.grid.corners_mm - before.grid.corners_mm).max() <= 1e-3


def test_lps_becomes_ras_on_disk(tmp_path):
    before = volume()
    image = nibabel.load(write_nifti(before, tmp_path / "a.nii.gz"))
    assert np.allclose(image.affine[:3, 3], (100, -50, 900))
    assert (image.header["qform_code"], image.header["sform_code"]) == (1, 1)
    assert image.header.get_xyzt_units()[0] == "mm"


def test_the_same_volume_gives_the_same_bytes(tmp_path):
    before = volume()
    one, two = write_nifti(before, tmp_path / "a.nii.gz"), write_nifti(before, tmp_path / "b.nii.gz")
    assert one.read_bytes() == two.read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.nii.gz", "b.nii.gz"]


def test_reading_through_the_child_gives_the_same_volume(tmp_path):
    before = volume()
    after = read_image(write_nifti(before, tmp_path / "a.nii.gz"))
    assert np.array_equal(after.data, before.data)
    assert after.grid.matches(before.grid, tolerance_mm=1e-3)


def image(affine=None, shape=(4, 5, 6), data=None, units="mm", q=1, s=1):
    affine = np.diag([0.7, 0.8, 2.5, 1]) if affine is None else affine
    made = nibabel.Nifti1Image(np.zeros(shape, np.int16) if data is None else data, affine)
    made.set_qform(affine, code=q, strip_shears=True)
    made.set_sform(affine, code=s)
    made.header.set_xyzt_units(units)
    return made


def save(made, tmp_path, name="x.nii"):
    path = tmp_path / name
    nibabel.save(made, path)
    return path


@pytest.mark.parametrize(("units", "scale", "words"), [("meter", 1e-3, "metres"), ("micron", 1e3, "micrometres")])
def test_metres_and_micrometres_are_converted_with_a_note(tmp_path, units, scale, words):
    affine = np.diag([0.7 * scale, 0.8 * scale, 2.5 * scale, 1])
    affine[:3, 3] = 100 * scale
    read = load(save(image(affine, units=units), tmp_path))
    assert np.allclose(read.grid.spacing_mm, (0.7, 0.8, 2.5), atol=1e-5)
    assert np.allclose(read.grid.origin_mm, (-100, -100, 100), atol=1e-3)
    assert words in read.header.notes[0]


def test_an_unnamed_unit_is_taken_as_millimetres_with_a_note(tmp_path):
    read = load(save(image(units="unknown"), tmp_path))
    assert "does not name its unit" in read.header.notes[0]


def refused(path, words, modality=None):
    with pytest.raises(ImageError, match=words) as caught:
        load(path, modality)
    assert caught.value.where == path.name
    assert caught.value.remedy


def test_a_file_with_no_affine_is_refused(tmp_path):
    refused(save(image(q=0, s=0), tmp_path), "no affine")


def test_disagreeing_affines_are_refused_beyond_a_tenth_of_a_millimetre(tmp_path):
    for shift, fine in ((0.05, True), (0.2, False)):
        made = image()
        moved = made.affine.copy()
        moved[0, 3] += shift
        made.set_sform(moved, code=2)
        path = save(made, tmp_path, f"{fine}.nii")
        if fine:
            assert np.allclose(load(path).grid.origin_mm, (-shift, 0, 0), atol=1e-5)
        else:
            refused(path, "disagree by 0.20 mm")


def test_affines_are_compared_only_where_both_are_set(tmp_path):
    made = image(q=0)
    made.set_qform(np.diag([9, 9, 9, 1.0]), code=0)
    made.header["pixdim"][1:4] = (0.7, 0.8, 2.5)
    assert np.allclose(load(save(made, tmp_path)).grid.spacing_mm, (0.7, 0.8, 2.5), atol=1e-6)


def test_a_sheared_affine_is_refused(tmp_path):
    affine = np.diag([1.0, 1, 1, 1])
    affine[0, 2] = 0.2
    refused(save(image(affine, q=0), tmp_path), "sheared")


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_an_impossible_pixdim_is_refused(tmp_path, bad):
    path = save(image(), tmp_path)
    content = bytearray(path.read_bytes())
    content[80:84] = np.float32(bad).tobytes()
    path.write_bytes(content)
    refused(path, "pixdim")


def test_a_matrix_of_nan_is_refused(tmp_path):
    path = save(image(q=0), tmp_path)
    content = bytearray(path.read_bytes())
    content[280:284] = np.float32(np.nan).tobytes()
    path.write_bytes(content)
    refused(path, "NaN")


def test_a_film_is_refused_but_a_fourth_axis_of_one_is_not(tmp_path):
    refused(save(image(shape=(4, 5, 6, 2)), tmp_path, "film.nii"), "4 axes")
    assert load(save(image(shape=(4, 5, 6, 1)), tmp_path, "one.nii")).grid.shape == (4, 5, 6)


def test_one_slice_is_refused(tmp_path):
    refused(save(image(shape=(4, 5, 1)), tmp_path), "one slice")


def test_a_voxel_that_is_not_a_number_is_refused_by_its_place(tmp_path):
    data = np.zeros((4, 5, 6), np.float32)
    data[1, 2, 3] = np.nan
    refused(save(image(data=data), tmp_path), r"voxel \(1, 2, 3\)")


def test_colour_voxels_are_refused(tmp_path):
    data = np.zeros((4, 5, 6), [("R", "u1"), ("G", "u1"), ("B", "u1")])
    refused(save(image(data=data), tmp_path), "not one number")


def test_a_ct_is_declared_by_the_caller_and_its_padding_is_marked(tmp_path):
    data = np.full((4, 5, 6), -3024.0, np.float32)
    data[0] = 40
    path = save(image(data=data), tmp_path)
    ct, plain = load(path, "CT"), load(path)
    assert (ct.quantity, ct.data.dtype, int(ct.data.min())) == ("HU", np.int16, -2000)
    assert "lowest -3024" in ct.header.notes[0]
    assert (plain.quantity, float(plain.data.min())) == ("", -3024)


def test_a_ct_without_any_number_below_water_is_refused_and_an_mr_is_not(tmp_path):
    path = save(image(data=np.arange(120, dtype=np.float32).reshape(4, 5, 6)), tmp_path)
    with pytest.raises(ImageError, match=r"lowest 0, highest 119.*--mr"):
        load(path, "CT")
    assert load(path, "MR").quantity == "MR"


def bad_files(folder):
    good = write_nifti(volume(shape=(20, 20, 20)), folder / "good.nii.gz").read_bytes()
    plain = gzip.decompress(good)
    huge = bytearray(plain)
    huge[42:48] = np.array([30000, 30000, 30000], "<i2").tobytes()
    return {
        "zip.nii.gz": b"PK\x03\x04" + bytes(400),
        "cut.nii.gz": good[: len(good) // 2],
        "cut.nii": plain[:-100],
        "text.nii": b"this is no image" * 40,
        "nothing.nii.gz": b"",
        "noise.nii.gz": gzip.compress(RNG.bytes(5000)),
        "huge.nii.gz": gzip.compress(bytes(huge)),
        "text.nrrd": b"this is no image",
        "text.mha": b"this is no image",
        "text.dcm": b"this is no image",
        "zeros.dcm": bytes(128) + b"DICM" + bytes(500),
        "cut.dcm": bytes(128) + b"DICM\x02\x00\x00\x00UL\x04\x00",
    }


NAMES = (
    *("zip.nii.gz", "cut.nii.gz", "cut.nii", "text.nii", "nothing.nii.gz", "noise.nii.gz", "huge.nii.gz"),
    *("text.nrrd", "text.mha", "text.dcm", "zeros.dcm", "cut.dcm"),
)


@pytest.mark.parametrize("name", NAMES)
def test_no_malformed_file_gives_more_than_a_typed_error(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(bad_files(tmp_path)[name])
    with pytest.raises(ImageError) as caught:
        read_image(path)
    assert name in str(caught.value)
    assert caught.value.remedy
    assert "Traceback" not in str(caught.value)
