"""Contours are filled at pixel centres by even-odd, on the image they were drawn on, and refused on any other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from iceball.errors import ImageError, SegmentationError
from iceball.io import wire
from iceball.io.polygon import fill
from iceball.io.read import read_structures
from iceball.io.structures import load_structures
from tests.io.make_dicom import FRAME, write_series, write_structures
from tests.io.test_dicom_geometry import read_here

SHAPE = (24, 20, 8)


def inside(point, contour):
    """Even-odd by the angle swept around the point: slow, and another method than the one tested."""
    arms = contour - point
    following = np.roll(arms, -1, axis=0)
    cross = arms[:, 0] * following[:, 1] - arms[:, 1] * following[:, 0]
    turns = np.arctan2(cross, (arms * following).sum(axis=1)).sum() / (2 * np.pi)
    return round(turns) % 2 == 1


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 100_000), corners=st.integers(3, 12))
def test_filling_agrees_with_the_winding_of_any_polygon(seed, corners):
    contour = np.random.default_rng(seed).uniform(-2, 12, (corners, 2))
    filled = fill([contour], (10, 11))
    expected = np.array([[inside(np.array([i, j]), contour) for j in range(11)] for i in range(10)])
    assert np.array_equal(filled, expected)


def test_two_squares_that_share_an_edge_through_pixel_centres_leave_no_gap_and_no_overlap():
    def square(a, b):
        return np.array([(a, 1.0), (b, 1.0), (b, 6.0), (a, 6.0)])

    left, right = fill([square(1, 4)], (9, 9)), fill([square(4, 7)], (9, 9))
    assert not (left & right).any()
    assert np.array_equal(left | right, fill([square(1, 7)], (9, 9)))
    assert (left | right).sum() == 6 * 5


def test_a_contour_within_a_contour_is_a_hole():
    ring = [
        np.array([(0.5, 0.5), (8.5, 0.5), (8.5, 8.5), (0.5, 8.5)]),
        np.array([(2.5, 2.5), (5.5, 2.5), (5.5, 5.5), (2.5, 5.5)]),
    ]
    assert fill(ring, (10, 10)).sum() == 8 * 8 - 3 * 3


@pytest.fixture
def image(tmp_path):
    write_series(tmp_path / "ct", shape=SHAPE)
    return read_here(tmp_path / "ct")


def square(image, k, low=(3.5, 4.5), high=(10.5, 9.5), depth=0.0):
    index = [(a, b, k + depth) for a, b in ((low[0], low[1]), (high[0], low[1]), (high[0], high[1]), (low[0], high[1]))]
    return image.grid.to_mm(index)


def read(path, image, **more):
    arguments = {"names": None, "only": None, **more}
    return load_structures(
        path, grid=wire.grid_as_json(image.grid), header=wire.header_as_json(image.header), **arguments
    )


def refused(path, image, *words, **more):
    with pytest.raises(SegmentationError) as caught:
        read(path, image, **more)
    for word in words:
        assert word in str(caught.value), str(caught.value)
    assert path.name in str(caught.value)
    assert caught.value.remedy


def test_masks_lie_on_the_image_by_name(tmp_path, image):
    path = write_structures(
        tmp_path / "rs.dcm", {"tumour": [square(image, k) for k in (2, 3, 4)], "cyst": [square(image, 6)]}
    )
    masks = read_structures(path, on=image)
    assert list(masks) == ["tumour", "cyst"]
    expected = np.zeros(SHAPE, np.uint8)
    expected[4:11, 5:10, 2:5] = 1
    assert np.array_equal(masks["tumour"].data, expected)
    assert masks["tumour"].grid == image.grid
    assert masks["tumour"].quantity == "mask"
    assert masks["cyst"].volume_ml == pytest.approx(7 * 5 * 0.8 * 0.7 * 2.5 / 1000)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_filling_follows_an_oblique_image(tmp_path_factory, seed):
    turn = Rotation.random(random_state=np.random.default_rng(seed)).as_matrix()
    folder = tmp_path_factory.mktemp("oblique")
    write_series(folder / "mr", shape=SHAPE, along=turn[:, 0], down=turn[:, 1], modality="MR")
    image = read_here(folder / "mr")
    path = write_structures(folder / "rs.dcm", {"tumour": [square(image, k) for k in (2, 3)]})
    assert read(path, image)["tumour"].data.sum() == 2 * 7 * 5


def test_a_contour_may_lie_up_to_half_a_slice_off(tmp_path, image):
    path = write_structures(tmp_path / "rs.dcm", {"tumour": [square(image, k, depth=0.4) for k in (2, 3)]})
    assert np.flatnonzero(read(path, image)["tumour"].data.any(axis=(0, 1))).tolist() == [2, 3]


def test_a_contour_beyond_the_last_slice_is_refused_with_its_place(tmp_path, image):
    path = write_structures(tmp_path / "rs.dcm", {"tumour": [square(image, 6), square(image, 7), square(image, 8)]})
    refused(path, image, "tumour", "off the image, 2.50 mm beyond", "LPS")


def test_a_contour_that_leaves_the_image_sideways_is_refused(tmp_path, image):
    path = write_structures(tmp_path / "rs.dcm", {"tumour": [square(image, 3, high=(30, 9.5))]})
    refused(path, image, "sideways")


def test_a_contour_across_the_slices_is_refused(tmp_path, image):
    upright = image.grid.to_mm([(3, 4, 1), (9, 4, 1), (9, 4, 5), (3, 4, 5)])
    refused(write_structures(tmp_path / "rs.dcm", {"tumour": [upright]}), image, "does not lie in a slice")


def test_contours_of_thinner_slices_are_refused_not_cancelled(tmp_path, image):
    path = write_structures(tmp_path / "rs.dcm", {"t": [square(image, 3, depth=d) for d in (-0.3, 0.3)]})
    refused(path, image, "thinner slices")


def test_contours_of_thicker_slices_are_refused_not_left_with_gaps(tmp_path, image):
    path = write_structures(tmp_path / "rs.dcm", {"t": [square(image, k) for k in (0, 2, 4, 6)]})
    refused(path, image, "one slice in 2")


def test_a_gap_between_contours_is_noted(tmp_path, image):
    path = write_structures(tmp_path / "rs.dcm", {"t": [square(image, k) for k in (0, 1, 2, 5, 6)]})
    assert "2 slice(s)" in read(path, image)["t"].header.notes[0]


def test_another_patient_is_refused(tmp_path, image):
    refused(write_structures(tmp_path / "rs.dcm", {"t": [square(image, 3)]}, patient="P2"), image, "another patient")


def test_another_frame_of_reference_is_refused(tmp_path, image):
    refused(
        write_structures(tmp_path / "rs.dcm", {"t": [square(image, 3)]}, frame="9.9"),
        image,
        "another frame of reference",
    )


def test_where_the_image_names_nobody_the_tie_by_geometry_is_noted(tmp_path):
    write_series(tmp_path / "ct", shape=SHAPE, frame="", patient="", tweak=lambda d, k: setattr(d, "PatientName", ""))
    image = read_here(tmp_path / "ct")
    notes = read(write_structures(tmp_path / "rs.dcm", {"t": [square(image, 3)]}, frame=FRAME), image)["t"].header.notes
    assert len(notes) == 2
    assert "geometry only" in notes[1]


def test_an_empty_structure_set_is_refused(tmp_path, image):
    refused(write_structures(tmp_path / "rs.dcm", {}), image, "is empty")
    refused(write_structures(tmp_path / "rs.dcm", {"t": []}), image, "'t' is empty")
    refused(write_structures(tmp_path / "rs.dcm", {"t": [square(image, 3)]}, kind="POINT"), image, "'t' is empty")


def test_an_undrawn_structure_beside_a_drawn_one_is_noted_unless_asked_for(tmp_path, image):
    path = write_structures(tmp_path / "rs.dcm", {"t": [square(image, 3)], "later": []})
    masks = read(path, image)
    assert list(masks) == ["t"]
    assert "later" in masks["t"].header.notes[-1]
    refused(path, image, "'later' is empty", only=["later"])


def test_a_name_that_is_not_there_is_refused_with_those_that_are(tmp_path, image):
    path = write_structures(tmp_path / "rs.dcm", {"GTV": [square(image, 3)], "PTV": [square(image, 4)]})
    refused(path, image, "no structure called 'tumor'", "GTV, PTV", only=["tumor"])
    assert list(read(path, image, only=["PTV"])) == ["PTV"]


def test_two_structures_of_one_name_are_kept_apart(tmp_path, image):
    path = write_structures(tmp_path / "rs.dcm", {"a": [square(image, 3)], "b": [square(image, 4)]})
    import pydicom

    dataset = pydicom.dcmread(path)
    dataset.StructureSetROISequence[1].ROIName = "a"
    dataset.save_as(path)
    assert list(read(path, image)) == ["a", "a (2)"]


def test_an_image_given_as_structures_is_refused(tmp_path, image):
    with pytest.raises(SegmentationError, match="is DICOM CT, not a segmentation"):
        read_structures(next((tmp_path / "ct").iterdir()), on=image)
    (tmp_path / "noise.dcm").write_bytes(b"noise")
    with pytest.raises((SegmentationError, ImageError), match=r"noise\.dcm"):
        read_structures(tmp_path / "noise.dcm", on=image)
