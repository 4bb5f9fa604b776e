"""A 17-gauge needle in soft tissue at three blood flows, cooling limited by the film to the gas."""

from __future__ import annotations

from common import needle_scene, sizes

from iceball.physics.ice import frozen_conductivity_of_ice, frozen_heat_capacity_of_ice
from iceball.solve import LineStep, Material, Simulation

FLOWS = {"w_0": 0.0, "w_0036": 0.0036, "w_0155": 0.0155}


def run(spacing_mm: float = 1.5) -> dict[str, float]:
    """Diameters and volumes at 0, -20 and -40 °C after 10 min of freezing, and the needle's power."""
    values = {}
    for name, perfusion in FLOWS.items():
        tissue = Material(
            "tissue",
            1066.0,
            3763.0,
            0.535,
            233e3,
            -0.5,
            -8.0,
            frozen_conductivity_of_ice(0.7, 632.0, 0.38, -0.00197),
            frozen_heat_capacity_of_ice(0.78, 1700.0, 185.0, 6.89),
            perfusion=perfusion,
        )
        steps = (LineStep(0.0, 600.0, -140.0, h=2000.0, time_constant_s=10.0),)
        scene = needle_scene(
            tissue, spacing_mm, radius_mm=0.75, active_mm=39.0, steps=steps, side_mm=42.0, beyond_mm=34.5
        )
        history = Simulation(scene).run()
        for level in (0, -20, -40):
            d, _, v = sizes(history, history.final_c, level)
            values |= {f"{name}.d{-level}_mm": d, f"{name}.v{-level}_ml": v}
        values[f"{name}.watts"] = 2 * float(history.needle_watts["needle"][-1])
    return values
