"""The plaque with needles: ice into wall and lung, with flooding and without, with a gas pocket, with a warm bag."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.ndimage import map_coordinates
from scipy.spatial import cKDTree

sys.path.insert(0, str(Path(__file__).resolve().parent))

from chest import ALONG, AT_MM, anatomy, plan

import iceball as ib
from iceball.plan.compose import Conditions, compose
from iceball.plan.warm.warming import Warming
from iceball.solve import History, Simulation
from iceball.space.shapes import Mask
from iceball.tissue import Anatomy
from iceball.tissue.inner_wall import InnerWall
from iceball.units import minutes

SPACING_MM = 2.0
RAY_MM = 45.0


def run() -> dict[str, float]:
    """Sizes, reach of the ice, and what becomes of lung, skin and nerve."""
    patient, treated = anatomy(), plan()
    wet = _simulated(treated, patient)
    dry = Simulation(replace(wet.scene, rules=())).run()
    values = {**_sizes(patient), "shaft_clear_mm": _clear_mm(treated, patient)}
    reach, dry_reach = reaches(wet, treated, patient), reaches(dry, treated, patient)
    for n, (wall, lung) in enumerate(reach, start=1):
        values |= {f"wall_mm.{n}": wall, f"lung_mm.{n}": lung, f"wall_over_lung.{n}": wall / lung}
    opened = anatomy(gas=True)
    gas = _simulated(treated, opened)
    before, after = judged(wet, treated, patient), judged(gas, treated, opened)
    gas_reach = reaches(gas, treated, patient)
    slow = treated.edited(
        protocol=ib.freeze(8 * minutes).thaw(10 * minutes).freeze(8 * minutes).thaw(10 * minutes).freeze(8 * minutes)
    )
    slow_scene = compose(slow, patient, conditions=Conditions(spacing_mm=SPACING_MM))
    slow_wet, slow_dry = (
        reaches(Simulation(s).run(), slow, patient)[-1] for s in (slow_scene, replace(slow_scene, rules=()))
    )
    bagged = treated.edited(warmers=(_bag(wet, patient),))
    warm = {name: judged(_simulated(bagged, body), bagged, body) for name, body in (("bag", patient), ("gas", opened))}
    values |= {
        "bag.skin_c": warm["bag"]["skin_c"],
        "bag.skin_gain_k": warm["bag"]["skin_c"] - before["skin_c"],
        "bag.margin_mm_lost": before["margin_mm"] - warm["bag"]["margin_mm"],
        "gas.bag.skin_c": warm["gas"]["skin_c"],
        "long_thaw.lung_mm.3": slow_wet[1],
        "long_thaw.flooding_mm": slow_wet[1] - slow_dry[1],
        "long_thaw.flooding_wall_mm": slow_wet[0] - slow_dry[0],
        "gas.wall_mm.3": gas_reach[-1][0],
        "gas.lung_mm.3": gas_reach[-1][1],
        "gas.lung_frozen_share": after["lung_frozen_ml"] / before["lung_frozen_ml"],
        "gas.lethal_coverage": after["lethal_coverage"],
        "gas.wall_gain_mm": gas_reach[-1][0] - reach[-1][0],
        "gas.skin_c": after["skin_c"],
        "gas.skin_fall_k": before["skin_c"] - after["skin_c"],
        "gas.nerve_c": after["nerve_c"],
        "gas.ice_ml": after["ice_ml"],
        "evens_out": values["wall_over_lung.1"] / values["wall_over_lung.3"],
        "dry.lung_mm.3": dry_reach[-1][1],
        "flooding_mm": reach[-1][1] - dry_reach[-1][1],
        "flooding_wall_mm": reach[-1][0] - dry_reach[-1][0],
        **before,
        "heat_residual": max(h.heat.residual for h in (wet, dry, gas)),
    }
    return values


def _simulated(treated: ib.Plan, patient: Anatomy) -> History:
    return Simulation(compose(treated, patient, conditions=Conditions(spacing_mm=SPACING_MM))).run()


def _bag(history: History, patient: Anatomy) -> Warming:
    """A bag of warm saline with its middle on the coldest skin."""
    skin = patient.structures["skin"].shape.seeds_mm(1.0)
    skin = skin[history.scene.grid.contains(skin)]
    warm = np.where(np.isnan(history.minimum_c), 37.0, history.minimum_c)
    at = map_coordinates(warm, history.scene.grid.to_index(skin).T, order=1, mode="nearest")
    x, y, z = (float(v) for v in skin[at.argmin()])
    return Warming("warm-saline-bag", centre_mm=(x, y, z))


def reaches(history: History, treated: ib.Plan, patient: Anatomy) -> list[tuple[float, float]]:
    """For each freeze how far 0 °C reaches into wall and lung from the plane of the needles, mm, mean of 15 rays."""
    tips = np.array([p.tip_mm for p in treated.probes])
    shafts = np.array([p.entry_mm for p in treated.probes]) - tips
    shafts /= np.linalg.norm(shafts, axis=1, keepdims=True)
    along = shafts.mean(axis=0)
    wall = _wall(patient)
    middle = wall.nearest_mm(AT_MM)
    # Where both needles pass the plaque's middle, and the plane through them.
    at = tips + shafts * (((middle - tips) * shafts).sum(axis=1))[:, None]
    across = at[1] - at[0]
    out = np.cross(along, across)
    out /= np.linalg.norm(out)
    out *= -np.sign(out @ wall.inwards(middle))
    side = np.cross(out, along / np.linalg.norm(along))
    starts = [at.mean(axis=0) + s * along + h * side for s in (-8, -4, 0, 4, 8) for h in (-4, 0, 4)]
    return [
        tuple(float(np.mean([_reach(field, history, p, d) for p in starts])) for d in (out, -out))  # type: ignore[misc]
        for field in history.end_of_freeze_c
    ]


def _reach(field: np.ndarray, history: History, start: np.ndarray, direction: np.ndarray) -> float:
    """Along one ray the last crossing of 0 °C; gas counts as warm."""
    steps = np.arange(0.0, RAY_MM, 0.1)
    points = start + steps[:, None] * direction
    warm = np.where(np.isnan(field), 37.0, field)
    along = map_coordinates(warm, history.scene.grid.to_index(points).T, order=1, mode="nearest")
    frozen = np.flatnonzero(along <= 0)
    return float(steps[frozen[-1]]) if len(frozen) else 0.0


def judged(history: History, treated: ib.Plan, patient: Anatomy) -> dict[str, float]:
    """What the assessment says of plaque, skin, nerve, lung and diaphragm."""
    verdict = ib.assess(history, treated.goals, patient)
    at_risk = {s.name: s for s in verdict.structures}
    nerves = [s.min_temperature_c for name, s in at_risk.items() if name.startswith("intercostal_nerve")]
    return {
        "margin_mm": _number(verdict.margins_mm["0"].min_mm),
        "lethal_margin_mm": _number(verdict.margins_mm["-20"].min_mm),
        "lethal_coverage": float(verdict.coverage["-20"]),
        "ice_ml": float(verdict.volumes_ml["0"]),
        "skin_c": at_risk["skin"].min_temperature_c,
        "nerve_c": min(nerves),
        "nerve_limits_broken": float(any(g.met is False and "nerve" in g.goal for g in verdict.goals)),
        "diaphragm_c": at_risk["diaphragm"].min_temperature_c,
        "lung_frozen_ml": at_risk["lung_right"].frozen_ml,
    }


def _number(value: float | None) -> float:
    return np.nan if value is None else float(value)


def _wall(patient: Anatomy) -> InnerWall:
    """The wall before the plaque was there: lung and plaque together."""
    labels = np.array(patient.labels.data)
    numbers = {name: value for value, name in patient.tissues.items()}
    labels[labels == numbers["tumour"]] = numbers["lung_aerated"]
    bare = replace(patient, labels=replace(patient.labels, data=labels))
    return InnerWall.near(bare, AT_MM, reach_mm=45.0)


def _sizes(patient: Anatomy) -> dict[str, float]:
    """The plaque's thickness, length and height, measured on its cells."""
    wall, shape = _wall(patient), patient.target.shape
    assert isinstance(shape, Mask)
    middle = wall.nearest_mm(AT_MM)
    inwards = wall.inwards(middle)
    first = np.array(ALONG) - (np.array(ALONG) @ inwards) * inwards
    first /= np.linalg.norm(first)
    points = shape.volume.grid.to_mm(np.argwhere(shape.volume.data))
    depth = map_coordinates(wall.depth_mm, wall.grid.to_index(points).T, order=1, mode="nearest")
    cell = shape.volume.grid.spacing_mm[0]
    return {
        "thickness_mm": float(depth.max()) + cell / 2,
        "length_mm": float(np.ptp(points @ first)) + cell,
        "height_mm": float(np.ptp(points @ np.cross(inwards, first))) + cell,
        "plaque_ml": shape.volume_ml,
    }


def _clear_mm(treated: ib.Plan, patient: Anatomy) -> float:
    """Least distance of a shaft's axis from the centre of a voxel of bone, and from a nerve's line."""
    names = [n for n in patient.structures if n == "bone" or n.startswith("intercostal_nerve")]
    near = cKDTree(np.concatenate([patient.structures[n].shape.seeds_mm(0.5) for n in names]))
    steps = np.linspace(0, 1, 400)[:, None]
    return min(
        float(near.query(np.array(p.entry_mm) * (1 - steps) + np.array(p.tip_mm) * steps)[0].min())
        for p in treated.probes
    )


if __name__ == "__main__":
    for name, value in run().items():
        print(f"{name:28s} {value:10.4g}")
