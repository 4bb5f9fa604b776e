"""What the fast loops share: what they read, how they are compiled, and in which order they keep their numbers.

The loops stand in `cpu_rates` (one right-hand side), `cpu_stages` (its Runge-Kutta stages) and `cpu_looks` (what a step
looks like). They are written for the vectoriser: rows are contiguous and indices unsigned (a signed one may wrap
round), minimum and maximum are ternaries, updates are in place, loops are small. Fields are flat and cells are counted
through the whole padded grid: a view of a row would cost two atomic operations, more than its arithmetic. Sums are per
row in a fixed order, so the answer does not depend on the number of threads.

Cells are told apart by need. In the warm part of a row everything is linear: psi is enthalpy over heat capacity, blood
flows. Only the cold span (what is frozen or may freeze within the step) pays for ice. Each row is cut in three: far
from the ice, near it, far again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np

from iceball.kernels import compiled
from iceball.solve.layout import GAS as ANY

F = TypeVar("F", bound=Callable[..., Any])

ONE = np.uint64(1)
WALLS, OUTER, BLOOD, METABOLISM, SOURCE, EDGE = range(6)
"""Columns of the row sums, J/m3 added up over the cells of a row; EDGE is what leaves the window."""
SUMS = 6
GAS = np.uint8(ANY)

ERROR, STORED, LOW_C, HIGH_C, BUSY_LOW, BUSY_HIGH, COLD_LOW, COLD_HIGH, BREACH = range(9)
"""Columns of the marks that `cpu_looks.judge` gives a row."""
MARKS = 9


class Ground(NamedTuple):
    """What does not change during a run, as the loops read it (see `Layout`)."""

    rows_along_y: int
    base: Any
    """Flat index of the first cell of each row."""
    stride: Any
    """Cells from one to the next along x, y, z: uint64."""
    labels: Any
    """Tissues as conduction sees them (`Layout.kin`); the runs know each cell's own."""
    run_start: Any
    runs: Any
    piece_start: Any
    pieces: Any
    slot: Any
    slot_west: Any
    slot_south: Any
    """Of each row, and of its lower neighbours along x and y: place of its conductances, or -1."""
    conduct: Any
    squares: Any
    table: Any
    bent: Any
    """Of each label: its row in `bends`, or -1 where psi is a quadratic in the freezing range."""
    bends: Any
    """psi within the freezing range, evenly spaced in enthalpy, and how many entries per J/m3."""
    bend_scale: Any
    laws: Any
    source: Any
    face_start: Any
    face_cell: Any
    face_there: Any
    face_kind: Any
    face_k: Any
    pair: Any
    """Of each face: its translations from there to here and back, or the film tables' row twice."""
    words: Any
    """Translations of psi between tissues, and fluxes through films."""
    word_scale: Any
    film: Any
    """Of each face: its row in `films`, or -1 where it belongs to no wall."""
    films: Any
    """What walls bring, face by face, as `sums` counts it row by row: shape (faces of walls, 2), near and far."""


class Flow(NamedTuple):
    """Blood and metabolism: the share of each cell in which they have not stopped for good."""

    left: Any
    stopped: Any
    """Of each row, whether they have anywhere."""


class Window(NamedTuple):
    """Which cells a step moves, row by row; which of them are near the ice, and which may be cold."""

    low: Any
    high: Any
    near_low: Any
    near_high: Any
    """Near the ice heat runs fast and a step has many stages; far from it, in warm tissue only, it has few."""
    halo_low: Any
    halo_high: Any
    """The near cells and the far ones that touch them."""
    rim_low: Any
    rim_high: Any
    """The near cells that touch no far one."""
    cold_low: Any
    cold_high: Any
    leaky: Any
    """Whether a row has moved cells beside cells of a neighbouring row that stand still."""
    faces: Any
    """Cold faces of each row, from its `face_start` on; -f - 1 where the cell beyond stands still."""
    face_count: Any


class Sink(NamedTuple):
    """Heat taken by needles, W/m3 (negative), in the cells that feel them; sorted, each row's from `start` on."""

    start: Any
    cell: Any
    value: Any


HOW: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"contract", "reassoc", "nsz"},
    "_nrt": False,
}
"""Without reference counts (`_nrt`): they are atomic, and would cost a short row more than its arithmetic. So no loop
makes an array."""


def loop(function: F) -> F:
    """Compile a loop: no GIL, cached; sums may be reordered by the compiler (always in the same way)."""
    return compiled(**HOW)(function)


def part(function: F) -> F:
    """A piece of a loop, put in place of its call: handing over so many arrays costs more than a short row."""
    return compiled(forceinline=True, **HOW)(function)


def lowest_part(function: F) -> F:
    """Like `part`, for the least and the most of numbers of which none is missing: only so can they be found fast."""
    return compiled(forceinline=True, **{**HOW, "fastmath": {"contract", "reassoc", "nsz", "nnan"}})(function)


def exact_part(function: F) -> F:
    """Like `part`, with sums kept as they are written."""
    return compiled(forceinline=True, **{**HOW, "fastmath": {"contract"}})(function)


@part
def bounds(r, stretch, w):  # type: ignore[no-untyped-def]
    """First cell and one past the last of a row's stretch before (0), near (1) and behind (2) the ice."""
    low = w.low[r] if stretch == 0 else w.near_low[r] if stretch == 1 else w.near_high[r]
    high = w.near_low[r] if stretch == 0 else w.near_high[r] if stretch == 1 else w.high[r]
    return low, high
