"""The reference case P1: six parallel needles in perfused tissue, freeze, thaw, freeze, active thaw."""

from __future__ import annotations

import numpy as np

from iceball.solve import Line, LineStep, Material, Scene
from iceball.space import Grid

SIDE_MM = 96.0
BLOOD_HEAT = 1050.0 * 3617.0
TISSUE = Material(
    "tissue",
    1050.0,
    3600.0,
    0.52,
    250e3,
    -1.0,
    -8.0,
    (2.0 - 8.0 * 2.0 / 142.0, -2.0 / 142.0, 0.0),
    (1800.0 + 5.0 * 8.0, 5.0),
    perfusion=40e3 / BLOOD_HEAT,
    metabolism=5e3,
    stasis_c=0.0,
)
FREEZE_1 = LineStep(0.0, 600.0, -140.0, ramp_s=60.0, from_c=37.0)
FREEZE_2 = LineStep(1080.0, 600.0, -140.0, ramp_s=60.0, from_c=-10.0)
THAW = LineStep(1680.0, 120.0, 20.0)
PLACES_MM = tuple((x, y) for y in (-7.5, 7.5) for x in (-15.0, 0.0, 15.0))
ACTIVE_MM = 40.0


def p1(spacing_mm: float, *, freezes: int = 2, offset_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Scene:
    """The scene of P1, or of its first freeze alone.

    Args:
        spacing_mm: edge of a cell; the block is a cube of 96 mm about the origin.
        freezes: 2 for the whole protocol of 30 min, 1 for its first 10 min.
        offset_mm: by how much all needles are shifted.
    """
    half = SIDE_MM / 2
    grid = Grid.box((-half,) * 3, (half,) * 3, spacing_mm)
    steps = {1: (FREEZE_1,), 2: (FREEZE_1, FREEZE_2, THAW)}[freezes]
    dx, dy, dz = offset_mm
    lines = tuple(
        Line(f"{n}", (x + dx, y + dy, dz - ACTIVE_MM / 2), (x + dx, y + dy, dz + ACTIVE_MM / 2), 0.75, steps)
        for n, (x, y) in enumerate(PLACES_MM, 1)
    )
    return Scene(
        grid,
        np.zeros(grid.shape, np.uint8),
        (TISSUE,),
        {1: 600.0, 2: 1800.0}[freezes],
        lines=lines,
        initial_c=37.0,
        blood_heat=BLOOD_HEAT,
        freeze_ends_s={1: (600.0,), 2: (600.0, 1680.0)}[freezes],
    )
