"""Warm and frozen halves in a sealed box come to one temperature."""

from __future__ import annotations

import numpy as np

from iceball.solve import Material, Scene, Simulation
from iceball.space import Grid

# Frozen heat capacity rises with temperature; a range of 7 K; the box is small, for warmth passes a mushy box slowly.
TISSUE = Material("tissue", 1000.0, 3600.0, 0.5, 250e3, -1.0, -8.0, (2.0, -0.005, 0.0), (1800.0, 5.0))
PERFUSED = Material("perfused", 1000.0, 3600.0, 0.5, 250e3, -1.0, -8.0, (2.0, 0.0, 0.0), (1800.0, 0.0),
                    perfusion=0.0036)  # fmt: skip
LEAN = Material("lean", 1000.0, 3600.0, 0.5, 20e3, -1.0, -21.0, (2.0, 0.0, 0.0), (1800.0, 0.0))
CASES = {
    "ends_mushy": (-60.0, 30.0, 4000.0),
    "ends_frozen": (-150.0, -5.0, 1500.0),
    "ends_warm": (-10.0, 110.0, 1500.0),
}


def mixed(cold_c: float, warm_c: float, rest_s: float) -> tuple[float, float, float]:
    """Mean and spread of the final temperature; |change of enthalpy| over the sum of |H - H0| at the start.

    H0 is the enthalpy at body temperature.
    """
    grid = Grid.box((0, 0, 0), (4, 4, 4), (0.5, 1.0, 1.0))
    start = np.full(grid.shape, cold_c)
    start[4:] = warm_c
    scene = Scene(grid, np.zeros(grid.shape, np.uint8), (TISSUE,), rest_s, outer_c=(None,) * 6, initial_c=start)
    history = Simulation(scene).run()
    final = history.final_c.astype(float)
    return float(final.mean()), float(np.ptp(final)), history.heat.residual


def frozen_and_perfused() -> float:
    """How much a sealed box within the freezing range warms in 10 min, K: blood flows in nothing that is frozen."""
    grid = Grid.box((0, 0, 0), (6, 6, 6), 1.0)
    scene = Scene(grid, np.zeros(grid.shape, np.uint8), (PERFUSED,), 600.0, outer_c=(None,) * 6, initial_c=-4.0)
    return float(Simulation(scene).run().final_c.max()) + 4.0


def lean_box(method: str) -> float:
    """Spread of the final temperature of a sealed box that starts with a cosine within its freezing range, K.

    With little latent heat (fat, bone) the freezing range, half ice, conducts better than it stores.
    """
    grid = Grid.box((0, 0, 0), (20, 1, 1), 1.0)
    start = -15.0 - 4.0 * np.cos(np.pi * (np.arange(20) + 0.5) / 20)[:, None, None]
    scene = Scene(grid, np.zeros(grid.shape, np.uint8), (LEAN,), 3000.0, outer_c=(None,) * 6,
                  initial_c=start)  # fmt: skip
    return float(np.ptp(Simulation(scene, method=method).run().final_c))  # type: ignore[arg-type]


def run() -> dict[str, float]:
    """Final temperatures and what was lost."""
    values = {}
    for name, (cold_c, warm_c, rest_s) in CASES.items():
        mean, spread, lost = mixed(cold_c, warm_c, rest_s)
        values |= {f"{name}.final_c": mean, f"{name}.spread_k": spread, f"{name}.energy_lost": lost}
    values |= {f"lean_box.{method}_spread_k": lean_box(method) for method in ("rkl2", "euler")}
    return {**values, "frozen_box_warms_k": frozen_and_perfused()}
