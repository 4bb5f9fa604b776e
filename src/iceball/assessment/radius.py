"""The radius of an isotherm around an axis, finer than a cell."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from iceball.assessment.cold import ColdMap
from iceball.errors import GeometryError
from iceball.space.window import block_around, grid_of

ANGLES, STATIONS = 64, 16
STEP = 0.125
"""Of the smallest spacing: how finely a ray is sampled before its crossing is drawn as a straight line."""


def radius_mm(cold: ColdMap, celsius: float, start_mm: ArrayLike, end_mm: ArrayLike) -> float:
    """Radius of the round bar that has the volume of an isotherm around the axis from `start_mm` to `end_mm`, mm.

    Along rays across the axis the first place warmer than `celsius` is sought in the potential, on cubic splines.

    Args:
        cold: a temperature map, as `ColdMap.of(history.minimum_c, history)`.
        celsius: the isotherm.
        start_mm: one end of the axis, LPS mm.
        end_mm: the other end; stations are spread evenly between them. The same point: one station across z.

    Returns:
        The radius; 0 where the axis itself is warmer.

    Raises:
        GeometryError: if a ray leaves the grid before it leaves the isotherm.

    Example:
        `radius_mm(ColdMap.of(history.minimum_c, history), 0.0, needle.start_mm, needle.end_mm)`
    """
    from scipy.ndimage import map_coordinates, spline_filter

    start, end = np.asarray(start_mm, float), np.asarray(end_mm, float)
    length = float(np.linalg.norm(end - start))
    along = (end - start) / length if length > 0 else np.array([0.0, 0.0, 1.0])
    side = np.eye(3)[np.argmin(np.abs(along))]
    u = np.cross(along, side)
    u /= np.linalg.norm(u)
    v = np.cross(along, u)
    found = cold.block_below(celsius)
    if found is None:
        return 0.0
    low, high = grid_of(cold.grid, found).corners_mm.min(axis=0), grid_of(cold.grid, found).corners_mm.max(axis=0)
    block = block_around(cold.grid, low, high, pad=2)
    assert block is not None
    grid = grid_of(cold.grid, block)
    inside = spline_filter(cold.isotherm(celsius).depth[block].astype(float), order=3, mode="nearest")
    step = STEP * min(cold.grid.spacing_mm)
    reach = np.arange(0.0, float(np.linalg.norm(high - low)) + step, step)
    angle = 2 * np.pi * (np.arange(ANGLES) + 0.5) / ANGLES
    across = np.cos(angle)[:, None] * u + np.sin(angle)[:, None] * v
    squares = []
    for share in (np.arange(STATIONS) + 0.5) / STATIONS if length > 0 else (0.0,):
        points = start + share * length * along + reach[:, None, None] * across
        values = map_coordinates(
            inside, grid.to_index(points.reshape(-1, 3)).T, order=3, mode="nearest", prefilter=False
        )
        values = values.reshape(len(reach), ANGLES)
        warm = values < 0
        if not warm.any(axis=0).all():
            raise GeometryError(f"{celsius:g} °C is not left within the grid", where="radius_mm")
        first = warm.argmax(axis=0)
        ray = np.arange(ANGLES)
        inner, outer = values[first - 1, ray], values[first, ray]
        radius = np.where(first > 0, step * (first - outer / (outer - inner)), 0.0)
        if not cold.grid.contains(start + share * length * along + radius[:, None] * across).all():
            raise GeometryError(f"{celsius:g} °C is not left within the grid", where="radius_mm")
        squares.append(radius**2)
    return float(np.sqrt(np.mean(squares)))
