import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from iceball.errors import GeometryError
from iceball.space import Grid, Volume
from iceball.space.shapes import Ellipsoid, Mask, Points, Polyline, Sphere, Union, union


def tilted(shape, spacing, degrees):
    a = np.deg2rad(degrees)
    turn = np.eye(4)
    turn[:3, :3] = [[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]]
    centre = np.eye(4)
    centre[:3, :3] = np.diag(spacing)
    centre[:3, 3] = -(np.array(shape) - 1) / 2 * np.array(spacing)
    return Grid.of(shape, turn @ centre)


def test_ellipsoid_distance_equals_the_distance_to_a_dense_surface():
    ellipsoid = Ellipsoid((1, 2, 3), (30, 18, 12))
    rng = np.random.default_rng(0)
    normals = rng.normal(size=(200_000, 3))
    surface = normals / np.linalg.norm(normals, axis=1)[:, None] * (15, 9, 6) + (1, 2, 3)
    points = rng.uniform(-20, 25, (500, 3))
    nearest, _ = cKDTree(surface).query(points)
    assert np.abs(np.abs(ellipsoid.distance_mm(points)) - nearest).max() < 0.03
    assert ellipsoid.distance_mm(np.array([[1.0, 2.0, 3.0], [18.0, 2.0, 3.0]])) == pytest.approx([-6, 2], abs=1e-5)


@settings(max_examples=15, deadline=None)
@given(
    st.tuples(*[st.floats(-3, 3)] * 3),
    st.floats(10, 25),
    st.sampled_from([(1.0, 1.0, 1.0), (2.0, 2.0, 2.0), (1.0, 1.0, 3.0)]),
    st.floats(0, 80),
)
def test_the_half_level_of_a_sphere_lies_on_the_sphere_in_any_grid(centre, diameter, spacing, degrees):
    sphere = Sphere(centre, diameter)
    grid = tilted((34, 34, 34), spacing, degrees)
    occupied = sphere.occupancy(grid)
    assert occupied.dtype == np.float32
    assert occupied.min() >= 0
    assert occupied.max() <= 1
    for axis in range(3):
        low, high = (np.moveaxis(occupied, axis, 0)[part].astype(float) for part in (slice(None, -1), slice(1, None)))
        crosses = (low > 0.5) != (high > 0.5)
        index = np.moveaxis(np.indices(occupied.shape).astype(float), axis + 1, 1)[:, :-1][:, crosses].T
        index[:, axis] += (0.5 - low[crosses]) / (high - low)[crosses]
        assert len(index) > 20
        # A chord between two cells cuts the round surface.
        assert np.abs(sphere.distance_mm(grid.to_mm(index))).max() < 0.1 * max(spacing)


@pytest.mark.parametrize("degrees", [0, 33])
def test_a_mask_keeps_its_volume_and_place_on_another_grid(degrees):
    image = tilted((60, 60, 24), (1, 1, 3), degrees)
    sphere = Sphere((4, -3, 2), 30)
    mask = Mask(Volume(image, (sphere.occupancy(image) > 0.5).astype(np.uint8), "mask"))
    grid = Grid.box((-25, -25, -25), (25, 25, 25), 1.0)
    occupied = mask.occupancy(grid)
    assert float(occupied.sum()) * grid.voxel_ml == pytest.approx(mask.volume_ml, rel=0.01)
    centre = (grid.centres_mm() * occupied[..., None]).sum((0, 1, 2)) / occupied.sum()
    assert centre == pytest.approx((4, -3, 2), abs=0.2)


def test_a_mask_on_its_own_grid_is_itself_and_ends_with_its_image():
    grid = Grid.box((0, 0, 0), (6, 6, 6), 1.0)
    data = np.zeros(grid.shape, np.uint8)
    data[3:, 2, 2] = 7
    mask = Mask(Volume(grid, data, "mask"))
    assert np.array_equal(mask.occupancy(grid), (data > 0).astype(np.float32))
    assert mask.volume_ml == pytest.approx(0.003)
    low, high = mask.bounds_mm()
    assert low == pytest.approx([3, 2, 2])
    assert high == pytest.approx([6, 3, 3])
    beside = Grid.box((6, 0, 0), (9, 6, 6), 1.0)
    assert mask.occupancy(beside).max() == 0
    assert {tuple(p) for p in mask.seeds_mm(1.0)} == {(3.5, 2.5, 2.5), (4.5, 2.5, 2.5), (5.5, 2.5, 2.5)}


