"""Needles set on synthetic control CTs: poses and margin against the truth, and the advice of one more."""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from as_placed.control import beside, clicked, control_image  # noqa: E402
from search_phantoms.bodies import body  # noqa: E402

from iceball.assessment import assess  # noqa: E402
from iceball.errors import ImageError, PlanError  # noqa: E402
from iceball.io.bundled import bundled_case  # noqa: E402
from iceball.plan import Plan  # noqa: E402
from iceball.plan.compose import Conditions  # noqa: E402
from iceball.plan.placed.laid import lay  # noqa: E402
from iceball.plan.placed.next_needle import next_needle  # noqa: E402
from iceball.plan.placed.placed import place  # noqa: E402
from iceball.plan.predict import simulate  # noqa: E402
from iceball.space import Volume  # noqa: E402
from iceball.space.rigid import Rigid  # noqa: E402
from iceball.tissue import Anatomy  # noqa: E402

SERIES = 20261122
SPACINGS_MM = ((0.7, 0.7, 3.0), (1.0, 1.0, 1.0))
TURN_DEG, SHIFT_MM, OFF_MM, TILT_DEG = 5.0, 6.0, 3.0, 4.0
KIDNEY_SEEDS, PHANTOMS = (1, 2, 3), (7, 12)
JUDGED_MM = 2.0
Told = Callable[[str], None]


def made(anatomy: Anatomy, plan: Plan, seed: int, spacing_mm: tuple[float, ...]) -> tuple[Rigid, Plan, Volume, Any]:
    """The motion, the plan with the true needles, the control image, and the dice of the person's points."""
    dice = np.random.default_rng(seed)
    axis = dice.normal(size=3)
    turn = Rotation.from_rotvec(np.radians(TURN_DEG) * axis / np.linalg.norm(axis)).as_matrix()
    centre = np.mean(anatomy.target.shape.bounds_mm(), axis=0)
    # turned about the target, so that a far origin makes no shift of its own
    shift = centre - turn @ centre + SHIFT_MM * dice.normal(size=3)
    motion = Rigid(tuple(map(tuple, turn)), tuple(shift))
    true = _true(plan, dice)
    image = control_image(anatomy.image, true.probes, motion, centre_mm=centre, size_mm=(200, 200, 110),
                          spacing_mm=spacing_mm, seed=seed)  # fmt: skip
    return motion, true, image, dice


def _true(plan: Plan, dice: np.random.Generator) -> Plan:
    """The needles as they went in; drawn again where two would be in one place."""
    while True:
        needles = tuple(beside(p, dice, tip_mm=OFF_MM, tilt_deg=TILT_DEG) for p in plan.probes)
        try:
            return replace(plan, probes=needles)
        except PlanError:
            continue


def one(anatomy: Anatomy, plan: Plan, seed: int, spacing_mm: tuple[float, ...]) -> dict[str, float]:
    """What is off with one control image."""
    motion, true, image, dice = made(anatomy, plan, seed, spacing_mm)
    laid = lay(anatomy, image)
    streaks = [clicked(p, name, motion, dice) for name, p in zip(true.name_of, true.probes, strict=True)]
    placed = place(plan, anatomy, image, streaks, laid)
    pairs = list(zip(true.probes, placed.plan.probes, strict=True))
    seeds = anatomy.target.shape.seeds_mm(4.0)
    error, residual = laid.motion.inverse().differs_mm(motion, seeds), laid.residual_mm
    return {
        "tip_mm": max(math.dist(a.tip_mm, b.tip_mm) for a, b in pairs),
        "angle_deg": max(_degrees(np.dot(a.direction, b.direction)) for a, b in pairs),
        "margin_mm": abs(margin(true, anatomy) - margin(placed.plan, anatomy)),
        "registration_mm": error,
        "residual_mm": residual,
        "beyond_residual_mm": max(0.0, error - residual),
    }


def margin(plan: Plan, anatomy: Anatomy) -> float:
    history = simulate(plan, anatomy, conditions=Conditions(spacing_mm=JUDGED_MM), doubt=False)
    return assess(history, plan.goals, anatomy, needles=len(plan.probes), kill=None).margins_mm["0"].min_mm


def refusals(kidney: Anatomy, plan: Plan) -> float:
    """How many control images of another body are refused by the registration."""
    count = 0
    for number in PHANTOMS:
        other = body(number, seed=SERIES)
        *_, image, _ = made(other.anatomy, other.witness, number, SPACINGS_MM[0])
        try:
            lay(kidney, image)
        except ImageError:
            count += 1
    return float(count)


def run(*, told: Told = lambda line: None, kidney_seeds: tuple[int, ...] = KIDNEY_SEEDS) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        case = bundled_case("kidney", Path(folder) / "kidney")
        kidney, plan = case.anatomy(), case.plan()
    jobs = [("kidney", kidney, plan, seed) for seed in kidney_seeds]
    for number in PHANTOMS:
        found = body(number, seed=SERIES)
        jobs.append((f"phantom {number}", found.anatomy, found.witness, number))
    rows = []
    for name, anatomy, planned, seed in jobs:
        for spacing in SPACINGS_MM:
            row = one(anatomy, planned, seed, spacing)
            rows.append(row)
            told(f"{name}, seed {seed}, {spacing}: {json.dumps({k: round(v, 2) for k, v in row.items()})}")
    worst = {name: max(row[name] for row in rows) for name in rows[0]}
    began = time.process_time()
    advice = next_needle(replace(plan, probes=plan.probes[:-1]), kidney)
    worked = time.process_time() - began
    told(f"{advice}\n{advice.seconds:.1f} s of the clock, {worked:.1f} s of work")
    gains = 0.0 if advice.then is None else advice.then.margins_mm["0"].min_mm - advice.margin_mm
    kept = ("tip_mm", "angle_deg", "margin_mm", "beyond_residual_mm")
    return {
        **{name: worst[name] for name in kept}, "advice_s": worked, "advice_gains_mm": gains,
        "refused": refusals(kidney, plan),
    }  # fmt: skip


def _degrees(cosine: float) -> float:
    return math.degrees(math.acos(min(1.0, max(-1.0, float(cosine)))))


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument(
        "--seeds", type=int, nargs="+", default=list(KIDNEY_SEEDS), help="of the kidney's control images"
    )
    print(
        json.dumps(
            run(told=lambda line: print(line, flush=True), kidney_seeds=tuple(asked.parse_args().seeds)), indent=1
        )
    )
