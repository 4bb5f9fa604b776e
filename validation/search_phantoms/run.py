"""Search on random bodies with planted plans: rules kept, goals met where a plan that meets them is known to exist."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from search_phantoms.bodies import GOALS, Body, body  # noqa: E402

from iceball.assessment import Assessment, assess  # noqa: E402
from iceball.errors import PlanError  # noqa: E402
from iceball.plan.compose import Conditions  # noqa: E402
from iceball.plan.plan import Plan  # noqa: E402
from iceball.plan.predict import simulate  # noqa: E402
from iceball.plan.search.compare import baseline  # noqa: E402
from iceball.plan.search.search import search  # noqa: E402
from iceball.plan.ways.shaft import check_shafts  # noqa: E402

SEED = 20261122
JUDGED_MM = 2.0
IN_CI = (7, 12, 14)
FEASIBLE_MM = 40.0
"""Tumours up to this mean diameter count among the feasible ones."""


def one(case: Body, *, budget_s: float, feasible_only: bool = False) -> dict[str, Any]:
    """What the witness, the 1-2 rule and the search do on one body, all judged on the same cells."""
    plan = replace(case.witness, probes=())
    row: dict[str, Any] = {"number": case.number, "diameter_mm": round(case.diameter_mm, 1)}
    witness = _judged(case.witness, case)
    row["witness"] = _numbers(witness, len(case.witness.probes), _broken(case.witness, case))
    row["feasible"] = bool(row["witness"]["met"] and not row["witness"]["broken"] and case.diameter_mm <= FEASIBLE_MM)
    if feasible_only and not row["feasible"]:
        return row
    most = 8
    try:
        rule = baseline(plan, case.anatomy)
        most = len(rule.probes)
        row["rule"] = _numbers(_judged(rule, case), len(rule.probes), _broken(rule, case))
    except PlanError as refusal:
        row["rule"] = {"refused": str(refusal)}
    try:
        found = search(case.anatomy, plan, budget_s=budget_s, seed=case.number, most_needles=most)
    except PlanError as refusal:
        row["search"] = {"refused": str(refusal)}
        return row
    row["search"] = _numbers(_judged(found.plan, case), len(found.plan.probes), _broken(found.plan, case))
    row["search"] |= {"runs": found.simulations, "seconds": round(found.seconds, 1)}
    row["all_broken"] = sum(_broken(replace(plan, probes=c.probes), case) for c in found.candidates)
    return row


def _judged(plan: Plan, case: Body) -> Assessment:
    history = simulate(plan, case.anatomy, conditions=Conditions(spacing_mm=JUDGED_MM), doubt=False)
    return assess(history, GOALS, case.anatomy, needles=len(plan.probes), kill=None)


def _broken(plan: Plan, case: Body) -> int:
    return len([f for f in check_shafts(plan, case.anatomy) if f.severity == "error"])


def _numbers(verdict: Assessment, needles: int, broken: int) -> dict[str, Any]:
    margin = verdict.margins_mm["0"].min_mm
    return {
        "needles": needles, "broken": broken, "margin_mm": None if margin is None else round(margin, 2),
        "covers_20": round(verdict.coverage["-20"], 4), "met": all(v.met is True for v in verdict.goals),
    }  # fmt: skip


def summary(rows: list[dict[str, Any]]) -> dict[str, float]:
    """The figures of problem.md."""
    rows = [r for r in rows if "search" in r]
    found = [r for r in rows if "refused" not in r["search"]]
    feasible = [r for r in rows if r["feasible"]]
    good = [r for r in feasible if _solved(r["search"])]
    pairs = [r for r in feasible if r in found and "refused" not in r["rule"]]
    gains = [(r["search"]["margin_mm"] or -10) - (r["rule"]["margin_mm"] or -10) for r in pairs]
    more = [r["search"]["needles"] - r["rule"]["needles"] for r in pairs]
    return {
        "bodies": float(len(rows)),
        "feasible": float(len(feasible)),
        "refused": float(len(rows) - len(found)),
        "broken": float(sum(r["search"]["broken"] + r["all_broken"] for r in found)),
        "solved_share": len(good) / max(len(feasible), 1),
        "gain_over_rule_mm": float(np.median(gains)) if gains else float("nan"),
        "more_needles": float(np.median(more)) if more else float("nan"),
    }


def _solved(found: dict[str, Any]) -> bool:
    return "refused" not in found and (found["margin_mm"] or -99) >= 5 and found["covers_20"] >= 0.9995


def run() -> dict[str, float]:
    """Three small feasible bodies, as in CI."""
    found = summary([one(body(n, seed=SEED), budget_s=8.0) for n in IN_CI])
    return {name: found[name] for name in ("bodies", "broken", "refused", "solved_share", "gain_over_rule_mm")}


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--bodies", type=int, default=200)
    asked.add_argument("--budget", type=float, default=10.0)
    asked.add_argument("--feasible-only", action="store_true", help="leave out bodies whose witness fails")
    asked.add_argument("--to", type=Path, default=HERE / "results.jsonl", help="goes on where it stopped")
    options = asked.parse_args()
    lines = options.to.read_text().splitlines() if options.to.exists() else []
    done = [json.loads(line) for line in lines]
    for number in range(options.bodies):
        if any(r["number"] == number for r in done):
            continue
        done.append(one(body(number, seed=SEED), budget_s=options.budget, feasible_only=options.feasible_only))
        with options.to.open("a") as file:
            file.write(json.dumps(done[-1]) + "\n")
        print(f"{len(done)} of {options.bodies}: {json.dumps(done[-1])}", flush=True)
    print(json.dumps(summary(done), indent=1))
