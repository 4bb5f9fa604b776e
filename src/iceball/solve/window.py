"""Which cells a step moves: a window around what changes, cut in what is near the ice and what is far from it.

All spans are per row along z: the first cell and one past the last. An empty one begins at the end and ends at 0.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, minimum_filter1d

from iceball.solve.cpu import BUSY_HIGH, BUSY_LOW, COLD_HIGH, COLD_LOW, Sink, Window
from iceball.solve.layout import Layout
from iceball.units import MM_PER_M

Array = NDArray[Any]
SPREAD_MM = 3.0
"""What changes is followed this far ahead: cold creeps through warm tissue by about that within the longest step."""
COLD_CELLS = 2
NEAR_MM, NEAR_CELLS = 1.0, 1
"""Warm tissue around what may be cold that is reckoned near the ice, and at least so many cells. What near and far
cells exchange then differs by 1e-5 of the heat of P1, before they settle up."""
ENDS = 8
"""Stretches of cells begin and end at multiples of so many, so that they seldom change and seldom differ."""


class Cut(NamedTuple):
    """A window cut in near and far: the rows that have near cells, far ones, and some of both that touch each other."""

    window: Window
    near: Array
    far: Array
    halo: Array
    near_cells: int
    far_cells: int

    @classmethod
    def of(cls, w: Window) -> Cut:
        """Count what a window holds."""
        near, all_cells = w.near_high - w.near_low, w.high - w.low
        halo = (np.maximum(w.low, w.halo_low) < w.rim_low) | (w.rim_high < np.minimum(w.high, w.halo_high))
        near_cells = int(near[near > 0].sum())
        return cls(w, np.flatnonzero(near > 0), np.flatnonzero((all_cells > 0) & (all_cells > near)),
                   np.flatnonzero(halo & (all_cells > 0)), near_cells,
                   int(all_cells[all_cells > 0].sum()) - near_cells)  # fmt: skip


def whole(lay: Layout) -> Window:
    """Every cell, all of them near the ice."""
    low, high = np.zeros(lay.rows, np.int32), np.full(lay.rows, lay.shape[2], np.int32)
    spans = (low, high) * 4
    return Window(*spans, low.copy(), high.copy(), np.zeros(lay.rows, bool), np.zeros(lay.face_cell.size, np.int32),
                  np.zeros(lay.rows, np.int32))  # fmt: skip


def window(lay: Layout, sink: Sink, active: Array, marks: Array, wider: int, old: Window) -> Window:
    """A new window around what changes, and cold spans around what may freeze.

    Args:
        sink: the cells that feel a needle; they are always in.
        active: the rows that the marks are of.
        marks: what `cpu_looks.judge` gives.
        wider: cells by which all spans grow.
        old: the window before; its list of cold faces is used again.
    """
    length = lay.shape[2]
    margin = np.ceil(SPREAD_MM / (MM_PER_M * np.array(lay.spacing_m))).astype(int) + wider
    low, high = _coarse(*_around(lay, sink, active, marks[:, BUSY_LOW], marks[:, BUSY_HIGH], margin), length)
    chilled, thawed = marks[:, COLD_LOW], marks[:, COLD_HIGH]
    cold_low, cold_high = _around(lay, sink, active, chilled, thawed, np.full(3, COLD_CELLS + wider))
    cold_low, cold_high = _within(cold_low, cold_high, low, high, length)
    warm = np.maximum(np.ceil(NEAR_MM / (MM_PER_M * np.array(lay.spacing_m))).astype(int), NEAR_CELLS)
    near = _coarse(*_around(lay, sink, active, chilled, thawed, COLD_CELLS + warm + wider), length)
    near_low, near_high = _within(*near, low, high, length)
    halo_low, halo_high = _halo(lay, near_low, near_high)
    none = near_low >= near_high
    near_low[none] = near_high[none] = np.clip(halo_low, low, np.maximum(low, high))[none]
    rim_low, rim_high = _rim(lay, near_low, near_high)
    leaky = _leaky(lay, low, high)
    return Window(low, high, near_low, near_high, halo_low, halo_high, rim_low, rim_high, cold_low, cold_high, leaky,
                  old.faces, old.face_count)  # fmt: skip


def altered(lay: Layout, old: Window, new: Window) -> Array:
    """Rows whose rates, or whose sums of them, may be others in another window."""
    other = np.logical_or.reduce([a != b for a, b in zip(old[:4], new[:4], strict=True)]).reshape(lay.shape[:2])
    other = maximum_filter1d(maximum_filter1d(other, 3, 0), 3, 1).reshape(-1)
    return np.flatnonzero(other & (new.low < new.high))


def _around(lay: Layout, sink: Sink, active: Array, low: Array, high: Array, margin: Array) -> tuple[Array, Array]:
    """Spans of all rows around some cells and around what feels a needle."""
    length, shape = lay.shape[2], lay.shape[:2]
    lows, highs = np.full(lay.rows, length, np.int32), np.zeros(lay.rows, np.int32)
    lows[active], highs[active] = low, high
    first, last = sink.start[:-1], sink.start[1:]
    sunk, column = first < last, sink.cell % lay.padded[2]
    lows[sunk] = np.minimum(lows[sunk], column[first[sunk]] - 1)
    highs[sunk] = np.maximum(highs[sunk], column[last[sunk] - 1])
    lows, highs = lows.reshape(shape), highs.reshape(shape)
    for axis in (0, 1):
        size = 2 * int(margin[axis]) + 1
        lows = minimum_filter1d(lows, size, axis, mode="nearest")
        highs = maximum_filter1d(highs, size, axis, mode="nearest")
    lows, highs = lows.reshape(-1), highs.reshape(-1)
    return _empty(np.maximum(lows - margin[2], 0), np.minimum(highs + margin[2], length), lows >= highs, length)


def _coarse(low: Array, high: Array, length: int) -> tuple[Array, Array]:
    """Spans widened to multiples of ENDS."""
    return _empty(low // ENDS * ENDS, np.minimum(-(-high // ENDS) * ENDS, length), low >= high, length)


def _within(low: Array, high: Array, from_: Array, to: Array, length: int) -> tuple[Array, Array]:
    """What of some spans lies within others."""
    low, high = np.maximum(low, from_), np.minimum(high, to)
    return _empty(low, high, low >= high, length)


def _empty(low: Array, high: Array, none: Array, length: int) -> tuple[Array, Array]:
    low[none], high[none] = length, 0
    return low.astype(np.int32), high.astype(np.int32)


def _halo(lay: Layout, low: Array, high: Array) -> tuple[Array, Array]:
    """Spans of near cells together with the cells that touch near ones."""
    first, last = low.reshape(lay.shape[:2]), high.reshape(lay.shape[:2])
    for axis in (0, 1):
        first, last = minimum_filter1d(first, 3, axis), maximum_filter1d(last, 3, axis)
    return np.minimum(first.reshape(-1), low - 1), np.maximum(last.reshape(-1), high + 1)


def _rim(lay: Layout, low: Array, high: Array) -> tuple[Array, Array]:
    """Spans of the near cells that touch no far one; where there are none an empty one at the end of the near ones."""
    first, last = np.where(low < high, low, lay.shape[2]), np.where(low < high, high, 0)
    first, last = first.reshape(lay.shape[:2]), last.reshape(lay.shape[:2])
    for axis in (0, 1):
        first, last = maximum_filter1d(first, 3, axis, mode="nearest"), minimum_filter1d(last, 3, axis, mode="nearest")
    first = np.clip(np.maximum(first.reshape(-1), low + 1), low, high)
    return first.astype(np.int32), np.clip(np.minimum(last.reshape(-1), high - 1), first, high).astype(np.int32)


def _leaky(lay: Layout, low: Array, high: Array) -> Array:
    """Rows of which a neighbour's span does not cover the whole of theirs."""
    low, high = low.reshape(lay.shape[:2]), high.reshape(lay.shape[:2])
    least, most = low.copy(), high.copy()
    for axis in (0, 1):
        least = np.maximum(least, maximum_filter1d(low, 3, axis, mode="nearest"))
        most = np.minimum(most, minimum_filter1d(high, 3, axis, mode="nearest"))
    return np.asarray(((least > low) | (most < high)).reshape(-1))
