"""Neumann's freezing of a half space from a wall held cold."""

from __future__ import annotations

import numpy as np
from common import SET_T, SET_W, ice_share, sharp

from iceball.solve import Keep, Scene, Simulation
from iceball.space import Grid

SPACING_MM = 0.5
CASES = {
    "w_20_10": (SET_W, -20.0, 10.0),
    "w_150_37": (SET_W, -150.0, 37.0),
    "t_150_37": (SET_T, -150.0, 37.0),
    "t_196_37": (SET_T, -196.0, 37.0),
}


def run() -> dict[str, float]:
    """Front in mm at 60, 300 and 600 s, and the largest energy residual."""
    values, residual = {}, 0.0
    grid = Grid.box((0, 0, 0), (SPACING_MM, SPACING_MM, 120), SPACING_MM)
    labels = np.zeros(grid.shape, np.uint8)
    for name, (properties, wall_c, start_c) in CASES.items():
        scene = Scene(
            grid,
            labels,
            (sharp(properties),),
            600.0,
            outer_c=(None, None, None, None, wall_c, None),
            initial_c=start_c,
            body_c=start_c,
        )
        history = Simulation(scene, keep=Keep(times_s=(60.0, 300.0, 600.0))).run()
        for time_s, field in history.kept.items():
            values[f"{name}.front_{time_s:.0f}_mm"] = float(ice_share(field[0, 0], properties[-1]).sum()) * SPACING_MM
        residual = max(residual, history.heat.residual)
    return {**values, "energy_residual": residual}
