"""Run and judge the plan AS PLACED, its needles as they were set."""

from __future__ import annotations

from typing import Any

from iceball.desk import Desk
from iceball.desk.desk import DEFAULT_SPACING_MM
from iceball.io.case import Case
from iceball.io.runs import save_prediction
from iceball.plan.plan import Plan
from iceball.web.jobs.assess import for_stage
from iceball.web.jobs.stopping import stopping
from iceball.web.jobs.task import Task
from iceball.web.kept import hashed
from iceball.web.patient import Patient

DEFAULTS: dict[str, Any] = {"spacing_mm": DEFAULT_SPACING_MM}
FIRST = True


def key(plan: Plan, patient: Patient, options: dict[str, Any]) -> str:
    """The needles as placed belong to one plan."""
    return hashed("placed-run", plan.key(), patient.key, options)


def there(case: Case, result: Any) -> bool:
    """The needles may have been set otherwise since: they are run again."""
    return False


def run(task: Task) -> dict[str, Any]:
    """Run the needles as they were set last; raises CaseError or StaleError where none are."""
    lies = for_stage(Task(task.desk_folder, task.document, {"as_placed": True}, task.send, task.cancelled))
    return run_as_placed(task, stopping(lies), float(task.options["spacing_mm"]))


def run_as_placed(task: Task, lies: Desk, spacing_mm: float) -> dict[str, Any]:
    """Run and judge a plan as placed; the keys of both.

    Args:
        task: that tells of it.
        lies: the desk with the plan as placed.
        spacing_mm: of the cells.
    """
    prediction = lies.predict(spacing_mm, "auto")
    verdict = lies.judge(prediction, save_prediction(lies.case, prediction, stage="as placed"))
    task.publish({"type": "results", "case": task.case.folder.name})
    return {"run_key": prediction.run_key, "assessment_key": verdict.made_by["assessment_key"]}
