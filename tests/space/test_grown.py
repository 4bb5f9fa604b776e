"""An outline drawn wider or narrower: its surface moves by just that much, and it never vanishes."""

import numpy as np
import pytest

from iceball.errors import GeometryError
from iceball.space import Grid
from iceball.space.grown import Grown
from iceball.space.shapes import Points, Sphere
from iceball.space.surface import surface_of
from tests.assessment.made_by_hand import as_mask

GRID = Grid.box((-24, -24, -24), (24, 24, 24), 2.0)
BALL = Sphere((1.0, -2.0, 0.5), 20.0)


@pytest.mark.parametrize("by", [-4.0, -1.5, 0.0, 2.0, 6.0])
@pytest.mark.parametrize("shift", [(0.0, 0.0, 0.0), (1.3, 0.0, -2.1)])
def test_the_surface_of_a_ball_moves_by_that_much_and_is_shifted(by: float, shift: tuple[float, float, float]) -> None:
    surface = surface_of(Grown(BALL, by, shift).occupancy(GRID), GRID, 0.5)
    assert surface is not None
    radii = np.linalg.norm(surface.points_mm - np.array(BALL.centre_mm) - shift, axis=1)
    assert np.abs(radii - (10.0 + by)).max() < 0.4
    assert abs(radii.mean() - (10.0 + by)) < 0.15


def test_the_surface_of_a_mask_moves_as_much_on_average() -> None:
    image = Grid.box((-20, -20, -20), (20, 20, 20), (1.0, 1.0, 3.0))
    mask = as_mask(BALL, image)
    radii = []
    for by in (0.0, 2.0):
        surface = surface_of(Grown(mask, by).occupancy(GRID), GRID, 0.5)
        assert surface is not None
        radii.append(np.linalg.norm(surface.points_mm - np.array(BALL.centre_mm), axis=1).mean())
    assert radii[1] - radii[0] == pytest.approx(2.0, abs=0.2)


def test_however_far_it_is_narrowed_something_is_left_to_treat() -> None:
    left = Grown(BALL, -50.0)
    assert left.occupancy(GRID).max() >= 0.5
    assert 0 < left.volume_ml < 0.05 * BALL.volume_ml
    assert np.linalg.norm(left.seeds_mm(1.0) - np.array(BALL.centre_mm)) < 1.5


def test_a_point_has_no_outline_to_widen() -> None:
    with pytest.raises(GeometryError):
        Grown(Points(np.array([[0.0, 0.0, 0.0]])), 1.0)
