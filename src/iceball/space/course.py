"""The course of a tube: how far along it any point lies, and how wide it is there."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from iceball.errors import GeometryError
from iceball.space.grid import Floats, Grid
from iceball.space.shapes import Points, Polyline, Shape

LINE_STEP_MM = 0.25
"""Between two points of a drawn line."""
CELLS = 20_000
"""About that many cells show a tube that was drawn as a volume; a small one is not cut finer than 0.5 mm."""
FINEST_MM = 0.5
REACH = 2
"""Cells of a tube are joined with those up to so many cells away: lengths at any angle are then within 3 %."""


@dataclass(frozen=True, eq=False)
class Course:
    """Points of a tube with their distance from one end.

    Args:
        points_mm: on the middle line, or all through the tube; shape (n, 3).
        along_mm: distance from the end along the tube, shape (n,).
        width_mm: diameter of a round tube with the same cross-section there, shape (n,); 0 where it is not known.
        directed: whether the order of the points was drawn, so that it may be taken as the direction of flow.
    """

    points_mm: Floats
    along_mm: Floats
    width_mm: Floats
    directed: bool

    @cached_property
    def _tree(self) -> Any:
        from scipy.spatial import cKDTree

        return cKDTree(self.points_mm)

    def at(self, points_mm: Floats) -> Floats:
        """How far along each point (n, 3) lies: as its nearest point of the tube does."""
        return np.asarray(self.along_mm[self._tree.query(points_mm)[1]])

    def away_mm(self, points_mm: Floats) -> Floats:
        """Distance of each point (n, 3) from the nearest point of the course."""
        return np.asarray(self._tree.query(points_mm)[0])

    def nearest(self, point_mm: Floats) -> float:
        """How far along the place nearest to a point lies."""
        return float(self.at(np.asarray(point_mm, float)[None])[0])

    @property
    def length_mm(self) -> float:
        """Of the whole tube."""
        return float(self.along_mm.max() - self.along_mm.min())


def course_of(shape: Shape) -> Course:
    """The course of a drawn line, or of a volume: there it begins at one of the two ends farthest from each other.

    Several parts that do not touch follow each other.

    Raises:
        GeometryError: for a single point, which goes nowhere.
    """
    return _course_of(cast(Hashable, shape))


@lru_cache(maxsize=64)
def _course_of(shape: Any) -> Course:
    if isinstance(shape, Polyline | Points):
        return _of_line(shape.points_mm, 2 * shape.radius_mm)
    return _of_volume(shape)


def _of_line(points: Floats, width_mm: float) -> Course:
    if len(points) < 2 or float(np.ptp(points, axis=0).max()) == 0:
        raise GeometryError(
            "is one point: it has no course", where="Course", remedy="Draw a line of two points or more."
        )
    line = Polyline(points).seeds_mm(LINE_STEP_MM)
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    return Course(line, along, np.full(len(line), width_mm), directed=True)


def _of_volume(shape: Shape) -> Course:
    from scipy.ndimage import label

    low, high = shape.bounds_mm()
    step = max(FINEST_MM, (1000.0 * shape.volume_ml / CELLS) ** (1 / 3))
    grid = Grid.box(low - 2 * step, high + 2 * step, step)
    inside = shape.occupancy(grid) >= 0.5
    parts, count = label(inside, np.ones((3, 3, 3)))
    if not count:
        raise GeometryError("is too thin to have a course", where="Course", remedy="Draw its middle line instead.")
    # a thin tube has another volume in these cells than as it was drawn
    cell_mm3 = 1000.0 * shape.volume_ml / int(np.count_nonzero(inside))
    points, along, width, begin = [], [], [], 0.0
    for part in range(1, count + 1):
        cells = np.argwhere(parts == part)
        way = _ways(cells) * step
        points.append(grid.to_mm(cells))
        along.append(begin + way)
        width.append(_widths(way, cell_mm3, step))
        begin = float(along[-1].max()) + 2 * step
    return Course(np.concatenate(points), np.concatenate(along), np.concatenate(width), directed=False)


def _ways(cells: NDArray[np.intp]) -> Floats:
    """Distance of each cell of one part from one of its ends, through the part, in cells."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import dijkstra

    low = cells.min(axis=0) - REACH
    number = np.full(cells.max(axis=0) - low + REACH + 1, -1)
    number[tuple((cells - low).T)] = np.arange(len(cells))
    rows, columns, lengths = [], [], []
    for offset in _offsets():
        other = number[tuple((cells - low + offset).T)]
        near = np.flatnonzero(other >= 0)
        rows.append(near)
        columns.append(other[near])
        lengths.append(np.full(len(near), float(np.linalg.norm(offset))))
    joined = (np.concatenate(rows), np.concatenate(columns))
    graph = coo_array((np.concatenate(lengths), joined), (len(cells), len(cells))).tocsr()
    far = int(np.argmax(dijkstra(graph, directed=False, indices=0)))
    return np.asarray(dijkstra(graph, directed=False, indices=far))


def _offsets() -> list[NDArray[np.intp]]:
    """Half of the neighbours within REACH cells, each direction once."""
    steps = np.array(np.meshgrid(*[np.arange(-REACH, REACH + 1)] * 3, indexing="ij")).reshape(3, -1).T
    return [s for s in steps if tuple(s) > (0, 0, 0) and math.gcd(*(int(abs(v)) for v in s)) == 1]


def _widths(way: Floats, cell_mm3: float, step: float) -> Floats:
    """Diameter at each cell, from the volume of slices across the tube."""
    guess = math.sqrt(4 * len(way) * cell_mm3 / math.pi / max(float(way.max()), step))
    # slices of equal thickness, each about as thick as the tube is wide
    count = max(1, round(float(way.max()) / max(guess, 2 * step)))
    thick = (float(way.max()) + step) / count
    slices = np.minimum((way / thick).astype(int), count - 1)
    width = np.sqrt(4 * np.bincount(slices, minlength=count) * cell_mm3 / math.pi / thick)
    return np.asarray(width[slices])
