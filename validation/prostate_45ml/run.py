"""Coverage of a 15 mm target in a 45 mL prostate when needles end 3 mm off."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

import iceball as ib
from iceball.plan.compose import Conditions
from iceball.plan.ensemble import Member, spread
from iceball.plan.predict import NOMINAL, Prediction, simulate
from iceball.plan.varied import Varied
from iceball.space.shapes import Ellipsoid, Sphere
from iceball.tissue import Anatomy
from iceball.tissue.phantom import Part, phantom
from iceball.units import minutes

SPACING_MM, MEMBERS, SIGMA_MM = 2.0, 32, 3.0
PROSTATE = Ellipsoid((0.0, 65.0, 0.0), (50.0, 43.0, 40.0))
"""Across, along the needles, and from front to back."""
TARGET = Sphere((12.0, 65.0, 7.0), 15.0)
NEEDLE = "generic-17g-short"
APART_MM = 10.0
CLOCK = ib.freeze(15 * minutes).active_thaw(5 * minutes).freeze(15 * minutes)


def run() -> dict[str, float]:
    """Mean and tenth percentile of the coverage for two and three needles."""
    patient = phantom(
        (100, 120, 100), SPACING_MM, [Part("prostate", PROSTATE, "prostate")], target=TARGET, organ="prostate",
        base="muscle", layers=[("skin", 2), ("fat", 10)], air_above_mm=20,
    )  # fmt: skip
    values = {"prostate_ml": PROSTATE.volume_ml, "target_ml": TARGET.volume_ml}
    for name, needles in (("two", 2), ("three", 3)):
        for level, shares in covered(_plan(needles), patient).items():
            values[f"covered_{level}.{name}"] = float(np.mean(shares))
            values[f"least_{level}.{name}"] = float(np.quantile(shares, 0.1, method="weibull"))
    return values


def _plan(needles: int) -> ib.Plan:
    """Needles evenly on a circle around the target's axis, `APART_MM` from each other."""
    x, y, z = TARGET.centre_mm
    radius = APART_MM / 2 / math.sin(math.pi / needles)
    kind = ib.Placement(NEEDLE, (x, y, z), (x, 0.0, z)).kind
    tip = y + kind.standoff_mm.value + kind.active_mm.value / 2
    turns = [2 * math.pi * n / needles for n in range(needles)]
    at = [(x + radius * math.cos(a), z + radius * math.sin(a)) for a in turns]
    placed = tuple(ib.Placement(NEEDLE, (u, tip, v), (u, 0.0, v)) for u, v in at)
    return ib.Plan(placed, CLOCK, (ib.Cover("tumour", -20.0), ib.Cover("tumour", -40.0)))


def covered(plan: ib.Plan, patient: Anatomy) -> dict[str, list[float]]:
    """Share of the target at or below -20 and -40 °C in every draw."""
    history = simulate(plan, patient, conditions=Conditions(spacing_mm=SPACING_MM), doubt=False)
    conditions = Conditions(spacing_mm=SPACING_MM, reach_mm=float(history.made_by["reach_mm"]))
    verdict = ib.assess(history, plan.goals, patient, needles=len(plan.probes), kill=None)
    drawn: list[Member] = []
    spread(
        Prediction({NOMINAL: history}, {NOMINAL: conditions}), verdict, plan, patient, members=MEMBERS,
        spacing_mm=SPACING_MM, varied=replace(Varied.nothing(), placement_mm=SIGMA_MM), keep=drawn.append,
    )  # fmt: skip
    return {level: [m.numbers[f"coverage.-{level}"] for m in drawn] for level in ("20", "40")}


if __name__ == "__main__":
    for name, value in run().items():
        print(f"{name:20s} {value:10.4g}")
