"""Perfused tissue at rest beside something cold, nothing freezing: plane, cylinder and sphere."""

from __future__ import annotations

import math

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.special import i0, k0

from iceball.solve import Bioheat, Line, LineStep, Material, Scene, Simulation
from iceball.space import Grid

PERFUSION, BODY_C, K_U, RADIUS = 0.0036, 37.0, 0.5, 5e-3
LENGTH = math.sqrt(K_U / (PERFUSION * 1050.0 * 3617.0))
# A resting field does not know heat capacities: a small one comes to rest ten times sooner.
TISSUE = Material("tissue", 1000.0, 360.0, K_U, 0.0, -1.0, -8.0, (2.0, 0, 0), (180.0, 0), perfusion=PERFUSION)
REST_S, HALF_MM, SPHERE_HALF_MM, NEEDLE_MM = 200.0, 42.0, 33.0, 0.75
PLANE_MM, CYLINDER_MM, SPHERE_MM = 0.5, 0.5, 0.75
"""Spacings."""
RADII_MM = (6.0, 8.0, 10.0, 15.0, 20.0)


def _profile(distance: np.ndarray, celsius: np.ndarray) -> dict[str, float]:
    """T at the radii from the cells around each, by a cubic through distance x (body - T), which falls smoothly."""
    out = {}
    for r in RADII_MM:
        near = np.abs(distance - r) < 1.0
        fit = np.polyfit(distance[near] - r, np.log(BODY_C - celsius[near]), 3)
        out[f"at_{r:.0f}_mm_c"] = BODY_C - math.exp(float(fit[-1]))
    return out


def plane() -> dict[str, float]:
    """A face held at 0 °C."""
    grid = Grid.box((0, 0, 0), (HALF_MM, 1, 1), (PLANE_MM, 1, 1))
    scene = Scene(grid, np.zeros(grid.shape, np.uint8), (TISSUE,), REST_S, initial_c=BODY_C,
                  outer_c=(0.0, None, None, None, None, None))  # fmt: skip
    celsius = Simulation(scene, bioheat=Bioheat(freezing=False)).run().final_c[:, 0, 0].astype(float)
    along = CubicSpline(grid.centres_mm()[:, 0, 0, 0], celsius)
    return {f"at_{r:.0f}_mm_c": float(along(r)) for r in RADII_MM}


def cylinder() -> dict[str, float]:
    """A needle that takes the heat that holds 0 °C at 5 mm."""
    # it takes its heat at its wall: from outside, a ring in perfused tissue acts as a line I0(r/l) times as strong
    watts_per_m = 2 * math.pi * K_U * BODY_C / (k0(RADIUS / LENGTH) * i0(NEEDLE_MM / 1000 / LENGTH))
    grid = Grid.box((0, -HALF_MM, -HALF_MM), (CYLINDER_MM, HALF_MM, HALF_MM), CYLINDER_MM)
    at = 0.3 * CYLINDER_MM
    step = LineStep(0.0, REST_S, math.nan, watts_per_m=watts_per_m)
    scene = Scene(grid, np.zeros(grid.shape, np.uint8), (TISSUE,), REST_S, initial_c=BODY_C,
                  lines=(Line("sink", (0, at, at), (CYLINDER_MM, at, at), NEEDLE_MM, (step,)),),
                  outer_c=(None, None, BODY_C, BODY_C, BODY_C, BODY_C))  # fmt: skip
    celsius = Simulation(scene, bioheat=Bioheat(freezing=False)).run().final_c.astype(float)
    centres = grid.centres_mm()
    return _profile(np.hypot(centres[..., 1] - at, centres[..., 2] - at).ravel(), celsius.ravel())


def sphere() -> dict[str, float]:
    """A ball of 4 mm in which heat vanishes, as much as holds 0 °C at 5 mm; an eighth of it, cut by closed planes."""
    grid = Grid.box((0, 0, 0), (SPHERE_HALF_MM,) * 3, SPHERE_MM)
    r = np.linalg.norm(grid.centres_mm(), axis=-1) / 1000
    shape = np.clip(1.0 - (r / 4e-3) ** 2, 0.0, None) ** 2
    # from far away, a shell of radius r in perfused tissue acts as a point that is sinh(r/l) / (r/l) times as strong
    weight = float((shape * np.sinh(r / LENGTH) / (r / LENGTH)).sum()) * 8 * (SPHERE_MM / 1000) ** 3
    watts = 4 * math.pi * K_U * BODY_C * RADIUS * math.exp(RADIUS / LENGTH)
    scene = Scene(grid, np.zeros(grid.shape, np.uint8), (TISSUE,), REST_S, initial_c=BODY_C,
                  outer_c=(None, BODY_C) * 3, source=-shape * watts / weight)  # fmt: skip
    celsius = Simulation(scene, bioheat=Bioheat(freezing=False)).run().final_c.astype(float)
    return _profile(1000 * r.ravel(), celsius.ravel())


def run() -> dict[str, float]:
    """Temperatures in °C by shape and distance."""
    shapes = {"plane": plane, "cylinder": cylinder, "sphere": sphere}
    return {f"{name}.{key}": v for name, shape in shapes.items() for key, v in shape().items()}
