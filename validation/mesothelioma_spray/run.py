"""The plaque sprayed through an artificial pneumothorax: how deep one, two and three rounds come."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.ndimage import map_coordinates

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "mesothelioma"))

from chest import anatomy, plan

import iceball as ib
from iceball.plan.compose import Conditions, compose
from iceball.plan.spray.gas import vented
from iceball.plan.spray.spots import Film
from iceball.solve import History, Simulation
from iceball.tissue import Anatomy

SPACING_MM = 1.0
MIDDLE_MM = (-88.3, 67.9, -235.5)
"""Of the plaque's face in the gas."""
BASE_MM = (-95.0, 77.7, -236.4)
"""Under it, 1 mm inside the plaque from the wall."""


def run() -> dict[str, float]:
    """Coverage and depths round by round, and what is at risk."""
    patient, treated = anatomy(gas=True), plan("spray")
    values: dict[str, float] = {}
    residuals = []
    for rounds in (1, 2, 3):
        fewer = replace(treated, spots=tuple(replace(s, cycles=rounds) for s in treated.spots))
        history = _simulated(fewer, patient)
        residuals.append(history.heat.residual)
        verdict = ib.assess(history, treated.goals, patient)
        assert verdict.surface is not None
        values |= {f"cover_{t.lstrip('-')}.{rounds}": share for t, share in verdict.coverage.items()}
        values |= {f"depth_{t.lstrip('-')}.{rounds}": d.median_mm for t, d in verdict.surface.depth_mm.items()}
        values[f"base_c.{rounds}"] = _at(history, BASE_MM)
    least = replace(treated, spots=tuple(replace(s, cycles=2, dwell_s=15.0, thaw_s=65.0) for s in treated.spots))
    weak = ib.assess(_simulated(least, patient, film="low"), treated.goals, patient)
    at_risk = {s.name: s.min_temperature_c for s in verdict.structures}
    gas = vented(treated)
    assert gas is not None
    one = ib.Plan(spots=(replace(treated.spots[0], centre_mm=MIDDLE_MM, cycles=1, name=""),), vent="active")
    single = ib.assess(_simulated(one, patient), (), patient).surface
    assert single is not None
    return {
        **values,
        "least.cover_0": weak.coverage["0"],
        "least.cover_20": weak.coverage["-20"],
        "not_covered_20": 1 - values["cover_20.3"],
        "steps_up": min(values["cover_20.2"] - values["cover_20.1"], values["cover_20.3"] - values["cover_20.2"]),
        "sprayed": verdict.surface.applied["1"],
        "sprayed_thrice": verdict.surface.applied["3"],
        "thawed_between": verdict.surface.cycles["2"],
        "face_cm2": verdict.surface.target_cm2,
        "one.depth_0": single.depth_mm["0"].p95_mm,
        "one.depth_20": single.depth_mm["-20"].p95_mm,
        "nerve_c": min(c for name, c in at_risk.items() if name.startswith("intercostal_nerve")),
        "skin_c": at_risk["skin"],
        "lung_c": at_risk["lung_right"],
        "bone_c": at_risk["bone"],
        "gas_l": gas.gas_l.value,
        "heat_residual": max(residuals),
    }


def _simulated(treated: ib.Plan, patient: Anatomy, film: Film = "nominal") -> History:
    return Simulation(compose(treated, patient, conditions=Conditions(spacing_mm=SPACING_MM, film=film))).run()


def _at(history: History, point_mm: tuple[float, float, float]) -> float:
    """Lowest temperature at a point."""
    index = history.scene.grid.to_index(np.array(point_mm)).reshape(3, 1)
    return float(map_coordinates(np.nan_to_num(history.minimum_c, nan=37.0), index, order=1)[0])


if __name__ == "__main__":
    for name, value in run().items():
        print(f"{name:28s} {value:10.4g}")
