"""A 17-gauge needle in gel at 37 °C: wall held cold, and cooling limited by the film to the gas."""

from __future__ import annotations

import math

from common import needle_scene, sizes

from iceball.physics.ice import frozen_conductivity_of_ice, frozen_heat_capacity_of_ice
from iceball.solve import LineStep, Material, Simulation

GEL = Material(
    "gel",
    1000.0,
    4100.0,
    0.58,
    317e3,
    -0.1,
    -1.5,
    frozen_conductivity_of_ice(0.94, 632.0, 0.38, -0.00197),
    frozen_heat_capacity_of_ice(0.95, 1700.0, 185.0, 6.89),
)


def run(spacing_mm: float = 1.5) -> dict[str, float]:
    """Diameters and volumes at 0, -20 and -40 °C after 10 min of freezing, and the needle's power."""
    values = {}
    for name, h in (("held", math.inf), ("film", 2000.0)):
        steps = (LineStep(0.0, 600.0, -140.0, h=h, time_constant_s=10.0),)
        scene = needle_scene(GEL, spacing_mm, radius_mm=0.75, active_mm=39.0, steps=steps, side_mm=48.0, beyond_mm=40.5)
        history = Simulation(scene).run()
        for level in (0, -20, -40):
            d, length, v = sizes(history, history.final_c, level)
            values |= {f"{name}.d{-level}_mm": d, f"{name}.l{-level}_mm": length, f"{name}.v{-level}_ml": v}
        values[f"{name}.watts"] = 2 * float(history.needle_watts["needle"][-1])
    return values
