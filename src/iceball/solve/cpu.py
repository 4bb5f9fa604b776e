"""The fast loops: one right-hand side, its Runge-Kutta-Legendre stages, and nothing else. All run without the GIL.

Written for the vectoriser: rows are contiguous and indices unsigned (a signed one may wrap round), minimum and maximum
are ternaries, updates are in place, loops are small. Sums are per row in a fixed order, so the answer does not depend
on the number of threads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numba import njit

from iceball.physics.cooling import wall_flux
from iceball.physics.freezing import temperature
from iceball.physics.heat import face_rise, potential
from iceball.solve import rows as t
from iceball.solve.layout import CLOSED, HELD, WALL

F = TypeVar("F", bound=Callable[..., Any])

ONE = np.uint64(1)
WALLS, OUTER, BLOOD, METABOLISM = range(4)
"""Columns of the row sums, W/m3 added up over the cells of a row."""

H_S, MUSHY_RANGE, FROZEN_SCALE, MUSHY_1, MUSHY_2, WARM_1 = (
    t.H_S,
    t.MUSHY_RANGE,
    t.FROZEN_SCALE,
    t.MUSHY_1,
    t.MUSHY_2,
    t.WARM_1,
)
THETA_S, THETA_L, T_BLOOD, T_METABOLISM = t.THETA_S, t.THETA_L, t.BLOOD, t.METABOLISM
BODY_GAP, WARM_K, LEAST, POLY = t.BODY_GAP, t.WARM_K, t.LEAST, t.POLY


def loop(function: F) -> F:
    """Compile a loop: no GIL, cached; sums may be reordered by the compiler (always in the same way)."""
    compiled: F = njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})(function)
    return compiled


def exact_loop(function: F) -> F:
    """Like `loop`, with sums kept as they are written."""
    compiled: F = njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})(function)
    return compiled


@loop
def _potentials(theta, h, a, b, c):  # type: ignore[no-untyped-def]
    """Potential of the cells a to b of one tissue from their enthalpy; three parts add up, so there is no branch."""
    h_s, span, scale = c[H_S], c[MUSHY_RANGE], c[FROZEN_SCALE]
    m1, m2, w1, base = c[MUSHY_1], c[MUSHY_2], c[WARM_1], c[THETA_S]
    p1, p2, p3, p4, p5, p6, p7, p8 = (c[POLY], c[POLY + 1], c[POLY + 2], c[POLY + 3], c[POLY + 4], c[POLY + 5],
                                      c[POLY + 6], c[POLY + 7])  # fmt: skip
    zero = np.float32(0.0)
    for x in range(np.uint64(a) + ONE, np.uint64(b) + ONE):
        d = h[x] - h_s
        f = (d if d < zero else zero) * scale
        m = d if d > zero else zero
        u = m - span
        u = u if u > zero else zero
        m = m if m < span else span
        frozen = f * (p1 + f * (p2 + f * (p3 + f * (p4 + f * (p5 + f * (p6 + f * (p7 + f * p8)))))))
        theta[x] = base + frozen + m * (m1 + m2 * m) + u * w1


@loop
def _conduct(out, here, west, east, south, north, a, b, gx, gy, gz):  # type: ignore[no-untyped-def]
    """Add the divergence of the flux as if all neighbours were of one tissue."""
    for x in range(np.uint64(a), np.uint64(b)):
        at = x + ONE
        twice = here[at] + here[at]
        out[x] += (gz * (here[x] + here[at + ONE] - twice) + gy * (south[at] + north[at] - twice)
                   + gx * (west[at] + east[at] - twice))  # fmt: skip


@loop
def _conduct_and_warm(out, here, west, east, south, north, a, b, gx, gy, gz, live, k, total):  # type: ignore[no-untyped-def]
    """Like `_conduct`, with perfusion and metabolism of each cell's unfrozen share.

    The law is `physics.blood`, here without branches.
    """
    theta_l, blood, metabolism = k[THETA_L], k[T_BLOOD], k[T_METABOLISM]
    gap, per_k, least = k[BODY_GAP], np.float32(1.0) / k[WARM_K], k[LEAST]
    half, zero, one = np.float32(0.5), np.float32(0.0), np.float32(1.0)
    flow, fuel = zero, zero
    for x in range(np.uint64(a), np.uint64(b)):
        at = x + ONE
        c, u, d, n, s, e, w = here[at], here[x], here[at + ONE], north[at], south[at], east[at], west[at]
        spread = half * (abs(d - u) + abs(n - s) + abs(e - w))
        above = c - theta_l
        share = half + above / (spread + least)
        share = share if share > zero else zero
        share = share if share < one else one
        part = half * share * spread
        warm = above if above > part else part
        share = share * live[at]
        carried = share * blood * (gap - warm * per_k)
        made = share * metabolism
        twice = c + c
        out[x] += gz * (u + d - twice) + gy * (s + n - twice) + gx * (w + e - twice) + (carried + made)
        flow += carried
        fuel += made
    total[BLOOD] += flow
    total[METABOLISM] += fuel


@loop
def _mend(out, first, last, base, theta, h, labels, cells, there, kinds, warm, walls, held, rows, g, spacing, total):  # type: ignore[no-untyped-def]
    """Replace the plain flux of every face that does not join two cells of one tissue by the right one.

    Two unfrozen tissues conduct with constants: their correction is linear in both potentials (`warm`, see
    `warm_faces`).
    """
    for f in range(first, last):
        cell = cells[f]
        at = base + cell + 1
        own, other = theta[at], theta[there[f]]
        axis = kinds[f, 1]
        if own >= warm[f, 0] and other >= warm[f, 1]:
            out[cell] += np.float32(g[axis]) * (warm[f, 2] * other - warm[f, 3] * own)
            continue
        kind, which = kinds[f, 0], kinds[f, 2]
        plain = other - own
        if kind == CLOSED:
            out[cell] -= np.float32(g[axis] * plain)
            continue
        m = rows[labels[at]]
        celsius = temperature(h[at], m)
        if kind == HELD:
            rise = 2.0 * (potential(held[which], m) - potential(celsius, m))
            total[OUTER] += g[axis] * rise
        elif kind == WALL:
            d = spacing[axis]
            rise = d * wall_flux(celsius, walls[which, 1], walls[which, 0], 0.5 * d, m)
            total[WALLS] += g[axis] * rise
        else:
            n = rows[labels[there[f]]]
            rise = face_rise(celsius, temperature(h[there[f]], n), m, n)
        out[cell] += np.float32(g[axis] * (rise - plain))


@loop
def _rate(out, r, ny, theta, h, live, sink, sunk, lay, geometry, tables, sums):  # type: ignore[no-untyped-def]
    """dH/dt of one row into `out`, W/m3; what came from walls, outer faces and blood into `sums`."""
    run_start, runs, face_start, cells, there, kinds, labels, warm = lay
    walls, held, g, spacing = geometry
    quick, rows = tables
    i, j = r // ny, r % ny
    here = theta[i + 1, j + 1]
    west, east, south, north = theta[i, j + 1], theta[i + 2, j + 1], theta[i + 1, j], theta[i + 1, j + 2]
    total = sums[r]
    total[:] = 0.0
    if sunk[r]:
        out[:] = sink[r]
    else:
        out[:] = np.float32(0.0)
    first, last = face_start[r], face_start[r + 1]
    if last > first:
        base = ((i + 1) * theta.shape[1] + j + 1) * theta.shape[2]
        _mend(out, first, last, base, theta.reshape(-1), h.reshape(-1), labels, cells, there, kinds, warm, walls, held,
              rows, g, spacing, total)  # fmt: skip
    gx, gy, gz = np.float32(g[0]), np.float32(g[1]), np.float32(g[2])
    for q in range(run_start[r], run_start[r + 1]):
        a, b, label = runs[q, 0], runs[q, 1], runs[q, 2]
        k = quick[label]
        if k[T_BLOOD] > 0.0 or k[T_METABOLISM] > 0.0:
            _conduct_and_warm(out, here, west, east, south, north, a, b, gx, gy, gz, live[i + 1, j + 1], k, total)
        else:
            _conduct(out, here, west, east, south, north, a, b, gx, gy, gz)


@loop
def _after(r, ny, theta_to, h_to, lay, tables):  # type: ignore[no-untyped-def]
    """The potentials of a row that has new enthalpies."""
    i, j = r // ny, r % ny
    for q in range(lay[0][r], lay[0][r + 1]):
        _potentials(theta_to[i + 1, j + 1], h_to[i + 1, j + 1], lay[1][q, 0], lay[1][q, 1], tables[0][lay[1][q, 2]])


@loop
def rates(rows, ny, theta, h, live, sink, sunk, lay, geometry, tables, sums, rate):  # type: ignore[no-untyped-def]
    """dH/dt of some rows."""
    for r in rows:
        _rate(rate[r], r, ny, theta, h, live, sink, sunk, lay, geometry, tables, sums)


@loop
def first_stage(rows, ny, start, rate, dt, h_to, theta_to, lay, tables):  # type: ignore[no-untyped-def]
    """Y1 = Y0 + dt M0, and its potentials. An explicit Euler step is this with the whole step."""
    dt = np.float32(dt)
    for r in rows:
        i, j = r // ny, r % ny
        y0, m0, y = start[i + 1, j + 1][1:-1], rate[r], h_to[i + 1, j + 1][1:-1]
        for x in range(m0.size):
            y[x] = y0[x] + dt * m0[x]
        _after(r, ny, theta_to, h_to, lay, tables)


@exact_loop
def next_stage(rows, ny, theta, h, h_to, theta_to, start, rate, weights, live, sink, sunk, lay, geometry, tables, sums):  # type: ignore[no-untyped-def]
    """Y(j) = mu Y(j-1) + nu Y(j-2) + (1 - mu - nu) Y0 + mu~ dt M(Y(j-1)) + gamma~ dt M0, in place of Y(j-2).

    Written for the differences from Y0, so that rounding acts on the change within a step and not on the whole
    enthalpy.
    """
    mu, nu = np.float32(weights[0]), np.float32(weights[1])
    w_now, w_start = np.float32(weights[2]), np.float32(weights[3])
    out = np.empty(rate.shape[1], np.float32)
    for r in rows:
        i, j = r // ny, r % ny
        _rate(out, r, ny, theta, h, live, sink, sunk, lay, geometry, tables, sums)
        y0, y1, y2 = start[i + 1, j + 1][1:-1], h[i + 1, j + 1][1:-1], h_to[i + 1, j + 1][1:-1]
        m0 = rate[r]
        for x in range(m0.size):
            y = y0[x]
            y2[x] = y + (mu * (y1[x] - y) + nu * (y2[x] - y) + (w_now * out[x] + w_start * m0[x]))
        _after(r, ny, theta_to, h_to, lay, tables)


@loop
def potentials(rows, ny, h, theta_to, lay, tables):  # type: ignore[no-untyped-def]
    """All potentials from enthalpies."""
    for r in rows:
        _after(r, ny, theta_to, h, lay, tables)


@loop
def judge(rows, ny, start, end, rate_start, rate_end, begin, dt, labels, table, marks):  # type: ignore[no-untyped-def]
    """What a trial step looks like, per row: |error|, |stored cold|, lowest and highest temperature, activity.

    The error is the RKC estimate 0.8 (H0 - H1) + 0.4 dt (M0 + M1). `marks[r]`: error, stored, lowest T, highest T,
    max |rate| in K/s.
    """
    for r in rows:
        i, j = r // ny, r % ny
        y0, y1, z, lab = start[i + 1, j + 1], end[i + 1, j + 1], begin[i + 1, j + 1], labels[i + 1, j + 1]
        m0, m1 = rate_start[r], rate_end[r]
        error, stored, low, high, busy = 0.0, 0.0, np.inf, -np.inf, 0.0
        for x in range(m0.size):
            if lab[x + 1] == 255:
                continue
            h = y1[x + 1]
            error += abs(0.8 * (y0[x + 1] - h) + 0.4 * dt * (m0[x] + m1[x]))
            stored += abs(h - z[x + 1])
            m = table[lab[x + 1]]
            celsius = temperature(h, m)
            if not np.isfinite(h):
                celsius = np.nan
            if not celsius >= low:
                low = celsius
            if celsius > high:
                high = celsius
            c = m.warm_c if m.warm_c < m.c0 or m.c0 <= 0.0 else m.c0
            rate = abs(m1[x]) / c
            if rate > busy:
                busy = rate
        marks[r, 0], marks[r, 1], marks[r, 2], marks[r, 3], marks[r, 4] = error, stored, low, high, busy
