"""Distances finer than a voxel: from points to a triangle surface, and as a signed field around a shape."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.errors import GeometryError
from iceball.space.grid import Floats, Grid
from iceball.space.shapes import Shape
from iceball.space.surface import Surface, surface_of

# Triangles tried per point: on a surface cut from a grid the nearest one's centre is among the few nearest centres.
CANDIDATES = 10
CHUNK_POINTS = 200_000
LEAF_TRIANGLES = 32
# Of points in a row the first of so many is looked at before the others.
EVERY = 8
# More than rounding takes from a triangle's reach.
SURE = 1 + 1e-9


@dataclass(frozen=True, eq=False)
class Nearest:
    """Distances from points to a surface."""

    surface: Surface

    @cached_property
    def _tree(self) -> Any:
        from scipy.spatial import cKDTree

        # On a surface far away many triangles are about equally near: tight boxes around the nodes make that many times
        # slower, so the nodes keep the planes that they were split by.
        return cKDTree(self._centres_mm, leafsize=LEAF_TRIANGLES, compact_nodes=False)

    @cached_property
    def _centres_mm(self) -> Floats:
        return np.asarray(self.surface.corners_mm.mean(axis=1))

    @cached_property
    def reach_mm(self) -> float:
        """Greatest distance from a triangle's centre to its corners."""
        return float(np.linalg.norm(self.surface.corners_mm - self._centres_mm[:, None], axis=2).max())

    def rough_mm(self, points_mm: Floats) -> Floats:
        """Distance to the nearest triangle's centre: at most `reach_mm` too large."""
        return np.asarray(self._tree.query(points_mm)[0], float)

    def distance_mm(self, points_mm: Floats) -> Floats:
        """Exact distance of points (n, 3) to the nearest triangle, mm."""
        from iceball.space.triangles import to_nearest

        count = min(CANDIDATES, len(self.surface.triangles))
        out = np.empty(len(points_mm))
        for start in range(0, len(points_mm), CHUNK_POINTS):
            part = np.array(points_mm[start : start + CHUNK_POINTS], float, order="C")
            away, tried = (found.reshape(len(part), count) for found in self._tree.query(part, k=count))
            corners, these = self.surface.corners_mm, out[start : start + len(part)]
            to_nearest(part, corners, tried, away, self.reach_mm * SURE, these)
        return out

    def closest_mm(self, points_mm: Floats) -> float:
        """The smallest distance of any of the points."""
        low, high = self.surface.points_mm.min(axis=0), self.surface.points_mm.max(axis=0)
        to_box = np.linalg.norm(np.maximum(np.maximum(low - points_mm, points_mm - high), 0.0), axis=1)
        # No point farther from the surface's box than this one is from the surface can be the closest.
        # One point is held against all triangles sooner than a tree finds which of many are about equally near.
        first = points_mm[int(to_box.argmin())]
        best = float(np.linalg.norm(self._centres_mm - first, axis=1).min()) + self.reach_mm
        points_mm = points_mm[to_box <= best]
        within = best * SURE
        some, apart = _some(points_mm)
        rough = np.minimum(self._tree.query(some, distance_upper_bound=within)[0], best)
        points_mm = points_mm[np.repeat(rough, EVERY)[: len(apart)] - apart <= (rough.min() + self.reach_mm) * SURE]
        rough = self._tree.query(points_mm, distance_upper_bound=within)[0]
        return float(self.distance_mm(points_mm[rough <= rough.min() + self.reach_mm]).min())

    def farthest_mm(self, points_mm: Floats) -> float:
        """The largest distance of any of the points."""
        some, apart = _some(points_mm)
        rough = self.rough_mm(some)
        points_mm = points_mm[(np.repeat(rough, EVERY)[: len(apart)] + apart) * SURE >= rough.max() - self.reach_mm]
        rough = self.rough_mm(points_mm)
        return float(self.distance_mm(points_mm[rough >= rough.max() - self.reach_mm]).max())


def _some(points_mm: Floats) -> tuple[Floats, Floats]:
    """The first of each EVERY points, and how far from it those that follow lie: their distances differ by no more."""
    some = points_mm[::EVERY]
    return some, np.linalg.norm(points_mm - np.repeat(some, EVERY, axis=0)[: len(points_mm)], axis=1)


def interpolate(values: NDArray[Any], grid: Grid, points_mm: Floats, *, outside: float) -> Floats:
    """Trilinear values at points (n, 3); the outermost cells hold to their outer faces, beyond them is `outside`."""
    from scipy.ndimage import map_coordinates

    index = grid.to_index(points_mm)
    got = map_coordinates(values, index.T, output=np.float64, order=1, mode="nearest", prefilter=False)
    last = np.array(grid.shape) - 1
    inside = ((index >= -0.5 - 1e-9) & (index <= last + 0.5 + 1e-9)).all(axis=1)
    return np.where(inside, got, outside)


def distance_field(shape: Shape, grid: Grid, *, near_mm: float = 0.0) -> NDArray[np.float32]:
    """Signed distance of every cell centre to the shape's surface, mm, negative inside.

    Beside the level `near_mm` it is finer than a voxel: that level bounds the shape dilated by `near_mm`.
    Elsewhere it is right to a cell. Raises GeometryError where the grid holds nothing of the shape.
    """
    from scipy.ndimage import distance_transform_edt
    from scipy.spatial import cKDTree

    occupied = shape.occupancy(grid)
    seeds = shape.seeds_mm(min(grid.spacing_mm) / 2)
    seeds = seeds[grid.contains(seeds)]
    inside = occupied >= 0.5
    if shape.volume_ml == 0:
        # A point or line without a radius has no inside; its occupancy is only there to be seen.
        inside = np.zeros(grid.shape, bool)
    if len(seeds):
        inside[tuple(np.clip(np.rint(grid.to_index(seeds)).astype(int), 0, np.array(grid.shape) - 1).T)] = True
    if not inside.any():
        raise GeometryError("no part of the shape lies in the grid", where="distance_field")
    spacing = grid.spacing_mm
    field = distance_transform_edt(~inside, sampling=spacing) - distance_transform_edt(inside, sampling=spacing)
    # Cells beside the level, and the distance between cell centres that the rough field may be wrong by.
    cells = np.argwhere(np.abs(field - near_mm) <= 1.5 * float(np.linalg.norm(spacing)))
    if len(cells):
        points = grid.to_mm(cells)
        exact = np.full(len(cells), np.inf)
        surface = surface_of(occupied, grid, 0.5) if shape.volume_ml > 0 else None
        if surface is not None:
            exact = Nearest(surface).distance_mm(points)
            exact = np.where(occupied[tuple(cells.T)] >= 0.5, -exact, exact)
        elif (occupied >= 0.5).all():
            exact = field[tuple(cells.T)]
        if len(seeds):
            exact = np.minimum(exact, cKDTree(seeds).query(points)[0])
        field[tuple(cells.T)] = exact
    return np.asarray(field, np.float32)
