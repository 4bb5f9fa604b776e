"""The endless needle in one dimension: enthalpy around a cylinder on rings of 0.1 mm, explicit in time.

It uses the scalar laws of heat and freezing, but nothing of the solver: the needle's wall is a face of the mesh.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from iceball.physics.cooling import wall_temperature
from iceball.physics.freezing import enthalpy, temperature
from iceball.physics.heat import potential

RING_M, UNIFORM_M, FAR_M, GROWTH = 1e-4, 0.025, 0.08, 1.05
SAFETY = 0.3
FASTEST = 4.5e-6
"""Highest diffusivity that comes up, m2/s."""


def radii_mm(
    row: Any, radius_mm: float, coolant_c: float, h: float, time_constant_s: float, begin_c: float, until_s: float,
    levels_c: tuple[float, ...],
) -> list[float]:  # fmt: skip
    """Radius of each isotherm after `until_s`, found in the potential along ln r."""
    edges, d = [radius_mm * 1e-3], RING_M
    while edges[-1] < FAR_M:
        edges.append(edges[-1] + d)
        d *= GROWTH if edges[-1] > UNIFORM_M else 1.0
    e = np.array(edges)
    r = np.sqrt(0.5 * (e[1:] ** 2 + e[:-1] ** 2))
    steps = math.ceil(until_s / (SAFETY * RING_M**2 / FASTEST))
    film = 2.0 * math.pi * e[0] * h
    celsius = _march(row, e, r, coolant_c, film, time_constant_s, begin_c, until_s / steps, steps)
    found = []
    for level in levels_c:
        n = int(np.argmax(celsius > level))
        inner, outer, at = (potential(c, row) for c in (celsius[n - 1], celsius[n], level))
        found.append(1e3 * r[n - 1] * (r[n] / r[n - 1]) ** ((at - inner) / (outer - inner)))
    return found


@njit(cache=True, error_model="numpy")
def _march(m, e, r, coolant_c, film, tau, begin_c, dt, steps):  # type: ignore[no-untyped-def]
    n = r.size
    h, theta, celsius = np.full(n, enthalpy(begin_c, m)), np.zeros(n), np.zeros(n)
    drop = math.log(r[0] / e[0]) / (2.0 * math.pi)
    for step in range(steps + 1):
        for i in range(n):
            celsius[i] = temperature(h[i], m)
            theta[i] = potential(celsius[i], m)
        if step == steps:
            break
        cold = coolant_c + (begin_c - coolant_c) * math.exp(-step * dt / tau)
        wall = wall_temperature(theta[0], drop, cold, film, m)
        inwards = (theta[0] - potential(wall, m)) / drop
        for i in range(n):
            outer = 2.0 * math.pi * (theta[i + 1] - theta[i]) / math.log(r[i + 1] / r[i]) if i < n - 1 else 0.0
            h[i] += dt * (outer - inwards) / (math.pi * (e[i + 1] ** 2 - e[i] ** 2))
            inwards = outer
    return celsius
