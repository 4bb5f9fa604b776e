"""When -20 °C comes to a place 1 cm from one needle in kidney, over the prior of flow and cooling."""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from iceball.applicator import probe
from iceball.plan import Placement, Plan, freeze
from iceball.plan.compose import material_of
from iceball.plan.drawn import drawn, sample, varied_scene
from iceball.plan.lines import line_of
from iceball.plan.varied import Varied
from iceball.solve import Scene, Simulation
from iceball.solve.control import Control
from iceball.space import Grid
from iceball.tissue import tissue
from iceball.units import minutes

NEEDLE, AWAY_MM, COLD_C = "generic-17g-long", 10.0, -20.0
LONGEST_S = 63 * minutes
SEED, DRAWS = 17, 256
PLACES = (0.3, 0.3 + 2 * math.pi / 3, 0.3 + 4 * math.pi / 3)


def plan() -> Plan:
    """One needle along z, the middle of its active zone at the origin."""
    card = probe(NEEDLE)
    tip = -card.standoff_mm.value - card.active_mm.value / 2
    return Plan((Placement(NEEDLE, (0, 0, tip), (0, 0, tip + 120)),), freeze(LONGEST_S))


def scene(spacing_mm: float) -> Scene:
    """That needle in a block of kidney."""
    (needle,) = plan().probes
    half = needle.kind.active_mm.value / 2
    grid = Grid.box((-42, -42, -half - 24), (42, 42, half + 24), spacing_mm)
    around = [(AWAY_MM * math.cos(a), AWAY_MM * math.sin(a), 0.0) for a in PLACES]
    return Scene(
        grid,
        np.zeros(grid.shape, np.uint8),
        (material_of(tissue("kidney")),),
        LONGEST_S,
        lines=(line_of("needle", needle, plan().clock(0), bound="power_limited", body_c=37.0),),
        sensors={str(n): point for n, point in enumerate(around)},
        freeze_ends_s=(LONGEST_S,),
    )


def beside(made: Scene) -> tuple[np.ndarray, np.ndarray]:
    """Times in minutes and the mean temperature 1 cm from the needle."""
    history = Simulation(made, backend="cpu", threads=1, control=Control.preview()).run()
    return history.sensor_times_s / minutes, np.mean(list(history.sensors_c.values()), axis=0)


def reached_min(made: Scene) -> float:
    """When -20 °C comes there; infinite if it never does."""
    times, celsius = beside(made)
    cold = np.flatnonzero(celsius <= COLD_C)
    return float(times[cold[0]]) if len(cold) else math.inf


def run() -> dict[str, float]:
    """Share of the draws not there at 10 min, the median time of those that get there, and how much cells matter."""
    nominal, varied = scene(3.0), Varied()
    draws = [drawn(row, 1, varied) for row in sample(DRAWS, 1, SEED)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        times = np.array(list(pool.map(lambda d: reached_min(varied_scene(nominal, plan(), d)), draws)))
    reached = times[np.isfinite(times)]
    return {
        "not_reached_at_10_min_share": float(np.mean(times > 10)),
        "median_time_min": float(np.median(reached)) if len(reached) else math.nan,
        "never_share": float(np.mean(~np.isfinite(times))),
        "earliest_min": float(reached.min()) if len(reached) else math.nan,
        "cells_c": abs(float(beside(nominal)[1].min() - beside(scene(2.0))[1].min())),
    }
