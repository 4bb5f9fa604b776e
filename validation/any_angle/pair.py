"""Two endless parallel needles in two dimensions, resolved: cells of 0.1875 mm, the needles' discs held at the coolant.

Nothing of the solver is used but the scalar laws. `python validation/any_angle/pair.py` prints the radii that
`expected.toml` holds the proof to.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

from iceball.physics.freezing import enthalpy, temperature
from iceball.physics.heat import potential

CELL_M, HALF_M = 0.1875e-3, 26e-3
FASTEST = 4.6e-6
"""Highest diffusivity that comes up, m2/s."""


def equal_radii_mm(
    row: Any, radius_mm: float, apart_mm: float, coolant_c: float, tau: float, begin_c: float, until_s: float,
    levels_c: tuple[float, ...],
) -> list[float]:  # fmt: skip
    """Radius of the circle with the area of each isotherm."""
    steps = math.ceil(until_s / (0.22 * CELL_M**2 / FASTEST))
    n = int(HALF_M / CELL_M)
    theta = _march(row, n, 0.5e-3 * apart_mm, 1e-3 * radius_mm, coolant_c, tau, begin_c, until_s / steps, steps)
    slope = np.maximum(np.hypot(*np.gradient(theta)), 1e-9)
    share = [np.clip(0.5 - (theta - potential(level, row)) / slope, 0.0, 1.0).sum() for level in levels_c]
    return [1e3 * CELL_M * math.sqrt(4.0 * s / math.pi) for s in share]


@njit(cache=True, error_model="numpy")
def _march(m, n, x, radius, coolant_c, tau, begin_c, dt, steps):  # type: ignore[no-untyped-def]
    """A quarter of the plane, mirrored at both inner edges; only the corner that has changed is computed."""
    h, theta = np.full((n, n), enthalpy(begin_c, m)), np.full((n + 2, n + 2), potential(begin_c, m))
    needle = np.zeros((n, n), np.bool_)
    for i in range(n):
        for j in range(n):
            needle[i, j] = ((i + 0.5) * CELL_M - x) ** 2 + ((j + 0.5) * CELL_M) ** 2 < radius**2
    reach = 10
    for step in range(steps):
        cold = enthalpy(coolant_c + (begin_c - coolant_c) * math.exp(-step * dt / tau), m)
        for i in range(reach):
            for j in range(reach):
                if needle[i, j]:
                    h[i, j] = cold
                theta[i + 1, j + 1] = potential(temperature(h[i, j], m), m)
        for i in range(reach):
            theta[0, i + 1], theta[i + 1, 0] = theta[1, i + 1], theta[i + 1, 1]
        edge = 0.0
        for i in range(reach):
            for j in range(reach):
                around = theta[i, j + 1] + theta[i + 2, j + 1] + theta[i + 1, j] + theta[i + 1, j + 2]
                h[i, j] += dt / CELL_M**2 * (around - 4.0 * theta[i + 1, j + 1])
            edge = max(edge, abs(h[i, reach - 1]), abs(h[reach - 1, i]))
        if edge > 100.0 and step % 20 == 0:
            reach = min(n, reach + 3)
    return theta[1:-1, 1:-1].copy()


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from any_angle.run import APART_MM, COOLANT_C, LEVELS_C, PAIR_S, RADIUS_MM, TAU_S, row

    for apart in APART_MM:
        found = equal_radii_mm(row(), RADIUS_MM, apart, COOLANT_C, TAU_S, 37.0, PAIR_S, LEVELS_C)
        print(apart, " ".join(f"{r:.3f}" for r in found))
