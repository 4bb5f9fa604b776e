"""A needle beside a catheter of warm water: is its wall spared, and what is lost of the ice?"""

from __future__ import annotations

import math

import numpy as np

from iceball.applicator.warmer import warmer
from iceball.physics.cooling import wall_temperature
from iceball.physics.heat import potential
from iceball.plan.compose import material_of
from iceball.solve import Bioheat, Control, History, Line, LineStep, Scene, Simulation, Wall
from iceball.solve.rows import property_rows
from iceball.space import Grid
from iceball.tissue.library import tissues

RADIUS_MM, AWAY_MM, SECONDS, WATER_C = 3.75, 5.0, 600.0, 43.0
BALLOON, STIFF = (warmer(name).h for name in ("urethral-warmer", "urethral-warmer-stiff"))
FILMS = {"stiff": STIFF.value, "balloon_low": BALLOON.low, "balloon": BALLOON.value, "balloon_high": BALLOON.high}
STAIRS = 4.0 / math.pi
CAREFUL = Control(tolerance=0.002)
"""A tenth of the usual error a step: two runs are told apart cell by cell."""


def frozen(h: float) -> History:
    """Ten minutes of a needle beside a catheter whose water has this film on the smooth cylinder."""
    grid = Grid.box((-26.0, -24.0, -38.0), (34.0, 24.0, 38.0), 1.0)
    x, y, _ = np.moveaxis(grid.centres_mm(), -1, 0)
    labels = (np.hypot(x, y) <= RADIUS_MM).astype(np.uint8)
    at = RADIUS_MM + AWAY_MM
    step = LineStep(0.0, SECONDS, -140.0, 2000.0, 10.0)
    line = Line("needle", (at, 0.0, -19.5), (at, 0.0, 19.5), 0.75, (step,))
    wall = Wall("urethra", 1, h / STAIRS, WATER_C)
    scene = Scene(grid, labels, (material_of(tissues()["prostate"]), None), SECONDS, (line,), (wall,))
    return Simulation(scene, control=CAREFUL).run()


def lowest_wall_c(history: History) -> float:
    """Lowest temperature of the surface between tissue and water at the end."""
    scene, celsius = history.scene, history.final_c.astype(float)
    row, wall = property_rows(scene, Bioheat()).view(np.recarray)[0], scene.walls[0]
    beside = np.zeros(scene.grid.shape, bool)
    for axis in (0, 1):
        for way in (1, -1):
            beside |= np.roll(scene.labels == 1, way, axis)
    coldest = float(celsius[beside & scene.solved].min())
    half_m = 0.5e-3 * scene.grid.spacing_mm[0]
    return float(wall_temperature(potential(coldest, row), half_m, wall.ambient_c, wall.h, row))


def run() -> dict[str, float]:
    """Wall temperature in °C, lifts in K, lost volume in mL and energy residual, by film."""
    without, values, residual = frozen(0.0), {}, 0.0
    grid = without.scene.grid
    x, y, z = np.moveaxis(grid.centres_mm(), -1, 0)
    from_needle, from_axis = np.hypot(x - RADIUS_MM - AWAY_MM, y), np.hypot(x, y)
    middle = without.scene.solved & (np.abs(z) < 10.0)
    ring = middle & (from_needle >= 5.0) & (from_needle <= 10.0)
    between = middle & (np.abs(y) < 1.0) & (from_axis > RADIUS_MM) & (x > 0) & (x < RADIUS_MM + AWAY_MM - 1.0)
    for name, h in FILMS.items():
        history = frozen(h)
        lift = history.minimum_c - without.minimum_c
        cold = [float(np.sum(one.minimum_c <= -20.0)) * grid.voxel_ml for one in (without, history)]
        values |= {
            f"{name}.wall_c": lowest_wall_c(history),
            f"{name}.lift_5_to_10_mm_k": float(lift[ring].min()),
            f"{name}.lift_between_k": float(lift[between].mean()),
            f"{name}.lost_20_ml": cold[0] - cold[1],
        }
        residual = max(residual, history.heat.residual)
    values["without.wall_c"] = float(np.nanmin(np.where(from_axis < RADIUS_MM + 1.0, without.final_c, np.nan)))
    return {**values, "energy_residual": residual}
