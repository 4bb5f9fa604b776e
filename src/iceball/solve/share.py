"""How much of each cell lies within surfaces that are known by one value a cell."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

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
    n = curved.shape[1]
    total = 0.0
    near, parts, others = np.empty((3, 3, 3)), np.empty((n, n, n)), np.empty((n, n, n))
    lows, highs = np.empty(counts.shape[2]), np.empty(counts.shape[2])
    lowest, highest = np.empty(counts.shape[2]), np.empty(counts.shape[2])
    for i in range(counts.shape[0]):
        for j in range(counts.shape[1]):
            _columns(smooth, i, j, lows, highs)
            if both:
                _columns(straight, i, j, lowest, highest)
            for k in range(counts.shape[2]):
                before, after = max(k - 1, 0), min(k + 1, counts.shape[2] - 1)
                if not counts[i, j, k] or max(highs[before], highs[k], highs[after]) < 0.0:
                    continue
                if both and max(highest[before], highest[k], highest[after]) < 0.0:
                    continue
                low = min(lows[before], lows[k], lows[after])
                line = min(lowest[before], lowest[k], lowest[after]) if both else 0.0
                if low >= 0.0 and line >= 0.0:
                    total += 1.0
                    continue
                parts[:] = 1.0
                if low < 0.0:
                    _around(smooth, i, j, k, near)
                    _divide(near, curved, parts)
                if line < 0.0:
                    _around(straight, i, j, k, near)
                    _divide(near, lined, others)
                    np.minimum(parts, others, parts)
                total += parts.sum() / n**3
    return total


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


@kernel
def _divide(near, weights, parts):  # type: ignore[no-untyped-def]
    """Share of each division that is at least 0: a ramp as wide as the gradient is long.

    That ramp has the spread of a cube seen along the gradient, so that round surfaces gain nothing. One axis is summed
    after the other.
    """
    n = parts.shape[0]
    plane, plane_x = np.empty((3, 3)), np.empty((3, 3))
    line, line_x, line_y = np.empty(3), np.empty(3), np.empty(3)
    for p in range(n):
        for b in range(3):
            for c in range(3):
                plane[b, c] = plane_x[b, c] = 0.0
                for a in range(3):
                    plane[b, c] += weights[0, p, a] * near[a, b, c]
                    plane_x[b, c] += weights[1, p, a] * near[a, b, c]
        for q in range(n):
            for c in range(3):
                line[c] = line_x[c] = line_y[c] = 0.0
                for b in range(3):
                    line[c] += weights[0, q, b] * plane[b, c]
                    line_x[c] += weights[0, q, b] * plane_x[b, c]
                    line_y[c] += weights[1, q, b] * plane[b, c]
            for r in range(n):
                value = along_x = along_y = along_z = 0.0
                for c in range(3):
                    value += weights[0, r, c] * line[c]
                    along_x += weights[0, r, c] * line_x[c]
                    along_y += weights[0, r, c] * line_y[c]
                    along_z += weights[1, r, c] * line[c]
                width = np.sqrt(along_x * along_x + along_y * along_y + along_z * along_z)
                if width > 0.0:
                    parts[p, q, r] = min(max(0.5 + value / width, 0.0), 1.0)
                else:
                    parts[p, q, r] = 1.0 if value >= 0.0 else 0.0
