"""The ice margin: signed distance from a structure's surface to an isotherm, positive inside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from iceball.assessment.assessment import Margin, MarginMap
from iceball.assessment.cold import Bools, ColdMap, Isotherm
from iceball.space import Grid
from iceball.space.grid import Floats
from iceball.space.shapes import Mask, Shape, Union
from iceball.space.surface import surface_of
from iceball.space.window import block_around, grid_of

# A surface point lies at the image's end if it is this many voxels beyond the outermost voxel centres; a mask that runs
# into the end has its surface half a voxel beyond them.
BEYOND_LAST_VOXEL = 0.25
AREA_BELOW_MM = (0.0, 3.0, 5.0, 10.0)
"""Shares of the surface are told below these: none at all, and the margins that published series ask for."""
ALL_AT_CAPSULE = "the whole surface lies at the organ's capsule"


@dataclass(frozen=True, eq=False)
class Skin:
    """The surface of a structure as it is measured: points (n, 3) with their share of the area, and triangles."""

    points_mm: Floats
    weights: Floats
    triangles: NDArray[np.int64]
    at_image_end: Bools
    """True where the image ends, so that the structure's real surface is unknown."""
    beyond_box: Bools
    """True beyond the simulated box, where no ice can be."""
    at_capsule: Bools | None = None
    """True where no tissue of the target's organ lies beyond; None where that was not asked or nobody drew it."""

    @classmethod
    def of(cls, shape: Shape, cold: ColdMap, image: Grid) -> Skin:
        """The 0.5 level of a shape on the simulation's cells, continued beyond them where the shape is larger."""
        block = block_around(cold.grid, *shape.bounds_mm(), pad=3, beyond=True)
        assert block is not None
        grid = grid_of(cold.grid, block)
        surface = surface_of(shape.occupancy(grid), grid, 0.5) if shape.volume_ml > 0 else None
        if surface is None:
            points = shape.seeds_mm(min(cold.grid.spacing_mm) / 2)
            weights, triangles = np.ones(len(points)), np.empty((0, 3), np.int64)
        else:
            points, weights, triangles = surface.points_mm, surface.point_areas_mm2, surface.triangles
        index = image.to_index(points)
        last = np.array(image.shape) - 1
        ends = np.any((index < -BEYOND_LAST_VOXEL) | (index > last + BEYOND_LAST_VOXEL), axis=1)
        return cls(points, weights, triangles, ends, ~cold.grid.contains(points))

    @property
    def not_assessable_fraction(self) -> float:
        """Share of the surface at the image's end or beyond the simulated box."""
        return float(self.weights[self.at_image_end | self.beyond_box].sum() / self.weights.sum())

    def margins_mm(self, isotherm: Isotherm) -> Floats:
        """Signed distance of each point to an isotherm, positive inside it; measured once."""
        if isotherm not in self._margins_mm:
            self._margins_mm[isotherm] = isotherm.margin_mm(self.points_mm)
        return self._margins_mm[isotherm]

    @cached_property
    def _margins_mm(self) -> dict[Isotherm, Floats]:
        return {}


def margin(skin: Skin, isotherm: Isotherm) -> tuple[Margin, MarginMap | None]:
    """The margin over a surface, and its map.

    Points where the image ends do not count: the structure may go on there. Points beyond the simulated box do:
    there is no ice.
    """
    share = skin.not_assessable_fraction
    if isotherm.missing:
        return Margin(None, None, None, share, isotherm.missing), None
    distances = skin.margins_mm(isotherm)
    return measured(skin, distances), MarginMap(skin.points_mm, skin.triangles, distances)


def least_margin_mm(skin: Skin, isotherm: Isotherm) -> float | None:
    """The smallest margin over a surface, as `margin` has it; None where it has none."""
    points = skin.points_mm[~skin.at_image_end]
    return None if isotherm.missing or not len(points) else isotherm.least_margin_mm(points)


def measured(skin: Skin, distances_mm: Floats) -> Margin:
    """The margin of a surface whose points have these signed distances, with and without its face at the capsule."""
    counts = ~skin.at_image_end
    whole = _over(skin, distances_mm, counts, "the whole surface lies where the image ends")
    if skin.at_capsule is None or whole.min_mm is None:
        return whole
    face = skin.at_capsule & counts
    share = float(skin.weights[face].sum() / max(float(skin.weights[counts].sum()), 1e-30))
    rest = _over(skin, distances_mm, counts & ~face, ALL_AT_CAPSULE) if face.any() else None
    return replace(whole, capsule_fraction=share, without_capsule=rest)


def _over(skin: Skin, distances_mm: Floats, counts: Bools, none: str) -> Margin:
    """The margin over the points that count; `none` says why where none does."""
    share = skin.not_assessable_fraction
    if not counts.any():
        return Margin(None, None, None, share, none)
    values, points = distances_mm[counts], skin.points_mm[counts]
    worst = int(values.argmin())
    x, y, z = points[worst]
    p05 = weighted_quantile(values, skin.weights[counts], 0.05)
    weights = skin.weights[counts] / max(float(skin.weights[counts].sum()), 1e-30)
    below = {f"{mm:g}": float(weights[values < mm].sum()) for mm in AREA_BELOW_MM}
    return Margin(float(values[worst]), p05, (float(x), float(y), float(z)), share, area_below=below)


def weighted_quantile(values: Floats, weights: Floats, share: float) -> float:
    """The value that `share` of the weight lies at or below, linear between neighbouring values."""
    order = np.argsort(values, kind="stable")
    sorted_weights = weights[order]
    if sorted_weights.sum() <= 0:
        sorted_weights = np.ones(len(order))
    # Each value stands at the middle of its own weight.
    at = (np.cumsum(sorted_weights) - sorted_weights / 2) / sorted_weights.sum()
    return float(np.interp(share, at, values[order]))


def half_voxel_mm(shape: Shape, cold: ColdMap) -> float:
    """Half of the coarsest spacing that the surface depends on: the simulation's, and for masks the image's."""
    return max([*cold.grid.spacing_mm, *_mask_spacings(shape)]) / 2


def _mask_spacings(shape: Shape) -> list[float]:
    if isinstance(shape, Mask):
        return list(shape.volume.grid.spacing_mm)
    if isinstance(shape, Union):
        return [s for part in shape.shapes for s in _mask_spacings(part)]
    return []
