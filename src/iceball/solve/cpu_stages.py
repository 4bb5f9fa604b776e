"""The stages of a step, near the ice and far from it (see `cpu`)."""

from __future__ import annotations

import numpy as np

from iceball.solve.cpu import GAS, bounds, exact_part, loop, part
from iceball.solve.cpu_rates import potentials_of, rate_of
from iceball.solve.rows import WARM_1, WARM_K


@loop
def align(rows, low, high, w, h, psi, h_a, h_b, psi_a, g):  # type: ignore[no-untyped-def]
    """Make the buffers equal to the state in what was moved before and is not in the window now."""
    for r in rows:
        base = g.base[r]
        for side in range(2):
            a = low[r] if side == 0 else max(low[r], w.high[r])
            b = min(high[r], w.low[r]) if side == 0 else high[r]
            for x in range(base + a, base + b):
                h_a[x] = h[x]
                h_b[x] = h[x]
                psi_a[x] = psi[x]


@part
def _start(y, y0, m0, first, last, dt):  # type: ignore[no-untyped-def]
    for x in range(np.uint64(first), np.uint64(last)):
        y[x] = y0[x] + dt * m0[x]


@loop
def first_stage(rows, far, start, rate, dt, h_to, psi_to, w, g):  # type: ignore[no-untyped-def]
    """Y1 = Y0 + dt M0 near the ice (or `far` from it), and near it the potentials."""
    for r in rows:
        base = g.base[r]
        for stretch in range(0 if far else 1, 3 if far else 2, 2):
            low, high = bounds(r, stretch, w)
            for q in range(g.piece_start[r], g.piece_start[r + 1]):
                a, b = max(g.pieces[q, 0], low), min(g.pieces[q, 1], high)
                if a < b:
                    _start(h_to, start, rate, base + a, base + b, np.float32(dt))
            if not far:
                potentials_of(r, psi_to, h_to, low, high, w.cold_low[r], w.cold_high[r], g)


@loop
def settle(rows, h, psi, w, g):  # type: ignore[no-untyped-def]
    """The potentials far from the ice, where they are as good as the enthalpy."""
    for r in rows:
        for stretch in range(0, 3, 2):
            low, high = bounds(r, stretch, w)
            potentials_of(r, psi, h, low, high, high, low, g)


@loop
def hand_over(rows, h, h_to, w, g):  # type: ignore[no-untyped-def]
    """Copy what lies far from the ice."""
    for r in rows:
        base = g.base[r]
        for stretch in range(0, 3, 2):
            low, high = bounds(r, stretch, w)
            for x in range(base + low, base + high):
                h_to[x] = h[x]


@part
def _between(psi, h_a, h_b, first, last, share, per_c):  # type: ignore[no-untyped-def]
    for x in range(np.uint64(first), np.uint64(last)):
        psi[x] = per_c * (h_a[x] + share * (h_b[x] - h_a[x]))


@part
def _gather(total, psi, first, last, share, anew):  # type: ignore[no-untyped-def]
    for x in range(np.uint64(first), np.uint64(last)):
        total[x] = share * psi[x] + (np.float32(0.0) if anew else total[x])


@part
def _weigh(r, psi, share, anew, total, w, g):  # type: ignore[no-untyped-def]
    base = g.base[r]
    _gather(total, psi, base + max(w.low[r], w.halo_low[r]), base + w.rim_low[r], np.float32(share), anew)
    _gather(total, psi, base + w.rim_high[r], base + min(w.high[r], w.halo_high[r]), np.float32(share), anew)


@loop
def weigh(rows, psi, share, anew, total, w, g):  # type: ignore[no-untyped-def]
    """Add `share` of the potentials to the `total` of all cells where near and far ones touch."""
    for r in rows:
        _weigh(r, psi, share, anew, total, w, g)


@loop
def bridge(rows, earlier, later, at, psi, share, total, w, g):  # type: ignore[no-untyped-def]
    """The potentials of far cells that touch near ones, a share `at` between two of their stages; weighed, too."""
    for r in rows:
        base = g.base[r]
        for side in range(2):
            low = max(w.low[r], w.halo_low[r]) if side == 0 else w.near_high[r]
            high = w.near_low[r] if side == 0 else min(w.high[r], w.halo_high[r])
            for q in range(g.run_start[r], g.run_start[r + 1]):
                a, b = max(g.runs[q, 0], low), min(g.runs[q, 1], high)
                if a < b:
                    _between(psi, earlier, later, base + a, base + b, np.float32(at), g.table[g.runs[q, 2], WARM_1])
        _weigh(r, psi, share, False, total, w, g)


