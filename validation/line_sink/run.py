"""A line that takes constant heat from an endless medium (Paterson; Carslaw and Jaeger)."""

from __future__ import annotations

import math

import numpy as np
from common import SET_T, SET_W, ice_share, order, sharp

from iceball.solve import History, Keep, Line, LineStep, Scene, Simulation
from iceball.space import Grid

SPACINGS_MM, SIDE_MM = (2.0, 1.0, 0.5), 44.0
TIMES_S = tuple(float(t) for t in range(60, 601, 20))
CASES = {"t_500": (SET_T, 500.0), "t_1000": (SET_T, 1000.0), "w_500": (SET_W, 500.0)}
RADII_MM = (5.0, 10.0, 15.0, 20.0, 30.0)


def freeze(properties: tuple[float, ...], watts_per_m: float, spacing_mm: float) -> tuple[np.ndarray, History]:
    """Front radius in mm at the times, from the area of ice."""
    # one cell thick between closed faces: the needle is endless; it lies off the cell centres on purpose
    grid = Grid.box((0, -SIDE_MM, -SIDE_MM), (spacing_mm, SIDE_MM, SIDE_MM), spacing_mm)
    at = 0.3 * spacing_mm
    step = LineStep(0.0, TIMES_S[-1], math.nan, watts_per_m=watts_per_m)
    line = Line("sink", (0, at, at), (spacing_mm, at, at), 1.0, (step,))
    sensors = {f"{r:.0f}": (spacing_mm / 2, at + r, at) for r in RADII_MM}
    scene = Scene(grid, np.zeros(grid.shape, np.uint8), (sharp(properties),), TIMES_S[-1], lines=(line,),
                  outer_c=(None, None, 37.0, 37.0, 37.0, 37.0), initial_c=37.0, sensors=sensors)  # fmt: skip
    history = Simulation(scene, keep=Keep(times_s=TIMES_S)).run()
    area = [float(ice_share(history.kept[t], properties[-1]).sum()) * spacing_mm**2 for t in TIMES_S]
    return np.sqrt(np.array(area) / math.pi), history


def run() -> dict[str, float]:
    """Worst front error in mm at 1 and 0.5 mm, fitted order, radius and temperatures at 600 s."""
    # imported here: what is measured must not lean on what is expected
    from exact import Medium, line_sink

    values: dict[str, float] = {}
    for name, (properties, watts_per_m) in CASES.items():
        k_s, k_u, c_s, c_u, latent, t_f = properties
        growth, _ = line_sink(Medium(k_s, k_u, 1e3 * c_s, 1e3 * c_u, 1e3 * latent, t_f, t_f), watts_per_m, 37.0)
        exact = 1e3 * growth * np.sqrt(TIMES_S)
        worst = []
        for spacing in SPACINGS_MM:
            radius, history = freeze(properties, watts_per_m, spacing)
            worst.append(float(np.abs(radius - exact).max()))
        values |= {f"{name}.worst_at_1mm_mm": worst[1], f"{name}.worst_at_05mm_mm": worst[2]}
        values[f"{name}.order"] = order(SPACINGS_MM, worst)
        values[f"{name}.radius_600_s_mm"] = float(radius[-1])
        if name.startswith("t_"):
            values |= {f"{name}.at_{r}_mm_c": float(curve[-1]) for r, curve in history.sensors_c.items()}
    return values
