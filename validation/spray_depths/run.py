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
NITROGEN_C, SPACING_MM, DEEP_MM = -196.0, 0.05, 40.0


def column(material: Material, start_c: float, wall: Wall, seconds: float, *, deep_mm: float = DEEP_MM) -> Scene:
    """One column of cells under a wall, nothing else around it."""
    grid = Grid.box((0, 0, -SPACING_MM), (SPACING_MM, SPACING_MM, deep_mm), SPACING_MM)
    labels = np.zeros(grid.shape, np.uint8)
    labels[:, :, 0] = 1
    return Scene(grid, labels, (material, None), seconds, walls=(wall,), initial_c=start_c, body_c=start_c,
                 outer_c=(None,) * 6)  # fmt: skip


def surface(celsius: np.ndarray) -> float:
    """Temperature of the surface above the cells of a column."""
    return float((15.0 * celsius[0] - 10.0 * celsius[1] + 3.0 * celsius[2]) / 8.0)


def run() -> dict[str, float]:
    """Depths in mm and surface temperatures in °C by medium, film and time, and the largest energy residual."""
    values, residual = {}, 0.0
    for name, (material, start_c, h) in CASES.items():
        spot = Wall("spot", 1, 0.0, start_c, (WallStep(0.0, TIMES_S[-1], h, NITROGEN_C),))
        history = Simulation(column(material, start_c, spot, TIMES_S[-1]), keep=Keep(times_s=TIMES_S)).run()
        depth = (np.arange(history.scene.grid.shape[2] - 1) + 0.5) * SPACING_MM
        for time_s in TIMES_S:
            celsius = history.kept[time_s][0, 0, 1:].astype(float)
            for level in LEVELS_C:
                values[f"{name}.{time_s:.0f}_s_{-level}_mm"] = float(np.interp(level, celsius, depth))
            values[f"{name}.{time_s:.0f}_s_surface_c"] = surface(celsius)
        residual = max(residual, history.heat.residual)
    return {**values, "energy_residual": residual}
