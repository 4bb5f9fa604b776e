"""Hold ice that was seen against the prediction for that minute: as placed where needles were set, else as planned."""

from __future__ import annotations

from typing import Any

from iceball.desk.observing import SPACING_MM, hold_beside
from iceball.errors import CaseError, StaleError
from iceball.io.case import Case
from iceball.io.observed import observed_one
from iceball.io.placed import placed_plan
from iceball.plan.plan import Plan
from iceball.web.jobs.assess import for_stage
from iceball.web.jobs.stopping import stopping
from iceball.web.jobs.task import Task
from iceball.web.kept import hashed
from iceball.web.patient import Patient

DEFAULTS: dict[str, Any] = {"name": "", "spacing_mm": SPACING_MM}
FIRST = True


def key(plan: Plan, patient: Patient, options: dict[str, Any]) -> str:
    """One observation against one plan."""
    return hashed("observed", plan.key(), patient.key, options)


def there(case: Case, result: Any) -> bool:
    """The needles may have been set otherwise since: it is held against them again."""
    return False


def run(task: Task) -> dict[str, Any]:
    """Predict, compare, and keep it beside the observation."""
    told = hold_beside(stopping(_carried_out(task)), observed_one(task.case, str(task.options["name"])),
                       spacing_mm=float(task.options["spacing_mm"]))  # fmt: skip
    task.publish({"type": "results", "case": task.case.folder.name})
    return told


def _carried_out(task: Task) -> Task:
    """The task with the plan as it was carried out."""
    try:
        placed_plan(task.case)
    except (CaseError, StaleError):
        return task
    return for_stage(Task(task.desk_folder, task.document, {"as_placed": True}, task.send, task.cancelled))
