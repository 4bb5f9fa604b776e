"""Freezing over a range of temperatures: around a line that takes constant heat, and from a wall held cold."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from common import SET_T, order, radius_mm

from iceball.solve import Control, Keep, Line, LineStep, Material, Scene, Simulation
from iceball.space import Grid

K_S, K_U, C_S, C_U, LATENT, _ = SET_T
TISSUE = Material("tissue", 1000.0, C_U, K_U, LATENT, -1.0, -8.0, (K_S, 0.0, 0.0), (C_S, 0.0))
START_C, WALL_C, TIMES_S = 37.0, -150.0, (60.0, 300.0, 600.0)
SIDE_MM, DEPTH_MM = 44.0, 120.0
LINE_SPACINGS_MM, WALL_SPACINGS_MM = (2.0, 1.0, 0.5), (1.0, 0.5, 0.25)
CAREFUL = Control(tolerance=0.005)
"""Of the runs that tell the order of the wall's fronts: on cells of 0.25 mm the default steps are 0.02 mm off."""
RADII_MM, DEPTHS_MM = (5.0, 10.0, 15.0, 20.0, 30.0), (5.0, 10.0, 20.0, 40.0)


def around_line(watts_per_m: float, spacing_mm: float) -> dict[str, float]:
    """Radii of liquidus and solidus in mm, temperatures at 600 s."""
    grid = Grid.box((0, -SIDE_MM, -SIDE_MM), (spacing_mm, SIDE_MM, SIDE_MM), spacing_mm)
    at = 0.3 * spacing_mm
    line = Line("sink", (0, at, at), (spacing_mm, at, at), 1.0,
                (LineStep(0.0, 600.0, math.nan, watts_per_m=watts_per_m),))  # fmt: skip
    sensors = {f"{r:.0f}": (spacing_mm / 2, at + r, at) for r in RADII_MM}
    scene = Scene(grid, np.zeros(grid.shape, np.uint8), (TISSUE,), 600.0, lines=(line,), sensors=sensors,
                  outer_c=(None, None, START_C, START_C, START_C, START_C), initial_c=START_C)  # fmt: skip
    history = Simulation(scene, keep=Keep(times_s=TIMES_S)).run()
    values = {f"liquidus_{t:.0f}_mm": radius_mm(history, f, -1.0, (at, at)) for t, f in history.kept.items()}
    values["solidus_600_mm"] = radius_mm(history, history.final_c, -8.0, (at, at))
    return values | {f"at_{r}_mm_c": float(curve[-1]) for r, curve in history.sensors_c.items()}


def from_wall(spacing_mm: float, control: Control | None = None) -> dict[str, float]:
    """Depths of liquidus and solidus in mm, temperatures at 600 s; with steps of the default care unless told."""
    grid = Grid.box((0, 0, 0), (spacing_mm, spacing_mm, DEPTH_MM), spacing_mm)
    sensors = {f"{d:.0f}": (spacing_mm / 2, spacing_mm / 2, d) for d in DEPTHS_MM}
    scene = Scene(grid, np.zeros(grid.shape, np.uint8), (TISSUE,), 600.0, sensors=sensors, initial_c=START_C,
                  outer_c=(None, None, None, None, WALL_C, None))  # fmt: skip
    history = Simulation(scene, keep=Keep(times_s=TIMES_S), control=control or Control()).run()
    depth = (np.arange(grid.shape[2]) + 0.5) * spacing_mm
    values = {f"liquidus_{t:.0f}_mm": float(np.interp(-1.0, f[0, 0], depth)) for t, f in history.kept.items()}
    values["solidus_600_mm"] = float(np.interp(-8.0, history.final_c[0, 0], depth))
    return values | {f"at_{d}_mm_c": float(curve[-1]) for d, curve in history.sensors_c.items()}


def run() -> dict[str, float]:
    """Radii, depths and temperatures at 0.5 mm, the worst front error at 1 mm, and fitted orders."""
    # imported here: what is measured must not lean on what is expected
    from exact import Medium, line_sink_with_range, wall_with_range

    medium = Medium(K_S, K_U, 1e3 * C_S, 1e3 * C_U, 1e3 * LATENT, -1.0, -8.0)
    values: dict[str, float] = {}
    cases = {"q_500": (500.0, LINE_SPACINGS_MM), "q_1000": (1000.0, LINE_SPACINGS_MM), "wall": (None, WALL_SPACINGS_MM)}
    for name, (watts_per_m, spacings) in cases.items():
        exact = (wall_with_range(medium, WALL_C, START_C) if watts_per_m is None
                 else line_sink_with_range(medium, watts_per_m, START_C))  # fmt: skip
        worst = []
        for spacing in spacings:
            found = from_wall(spacing) if watts_per_m is None else around_line(watts_per_m, spacing)
            worst.append(_worst(found, exact))
            if spacing == 1.0:
                values[f"{name}.worst_front_at_1mm_mm"] = worst[-1]
            if spacing == 0.5:
                values |= {f"{name}.{key}": v for key, v in found.items()}
        if watts_per_m is None:
            worst = [_worst(from_wall(spacing, CAREFUL), exact) for spacing in spacings]
        values[f"{name}.order"] = order(spacings, worst)
    return values


def _worst(found: dict[str, float], exact: Any) -> float:
    """The greatest error of a front, mm."""
    fronts = {f"liquidus_{t:.0f}_mm": 1e3 * exact.liquidus * math.sqrt(t) for t in TIMES_S}
    fronts["solidus_600_mm"] = 1e3 * exact.solidus * math.sqrt(600.0)
    return max(abs(found[key] - fronts[key]) for key in fronts)
