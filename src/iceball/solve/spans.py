"""Spans of cells, one a row, and how they spread over the rows beside them: compiled, since it is done at every step.

A span is the first cell of a row along z and one past the last; an empty one begins at the row's end and ends at 0.
Rows lie side by side along x and y, those along y next to each other.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.kernels import compiled

Array = NDArray[Any]
Spans = tuple[Array, Array]

kernel = compiled(nogil=True, error_model="numpy")


@kernel
def around(
    shape: tuple[int, int, int],
    rows: Array,
    first: Array,
    past: Array,
    sunk: Array,
    cells: Array,
    line: int,
    margin: Array,
) -> Spans:
    """Spans of all rows of a grid around some cells and around what feels a needle.

    Args:
        shape: of the grid.
        rows: the rows in which there are such cells.
        first: of each of them the first such cell.
        past: one past the last.
        sunk: of every row where its cells begin among those that feel a needle; one more at the end.
        cells: those, as flat indices of the padded grid.
        line: cells of a padded row.
        margin: how many cells a span reaches further along x, y and z.
    """
    length = shape[2]
    low, high = np.full(shape[0] * shape[1], length, np.int32), np.zeros(shape[0] * shape[1], np.int32)
    for n in range(rows.size):
        low[rows[n]], high[rows[n]] = first[n], past[n]
    for r in range(low.size):
        if sunk[r] < sunk[r + 1]:
            low[r] = min(low[r], cells[sunk[r]] % line - 1)
            high[r] = max(high[r], cells[sunk[r + 1] - 1] % line)
    low, high = spread(low, high, shape[1], margin[0], margin[1])
    for r in range(low.size):
        empty = low[r] >= high[r]
        low[r] = length if empty else max(low[r] - margin[2], 0)
        high[r] = 0 if empty else min(high[r] + margin[2], length)
    return low, high


@kernel
def spread(low: Array, high: Array, along_y: int, by_x: int, by_y: int) -> Spans:
    """The least of `low` and the most of `high` among the rows so near along x and y."""
    along_x = low.size // along_y
    side_low, side_high, least, most = low.copy(), high.copy(), low.copy(), high.copy()
    for i in range(along_x):
        row = i * along_y
        for j in range(along_y):
            for n in range(max(j - by_y, 0), min(j + by_y + 1, along_y)):
                side_low[row + j] = min(side_low[row + j], low[row + n])
                side_high[row + j] = max(side_high[row + j], high[row + n])
    for i in range(along_x):
        for n in range(max(i - by_x, 0), min(i + by_x + 1, along_x)):
            for j in range(along_y):
                least[i * along_y + j] = min(least[i * along_y + j], side_low[n * along_y + j])
                most[i * along_y + j] = max(most[i * along_y + j], side_high[n * along_y + j])
    return least, most


@kernel
def coarse(low: Array, high: Array, length: int, ends: int) -> Spans:
    """Spans widened to multiples of `ends`."""
    wide_low, wide_high = np.empty_like(low), np.empty_like(high)
    for r in range(low.size):
        empty = low[r] >= high[r]
        wide_low[r] = length if empty else low[r] // ends * ends
        wide_high[r] = 0 if empty else min(-(-high[r] // ends) * ends, length)
    return wide_low, wide_high


@kernel
def within(low: Array, high: Array, least: Array, most: Array, length: int) -> Spans:
    """What of some spans lies within others."""
    first, past = np.empty_like(low), np.empty_like(high)
    for r in range(low.size):
        first[r], past[r] = max(low[r], least[r]), min(high[r], most[r])
        if first[r] >= past[r]:
            first[r], past[r] = length, 0
    return first, past


@kernel
def touching(low: Array, high: Array, along_y: int) -> Spans:
    """Spans together with the cells that touch them."""
    first, past = spread(low, high, along_y, 1, 1)
    for r in range(low.size):
        first[r], past[r] = min(first[r], low[r] - 1), max(past[r], high[r] + 1)
    return first, past


@kernel
def untouched(low: Array, high: Array, along_y: int, length: int) -> Spans:
    """What of spans touches no cell beyond them; where there is none an empty one at the end of the span."""
    first, past = np.empty_like(low), np.empty_like(high)
    for r in range(low.size):
        first[r], past[r] = (low[r], high[r]) if low[r] < high[r] else (length, 0)
    past, first = spread(past, first, along_y, 1, 1)
    for r in range(low.size):
        first[r] = min(max(first[r], low[r] + 1), high[r])
        past[r] = min(max(min(past[r], high[r] - 1), first[r]), high[r])
    return first, past


@kernel
def leaky(low: Array, high: Array, along_y: int) -> Array:
    """Rows of which a neighbour's span does not cover the whole of theirs."""
    out = np.zeros(low.size, np.bool_)
    for r in range(low.size):
        j = r % along_y
        for n in (r - along_y, r + along_y, r - 1 if j > 0 else r, r + 1 if j < along_y - 1 else r):
            if 0 <= n < low.size and (low[n] > low[r] or high[n] < high[r]):
                out[r] = True
    return out


@kernel
def sorted_rows(
    low: Array,
    high: Array,
    near_low: Array,
    near_high: Array,
    halo_low: Array,
    halo_high: Array,
    rim_low: Array,
    rim_high: Array,
) -> tuple[Array, Array, Array, int, int]:
    """Rows with cells near the ice, with cells far from it, and with some of both that touch; how many cells of each.

    Args:
        low, high, near_low, near_high, halo_low, halo_high, rim_low, rim_high: as of `cpu.Window`.
    """
    near, far, halo = np.empty(low.size, np.int64), np.empty(low.size, np.int64), np.empty(low.size, np.int64)
    nears = fars = halos = near_cells = cells = 0
    for r in range(low.size):
        all_here, near_here = high[r] - low[r], near_high[r] - near_low[r]
        if near_here > 0:
            near[nears] = r
            nears, near_cells = nears + 1, near_cells + near_here
        if all_here > 0:
            cells += all_here
            if all_here > near_here:
                far[fars] = r
                fars += 1
            if max(low[r], halo_low[r]) < rim_low[r] or rim_high[r] < min(high[r], halo_high[r]):
                halo[halos] = r
                halos += 1
    return near[:nears], far[:fars], halo[:halos], near_cells, cells - near_cells


@kernel
def altered_rows(old: tuple[Array, ...], new: tuple[Array, ...], along_y: int) -> Array:
    """Rows with cells of which a span, or that of a row beside them, is another than before.

    Args:
        old, new: first cells and ones past the last, all and near, of the windows before and now.
    """
    low, high = new[0], new[1]
    other, none = np.zeros(low.size, np.int32), np.zeros(low.size, np.int32)
    for r in range(low.size):
        for n in range(4):
            if old[n][r] != new[n][r]:
                other[r] = 1
    _, other = spread(none, other, along_y, 1, 1)
    rows, count = np.empty(low.size, np.int64), 0
    for r in range(low.size):
        if other[r] and low[r] < high[r]:
            rows[count] = r
            count += 1
    return rows[:count]
