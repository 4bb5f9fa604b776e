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


def surface_of(values: NDArray[Any], grid: Grid, level: float) -> Surface | None:
    """The surface where `values`, linear between the cell centres of `grid`, equal `level`; None where they never do.

    It ends at the outermost cell centres. Raises GeometryError for values that are not finite.
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
    return Surface(grid_of(grid, part).to_mm(index), triangles.astype(np.int64))
