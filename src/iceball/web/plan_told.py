"""A plan as the page is told of it: the document, where its needles lie, what is wrong with it, and its keys."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from iceball.desk.keys import Keys
from iceball.errors import IceballError
from iceball.plan.finding import Finding
from iceball.plan.judge import check_goals
from iceball.plan.placement import Placement, Point
from iceball.plan.plan import Plan
from iceball.plan.ways.geometry import check_plan
from iceball.tissue import TARGET
from iceball.web.patient import Patient
from iceball.web.plans import Standing
from iceball.web.workspace import Workspace

DOWN: dict[str, Point] = {"S": (0, 1, 0), "P": (0, -1, 0), "DL": (1, 0, 0), "DR": (-1, 0, 0)}
"""Which way things fall in LPS, by how the patient lies: on the back, the belly, the left or the right side."""


def plan_told(space: Workspace, name: str, at: Standing) -> dict[str, Any]:
    """PlanTold of frontend/src/api/types.ts.

    While the patient was not looked at yet (a second or two), `checking` is true and there are no findings: the page
    shows the plan at once, and asks for them with `plan/check`. While he is not even read, the keys are "".
    """
    patient = space.seen(name)
    keys = patient.scenes.keys(at.plan) if patient.whole else Keys("", "")
    return {
        "case": name,
        "revision": at.revision.number,
        "what": at.revision.what,
        "plan": at.revision.document,
        "run_key": keys.run,
        "assessment_key": keys.assessment,
        "can_undo": at.revision.can_undo,
        "can_redo": at.revision.can_redo,
        "checking": not patient.surveyed,
        **(checked(at.plan, patient) if patient.surveyed else {**needles_told(at.plan, patient), "findings": []}),
    }


def checked(plan: Plan, patient: Patient) -> dict[str, Any]:
    """The needles and findings of a plan, saved or not."""
    return {**needles_told(plan, patient), "findings": [asdict(finding) for finding in findings(plan, patient)]}


def needles_told(plan: Plan, patient: Patient) -> dict[str, Any]:
    """The needles of a plan."""
    position = plan.setting.procedure_position or patient.anatomy.image.header.patient_position
    return {"needles": [needle_told(n, p, position) for n, p in zip(plan.name_of, plan.probes, strict=True)]}


def needle_told(name: str, needle: Placement, position: str) -> dict[str, Any]:
    """Depth, cold end and angles of one needle.

    Args:
        name: what it is called.
        needle: where it lies.
        position: how the patient lies (HFS …); "" where nobody knows.
    """
    x, y, z = needle.direction
    down = DOWN.get(position[2:])
    return {
        "name": name,
        "depth_mm": needle.depth_mm,
        "active_zone_mm": needle.active_zone_mm,
        "off_axial_deg": math.degrees(math.asin(min(1.0, abs(z)))),
        "to_gravity_deg": None
        if down is None
        else math.degrees(math.acos(max(-1.0, min(1.0, x * down[0] + y * down[1] + z * down[2])))),
    }


def findings(plan: Plan, patient: Patient) -> list[Finding]:
    """What a person must look at; what cannot be checked at all is a finding too."""
    found: list[Finding] = []
    if TARGET not in patient.anatomy.structures and patient.anatomy.bench is None:
        found.append(Finding("error", "no target is drawn yet: nothing can be simulated.", "case"))
    try:
        anatomy = patient.treated(plan)
        if not found:
            check_goals(plan, anatomy)
        terrain, ground = (None, None) if plan.pockets else (patient.terrain, patient.ground)
        found += check_plan(plan, anatomy, terrain=terrain, ground=ground)
    except IceballError as refusal:
        found.append(Finding("error", f"{refusal.what} {refusal.remedy}".strip(), refusal.where or "plan"))
    return found
