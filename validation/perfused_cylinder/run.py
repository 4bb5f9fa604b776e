"""The resting ice around an endless needle in perfused tissue."""

from __future__ import annotations

import math

import numpy as np
from common import RANGE_K, ice_share

from iceball.solve import Line, LineStep, Material, Scene, Simulation
from iceball.space import Grid

# perfusion, half width of the block, time to come to rest
CASES = {"w_0155": (0.0155, 26.0, 200.0), "w_0036": (0.0036, 44.0, 600.0)}
SPACINGS_MM = (1.0, 0.5)
WALL_C, NEEDLE_MM = -140.0, 0.75
# A resting front knows neither heat capacity nor latent heat; with a tenth of both it comes to rest ten times sooner.
HEAT_CAPACITY, FROZEN_HEAT_CAPACITY, LATENT = 360.0, 180.0, 3e3


def rest(perfusion: float, half_mm: float, rest_s: float, spacing_mm: float) -> dict[str, float]:
    """Radius by area, along an axis and along a diagonal, mm; heat per length, W/m."""
    grid = Grid.box((0, -half_mm, -half_mm), (spacing_mm, half_mm, half_mm), spacing_mm)
    tissue = Material("tissue", 1000.0, HEAT_CAPACITY, 0.5, LATENT, RANGE_K / 2, -RANGE_K / 2, (2.0, 0, 0),
                      (FROZEN_HEAT_CAPACITY, 0), perfusion=perfusion)  # fmt: skip
    at = 0.25 * spacing_mm
    line = Line("needle", (0, at, at), (spacing_mm, at, at), NEEDLE_MM, (LineStep(0.0, rest_s, WALL_C),))
    scene = Scene(grid, np.zeros(grid.shape, np.uint8), (tissue,), rest_s, lines=(line,), initial_c=37.0,
                  outer_c=(None, None, 37.0, 37.0, 37.0, 37.0))  # fmt: skip
    history = Simulation(scene).run()
    share = ice_share(history.final_c[0], 0.0)
    y = grid.centres_mm()[0, :, 0, 1]
    row = int(np.argmin(np.abs(y - at)))
    return {
        "radius_mm": math.sqrt(float(share.sum()) * spacing_mm**2 / math.pi),
        # frozen length of the lines through the needle, halved
        "axis_mm": float(share[row].sum()) * spacing_mm / 2,
        "diagonal_mm": float(np.diag(share).sum()) * spacing_mm * math.sqrt(2) / 2,
        "w_per_m": float(history.needle_watts["needle"][-1]) / (spacing_mm / 1000),
    }


def run() -> dict[str, float]:
    """All of it by flow and spacing."""
    names = {1.0: "at_1mm", 0.5: "at_05mm"}
    return {
        f"{name}.{names[spacing]}.{key}": v
        for name, case in CASES.items()
        for spacing in SPACINGS_MM
        for key, v in rest(*case, spacing).items()
    }
