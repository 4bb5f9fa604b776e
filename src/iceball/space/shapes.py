"""Shapes: masks, spheres, ellipsoids, points and polylines, all as an occupancy whose 0.5 level is the surface."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from iceball.errors import GeometryError
from iceball.space.grid import Floats, Grid
from iceball.space.volume import Volume
from iceball.space.window import Block, block_around, box_of, cut, grid_of, index_map
from iceball.units import MM3_PER_ML

Occupancy = NDArray[np.float32]
Point = tuple[float, float, float]
# Cells that are evaluated at once: bounds the memory of a large shape on a fine grid.
CHUNK_CELLS = 500_000
# Cells whose centres lie so much of a cell apart are the same.
SAME_CELL = 1e-4
# A union's volume is counted on at most this many cells.
UNION_CELLS = 4_000_000


class Shape(Protocol):
    """A part of space. `occupancy` is 0 to 1 per cell; its 0.5 level is the shape's surface."""

    def occupancy(self, grid: Grid) -> Occupancy:
        """Occupancy on any grid, shape `grid.shape`."""
        ...

    def bounds_mm(self) -> tuple[Floats, Floats]:
        """Lowest and highest corner of an axis-aligned LPS box that holds the shape."""
        ...

    def seeds_mm(self, step_mm: float) -> Floats:
        """Points that always belong to the shape, shape (n, 3), along lines at most `step_mm` apart.

        A thin shape may lie between the cells of a coarse grid; its seeds are never missed.
        """
        ...

    @property
    def volume_ml(self) -> float:
        """Its volume; 0 for points and lines without a radius."""
        ...


@dataclass(frozen=True, eq=False)
class Mask:
    """The non-zero voxels of a volume, interpolated trilinearly; nothing beyond the volume.

    Raises:
        GeometryError: if no voxel is set.
    """

    volume: Volume

    def __post_init__(self) -> None:
        if not self.volume.data.any():
            remedy = "Choose a structure that was drawn on this image."
            raise GeometryError("the mask is empty", where="Mask", remedy=remedy)

    @cached_property
    def _block(self) -> Block:
        """The voxels around the set ones, at most one more at each side."""
        ranges = []
        for axis in range(3):
            others = tuple(a for a in range(3) if a != axis)
            used = np.flatnonzero(self.volume.data.any(axis=others))
            ranges.append(slice(int(used[0]), int(used[-1]) + 1))
        return ranges[0], ranges[1], ranges[2]

    @cached_property
    def _grid(self) -> Grid:
        return grid_of(self.volume.grid, self._block)

    @cached_property
    def _set(self) -> NDArray[np.bool_]:
        return np.asarray(self.volume.data[self._block] != 0)

    def occupancy(self, grid: Grid) -> Occupancy:
        """Trilinear interpolation of the 0/1 mask; 0 outside the image."""
        from scipy.ndimage import affine_transform

        from iceball.space.mask_cells import on_cells

        out = np.zeros(grid.shape, np.float32)
        block = block_around(grid, *self.bounds_mm(), pad=1)
        if block is None:
            return out
        part = grid_of(grid, block)
        matrix, offset = index_map(self._grid, part)
        if (own := _same_cells(matrix, offset, part)) is not None:
            out[block] = cut(self._set, own, fill=0)
            return out
        if matrix.ndim == 1:
            out[block] = on_cells(self._set, matrix, offset, part.shape)
            return out
        values = affine_transform(
            self._set.astype(np.float32), matrix, offset, part.shape, np.float32, 1, "grid-constant"
        )
        out[block] = np.clip(values, 0.0, 1.0)
        return out

    def bounds_mm(self) -> tuple[Floats, Floats]:
        """The box around the set voxels with their outer faces."""
        return box_of(self._grid.corners_mm)

    def seeds_mm(self, step_mm: float) -> Floats:
        """The centres of the set voxels that have an unset neighbour."""
        return self._rim_mm

    @cached_property
    def _rim_mm(self) -> Floats:
        padded = np.pad(self._set, 1)
        core = padded[1:-1, 1:-1, 1:-1].copy()
        for axis in range(3):
            for shift in (-1, 1):
                core &= np.roll(padded, shift, axis)[1:-1, 1:-1, 1:-1]
        rim = self._grid.to_mm(np.argwhere(self._set & ~core))
        rim.setflags(write=False)
        return rim

    @cached_property
    def volume_ml(self) -> float:
        """Set voxels times the voxel's volume."""
        return float(np.count_nonzero(self._set)) * self.volume.grid.voxel_ml


