"""Go-SMART's published parameters for one long needle in kidney, beside Iceball's own."""

from __future__ import annotations

from dataclasses import replace

from common import needle_scene, volume_ml

from iceball.plan.compose import Conditions, compose, material_of
from iceball.plan.fit.bench import bench_plan
from iceball.plan.protocol import freeze
from iceball.solve import LineStep, Material, Result, Simulation
from iceball.solve.scene import ADIABATIC
from iceball.tissue import tissue
from iceball.tissue.block import uniform_block
from iceball.tissue.presets import preset

SPACING_MM = 1.5
HELD_C, WARMED_C = 133.0 - 273.15, 288.0 - 273.15
CLOCK = freeze(600).thaw(120).active_thaw(60).freeze(600).thaw(120).active_thaw(60)
HELD = tuple(
    LineStep(start, length, celsius)
    for start, length, celsius in (
        (0.0, 600.0, HELD_C),
        (600.0, 120.0, ADIABATIC),
        (720.0, 60.0, WARMED_C),
        (780.0, 600.0, HELD_C),
        (1380.0, 120.0, ADIABATIC),
        (1500.0, 60.0, WARMED_C),
    )
)


def volumes(
    name: str, material: Material, radius_mm: float, active_mm: float, steps: tuple[LineStep, ...]
) -> dict[str, float]:
    """Volumes at 0 and -40 °C of the minimum map, whether the run finished, and its energy residual."""
    scene = needle_scene(
        material, SPACING_MM, radius_mm=radius_mm, active_mm=active_mm, steps=steps, side_mm=60.0, beyond_mm=40.5
    )
    history = Simulation(replace(scene, freeze_ends_s=CLOCK.freeze_ends_s)).run()
    return {
        f"{name}.v0_ml": 2 * volume_ml(history.minimum_c.astype(float), scene.grid, 0.0),
        f"{name}.v40_ml": 2 * volume_ml(history.minimum_c.astype(float), scene.grid, -40.0),
        f"{name}.finished": float(history.result is Result.finished),
        f"{name}.energy_residual": history.heat.residual,
    }


def run() -> dict[str, float]:
    """Both models' volumes and their ratio at -40 °C."""
    theirs = material_of(tissue(preset("go-smart").replaces["kidney"]))
    block = uniform_block("kidney", 120.0)
    line = compose(bench_plan(block, protocol=CLOCK), block, conditions=Conditions(spacing_mm=4.0)).lines[0]
    values = volumes("go_smart", theirs, 0.75, 45.0, HELD)
    values |= volumes("nominal", material_of(tissue("kidney")), line.radius_mm, line.length_mm, line.steps)
    values["lesion_ratio"] = values["go_smart.v40_ml"] / values["nominal.v40_ml"]
    return values
