"""Starter plan and search on four real cases, each judged by an ensemble of full runs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

sys.path.insert(0, str(Path(__file__).resolve().parent))

from cases import NAMES, case

from iceball.assessment import assess
from iceball.plan import Plan
from iceball.plan.compose import Conditions
from iceball.plan.ensemble import spread
from iceball.plan.predict import NOMINAL, Prediction, simulate
from iceball.plan.search.search import search
from iceball.plan.ways.geometry import check_plan
from iceball.tissue import Anatomy
from iceball.tissue.organs import structures_in_group

SPACING_MM, MEMBERS, SEED = 3.0, 48, 0
RUNS, LONGEST_S = 12, 1800.0
"""The search ends by its runs, so that every machine finds the same plans; the clock is only there to end it at all."""
STEP_MM, BESIDE_MM = 0.5, 1.0
BOWEL = ("bowel", "stomach")


def run() -> dict[str, float]:
    """All values of all cases."""
    values: dict[str, float] = {}
    for name in NAMES:
        values |= {f"{name}.{key}": value for key, value in one(*case(name)).items()}
    return values


def one(patient: Anatomy, starter: Plan) -> dict[str, float]:
    """The values of one case."""
    found = search(patient, starter, seed=SEED, budget_s=LONGEST_S, most_runs=RUNS).plan
    before, after = p10_mm(starter, patient), p10_mm(found, patient)
    return {
        "starter_p10_mm": before,
        "search_p10_mm": after,
        "p10_gain_mm": after - before,
        "needles_more": float(len(found.probes) - len(starter.probes)),
        "broken": float(sum(f.severity == "error" for f in check_plan(found, patient))),
        "bowel_mm": in_mm(found, places(patient, *BOWEL)),
        "bone_mm": in_mm(found, places(patient, "bone")),
    }


def p10_mm(plan: Plan, patient: Anatomy) -> float:
    """The 0 °C margin that nine of ten draws keep; NaN where some draw has no ice."""
    history = simulate(plan, patient, conditions=Conditions(spacing_mm=SPACING_MM), doubt=False)
    conditions = Conditions(spacing_mm=SPACING_MM, reach_mm=float(history.made_by["reach_mm"]))
    verdict = assess(history, plan.goals, patient, needles=len(plan.probes), kill=None)
    told = spread(
        Prediction({NOMINAL: history}, {NOMINAL: conditions}),
        verdict, plan, patient, members=MEMBERS, spacing_mm=SPACING_MM,
    )  # fmt: skip
    p10 = told.bands["margins_mm.0.min"].p10
    return float("nan") if p10 is None else p10


def places(patient: Anatomy, *groups: str) -> NDArray[np.float64]:
    """Centres of all voxels of some groups, drawn or, for bone, told by CT numbers; shape (n, 3)."""
    grid = patient.labels.grid
    marked = np.zeros(grid.shape, bool)
    for group in groups:
        for name in structures_in_group(group, tuple(patient.structures)):
            marked |= patient.structures[name].shape.occupancy(grid) >= 0.5
        labels = [value for value, tissue in patient.tissues.items() if group in tissue]
        marked |= np.isin(patient.labels.data, labels)
    return grid.to_mm(np.argwhere(marked))


def in_mm(plan: Plan, centres_mm: NDArray[np.float64]) -> float:
    """Length of all shafts that lies beside or in such a voxel."""
    if not len(centres_mm):
        return 0.0
    tree, total = cKDTree(centres_mm), 0.0
    for needle in plan.probes:
        steps = np.arange(0.0, needle.depth_mm, STEP_MM)[:, None]
        axis = np.array(needle.tip_mm) - steps * np.array(needle.direction)
        total += STEP_MM * float((tree.query(axis)[0] < BESIDE_MM).sum())
    return total


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("names", nargs="*", default=NAMES)
    for name in asked.parse_args().names:
        patient, starter = case(name)
        for key, value in one(patient, starter).items():
            print(f"{name}.{key:16s} {value:8.3f}", flush=True)