def _same_cells(matrix: Floats, offset: Floats, part: Grid) -> Block | None:
    """Which cells of a mask those of a part are, where both coincide: nothing lies between them to be interpolated."""
    first = np.rint(offset)
    if matrix.ndim != 1 or np.abs(matrix - 1).max() * max(part.shape) + np.abs(offset - first).max() > SAME_CELL:
        return None
    return tuple(slice(int(a), int(a) + n) for a, n in zip(first, part.shape, strict=True))  # type: ignore[return-value]


@dataclass(frozen=True)
class Sphere:
    """A ball around `centre_mm` (LPS)."""

    centre_mm: Point
    diameter_mm: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "centre_mm", point_of(self.centre_mm, "Sphere.centre_mm"))
        _positive(self.diameter_mm, "Sphere.diameter_mm")

    def distance_mm(self, points_mm: Floats) -> Floats:
        """Signed distance of points to the surface, negative inside."""
        return np.asarray(np.linalg.norm(points_mm - np.array(self.centre_mm), axis=-1) - self.diameter_mm / 2)

    def occupancy(self, grid: Grid) -> Occupancy:
        """The signed distance as a ramp."""
        return ramp(grid, self.bounds_mm(), self.distance_mm)

    def bounds_mm(self) -> tuple[Floats, Floats]:
        """The box around the ball."""
        return np.array(self.centre_mm) - self.diameter_mm / 2, np.array(self.centre_mm) + self.diameter_mm / 2

    def seeds_mm(self, step_mm: float) -> Floats:
        """The centre."""
        return np.array([self.centre_mm])

    @property
    def volume_ml(self) -> float:
        """Its exact volume."""
        return math.pi / 6 * self.diameter_mm**3 / MM3_PER_ML


@dataclass(frozen=True)
class Ellipsoid:
    """An ellipsoid around `centre_mm` whose full `diameters_mm` run along LPS x, y and z."""

    centre_mm: Point
    diameters_mm: Point

    def __post_init__(self) -> None:
        object.__setattr__(self, "centre_mm", point_of(self.centre_mm, "Ellipsoid.centre_mm"))
        object.__setattr__(self, "diameters_mm", point_of(self.diameters_mm, "Ellipsoid.diameters_mm"))
        for d in self.diameters_mm:
            _positive(d, "Ellipsoid.diameters_mm")

    def distance_mm(self, points_mm: Floats) -> Floats:
        """Signed distance of points to the surface, negative inside."""
        flat = np.asarray(points_mm, float).reshape(-1, 3)
        half = np.array(self.diameters_mm) / 2
        # The tiny offset keeps points on a symmetry plane away from the pole of the equation below.
        y = np.abs(flat - np.array(self.centre_mm)) + 1e-9 * half
        # The nearest surface point is half² y / (t + half²) with sum((half y / (t + half²))²) = 1. The sum falls and is
        # convex in t right of -min(half²), so Newton's steps from the left never overshoot.
        t = (half * y - half**2).max(axis=1)
        for _ in range(24):
            ratio = half * y / (t[:, None] + half**2)
            excess = (ratio**2).sum(axis=1) - 1.0
            t += excess / (2 * (ratio**2 / (t[:, None] + half**2)).sum(axis=1))
        gap = np.linalg.norm(y * t[:, None] / (t[:, None] + half**2), axis=1)
        inside = ((y / half) ** 2).sum(axis=1) < 1.0
        return np.asarray(np.where(inside, -gap, gap).reshape(np.shape(points_mm)[:-1]))

    def occupancy(self, grid: Grid) -> Occupancy:
        """The signed distance as a ramp."""
        return ramp(grid, self.bounds_mm(), self.distance_mm)

    def bounds_mm(self) -> tuple[Floats, Floats]:
        """The box around the ellipsoid."""
        half = np.array(self.diameters_mm) / 2
        return np.array(self.centre_mm) - half, np.array(self.centre_mm) + half

    def seeds_mm(self, step_mm: float) -> Floats:
        """The centre."""
        return np.array([self.centre_mm])

    @property
    def volume_ml(self) -> float:
        """Its exact volume."""
        return math.pi / 6 * math.prod(self.diameters_mm) / MM3_PER_ML


