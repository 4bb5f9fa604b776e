"""The heat balance of whole protocols: freeze, thaw, freeze, active thaw."""

from __future__ import annotations

import numpy as np

from iceball.physics.ice import frozen_conductivity_of_ice, frozen_heat_capacity_of_ice
from iceball.solve import History, Line, LineStep, Material, Scene, Simulation, Wall
from iceball.space import Grid

KIDNEY = Material("kidney", 1066.0, 3763.0, 0.535, 233e3, -0.5, -8.0,
                  frozen_conductivity_of_ice(0.7, 632.0, 0.38, -0.00197),
                  frozen_heat_capacity_of_ice(0.78, 1700.0, 185.0, 6.89),
                  perfusion=0.0036, metabolism=5000.0, stasis_c=-15.0)  # fmt: skip
FAT = Material("fat", 911.0, 2348.0, 0.211, 30e3, -5.0, -15.0, (0.25, 0.0, 0.0), (1900.0, 2.0), perfusion=0.0005,
               metabolism=400.0)  # fmt: skip


def protocol(backend: str, *, half_mm: float, minutes: tuple[float, float, float, float]) -> History:
    """Kidney under fat under air, an oblique needle, 2 mm."""
    grid = Grid.box((-half_mm,) * 3, (half_mm,) * 3, 2.0)
    x, y, _ = np.moveaxis(grid.centres_mm(), -1, 0)
    labels = np.where(y > 0.7 * half_mm, 2, np.where(x > 0.3 * half_mm, 1, 0)).astype(np.uint8)
    freeze, thaw, again, active = (60.0 * m for m in minutes)
    steps = (
        LineStep(0.0, freeze, -140.0, h=2000.0, time_constant_s=10.0),
        LineStep(freeze + thaw, again, -140.0, h=2000.0, time_constant_s=10.0),
        LineStep(freeze + thaw + again, active, 40.0, h=2000.0),
    )
    reach = 0.4 * half_mm
    line = Line("needle", (0.3, 0.2, -reach), (1.7, 1.1, reach), 0.75, steps)
    scene = Scene(grid, labels, (KIDNEY, FAT, None), freeze + thaw + again + active, lines=(line,),
                  walls=(Wall("air", 2, 10.0, 22.0),))  # fmt: skip
    return Simulation(scene, backend=backend).run()  # type: ignore[arg-type]


def run() -> dict[str, float]:
    """Residual over the heat exchanged with the needle, and shares that show that every exchange took part."""
    whole = protocol("cpu", half_mm=30.0, minutes=(10.0, 8.0, 10.0, 2.0))
    small = protocol("reference", half_mm=12.0, minutes=(0.5, 0.4, 0.5, 0.1))
    heat = whole.heat
    return {
        "cpu.residual": heat.residual,
        "reference.residual": small.heat.residual,
        "cpu.blood_over_needle": heat.blood_j / -heat.needles_j,
        "cpu.ice_ml": float((whole.minimum_c <= 0).sum()) * whole.scene.grid.voxel_ml,
    }
