"""A half space swept by cold gas, nothing freezing."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import CubicSpline

from iceball.solve import Bioheat, Keep, Material, Scene, Simulation, Wall
from iceball.space import Grid

TISSUE = Material("tissue", 1000.0, 3600.0, 0.5, 250e3, -1.0, -8.0, (2.0, 0.0, 0.0), (1800.0, 0.0))
GAS_C, START_C = -196.0, 37.0
TIMES_S, DEPTHS_MM = (10.0, 30.0), (0.0, 1.0, 2.0, 5.0)
SPACING_MM, DEPTH_MM = 0.125, 30.0
SHORT_S = 0.2
"""Steps no longer than this leave the error in space alone."""


def temperatures(h: float, *, longest_s: float | None) -> tuple[dict[str, float], float]:
    """Temperatures in °C by depth and time, and the energy residual."""
    grid = Grid.box((0, 0, -SPACING_MM), (SPACING_MM, SPACING_MM, DEPTH_MM), SPACING_MM)
    labels = np.zeros(grid.shape, np.uint8)
    labels[:, :, 0] = 1
    scene = Scene(grid, labels, (TISSUE, None), TIMES_S[-1], walls=(Wall("gas", 1, h, GAS_C),), initial_c=START_C,
                  outer_c=(None,) * 6)  # fmt: skip
    keep = Keep(times_s=TIMES_S, every_s=longest_s)
    history = Simulation(scene, bioheat=Bioheat(freezing=False), keep=keep).run()
    depth = (np.arange(grid.shape[2] - 1) + 0.5) * SPACING_MM
    values = {}
    for time_s in TIMES_S:
        below = CubicSpline(depth, history.kept[time_s][0, 0, 1:].astype(float))
        values |= {f"at_{d:.0f}_mm_{time_s:.0f}_s_c": float(below(d)) for d in DEPTHS_MM}
    return values, history.heat.residual


def run() -> dict[str, float]:
    """Temperatures in °C by film, depth and time; how far the solver's own steps in time are from short ones."""
    values, residual, apart = {}, 0.0, 0.0
    for h in (1e3, 1e4):
        short, lost = temperatures(h, longest_s=SHORT_S)
        own, lost_too = temperatures(h, longest_s=None)
        residual = max(residual, lost, lost_too)
        apart = max(apart, *(abs(own[key] - short[key]) for key in short))
        values |= {f"h_{h:.0f}.{key}": v for key, v in short.items()}
    return {**values, "own_steps_apart_k": apart, "energy_residual": residual}
