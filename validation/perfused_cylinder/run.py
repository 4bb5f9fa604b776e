"""The resting ice around an endless needle in perfused tissue."""

from __future__ import annotations

import math

import numpy as np
from common import RANGE_K, ice_share

from iceball.solve import Line, LineStep, Material, Scene, Simulation
from iceball.space import Grid

# perfusion, half width of the block, spacing, time to come to rest
CASES = {"w_0155": (0.0155, 32.0, 0.5, 2500.0), "w_0036": (0.0036, 52.0, 1.0, 7000.0)}
LATENT = 30e3
"""A resting front does not know the latent heat; a small one comes to rest sooner."""


def run() -> dict[str, float]:
    """Radius by area, along an axis and along a diagonal, mm; heat per length, W/m."""
    values = {}
    for name, (perfusion, half, spacing, rest_s) in CASES.items():
        grid = Grid.box((0, -half, -half), (spacing, half, half), spacing)
        tissue = Material(
            "tissue",
            1000.0,
            3600.0,
            0.5,
            LATENT,
            RANGE_K / 2,
            -RANGE_K / 2,
            (2.0, 0, 0),
            (1800.0, 0),
            perfusion=perfusion,
        )
        at = 0.25 * spacing
        line = Line(
            "needle", (0, at, at), (spacing, at, at), 0.75, (LineStep(0.0, rest_s, -140.0, time_constant_s=5.0),)
        )
        scene = Scene(
            grid,
            np.zeros(grid.shape, np.uint8),
            (tissue,),
            rest_s,
            lines=(line,),
            blood_heat=1050.0 * 3617.0,
            outer_c=(None, None, 37.0, 37.0, 37.0, 37.0),
        )
        history = Simulation(scene).run()
        share = ice_share(history.final_c[0], 0.0)
        values[f"{name}.radius_mm"] = math.sqrt(float(share.sum()) * spacing**2 / math.pi)
        # frozen length of the lines through the needle along an axis and both diagonals, halved
        y = grid.to_mm(np.stack([np.zeros(grid.shape[1]), np.arange(grid.shape[1]), np.zeros(grid.shape[1])], axis=1))[
            :, 1
        ]
        row = int(np.argmin(np.abs(y - at)))
        values[f"{name}.axis_mm"] = float(share[row].sum()) * spacing / 2
        values[f"{name}.diagonal_mm"] = float(np.diag(share).sum()) * spacing * math.sqrt(2) / 2
        values[f"{name}.w_per_m"] = float(history.needle_watts["needle"][-1]) / (spacing / 1000)
    return values
