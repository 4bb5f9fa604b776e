"""A shape on the cells of the simulation, also where it reaches beyond them, and the points it is measured at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.assessment.cold import Bools, ColdMap
from iceball.solve.share import cells_within
from iceball.space import Grid
from iceball.space.distance import distance_field
from iceball.space.grid import Floats
from iceball.space.shapes import Shape
from iceball.space.window import Block, block_around, cut, grid_of, overlap


@dataclass(frozen=True, eq=False)
class Lowest:
    """The lowest temperature of a part, and by how much half a voxel could change it."""

    celsius: float
    tolerance_k: float


@dataclass(frozen=True, eq=False)
class Part:
    """The part of a shape (dilated by `dilation_mm`) that lies in a block of cells.

    `inside` is at least 0 within it and linear near its surface; it is below 0 everywhere for points and lines without
    a radius, which only their `seeds_mm` represent.
    """

    block: Block
    grid: Grid
    inside: NDArray[np.float32]
    seeds_mm: Floats
    temperature_c: NDArray[np.float32]
    tissue: Bools

    @classmethod
    def of(cls, shape: Shape, cold: ColdMap, *, dilation_mm: float = 0.0, window: Block | None = None) -> Part | None:
        """The part of a shape inside `window` (default: all of the shape); None where the shape misses it."""
        low, high = shape.bounds_mm()
        block = block_around(cold.grid, low - dilation_mm, high + dilation_mm, pad=3, beyond=True)
        assert block is not None
        if window is not None:
            block = overlap(block, window)
            if block is None:
                return None
        grid = grid_of(cold.grid, block)
        seeds = shape.seeds_mm(min(grid.spacing_mm) / 2)
        seeds = seeds[grid.contains(seeds)]
        if dilation_mm > 0:
            inside = _dilated(shape, cold.grid, block, dilation_mm)
        elif shape.volume_ml == 0:
            inside = np.full(grid.shape, -0.5, np.float32)
        else:
            inside = shape.occupancy(grid) - np.float32(0.5)
        if inside is None or not (len(seeds) or (inside >= 0).any()):
            return None
        temperature = np.asarray(cut(cold.celsius, block, fill=cold.body_c), np.float32)
        return cls(block, grid, inside, seeds, temperature, np.asarray(cut(cold.tissue, block, fill=True)))

    @property
    def cells(self) -> Bools:
        """Cells of tissue whose centre lies within the part."""
        return np.asarray((self.inside >= 0) & self.tissue)

    @cached_property
    def tissue_ml(self) -> float:
        """Its volume without the gas in it."""
        everywhere = np.ones(self.inside.shape, np.float32)
        return cells_within(self.tissue, everywhere, self.inside) * self.grid.voxel_ml

    @cached_property
    def surface_samples(self) -> tuple[Floats, Floats]:
        """Points (n, 3) in LPS mm where the part's surface crosses the lines between cell centres, with temperatures.

        Crossings between two cells of gas are left out.
        """
        places, values = [np.empty((0, 3))], [np.empty(0)]
        within = self.inside >= 0
        for axis in range(3):
            near, far = [slice(None)] * 3, [slice(None)] * 3
            near[axis], far[axis] = slice(None, -1), slice(1, None)
            a, b = tuple(near), tuple(far)
            index = np.nonzero((within[a] != within[b]) & (self.tissue[a] | self.tissue[b]))
            f0, f1 = self.inside[a][index].astype(float), self.inside[b][index].astype(float)
            t = f0 / (f0 - f1)
            place = np.stack(index, axis=1).astype(float)
            place[:, axis] += t
            places.append(place)
            values.append(self.temperature_c[a][index] * (1 - t) + self.temperature_c[b][index] * t)
        return self.grid.to_mm(np.concatenate(places)), np.concatenate(values)

    def seed_samples(self, cold: ColdMap) -> tuple[Floats, Floats]:
        """The seeds in tissue, or right beside it where none lies in it, with their temperatures."""
        if not len(self.seeds_mm):
            return self.seeds_mm, np.empty(0)
        index = np.rint(self.grid.to_index(self.seeds_mm)).astype(int)
        at = tuple(np.clip(index, 0, np.array(self.grid.shape) - 1).T)
        solid = self.tissue[at]
        if not solid.any():
            from scipy.ndimage import binary_dilation

            solid = binary_dilation(self.tissue)[at]
        points = self.seeds_mm[solid]
        return points, cold.at(points)

    def lowest(self, cold: ColdMap) -> Lowest | None:
        """The lowest temperature over cells, surface and seeds; None where all of it lies in gas."""
        cells = self.cells
        best, where = np.inf, np.zeros(3)
        if cells.any():
            masked = np.where(cells, self.temperature_c, np.inf)
            at = np.unravel_index(int(masked.argmin()), masked.shape)
            best, where = float(masked[at]), np.array(at, float)
        for points, values in (self.surface_samples, self.seed_samples(cold)):
            if len(values) and values.min() < best:
                best, where = float(values.min()), self.grid.to_index(points[int(values.argmin())])
        return Lowest(best, self._half_voxel_k(where)) if np.isfinite(best) else None

    def on(self, cold: ColdMap) -> Part:
        """The same part with the temperatures of another map on the same cells."""
        return replace(self, temperature_c=np.asarray(cut(cold.celsius, self.block, fill=cold.body_c), np.float32))

    def highest(self, cold: ColdMap) -> float | None:
        """The highest temperature over cells, surface and seeds; None where all of it lies in gas."""
        values: list[NDArray[Any]] = [self.temperature_c[self.cells]]
        values += [self.surface_samples[1], self.seed_samples(cold)[1]]
        return max((float(v.max()) for v in values if len(v)), default=None)

    def _half_voxel_k(self, index: Floats) -> float:
        """Change of temperature over half a voxel around a place."""
        centre = np.rint(index).astype(int)
        around = tuple(slice(max(c - 1, 0), min(c + 2, n)) for c, n in zip(centre, self.grid.shape, strict=True))
        block = self.temperature_c[around].astype(float)
        slopes = [
            float(np.abs(np.diff(block, axis=a)).max()) / step if block.shape[a] > 1 else 0.0
            for a, step in enumerate(self.grid.spacing_mm)
        ]
        return float(np.linalg.norm(slopes)) * max(self.grid.spacing_mm) / 2


def _dilated(shape: Shape, grid: Grid, block: Block, dilation_mm: float) -> NDArray[np.float32] | None:
    """`dilation_mm` minus the signed distance to the shape; None where the shape is too far from the block."""
    extra = [int(np.ceil(dilation_mm / step)) + 2 for step in grid.spacing_mm]
    wide = tuple(slice(s.start - e, s.stop + e) for s, e in zip(block, extra, strict=True))
    # What of the shape lies outside this wider block is too far to matter.
    low, high = shape.bounds_mm()
    near = block_around(grid, low, high, pad=2, beyond=True)
    assert near is not None
    box = overlap((wide[0], wide[1], wide[2]), near)
    if box is None:
        return None
    together = tuple(slice(min(p.start, q.start), max(p.stop, q.stop)) for p, q in zip(box, block, strict=True))
    field_grid = grid_of(grid, (together[0], together[1], together[2]))
    seeds = shape.seeds_mm(min(grid.spacing_mm) / 2)
    if not field_grid.contains(seeds).any() and not (shape.occupancy(field_grid) >= 0.5).any():
        return None
    field = dilation_mm - distance_field(shape, field_grid, near_mm=dilation_mm)
    return np.asarray(
        field[tuple(slice(b.start - t.start, b.stop - t.start) for b, t in zip(block, together, strict=True))]
    )
