"""One right-hand side: potentials from enthalpies, and dH/dt from potentials (see `cpu`)."""

from __future__ import annotations

import numpy as np

from iceball.solve.cpu import BLOOD, EDGE, GAS, METABOLISM, ONE, OUTER, SOURCE, SUMS, WALLS, bounds, loop, part
from iceball.solve.layout import TISSUE, WALL
from iceball.solve.rows import BLOOD as BLOOD_FLOW
from iceball.solve.rows import (
    DEGREE,
    FROZEN_SCALE,
    FUEL,
    H_S,
    MUSHY_1,
    MUSHY_2,
    MUSHY_RANGE,
    POLY,
    PSI_S,
    PSI_STOP,
    WARM_1,
    WARM_K,
)
from iceball.solve.rows import LEAST_K as LEAST

LEAST_K = np.float32(LEAST)


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
def _bent_potentials(psi, h, first, last, t, label, bend, per_entry):  # type: ignore[no-untyped-def]
    """The same where the freezing range is a table."""
    h_s, span, scale = t[label, H_S], t[label, MUSHY_RANGE], t[label, FROZEN_SCALE]
    w1, base, zero, end = t[label, WARM_1], t[label, PSI_S], np.float32(0.0), np.int64(bend.size - 2)
    for x in range(np.uint64(first), np.uint64(last)):
        d = h[x] - h_s
        f = (d if d < zero else zero) * scale
        m = d if d > zero else zero
        u = m - span
        u = u if u > zero else zero
        at = (m if m < span else span) * per_entry
        n = np.int64(at)
        n = n if n < end else end
        frozen = np.float32(0.0)
        for p in range(DEGREE - 1, -1, -1):
            frozen = f * (t[label, POLY + p] + frozen)
        psi[x] = base + frozen + bend[n] + (at - np.float32(n)) * (bend[n + 1] - bend[n]) + u * w1


@part
def _scale(psi, h, first, last, per_c):  # type: ignore[no-untyped-def]
    for x in range(np.uint64(first), np.uint64(last)):
        psi[x] = h[x] * per_c


@part
def potentials_of(r, psi, h, low, high, cold_low, cold_high, g):  # type: ignore[no-untyped-def]
    """psi of a row's cells from `low` to `high`; those from `cold_low` to `cold_high` may be cold."""
    base = g.base[r]
    for q in range(g.run_start[r], g.run_start[r + 1]):
        a, b, label = max(g.runs[q, 0], low), min(g.runs[q, 1], high), g.runs[q, 2]
        if a < b:
            if cold_low < b and cold_high > a:
                x, y = max(a, cold_low), min(b, cold_high)
                _scale(psi, h, base + a, base + x, g.table[label, WARM_1])
                n = g.bent[label]
                if n < 0:
                    _cold_potentials(psi, h, base + x, base + y, g.table, label)
                else:
                    _bent_potentials(psi, h, base + x, base + y, g.table, label, g.bends[n], g.bend_scale[n])
                _scale(psi, h, base + y, base + b, g.table[label, WARM_1])
            else:
                _scale(psi, h, base + a, base + b, g.table[label, WARM_1])


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
def _warm_blood(out, shift, psi, left, stopped, first, last, full, fed):  # type: ignore[no-untyped-def]
    """Perfusion and metabolism of unfrozen cells; returns what both bring, W/m3 added up."""
    running, flowing = np.float32(0.0), np.float32(0.0)
    if not stopped:
        for x in range(np.uint64(first), np.uint64(last)):
            out[x - shift] += fed - full * psi[x]
            flowing += psi[x]
        return -full * flowing, fed * np.float32(last - first)
    for x in range(np.uint64(first), np.uint64(last)):
        flow = left[x] * psi[x]
        out[x - shift] += fed * left[x] - full * flow
        running += left[x]
        flowing += flow
    return -full * flowing, fed * running


