"""A line that takes constant heat from an endless medium (Paterson; Carslaw and Jaeger)."""

from __future__ import annotations

import math

import numpy as np
from common import SET_T, SET_W, ice_share, sharp

from iceball.solve import Keep, Line, LineStep, Scene, Simulation
from iceball.space import Grid

SPACING_MM, SIDE_MM = 0.5, 45.0
CASES = {"t_500": (SET_T, 500.0), "t_1000": (SET_T, 1000.0), "w_500": (SET_W, 500.0)}
RADII_MM = (5.0, 10.0, 15.0, 20.0, 30.0)


def run() -> dict[str, float]:
    """Front radius in mm at 60, 300 and 600 s, and temperatures at 600 s."""
    values = {}
    # one cell thick between closed faces: the needle is endless; it lies off the cell centres on purpose
    grid = Grid.box((0, -SIDE_MM, -SIDE_MM), (SPACING_MM, SIDE_MM, SIDE_MM), SPACING_MM)
    at = 0.3 * SPACING_MM
    for name, (properties, watts_per_m) in CASES.items():
        step = LineStep(0.0, 600.0, math.nan, watts_per_m=watts_per_m)
        line = Line("sink", (0, at, at), (SPACING_MM, at, at), 1.0, (step,))
        sensors = {f"{r:.0f}": (SPACING_MM / 2, at + r, at) for r in RADII_MM}
        scene = Scene(
            grid,
            np.zeros(grid.shape, np.uint8),
            (sharp(properties),),
            600.0,
            lines=(line,),
            outer_c=(None, None, 37.0, 37.0, 37.0, 37.0),
            initial_c=37.0,
            sensors=sensors,
        )
        history = Simulation(scene, keep=Keep(times_s=(60.0, 300.0, 600.0))).run()
        for time_s, field in history.kept.items():
            area = float(ice_share(field, properties[-1]).sum()) * SPACING_MM**2
            values[f"{name}.radius_{time_s:.0f}_mm"] = math.sqrt(area / math.pi)
        if name.startswith("t_"):
            values |= {f"{name}.at_{r}_mm_c": float(curve[-1]) for r, curve in history.sensors_c.items()}
    return values
