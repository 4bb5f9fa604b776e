"""Structures go where their cells go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from iceball.space import Grid, Volume
from iceball.space.grid import Floats
from iceball.space.shapes import Mask, Points, Polyline, Shape
from iceball.space.window import grid_of
from iceball.tissue.anatomy import Structure
from iceball.tissue.finer import cells_of
from iceball.tissue.push import Push


def carried(structures: Mapping[str, Structure], push: Push, grid: Grid, direction: Floats) -> dict[str, Structure]:
    """Every structure after a push: those that nothing touched as they were, the others as masks or moved points."""
    touched = np.zeros(grid.shape, bool).reshape(-1)
    for cells in (push.source, push.goal, push.fluid):
        touched[cells] = True
    within = mask_of(np.flatnonzero(touched), grid).bounds_mm()
    shift = np.zeros(grid.shape, np.float32).reshape(-1)
    shift[push.source] = push.shift_mm
    return {
        name: replace(s, shape=_carried(s.shape, push, grid, direction, touched, shift)) if _meet(s, within) else s
        for name, s in structures.items()
    }


def _meet(structure: Structure, box: tuple[Floats, Floats]) -> bool:
    low, high = structure.shape.bounds_mm()
    return bool((low <= box[1]).all() and (high >= box[0]).all())


def mask_of(cells: NDArray[np.int64], grid: Grid) -> Mask:
    """Cells as a mask, cut to what it holds."""
    index = np.stack(np.unravel_index(cells, grid.shape))
    low, high = index.min(axis=1), index.max(axis=1) + 1
    block = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    inside = np.zeros(tuple(high - low), np.uint8)
    inside[tuple(index - low[:, None])] = 1
    return Mask(Volume(grid_of(grid, (block[0], block[1], block[2])), inside, "mask"))


def _carried(
    shape: Shape,
    push: Push,
    grid: Grid,
    direction: Floats,
    touched: NDArray[np.bool_],
    shift: NDArray[np.float32],
) -> Shape:
    if isinstance(shape, Points):
        return replace(shape, points_mm=_shifted(shape.points_mm, grid, direction, shift))
    if isinstance(shape, Polyline):
        # seeds lie closer than the corners, so that a straight piece can bend where only part of it moves
        points = shape.seeds_mm(2 * max(grid.spacing_mm))
        after = _shifted(points, grid, direction, shift)
        return shape if np.array_equal(points, after) else replace(shape, points_mm=after)
    cells = cells_of(shape, grid)
    if not touched[cells].any():
        return shape
    inside = np.zeros(grid.shape, bool)
    inside.reshape(-1)[cells] = True
    return mask_of(np.flatnonzero(push.apply(inside, False)), grid)


def _shifted(points: Floats, grid: Grid, direction: Floats, shift: NDArray[np.float32]) -> Floats:
    index = np.rint(grid.to_index(points)).astype(np.int64)
    inside = ((index >= 0) & (index < grid.shape)).all(axis=1)
    by = np.zeros(len(points))
    by[inside] = shift[np.ravel_multi_index(tuple(index[inside].T), grid.shape)]
    return np.asarray(points + by[:, None] * direction)
