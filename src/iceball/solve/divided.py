"""Cells that a surface crosses, cut into small divisions: how much of each division lies within.

Many cells are divided together, so that a processor does the same to several of them at once.
"""

from __future__ import annotations

import numpy as np

from iceball.solve.rows import kernel

TOGETHER = 64
"""Cells that are divided at once."""
SURE = 1.0 + 1e-9
"""More than rounding could take from what is surely on one side."""


@kernel
def side_of(near, weights):  # type: ignore[no-untyped-def]
    """1 where all divisions of a cell surely count in full, -1 where surely none counts at all, 0 where that is open.

    Along an axis values are middle + slope x + bend e(x), where e is x² or |x|. What slopes and bends can add together
    at the outermost division, half of a ramp included, is held against the middle.

    Args:
        near: a cell and its 26 neighbours, (3, 3, 3).
        weights: as of `divide`.
    """
    terms = near.copy().reshape(27)
    for step in (9, 3, 1):
        for n in range(27):
            if n // step % 3 == 0:
                before, here, after = terms[n], terms[n + step], terms[n + 2 * step]
                terms[n] = here
                terms[n + step] = 0.5 * (after - before)
                terms[n + 2 * step] = 0.5 * (after + before) - here
    value, slope = weights[0, -1], weights[1, -1]
    far = (1.0, value[2] - value[0], value[2] + value[0])
    steep = (0.0, slope[2] - slope[0], slope[2] + slope[0])
    most = along_x = along_y = along_z = 0.0
    for a in range(3):
        for b in range(3):
            for c in range(3):
                size = abs(terms[9 * a + 3 * b + c])
                most += far[a] * far[b] * far[c] * size
                along_x += steep[a] * far[b] * far[c] * size
                along_y += far[a] * steep[b] * far[c] * size
                along_z += far[a] * far[b] * steep[c] * size
    half = 0.5 * np.sqrt(along_x * along_x + along_y * along_y + along_z * along_z)
    middle = terms[0]
    # the middle is itself among what adds up to the most
    if 2.0 * abs(middle) > (most + half) * SURE:
        return 1 if middle > 0.0 else -1
    return 0


@kernel
def wait(near, side, nears, place):  # type: ignore[no-untyped-def]
    """A cell and its neighbours into those that wait; where its side is sure all are 1, so that it counts in full."""
    for a in range(3):
        for b in range(3):
            for c in range(3):
                nears[a, b, c, place] = 1.0 if side > 0 else near[a, b, c]


@kernel
def divide(near, weights, count, parts):  # type: ignore[no-untyped-def]
    """Share of each division that is at least 0: a ramp as wide as the gradient is long.

    That ramp has the spread of a cube seen along the gradient, so that round surfaces gain nothing. One axis is summed
    after the other.

    Args:
        near: cells and their 26 neighbours, (3, 3, 3, cells).
        weights: of a cell and its neighbours at each division, for the value and for its slope.
        count: so many of the cells are divided, at most TOGETHER.
        parts: the shares of the divisions, (n, n, n, cells).
    """
    n = weights.shape[1]
    plane, plane_x = np.empty((3, 3, TOGETHER)), np.empty((3, 3, TOGETHER))
    line, line_x, line_y = np.empty((3, TOGETHER)), np.empty((3, TOGETHER)), np.empty((3, TOGETHER))
    for p in range(n):
        for b in range(3):
            for c in range(3):
                _weighted(weights[0, p], near[:, b, c], count, plane[b, c])
                _weighted(weights[1, p], near[:, b, c], count, plane_x[b, c])
        for q in range(n):
            for c in range(3):
                _weighted(weights[0, q], plane[:, c], count, line[c])
                _weighted(weights[0, q], plane_x[:, c], count, line_x[c])
                _weighted(weights[1, q], plane[:, c], count, line_y[c])
            for r in range(n):
                w, s = weights[0, r], weights[1, r]
                for m in range(count):
                    value = w[0] * line[0, m] + w[1] * line[1, m] + w[2] * line[2, m]
                    along_x = w[0] * line_x[0, m] + w[1] * line_x[1, m] + w[2] * line_x[2, m]
                    along_y = w[0] * line_y[0, m] + w[1] * line_y[1, m] + w[2] * line_y[2, m]
                    along_z = s[0] * line[0, m] + s[1] * line[1, m] + s[2] * line[2, m]
                    width = np.sqrt(along_x * along_x + along_y * along_y + along_z * along_z)
                    ramp = min(max(0.5 + value / width, 0.0), 1.0)
                    flat = 1.0 if value >= 0.0 else 0.0
                    parts[p, q, r, m] = ramp if width > 0.0 else flat


@kernel
def _weighted(weights, values, count, out):  # type: ignore[no-untyped-def]
    a, b, c = weights[0], weights[1], weights[2]
    for m in range(count):
        out[m] = a * values[0, m] + b * values[1, m] + c * values[2, m]
