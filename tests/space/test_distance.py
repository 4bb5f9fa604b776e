import numpy as np
import pytest

from iceball.errors import GeometryError
from iceball.space import Grid, Volume
from iceball.space.distance import Nearest, distance_field, interpolate
from iceball.space.shapes import Ellipsoid, Mask, Points, Polyline, Sphere
from iceball.space.surface import Surface, surface_of
from iceball.space.triangles import to_nearest


def box(half, spacing):
    return Grid.box((-half,) * 3, (half,) * 3, spacing)


def in_the_field(field, grid, points):
    return interpolate(field, grid, points, outside=99.0)


def test_point_to_triangle_distance_is_exact_above_edges_corners_and_faces():
    one = Surface(np.array([[0.0, 0, 0], [4, 0, 0], [0, 3, 0]]), np.array([[0, 1, 2]]))
    points = np.array([[1.0, 1, 2], [-3, -4, 0], [2, -1, 0], [4, 3, 0], [4, 3, 1], [0, 5, 0], [0.5, 0.5, -1]])
    expected = [2, 5, 1, 12 / 5, np.hypot(12 / 5, 1), 2, 1]
    assert Nearest(one).distance_mm(points) == pytest.approx(expected)


def test_the_nearest_triangle_is_found_among_all():
    grid = box(15, 1.0)
    surface = surface_of(Ellipsoid((0.3, 0.1, 0.2), (24, 12, 8)).occupancy(grid), grid, 0.5)
    points = np.random.default_rng(0).uniform(-14, 14, (40, 3))
    every = [
        min(Nearest(Surface(surface.points_mm, t[None])).distance_mm(p[None])[0] for t in surface.triangles)
        for p in points[:3]
    ]
    nearest = Nearest(surface)
    assert nearest.distance_mm(points[:3]) == pytest.approx(every, abs=1e-9)
    for some in (points, points[np.abs(points).max(axis=1) > 10], points[:1] + 200):
        assert nearest.closest_mm(some) == nearest.distance_mm(some).min()
        assert nearest.farthest_mm(some) == nearest.distance_mm(some).max()


def test_triangles_that_are_too_far_to_matter_need_not_be_tried():
    grid = box(15, 1.0)
    surface = surface_of(Ellipsoid((0.3, 0.1, 0.2), (24, 12, 8)).occupancy(grid), grid, 0.5)
    points = np.random.default_rng(1).uniform(-14, 14, (500, 3))
    centres = surface.corners_mm.mean(axis=1)
    away = np.linalg.norm(points[:, None] - centres, axis=-1)
    tried = away.argsort(axis=1)[:, :30]
    away = np.take_along_axis(away, tried, axis=1)
    few, all_of_them = np.empty(500), np.empty(500)
    to_nearest(points, surface.corners_mm, tried, away, Nearest(surface).reach_mm, few)
    to_nearest(points, surface.corners_mm, tried, away, np.inf, all_of_them)
    assert (few == all_of_them).all()


@pytest.mark.parametrize("spacing", [1.0, 2.0, (1.0, 1.0, 3.0)])
@pytest.mark.parametrize("shape", [Sphere((0.4, 0.2, -0.3), 16), Ellipsoid((0.4, 0.2, -0.3), (22, 16, 12))])
def test_the_surface_of_a_shape_lies_on_the_shape(shape, spacing):
    grid = box(18, spacing)
    surface = surface_of(shape.occupancy(grid), grid, 0.5)
    assert np.abs(shape.distance_mm(surface.points_mm)).max() < 0.1 * max(grid.spacing_mm)
    assert surface.point_areas_mm2.sum() == pytest.approx(surface.area_mm2)
    if isinstance(shape, Sphere):
        assert surface.area_mm2 == pytest.approx(np.pi * 16**2, rel=0.04)


@pytest.mark.parametrize("spacing", [1.0, 1.5, (1.0, 1.0, 3.0)])
@pytest.mark.parametrize("near_mm", [0.0, 5.0])
def test_a_shape_dilated_is_right_to_half_a_voxel(spacing, near_mm):
    grid = box(26, spacing)
    shape = Ellipsoid((0.4, 0.2, -0.3), (26, 20, 16))
    field = distance_field(shape, grid, near_mm=near_mm)
    exact = shape.distance_mm(grid.centres_mm())
    beside = np.abs(exact - near_mm) <= max(grid.spacing_mm)
    assert np.abs(field - exact)[beside].max() < max(grid.spacing_mm) / 4
    assert np.abs(field - exact).max() < 1.5 * np.linalg.norm(grid.spacing_mm)


def test_a_point_without_a_radius_has_a_distance():
    grid = box(12, 2.0)
    place = np.array([[0.7, 0.3, -0.6]])
    field = distance_field(Points(place), grid, near_mm=6.0)
    exact = np.linalg.norm(grid.centres_mm() - place[0], axis=-1)
    beside = np.abs(exact - 6) <= 2
    assert np.abs(field - exact)[beside].max() < 1e-5


def test_a_thin_line_between_the_cells_is_not_lost():
    grid = box(12, 3.0)
    line = Polyline(np.array([[-9.0, 1.4, 1.4], [9, 1.4, 1.4]]), 0.2)
    field = distance_field(line, grid, near_mm=4.0)
    assert in_the_field(field, grid, np.array([[0.0, 1.4, 5.6]]))[0] == pytest.approx(4.0, abs=0.7)


def test_a_shape_outside_the_grid_is_refused_and_an_empty_level_has_no_surface():
    grid = box(5, 1.0)
    with pytest.raises(GeometryError):
        distance_field(Sphere((50, 0, 0), 5), grid)
    assert surface_of(np.zeros(grid.shape), grid, 0.5) is None
    with pytest.raises(GeometryError):
        surface_of(np.full(grid.shape, np.nan), grid, 0.5)


def test_interpolation_holds_to_the_outer_faces_and_not_beyond():
    grid = Grid.box((0, 0, 0), (4, 2, 2), 1.0)
    values = grid.centres_mm()[..., 0]
    points = np.array([[0.1, 1, 1], [2.2, 1, 1], [3.9, 1, 1], [4.1, 1, 1]])
    assert interpolate(values, grid, points, outside=-5.0) == pytest.approx([0.5, 2.2, 3.5, -5.0])


def test_a_mask_of_one_voxel_has_a_surface():
    image = Grid.box((0, 0, 0), (5, 5, 5), 1.0)
    data = np.zeros(image.shape, np.uint8)
    data[2, 2, 2] = 1
    mask = Mask(Volume(image, data, "mask"))
    surface = surface_of(mask.occupancy(image), image, 0.5)
    assert np.linalg.norm(surface.points_mm - 2.5, axis=1) == pytest.approx(np.full(len(surface.points_mm), 0.5))
