"""Surfaces of smooth fields: corners on cubics instead of chords."""

import numpy as np
import pytest

from iceball.space import Grid
from iceball.space.surface import surface_of


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (2.0, 1.0, 1.5)])
def test_corners_of_a_smooth_field_lie_on_its_level_and_far_nearer_than_straight_lines(spacing):
    grid = Grid.box((-12,) * 3, (12,) * 3, spacing)
    away = np.linalg.norm(grid.centres_mm() - (0.31, 0.17, 0.43), axis=-1)
    values = np.expm1((away - 8.0) / 4.0)
    miss = {}
    for smooth in (False, True):
        points = surface_of(values, grid, 0.0, smooth=smooth).points_mm
        miss[smooth] = np.sqrt(np.mean((np.linalg.norm(points - (0.31, 0.17, 0.43), axis=1) - 8.0) ** 2))
    assert miss[True] < 2e-3 * max(spacing) ** 3
    assert miss[True] < miss[False] / 20


def test_a_smooth_surface_that_meets_the_grids_end_stays_between_its_cells():
    grid = Grid.box((0, 0, 0), (6, 4, 4), 1.0)
    slope = grid.centres_mm()[..., 0]
    for level in (0.6, 3.2, 5.4):
        points = surface_of(slope, grid, level, smooth=True).points_mm
        assert np.allclose(points[:, 0], level, atol=1e-3)
