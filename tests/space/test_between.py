"""Contours on a few slices become the body that they are slices of."""

import numpy as np
import pytest

from iceball.errors import GeometryError
from iceball.space.between import AXES, between


def circle(
    radius: float, at: float, *, kind: str = "axial", middle: tuple[float, float] = (0.0, 0.0), corners: int = 60
):
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    flat = np.column_stack([middle[0] + radius * np.cos(angle), middle[1] + radius * np.sin(angle)])
    return np.insert(flat, AXES[kind], at, axis=1)


def body(kind: str, *contours: np.ndarray, in_slice: float = 0.5, across: float = 1.0):
    return between(kind, contours, in_slice_mm=in_slice, slice_mm=across)


@pytest.mark.parametrize("kind", AXES)
def test_two_equal_circles_make_a_cylinder_along_their_own_axis(kind):
    made = body(kind, circle(8, -10, kind=kind), circle(8, 10, kind=kind))
    assert made.volume_ml == pytest.approx(np.pi * 0.8**2 * 2.1, rel=0.02)
    low, high = made.grid.corners_mm.min(axis=0), made.grid.corners_mm.max(axis=0)
    assert (low[AXES[kind]], high[AXES[kind]]) == pytest.approx((-10.5, 10.5))


def test_two_circles_of_two_sizes_make_the_cone_between_them():
    made = body("axial", circle(4, 0), circle(10, 20))
    cone = np.pi * 20 * (16 + 40 + 100) / 3 / 1000
    half_layers = np.pi * (16 + 100) * 0.5 / 1000
    assert made.volume_ml == pytest.approx(cone + half_layers, rel=0.02)


def test_a_slanting_tube_stays_a_tube_where_its_outlines_do_not_overlap():
    made = body("axial", circle(5, 0), circle(5, 20, middle=(14.0, 0.0)))
    areas = made.data.sum(axis=(0, 1)) * 0.25
    assert areas == pytest.approx(np.pi * 25, rel=0.05)


def test_the_drawn_slices_hold_what_was_drawn_whatever_lies_between():
    made = body("axial", circle(9, 5), circle(3, 0), circle(6, 12))
    z = np.rint(made.grid.origin_mm[2] + np.arange(made.grid.shape[2])).astype(int).tolist()
    areas = dict(zip(z, made.data.sum(axis=(0, 1)) * 0.25, strict=True))
    assert [areas[0], areas[5], areas[12]] == pytest.approx([np.pi * 9, np.pi * 81, np.pi * 36], rel=0.05)


def test_a_contour_inside_another_cuts_a_hole():
    made = body("axial", circle(10, 0), circle(5, 0))
    assert made.volume_ml == pytest.approx(np.pi * (100 - 25) / 1000, rel=0.02)


def test_one_slice_is_as_thick_as_a_slice():
    assert body("axial", circle(10, 0), across=5.0).volume_ml == pytest.approx(np.pi * 0.5, rel=0.02)


def test_the_order_and_the_sense_in_which_contours_are_drawn_do_not_matter():
    drawn = [circle(4, 0), circle(9, 6), circle(7, 12)]
    one, other = body("axial", *drawn), body("axial", *[c[::-1] for c in reversed(drawn)])
    assert one.grid == other.grid
    assert np.array_equal(one.data, other.data)


@pytest.mark.parametrize(
    ("contours", "said"),
    [
        ([], "no contour"),
        ([np.zeros((2, 3))], "corners"),
        ([circle(5, 0) + np.array([0, 0, 1.0]) * np.arange(60)[:, None]], "one axial slice"),
        ([np.array([[0, 0, 0], [1, 1, 0], [2, 2, 0.0]])], "encloses nothing"),
        ([np.full((5, 3), np.nan)], "finite"),
        ([circle(3000, 0)], "cells"),
    ],
)
def test_what_is_no_outline_is_refused(contours, said):
    with pytest.raises(GeometryError, match=said):
        body("axial", *contours)
    with pytest.raises(GeometryError, match="no slices called"):
        body("oblique", circle(5, 0))
