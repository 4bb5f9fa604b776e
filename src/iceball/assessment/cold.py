"""A temperature map made ready for measuring: gas is never ice, and everything is found between the cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.solve import Bioheat
from iceball.solve.depth import depth
from iceball.solve.history import Field, History
from iceball.solve.rows import property_rows
from iceball.solve.share import cells_within
from iceball.space import Grid
from iceball.space.distance import Nearest, interpolate
from iceball.space.grid import Floats
from iceball.space.surface import Surface, surface_of
from iceball.space.window import Block, cut, grid_of, overlap, whole
from iceball.units import MM3_PER_ML

Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ColdMap:
    """Temperatures on a grid. `celsius` is defined everywhere; `tissue` says which cells count.

    In gas the nearest tissue and its temperature stand in, so that no isotherm runs along a border with gas; what lies
    in gas is never counted. Beyond the grid the temperature is `body_c`. Isotherms are found in the potential of each
    cell's tissue (`rows[labels]`), which the edge of the ice bends less than the temperature.
    """

    grid: Grid
    celsius: Field
    tissue: Bools
    body_c: float
    labels: NDArray[np.uint8]
    rows: NDArray[Any]

    @classmethod
    def of(cls, field: Field, history: History) -> ColdMap:
        """The map of one field of a History (NaN in gas)."""
        return cls.of_each([field], history)[0]

    @classmethod
    def of_each(cls, fields: Sequence[Field], history: History) -> tuple[ColdMap, ...]:
        """The maps of several fields of a History; what stands in for the same gas is sought once."""
        scene = history.scene
        rows, maps = property_rows(scene, Bioheat()), list[ColdMap]()
        for field in fields:
            tissue = np.isfinite(field)
            if not maps or not np.array_equal(tissue, maps[-1].tissue):
                gas, nearest = np.nonzero(~tissue), _nearest(tissue, scene.grid)
                labels = scene.labels.copy()
                labels[gas] = scene.labels[nearest]
            else:
                tissue, labels = maps[-1].tissue, maps[-1].labels
            celsius = field.copy()
            celsius[gas] = field[nearest]
            maps.append(cls(scene.grid, celsius, tissue, scene.body_c, labels, rows))
        return tuple(maps)

    def at(self, points_mm: Floats) -> Floats:
        """Temperature at points (n, 3)."""
        return interpolate(self.celsius, self.grid, points_mm, outside=self.body_c)

    def isotherm(self, celsius: float) -> Isotherm:
        """The surface of that temperature, the same one whenever it is asked for."""
        return self._isotherms.setdefault(celsius, Isotherm(self, celsius))

    @cached_property
    def _isotherms(self) -> dict[float, Isotherm]:
        return {}

    def volume_ml(self, celsius: float) -> float:
        """Volume of the tissue at or below a temperature."""
        if celsius not in self._volumes_ml:
            self._volumes_ml[celsius] = self._below_ml(celsius, None, whole(self.grid))
        return self._volumes_ml[celsius]

    @cached_property
    def _volumes_ml(self) -> dict[float, float]:
        return {}

    def below_ml(
        self,
        celsius: float,
        inside: NDArray[np.floating],
        block: Block,
        *,
        warmed_k: NDArray[np.floating] | None = None,
    ) -> float:
        """Volume of the tissue at or below a temperature within a shape.

        Args:
            celsius: the temperature.
            inside: on the cells of `block`, at least 0 within the shape and linear near its surface.
            block: cells of this map's grid, possibly beyond it.
            warmed_k: on the cells of `block`, added to the temperature first.
        """
        return self._below_ml(celsius, inside, block, warmed_k)

    def _below_ml(
        self,
        celsius: float,
        inside: NDArray[np.floating] | None,
        block: Block,
        warmed_k: NDArray[np.floating] | None = None,
    ) -> float:
        near: Block | None = block
        # Beyond the grid lies tissue at body temperature: it counts only where the question is about warmth.
        if warmed_k is None and celsius < self.body_c:
            cold = self.block_below(celsius)
            near = None if cold is None else overlap(cold, block)
        if near is None:
            return 0.0
        temperature = cut(self.celsius, near, fill=self.body_c)
        if warmed_k is not None:
            temperature = temperature + warmed_k
        below = depth(temperature, cut(self.labels, near, fill=int(self.labels[0, 0, 0])), self.rows, celsius)
        there = tuple(slice(n.start - b.start, n.stop - b.start) for n, b in zip(near, block, strict=True))
        part = None if inside is None else inside[there]
        return cells_within(cut(self.tissue, near, fill=True), below, part) * self.grid.voxel_ml

    def block_below(self, celsius: float) -> Block | None:
        """The cells at or below a temperature with two more at each side."""
        cold = self.celsius <= celsius
        if not cold.any():
            return None
        block = []
        for axis in range(3):
            used = np.flatnonzero(cold.any(axis=tuple(a for a in range(3) if a != axis)))
            block.append(slice(int(used[0]) - 2, int(used[-1]) + 3))
        return overlap((block[0], block[1], block[2]), whole(self.grid))


@dataclass(frozen=True, eq=False)
class Isotherm:
    """The surface of one temperature in a map. Where ice ends at gas there is no surface: no tissue there is warmer."""

    map: ColdMap
    celsius: float

    @cached_property
    def depth(self) -> Field:
        """At least 0 in cells inside, 0 on the surface, W/m."""
        return depth(self.map.celsius, self.map.labels, self.map.rows, self.celsius)

    @cached_property
    def _near(self) -> tuple[Field, Grid]:
        """The depth where it matters, and those cells: beyond them nothing is inside."""
        cold = self.map
        block = cold.block_below(self.celsius) if cold.body_c > self.celsius else None
        if block is None:
            return self.depth, cold.grid
        return depth(cold.celsius[block], cold.labels[block], cold.rows, self.celsius), grid_of(cold.grid, block)

    @cached_property
    def surface(self) -> Surface | None:
        """Its triangles in tissue; None where the temperature is not crossed."""
        near, grid = self._near
        found = surface_of(-near, grid, 0.0, smooth=True)
        if found is None or self.map.tissue.all():
            return found
        cell = np.rint(self.map.grid.to_index(found.corners_mm.mean(axis=1))).astype(int)
        return found.only(self.map.tissue[tuple(cell.T)])

    @cached_property
    def nearest(self) -> Nearest | None:
        """Distances to it."""
        return None if self.surface is None else Nearest(self.surface)

    @property
    def missing(self) -> str:
        """Why there is no such surface, as a sentence; "" where there is one."""
        if self.surface is not None:
            return ""
        if (self.map.celsius[self.map.tissue] <= self.celsius).any():
            return f"all simulated tissue is at or below {self.celsius:g} °C, so there is no isotherm"
        return f"no tissue reached {self.celsius:g} °C"

    def inside(self, points_mm: Floats) -> Bools:
        """Whether points (n, 3) lie inside, that is at or below the temperature."""
        beyond = 1.0 if self.map.body_c <= self.celsius else -1.0
        return np.asarray(interpolate(*self._near, points_mm, outside=beyond) >= 0)

    def margin_mm(self, points_mm: Floats) -> Floats:
        """Signed distance of points (n, 3) to the isotherm, positive inside. Only where there is a surface."""
        assert self.nearest is not None, self.missing
        gap = self.nearest.distance_mm(points_mm)
        return np.where(self.inside(points_mm), gap, -gap)

    def least_margin_mm(self, points_mm: Floats) -> float:
        """The smallest of `margin_mm` of points (n, 3), without the others."""
        assert self.nearest is not None, self.missing
        outside = points_mm[~self.inside(points_mm)]
        return -self.nearest.farthest_mm(outside) if len(outside) else self.nearest.closest_mm(points_mm)

    @property
    def half_voxel_ml(self) -> float:
        """By how much the volume inside changes if the surface moves by half a voxel."""
        if self.surface is None:
            return 0.0
        return self.surface.area_mm2 * max(self.map.grid.spacing_mm) / 2 / MM3_PER_ML


def _nearest(tissue: Bools, grid: Grid) -> tuple[NDArray[np.intp], ...]:
    """The cell of tissue nearest to each cell of gas, in the order of `np.nonzero`."""
    from scipy.ndimage import distance_transform_edt

    if tissue.all():
        return tuple(np.empty((3, 0), np.intp))
    nearest = distance_transform_edt(~tissue, sampling=grid.spacing_mm, return_distances=False, return_indices=True)
    return tuple(nearest[:, ~tissue])
