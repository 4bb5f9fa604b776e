"""Runge-Kutta-Legendre of second order (RKL2): an explicit step, stable over the square of its stages.

Meyer, Balsara and Aslam, J. Comput. Phys. 257 (2014) 594.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

SAFETY = 0.95


@dataclass(frozen=True, eq=False)
class Stages:
    """One step's weights."""

    first: float
    """mu~1."""
    rows: NDArray[np.float64]
    """mu, nu, mu~, gamma~ of stages 2 to count."""
    times: NDArray[np.float64]
    """When each stage 1 to count holds, as a share of the step."""
    shares: NDArray[np.float64]
    """Share of the whole step that each evaluated rate has: of the start, then of stages 1 to count - 1."""

    def weights(self, stage: int, dt: float) -> NDArray[np.float64]:
        """What follows stage number `stage`: mu, nu, mu~ dt, gamma~ dt, and the share of that rate in the step, s.

        The second stage follows the start itself, from which all are counted: it needs no nu.
        """
        mu, nu, now, start = self.rows[stage - 1]
        return np.array([mu, nu if stage > 1 else 0.0, now * dt, start * dt, self.shares[stage] * dt])


def count(dt: float, radius: float) -> int:
    """Stages that keep a step stable: odd and at least 3. `radius`: spectral radius of the right-hand side, 1/s."""
    needed = math.ceil(0.5 * (math.sqrt(9.0 + 16.0 * dt * radius / (2.0 * SAFETY)) - 1.0))
    return max(3, needed + (needed + 1) % 2)


@cache
def stages(number: int) -> Stages:
    """The weights of a step with so many stages."""
    j = np.arange(number + 1)
    b = np.full(number + 1, 1.0 / 3.0)
    b[2:] = (j[2:] ** 2 + j[2:] - 2) / (2.0 * j[2:] * (j[2:] + 1))
    w1 = 4.0 / (number**2 + number - 2)
    rows = np.zeros((number - 1, 4))
    for n in range(2, number + 1):
        mu = (2 * n - 1) / n * b[n] / b[n - 1]
        rows[n - 2] = mu, -(n - 1) / n * b[n] / b[n - 2], mu * w1, -(1 - b[n - 1]) * mu * w1
    return Stages(b[1] * w1, rows, *shares_and_times(b[1] * w1, rows))


def shares_and_times(first: float, rows: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """`times` and `shares` of a step from its recurrence."""
    number = len(rows) + 1
    times = np.zeros(number + 1)
    share = np.zeros((number + 1, number))
    times[1] = share[1, 0] = first
    for n, (mu, nu, now, start) in enumerate(rows, 2):
        times[n] = mu * times[n - 1] + nu * times[n - 2] + now + start
        share[n] = mu * share[n - 1] + nu * share[n - 2]
        share[n, n - 1] += now
        share[n, 0] += start
    return times[1:], share[number]
