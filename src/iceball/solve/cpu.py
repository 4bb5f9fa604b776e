"""The fast loops: one right-hand side, its Runge-Kutta stages, and nothing else. All run without the GIL.

Written for the vectoriser: rows are contiguous and indices unsigned (a signed one may wrap round), minimum and maximum
are ternaries, updates are in place, loops are small. Fields are flat and cells are counted through the whole padded
grid: a view of a row would cost two atomic operations, more than its arithmetic. Sums are per row in a fixed order, so
the answer does not depend on the number of threads.

Cells are told apart by need. In the warm part of a row everything is linear: psi is enthalpy over heat capacity, blood
flows. Only the cold span (what is frozen or may freeze within the step) pays for ice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np

from iceball.kernels import compiled
from iceball.physics.freezing import temperature
from iceball.solve import rows as t
from iceball.solve.layout import GAS as ANY
from iceball.solve.layout import HELD, TISSUE, WALL

F = TypeVar("F", bound=Callable[..., Any])

ONE = np.uint64(1)
WALLS, OUTER, BLOOD, METABOLISM, SOURCE, EDGE = range(6)
"""Columns of the row sums, J/m3 added up over the cells of a row; EDGE is what leaves the window."""
SUMS = 6
GAS = np.uint8(ANY)

H_S, MUSHY_RANGE, FROZEN_SCALE, MUSHY_1, MUSHY_2, WARM_1 = (
    t.H_S,
    t.MUSHY_RANGE,
    t.FROZEN_SCALE,
    t.MUSHY_1,
    t.MUSHY_2,
    t.WARM_1,
)
PSI_S, PSI_STOP, PSI_STASIS, BLOOD_FLOW, FUEL = t.PSI_S, t.PSI_STOP, t.PSI_STASIS, t.BLOOD, t.FUEL
WARM_K, POLY = t.WARM_K, t.POLY
TINY = np.float32(1e-20)
LEAST_K = np.float32(t.LEAST_K)
SOON_S = 600.0
"""Tissue without blood stands still if it would not go far within this time."""
NEAR_K = np.float32(40.0)
"""Cells warmer than blood's stop by more than this are too far to freeze within a step, unless they fall fast."""


class Ground(NamedTuple):
    """What does not change during a run, as the loops read it (see `Layout`)."""

    rows_along_y: int
    stride: Any
    """Cells from one to the next along x, y, z: uint64."""
    labels: Any
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


class Flow(NamedTuple):
    """Blood and metabolism of each cell, W/m3/K and W/m3; zero where stopped for good."""

    blood: Any
    fuel: Any


class Window(NamedTuple):
    """Which cells a step moves, row by row, and which of them may be cold."""

    low: Any
    high: Any
    cold_low: Any
    cold_high: Any
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


def exact_part(function: F) -> F:
    """Like `part`, with sums kept as they are written."""
    return compiled(forceinline=True, **{**HOW, "fastmath": {"contract"}})(function)


# --- potentials ---------------------------------------------------------------------------------------------------


@part
def _cold_potentials(psi, h, first, last, t, label):  # type: ignore[no-untyped-def]
    """psi of some cells of one tissue from their enthalpy; three parts add up, so there is no branch."""
    h_s, span, scale = t[label, H_S], t[label, MUSHY_RANGE], t[label, FROZEN_SCALE]
    m1, m2, w1, base = t[label, MUSHY_1], t[label, MUSHY_2], t[label, WARM_1], t[label, PSI_S]
    p1, p2, p3, p4 = t[label, POLY], t[label, POLY + 1], t[label, POLY + 2], t[label, POLY + 3]
    p5, p6, p7, p8 = t[label, POLY + 4], t[label, POLY + 5], t[label, POLY + 6], t[label, POLY + 7]
    zero = np.float32(0.0)
    for x in range(np.uint64(first), np.uint64(last)):
        d = h[x] - h_s
        f = (d if d < zero else zero) * scale
        m = d if d > zero else zero
        u = m - span
        u = u if u > zero else zero
        m = m if m < span else span
        frozen = f * (p1 + f * (p2 + f * (p3 + f * (p4 + f * (p5 + f * (p6 + f * (p7 + f * p8)))))))
        psi[x] = base + frozen + m * (m1 + m2 * m) + u * w1


