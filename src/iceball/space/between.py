"""Contours on some slices become a body: between two drawn slices the outline passes gradually from one to the other.

Each slice's contours are a signed distance (negative inside, exact to their edges). Between two slices the distances
are mixed, each first shifted so that the middles of both outlines meet: a slanting tube stays a tube instead of
vanishing where its outlines do not overlap (shape-based interpolation after Raya and Udupa, remembered; the shift is
ours).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from iceball.errors import GeometryError
from iceball.space.grid import Floats, Grid
from iceball.space.volume import Volume

AXES = {"sagittal": 0, "coronal": 1, "axial": 2}
"""The LPS axis that each family of slices lies across."""
FLAT_MM = 0.5
"""Corners of one contour may leave its slice by this much."""
SAME_SLICE_MM = 0.25
MOST_CORNERS = 2_000
MOST_CELLS = 20_000_000
MOST_WORK = 1e9
"""Cells times corners."""
LEAST_AREA_MM2 = 0.5


@dataclass(frozen=True, eq=False)
class Slice:
    """The contours of one slice.

    Args:
        at_mm: where the slice lies along its axis, LPS mm.
        contours: closed polygons, each (n, 2) mm along the two other axes, in the order of x, y, z. Even-odd: one
            inside another cuts a hole.
    """

    at_mm: float
    contours: tuple[Floats, ...]

    def inside(self, points: Floats) -> NDArray[np.bool_]:
        """Whether points (..., 2) lie inside an odd number of contours."""
        odd = np.zeros(points.shape[:-1], bool)
        u, v = points[..., 0], points[..., 1]
        for contour in self.contours:
            for (u0, v0), (u1, v1) in zip(contour, np.roll(contour, -1, axis=0), strict=True):
                if v0 == v1:
                    continue
                crosses = (v0 <= v) != (v1 <= v)
                odd ^= crosses & (u < u0 + (v - v0) * (u1 - u0) / (v1 - v0))
        return odd

    def distance_mm(self, points: Floats) -> Floats:
        """Signed distance of points (..., 2) to the outline, negative inside."""
        nearest = np.full(points.shape[:-1], np.inf)
        for contour in self.contours:
            for start, end in zip(contour, np.roll(contour, -1, axis=0), strict=True):
                along = end - start
                length2 = float(along @ along)
                if length2 == 0:
                    continue
                offset = points - start
                t = np.clip(offset @ along / length2, 0.0, 1.0)
                gap = offset - t[..., None] * along
                np.minimum(nearest, np.einsum("...i,...i->...", gap, gap), out=nearest)
        gap_mm = np.sqrt(nearest)
        return np.asarray(np.where(self.inside(points), -gap_mm, gap_mm))

    @property
    def middle(self) -> Floats:
        """Middle of the box around the contours."""
        corners = np.concatenate(self.contours)
        return np.asarray((corners.min(axis=0) + corners.max(axis=0)) / 2)


def between(kind: str, contours: Sequence[NDArray[np.float64]], *, in_slice_mm: float, slice_mm: float) -> Volume:
    """The body of contours drawn on some parallel slices, as a mask on a grid of its own.

    Args:
        kind: "axial", "coronal" or "sagittal": what the slices are.
        contours: closed polygons (n, 3), LPS mm, each in one slice.
        in_slice_mm: cell size within the slices.
        slice_mm: cell size across them; an only slice becomes that thick.

    Raises:
        GeometryError: if a contour has less than three corners, leaves its slice, or holds nothing.
    """
    slices = _slices(kind, contours)
    axis = AXES[kind]
    grid = _grid_around(slices, axis, in_slice_mm, slice_mm)
    origin, shape = np.delete(grid.origin_mm, axis), np.delete(grid.shape, axis)
    fields = _fields(slices, origin, shape, in_slice_mm)
    first = float(grid.origin_mm[axis])
    layers = [_distance_at(fields, first + n * slice_mm, origin, shape) <= 0 for n in range(grid.shape[axis])]
    data = np.stack(layers, axis=axis).astype(np.uint8)
    if not data.any():
        raise GeometryError("the contours hold no cell", where="contours", remedy="Draw a larger outline.")
    return Volume(grid, data, "mask")


@dataclass(frozen=True, eq=False)
class Field:
    """Signed distance around one slice's outline, on cells that count from its middle.

    Args:
        at_mm: where the slice lies along its axis.
        middle: of its outline, mm.
        start: of the first cell, mm from the middle.
        step_mm: cell size.
        values: mm, negative inside.
    """

    at_mm: float
    middle: Floats
    start: Floats
    step_mm: float
    values: Floats

    def on(self, origin: Floats, shape: Floats, middle: Floats) -> Floats:
        """The distances on cells from `origin`, with the outline's middle moved to `middle`."""
        from scipy.ndimage import map_coordinates

        begin = (origin - middle - self.start) / self.step_mm
        where = np.meshgrid(*(b + np.arange(int(n)) for b, n in zip(begin, shape, strict=True)), indexing="ij")
        return np.asarray(map_coordinates(self.values, where, order=1, mode="nearest"))


