"""A 6 mm vessel along a needle in liver: full speed, a tenth of it, clamped."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from iceball.physics.cooling import wall_flux
from iceball.plan import Placement, Plan, Vessel, freeze
from iceball.plan.compose import Conditions, compose
from iceball.solve import Bioheat, History, Keep, Scene, Simulation
from iceball.solve.rows import property_rows
from iceball.solve.wall import Wall
from iceball.space.shapes import Sphere
from iceball.tissue import Anatomy
from iceball.tissue.phantom import phantom

SPACING_MM, FREEZE_S, THAW_S = 1.5, 600.0, 120.0
TIP_MM, BESIDE_MM, WIDTH_MM = 70.0, 14.0, 6.0
SHARES = {"flow": 1.0, "reduced": 0.1, "clamped": 0.0}
KEEP_S = 20.0
Field = NDArray[np.floating]


def patient() -> Anatomy:
    """Liver under the skin, and a 10 mm target in the middle of the needle's active zone."""
    middle = TIP_MM - 22.0
    return phantom(
        (140, 120, 140), 2.0, target=Sphere((0, middle, 0), 10), organ="liver", base="liver", layers=(("skin", 2.0),)
    )


def plan(share: float) -> Plan:
    """One needle straight down, and a vessel beside it that runs the same way."""
    needle = Placement("generic-17g-long", tip_mm=(0, TIP_MM, 0), entry_mm=(0, 0, 0))
    line = ((BESIDE_MM, 5.0, 0.0), (BESIDE_MM, 118.0, 0.0))
    vessel = Vessel(line_mm=line, diameter_mm=WIDTH_MM, share=share)
    return Plan((needle,), freeze(FREEZE_S).thaw(THAW_S), vessels=(vessel,))


def simulated(share: float) -> History:
    """The run of a plan through compose, with fields kept."""
    scene = compose(plan(share), patient(), conditions=Conditions(spacing_mm=SPACING_MM))
    return Simulation(scene, keep=Keep(every_s=KEEP_S)).run()


def reach_mm(history: History, towards: float, depth_mm: float = TIP_MM - 22.0) -> float:
    """How far the ice reaches from the needle's axis at a depth, towards the vessel (1) or away from it (-1)."""
    celsius, grid = history.end_of_freeze_c[0].astype(float), history.scene.grid
    r = np.arange(0.0, 34.0, 0.02)
    points = np.stack([towards * r, 0 * r + depth_mm, 0 * r], axis=1)
    filled = np.where(np.isfinite(celsius), celsius, history.scene.body_c)
    along = map_coordinates(filled, grid.to_index(points).T, order=1)
    return float(r[int(np.argmax(along > 0))])


def measures(history: History) -> dict[str, float]:
    """Ice, its reach and its distance from the vessel at the end of the freeze."""
    celsius, grid = history.end_of_freeze_c[0], history.scene.grid
    nearest = max(reach_mm(history, 1.0, depth) for depth in np.arange(TIP_MM - 40.0, TIP_MM, 1.0))
    return {
        "ice_ml": float((celsius <= 0).sum()) * grid.voxel_ml,
        "towards_mm": reach_mm(history, 1.0),
        "away_mm": reach_mm(history, -1.0),
        "to_vessel_mm": BESIDE_MM - WIDTH_MM / 2 - nearest,
        "residual": history.heat.residual,
    }


def faces_j(history: History) -> float:
    """Heat that the vessel's faces gave, from the kept fields: each face's flux, by the trapezium over time."""
    scene = history.scene
    rows, walls = property_rows(scene, Bioheat()), {w.label: w for w in scene.walls if w.flow}
    begin = {0.0: np.where(np.isfinite(history.minimum_c), scene.body_c, np.nan)}
    watts = {time: _watts(celsius, scene, rows, walls) for time, celsius in {**begin, **history.kept}.items()}
    times = sorted(watts)
    return float(np.trapezoid([watts[t] for t in times], times))


def _watts(celsius: Field, scene: Scene, rows: np.ndarray, walls: dict[int, Wall]) -> float:
    total = 0.0
    for axis, spacing in enumerate(scene.grid.spacing_mm):
        area = float(np.prod(scene.grid.spacing_mm)) / spacing * 1e-6
        low, high = ((slice(None),) * axis + (part,) for part in (slice(None, -1), slice(1, None)))
        for blood, tissue in ((low, high), (high, low)):
            faces = np.isin(scene.labels[blood], list(walls)) & np.isfinite(celsius[tissue])
            for label, own, c in zip(
                scene.labels[blood][faces], scene.labels[tissue][faces], celsius[tissue][faces], strict=True
            ):
                wall = walls[int(label)]
                total += area * wall_flux(float(c), wall.ambient_c, wall.h, spacing / 2000, rows[own])
    return total


def run() -> dict[str, float]:
    """All of it by flow."""
    out: dict[str, float] = {}
    for name, share in SHARES.items():
        history = simulated(share)
        out |= {f"{name}.{key}": value for key, value in measures(history).items()}
        if share:
            told = sum(history.heat.by_wall_j[w.name] for w in history.scene.walls if w.flow)
            out |= {f"{name}.vessel_j": told, f"{name}.faces_over_account": faces_j(history) / told}
        out[f"{name}.asymmetry_mm"] = out[f"{name}.away_mm"] - out[f"{name}.towards_mm"]
    for less, more in (("flow", "reduced"), ("reduced", "clamped")):
        out[f"{more}_over_{less}"] = out[f"{more}.ice_ml"] / out[f"{less}.ice_ml"]
        out[f"to_vessel.{less}_less_{more}_mm"] = out[f"{less}.to_vessel_mm"] - out[f"{more}.to_vessel_mm"]
    return out
