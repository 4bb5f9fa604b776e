"""How much room a shape has, and how much of it lies in or around something else."""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from typing import Any, cast

import numpy as np

from iceball.space.course import Course
from iceball.space.grid import Floats, Grid
from iceball.space.shapes import Shape
from iceball.units import MM3_PER_ML

CELLS = 200_000
"""About that many cells of a shape are looked at."""
FEWER = 5_000
"""About that many, where only a share is asked for."""
FINEST_MM = 0.5


def widest_ball_mm(shape: Shape) -> float:
    """Diameter of the widest ball that fits into a shape."""
    return _widest_ball_mm(cast(Hashable, shape))


@lru_cache(maxsize=64)
def _widest_ball_mm(shape: Any) -> float:
    from scipy.ndimage import distance_transform_edt

    low, high = shape.bounds_mm()
    step = max(FINEST_MM, (MM3_PER_ML * shape.volume_ml / CELLS) ** (1 / 3))
    grid = Grid.box(low - step, high + step, step)
    inside = np.pad(shape.occupancy(grid) >= 0.5, 1)
    # the surface lies half a cell before the first cell outside
    return float(max(0.0, 2 * distance_transform_edt(inside).max() - 1) * step)


def share_within(shape: Shape, course: Course, reach_mm: float) -> float:
    """The share of a shape that lies within a distance of a course."""
    low, high = shape.bounds_mm()
    if ((course.points_mm.max(axis=0) + reach_mm < low) | (course.points_mm.min(axis=0) - reach_mm > high)).any():
        return 0.0
    step = max(FINEST_MM, (MM3_PER_ML * shape.volume_ml / FEWER) ** (1 / 3))
    grid = Grid.box(low - step, high + step, step)
    cells = grid.to_mm(np.argwhere(shape.occupancy(grid) >= 0.5))
    return float((course.away_mm(cells) <= reach_mm).mean()) if len(cells) else 0.0


def holds(shape: Shape, points_mm: Floats, *, share: float = 0.5) -> bool:
    """Whether a shape holds at least a share of some points (n, 3)."""
    low, high = shape.bounds_mm()
    near = ((points_mm >= low) & (points_mm <= high)).all(axis=1)
    if near.mean() < share:
        return False
    step = max(FINEST_MM, float(np.prod(np.ptp(points_mm, axis=0) + 2) / CELLS) ** (1 / 3))
    grid = Grid.box(points_mm.min(axis=0) - step, points_mm.max(axis=0) + step, step)
    cell = np.rint(grid.to_index(points_mm)).astype(int)
    return float((shape.occupancy(grid)[tuple(cell.T)] >= 0.5).mean()) >= share
