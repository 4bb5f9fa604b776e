"""Real files of other people: read in the right place, or refused with the reason."""

import json
import tarfile

import numpy as np
import pytest

from iceball.errors import ImageError, SegmentationError
from iceball.io.read import list_series, read_image, read_label_map, read_points, read_structures
from iceball.space import Grid, Header, Volume
from tests.shared_data import shared

CASES = ("STS_002", "STS_003", "STS_024")


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    def unpack(*parts):
        folder = tmp_path_factory.mktemp("unpacked")
        with tarfile.open(shared(*parts)) as archive:
            archive.extractall(folder, filter="data")
        return folder

    return unpack


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("modality", "ml"), [("CT", (53.30, 80.12, 77.63)), ("MR_T1", (53.29, 80.12, 77.62))])
def test_sarcoma_contours_fill_to_the_shipped_masks_voxel_by_voxel(case, modality, ml):
    image = read_image(shared("sts_sarcoma", "dicom", case, modality, "image"))
    [mask] = read_structures(shared("sts_sarcoma", "dicom", case, modality, "mask", "RS.dcm"), on=image).values()
    nifti = read_image(shared("sts_sarcoma", "nifti", case, f"{modality}_image.nii.gz"), modality=modality[:2])
    [shipped] = read_structures(shared("sts_sarcoma", "nifti", case, f"{modality}_mask.nii.gz"), on=nifti).values()
    assert np.array_equal(mask.data, shipped.data)
    assert mask.grid.matches(shipped.grid)
    assert np.array_equal(image.data, nifti.data)
    assert mask.volume_ml == pytest.approx(ml[CASES.index(case)], abs=0.01)


def test_a_liver_ct_with_padding_of_minus_3024_is_floored_at_air(unpacked):
    image = read_image(unpacked("crlm1004_liver_ct", "crlm_ct_1004_dicom.tar.xz"))
    assert image.grid.shape == (512, 512, 41)
    assert np.allclose(image.grid.spacing_mm, (0.796875, 0.796875, 5))
    assert np.allclose(image.grid.origin_mm, (-198.199997, -204, -375))
    assert (int(image.data.min()), int(image.data.max()), image.data.dtype) == (-2000, 1377, np.int16)
    assert "lowest -3024" in image.header.notes[0]
    assert image.header.patient_position == "FFS"


def test_a_liver_ct_with_shuffled_file_names_is_sorted_by_place(unpacked):
    image = read_image(unpacked("hcc048_liver_ct", "hcc048_portal_venous_dicom.tar.xz"))
    assert image.grid.shape == (512, 512, 89)
    assert np.allclose(image.grid.spacing_mm, (0.703125, 0.703125, 2.5))
    assert image.grid.origin_mm[2] == pytest.approx(-396)


def test_an_oblique_prostate_study_is_listed_split_and_read(unpacked):
    folder = unpacked("prostatex0000_mri", "prostatex_0000_dicom.tar.xz")
    found = {s.key: s for s in list_series(folder)}
    assert list(found) == ["3", "4", "5", "6:b=50", "6:b=400", "6:b=800", "7", "8", "9"]
    assert [found[f"6:b={b}"].images for b in (50, 400, 800)] == [19, 19, 19]
    with pytest.raises(ImageError, match="9 images are here"):
        read_image(folder)
    t2 = read_image(folder, series="4")
    tilt = np.degrees(np.arccos(t2.grid.directions[2, 2]))
    assert tilt == pytest.approx(18.49, abs=0.01)
    assert t2.grid.shape == (384, 384, 19)
    assert np.allclose(t2.grid.spacing_mm, (0.5, 0.5, 3), atol=1e-3)
    adc = read_image(folder, series="7")
    lesion = (25.7457, 31.8707, -38.511)
    assert np.allclose(t2.grid.to_index(lesion), (166.8, 223.9, 8.5), atol=0.1)
    assert np.allclose(adc.grid.to_index(lesion), (35.7, 72.0, 8.5), atol=0.1)
    assert t2.header.frame_of_reference == adc.header.frame_of_reference


def test_a_tilted_gantry_is_refused(unpacked):
    with pytest.raises(ImageError, match=r"gantry tilt: the stack leans by 18\.5 degrees"):
        read_image(unpacked("dicom_gantry_tilt_ge", "ge_hispeed_tilt_dicom.tar.xz"))


def test_an_oblique_ct_without_a_frame_of_reference_is_read_with_a_note():
    image = read_image(shared("dicom_rtstruct_broken", "oriented_data"))
    assert np.allclose(image.grid.spacing_mm, (2.5, 3.5, 4.5), atol=1e-5)
    assert any("no frame of reference" in note for note in image.header.notes)


def test_one_slice_is_refused():
    with pytest.raises(ImageError, match="one slice"):
        read_image(shared("dicom_rtstruct_broken", "one_slice_data"))


@pytest.mark.parametrize(("file", "words"), [
    ("mock_data/invalid_reference_rt.dcm", "off the image, 5.00 mm"),
    ("mock_data/non_existent_reference_rt.dcm", "off the image, 5.00 mm"),
    ("mock_data/rt.dcm", "another frame of reference"),
    ("empty/dummy_rt.dcm", "off the image"),
])  # fmt: skip
def test_structure_sets_of_another_place_are_refused(file, words):
    image = read_image(shared("dicom_rtstruct_broken", "mock_data"))
    with pytest.raises(SegmentationError, match=words):
        read_structures(shared("dicom_rtstruct_broken", *file.split("/")), on=image)


