"""Parts of a grid: the block of cells near something, also where the block reaches beyond the grid."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iceball.errors import GeometryError
from iceball.space.grid import Floats, Grid

Block = tuple[slice, slice, slice]


def block_around(
    grid: Grid, low_mm: ArrayLike, high_mm: ArrayLike, *, pad: int = 1, beyond: bool = False
) -> Block | None:
    """The block of cells that holds an LPS box, widened by `pad` cells.

    Args:
        grid: the cells to choose from.
        low_mm: lowest corner of the box, LPS mm.
        high_mm: highest corner.
        pad: cells added at each side.
        beyond: let the block reach beyond the grid (negative or too large indices).

    Returns:
        Index ranges, or None where the box misses the grid.
    """
    low, high = np.asarray(low_mm, float), np.asarray(high_mm, float)
    corners = np.array([[(low, high)[n >> a & 1][a] for a in range(3)] for n in range(8)])
    index = grid.to_index(corners)
    first = np.floor(index.min(axis=0)).astype(int) - pad
    last = np.ceil(index.max(axis=0)).astype(int) + pad
    if not beyond:
        first, last = np.maximum(first, 0), np.minimum(last, np.array(grid.shape) - 1)
    if (last < first).any():
        return None
    return tuple(slice(int(a), int(b) + 1) for a, b in zip(first, last, strict=True))  # type: ignore[return-value]


def overlap(a: Block, b: Block) -> Block | None:
    """The cells that two blocks share; None where there are none."""
    both = tuple(slice(max(p.start, q.start), min(p.stop, q.stop)) for p, q in zip(a, b, strict=True))
    return both if all(s.stop > s.start for s in both) else None  # type: ignore[return-value]


def whole(grid: Grid) -> Block:
    """The block of all cells."""
    return slice(0, grid.shape[0]), slice(0, grid.shape[1]), slice(0, grid.shape[2])


def grid_of(grid: Grid, block: Block) -> Grid:
    """The block as a grid of its own; its cells coincide with those of `grid`."""
    matrix = grid.matrix
    matrix[:3, 3] = grid.to_mm([s.start for s in block])
    return Grid.of([s.stop - s.start for s in block], matrix)


def cut(values: NDArray[Any], block: Block, *, fill: float) -> NDArray[Any]:
    """The values of a block; `fill` where the block reaches beyond the array."""
    if any(s.stop <= s.start for s in block):
        raise GeometryError("the block is empty", where="cut")
    inside = overlap(block, tuple(slice(0, n) for n in values.shape))  # type: ignore[arg-type]
    shape = tuple(s.stop - s.start for s in block)
    if inside is not None and all(i == b for i, b in zip(inside, block, strict=True)):
        return np.asarray(values[block])
    out = np.full(shape, fill, dtype=values.dtype)
    if inside is not None:
        there = tuple(slice(i.start - b.start, i.stop - b.start) for i, b in zip(inside, block, strict=True))
        out[there] = values[inside]
    return out


def index_map(source: Grid, target: Grid) -> tuple[Floats, Floats]:
    """Matrix and offset from indices of `target` to indices of `source`, as SciPy's affine_transform wants them.

    The matrix is a vector where the axes of both run alike: SciPy then interpolates axis by axis, which is much faster.
    """
    between = np.linalg.inv(source.matrix) @ target.matrix
    matrix: Floats = between[:3, :3]
    matrix[np.abs(matrix) < 1e-9] = 0.0
    straight = bool((matrix == np.diag(np.diag(matrix))).all() and np.diag(matrix).all())
    return np.diag(matrix).copy() if straight else matrix, between[:3, 3]


def box_of(points_mm: Floats) -> tuple[Floats, Floats]:
    """Lowest and highest corner of the box around points, shape (n, 3)."""
    return points_mm.min(axis=0), points_mm.max(axis=0)
