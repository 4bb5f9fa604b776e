"""Planes lie where they say and show what is there."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iceball.reporting.figures_margin import directions_of
from iceball.reporting.planes import letters, shaft_plane, three_planes
from iceball.space import Grid
from iceball.space.shapes import Sphere

POINT = st.tuples(*[st.floats(-100, 100)] * 3)


def turned_grid() -> Grid:
    """A grid at an angle, as prostate MR has it."""
    a, b = np.radians(20), np.radians(-15)
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_z = np.array([[np.cos(b), -np.sin(b), 0], [np.sin(b), np.cos(b), 0], [0, 0, 1]])
    matrix = np.eye(4)
    matrix[:3, :3] = about_z @ about_x @ np.diag((2.0, 1.5, 3.0))
    matrix[:3, 3] = (-60, -50, -40)
    return Grid.of((60, 70, 40), matrix)


@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_linear_field_on_an_oblique_grid_is_resampled_exactly(which: int) -> None:
    grid = turned_grid()
    slope = np.array([0.3, -0.7, 1.1])
    plane = three_planes(grid.to_mm((29.3, 35.1, 19.7)), 40, pixel_mm=1.0)[which]
    seen = plane.sample(grid, (grid.centres_mm() @ slope).astype(np.float32))
    right, down = plane.axes_mm
    truth = (
        np.array(plane.centre_mm) @ slope
        + right[None, :] * (plane.right @ slope)
        + down[:, None] * (plane.down @ slope)
    )
    assert np.abs(seen - truth).max() < 1e-3


def test_outside_the_image_there_is_nothing_to_see() -> None:
    plane = three_planes((500, 0, 0), 40)[0]
    grid = turned_grid()
    assert np.isnan(plane.sample(grid, np.zeros(grid.shape))).all()


def test_the_display_is_radiological() -> None:
    axial, coronal, sagittal = three_planes((0, 0, 0), 50)
    assert axial.edge_letters == ("R", "L", "A", "P")
    assert coronal.edge_letters == ("R", "L", "H", "F")
    assert sagittal.edge_letters == ("A", "P", "H", "F")


def test_a_ball_is_seen_where_it_lies() -> None:
    for plane in three_planes((10, 20, 30), 80):
        seen = plane.occupancy(Sphere((18.0, 26.0, 35.0), 20.0)) > 0.5
        right, down = plane.axes_mm
        row, column = np.argwhere(seen).mean(axis=0)
        x, y, _ = plane.project((18, 26, 35))
        assert right[0] + column * plane.pixel_mm == pytest.approx(x, abs=0.3)
        assert down[0] + row * plane.pixel_mm == pytest.approx(y, abs=0.3)
        assert plane.touches(Sphere((18.0, 26.0, 35.0), 20.0))
        assert not plane.touches(Sphere(tuple(plane.centre_mm + 200.0), 20.0))


@settings(max_examples=60)
@given(POINT, POINT)
def test_the_plane_of_a_needle_holds_its_whole_shaft(entry: tuple[float, ...], tip: tuple[float, ...]) -> None:
    if np.linalg.norm(np.subtract(tip, entry)) < 30:
        return
    plane = shaft_plane(entry, tip)
    x, y, off = plane.project(np.linspace(entry, tip, 50))
    assert np.abs(off).max() < 1e-9
    assert np.abs(x).max() < plane.width_mm / 2
    assert np.abs(y).max() < plane.height_mm / 2
    assert plane.right @ plane.down == pytest.approx(0, abs=1e-9)
    # Patient right stays on screen left, feet and back at the bottom, in the view the plane is named after.
    if "axial" in plane.name or "coronal" in plane.name:
        assert plane.right[0] > 0


def test_an_oblique_direction_gets_two_letters_the_stronger_first() -> None:
    assert letters(np.array([0.6, 0.0, -0.8])) == "FL"


def test_the_unrolled_map_has_left_at_plus_ninety_and_the_head_at_the_top() -> None:
    east = directions_of(np.radians([0.0, 90.0, -90.0, 180.0, 0.0]), np.radians([0.0, 0.0, 0.0, 0.0, 90.0]))
    assert np.allclose(east, [(0, -1, 0), (1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, 0, 1)], atol=1e-12)
