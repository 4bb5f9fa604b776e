"""Which cells a step moves: a window around what changes, cut in what is near the ice and what is far from it.

All spans are per row along z: the first cell and one past the last. An empty one begins at the end and ends at 0.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from iceball.solve import spans
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
        return cls(w, *spans.sorted_rows(w.low, w.high, w.near_low, w.near_high, w.halo_low, w.halo_high, w.rim_low,
                                         w.rim_high))  # fmt: skip


def whole(lay: Layout) -> Window:
    """Every cell, all of them near the ice."""
    low, high = np.zeros(lay.rows, np.int32), np.full(lay.rows, lay.shape[2], np.int32)
    return Window(*(low, high) * 4, low.copy(), high.copy(), np.zeros(lay.rows, bool),
                  np.zeros(lay.face_cell.size, np.int32), np.zeros(lay.rows, np.int32))  # fmt: skip


def window(lay: Layout, sink: Sink, active: Array, marks: Array, wider: int, old: Window) -> Window:
    """A new window around what changes, and cold spans around what may freeze.

    Args:
        sink: the cells that feel a needle; they are always in.
        active: the rows that the marks are of.
        marks: what `cpu_looks.judge` gives.
        wider: cells by which all spans grow.
        old: the window before; its list of cold faces is used again.
    """
    length, along_y = lay.shape[2], lay.shape[1]
    chilled, thawed, per_m = marks[:, COLD_LOW], marks[:, COLD_HIGH], MM_PER_M * np.array(lay.spacing_m)

    def around(first: Array, past: Array, margin: Array) -> tuple[Array, Array]:
        return spans.around(lay.shape, active, first, past, sink.start, sink.cell, lay.padded[2], margin + wider)

    spread = np.ceil(SPREAD_MM / per_m).astype(int)
    low, high = spans.coarse(*around(marks[:, BUSY_LOW], marks[:, BUSY_HIGH], spread), length, ENDS)
    cold = spans.within(*around(chilled, thawed, np.full(3, COLD_CELLS)), low, high, length)
    warm = np.maximum(np.ceil(NEAR_MM / per_m).astype(int), NEAR_CELLS)
    near = spans.coarse(*around(chilled, thawed, COLD_CELLS + warm), length, ENDS)
    near_low, near_high = spans.within(*near, low, high, length)
    halo_low, halo_high = spans.touching(near_low, near_high, along_y)
    none = near_low >= near_high
    near_low[none] = near_high[none] = np.clip(halo_low, low, np.maximum(low, high))[none]
    rim = spans.untouched(near_low, near_high, along_y, length)
    return Window(low, high, near_low, near_high, halo_low, halo_high, *rim, *cold, spans.leaky(low, high, along_y),
                  old.faces, old.face_count)  # fmt: skip


def altered(lay: Layout, old: Window, new: Window) -> Array:
    """Rows whose rates, or whose sums of them, may be others in another window."""
    return spans.altered_rows(old[:4], new[:4], lay.shape[1])
