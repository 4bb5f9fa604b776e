"""The truth of problems of depth or radius alone: one row of very fine cells, explicit, the laws called directly."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from doubt.cases import RADIUS_MM, Floats, OneDimension
from numba import njit

from iceball.physics.freezing import enthalpy, temperature
from iceball.physics.heat import conductivity, potential
from iceball.solve import Bioheat
from iceball.solve.rows import property_rows

CELL_MM = 0.1
SAFETY = 0.3
BODY_C = 37.0


@cache
def profile(case: OneDimension) -> tuple[Floats, Floats]:
    """Depth or radius of the cells in mm, and the lowest temperature each of them had."""
    m = property_rows(case.scene(3.0), Bioheat()).view(np.recarray)[0]
    count = round(case.reach_mm / CELL_MM)
    first = 0.0 if case.power == 0 else RADIUS_MM * 1e-3
    h = np.full(count, enthalpy(BODY_C, m))
    lowest = np.full(count, BODY_C)
    stiffest = max(conductivity(c, m) for c in (case.wall_c, -100.0, m.solidus)) / min(
        m.warm_c, m.c0 + m.c1 * case.wall_c
    )
    steps = math.ceil(case.seconds * stiffest / (SAFETY * (CELL_MM * 1e-3) ** 2))
    _march(h, lowest, m, first, CELL_MM * 1e-3, case.power, case.wall_c, case.h, case.watts_per_m,
           case.seconds / steps, steps)  # fmt: skip
    at = (0.0 if case.power == 0 else RADIUS_MM) + (np.arange(count) + 0.5) * CELL_MM
    return at, lowest


def reach_mm(case: OneDimension, celsius: float) -> float:
    """Depth or radius of an isotherm; 0 where it is not reached."""
    at, lowest = profile(case)
    return float(np.interp(celsius, lowest, at)) if lowest[0] < celsius else 0.0


@njit(error_model="numpy")
def _march(h: Any, lowest: Any, m: Any, first: float, cell: float, power: int, wall_c: float, film: float,
           watts_per_m: float, dt: float, steps: int) -> None:  # fmt: skip
    theta = np.empty(h.size)
    given = not math.isnan(watts_per_m)
    soft = given or film < 1e9
    for _ in range(steps):
        for i in range(h.size):
            theta[i] = potential(temperature(h[i], m), m)
        if given:
            leaving = watts_per_m / (2.0 * math.pi)
        else:
            gap = 0.5 * cell if power == 0 else math.log((first + 0.5 * cell) / first)
            edge = 1.0 if power == 0 else first
            low, high = wall_c, temperature(h[0], m) + 1e-9
            for _ in range(40 if soft else 0):
                middle = 0.5 * (low + high)
                if edge * film * (middle - wall_c) < (theta[0] - potential(middle, m)) / gap:
                    low = middle
                else:
                    high = middle
            leaving = (theta[0] - potential(low, m)) / gap
        for i in range(h.size):
            inner, outer = first + i * cell, first + (i + 1) * cell
            beyond = theta[i + 1] if i + 1 < h.size else 0.0
            arriving = (beyond - theta[i]) / (cell if i + 1 < h.size else 0.5 * cell) * (1.0 if power == 0 else outer)
            # the tissue in the needle's place is cooled along with the first cell
            core = 0.0 if soft and i == 0 else inner * inner
            volume = cell if power == 0 else 0.5 * (outer * outer - core)
            celsius = temperature(h[i], m)
            made = m.blood * (37.0 - celsius) + m.metabolism if celsius > m.liquidus else 0.0
            h[i] += dt * ((arriving - leaving) / volume + made)
            leaving = arriving
            lowest[i] = min(lowest[i], temperature(h[i], m))