@part
def _cold_blood(out, shift, psi, labels, left, first, last, sx, sy, stop, full, fed, label, alike):  # type: ignore[no-untyped-def]
    """Perfusion and metabolism of each cell's open share: the law is `physics.blood`, here without branches.

    Another tissue or a ghost says nothing about the potential within a cell: there it is mirrored, unless all
    neighbours are known to be `alike`.
    """
    half, zero, one = np.float32(0.5), np.float32(0.0), np.float32(1.0)
    running, flowing = zero, zero
    for x in range(np.uint64(first), np.uint64(last)):
        c = psi[x]
        d = psi[x - ONE] if alike or labels[x - ONE] == label else c
        u = psi[x + ONE] if alike or labels[x + ONE] == label else c
        n = psi[x + sy] if alike or labels[x + sy] == label else c
        q = psi[x - sy] if alike or labels[x - sy] == label else c
        e = psi[x + sx] if alike or labels[x + sx] == label else c
        w = psi[x - sx] if alike or labels[x - sx] == label else c
        spread = half * (abs(u - d) + abs(n - q) + abs(e - w)) + LEAST_K
        share = half + (c - stop) / spread
        share = share if share > zero else zero
        share = share if share < left[x] else left[x]
        flow = share * (c + half * (one - share) * spread)
        out[x - shift] += fed * share - full * flow
        running += share
        flowing += flow
    return -full * flowing, fed * running


@part
def _blood(out, shift, psi, labels, left, stopped, base, a, b, cold_low, cold_high, sx, sy, t, label, alike):  # type: ignore[no-untyped-def]
    """Perfusion and metabolism of cells `a` to `b` of a row, all of one tissue; returns what both bring."""
    x, y = max(a, min(b, cold_low)), min(b, max(a, cold_high))
    full, fed = t[label, BLOOD_FLOW], t[label, FUEL]
    carried, made = _warm_blood(out, shift, psi, left, stopped, base + a, base + (x if x < y else b), full, fed)
    if x < y:
        p, m = _cold_blood(out, shift, psi, labels, left, base + x, base + y, sx, sy, t[label, PSI_STOP], full, fed,
                           labels[base + x], alike)  # fmt: skip
        carried, made = carried + p, made + m
        p, m = _warm_blood(out, shift, psi, left, stopped, base + y, base + b, full, fed)
        carried, made = carried + p, made + m
    return carried, made


@part
def _read(words, scale, word, psi, beyond):  # type: ignore[no-untyped-def]
    """A table at psi, or what holds `beyond` its end."""
    at = (psi - scale[word, 0]) * scale[word, 1]
    if at >= np.float32(words.shape[1] - 1):
        return beyond
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
            right = _read(g.words, g.word_scale, p, own, plain)
            sums[r, WALLS] += weight * (right - plain)
            g.films[g.film[f], 0] += weight * (right - plain)
        else:
            a = g.table[g.labels[cell], WARM_K] * (_read(g.words, g.word_scale, p, other, other) - own)
            b = g.table[g.labels[there], WARM_K] * (other - _read(g.words, g.word_scale, g.pair[f, 1], own, own))
            both = a * b
            square = np.float32(g.squares[g.face_kind[f, 1]])
            right = square * (both + both) / (a + b) if both > np.float32(0.0) else np.float32(0.0)
            if still:
                sums[r, EDGE] += weight * (right - plain)
        out[cell - np.int64(shift)] += right - plain


@part
def _edges(r, psi, base, low, high, g, sums, far, weight):  # type: ignore[no-untyped-def]
    """What walls and held outer faces bring to the cells of a row."""
    for f in range(g.face_start[r], g.face_start[r + 1]):
        kind, at = g.face_kind[f, 0], g.face_cell[f]
        if kind != TISSUE and low <= at < high:
            brought = g.face_k[f] * (psi[g.face_there[f]] - psi[base + at])
            sums[r, far + (WALLS if kind == WALL else OUTER)] += weight * brought
            if kind == WALL:
                g.films[g.film[f], 0 if far == 0 else 1] += weight * brought


@part
def _leak(r, low, high, n, axis, lower, psi, base, there, w, g, sums, far, weight):  # type: ignore[no-untyped-def]
    """What cells of row r from `low` to `high` get from cells of row n that stand still."""
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
                sums[r, far + EDGE] += weight * k * (psi[there + x] - psi[base + x])


