"""A shape drawn wider or narrower all round, and shifted: what its outline may be if it was drawn a little wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from iceball.errors import GeometryError
from iceball.space.distance import distance_field
from iceball.space.grid import Floats, Grid
from iceball.space.shapes import Occupancy, Point, Shape
from iceball.space.window import block_around, grid_of

CELLS_ACROSS = 24
"""Of the grid on which the shape's deepest point and its volume are found."""
DEEPEST_SHARE = 0.8
"""A shape is never narrowed by more than this share of its depth: something must be left to treat."""


@dataclass(frozen=True, eq=False)
class Grown:
    """`shape` with its surface moved outwards by `by_mm` (inwards where negative), then shifted (LPS mm).

    Raises:
        GeometryError: for a shape without volume, which has no outline.
    """

    shape: Shape
    by_mm: float
    shift_mm: Point = (0.0, 0.0, 0.0)
    _made: dict[Grid, Occupancy] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.shape.volume_ml > 0:
            raise GeometryError("a point or a line has no outline to widen", where="Grown")
        object.__setattr__(self, "by_mm", max(self.by_mm, -DEEPEST_SHARE * self._deepest[1]))

    @cached_property
    def _deepest(self) -> tuple[Floats, float]:
        """The point of the shape farthest from its surface, unshifted, and how far that is."""
        low, high = self.shape.bounds_mm()
        step = float((high - low).max()) / CELLS_ACROSS
        grid = Grid.box(low - step, high + step, step)
        depths = distance_field(self.shape, grid)
        at = np.unravel_index(int(depths.argmin()), depths.shape)
        return grid.to_mm(np.array(at)), max(-float(depths[at]), 0.0)

    def occupancy(self, grid: Grid) -> Occupancy:
        """The signed distance as a ramp, 0.5 on the moved surface."""
        if grid not in self._made:
            self._made[grid] = self._occupancy(grid)
        return self._made[grid]

    def _occupancy(self, grid: Grid) -> Occupancy:
        out = np.zeros(grid.shape, np.float32)
        reach = max(grid.spacing_mm)
        low, high = self.bounds_mm()
        block = block_around(grid, low - reach, high + reach, pad=1)
        if block is None:
            return out
        # the shape stays and the cells go the other way; whole cells more, so that they hold some of the shape
        more = int(np.ceil(abs(self.by_mm) / min(grid.spacing_mm))) + 2
        part = grid_of(grid, tuple(slice(s.start - more, s.stop + more) for s in block))  # type: ignore[arg-type]
        matrix = part.matrix
        matrix[:3, 3] -= np.array(self.shift_mm)
        distance = distance_field(self.shape, Grid.of(part.shape, matrix), near_mm=self.by_mm)
        inner = tuple(slice(more, n - more) for n in part.shape)
        out[block] = np.clip(0.5 - (distance[inner] - self.by_mm) / (2 * reach), 0.0, 1.0)
        return out

    def bounds_mm(self) -> tuple[Floats, Floats]:
        """The box around the moved surface."""
        low, high = self.shape.bounds_mm()
        shift = np.array(self.shift_mm)
        return low + shift - max(self.by_mm, 0.0), high + shift + max(self.by_mm, 0.0)

    def seeds_mm(self, step_mm: float) -> Floats:
        """The deepest point."""
        return np.asarray(self._deepest[0] + np.array(self.shift_mm))[None]

    @cached_property
    def volume_ml(self) -> float:
        """The volume, counted on cells."""
        low, high = self.bounds_mm()
        step = float((high - low).max()) / CELLS_ACROSS
        grid = Grid.box(low - step, high + step, step)
        return float(self.occupancy(grid).sum(dtype=float)) * grid.voxel_ml
