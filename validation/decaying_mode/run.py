"""A temperature wave that dies away in layers of two tissues: second order in space and time together."""

from __future__ import annotations

import cmath
import math
from itertools import pairwise

import numpy as np
from common import order
from scipy.optimize import brentq

from iceball.solve import Keep, Material, Scene, Simulation
from iceball.space import Grid

SIZE_MM, SEAM_MM = (24.0, 18.0, 12.0), 12.0
CELLS = (8, 12, 16, 24)
BODY_C, BLOOD_HEAT = 37.0, 1050.0 * 3617.0
LEFT = Material("left", 1000.0, 3600.0, 0.5, 250e3, -1.0, -8.0, (2.0, 0, 0), (1800.0, 0), perfusion=0.002)
RIGHT = Material("right", 900.0, 2300.0, 0.2, 30e3, -5.0, -15.0, (0.3, 0, 0), (1900.0, 0), perfusion=0.0005)
AMPLITUDE_K, END_S = 20.0, 120.0


def mode() -> tuple[float, complex, complex, float]:
    """Rate of decay (1/s), wave numbers along x left and right (1/m), and the amplitude at the right.

    cos(m1 x) at the left meets B cos(m2 (L - x)) at the right: temperature and heat flux are continuous at the seam,
    both ends are insulated, and both sides decay alike: C s = k (m^2 + across^2) + blood.
    """
    across = sum((math.pi / (SIZE_MM[a] / 1000)) ** 2 for a in (1, 2))
    a, b = SEAM_MM / 1000, (SIZE_MM[0] - SEAM_MM) / 1000

    def numbers(s: float) -> tuple[complex, complex]:
        out = []
        for m in (LEFT, RIGHT):
            square = (s * m.density * m.heat_capacity - m.perfusion * BLOOD_HEAT) / m.conductivity - across
            out.append(cmath.sqrt(square))
        return out[0], out[1]

    def gap(s: float) -> float:
        m1, m2 = numbers(s)
        left = LEFT.conductivity * m1 * cmath.sin(m1 * a) * cmath.cos(m2 * b)
        return (left + RIGHT.conductivity * m2 * cmath.sin(m2 * b) * cmath.cos(m1 * a)).real

    # the second root: the slowest mode that changes its sign along x
    rates = np.linspace(1e-4, 0.05, 4001)
    found = [brentq(gap, p, q, xtol=1e-16) for p, q in pairwise(rates) if gap(p) * gap(q) < 0]
    s = found[1]
    m1, m2 = numbers(s)
    return s, m1, m2, (cmath.cos(m1 * a) / cmath.cos(m2 * b)).real


def error(cells: int) -> float:
    """Root mean square of the difference to the exact field at the end, K."""
    s, m1, m2, share = mode()
    grid = Grid.box((0, 0, 0), SIZE_MM, np.array(SIZE_MM) / cells)
    x, y, z = np.moveaxis(grid.centres_mm(), -1, 0)
    left = x < SEAM_MM
    wave = np.where(left, np.cos(m1 * x / 1000).real, share * np.cos(m2 * (SIZE_MM[0] - x) / 1000).real)
    wave *= np.cos(math.pi * y / SIZE_MM[1]) * np.cos(math.pi * z / SIZE_MM[2])
    scene = Scene(grid, np.where(left, 0, 1).astype(np.uint8), (LEFT, RIGHT), END_S, outer_c=(None,) * 6,
                  initial_c=BODY_C + AMPLITUDE_K * wave, body_c=BODY_C, blood_heat=BLOOD_HEAT)  # fmt: skip
    # kept times are landings, so steps shrink with the cells
    history = Simulation(scene, keep=Keep(every_s=END_S / (2 * cells))).run()
    exact = BODY_C + AMPLITUDE_K * math.exp(-s * END_S) * wave
    return float(np.sqrt(np.mean((history.final_c - exact) ** 2)))


def run() -> dict[str, float]:
    """Error on the finest grid, K, and the fitted order."""
    errors = [error(cells) for cells in CELLS]
    return {"error_k": errors[-1], "order": order([1.0 / n for n in CELLS], errors)}
