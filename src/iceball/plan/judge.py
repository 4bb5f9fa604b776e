"""A prediction against its plan: the nominal assessment with the doubt of its variants."""

from __future__ import annotations

from dataclasses import replace

from iceball.assessment import Assessment, assess
from iceball.assessment.goals import Limit
from iceball.plan.caveats import caveats
from iceball.plan.geometry import check_plan
from iceball.plan.plan import Plan
from iceball.plan.predict import Prediction, variants
from iceball.solve import Result
from iceball.tissue import Anatomy


def judge(prediction: Prediction, plan: Plan, anatomy: Anatomy) -> Assessment:
    """Assess the nominal run; the other runs become its variants and its doubt."""
    needles = len(plan.probes)
    others = {name: assess(h, plan.goals, anatomy, needles=needles, kill=None) for name, h in variants(prediction)}
    verdict = assess(prediction.history, plan.goals, anatomy, needles=needles, variants=others, kill=plan.kill)
    # A plan that cannot be carried out is simulated all the same; whoever reads the result must see it.
    found = [f"{finding.severity.upper()} in the plan: {finding}" for finding in check_plan(plan, anatomy)]
    ended = [(name, h.result) for name, h in variants(prediction) if h.result is not Result.finished]
    found += [f"{name.replace('_', ' ')}: {result.value}" for name, result in ended]
    return replace(verdict, notes=(*caveats(plan, anatomy), *found, *verdict.notes))


def check_goals(plan: Plan, anatomy: Anatomy) -> None:
    """Hold the goals against the patient before anything is simulated.

    Raises:
        SegmentationError: for a goal on a structure that is neither drawn nor expected.
    """
    for goal in plan.goals:
        if not isinstance(goal, Limit):
            anatomy.structure(goal.structure)
