"""A clinic's spray: the film that makes the surface as cold as it was measured, and how the surface warms again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.optimize import brentq
from spray_depths.run import NITROGEN_C, SPACING_MM, TISSUE, column, surface

from iceball.plan.compose import material_of
from iceball.solve import Keep, Material, Simulation, Wall, WallStep
from iceball.tissue.library import tissues

START_C, BODY_C, AIR = 34.0, 37.0, (10.0, 22.0)
SPRAY_S, COLD_C, WATCHED_S, SKIN_MM = 5.0, -60.0, 120.0, 2.0


def surfaces(top: Material, below: Material | None, h: float, seconds: float) -> np.ndarray:
    """Surface temperature at each whole second, °C."""
    spot = Wall("spot", 1, *AIR, (WallStep(0.0, SPRAY_S, h, NITROGEN_C),))
    scene = replace(column(top, START_C, spot, seconds, deep_mm=25.0), body_c=BODY_C)
    if below is not None:
        labels = scene.labels.copy()
        labels[:, :, 1 + round(SKIN_MM / SPACING_MM) :] = 2
        scene = replace(scene, labels=labels, materials=(top, None, below))
    times = tuple(np.arange(1.0, seconds + 0.5))
    history = Simulation(scene, keep=Keep(times_s=times)).run()
    return np.array([surface(history.kept[time_s][0, 0, 1:].astype(float)) for time_s in times])


def run() -> dict[str, float]:
    """The fitted film and how long the surface takes back to 0 °C, by what the surface is made of."""
    skin, fat = (material_of(tissues()[name]) for name in ("skin", "fat"))
    values = {}
    for name, top, below in (("tissue", TISSUE, None), ("skin", skin, None), ("skin_on_fat", skin, fat)):

        def too_warm(h: float, top: Material = top, below: Material | None = below) -> float:
            return float(surfaces(top, below, h, SPRAY_S)[-1]) - COLD_C

        h = float(brentq(too_warm, 300.0, 2000.0, xtol=1.0))
        curve = surfaces(top, below, h, WATCHED_S)[round(SPRAY_S) - 1 :]
        first = int(np.argmax(curve >= 0.0))
        back = first - curve[first] / (curve[first] - curve[first - 1]) if curve[first] >= 0 else np.inf
        values |= {f"{name}.h_w_per_m2k": h, f"{name}.back_at_0_c_s": float(back)}
    return values
