"""What a step looks like: how good it is, where blood has stopped, which cells go on (see `cpu`)."""

from __future__ import annotations

import numpy as np

from iceball.physics.freezing import temperature
from iceball.solve.cpu import (
    BREACH,
    BUSY_HIGH,
    BUSY_LOW,
    COLD_HIGH,
    COLD_LOW,
    ERROR,
    HIGH_C,
    LOW_C,
    STORED,
    loop,
    lowest_part,
    part,
)
from iceball.solve.layout import HELD, WALL
from iceball.solve.rows import BLOOD as BLOOD_FLOW
from iceball.solve.rows import LEAST_K as LEAST
from iceball.solve.rows import PSI_STASIS, PSI_STOP, WARM_1

LEAST_K = np.float32(LEAST)
SOON_S = 600.0
"""Tissue without blood stands still if it would not go far within this time."""
SOON_K = np.float32(2.0)
"""A cell that will be this little above blood's stop may be cold within the step."""
CALM_K = np.float32(25.0)
"""Cells that will stay warmer than blood's stop by more than this need no closer look: none varies so much within."""
BLOCK = 16
"""So many cells are looked at together first."""


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
    half, zero = np.float32(0.5), np.float32(0.0)
    sx, sy = np.int64(g.stride[0]), np.int64(g.stride[1])
    for r in rows:
        base = g.base[r]
        for q in range(g.run_start[r], g.run_start[r + 1]):
            a, b, label = max(g.runs[q, 0], w.cold_low[r]), min(g.runs[q, 1], w.cold_high[r]), g.runs[q, 2]
            stasis = g.table[label, PSI_STASIS]
            for x in range(base + a, base + b):
                if flow.left[x] > zero:
                    share = half + (psi[x] - stasis) / _spread(psi, g.labels, x, sx, sy)
                    if share < flow.left[x]:
                        flow.left[x] = share if share > zero else zero
                        flow.stopped[r] = True


@part
def _worth(y1, y0, z, m0, m1, first, last, dt):  # type: ignore[no-untyped-def]
    """Sums of |0.8 (H0 - H1) + 0.4 dt (M0 + M1)|, the RKC estimate of a step's error, and of |H1 - H(begin)|."""
    error, stored = np.float32(0.0), np.float32(0.0)
    p, q = np.float32(0.8), np.float32(0.4 * dt)
    for x in range(np.uint64(first), np.uint64(last)):
        error += abs(p * (y0[x] - y1[x]) + q * (m0[x] + m1[x]))
        stored += abs(y1[x] - z[x])
    return error, stored


@lowest_part
def _extremes(h, first, last):  # type: ignore[no-untyped-def]
    low, high = np.float32(np.inf), np.float32(-np.inf)
    for x in range(np.uint64(first), np.uint64(last)):
        low = h[x] if h[x] < low else low
        high = h[x] if h[x] > high else high
    return low, high


@lowest_part
def _calm(psi, rate, first, last, stop, fall):  # type: ignore[no-untyped-def]
    """Whether some cells are, and at their rate will be, far from freezing."""
    least = np.float32(np.inf)
    for x in range(np.uint64(first), np.uint64(last)):
        change = fall * rate[x]
        soon = psi[x] - stop + (change if change < np.float32(0.0) else np.float32(0.0))
        least = soon if soon < least else least
    return least > CALM_K


@part
def _chills(psi, rate, labels, x, sx, sy, stop, fall):  # type: ignore[no-untyped-def]
    """Whether a part of a cell may be cold within the step."""
    change = fall * rate[x]
    soon = psi[x] - stop + (change if change < np.float32(0.0) else np.float32(0.0))
    return soon - _spread(psi, labels, x, sx, sy) < SOON_K


@part
def _chilled(psi, rate, labels, first, last, sx, sy, stop, fall):  # type: ignore[no-untyped-def]
    """The first of some cells that may be cold within the step, and one past the last; nothing: `last`, `first`."""
    low, high = last, first
    for start in range(first, last, BLOCK):
        end = min(start + BLOCK, last)
        if low == last and not _calm(psi, rate, start, end, stop, fall):
            for x in range(start, end):
                if low == last and _chills(psi, rate, labels, x, sx, sy, stop, fall):
                    low = x
    for back in range(0, last - low, BLOCK):
        end = last - back
        start = max(end - BLOCK, low)
        if high == first and not _calm(psi, rate, start, end, stop, fall):
            for x in range(end - 1, start - 1, -1):
                if high == first and _chills(psi, rate, labels, x, sx, sy, stop, fall):
                    high = x + 1
    return low, high


