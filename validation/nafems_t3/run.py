"""NAFEMS T3: a bar whose end follows a sine."""

from __future__ import annotations

import math

import numpy as np

from iceball.solve import Bioheat, Material, Scene, Simulation
from iceball.space import Grid

STEEL = Material("steel", 7200.0, 440.5, 35.0, 0.0, -1000.0, -1001.0, (35.0, 0.0, 0.0), (440.5, 0.0))
SPACINGS_MM, PIECES, END_S = (10.0, 5.0, 2.5), 64, 32.0


def temperature(spacing_mm: float) -> float:
    """T at 80 mm after 32 s. A Scene holds its faces at constant temperatures, so the sine is taken in short pieces."""
    grid = Grid.box((0, 0, 0), (100, 10, 10), (spacing_mm, 10, 10))
    celsius = np.zeros(grid.shape)
    piece = END_S / PIECES
    for n in range(PIECES):
        end_c = 100.0 * math.sin(math.pi * (n + 0.5) * piece / 40.0)
        scene = Scene(grid, np.zeros(grid.shape, np.uint8), (STEEL,), piece, initial_c=celsius,
                      outer_c=(0.0, end_c, None, None, None, None))  # fmt: skip
        celsius = Simulation(scene, bioheat=Bioheat(freezing=False, blood=False)).run().final_c.astype(float)
    centres = grid.centres_mm()[:, 0, 0, 0]
    # a cubic through the four centres around 80 mm: the field bends there
    near = np.argsort(np.abs(centres - 80.0))[:4]
    return float(np.polyval(np.polyfit(centres[near] - 80.0, celsius[near, 0, 0], 3), 0.0))


def run() -> dict[str, float]:
    """Temperature in °C on three grids."""
    return {f"at_{s:g}_mm_cells_c": temperature(s) for s in SPACINGS_MM}