def test_an_image_whose_axes_are_permuted_and_flipped_gives_the_same_mask():
    rng = np.random.default_rng(1)
    straight = Grid.box((0, 0, 0), (8, 10, 12), 1.0)
    data = rng.integers(0, 2, straight.shape).astype(np.uint8)
    flipped = np.ascontiguousarray(data.transpose(2, 0, 1)[::-1])
    matrix = np.array([[0, 1, 0, 0.5], [0, 0, 1, 0.5], [-1, 0, 0, 11.5], [0, 0, 0, 1]], float)
    other = Mask(Volume(Grid.of(flipped.shape, matrix), flipped, "mask"))
    grid = Grid.box((-2, -2, -2), (12, 12, 14), 0.7)
    assert np.allclose(Mask(Volume(straight, data, "mask")).occupancy(grid), other.occupancy(grid), atol=1e-5)


def test_points_and_lines_without_a_radius_are_never_empty():
    grid = Grid.box((0, 0, 0), (20, 20, 20), 2.0)
    rng = np.random.default_rng(2)
    for point in rng.uniform(0.1, 19.9, (40, 3)):
        occupied = Points(point[None]).occupancy(grid)
        assert (occupied >= 0.5).any()
    line = Polyline(np.array([[1.3, 1.2, 1.1], [17, 4, 9]]))
    assert (line.occupancy(grid) >= 0.5).sum() >= 8
    assert line.volume_ml == 0
    seeds = line.seeds_mm(0.5)
    assert np.linalg.norm(np.diff(seeds, axis=0), axis=1).max() <= 0.5 + 1e-9
    assert seeds[-1] == pytest.approx([17, 4, 9])


def test_a_tube_has_the_volume_of_a_capsule():
    tube = Polyline(np.array([[0, 0, 0], [20, 0, 0], [40, 0, 0]]), 3.0)
    assert tube.volume_ml == pytest.approx((np.pi * 9 * 40 + 4 / 3 * np.pi * 27) / 1000, rel=0.03)


def test_lines_without_a_radius_have_no_volume_together_either():
    low, high = Polyline([[0, 0, 0], [10, 5, 0]], 0.0), Polyline([[0, 2, 0], [10, 7, 3]], 0.0)
    assert union([low, high]).volume_ml == 0
    ball = Sphere((40, 0, 0), 10)
    beside = Grid.box((-5, -5, -5), (20, 20, 20), 1.0)
    assert union([low, ball]).occupancy(beside).max() == 0
    assert union([low, high]).occupancy(beside).max() > 0


def test_a_union_counts_overlaps_once():
    a, b = Sphere((0, 0, 0), 20), Sphere((0, 0, 0), 10)
    assert union([a, b]).volume_ml == pytest.approx(a.volume_ml, rel=0.03)
    far = Sphere((50, 0, 0), 10)
    assert union([a, far]).volume_ml == pytest.approx(a.volume_ml + far.volume_ml)
    assert union([a]) is a
    low, high = union([a, far]).bounds_mm()
    assert (low[0], high[0]) == (-10, 55)


@pytest.mark.parametrize(
    "bad",
    [
        lambda: Sphere((0, 0, float("nan")), 10),
        lambda: Sphere((0, 0, 0), 0),
        lambda: Sphere((0, 0), 5),
        lambda: Ellipsoid((0, 0, 0), (1, 2, -3)),
        lambda: Points(np.zeros((0, 3))),
        lambda: Points(np.zeros((1, 3)), -1),
        lambda: Polyline(np.zeros((1, 3))),
        lambda: Polyline(np.full((2, 3), np.inf)),
        lambda: Union(()),
        lambda: Mask(Volume(Grid.box((0, 0, 0), (2, 2, 2), 1), np.zeros((2, 2, 2), np.uint8), "mask")),
    ],
)
def test_an_impossible_shape_is_refused(bad):
    with pytest.raises(GeometryError):
        bad()
