"""Small scenes that several tests share."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from iceball.physics.ice import frozen_conductivity_of_ice, frozen_heat_capacity_of_ice
from iceball.solve import Line, LineStep, Material, Scene, Wall
from iceball.space import Grid

KIDNEY = Material(
    "kidney",
    1066.0,
    3763.0,
    0.535,
    233e3,
    -0.5,
    -8.0,
    frozen_conductivity_of_ice(0.7, 632.0, 0.38, -0.00197),
    frozen_heat_capacity_of_ice(0.78, 1700.0, 185.0, 6.89),
    perfusion=0.0036,
    metabolism=5000.0,
    stasis_c=-15.0,
)
FAT = Material(
    "fat", 911.0, 2348.0, 0.211, 30e3, -5.0, -15.0, (0.25, 0.0, 0.0), (1900.0, 2.0), perfusion=0.0005, metabolism=400.0
)


def needle(
    start: tuple[float, float, float], end: tuple[float, float, float], freeze_s: float, *, h: float = 2000.0
) -> Line:
    """A 17-gauge needle that freezes once."""
    return Line("needle", start, end, 0.75, (LineStep(0.0, freeze_s, -140.0, h=h, time_constant_s=10.0),))


def mixed(duration_s: float = 120.0, *, half_mm: float = 16.0, spacing_mm: float = 2.0) -> Scene:
    """Kidney, fat and air with an oblique needle that freezes, rests and thaws."""
    grid = Grid.box((-half_mm,) * 3, (half_mm,) * 3, spacing_mm)
    labels = np.zeros(grid.shape, np.uint8)
    centres = grid.centres_mm()
    labels[centres[..., 0] > 4.0] = 1
    labels[centres[..., 1] > 11.0] = 2
    line = needle((0.3, 0.2, -8.0), (2.5, 1.5, 8.0), duration_s / 2)
    thaw = LineStep(0.75 * duration_s, 0.25 * duration_s, 20.0, h=2000.0)
    line = replace(line, steps=(*line.steps, thaw))
    return Scene(
        grid,
        labels,
        (KIDNEY, FAT, None),
        duration_s,
        lines=(line,),
        walls=(Wall("air", 2, 10.0, 22.0),),
        freeze_ends_s=(duration_s / 2,),
        sensors={"near": (5.0, 0.0, 0.0)},
    )


def block(duration_s: float, *, half_mm: float = 20.0, spacing_mm: float = 2.0, material: Material = KIDNEY) -> Scene:
    """One tissue and one upright needle."""
    grid = Grid.box((-half_mm,) * 3, (half_mm,) * 3, spacing_mm)
    return Scene(
        grid,
        np.zeros(grid.shape, np.uint8),
        (material,),
        duration_s,
        lines=(needle((0, 0, -10.0), (0, 0, 10.0), duration_s),),
        freeze_ends_s=(duration_s,),
    )


NAN = math.nan