@dataclass(frozen=True, eq=False)
class Points:
    """Balls of one radius around points (n, 3) in LPS mm. With radius 0 the points themselves are assessed."""

    points_mm: Floats
    radius_mm: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "points_mm", _points(self.points_mm, 1, "Points.points_mm"))
        _radius(self.radius_mm, "Points.radius_mm")

    def occupancy(self, grid: Grid) -> Occupancy:
        """A ramp around each point; without a radius half a cell stands in, so that a grid can show it."""
        return _tubes(grid, [(p, p) for p in self.points_mm], self.radius_mm)

    def bounds_mm(self) -> tuple[Floats, Floats]:
        """The box around all balls."""
        return self.points_mm.min(axis=0) - self.radius_mm, self.points_mm.max(axis=0) + self.radius_mm

    def seeds_mm(self, step_mm: float) -> Floats:
        """The points."""
        return self.points_mm

    @cached_property
    def volume_ml(self) -> float:
        """The balls' volume, overlaps counted once."""
        return 0.0 if self.radius_mm == 0 else _counted_ml(self, [self.radius_mm / 8])


@dataclass(frozen=True, eq=False)
class Polyline:
    """A tube of one radius along points (n, 3) in LPS mm: a nerve, ureter or vessel. Radius 0 is allowed."""

    points_mm: Floats
    radius_mm: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "points_mm", _points(self.points_mm, 2, "Polyline.points_mm"))
        _radius(self.radius_mm, "Polyline.radius_mm")

    def occupancy(self, grid: Grid) -> Occupancy:
        """A ramp around each piece; without a radius half a cell stands in, so that a grid can show it."""
        return _tubes(grid, list(zip(self.points_mm, self.points_mm[1:], strict=False)), self.radius_mm)

    def bounds_mm(self) -> tuple[Floats, Floats]:
        """The box around the tube."""
        return self.points_mm.min(axis=0) - self.radius_mm, self.points_mm.max(axis=0) + self.radius_mm

    def seeds_mm(self, step_mm: float) -> Floats:
        """Points along the middle line."""
        pieces = [self.points_mm[:1]]
        for a, b in zip(self.points_mm, self.points_mm[1:], strict=False):
            count = max(1, math.ceil(float(np.linalg.norm(b - a)) / step_mm))
            pieces.append(a + np.linspace(0, 1, count + 1)[1:, None] * (b - a))
        return np.concatenate(pieces)

    @cached_property
    def volume_ml(self) -> float:
        """The tube's volume, overlaps counted once."""
        return 0.0 if self.radius_mm == 0 else _counted_ml(self, [self.radius_mm / 8])


@dataclass(frozen=True, eq=False)
class Union:
    """All of several shapes together."""

    shapes: tuple[Shape, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "shapes", tuple(self.shapes))
        if not self.shapes:
            raise GeometryError("needs at least one shape", where="Union")

    def occupancy(self, grid: Grid) -> Occupancy:
        """The highest occupancy of any of them; beside a volume, points and lines without a radius have none."""
        solid = [s for s in self.shapes if s.volume_ml > 0] or list(self.shapes)
        out = solid[0].occupancy(grid)
        for shape in solid[1:]:
            np.maximum(out, shape.occupancy(grid), out=out)
        return out

    def bounds_mm(self) -> tuple[Floats, Floats]:
        """The box around all of them."""
        boxes = [s.bounds_mm() for s in self.shapes]
        return np.min([b[0] for b in boxes], axis=0), np.max([b[1] for b in boxes], axis=0)

    def seeds_mm(self, step_mm: float) -> Floats:
        """The seeds of all of them."""
        return np.concatenate([s.seeds_mm(step_mm) for s in self.shapes])

    @cached_property
    def volume_ml(self) -> float:
        """The volume, overlaps counted once."""
        if not any(s.volume_ml > 0 for s in self.shapes):
            return 0.0
        masks = [s for s in self.shapes if isinstance(s, Mask)]
        if len(masks) == len(self.shapes) and all(m.volume.grid.matches(masks[0].volume.grid) for m in masks):
            together = np.logical_or.reduce([m.volume.data != 0 for m in masks])
            return float(np.count_nonzero(together)) * masks[0].volume.grid.voxel_ml
        boxes = [s.bounds_mm() for s in self.shapes]
        apart = all((a[1] < b[0]).any() or (b[1] < a[0]).any() for i, a in enumerate(boxes) for b in boxes[:i])
        if apart:
            return sum(s.volume_ml for s in self.shapes)
        steps = [float(min(m.volume.grid.spacing_mm)) for m in masks]
        return _counted_ml(self, steps or [float((b[1] - b[0]).min()) / 20 for b in boxes])


