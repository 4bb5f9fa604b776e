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
from iceball.plan.ensemble import Member, spread
from iceball.plan.predict import NOMINAL, Prediction, simulate
from iceball.plan.search.search import search, usual_budget_s
from iceball.plan.ways.geometry import check_plan
from iceball.tissue import Anatomy
from iceball.tissue.organs import structures_in_group

SPACING_MM, MEMBERS, SEED = 3.0, 48, 0
CONFIRM_MM = 1.0
LONGEST_S = 3600.0
"""The search ends by its runs, so that every machine finds the same plans; the clock is only there to end it at all."""
RESAMPLED = 1000
STEP_MM, BESIDE_MM = 0.5, 1.0
BOWEL = ("bowel", "stomach")


def run() -> dict[str, float]:
    """All values of all cases."""
    values: dict[str, float] = {}
    for name in NAMES:
        values |= {f"{name}.{key}": value for key, value in one(*case(name)).items()}
    return values


def one(patient: Anatomy, starter: Plan, *, default: bool = False) -> dict[str, float]:
    """The values of one case; with `default` of the search that a user gets who says nothing, on this machine."""
    if default:
        found = search(patient, starter, seed=SEED, budget_s=usual_budget_s(patient), confirm_mm=CONFIRM_MM).plan
    else:
        found = search(patient, starter, seed=SEED, budget_s=LONGEST_S).plan
    (before, had), (after, has) = judged(starter, patient), judged(found, patient)
    return {
        "starter_p10_mm": p10(before),
        "search_p10_mm": p10(after),
        "p10_gain_mm": p10(after) - p10(before),
        "p10_gain_sd_mm": sd_of_gain(before, after),
        "starter_missed": float(had),
        "search_missed": float(has),
        "needles_more": float(len(found.probes) - len(starter.probes)),
        "broken": float(sum(f.severity == "error" for f in check_plan(found, patient))),
        "bowel_mm": in_mm(found, places(patient, *BOWEL)),
        "bone_mm": in_mm(found, places(patient, "bone")),
    }


def judged(plan: Plan, patient: Anatomy) -> tuple[NDArray[np.float64], int]:
    """The 0 °C margin of each draw, the same draws for every plan, and how many goals the planned run misses."""
    history = simulate(plan, patient, conditions=Conditions(spacing_mm=SPACING_MM), doubt=False)
    conditions = Conditions(spacing_mm=SPACING_MM, reach_mm=float(history.made_by["reach_mm"]))
    verdict = assess(history, plan.goals, patient, needles=len(plan.probes), kill=None)
    found = np.full(MEMBERS, np.nan)

    def keep(member: Member) -> None:
        found[member.index] = member.numbers.get("margins_mm.0.min", np.nan)

    spread(
        Prediction({NOMINAL: history}, {NOMINAL: conditions}),
        verdict, plan, patient, members=MEMBERS, spacing_mm=SPACING_MM, keep=keep,
    )  # fmt: skip
    return found, sum(v.met is False for v in verdict.goals)


def p10(margins: NDArray[np.float64]) -> float:
    """What nine of ten draws keep, by the rank that a spread takes."""
    return float(np.quantile(margins, 0.1, method="weibull"))


def sd_of_gain(before: NDArray[np.float64], after: NDArray[np.float64]) -> float:
    """How far the gain would lie off by chance: both plans' draws drawn again together."""
    dice = np.random.default_rng(0)
    some = dice.integers(0, MEMBERS, (RESAMPLED, MEMBERS))
    return float(np.std([p10(after[i]) - p10(before[i]) for i in some]))


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
    asked.add_argument("--default", action="store_true", help="searches within the default time")
    options = asked.parse_args()
    for name in options.names:
        patient, starter = case(name)
        for key, value in one(patient, starter, default=options.default).items():
            print(f"{name}.{key:16s} {value:8.3f}", flush=True)
