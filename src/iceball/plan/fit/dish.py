"""Thermocouples around a needle far from its ends: a slab of cells across an endless needle, and what they read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from iceball.errors import PlanError
from iceball.solve import History, Keep, Line, LineStep, Material, Scene, Simulation
from iceball.space import Grid

Floats = NDArray[np.float64]
BLOOD_HEAT = 4e6
"""Any number: only its product with the perfusion counts."""
DIRECTIONS = 8
"""Readings are the mean over so many directions: the grid's own directions must not show."""


def dish(
    material: Material,
    steps: Sequence[LineStep],
    *,
    radius_mm: float,
    at_mm: Sequence[float],
    start_c: float,
    half_mm: float,
    spacing_mm: float,
    exchange: float = 0.0,
) -> Scene:
    """One needle across a slab, in a square whose edge keeps its temperature.

    Args:
        material: the medium.
        steps: the needle's clock; the last one ends the run.
        radius_mm: of the needle.
        at_mm: distances of the thermocouples from the needle's axis.
        start_c: temperature at the start, and at the edge.
        half_mm: distance of the edge from the axis.
        spacing_mm: of the cells.
        exchange: heat that dish and air give to the liquid, W/m3 for each K below the start; ice gets none.

    Raises:
        PlanError: if a thermocouple lies in the needle or outside the square.
    """
    if not all(radius_mm < r < half_mm - spacing_mm for r in at_mm):
        raise PlanError(
            f"thermocouples at {', '.join(f'{r:g}' for r in at_mm)} mm from the axis must lie outside the needle "
            f"({radius_mm:g} mm) and inside the edge ({half_mm:g} mm)",
            where="distances",
        )
    grid = Grid.box((0.0, -half_mm, -half_mm), (spacing_mm, half_mm, half_mm), spacing_mm)
    line = Line("needle", (0.0, 0.0, 0.0), (spacing_mm, 0.0, 0.0), radius_mm, tuple(steps))
    turns = [2 * math.pi * (k + 0.25) / DIRECTIONS for k in range(DIRECTIONS)]
    sensors = {
        f"{i} {k}": (spacing_mm / 2, r * math.cos(turn), r * math.sin(turn))
        for i, r in enumerate(at_mm)
        for k, turn in enumerate(turns)
    }
    return Scene(
        grid,
        np.zeros(grid.shape, np.uint8),
        # what blood does to tissue, stirred surroundings do to a bath: heat in proportion, and none to ice
        (replace(material, perfusion=exchange / BLOOD_HEAT),),
        max(s.start_s + s.duration_s for s in steps),
        lines=(line,),
        outer_c=(None, None, start_c, start_c, start_c, start_c),
        initial_c=start_c,
        body_c=start_c,
        blood_heat=BLOOD_HEAT,
        sensors=sensors,
    )


def readings(scene: Scene, times_s: Sequence[float] | Floats, *, every_s: float = 1.0) -> Floats:
    """What the thermocouples of a dish read, °C, shape (times, thermocouples)."""
    history = Simulation(scene, keep=Keep(sensors_every_s=every_s)).run()
    return read(history, times_s)


def read(history: History, times_s: Sequence[float] | Floats) -> Floats:
    """The same from a run that was made."""
    count = 1 + max(int(name.split()[0]) for name in history.sensors_c)
    columns = []
    for i in range(count):
        curves = [history.sensors_c[f"{i} {k}"] for k in range(DIRECTIONS)]
        columns.append(np.interp(times_s, history.sensor_times_s, np.mean(curves, axis=0)))
    return np.stack(columns, axis=1)
