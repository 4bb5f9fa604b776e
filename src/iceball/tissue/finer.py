"""The same label map on smaller cells, and shapes as whole cells of it that keep their volume."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.space import Grid
from iceball.space.shapes import Shape
from iceball.space.window import block_around, grid_of

CELL_MM = 1.0
"""Cells are cut until none is longer: so fine is what is moved by whole cells."""
Bools = NDArray[np.bool_]


def cuts(grid: Grid) -> tuple[int, int, int]:
    """Into how many cells each one is cut along the three axes."""
    x, y, z = (max(1, math.ceil(s / CELL_MM - 1e-6)) for s in grid.spacing_mm)
    return x, y, z


def finer_grid(grid: Grid) -> Grid:
    """The same box in smaller cells."""
    n = np.array(cuts(grid))
    matrix = grid.matrix
    matrix[:3, 3] = grid.to_mm(-0.5 + 0.5 / n)
    matrix[:3, :3] /= n
    return Grid.of(np.array(grid.shape) * n, matrix)


def finer(values: NDArray[Any], grid: Grid) -> NDArray[Any]:
    """Each cell's value in all its parts: volumes stay exactly what they were."""
    for axis, count in enumerate(cuts(grid)):
        if count > 1:
            values = np.repeat(values, count, axis=axis)
    return values


def cells_of(shape: Shape, grid: Grid) -> NDArray[np.int64]:
    """Flat indices of the cells that a shape fills: as many as its volume has, those it fills most first.

    A level of one half would cut the corners of a mask and lose some of its volume. A shape without volume, and what
    lies beyond the grid, has none.
    """
    block = block_around(grid, *shape.bounds_mm())
    if block is None or not shape.volume_ml > 0:
        return np.empty(0, np.int64)
    part = grid_of(grid, block)
    filled = shape.occupancy(part).reshape(-1)
    wanted = round(shape.volume_ml / grid.voxel_ml)
    some = np.flatnonzero(filled > 0)
    lost = np.count_nonzero(filled >= 0.5) == 0 or _reaches_out(shape, grid)
    chosen = np.flatnonzero(filled >= 0.5) if lost else some[np.argsort(-filled[some], kind="stable")[:wanted]]
    index = np.stack(np.unravel_index(chosen, part.shape)) + np.array([[s.start] for s in block])
    return np.sort(np.ravel_multi_index(tuple(index), grid.shape)).astype(np.int64)


def _reaches_out(shape: Shape, grid: Grid) -> bool:
    low, high = shape.bounds_mm()
    ends = grid.corners_mm
    return bool((low < ends.min(axis=0) - 1e-6).any() or (high > ends.max(axis=0) + 1e-6).any())


def among(labels: NDArray[np.uint8], wanted: Sequence[int]) -> Bools:
    """Which cells have one of these labels."""
    table = np.zeros(256, bool)
    table[list(wanted)] = True
    return np.asarray(table[labels])