@part
def _leaks(r, low, high, psi, base, w, g, sums, far, weight):  # type: ignore[no-untyped-def]
    """What crosses the window's edge into cells of a row; the cells beyond do not feel it."""
    s, sx, sy = g.slot[r], np.int64(g.stride[0]), np.int64(g.stride[1])
    if w.leaky[r]:
        ny = g.rows_along_y
        i, j = r // ny, r % ny
        if i > 0:
            _leak(r, low, high, r - ny, 0, g.slot[r - ny], psi, base, base - sx, w, g, sums, far, weight)
        if r + ny < w.low.size:
            _leak(r, low, high, r + ny, 0, s, psi, base, base + sx, w, g, sums, far, weight)
        if j > 0:
            _leak(r, low, high, r - 1, 1, g.slot[r - 1], psi, base, base - sy, w, g, sums, far, weight)
        if j < ny - 1:
            _leak(r, low, high, r + 1, 1, s, psi, base, base + sy, w, g, sums, far, weight)
    for side in range(2):
        if (low if side == 0 else high) != (w.low[r] if side == 0 else w.high[r]):
            continue
        x = base + (low if side == 0 else high - 1)
        y = x - 1 if side == 0 else x + 1
        if g.labels[x] != GAS and g.labels[y] != GAS:
            k = np.float32(g.squares[2]) * g.table[g.labels[x], WARM_K]
            if s >= 0:
                k = g.conduct[(s * 3 + 2) * sy + 1 + min(x, y) - base]
            sums[r, far + EDGE] += weight * k * (psi[y] - psi[x])


@part
def rate_of(r, stretch, out, shift, psi, flow, sink, w, g, sums, weight):  # type: ignore[no-untyped-def]
    """dH/dt of one stretch of a row into `out`, W/m3; `weight` of what came from outside into its sums."""
    low, high = bounds(r, stretch, w)
    if low >= high:
        return
    base = g.base[r]
    sx, sy = g.stride[0], g.stride[1]
    near = stretch == 1
    far = 0 if near else SUMS
    cold_low, cold_high = w.cold_low[r] if near else high, w.cold_high[r] if near else low
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
            p, m = _blood(out, shift, psi, g.labels, flow.left, flow.stopped[r], base, a, b, cold_low, cold_high,
                          sx, sy, g.table, label, True)  # fmt: skip
            carried, made = carried + p, made + m
            continue
        # where cell `base` finds its conductances: offsets that may wrap round, as unsigned ones do
        line = np.int64(sy)
        here = s * 3 * line + 1 - base
        west = g.slot_west[r] * 3 * line + 1 - base
        south = g.slot_south[r] * 3 * line + 1 - base
        _conduct_mixed(out, shift, psi, base + a, base + b, sx, sy, g.conduct, np.uint64(here), np.uint64(west),
                       np.uint64(here + line), np.uint64(south + line), np.uint64(here + line + line))  # fmt: skip
        for n in range(g.run_start[r], g.run_start[r + 1]):
            u, v = max(g.runs[n, 0], a), min(g.runs[n, 1], b)
            if u < v:
                p, m = _blood(out, shift, psi, g.labels, flow.left, flow.stopped[r], base, u, v, cold_low, cold_high,
                              sx, sy, g.table, g.runs[n, 2], False)  # fmt: skip
                carried, made = carried + p, made + m
    sums[r, far + BLOOD] += weight * carried
    sums[r, far + METABOLISM] += weight * made
    if g.face_start[r + 1] > g.face_start[r]:
        _edges(r, psi, base, low, high, g, sums, far, weight)
        if near and w.face_count[r] > 0:
            _mend(r, out, shift, psi, base, w, g, sums, weight)
    _leaks(r, low, high, psi, base, w, g, sums, far, weight)
    if near:
        for e in range(sink.start[r], sink.start[r + 1]):
            out[sink.cell[e] - np.int64(shift)] += sink.value[e]
    if g.source.size > 0:
        for x in range(base + low, base + high):
            out[x - np.int64(shift)] += g.source[x]
            sums[r, far + SOURCE] += weight * g.source[x]


@loop
def rates(rows, psi, flow, sink, w, g, sums, weight, rate):  # type: ignore[no-untyped-def]
    """dH/dt of some rows into `rate`; what came from outside times `weight` replaces their sums, and their films'."""
    for r in rows:
        for n in range(2 * SUMS):
            sums[r, n] = 0.0
        for f in range(g.face_start[r], g.face_start[r + 1]):
            if g.film[f] >= 0:
                g.films[g.film[f], 0] = 0.0
                g.films[g.film[f], 1] = 0.0
        for stretch in range(3):
            rate_of(r, stretch, rate, np.uint64(0), psi, flow, sink, w, g, sums, weight)


@loop
def potentials(rows, h, psi, g):  # type: ignore[no-untyped-def]
    """All potentials of some rows anew; any cell may be cold."""
    length = np.int64(g.stride[1]) - 2
    for r in rows:
        potentials_of(r, psi, h, 0, length, 0, length, g)
