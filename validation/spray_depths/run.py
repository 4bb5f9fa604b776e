"""Depths of isotherms under a planar spray of liquid nitrogen."""

from __future__ import annotations

import numpy as np

from iceball.physics.ice import frozen_conductivity_of_ice, frozen_heat_capacity_of_ice
from iceball.solve import Keep, Material, Scene, Simulation, Wall, WallStep
from iceball.space import Grid

TISSUE = Material("tissue of 75 % water", 1050.0, 3560.0, 0.525, 225e3, -0.5, -8.0,
                  frozen_conductivity_of_ice(0.7, 632.0, 0.38, -0.00197),
                  frozen_heat_capacity_of_ice(0.75, 1700.0, 185.0, 6.89))  # fmt: skip
GEL = Material("gel", 1000.0, 4100.0, 0.58, 317e3, -0.1, -1.5,
               frozen_conductivity_of_ice(0.94, 632.0, 0.38, -0.00197),
               frozen_heat_capacity_of_ice(0.95, 1700.0, 185.0, 6.89))  # fmt: skip
CASES = {"tissue_1000": (TISSUE, 34.0, 1000.0), "tissue_5000": (TISSUE, 34.0, 5000.0),
         "gel_1000": (GEL, 20.0, 1000.0), "gel_10000": (GEL, 20.0, 10000.0)}  # fmt: skip
TIMES_S, LEVELS_C = (5.0, 10.0, 20.0, 30.0, 60.0, 120.0), (0, -20, -40, -50)
PLAN_CELLS_MM = (0.5, 1.0, 2.0)
NITROGEN_C, SPACING_MM, DEEP_MM = -196.0, 0.05, 40.0


def column(
    material: Material,
    start_c: float,
    wall: Wall,
    seconds: float,
    *,
    deep_mm: float = DEEP_MM,
    spacing_mm: float = SPACING_MM,
) -> Scene:
    """One column of cells under a wall, nothing else around it."""
    grid = Grid.box((0, 0, -spacing_mm), (spacing_mm, spacing_mm, deep_mm), spacing_mm)
    labels = np.zeros(grid.shape, np.uint8)
    labels[:, :, 0] = 1
    return Scene(grid, labels, (material, None), seconds, walls=(wall,), initial_c=start_c, body_c=start_c,
                 outer_c=(None,) * 6)  # fmt: skip


def surface(celsius: np.ndarray) -> float:
    """Temperature of the surface above the cells of a column."""
    return float((15.0 * celsius[0] - 10.0 * celsius[1] + 3.0 * celsius[2]) / 8.0)


def sprayed(name: str, spacing_mm: float) -> tuple[dict[str, float], float]:
    """Depths in mm and surface temperatures in °C by time in one case, and the energy residual."""
    material, start_c, h = CASES[name]
    spot = Wall("spot", 1, 0.0, start_c, (WallStep(0.0, TIMES_S[-1], h, NITROGEN_C),))
    scene = column(material, start_c, spot, TIMES_S[-1], spacing_mm=spacing_mm)
    history = Simulation(scene, keep=Keep(times_s=TIMES_S)).run()
    depth, values = (np.arange(scene.grid.shape[2] - 1) + 0.5) * spacing_mm, {}
    for time_s in TIMES_S:
        celsius = history.kept[time_s][0, 0, 1:].astype(float)
        for level in LEVELS_C:
            values[f"{name}.{time_s:.0f}_s_{-level}_mm"] = float(np.interp(level, celsius, depth))
        values[f"{name}.{time_s:.0f}_s_surface_c"] = surface(celsius)
    return values, history.heat.residual


def run() -> dict[str, float]:
    """Depths and surface temperatures by medium, film and time, what wider cells make of them, the energy lost."""
    values, residual, coarse = {}, 0.0, dict.fromkeys(PLAN_CELLS_MM, 0.0)
    for name in CASES:
        fine, lost = sprayed(name, SPACING_MM)
        values, residual = values | fine, max(residual, lost)
        for spacing_mm in PLAN_CELLS_MM:
            rough, _ = sprayed(name, spacing_mm)
            off = [abs(rough[key] - fine[key]) for key in fine if key.endswith("_mm")]
            coarse[spacing_mm] = max(coarse[spacing_mm], *off)
    values |= {f"cells_of_{spacing_mm:g}_mm.off_by_mm": off for spacing_mm, off in coarse.items()}
    return {**values, "energy_residual": residual}
