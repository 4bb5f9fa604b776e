"""Runge-Kutta-Legendre of second order (RKL2): an explicit step, stable over the square of its stages.

Meyer, Balsara and Aslam, J. Comput. Phys. 257 (2014) 594.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

SAFETY = 0.95


def stages(dt: float, radius: float) -> int:
    """Stages that keep a step stable: odd and at least 3. `radius`: spectral radius of the right-hand side, 1/s."""
    needed = math.ceil(0.5 * (math.sqrt(9.0 + 16.0 * dt * radius / (2.0 * SAFETY)) - 1.0))
    return max(3, needed + (needed + 1) % 2)


@cache
def weights(count: int) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """First weight mu~1, rows (mu, nu, mu~, gamma~) of stages 2..count, and times of stages 1..count as shares."""
    j = np.arange(count + 1)
    b = np.full(count + 1, 1.0 / 3.0)
    b[2:] = (j[2:] ** 2 + j[2:] - 2) / (2.0 * j[2:] * (j[2:] + 1))
    w1 = 4.0 / (count**2 + count - 2)
    first = b[1] * w1
    rows = np.zeros((count - 1, 4))
    times = np.zeros(count + 1)
    times[1] = first
    for n in range(2, count + 1):
        mu = (2 * n - 1) / n * b[n] / b[n - 1]
        nu = -(n - 1) / n * b[n] / b[n - 2]
        rows[n - 2] = mu, nu, mu * w1, -(1 - b[n - 1]) * mu * w1
        times[n] = mu * times[n - 1] + nu * times[n - 2] + rows[n - 2, 2] + rows[n - 2, 3]
    return first, rows, times[1:]
