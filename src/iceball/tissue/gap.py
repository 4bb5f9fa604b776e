"""How near a structure lies to what it is to be moved away from, and which way is the shortest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iceball.errors import SegmentationError
from iceball.space import Grid
from iceball.space.distance import Nearest
from iceball.space.grid import Floats
from iceball.space.shapes import Shape
from iceball.space.surface import surface_of
from iceball.space.window import block_around, grid_of
from iceball.tissue.anatomy import Anatomy, Structure
from iceball.tissue.finer import cells_of
from iceball.tissue.move import Move

FARTHEST_MM = 40.0
"""A structure farther away than this is out of reach of any ice, so there is nothing to move it away from."""
ALONG_MM = 2.0
"""The shortest way is the mean of the ways to all of the structure that lies at most this much farther."""
CELL_MM = 1.0
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Gap:
    """The room between a structure and what it is moved away from.

    Attributes:
        cells: of the structure, flat indices of the grid.
        index, points, distance: of its cells within reach: index (n, 3), LPS mm (n, 3) from where the shortest way
            begins, and distance in mm, right to a cell.
        direction: unit vector, LPS, along the shortest way.
        least_mm: distance of both surfaces.
    """

    cells: Ints
    index: Ints
    points: Floats
    distance: Floats
    direction: Floats
    least_mm: float
    away: Shape
    grid: Grid

    @classmethod
    def of(cls, anatomy: Anatomy, move: Move, grid: Grid) -> Gap:
        """Measured on `grid`; raises SegmentationError where the structure is absent or far away."""
        from scipy.ndimage import distance_transform_edt

        away = _volume_of(anatomy, move.away_from, "Pocket.away_from").shape
        moved = _volume_of(anatomy, move.structure, "Pocket.structure").shape
        low, high = away.bounds_mm()
        reach = FARTHEST_MM + move.thickness_mm
        block = block_around(grid, low - reach, high + reach)
        too_far = SegmentationError(
            f"lies more than {FARTHEST_MM:g} mm from {move.away_from}: there is no need to move it",
            where="Pocket.structure",
            remedy="Leave the pocket out.",
        )
        if block is None:
            raise too_far
        part = grid_of(grid, block)
        inside = away.occupancy(part) >= 0.5
        cells = cells_of(moved, grid)
        index = np.stack(np.unravel_index(cells, grid.shape), axis=1) - [s.start for s in block]
        index = index[((index >= 0) & (index < part.shape)).all(axis=1)]
        if not len(index) or not inside.any():
            raise too_far
        gaps, nearest = distance_transform_edt(~inside, sampling=grid.spacing_mm, return_indices=True)
        distance = gaps[tuple(index.T)]
        if distance.min() > FARTHEST_MM:
            raise too_far
        closest = index[distance <= distance.min() + ALONG_MM]
        foot = part.to_mm(nearest[(slice(None), *closest.T)].T)
        way = (part.to_mm(closest) - foot).mean(axis=0)
        length = float(np.linalg.norm(way))
        if length < CELL_MM / 2:
            raise SegmentationError(
                f"surrounds {move.away_from} or lies in it: no way leads apart",
                where="Pocket.structure",
                remedy="Name what it is to be moved away from, or give a direction.",
            )
        points = part.to_mm(index) - foot.mean(axis=0)
        index += [s.start for s in block]
        return cls(cells, index, points, distance, way / length, _apart_mm(moved, away, part), away, part)

    def near(self, move: Move, direction: Floats) -> Ints:
        """Index (n, 3) of the structure's cells that must go the full way along a direction, if any lies so."""
        along = self.points @ direction
        if move.footprint_mm is None:
            chosen = self.distance <= self.distance.min() + move.thickness_mm + CELL_MM
        else:
            chosen = np.linalg.norm(self.points - along[:, None] * direction, axis=1) <= move.footprint_mm / 2
        return np.asarray(self.index[chosen & (along > 0)])

    def after_mm(self, moved: Shape) -> float:
        """The distance of the structure's new shape."""
        return _apart_mm(moved, self.away, self.grid)


def _volume_of(anatomy: Anatomy, name: str, where: str) -> Structure:
    found = anatomy.find(name)
    if found is None:
        known = ", ".join(sorted(anatomy.structures))
        raise SegmentationError(
            f"'{name}' was not drawn, so it cannot be moved.", where=where, remedy=f"Drawn: {known}."
        )
    if not found.shape.volume_ml > 0:
        raise SegmentationError(f"'{name}' is a point or a line, which no fluid can push", where=where)
    return found


def _apart_mm(a: Shape, b: Shape, grid: Grid) -> float:
    """Distance of two surfaces on a grid, 0 where they touch."""
    first, second = (surface_of(shape.occupancy(grid), grid, 0.5) for shape in (a, b))
    if first is None or second is None:
        return float("inf")
    return max(0.0, Nearest(second).closest_mm(first.points_mm))