@part
def _breach(psi, rate, labels, first, last, sx, sy, stop):  # type: ignore[no-untyped-def]
    """Whether one of some cells has begun to freeze."""
    found = False
    for start in range(first, last, BLOCK):
        end = min(start + BLOCK, last)
        if not _calm(psi, rate, start, end, stop, np.float32(0.0)):
            for x in range(start, end):
                found = found or psi[x] - stop < np.float32(0.5) * _spread(psi, labels, x, sx, sy)
    return found


@part
def _busy(psi, rate, first, last, stop, slow_warm, slow_cold, still_k):  # type: ignore[no-untyped-def]
    """The first of some cells that will not stand still, and one past the last; nothing: `last`, `first`."""
    if still_k == 0.0:
        return first, last
    low, high = first, last
    while low < last and abs(rate[low]) <= (slow_warm if psi[low] > stop else slow_cold):
        low += 1
    if low == last:
        return last, first
    while abs(rate[high - 1]) <= (slow_warm if psi[high - 1] > stop else slow_cold):
        high -= 1
    return low, high


@loop
def judge(rows, start, end, rate_start, rate_end, begin, psi, dt, still_k, ahead_s, w, g, marks):  # type: ignore[no-untyped-def]
    """What a trial step looks like, per row.

    `marks[r]`: error, stored cold, lowest and highest temperature, the stretch that will not stand still within
    `still_k`, the stretch that may be cold within the next `ahead_s`, and whether a cell outside the cold span became
    cold. A number that is not finite makes the error so.
    """
    sx, sy = np.int64(g.stride[0]), np.int64(g.stride[1])
    length = sy - 2
    for r in rows:
        base = g.base[r]
        error, stored, low_c, high_c, breach = 0.0, 0.0, np.inf, -np.inf, False
        busy_low, busy_high, chilled, thawed = length, np.int64(0), length, np.int64(0)
        for q in range(g.run_start[r], g.run_start[r + 1]):
            a, b, label = max(g.runs[q, 0], w.low[r]), min(g.runs[q, 1], w.high[r]), g.runs[q, 2]
            if a >= b:
                continue
            e, s = _worth(end, start, begin, rate_start, rate_end, base + a, base + b, dt)
            error, stored = error + e, stored + s
            least, most = _extremes(end, base + a, base + b)
            low_c, high_c = min(low_c, temperature(least, g.laws[label])), max(high_c, temperature(most, g.laws[label]))
            per_c, stop = g.table[label, WARM_1], g.table[label, PSI_STOP]
            # frozen tissue holds less heat than unfrozen: half the capacity is a safe guess for both
            slow_cold = np.float32(still_k * 0.5 / SOON_S) / per_c
            slow_warm = np.float32(still_k) * g.table[label, BLOOD_FLOW]
            slow_warm = slow_warm if slow_warm > slow_cold else slow_cold
            u, v = _busy(psi, rate_end, base + a, base + b, stop, slow_warm, slow_cold, still_k)
            if u < v:
                busy_low, busy_high = min(busy_low, u - base), max(busy_high, v - base)
            fall = np.float32(1.5 * ahead_s) * per_c
            u, v = _chilled(psi, rate_end, g.labels, base + a, base + b, sx, sy, stop, fall)
            if u < v:
                chilled, thawed = min(chilled, u - base), max(thawed, v - base)
            for side in range(2):
                u = a if side == 0 else max(a, w.cold_high[r])
                v = min(b, w.cold_low[r]) if side == 0 else b
                if w.cold_low[r] >= w.cold_high[r]:
                    u, v = a, b
                breach = breach or _breach(psi, rate_end, g.labels, base + u, base + v, sx, sy, stop)
        marks[r, ERROR], marks[r, STORED], marks[r, LOW_C], marks[r, HIGH_C] = error, stored, low_c, high_c
        marks[r, BUSY_LOW], marks[r, BUSY_HIGH], marks[r, BREACH] = busy_low, busy_high, 1.0 if breach else 0.0
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
