"""The case of the proof: a tumour in kidney with one needle, and the gel that its needle was charted in."""

from __future__ import annotations

import numpy as np

from iceball.assessment import Assessment, assess, radius_mm
from iceball.assessment.cold import ColdMap
from iceball.plan import Placement, Plan, freeze
from iceball.plan.compose import Conditions, compose, material_of
from iceball.plan.drawn import Drawn, varied_scene
from iceball.plan.predict import NOMINAL, Prediction, simulate
from iceball.plan.varied import Varied
from iceball.solve import Scene, Simulation
from iceball.solve.control import Control
from iceball.space import Grid, Volume
from iceball.space.shapes import Sphere
from iceball.tissue import TARGET, Anatomy, Structure, tissue
from iceball.units import minutes

PLAN = Plan((Placement("generic-17g-long", (0.0, 0.0, -21.5), (0.0, 0.0, 90.0)),), freeze(10 * minutes))
CHART_LEVELS_C = (0.0, -20.0)
NUMBERS = ("margins_mm.0.min", "margins_mm.-20.min", "volumes_ml.0", "volumes_ml.-20", "volumes_ml.-40")


def anatomy() -> Anatomy:
    """A ball of tumour in a block of kidney; slices are 3 mm thick."""
    grid = Grid.box((-45, -45, -45), (45, 45, 45), (1.5, 1.5, 3.0))
    ball = np.linalg.norm(grid.centres_mm(), axis=-1) <= 8.0
    image = Volume(grid, np.zeros(grid.shape, np.int16), "HU")
    labels = Volume(grid, ball.astype(np.uint8), "label")
    target = Structure(TARGET, Sphere((0.0, 0.0, 0.0), 16.0), "phantom")
    return Anatomy(image, labels, {0: "kidney", 1: "tumour"}, {TARGET: target}, organ="kidney")


def nominal(patient: Anatomy, spacing_mm: float) -> tuple[Prediction, Assessment]:
    """The nominal run and its assessment."""
    conditions = Conditions(spacing_mm=spacing_mm)
    history = simulate(PLAN, patient, conditions=conditions, doubt=False)
    return Prediction({NOMINAL: history}, {NOMINAL: conditions}), assess(history, (), patient, needles=1)


def gel(patient: Anatomy) -> Scene:
    """The same needle in gel at 37 °C, on cells of 3 mm."""
    scene = compose(PLAN, patient, conditions=Conditions(spacing_mm=3.0))
    labels = np.zeros_like(scene.labels)
    return Scene(
        scene.grid,
        labels,
        (material_of(tissue("gel")),),
        scene.duration_s,
        lines=scene.lines,
        freeze_ends_s=scene.freeze_ends_s,
    )


def charted_mm(in_gel: Scene, draw: Drawn) -> np.ndarray:
    """Diameters of the isotherms around the middle of the needle as drawn, in gel; it is charted where it belongs."""
    needle = Drawn(draw.normal, Varied(**dict.fromkeys(_PLACES, 0.0)))
    history = Simulation(varied_scene(in_gel, PLAN, needle), backend="cpu", threads=1, control=Control.preview()).run()
    cold = ColdMap.of(history.minimum_c, history)
    start, end = (np.array(p) for p in PLAN.probes[0].active_zone_mm)
    middle = (start + end) / 2
    near = (middle + 0.1 * (start - middle), middle + 0.1 * (end - middle))
    return np.array([2 * radius_mm(cold, level, *near) for level in CHART_LEVELS_C])


_PLACES = ("placement_mm", "motion_mm", "contour_mm", "slice_share")
