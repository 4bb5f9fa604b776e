"""How much of each cell lies within surfaces that are known by one value a cell."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from iceball.solve.divided import TOGETHER, divide, side_of, wait
from iceball.solve.rows import kernel

SUBDIVISION = 5
"""Points per axis at which a cell that a surface crosses is looked at: 125 in each cell."""


def cells_within(
    counts: NDArray[np.bool_], smooth: NDArray[np.floating], straight: NDArray[np.floating] | None = None
) -> float:
    """How many of the cells that count have `smooth` (and `straight`) at least 0; crossed cells count in part.

    Within a cell `smooth` is quadratic, since chords through a round ice ball would lose 3 % at a radius of four cells;
    `straight` is linear between cell centres, as the surface of a mask is defined. Each of a cell's divisions counts by
    the share of it that is at least 0: counting them whole would let a flat front that lies along the cells jump by a
    fifth of a cell.
    """
    both = straight is not None
    return float(
        _within(
            np.require(counts, bool, ("C", "W")),
            np.require(smooth, np.float32, ("C", "W")),
            np.require(straight if both else smooth, np.float32, ("C", "W")),
            both,
            _weights(quadratic=True),
            _weights(quadratic=False),
        )
    )


@cache
def _weights(*, quadratic: bool) -> NDArray[np.float64]:
    """Weights of a cell and its two neighbours along an axis at the middle of each division, and of the slope there.

    Shape (2, SUBDIVISION, 3); the slope is per division.
    """
    at = (np.arange(SUBDIVISION) + 0.5) / SUBDIVISION - 0.5
    if quadratic:
        value = [at * (at - 1) / 2, 1 - at**2, at * (at + 1) / 2]
        slope = [at - 0.5, -2 * at, at + 0.5]
    else:
        value = [np.maximum(0, -at), 1 - np.abs(at), np.maximum(0, at)]
        side = np.sign(np.round(at, 12))
        slope = [(side - 1) / 2, -side, (side + 1) / 2]
    return np.array([np.array(value).T, np.array(slope).T / SUBDIVISION])


@kernel
def _within(counts, smooth, straight, both, curved, lined):  # type: ignore[no-untyped-def]
    n, rows, columns = curved.shape[1], counts.shape[1], counts.shape[2]
    lows, highs = np.empty(columns, np.float32), np.empty(columns, np.float32)
    lowest, highest = np.empty(columns, np.float32), np.empty(columns, np.float32)
    near, line = np.empty((3, 3, 3)), np.empty((3, 3, 3))
    # cells that wait for each other: their divisions are found together
    nears, parts = np.empty((3, 3, 3, TOGETHER)), np.empty((n, n, n, TOGETHER))
    lines, others = np.empty((3, 3, 3, TOGETHER)), np.empty((n, n, n, TOGETHER))
    waiting, shares = np.empty(TOGETHER, np.int64), np.empty(rows * columns)
    curves = edges = False
    total = 0.0
    for i in range(counts.shape[0]):
        count = 0
        for j in range(rows):
            _columns(smooth, i, j, lows, highs)
            if both:
                _columns(straight, i, j, lowest, highest)
            for k in range(columns):
                cell = j * columns + k
                shares[cell] = 0.0
                before, after = max(k - 1, 0), min(k + 1, columns - 1)
                if not counts[i, j, k] or max(highs[before], highs[k], highs[after]) < 0.0:
                    continue
                if both and max(highest[before], highest[k], highest[after]) < 0.0:
                    continue
                side = edge = 1
                if min(lows[before], lows[k], lows[after]) < 0.0:
                    _around(smooth, i, j, k, near)
                    side = side_of(near, curved)
                if both and side >= 0 and min(lowest[before], lowest[k], lowest[after]) < 0.0:
                    _around(straight, i, j, k, line)
                    edge = side_of(line, lined)
                if side < 0 or edge < 0:
                    continue
                shares[cell] = 1.0
                if side == 0 or edge == 0:
                    wait(near, side, nears, count)
                    wait(line, edge, lines, count)
                    waiting[count] = cell
                    count += 1
                    curves, edges = curves or side == 0, edges or edge == 0
                    if count == TOGETHER:
                        _share(nears, lines, curves, edges, curved, lined, parts, others, waiting, count, shares)
                        count, curves, edges = 0, False, False
        _share(nears, lines, curves, edges, curved, lined, parts, others, waiting, count, shares)
        curves = edges = False
        for cell in range(shares.size):
            total += shares[cell]
    return total


@kernel
def _share(nears, lines, curves, edges, curved, lined, parts, others, waiting, count, shares):  # type: ignore[no-untyped-def]
    """The share of each waiting cell, into `shares`; `curves` and `edges` say whether any is crossed by either."""
    if count == 0:
        return
    if curves:
        divide(nears, curved, count, parts)
    else:
        parts[:] = 1.0
    if edges:
        divide(lines, lined, count, others)
    else:
        others[:] = 1.0
    n = curved.shape[1]
    sums = np.zeros(TOGETHER)
    for p in range(n):
        for q in range(n):
            for r in range(n):
                for m in range(count):
                    sums[m] += min(parts[p, q, r, m], others[p, q, r, m])
    for m in range(count):
        shares[waiting[m]] = sums[m] / n**3


@kernel
def _columns(values, i, j, low, high):  # type: ignore[no-untyped-def]
    """Lowest and highest of every cell of a column and its eight neighbours beside it, into `low` and `high`."""
    for k in range(values.shape[2]):
        low[k], high[k] = np.inf, -np.inf
    for a in range(-1, 2):
        x = min(max(i + a, 0), values.shape[0] - 1)
        for b in range(-1, 2):
            y = min(max(j + b, 0), values.shape[1] - 1)
            for k in range(values.shape[2]):
                v = values[x, y, k]
                low[k], high[k] = min(low[k], v), max(high[k], v)


@kernel
def _around(values, i, j, k, near):  # type: ignore[no-untyped-def]
    """A cell and its 26 neighbours into `near`, the outermost cells repeated."""
    for a in range(3):
        x = min(max(i + a - 1, 0), values.shape[0] - 1)
        for b in range(3):
            y = min(max(j + b - 1, 0), values.shape[1] - 1)
            for c in range(3):
                near[a, b, c] = values[x, y, min(max(k + c - 1, 0), values.shape[2] - 1)]