@part
def _scale(psi, h, first, last, per_c):  # type: ignore[no-untyped-def]
    for x in range(np.uint64(first), np.uint64(last)):
        psi[x] = h[x] * per_c


@part
def _base(r, g):  # type: ignore[no-untyped-def]
    """Flat index of the first cell of a row."""
    ny = g.rows_along_y
    return np.int64(g.stride[0]) * (r // ny + 1) + np.int64(g.stride[1]) * (r % ny + 1) + 1


@part
def _potentials(r, psi, h, low, high, cold_low, cold_high, g):  # type: ignore[no-untyped-def]
    """psi of a row's cells from `low` to `high`; those from `cold_low` to `cold_high` may be cold."""
    base = _base(r, g)
    for q in range(g.run_start[r], g.run_start[r + 1]):
        a, b, label = max(g.runs[q, 0], low), min(g.runs[q, 1], high), g.runs[q, 2]
        if a < b:
            if cold_low < b and cold_high > a:
                x, y = max(a, cold_low), min(b, cold_high)
                _scale(psi, h, base + a, base + x, g.table[label, WARM_1])
                _cold_potentials(psi, h, base + x, base + y, g.table, label)
                _scale(psi, h, base + y, base + b, g.table[label, WARM_1])
            else:
                _scale(psi, h, base + a, base + b, g.table[label, WARM_1])


# --- the right-hand side ------------------------------------------------------------------------------------------


@part
def _conduct_plain(out, shift, psi, first, last, sx, sy, kx, ky, kz):  # type: ignore[no-untyped-def]
    """The divergence of the flux where all faces join cells of one tissue."""
    c, to = np.uint64(first), np.uint64(first) - shift
    d, u, n, s, e, w = c - ONE, c + ONE, c + sy, c - sy, c + sx, c - sx
    for x in range(np.uint64(last - first)):
        twice = psi[x + c] + psi[x + c]
        out[x + to] = (kz * (psi[x + d] + psi[x + u] - twice) + ky * (psi[x + s] + psi[x + n] - twice)
                       + kx * (psi[x + w] + psi[x + e] - twice))  # fmt: skip


@part
def _conduct_mixed(out, shift, psi, first, last, sx, sy, k, x_east, x_west, y_north, y_south, z_up):  # type: ignore[no-untyped-def]
    """The divergence of the flux with a conductance for each face; of each row of them, where its cell 0 would lie."""
    for x in range(np.uint64(first), np.uint64(last)):
        c = psi[x]
        out[x - shift] = (
            k[x + z_up] * (psi[x + ONE] - c)
            + k[x + z_up - ONE] * (psi[x - ONE] - c)
            + k[x + y_north] * (psi[x + sy] - c)
            + k[x + y_south] * (psi[x - sy] - c)
            + k[x + x_east] * (psi[x + sx] - c)
            + k[x + x_west] * (psi[x - sx] - c)
        )


@part
def _warm_blood(out, shift, psi, blood, fuel, first, last):  # type: ignore[no-untyped-def]
    """Perfusion and metabolism of unfrozen cells; returns what both bring, W/m3 added up."""
    flow, made = np.float32(0.0), np.float32(0.0)
    for x in range(np.uint64(first), np.uint64(last)):
        carried = blood[x] * psi[x]
        out[x - shift] += fuel[x] - carried
        flow -= carried
        made += fuel[x]
    return flow, made


@part
def _cold_blood(out, shift, psi, labels, blood, fuel, first, last, sx, sy, t, label):  # type: ignore[no-untyped-def]
    """Perfusion and metabolism of each cell's open share: the law is `physics.blood`, here without branches.

    Another tissue or a ghost says nothing about the potential within a cell: there it is mirrored.
    """
    half, zero, one = np.float32(0.5), np.float32(0.0), np.float32(1.0)
    stop, full, fed = t[label, PSI_STOP], t[label, BLOOD_FLOW], t[label, FUEL]
    per_flow = one / (full + TINY)
    flow, made = zero, zero
    for x in range(np.uint64(first), np.uint64(last)):
        c = psi[x]
        d = psi[x - ONE] if labels[x - ONE] == label else c
        u = psi[x + ONE] if labels[x + ONE] == label else c
        n = psi[x + sy] if labels[x + sy] == label else c
        q = psi[x - sy] if labels[x - sy] == label else c
        e = psi[x + sx] if labels[x + sx] == label else c
        w = psi[x - sx] if labels[x - sx] == label else c
        spread = half * (abs(u - d) + abs(n - q) + abs(e - w)) + LEAST_K
        share = half + (psi[x] - stop) / spread
        share = share if share > zero else zero
        share = share if share < one else one
        running, burnt = share * full, share * fed
        running = running if running < blood[x] else blood[x]
        burnt = burnt if burnt < fuel[x] else fuel[x]
        carried = running * (psi[x] + half * (one - running * per_flow) * spread)
        out[x - shift] += burnt - carried
        flow -= carried
        made += burnt
    return flow, made


@part
def _read(words, scale, word, psi):  # type: ignore[no-untyped-def]
    """A table at psi, or psi itself above its end."""
    at = (psi - scale[word, 0]) * scale[word, 1]
    if at >= np.float32(words.shape[1] - 1):
        return psi
    if at < np.float32(0.0):
        at = np.float32(0.0)
    n = np.int64(at)
    share = at - np.float32(n)
    return words[word, n] + share * (words[word, n + 1] - words[word, n])


@part
def _mend(r, out, shift, psi, base, w, g, sums, weight):  # type: ignore[no-untyped-def]
    """Right the flux of every cold face between two tissues, or between tissue and gas."""
    first = g.face_start[r]
    for n in range(first, first + w.face_count[r]):
        f = w.faces[n]
        still = f < 0
        f = -f - 1 if still else f
        cell = base + g.face_cell[f]
        there = g.face_there[f]
        own, other = psi[cell], psi[there]
        plain = g.face_k[f] * (other - own)
        p = g.pair[f, 0]
        if g.face_kind[f, 0] == WALL:
            right = _read(g.words, g.word_scale, p, own)
            sums[r, WALLS] += weight * (right - plain)
        else:
            a = g.table[g.labels[cell], WARM_K] * (_read(g.words, g.word_scale, p, other) - own)
            b = g.table[g.labels[there], WARM_K] * (other - _read(g.words, g.word_scale, g.pair[f, 1], own))
            both = a * b
            square = np.float32(g.squares[g.face_kind[f, 1]])
            right = square * (both + both) / (a + b) if both > np.float32(0.0) else np.float32(0.0)
            if still:
                sums[r, EDGE] += weight * (right - plain)
        out[cell - np.int64(shift)] += right - plain


@part
def _edges(r, psi, base, low, high, g, sums, weight):  # type: ignore[no-untyped-def]
    """What walls and held outer faces bring to the cells of a row."""
    for f in range(g.face_start[r], g.face_start[r + 1]):
        kind, at = g.face_kind[f, 0], g.face_cell[f]
        if kind != TISSUE and low <= at < high:
            brought = g.face_k[f] * (psi[g.face_there[f]] - psi[base + at])
            sums[r, WALLS if kind == WALL else OUTER] += weight * brought


@part
def _leak(r, n, axis, lower, psi, base, there, w, g, sums, weight):  # type: ignore[no-untyped-def]
    """What the moved cells of row r get from cells of row n that stand still."""
    low, high = w.low[r], w.high[r]
    if w.low[n] <= low and w.high[n] >= high:
        return
    first, last = max(low, w.low[n]), min(high, w.high[n])
    last = last if first < last else first
    line = g.stride[1]
    for side in range(2):
        for x in range(low if side == 0 else last, min(first, high) if side == 0 else high):
            if g.labels[base + x] != GAS and g.labels[there + x] != GAS:
                k = np.float32(g.squares[axis]) * g.table[g.labels[base + x], WARM_K]
                if lower >= 0:
                    k = g.conduct[(lower * 3 + axis) * np.int64(line) + 1 + x]
                sums[r, EDGE] += weight * k * (psi[there + x] - psi[base + x])


@part
def _leaks(r, psi, base, w, g, sums, weight):  # type: ignore[no-untyped-def]
    """What crosses the window's edge into the moved cells of a row; the cells beyond do not feel it."""
    ny = g.rows_along_y
    rows = w.low.size
    i, j = r // ny, r % ny
    s, sx, sy = g.slot[r], np.int64(g.stride[0]), np.int64(g.stride[1])
    if i > 0:
        _leak(r, r - ny, 0, g.slot[r - ny], psi, base, base - sx, w, g, sums, weight)
    if r + ny < rows:
        _leak(r, r + ny, 0, s, psi, base, base + sx, w, g, sums, weight)
    if j > 0:
        _leak(r, r - 1, 1, g.slot[r - 1], psi, base, base - sy, w, g, sums, weight)
    if j < ny - 1:
        _leak(r, r + 1, 1, s, psi, base, base + sy, w, g, sums, weight)
    for side in range(2):
        x = base + (w.low[r] if side == 0 else w.high[r] - 1)
        y = x - 1 if side == 0 else x + 1
        if g.labels[x] != GAS and g.labels[y] != GAS:
            k = np.float32(g.squares[2]) * g.table[g.labels[x], WARM_K]
            if s >= 0:
                k = g.conduct[(s * 3 + 2) * sy + 1 + min(x, y) - base]
            sums[r, EDGE] += weight * k * (psi[y] - psi[x])


@part
def _rate(r, out, shift, psi, flow, sink, w, g, sums, weight):  # type: ignore[no-untyped-def]
    """dH/dt of a row's moved cells into `out`, W/m3; `weight` of what came from outside into its sums."""
    base = _base(r, g)
    sx, sy = g.stride[0], g.stride[1]
    low, high, cold_low, cold_high = w.low[r], w.high[r], w.cold_low[r], w.cold_high[r]
    s = g.slot[r]
    carried, made = 0.0, 0.0
    for q in range(g.piece_start[r], g.piece_start[r + 1]):
        a, b, label = max(g.pieces[q, 0], low), min(g.pieces[q, 1], high), g.pieces[q, 2]
        if a >= b:
            continue
        if label != GAS:
            k = g.table[label, WARM_K]
            _conduct_plain(out, shift, psi, base + a, base + b, sx, sy, k * np.float32(g.squares[0]),
                           k * np.float32(g.squares[1]), k * np.float32(g.squares[2]))  # fmt: skip
        else:
            # where cell `base` finds its conductances: offsets that may wrap round, as unsigned ones do
            line = np.int64(sy)
            here = s * 3 * line + 1 - base
            west = g.slot_west[r] * 3 * line + 1 - base
            south = g.slot_south[r] * 3 * line + 1 - base
            _conduct_mixed(out, shift, psi, base + a, base + b, sx, sy, g.conduct, np.uint64(here), np.uint64(west),
                           np.uint64(here + line), np.uint64(south + line), np.uint64(here + line + line))  # fmt: skip
        x, y = max(a, min(b, cold_low)), min(b, max(a, cold_high))
        if x < y:
            p, m = _warm_blood(out, shift, psi, flow.blood, flow.fuel, base + a, base + x)
            carried, made = carried + p, made + m
            p, m = _warm_blood(out, shift, psi, flow.blood, flow.fuel, base + y, base + b)
            carried, made = carried + p, made + m
            for n in range(g.run_start[r], g.run_start[r + 1]):
                u, v = max(g.runs[n, 0], x), min(g.runs[n, 1], y)
                if u < v:
                    p, m = _cold_blood(out, shift, psi, g.labels, flow.blood, flow.fuel, base + u, base + v, sx, sy,
                                       g.table, g.runs[n, 2])  # fmt: skip
                    carried, made = carried + p, made + m
        else:
            p, m = _warm_blood(out, shift, psi, flow.blood, flow.fuel, base + a, base + b)
            carried, made = carried + p, made + m
    sums[r, BLOOD] += weight * carried
    sums[r, METABOLISM] += weight * made
    if g.face_start[r + 1] > g.face_start[r]:
        _edges(r, psi, base, low, high, g, sums, weight)
        if w.face_count[r] > 0:
            _mend(r, out, shift, psi, base, w, g, sums, weight)
    _leaks(r, psi, base, w, g, sums, weight)
    for e in range(sink.start[r], sink.start[r + 1]):
        out[sink.cell[e] - np.int64(shift)] += sink.value[e]
    if g.source.size > 0:
        for x in range(base + low, base + high):
            out[x - np.int64(shift)] += g.source[x]
            sums[r, SOURCE] += weight * g.source[x]


@loop
def rates(rows, psi, flow, sink, w, g, sums, weight, rate):  # type: ignore[no-untyped-def]
    """dH/dt of some rows into `rate`; what came from outside times `weight` replaces the rows' sums."""
    for r in rows:
        for n in range(SUMS):
            sums[r, n] = 0.0
        if w.low[r] < w.high[r]:
            _rate(r, rate, np.uint64(0), psi, flow, sink, w, g, sums, weight)


@loop
def potentials(rows, h, psi, g):  # type: ignore[no-untyped-def]
    """All potentials of some rows anew; any cell may be cold."""
    length = np.int64(g.stride[1]) - 2
    for r in rows:
        _potentials(r, psi, h, 0, length, 0, length, g)


@loop
def align(rows, low, high, h, psi, h_a, h_b, psi_a, g):  # type: ignore[no-untyped-def]
    """Copy what a step moved into the buffers of the next one."""
    for r in rows:
        base = _base(r, g)
        for x in range(np.uint64(base + low[r]), np.uint64(base + high[r])):
            h_a[x] = h[x]
            h_b[x] = h[x]
            psi_a[x] = psi[x]


@part
def _start(y, y0, m0, first, last, dt):  # type: ignore[no-untyped-def]
    for x in range(np.uint64(first), np.uint64(last)):
        y[x] = y0[x] + dt * m0[x]


@loop
def first_stage(rows, start, rate, dt, h_to, psi_to, w, g):  # type: ignore[no-untyped-def]
    """Y1 = Y0 + dt M0, and its potentials. An explicit Euler step is this with the whole step."""
    for r in rows:
        base = _base(r, g)
        for q in range(g.piece_start[r], g.piece_start[r + 1]):
            a, b = max(g.pieces[q, 0], w.low[r]), min(g.pieces[q, 1], w.high[r])
            if a < b:
                _start(h_to, start, rate, base + a, base + b, np.float32(dt))
        _potentials(r, psi_to, h_to, w.low[r], w.high[r], w.cold_low[r], w.cold_high[r], g)


@exact_part
def _advance(y2, y0, y1, m0, m, shift, first, last, mu, nu, w_now, w_start):  # type: ignore[no-untyped-def]
    a, b = np.uint64(first), np.uint64(first) - shift
    for n in range(np.uint64(last - first)):
        y = y0[n + a]
        change = w_now * m[n + b] + w_start * m0[n + a]
        y2[n + a] = y + (mu * (y1[n + a] - y) + nu * (y2[n + a] - y) + change)


@loop
def next_stage(rows, psi, h, h_to, psi_to, start, rate, weights, flow, sink, w, g, sums, out):  # type: ignore[no-untyped-def]
    """Y(j) = mu Y(j-1) + nu Y(j-2) + (1 - mu - nu) Y0 + mu~ dt M(Y(j-1)) + gamma~ dt M0, in place of Y(j-2).

    Written for the differences from Y0, so that rounding acts on the change within a step and not on the whole
    enthalpy. `weights`: mu, nu, mu~ dt, gamma~ dt, and the share of this stage's rate in the whole step, s.
    """
    mu, nu, w_now, w_start = (
        np.float32(weights[0]),
        np.float32(weights[1]),
        np.float32(weights[2]),
        np.float32(weights[3]),
    )
    for r in rows:
        if w.low[r] >= w.high[r]:
            continue
        base = _base(r, g)
        shift = np.uint64(base)
        _rate(r, out, shift, psi, flow, sink, w, g, sums, weights[4])
        for q in range(g.piece_start[r], g.piece_start[r + 1]):
            a, b = max(g.pieces[q, 0], w.low[r]), min(g.pieces[q, 1], w.high[r])
            if a < b:
                _advance(h_to, start, h, rate, out, shift, base + a, base + b, mu, nu, w_now, w_start)
        _potentials(r, psi_to, h_to, w.low[r], w.high[r], w.cold_low[r], w.cold_high[r], g)


# --- what a step looks like ---------------------------------------------------------------------------------------

ERROR, STORED, LOW_C, HIGH_C, BUSY_LOW, BUSY_HIGH, COLD_LOW, COLD_HIGH, BREACH = range(9)
MARKS = 9


@part
def _spread(psi, labels, x, sx, sy):  # type: ignore[no-untyped-def]
    """How far the potential reaches across a cell within its tissue, K."""
    total = LEAST_K
    for stride in (1, sy, sx):
        up = psi[x + stride] if labels[x + stride] == labels[x] else psi[x]
        down = psi[x - stride] if labels[x - stride] == labels[x] else psi[x]
        total += np.float32(0.5) * abs(up - down)
    return total


@loop
def latch(rows, psi, flow, w, g):  # type: ignore[no-untyped-def]
    """Where tissue has been as cold as its stasis, flow is gone for good: also for a part of a cell."""
    half, zero, one = np.float32(0.5), np.float32(0.0), np.float32(1.0)
    sx, sy = np.int64(g.stride[0]), np.int64(g.stride[1])
    for r in rows:
        base = _base(r, g)
        for q in range(g.run_start[r], g.run_start[r + 1]):
            a, b, label = max(g.runs[q, 0], w.cold_low[r]), min(g.runs[q, 1], w.cold_high[r]), g.runs[q, 2]
            stasis, full, fed = g.table[label, PSI_STASIS], g.table[label, BLOOD_FLOW], g.table[label, FUEL]
            for x in range(base + a, base + b):
                share = half + (psi[x] - stasis) / _spread(psi, g.labels, x, sx, sy)
                if share < one:
                    share = share if share > zero else zero
                    flow.blood[x] = min(flow.blood[x], share * full)
                    flow.fuel[x] = min(flow.fuel[x], share * fed)


@part
def _worth(y1, y0, z, m0, m1, first, last, dt):  # type: ignore[no-untyped-def]
    """Sums of |0.8 (H0 - H1) + 0.4 dt (M0 + M1)|, the RKC estimate of a step's error, and of |H1 - H(begin)|."""
    error, stored = np.float32(0.0), np.float32(0.0)
    p, q = np.float32(0.8), np.float32(0.4 * dt)
    for x in range(np.uint64(first), np.uint64(last)):
        error += abs(p * (y0[x] - y1[x]) + q * (m0[x] + m1[x]))
        stored += abs(y1[x] - z[x])
    return error, stored


@part
def _extremes(h, first, last):  # type: ignore[no-untyped-def]
    low, high, total = np.float32(np.inf), np.float32(-np.inf), np.float32(0.0)
    for x in range(np.uint64(first), np.uint64(last)):
        v = h[x]
        low = v if v < low else low
        high = v if v > high else high
        total += v
    return low, high, np.isfinite(total)


@loop
def judge(rows, start, end, rate_start, rate_end, begin, psi, dt, still_k, ahead_s, w, g, marks):  # type: ignore[no-untyped-def]
    """What a trial step looks like, per row.

    `marks[r]`: error, stored cold, lowest and highest temperature, the stretch that will not stand still within
    `still_k`, the stretch that may be cold within the next `ahead_s`, and whether a cell outside the cold span became
    cold.
    """
    sx, sy = np.int64(g.stride[0]), np.int64(g.stride[1])
    zero, half = np.float32(0.0), np.float32(0.5)
    length = sy - 2
    for r in rows:
        base = _base(r, g)
        error, stored, low_c, high_c, breach = 0.0, 0.0, np.inf, -np.inf, 0.0
        busy_low, chilled = int(length), int(length)
        busy_high, thawed = 0, 0
        for q in range(g.run_start[r], g.run_start[r + 1]):
            a, b, label = max(g.runs[q, 0], w.low[r]), min(g.runs[q, 1], w.high[r]), g.runs[q, 2]
            if a >= b:
                continue
            e, s = _worth(end, start, begin, rate_start, rate_end, base + a, base + b, dt)
            error, stored = error + e, stored + s
            least, most, finite = _extremes(end, base + a, base + b)
            least_c, most_c = temperature(least, g.laws[label]), temperature(most, g.laws[label])
            if not finite:
                least_c = np.nan
            if not least_c >= low_c:
                low_c = least_c
            if most_c > high_c:
                high_c = most_c
            per_c, stop = g.table[label, WARM_1], g.table[label, PSI_STOP]
            # frozen tissue holds less heat than unfrozen: half the capacity is a safe guess for both
            slow_cold = np.float32(still_k * 0.5 / SOON_S) / per_c
            slow_warm = np.float32(still_k) * g.table[label, BLOOD_FLOW]
            slow_warm = slow_warm if slow_warm > slow_cold else slow_cold
            fall = np.float32(1.5 * ahead_s) * per_c
            for x in range(a, b):
                rate = rate_end[base + x]
                above = psi[base + x] - stop
                slow = slow_warm if above > zero else slow_cold
                if rate > slow or rate < -slow or still_k == 0.0:
                    busy_low = x if x < busy_low else busy_low
                    busy_high = x + 1
                if above > NEAR_K and rate * fall > -NEAR_K * half:
                    continue
                spread = _spread(psi, g.labels, base + x, sx, sy)
                if above < half * spread and not (w.cold_low[r] <= x < w.cold_high[r]):
                    breach = 1.0
                if above - spread + (fall * rate if rate < zero else zero) < np.float32(2.0):
                    chilled = x if x < chilled else chilled
                    thawed = x + 1
        marks[r, ERROR], marks[r, STORED], marks[r, LOW_C], marks[r, HIGH_C] = error, stored, low_c, high_c
        marks[r, BUSY_LOW], marks[r, BUSY_HIGH], marks[r, BREACH] = busy_low, busy_high, breach
        marks[r, COLD_LOW], marks[r, COLD_HIGH] = chilled, thawed


@loop
def cold_faces(rows, w, g):  # type: ignore[no-untyped-def]
    """List the faces of each row of which one side lies in a cold span."""
    line = np.int64(g.stride[1])
    across = np.int64(g.stride[0]) // line
    for r in rows:
        n, first = 0, g.face_start[r]
        for f in range(first, g.face_start[r + 1]):
            kind, at = g.face_kind[f, 0], g.face_cell[f]
            if kind == HELD or not w.low[r] <= at < w.high[r]:
                continue
            cold, still = w.cold_low[r] <= at < w.cold_high[r], False
            if kind != WALL:
                p, q = g.face_there[f] // line, g.face_there[f] % line - 1
                other = (p // across - 1) * g.rows_along_y + p % across - 1
                cold = cold or w.cold_low[other] <= q < w.cold_high[other]
                still = not w.low[other] <= q < w.high[other]
            if cold:
                w.faces[first + n] = -f - 1 if still else f
                n += 1
        w.face_count[r] = n