def test_a_seg_of_another_frame_is_refused_on_the_ct():
    import pydicom

    dataset = pydicom.dcmread(shared("dicom_highdicom_seg", "ct_image.dcm"), stop_before_pixels=True)
    # The CT has one slice, which no plan can use, so its place alone is given.
    grid = Grid.of((128, 128, 1), np.diag([0.661468, 0.661468, 5, 1]))
    image = Volume(grid, np.zeros(grid.shape, np.int16), "HU", Header(frame_of_reference=dataset.FrameOfReferenceUID))
    for name in ("seg_image_ct_binary", "seg_image_ct_binary_overlap", "seg_image_ct_true_fractional"):
        with pytest.raises(SegmentationError, match="another frame of reference"):
            read_structures(shared("dicom_highdicom_seg", f"{name}.dcm"), on=image)


def test_a_seg_is_the_label_map_that_was_made_from_it():
    ct = read_image(shared("dcmqi_ct_seg_pair", "ct-3slice"))
    liver = read_structures(shared("dcmqi_ct_seg_pair", "liver.dcm"), on=ct)["Liver"]
    [same] = read_structures(shared("dcmqi_ct_seg_pair", "liver_seg.nrrd"), on=ct).values()
    assert np.array_equal(liver.data, same.data)
    assert liver.data.sum() == 107098
    assert liver.grid == ct.grid
    overlapping = read_structures(shared("dcmqi_ct_seg_pair", "partial_overlaps.dcm"), on=ct)
    assert list(overlapping) == ["GREEN", "ORANGE", "PURPLE", "LIGHT_BLUE", "DARK_BLUE"]
    [orange] = read_structures(shared("dcmqi_ct_seg_pair", "partial_overlaps-2.nrrd"), on=ct).values()
    assert np.array_equal(overlapping["ORANGE"].data, orange.data)


@pytest.mark.parametrize("columns", ["23", "24"])
def test_multi_frame_ct_single_slices_seg_and_nrrd_of_one_object_agree(columns):
    home = f"{columns}x38x3"
    single = read_image(shared("dcmqi_ct_seg_pair", home, "image"))
    multi = read_image(shared("dcmqi_ct_seg_pair", home, "multiframe"))
    assert np.array_equal(single.data, multi.data)
    assert single.grid.matches(multi.grid)
    [seg] = read_structures(shared("dcmqi_ct_seg_pair", home, "seg", "label.seg"), on=single).values()
    [nrrd] = read_structures(shared("dcmqi_ct_seg_pair", home, "nrrd", "label.nrrd"), on=single).values()
    assert np.array_equal(seg.data, nrrd.data)


ODD = {
    "US1_J2KR.dcm": "found: 1 US",
    "US1_UNCR.dcm": "found: 1 US",
    "color-pl.dcm": "found: 1 US",
    "eCT_Supplemental.dcm": "RCBF",
    "emri_small.dcm": "0 descriptions",
    "emri_small_RLE.dcm": "0 descriptions",
    "mlut_18.dcm": "found: 1 OT",
    "parametric_map_float.dcm": "found: 1 OT",
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_dicom_file_is_refused_with_the_reason(name):
    with pytest.raises(ImageError, match=ODD[name]) as caught:
        read_image(shared("dicom_seg_codecs_multiframe", name))
    assert name in str(caught.value)
    assert caught.value.remedy


def test_a_seg_is_the_same_in_three_transfer_syntaxes():
    ct = read_image(shared("dcmqi_ct_seg_pair", "ct-3slice"))
    for name in ("liver.dcm", "liver_expb.dcm", "liver_j2k.dcm"):
        [mask] = read_structures(shared("dicom_seg_codecs_multiframe", name), on=ct).values()
        assert mask.data.sum() == 107098


def test_organ_labels_have_the_volumes_their_maker_counted():
    labels, names = read_label_map(
        shared("totalseg_abdomen_ct", "example_seg_fast.nii.gz"), shared("totalseg_abdomen_ct", "LABELS.csv")
    )
    stated = json.loads(shared("totalseg_abdomen_ct", "example_seg_fast", "statistics.json").read_text())
    for label, name in names.items():
        assert np.count_nonzero(labels.data == label) * 1000 * labels.grid.voxel_ml == pytest.approx(
            stated[name]["volume"]
        )
    ct = read_image(shared("totalseg_abdomen_ct", "example_ct.nii.gz"), modality="CT")
    assert ct.grid.shape == (122, 101, 112)
    assert ct.data.dtype == np.int16
    assert np.allclose(ct.grid.directions, np.diag([-1, -1, 1]))


def test_an_empty_mask_is_refused():
    ct = read_image(shared("totalseg_abdomen_ct", "example_ct.nii.gz"), modality="CT")
    with pytest.raises(SegmentationError, match="empty"):
        read_structures(shared("totalseg_abdomen_ct", "example_seg_fast", "brain.nii.gz"), on=ct)


def test_a_slicer_segmentation_and_its_points_are_read():
    tumour = shared("ablationplanner_case", "tumor.seg.nrrd")
    image = read_image(tumour)
    [(name, mask)] = read_structures(tumour, on=image).items()
    assert (name, int(mask.data.sum())) == ("Segment_1", 18950)
    assert mask.volume_ml == pytest.approx(12.77, abs=0.01)
    [points] = read_points(shared("ablationplanner_case", "Endpoints.mrk.json")).values()
    assert len(points) == 6
    assert np.allclose(points[0], (101.7658, 5.80855, 0))


def test_an_ultrasound_sequence_is_not_taken_for_a_volume():
    for name in ("NwirePhantomFreehand.igs.nrrd", "NwirePhantomFreehandCropped.igs.mha"):
        with pytest.raises(ImageError, match=r"time|axes"):
            read_image(shared("us_plus_phantoms", name))
    assert read_image(shared("us_plus_phantoms", "SpinePhantomFreehandReconstructed.mha")).grid.shape == (147, 106, 104)
