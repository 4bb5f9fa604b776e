"""Series that are no straight, even, complete box of one patient are refused, with file, place and remedy."""

import numpy as np
import pytest
from pydicom.dataelem import DataElement

from iceball.errors import ImageError
from iceball.io.read import read_image
from tests.io.make_dicom import write_series
from tests.io.test_dicom_geometry import read_here

# The toolkit warns while the tests write what no scanner should.
pytestmark = pytest.mark.filterwarnings("ignore:Invalid value for VR")

TALL = {"shape": (4, 3, 40), "spacing_mm": (1.0, 1.0, 2.5)}


def refused(folder, *words, read=read_here):
    with pytest.raises(ImageError) as caught:
        read(folder)
    said = str(caught.value)
    for word in words:
        assert word in said, said
    assert caught.value.remedy
    return caught.value


def moved(slice_number, by_mm):
    def tweak(dataset, k):
        if k == slice_number:
            dataset.ImagePositionPatient = [
                float(a) + b for a, b in zip(dataset.ImagePositionPatient, by_mm, strict=True)
            ]

    return tweak


def test_a_missing_slice_is_named_by_its_neighbours(tmp_path):
    paths = write_series(tmp_path, **TALL)
    paths[17].unlink()
    refused(tmp_path, "1 slice(s) missing", paths[16].name, paths[18].name, "5.000 mm")


def test_a_duplicate_slice_names_both_files(tmp_path):
    paths = write_series(tmp_path, **TALL)
    (tmp_path / "again.dcm").write_bytes(paths[5].read_bytes())
    refused(tmp_path, "two slices lie at one position", "again.dcm", paths[5].name)


@pytest.mark.parametrize("sign", [1, -1])
def test_half_a_percent_of_jitter_is_read(tmp_path, sign):
    write_series(tmp_path, **TALL, tweak=moved(11, (0, 0, sign * 0.005 * 2.5)))
    assert read_here(tmp_path).grid.shape == (4, 3, 40)


@pytest.mark.parametrize("share", [0.02, -0.02, 0.1])
def test_two_percent_of_jitter_and_more_is_refused(tmp_path, share):
    write_series(tmp_path, **TALL, tweak=moved(11, (0, 0, share * 2.5)))
    refused(tmp_path, "unequal spacing", "LPS")


def test_small_differences_that_add_up_are_refused(tmp_path):
    def tweak(dataset, k):
        # Gaps of 2.5 and 2.524 mm: each within 1 %, together half a millimetre.
        dataset.ImagePositionPatient = [-10, 20, -30 + 2.5 * k + 0.024 * max(0, k - 20)]

    write_series(tmp_path, shape=(4, 3, 60), spacing_mm=(1, 1, 2.5), tweak=tweak)
    refused(tmp_path, "add up")


def test_a_tilted_gantry_is_refused_with_its_angle(tmp_path):
    def tweak(dataset, k):
        dataset.ImagePositionPatient = [-10, 20 + 2.5 * k * np.tan(np.radians(15)), -30 + 2.5 * k]

    write_series(tmp_path, tweak=tweak)
    refused(tmp_path, "gantry tilt", "15.0 degrees")


def test_one_slice_shifted_sideways_is_refused(tmp_path):
    paths = write_series(tmp_path, tweak=moved(3, (0.5, 0, 0)))
    refused(tmp_path, "shift sideways, by 0.50 mm", paths[3].name)


@pytest.mark.parametrize(
    ("tag", "value", "words"),
    [
        ("PatientID", "someone else", "patient"),
        ("FrameOfReferenceUID", "1.2.9", "frame of reference"),
        ("PixelSpacing", [0.71, 0.8], "pixel spacing"),
        ("ImageOrientationPatient", [0, 1, 0, -1, 0, 0], "orientation"),
        ("PatientPosition", "FFP", "patient position"),
    ],
)
def test_a_series_that_mixes_is_refused_and_names_the_odd_file(tmp_path, tag, value, words):
    paths = write_series(tmp_path, tweak=lambda d, k: setattr(d, tag, value) if k == 2 else None)
    refused(tmp_path, "mixes", words, paths[2].name)


