"""A prediction against its plan: the nominal assessment with the doubt of its variants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from iceball.assessment import Assessment, assess
from iceball.assessment.assessment import Verdict
from iceball.assessment.goals import Limit
from iceball.assessment.stopping import Stop
from iceball.plan.caveats import caveats
from iceball.plan.plan import Plan
from iceball.plan.predict import THIN, Prediction, variants
from iceball.plan.spray.gas import supply_note, vented
from iceball.plan.treated import as_treated, thinned
from iceball.plan.ways.geometry import check_plan
from iceball.solve import Result
from iceball.tissue import Anatomy

LEAST_FALL_K = 0.05
"""A smaller fall after the end is not worth a word."""


def judge(prediction: Prediction, plan: Plan, anatomy: Anatomy, *, stops: Sequence[Stop] = ()) -> Assessment:
    """Assess the nominal run; the other runs become its variants and its doubt.

    Args:
        prediction: the runs.
        plan: needles, protocol, goals.
        anatomy: the patient.
        stops: latest safe stops (`iceball.plan.stopping.stops`): what a structure goes on cooling after the end of the
            protocol counts against its limit.
    """
    needles, imaged = len(plan.probes), anatomy
    anatomy = as_treated(plan, imaged)
    thin = as_treated(thinned(plan), imaged)
    others = {
        name: assess(h, plan.goals, thin if name == THIN else anatomy, needles=needles, kill=None, limits=plan.limits)
        for name, h in variants(prediction)
    }
    verdict = assess(
        prediction.history,
        plan.goals,
        anatomy,
        needles=needles,
        variants=others,
        kill=plan.kill,
        limits=plan.limits,
    )
    # A plan that cannot be carried out is simulated all the same; whoever reads the result must see it.
    found = [f"{finding.severity.upper()} in the plan: {finding}" for finding in check_plan(plan, anatomy)]
    ended = [(name, h.result) for name, h in variants(prediction) if h.result is not Result.finished]
    found += [f"{name.replace('_', ' ')}: {result.value}" for name, result in ended]
    found += [said for said in (supply_note(plan, prediction.history),) if said]
    goals = tuple(_coasted(v, stops) for v in verdict.goals)
    notes = (*caveats(plan, anatomy), *found, *verdict.notes)
    return replace(verdict, goals=goals, stops=tuple(stops), notes=notes, vented=vented(plan))


def _coasted(verdict: Verdict, stops: Sequence[Stop]) -> Verdict:
    """A limit's verdict with what the structure still loses when the protocol is over and all needles are off."""
    stop = next((s for s in stops if s.goal == verdict.goal and s.thaw == "passive"), None)
    if stop is None or stop.falls_k < LEAST_FALL_K or verdict.value is None:
        return verdict
    value = verdict.value - stop.falls_k
    said = f"{stop.falls_k:.1f} K of it after the end of the protocol"
    reason = f"{verdict.reason}; {said}" if verdict.reason else said
    return replace(verdict, met=None if verdict.met is None else value >= stop.limit_c, value=value, reason=reason)


def check_goals(plan: Plan, anatomy: Anatomy) -> None:
    """Hold the goals against the patient before anything is simulated.

    Raises:
        SegmentationError: for a goal or a limit on a structure that is neither drawn nor expected.
    """
    anatomy = as_treated(plan, anatomy)
    for goal in plan.goals:
        if not isinstance(goal, Limit):
            anatomy.structure(goal.structure)
    for limit in plan.limits:
        anatomy.structure(limit.structure)
