"""DICOM SEG as another library writes it: every segment is a mask of its own, on the image's grid."""

import highdicom
import numpy as np
import pydicom
import pytest
from highdicom.seg import SegmentationFractionalTypeValues as Fraction
from highdicom.seg import SegmentationTypeValues as Kind
from pydicom.sr.codedict import codes

from iceball.errors import SegmentationError
from iceball.io.read import read_structures
from tests.io.make_dicom import write_series
from tests.io.test_dicom_geometry import read_here
from tests.io.test_rtstruct import read

SHAPE = (16, 12, 6)


def described(number, label):
    return highdicom.seg.SegmentDescription(
        number,
        label,
        codes.SCT.MorphologicallyAbnormalStructure,
        codes.SCT.Neoplasm,
        highdicom.seg.SegmentAlgorithmTypeValues.MANUAL,
    )


def write_seg(tmp_path, pixels, *, kind=Kind.BINARY, labels=("tumour",), sources=None, **more):
    """Pixels are (slices, rows, columns) or with segments last, in the order of the sorted source files."""
    paths = sources or write_series(tmp_path / "ct", shape=SHAPE)
    images = [pydicom.dcmread(p) for p in paths]
    seg = highdicom.seg.Segmentation(
        images,
        pixels,
        kind,
        [described(n, label) for n, label in enumerate(labels, 1)],
        highdicom.UID(),
        1,
        highdicom.UID(),
        1,
        "maker",
        "model",
        "1",
        "0",
        **more,
    )
    path = tmp_path / "seg.dcm"
    seg.save_as(path)
    return path, read_here(tmp_path / "ct")


def blocks():
    one, two = np.zeros(SHAPE, np.uint8), np.zeros(SHAPE, np.uint8)
    one[2:7, 3:6, 1:4] = 1
    two[5:12, 4:9, 3:5] = 1
    return one, two


def as_stored(mask):
    return mask.transpose(2, 1, 0)


def test_overlapping_segments_stay_apart(tmp_path):
    one, two = blocks()
    path, image = write_seg(tmp_path, np.stack([as_stored(one), as_stored(two)], axis=-1), labels=("tumour", "vessel"))
    masks = read_structures(path, on=image)
    assert (one & two).any()
    assert np.array_equal(masks["tumour"].data, one)
    assert np.array_equal(masks["vessel"].data, two)
    assert masks["vessel"].grid == image.grid


def test_probabilities_are_cut_at_a_half_with_a_note(tmp_path):
    one, _ = blocks()
    shares = as_stored(one) * 0.7 + (1 - as_stored(one)) * 0.3
    path, image = write_seg(tmp_path, shares, kind=Kind.FRACTIONAL, fractional_type=Fraction.PROBABILITY)
    mask = read(path, image)["tumour"]
    assert np.array_equal(mask.data, one)
    assert "cut at 0.5" in mask.header.notes[0]


def test_shares_of_occupancy_are_refused(tmp_path):
    one, _ = blocks()
    path, image = write_seg(tmp_path, as_stored(one) * 0.7, kind=Kind.FRACTIONAL, fractional_type=Fraction.OCCUPANCY)
    with pytest.raises(SegmentationError, match="occupancy"):
        read(path, image)


def test_a_label_map_seg_is_read_by_its_values(tmp_path):
    one, two = blocks()
    labels = np.where(two, 2, one).astype(np.uint8)
    path, image = write_seg(tmp_path, as_stored(labels), kind=Kind.LABELMAP, labels=("tumour", "vessel"))
    masks = read(path, image)
    assert np.array_equal(masks["tumour"].data, labels == 1)
    assert np.array_equal(masks["vessel"].data, labels == 2)


def test_only_the_named_segment_is_read_and_an_unknown_one_is_refused(tmp_path):
    one, two = blocks()
    path, image = write_seg(tmp_path, np.stack([as_stored(one), as_stored(two)], axis=-1), labels=("tumour", "vessel"))
    assert list(read(path, image, only=["vessel"])) == ["vessel"]
    with pytest.raises(SegmentationError, match="It has: tumour, vessel"):
        read(path, image, only=["cyst"])


def test_an_empty_segment_is_noted_or_refused(tmp_path):
    one, two = blocks()
    path, image = write_seg(
        tmp_path, np.stack([as_stored(one), as_stored(0 * two)], axis=-1), labels=("tumour", "vessel")
    )
    masks = read(path, image)
    assert list(masks) == ["tumour"]
    assert "vessel" in masks["tumour"].header.notes[-1]
    with pytest.raises(SegmentationError, match="'vessel' is empty"):
        read(path, image, only=["vessel"])


@pytest.mark.parametrize(
    ("tag", "value", "words"),
    [
        ("PatientID", "P2", "another patient"),
        ("FrameOfReferenceUID", "9.9", "another frame of reference"),
    ],
)
def test_a_seg_of_another_patient_or_frame_is_refused(tmp_path, tag, value, words):
    one, _ = blocks()
    path, image = write_seg(tmp_path, as_stored(one))
    dataset = pydicom.dcmread(path)
    setattr(dataset, tag, value)
    dataset.save_as(path)
    with pytest.raises(SegmentationError, match=words):
        read(path, image)


def test_a_seg_of_another_series_keeps_its_own_grid_in_the_same_space(tmp_path):
    sources = write_series(tmp_path / "thin", shape=(20, 14, 9), spacing_mm=(0.5, 0.5, 1.0))
    write_series(tmp_path / "ct", shape=SHAPE)
    mask = np.zeros((9, 14, 20), np.uint8)
    mask[2:6, 3:9, 4:11] = 1
    path, image = write_seg(tmp_path, mask, sources=sources)
    found = read(path, image)["tumour"]
    assert not found.grid.matches(image.grid)
    assert found.volume_ml == pytest.approx(mask.sum() * 0.5 * 0.5 * 1.0 / 1000)
    low = found.grid.to_mm(np.argwhere(found.data).min(axis=0))
    assert np.allclose(low, (-10 + 4 * 0.5, 20 + 3 * 0.5, -30 + 2), atol=1e-3)


def test_a_seg_that_misses_the_image_is_refused(tmp_path):
    sources = write_series(tmp_path / "far", shape=(8, 8, 4), origin_mm=(500, 500, 500))
    write_series(tmp_path / "ct", shape=SHAPE)
    path, image = write_seg(tmp_path, np.ones((4, 8, 8), np.uint8), sources=sources)
    with pytest.raises(SegmentationError, match="wholly off the image"):
        read(path, image)