def test_slices_of_two_sizes_are_refused(tmp_path):
    def tweak(dataset, k):
        if k == 2:
            dataset.Rows, dataset.PixelData = 2, dataset.PixelData[: 2 * 5 * 2]

    write_series(tmp_path, tweak=tweak)
    refused(tmp_path, "image size")


def test_one_slice_is_refused(tmp_path):
    path = write_series(tmp_path, shape=(4, 4, 1))[0]
    refused(tmp_path, "one slice")
    refused(path, "one slice")


POISON = [
    ("PixelSpacing", "DS", ["nan", "1"]),
    ("PixelSpacing", "DS", ["inf", "1"]),
    ("PixelSpacing", "DS", ["0", "1"]),
    ("PixelSpacing", "DS", ["-0.7", "0.7"]),
    ("PixelSpacing", "DS", ["1e30", "1e30"]),
    ("PixelSpacing", "DS", ["0.7"]),
    ("PixelSpacing", "LO", "0,66"),
    ("PixelSpacing", "LO", "wide\\wider"),
    ("PixelSpacing", "DS", None),
    ("ImageOrientationPatient", "DS", ["0"] * 6),
    ("ImageOrientationPatient", "DS", ["2", "0", "0", "0", "1", "0"]),
    ("ImageOrientationPatient", "DS", ["1", "0", "0", "1", "0", "0"]),
    ("ImageOrientationPatient", "DS", ["1", "0", "0", "0", "1"]),
    ("ImageOrientationPatient", "DS", ["nan", "0", "0", "0", "1", "0"]),
    ("ImagePositionPatient", "DS", ["nan", "0", "0"]),
    ("ImagePositionPatient", "DS", ["0", "0"]),
    ("ImagePositionPatient", "LO", "left"),
    ("RescaleSlope", "DS", "0"),
    ("RescaleSlope", "DS", "nan"),
    ("RescaleIntercept", "DS", "inf"),
    ("Rows", "US", 0),
]


@pytest.mark.parametrize(("tag", "vr", "value"), POISON)
def test_a_poisoned_attribute_is_refused_by_file_and_name(tmp_path, tag, vr, value):
    def tweak(dataset, k):
        if k == 1:
            dataset[tag] = DataElement(dataset.data_element(tag).tag, vr, value)

    paths = write_series(tmp_path, tweak=tweak)
    error = refused(tmp_path, tag if value != ["1e30", "1e30"] else "pixel spacing")
    assert paths[1].name in str(error)


def test_an_absurd_spacing_on_every_slice_is_refused(tmp_path):
    write_series(tmp_path, spacing_mm=(400.0, 400.0, 2.5))
    refused(tmp_path, "spacing")


def test_a_broken_file_refuses_its_own_series_only(tmp_path):
    write_series(tmp_path, number=1, prefix="good")
    bad = write_series(
        tmp_path,
        number=2,
        prefix="bad",
        tweak=lambda d, k: setattr(d, "PixelSpacing", ["nan", "1"]) if k == 2 else None,
    )
    assert "1 unreadable" in read_here(tmp_path, series="1").header.notes[0]
    with pytest.raises(ImageError, match="PixelSpacing"):
        read_here(tmp_path, series="2")
    assert bad


def test_truncated_pixels_are_refused_by_file(tmp_path):
    paths = write_series(tmp_path)
    paths[2].write_bytes(paths[2].read_bytes()[:-11])
    refused(tmp_path, paths[2].name, "decoded", read=read_image)


def test_colour_pictures_are_no_images_to_plan_on(tmp_path):
    def tweak(dataset, k):
        dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PlanarConfiguration = 3, "RGB", 0
        dataset.PixelData = dataset.PixelData * 3

    write_series(tmp_path, tweak=tweak)
    refused(tmp_path, "grey")


def test_values_that_are_no_hounsfield_units_are_refused(tmp_path):
    write_series(tmp_path, tweak=lambda d, k: setattr(d, "RescaleType", "ml/100ml/s"))
    refused(tmp_path, "Hounsfield")


def test_a_path_that_is_not_there_is_refused():
    refused("nowhere/at/all", "no such file", read=read_image)


def test_an_empty_folder_is_refused(tmp_path):
    refused(tmp_path, "empty", read=read_image)