def union(shapes: Sequence[Shape]) -> Shape:
    """The shape that holds all of them (the shape itself where there is one)."""
    return shapes[0] if len(shapes) == 1 else Union(tuple(shapes))


def ramp(grid: Grid, bounds: tuple[Floats, Floats], distance: Callable[[Floats], Floats]) -> Occupancy:
    """A signed distance as occupancy: 0.5 on the surface, linear within one cell of it at each side.

    The neighbours of every crossing keep their true distance, so linear interpolation finds a flat surface exactly.
    """
    out = np.zeros(grid.shape, np.float32)
    reach = max(grid.spacing_mm)
    _raise_ramp(out, grid, bounds, distance, reach)
    return out


def _raise_ramp(
    out: Occupancy, grid: Grid, bounds: tuple[Floats, Floats], distance: Callable[[Floats], Floats], reach: float
) -> None:
    block = block_around(grid, bounds[0] - reach, bounds[1] + reach, pad=0)
    if block is None:
        return
    rows = max(1, CHUNK_CELLS // max(1, (block[1].stop - block[1].start) * (block[2].stop - block[2].start)))
    for start in range(block[0].start, block[0].stop, rows):
        slab = (slice(start, min(start + rows, block[0].stop)), block[1], block[2])
        gap = distance(grid_of(grid, slab).centres_mm())
        np.maximum(out[slab], np.clip(0.5 - gap / (2 * reach), 0.0, 1.0).astype(np.float32), out=out[slab])


def _tubes(grid: Grid, pieces: Sequence[tuple[Floats, Floats]], radius_mm: float) -> Occupancy:
    """Occupancy of straight tubes with round ends."""
    out = np.zeros(grid.shape, np.float32)
    reach = max(grid.spacing_mm)
    # Half a cell's diagonal is the least radius that always holds a cell's centre.
    radius = radius_mm or float(np.linalg.norm(grid.spacing_mm)) / 2 * (1 + 1e-6)
    for start, end in pieces:
        bounds = np.minimum(start, end) - radius, np.maximum(start, end) + radius
        _raise_ramp(out, grid, bounds, lambda p, a=start, b=end: distance_to_piece(p, a, b) - radius, reach)  # type: ignore[misc]
    return out


def distance_to_piece(points_mm: Floats, start: Floats, end: Floats) -> Floats:
    """Distance of points (..., 3) to the straight piece between two points, mm."""
    along = end - start
    length2 = float(along @ along)
    from_start = points_mm - start
    t = np.clip(from_start @ along / length2, 0.0, 1.0) if length2 > 0 else np.zeros(points_mm.shape[:-1])
    return np.asarray(np.linalg.norm(from_start - t[..., None] * along, axis=-1))


def _counted_ml(shape: Shape, steps: Sequence[float]) -> float:
    """Volume counted on a grid fine enough for the shape, limited in size."""
    low, high = shape.bounds_mm()
    size = high - low
    step = max(min(steps), float(np.prod(size) / UNION_CELLS) ** (1 / 3), 0.06)
    grid = Grid.box(low - step, high + step, step)
    return float(shape.occupancy(grid).sum(dtype=float)) * grid.voxel_ml


def point_of(value: Sequence[float], where: str) -> Point:
    """Three finite numbers as a point; raises GeometryError at `where`."""
    point = tuple(float(v) for v in value)
    if len(point) != 3 or not all(math.isfinite(v) for v in point):
        raise GeometryError(f"{point} is not three finite numbers", where=where)
    return point[0], point[1], point[2]


def _points(value: Floats, least: int, where: str) -> Floats:
    points = np.array(value, dtype=float)
    if points.ndim != 2 or points.shape[1] != 3 or len(points) < least or not np.isfinite(points).all():
        raise GeometryError(f"needs at least {least} finite points, shape (n, 3), not {points.shape}", where=where)
    points.setflags(write=False)
    return points


def _positive(value: float, where: str) -> None:
    if not (math.isfinite(value) and value > 0):
        raise GeometryError(f"{value} is not a positive number of mm", where=where)


def _radius(value: float, where: str) -> None:
    if not (math.isfinite(value) and value >= 0):
        raise GeometryError(f"{value} is not a radius of at least 0 mm", where=where)
