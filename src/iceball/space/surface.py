"""Triangle surfaces of level sets, in LPS mm."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.errors import GeometryError
from iceball.space.grid import Floats, Grid
from iceball.space.window import grid_of

# A corner this near to a cell centre, in cells, stays where it is; the others are found to 2 ** -HALVINGS cells.
AT_A_CENTRE, HALVINGS = 1e-4, 14


@dataclass(frozen=True, eq=False)
class Surface:
    """Triangles in space: `points_mm` (n, 3) in LPS and `triangles` (m, 3), indices into them."""

    points_mm: Floats
    triangles: NDArray[np.int64]

    @cached_property
    def corners_mm(self) -> Floats:
        """The three corners of each triangle, shape (m, 3, 3)."""
        return np.asarray(self.points_mm[self.triangles])

    @cached_property
    def triangle_areas_mm2(self) -> Floats:
        """Area of each triangle."""
        a, b, c = self.corners_mm.transpose(1, 0, 2)
        return np.asarray(np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2)

    @cached_property
    def point_areas_mm2(self) -> Floats:
        """The area that each point stands for: a third of every triangle it belongs to."""
        thirds = np.repeat(self.triangle_areas_mm2 / 3, 3)
        return np.bincount(self.triangles.ravel(), weights=thirds, minlength=len(self.points_mm)).astype(float)

    @property
    def area_mm2(self) -> float:
        """Area of the whole surface."""
        return float(self.triangle_areas_mm2.sum())

    def only(self, wanted: NDArray[np.bool_]) -> Surface | None:
        """The surface of the wanted triangles, shape (m,); None if none is wanted."""
        if wanted.all():
            return self
        if not wanted.any():
            return None
        used, triangles = np.unique(self.triangles[wanted], return_inverse=True)
        return Surface(self.points_mm[used], triangles.reshape(-1, 3).astype(np.int64))


def surface_of(values: NDArray[Any], grid: Grid, level: float, *, smooth: bool = False) -> Surface | None:
    """The surface where `values` equal `level`; None where they never do. It ends at the outermost cell centres.

    Args:
        values: one value a cell, shape of `grid`.
        grid: the cells.
        level: value on the surface.
        smooth: the values are samples of a smooth field, so that its corners lie where a cubic through four cells
            crosses the level; otherwise values run straight from one cell centre to the next.

    Raises:
        GeometryError: for values that are not finite or do not fit the grid.
    """
    from skimage.measure import marching_cubes

    if values.shape != grid.shape:
        raise GeometryError(f"values {values.shape} do not fit grid {grid.shape}", where="surface_of")
    if not np.isfinite(values).all():
        raise GeometryError("contains NaN or infinity", where="surface_of")
    low = values <= level
    if low.all() or not low.any() or min(grid.shape) < 2:
        return None
    # The side with fewer cells says where the surface can be: only that block is marched through.
    side = low if np.count_nonzero(low) * 2 < low.size else ~low
    block = []
    for axis, count in enumerate(grid.shape):
        used = np.flatnonzero(side.any(axis=tuple(a for a in range(3) if a != axis)))
        first, last = max(int(used[0]) - 1, 0), min(int(used[-1]) + 1, count - 1)
        block.append(slice(first if last > first else first - 1, last + 1))
    part = (block[0], block[1], block[2])
    index, triangles, _, _ = marching_cubes(np.asarray(values[part], np.float32), level)  # type: ignore[no-untyped-call]
    if smooth:
        corner = [s.start for s in part]
        index = _on_cubics(values, index + corner, level) - corner
    return Surface(grid_of(grid, part).to_mm(index), triangles.astype(np.int64))


def _on_cubics(values: NDArray[Any], index: Floats, level: float) -> Floats:
    """Points on the lines between two cells, moved to where the cubic through four cells of that line has the level."""
    out = np.array(index, float)
    away = np.abs(out - np.rint(out))
    axis = away.argmax(axis=1)
    between = np.flatnonzero(away.max(axis=1) > AT_A_CENTRE)
    axis = axis[between]
    base = np.rint(out[between]).astype(int)
    base[np.arange(len(between)), axis] = np.floor(out[between, axis]).astype(int)
    last = np.array(values.shape)[axis] - 1

    def along(step: int) -> Floats:
        at = base.copy()
        at[np.arange(len(at)), axis] = np.clip(base[np.arange(len(at)), axis] + step, 0, last)
        return np.asarray(values[tuple(at.T)], float) - level

    before, here, there, after = (along(step) for step in (-1, 0, 1, 2))
    start = base[np.arange(len(base)), axis]
    before = np.where(start > 0, before, 2 * here - there)
    after = np.where(start + 2 <= last, after, 2 * there - here)
    low, high = np.zeros(len(between)), np.ones(len(between))
    for _ in range(HALVINGS):
        t = (low + high) / 2
        cubic = (
            here * (1 - t * t) * (2 - t)
            + there * t * (1 + t) * (2 - t)
            + (after * (1 + t) + before * (2 - t)) * t * (t - 1) / 3
        )
        same = cubic * here > 0
        low, high = np.where(same, t, low), np.where(same, high, t)
    out[between, axis] = start + (low + high) / 2
    return out