@part
def _owed(n, axis, lower, base, there, a, b, total, h, w, g):  # type: ignore[no-untyped-def]
    """Let far cells `a` to `b` of a row have with the near ones of row n the exchange that those had with them."""
    line = np.int64(g.stride[1])
    for x in range(max(a, w.near_low[n]), min(b, w.near_high[n])):
        if g.labels[base + x] != GAS and g.labels[there + x] != GAS:
            k = np.float32(g.squares[axis]) * g.table[g.labels[base + x], WARM_K]
            if lower >= 0:
                k = g.conduct[(lower * 3 + axis) * line + 1 + x]
            h[base + x] += k * (total[there + x] - total[base + x])


@loop
def settle_up(rows, total, h, w, g):  # type: ignore[no-untyped-def]
    """Make far cells get the heat that near ones gave them: each side has weighed their exchange by its own stages.

    `total`: of each cell the potentials it showed to near stages less those it showed to far ones, times their shares.
    """
    ny, sx, sy = g.rows_along_y, np.int64(g.stride[0]), np.int64(g.stride[1])
    for r in rows:
        base, s, i, j = g.base[r], g.slot[r], r // ny, r % ny
        for side in range(2):
            a = max(w.low[r], w.halo_low[r]) if side == 0 else w.near_high[r]
            b = w.near_low[r] if side == 0 else min(w.high[r], w.halo_high[r])
            if a >= b:
                continue
            if i > 0:
                _owed(r - ny, 0, g.slot[r - ny], base, base - sx, a, b, total, h, w, g)
            if r + ny < w.low.size:
                _owed(r + ny, 0, s, base, base + sx, a, b, total, h, w, g)
            if j > 0:
                _owed(r - 1, 1, g.slot[r - 1], base, base - sy, a, b, total, h, w, g)
            if j < ny - 1:
                _owed(r + 1, 1, s, base, base + sy, a, b, total, h, w, g)
            if w.near_low[r] < w.near_high[r]:
                x = base + (b - 1 if side == 0 else a)
                y = x + 1 if side == 0 else x - 1
                if g.labels[x] != GAS and g.labels[y] != GAS:
                    k = np.float32(g.squares[2]) * g.table[g.labels[x], WARM_K]
                    if s >= 0:
                        k = g.conduct[(s * 3 + 2) * sy + 1 + min(x, y) - base]
                    h[x] += k * (total[y] - total[x])


@exact_part
def _advance(y2, y0, y1, m0, m, shift, first, last, mu, nu, w_now, w_start):  # type: ignore[no-untyped-def]
    a, b = np.uint64(first), np.uint64(first) - shift
    for n in range(np.uint64(last - first)):
        y = y0[n + a]
        change = w_now * m[n + b] + w_start * m0[n + a]
        y2[n + a] = y + (mu * (y1[n + a] - y) + nu * (y2[n + a] - y) + change)


@loop
def next_stage(rows, far, psi, h, h_to, psi_to, start, rate, weights, flow, sink, w, g, sums, out):  # type: ignore[no-untyped-def]
    """Y(j) = mu Y(j-1) + nu Y(j-2) + (1 - mu - nu) Y0 + mu~ dt M(Y(j-1)) + gamma~ dt M0, in place of Y(j-2).

    Near the ice, with the potentials, or `far` from it, without. Written for the differences from Y0, so that rounding
    acts on the change within a step and not on the whole enthalpy. `weights`: mu, nu, mu~ dt, gamma~ dt, and the share
    of this stage's rate in the whole step, s.
    """
    mu, nu, w_now, w_start = (
        np.float32(weights[0]),
        np.float32(weights[1]),
        np.float32(weights[2]),
        np.float32(weights[3]),
    )
    for r in rows:
        base = g.base[r]
        shift = np.uint64(base)
        for stretch in range(0 if far else 1, 3 if far else 2, 2):
            low, high = bounds(r, stretch, w)
            rate_of(r, stretch, out, shift, psi, flow, sink, w, g, sums, weights[4])
            for q in range(g.piece_start[r], g.piece_start[r + 1]):
                a, b = max(g.pieces[q, 0], low), min(g.pieces[q, 1], high)
                if a < b:
                    _advance(h_to, start, h, rate, out, shift, base + a, base + b, mu, nu, w_now, w_start)
            if not far:
                potentials_of(r, psi_to, h_to, low, high, w.cold_low[r], w.cold_high[r], g)