def _fields(slices: Sequence[Slice], origin: Floats, shape: Floats, step_mm: float) -> list[Field]:
    """Every slice's distances, wide enough for wherever its outline may be moved."""
    middles = np.array([s.middle for s in slices])
    low = origin - middles.max(axis=0) - step_mm
    high = origin + shape * step_mm - middles.min(axis=0) + step_mm
    counts = np.ceil((high - low) / step_mm).astype(int) + 1
    work = float(np.prod(counts)) * sum(len(c) for s in slices for c in s.contours)
    if work > MOST_WORK:
        raise GeometryError(
            f"the outlines are too large and too fine together ({work:.0e} steps)",
            where="contours",
            remedy="Draw fewer outlines, or with fewer corners.",
        )
    cells = np.stack(np.meshgrid(*(low[a] + np.arange(counts[a]) * step_mm for a in (0, 1)), indexing="ij"), -1)
    return [Field(s.at_mm, s.middle, low, step_mm, s.distance_mm(cells + s.middle)) for s in slices]


def _distance_at(fields: Sequence[Field], at_mm: float, origin: Floats, shape: Floats) -> Floats:
    """Signed distance in one layer, mixed from the drawn slices beside it."""
    if at_mm <= fields[0].at_mm:
        return fields[0].on(origin, shape, fields[0].middle)
    for low, high in pairwise(fields):
        if at_mm <= high.at_mm:
            share = (at_mm - low.at_mm) / (high.at_mm - low.at_mm)
            middle = (1 - share) * low.middle + share * high.middle
            return (1 - share) * low.on(origin, shape, middle) + share * high.on(origin, shape, middle)
    return fields[-1].on(origin, shape, fields[-1].middle)


def _slices(kind: str, contours: Sequence[NDArray[np.float64]]) -> tuple[Slice, ...]:
    if kind not in AXES:
        raise GeometryError(f"no slices called '{kind}'", where="contours", remedy=f"Known: {', '.join(AXES)}.")
    if not contours:
        raise GeometryError("no contour was drawn", where="contours", remedy="Draw at least one.")
    axis = AXES[kind]
    others = [a for a in range(3) if a != axis]
    found: list[tuple[float, list[Floats]]] = []
    for n, given in enumerate(contours):
        where = f"contours[{n}]"
        corners = np.asarray(given, float)
        if corners.ndim != 2 or corners.shape[1:] != (3,) or not np.isfinite(corners).all():
            raise GeometryError("is not a list of finite points x, y, z", where=where)
        if not 3 <= len(corners) <= MOST_CORNERS:
            raise GeometryError(f"has {len(corners)} corners; 3 to {MOST_CORNERS} make an outline", where=where)
        at = float(np.median(corners[:, axis]))
        if np.abs(corners[:, axis] - at).max() > FLAT_MM:
            raise GeometryError(f"does not lie in one {kind} slice", where=where, remedy="Draw it on one slice.")
        flat = corners[:, others]
        if _area(flat) < LEAST_AREA_MM2:
            raise GeometryError("encloses nothing", where=where, remedy="Draw a closed outline.")
        near = next((contour for z, contour in found if abs(z - at) <= SAME_SLICE_MM), None)
        if near is None:
            found.append((at, [flat]))
        else:
            near.append(flat)
    return tuple(Slice(at, tuple(drawn)) for at, drawn in sorted(found, key=lambda f: f[0]))


def _area(corners: Floats) -> float:
    u, v = corners.T
    return abs(float(u @ np.roll(v, -1) - v @ np.roll(u, -1))) / 2


def _grid_around(slices: Sequence[Slice], axis: int, in_slice_mm: float, slice_mm: float) -> Grid:
    """Axis-aligned cells around the outlines; the first drawn slice lies in the middle of the first layer."""
    corners = np.concatenate([c for s in slices for c in s.contours])
    low, high = np.empty(3), np.empty(3)
    others = [a for a in range(3) if a != axis]
    low[others], high[others] = corners.min(axis=0) - in_slice_mm, corners.max(axis=0) + in_slice_mm
    layers = round((slices[-1].at_mm - slices[0].at_mm) / slice_mm) + 1
    low[axis] = slices[0].at_mm - slice_mm / 2
    high[axis] = low[axis] + layers * slice_mm
    step = np.full(3, float(in_slice_mm))
    step[axis] = slice_mm
    cells = float(np.prod((high - low) / step))
    if not cells <= MOST_CELLS:
        raise GeometryError(f"the outlines span {cells:.1e} cells", where="contours", remedy="Draw a smaller part.")
    return Grid.box(low, high, step.tolist())
