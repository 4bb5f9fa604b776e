"""What is remembered of every cell while the run goes on: its minimum, times and rates.

All of it is found from enthalpies, of which temperature is a rising function: a temperature to be crossed is an
enthalpy to be crossed, and the lowest temperature belongs to the lowest enthalpy.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.kernels import compiled
from iceball.physics.freezing import enthalpy, temperature
from iceball.solve.hermite import along, crossing, limited, turning
from iceball.solve.layout import Layout
from iceball.solve.rows import kernel, labels_of
from iceball.solve.step import Step
from iceball.solve.team import Team

Field = NDArray[np.float32]
flat = compiled(nogil=True, error_model="numpy", _nrt=False)
inside = compiled(nogil=True, error_model="numpy", _nrt=False, forceinline=True)
"""Loops over flat fields, without reference counts (see `cpu.HOW`); sums and comparisons stay as they are written."""
FROZEN, THAWED, AT_20, AT_40, LIQUIDUS, SOLIDUS, COLDEST = range(7)
LEVELS = 6
"""Columns of the table of levels: temperatures whose crossing matters, as enthalpies of each tissue."""
THAWED_C = 0.2
"""A cell counts as thawed above this, so that a cell resting at 0 °C is not counted as frozen many times."""
SHORTEST_S = 1e-3
"""Float32 tells times of a day apart by this much."""


def levels(rows: NDArray[Any], kind: type[np.floating[Any]], coldest_c: float) -> NDArray[Any]:
    """Enthalpies at or below which a cell of each tissue has passed a level, J/m3, shape (rows, 7).

    The last is not passed: it is the lowest there can be.
    """
    out = np.full((len(rows), LEVELS + 1), -np.inf, kind)
    for label in labels_of(rows):
        row = rows[label]
        celsius = (0.0, THAWED_C, -20.0, -40.0, row["liquidus"], row["solidus"], coldest_c)
        out[label] = [enthalpy(c, row) if math.isfinite(c) else c for c in celsius]
    # 0 °C itself is not frozen
    out[:, FROZEN] = np.nextafter(out[:, FROZEN], kind(-np.inf))
    return out


@flat
def _follow(rows, base, low, high, run_start, runs, levels, span, ends, times, fields, need):  # type: ignore[no-untyped-def]
    """Follow the cells of some rows through a step; remembered fields are flat without a frame."""
    u, v, m0, m1 = ends
    minimum, below_20, below_40, first_frozen, cooling, cycles, ice = fields
    length = need.size
    for r in rows:
        own = r * length
        to = np.uint64(base[r] - own)
        for q in range(run_start[r], run_start[r + 1]):
            a, b, label = max(runs[q, 0], low[r]), min(runs[q, 1], high[r]), runs[q, 2]
            if a >= b:
                continue
            level = levels[label]
            if _sweep(u, v, m0, m1, times[1], minimum, own + a, own + b, to, level) == 0:
                continue
            _choose(u, v, m0, m1, times[1], minimum, own + a, own + b, to, level, need, np.uint64(own))
            for x in range(np.uint64(a), np.uint64(b)):
                if need[x] != 0:
                    y = x + np.uint64(own)
                    z = y + to
                    follow_cell(u[z], v[z], times[1] * m0[z], times[1] * m1[z], times, level, span[label], y, minimum,
                                below_20, below_40, first_frozen, cooling, cycles, ice)  # fmt: skip


@inside
def _sweep(u, v, m0, m1, dt, minimum, first, last, to, level):  # type: ignore[no-untyped-def]
    """Lower the minimum to both ends of the step; how many cells ask for a closer look.

    Those that touch a level or turn below their minimum.
    """
    third, zero = m0.dtype.type(dt / 3.0), m0.dtype.type(0.0)
    top = level[0]
    for n in range(1, LEVELS):
        top = level[n] if level[n] > top else top
    count = np.int32(0)
    for x in range(np.uint64(first), np.uint64(last)):
        start, end, d0, d1, least = u[x + to], v[x + to], third * m0[x + to], third * m1[x + to], minimum[x]
        low = start if start < end else end
        left, right = start + d0, end - d1
        deep = left if left < right else right
        deep = deep if deep < low else low
        deep = deep if (d0 < zero) & (d1 > zero) else low
        kept = low if low < least else least
        minimum[x] = kept
        count += np.int32((deep < kept) | (deep <= top))
    return count


@inside
def _choose(u, v, m0, m1, dt, minimum, first, last, to, level, need, own):  # type: ignore[no-untyped-def]
    """Mark the cells whose path may pass a level, or may turn below their minimum."""
    third, zero = m0.dtype.type(dt / 3.0), m0.dtype.type(0.0)
    l0, l1, l2, l3, l4, l5 = level[0], level[1], level[2], level[3], level[4], level[5]
    for x in range(np.uint64(first), np.uint64(last)):
        start, end, d0, d1 = u[x + to], v[x + to], third * m0[x + to], third * m1[x + to]
        left, right = start + d0, end - d1
        low, high = (start, end) if start < end else (end, start)
        deep = left if left < right else right
        deep = deep if deep < low else low
        deep = deep if (d0 < zero) & (d1 > zero) else low
        tall = left if left > right else right
        tall = tall if tall > high else high
        tall = tall if (d0 > zero) & (d1 < zero) else high
        passes = ((deep <= l0) ^ (tall <= l0)) | ((deep <= l1) ^ (tall <= l1)) | ((deep <= l2) ^ (tall <= l2))
        passes |= ((deep <= l3) ^ (tall <= l3)) | ((deep <= l4) ^ (tall <= l4)) | ((deep <= l5) ^ (tall <= l5))
        passes |= deep < minimum[x]
        need[x - own] = passes


@kernel
def follow_cell(u, v, d0, d1, times, level, span, x, minimum, below_20, below_40, first_frozen, cooling, cycles, ice):  # type: ignore[no-untyped-def]
    """Everything that happens to one cell within a step.

    Time below a temperature is kept as the sum of all times of leaving it less those of reaching it. `cooling` is NaN
    until the cell comes through the liquidus, then minus the time at which it did, and once it is through the solidus
    the rate itself.
    """
    d0, d1 = limited(u, v, d0, d1)
    turn = turning(u, v, d0, d1)
    middle = v if turn == 1.0 else along(turn, u, v, d0, d1)
    low = u if u < v else v
    if middle < low:
        # a needle stops cooling a cell that is as cold as itself: the rates at both ends do not know
        middle = max(middle, min(low, level[COLDEST]))
    if middle < minimum[x]:
        minimum[x] = middle
    for piece in range(1 if turn == 1.0 else 2):
        s, e, start, end = (0.0, turn, u, middle) if piece == 0 else (turn, 1.0, middle, v)
        for n in range(LEVELS):
            limit = level[n]
            if (start <= limit) == (end <= limit):
                continue
            time = times[0] + times[1] * crossing(limit, u, v, d0, d1, s, e)
            falls = end <= limit
            if n == AT_20:
                below_20[x] += -time if falls else time
            elif n == AT_40:
                below_40[x] += -time if falls else time
            elif n == FROZEN and falls and ice[x] == 0:
                ice[x] = 1
                cycles[x] += 1
                if np.isnan(first_frozen[x]):
                    first_frozen[x] = time
            elif n == THAWED and not falls:
                ice[x] = 0
            elif n == LIQUIDUS and falls and not cooling[x] > 0.0:
                cooling[x] = -time
            elif n == SOLIDUS and falls and cooling[x] <= 0.0:
                cooling[x] = 60.0 * span / max(time + cooling[x], SHORTEST_S)


@kernel
def _temperatures(h, labels, table, out):  # type: ignore[no-untyped-def]
    """Temperature of every cell, NaN in gas."""
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            lab = labels[i, j]
            for x in range(out.shape[2]):
                out[i, j, x] = np.nan if lab[x] == 255 else temperature(h[i, j, x], table[lab[x]])


@kernel
def _translated(h, old, new, table):  # type: ignore[no-untyped-def]
    """Enthalpies of cells of other tissues at the temperatures that they had."""
    out = np.empty_like(h)
    for n in range(h.size):
        out[n] = enthalpy(temperature(h[n], table[old[n]]), table[new[n]])
    return out


@kernel
def _drift(h, cells, labels, table, start):  # type: ignore[no-untyped-def]
    """Largest change of temperature of some cells since they had the enthalpies `start`."""
    most = 0.0
    for n in range(cells.size):
        if h[cells[n]] != start[n]:
            m = table[labels[n]]
            change = abs(temperature(h[cells[n]], m) - temperature(start[n], m))
            most = change if change > most else most
    return most


class Record:
    """The remembered fields; `follow` takes one accepted step.

    Args:
        lay: where the cells lie.
        table: property rows.
        h: enthalpies at the start, padded.
        coldest_c: the coldest thing in the scene: within a step no cell gets colder.
    """

    def __init__(self, lay: Layout, table: NDArray[Any], h: NDArray[Any], coldest_c: float = -math.inf) -> None:
        self.lay, self.table = lay, table
        self.levels = levels(table, h.dtype.type, coldest_c)
        self.span = np.asarray(table["liquidus"] - table["solidus"])
        self._labels, self._base = lay.inner(lay.labels), lay.base
        rows = (lay.rows, lay.shape[2])
        inner = lay.inner(h)
        self.minimum = np.array(inner, np.float32, order="C").reshape(rows)
        self.below_20, self.below_40 = np.zeros(rows, np.float32), np.zeros(rows, np.float32)
        frozen = (inner <= self.levels[self._labels, FROZEN]).reshape(rows)
        self.first_frozen = np.where(frozen, np.float32(0.0), np.float32(np.nan))
        self.cooling = np.full(rows, np.nan, np.float32)
        self.cycles, self.ice = np.zeros(rows, np.uint8), frozen.astype(np.uint8)
        self.drift_k = 0.0
        self._edge = _beside_held_faces(lay)
        self._edge_labels = lay.labels.reshape(-1)[self._edge]
        self._edge_start = h.reshape(-1)[self._edge]
        self._edge_begin = self._edge_labels, self._edge_start

    def follow(self, step: Step, team: Team) -> None:
        """Take a step."""
        lay, remembered = self.lay, (self.minimum, self.below_20, self.below_40, self.first_frozen, self.cooling)
        fields = tuple(field.reshape(-1) for field in (*remembered, self.cycles, self.ice))
        ends = tuple(f.reshape(-1) for f in (step.before, step.after, step.rate_before, step.rate_after))

        def work(part: NDArray[np.int64]) -> None:
            _follow(part, self._base, step.low, step.high, lay.run_start, lay.runs, self.levels, self.span, ends,
                    (step.start_s, step.dt), fields, np.empty(lay.shape[2], np.uint8))  # fmt: skip

        team.run(work, step.rows)
        drift = _drift(step.after.reshape(-1), self._edge, self._edge_labels, self.table, self._edge_start)
        self.drift_k = max(self.drift_k, float(drift))

    def take_up(self, lay: Layout) -> None:
        """Remember for other tissues in the same cells: only where they lie changes."""
        self.lay, self._labels = lay, lay.inner(lay.labels)
        labels, start = self._edge_begin
        self._edge_labels = lay.labels.reshape(-1)[self._edge]
        self._edge_start = start.copy()
        other = labels != self._edge_labels
        self._edge_start[other] = _translated(start[other], labels[other], self._edge_labels[other], self.table)

    def translate(self, before: NDArray[np.uint8], h: NDArray[Any], time_s: float) -> None:
        """Cells were of other tissues `before`: what is remembered of them as enthalpies keeps its temperature.

        Each keeps its own enthalpy, so its temperature may have jumped over a level. Call it after `take_up`.
        """
        (cells,) = np.nonzero((before != self._labels).reshape(-1))
        old, new = before.reshape(-1)[cells], self._labels.reshape(-1)[cells]
        now = self.lay.inner(h).reshape(-1)[cells].astype(self.levels.dtype)
        least = self.minimum.reshape(-1)
        least[cells] = np.minimum(_translated(least[cells], old, new, self.table), now)
        was, is_ = now[:, None] <= self.levels[old], now[:, None] <= self.levels[new]
        time = np.float32(time_s)
        for field, level in ((self.below_20, AT_20), (self.below_40, AT_40)):
            field.reshape(-1)[cells] += time * (was[:, level].astype(np.float32) - is_[:, level])
        ice, cycles, first = (f.reshape(-1) for f in (self.ice, self.cycles, self.first_frozen))
        froze = cells[is_[:, FROZEN] & (ice[cells] == 0)]
        ice[cells[~is_[:, THAWED]]] = 0
        ice[froze] = 1
        cycles[froze] += 1
        first[froze[np.isnan(first[froze])]] = time

    def celsius(self, h: NDArray[Any]) -> Field:
        """Temperatures of a padded field of enthalpies, NaN in gas."""
        out = np.empty(self.lay.shape, np.float32)
        _temperatures(self.lay.inner(h), self._labels, self.table, out)
        return out

    def results(self, h: NDArray[Any], time_s: float) -> dict[str, NDArray[Any]]:
        """All that is remembered at the end of a run that came to the enthalpies `h`; no step can follow.

        Temperatures in °C, times in s, rates in °C/min, NaN in gas; made in place, since a copy would double them.
        """
        shape = self.lay.shape
        gas = self._labels == 255
        minimum = self.minimum.reshape(shape)
        _temperatures(minimum, self._labels, self.table, minimum)
        out: dict[str, NDArray[Any]] = {"minimum": minimum, "cycles": self.cycles.reshape(shape)}
        inner = self.lay.inner(h)
        for name, field, level in (("below_20", self.below_20, AT_20), ("below_40", self.below_40, AT_40)):
            out[name] = field.reshape(shape)
            out[name][inner <= self.levels[self._labels, level]] += np.float32(time_s)
        self.cooling[~(self.cooling > 0)] = np.nan
        out |= {"first_frozen": self.first_frozen.reshape(shape), "cooling": self.cooling.reshape(shape)}
        for name in ("below_20", "below_40", "first_frozen", "cooling"):
            out[name][gas] = np.nan
        return out

    @property
    def nbytes(self) -> int:
        """Memory of all that is remembered, 22 bytes a cell."""
        return sum(value.nbytes for value in self.save().values() if isinstance(value, np.ndarray))

    def save(self) -> dict[str, Any]:
        """All that changes, for a checkpoint."""
        return {name: getattr(self, name) for name in SAVED}

    def load(self, saved: Mapping[str, Any]) -> None:
        """Take up what `save` gave."""
        for name in SAVED:
            setattr(self, name, saved[name])


SAVED = ("minimum", "below_20", "below_40", "first_frozen", "cooling", "cycles", "ice", "drift_k")


def _beside_held_faces(lay: Layout) -> NDArray[np.int64]:
    """Flat padded indices of the tissue next to outer faces that are held at a temperature."""
    beside = np.zeros(lay.padded, bool)
    for side, held in enumerate(lay.held_values):
        if not np.isnan(held):
            at: list[Any] = [slice(1, -1)] * 3
            at[side // 2] = -2 if side % 2 else 1
            beside[tuple(at)] = True
    return np.flatnonzero(beside & (lay.labels != 255))
