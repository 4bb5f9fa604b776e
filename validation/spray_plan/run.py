"""Spots of a plan on surfaces that lie in different ways: depths, areas, and no gap in what is painted."""

from __future__ import annotations

import math

import numpy as np

import iceball as ib
from iceball.applicator import surface_applicator
from iceball.plan.compose import Conditions, compose, material_of
from iceball.plan.ground import Ground
from iceball.plan.spray.paint import paint
from iceball.plan.spray.spot import Spot
from iceball.solve import Keep, Scene, Simulation, Wall, WallStep
from iceball.space import Grid, Header, Volume
from iceball.space.box import Box
from iceball.space.shapes import Sphere
from iceball.tissue import Anatomy, Structure, tissue
from iceball.tissue.model import model

SPRAY, TISSUE = "generic-ln2-spray", "soft_tissue"
RADIUS_MM, DWELL_S, AFTER_S = 15.0, 20.0, 5.0
CELLS = Conditions(spacing_mm=1.5)
LEVELS_C = ("0", "-20", "-40")
SURFACES = {
    "level": (0.0, 1.0, 0.0),
    "1_in_2": (0.0, 2.0, 1.0),
    "45": (0.0, 1.0, 1.0),
    "diagonal": (1.0, 1.0, 1.0),
    "askew": (0.3, 1.0, 0.1),
}
"""Way into the tissue."""
COLUMN_MM, FINE_MM = 40.0, 0.1


def patient(inward: tuple[float, float, float], target: Sphere | Box, half_mm: float) -> Anatomy:
    """Air, and soft tissue beyond a plane through the origin."""
    grid = Grid.box((-half_mm,) * 3, (half_mm,) * 3, 1.0)
    labels = (grid.centres_mm() @ np.array(inward) > 0).astype(np.uint8)
    image = Volume(grid, np.zeros(grid.shape, np.int16), "HU", Header(modality="CT"))
    structure = {"tumour": Structure("tumour", target, "a proof's")}
    return Anatomy(image, Volume(grid, labels, "label"), {0: "air", 1: TISSUE}, structure)


def planar() -> dict[str, float]:
    """Depth in mm of each level of the lowest temperatures under an endless wall."""
    card, constants = surface_applicator(SPRAY), model()
    grid = Grid.box((0.0, 0.0, -FINE_MM), (1.0, 1.0, COLUMN_MM), (1.0, 1.0, FINE_MM))
    labels = np.zeros(grid.shape, np.uint8)
    labels[:, :, 0] = 1
    air_h, air_c = constants.gas_wall("air")
    step = WallStep(0.0, DWELL_S, card.h.value, card.cryogen_c.value)
    scene = Scene(
        grid,
        labels,
        (material_of(tissue(TISSUE)), None),
        DWELL_S + AFTER_S,
        walls=(Wall("spray", 1, air_h.value, air_c.value, (step,)),),
        outer_c=(None, None, None, None, None, 37.0),
        blood_heat=constants.blood_density.value * constants.blood_heat_capacity.value,
    )
    celsius = Simulation(scene, keep=Keep()).run().minimum_c[0, 0, 1:].astype(float)
    depth = (np.arange(celsius.size) + 0.5) * FINE_MM
    return {level: float(np.interp(float(level), celsius, depth)) for level in LEVELS_C}


def area_mm2(scene: Scene) -> float:
    """Area of the spots' faces as the solver weighs it."""
    h, total = surface_applicator(SPRAY).h.value, 0.0
    ground = Ground(scene.grid, scene.labels, {0: TISSUE}, scene.walls)
    for wall in scene.walls:
        if wall.steps:
            total += ground.faces_mm2(scene.labels == wall.label) * wall.steps[0].h / h
    return total


def run() -> dict[str, float]:
    """The values by name."""
    true, out = planar(), {}
    plan = ib.Plan(spots=[Spot(SPRAY, (0, 0, 0), DWELL_S, thaw_s=AFTER_S, radius_mm=RADIUS_MM)], vent="passive")
    for name, inward in SURFACES.items():
        anatomy = patient(inward, Sphere((0.0, 0.0, 0.0), 10.0), 40.0)
        scene = compose(plan, anatomy, conditions=CELLS)
        surface = ib.assess(Simulation(scene).run(), (), anatomy).surface
        assert surface is not None
        for level in LEVELS_C:
            off = surface.depth_mm[level].median_mm / true[level] - 1
            out[f"{name}.{level.removeprefix('-')}_percent"] = 100 * off
        out[f"{name}.area_percent"] = 100 * (area_mm2(scene) / (math.pi * RADIUS_MM**2) - 1)
    painted = patient((0.0, 1.0, 0.0), Box((-18.0, 0.0, -18.0), (18.0, 4.0, 18.0)), 40.0)
    spots = paint(painted, SPRAY, (0, 0, 0), polygon_mm=[(-18, 0, -18), (18, 0, -18), (18, 0, 18), (-18, 0, 18)],
                  dwell_s=1.0, thaw_s=1.0, cycles=1)  # fmt: skip
    area = ib.Plan(spots=spots, vent="passive")
    done = ib.assess(Simulation(compose(area, painted, conditions=CELLS)).run(), (), painted).surface
    assert done is not None
    out["painted.share"] = done.applied["1"]
    return out


if __name__ == "__main__":
    for key, value in run().items():
        print(f"{key}: {value:.4g}")
