"""Four 17-gauge needles on a square in warm gel: how far the cold reaches beyond them, and whether there is a waist."""

from __future__ import annotations

import math

import numpy as np
from scipy import ndimage
from scipy.optimize import minimize_scalar
from skimage.morphology import convex_hull_image

from iceball.applicator import probe
from iceball.plan.compose import material_of
from iceball.solve import History, Line, LineStep, Scene, Simulation
from iceball.space import Grid
from iceball.tissue import tissue

CARD, START_C, FREEZE_S, SIDE_MM, BEYOND_MM = "generic-17g-long", 37.0, 600.0, 57.0, 36.0
SPACINGS_MM = (15.0, 20.0, 25.0)
CALIBRATED_AT_MM, MEASURED_MM = 15.0, 10.0
"""Where h is found, and how far -40 °C reached there; 0 °C lay as much farther out."""
WHOLE = 0.9
"""A cold region that fills less than this of its convex hull has a waist."""


def freeze(apart_mm: float, h: float, cell_mm: float) -> History:
    """One eighth of four needles at the corners of a square: mirrors between them and through their middles."""
    card = probe(CARD)
    half = cell_mm * round(card.active_mm.value / 2 / cell_mm)
    side = cell_mm * round((apart_mm / 2 + SIDE_MM - 10.0) / cell_mm)
    grid = Grid.box((0.0, 0.0, 0.0), (side, side, half + BEYOND_MM), cell_mm)
    steps = (LineStep(0.0, FREEZE_S, card.coolant_c.value, h=h, time_constant_s=card.time_constant_s.value),)
    at = apart_mm / 2
    line = Line("needle", (at, at, 0.0), (at, at, half), card.radius_mm.value, steps)
    scene = Scene(
        grid,
        np.zeros(grid.shape, np.uint8),
        (material_of(tissue("gel")),),
        FREEZE_S,
        lines=(line,),
        outer_c=(None, START_C, None, START_C, None, START_C),
        initial_c=START_C,
        body_c=START_C,
    )
    return Simulation(scene).run()


def reach_mm(history: History, level_c: float, apart_mm: float) -> float:
    """How far a level lies outside the needles in the middle plane: straight out from a needle, away from the rest."""
    grid = history.scene.grid
    x = np.arange(apart_mm / 2 + 1.0, grid.shape[0] * grid.spacing_mm[0] - 2.0, 0.05)
    points = np.stack([x, np.full_like(x, apart_mm / 2), np.zeros_like(x)], axis=1)
    along = ndimage.map_coordinates(history.final_c.astype(float), grid.to_index(points).T, order=1, mode="nearest")
    warm = np.flatnonzero(along > level_c)
    return 0.0 if warm[0] == 0 else float(x[warm[0]] - apart_mm / 2)


def waist(history: History, level_c: float, apart_mm: float) -> bool:
    """True where what is colder than a level in the middle plane is not one whole region around all four needles."""
    quarter = history.final_c[:, :, 0] <= level_c
    plane = np.block([[quarter[::-1, ::-1], quarter[::-1]], [quarter[:, ::-1], quarter]])
    _, count = ndimage.label(plane)
    return bool(count != 1 or plane.sum() < WHOLE * convex_hull_image(plane).sum())


def reaches_mm(history: History, apart_mm: float) -> tuple[float, float]:
    """How far -40 °C lies outside the needles, and how much farther 0 °C."""
    cold, edge = (reach_mm(history, level, apart_mm) for level in (-40.0, 0.0))
    return cold, edge - cold


def calibrate(cell_mm: float) -> float:
    """The h, within the card's own range, that comes nearest to the measured reaches at one spacing, W/m2/K."""
    h = probe(CARD).h

    def miss(log_h: float) -> float:
        found = reaches_mm(freeze(CALIBRATED_AT_MM, math.exp(log_h), cell_mm), CALIBRATED_AT_MM)
        return math.fsum((mm - MEASURED_MM) ** 2 for mm in found)

    found = minimize_scalar(miss, bounds=(math.log(h.low), math.log(h.high)), method="bounded", options={"xatol": 0.03})
    return math.exp(found.x)


def run(cell_mm: float = 1.5) -> dict[str, float]:
    """Of each spacing and needle: reach of -40 and 0 °C, temperature in the centre, and whether there is a waist."""
    needles = {"calibrated": calibrate(cell_mm), "nominal": probe(CARD).h.value, "chart_like": math.inf}
    values = {"calibrated.h": needles["calibrated"]}
    for name, h in needles.items():
        for apart in SPACINGS_MM:
            history = freeze(apart, h, cell_mm)
            at = f"{name}.{apart:.0f}_mm"
            values[f"{at}.cold_reach_mm"], values[f"{at}.further_to_0_mm"] = reaches_mm(history, apart)
            values[f"{at}.centre_c"] = float(history.final_c[0, 0, 0])
            values |= {f"{at}.waist_at_{-level}": float(waist(history, level, apart)) for level in (0, -40)}
            whole = values[f"{at}.centre_c"] <= -40.0 and not values[f"{at}.waist_at_40"]
            values[f"{at}.whole_core"] = float(whole)
    return values
