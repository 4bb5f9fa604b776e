"""Judge the run of the plan as it stands by its goals as they stand."""

from __future__ import annotations

from typing import Any

from iceball.desk.keys import Scenes
from iceball.errors import StaleError
from iceball.io.case import Case
from iceball.io.placed import placed_plan
from iceball.io.runs import Run, load_prediction
from iceball.plan.plan import Plan
from iceball.plan.predict import Prediction
from iceball.web.jobs.task import Task
from iceball.web.kept import hashed
from iceball.web.patient import Patient

DEFAULTS: dict[str, Any] = {"as_placed": False}
FIRST = True


def key(plan: Plan, patient: Patient, options: dict[str, Any]) -> str:
    """The verdict that would be made."""
    return hashed("assess", patient.scenes.keys(plan), options["as_placed"])


def there(case: Case, result: Any) -> bool:
    """A verdict takes seconds, and the run may be another one since: it is always made again."""
    return False


def run(task: Task) -> dict[str, Any]:
    """Assess, and keep it beside the run."""
    task = for_stage(task)
    run, prediction = run_now(task)
    verdict = task.desk.judge(prediction, run)
    task.publish({"type": "results", "case": task.case.folder.name})
    return {"run_key": run.key, "assessment_key": verdict.made_by["assessment_key"], "status": verdict.status}


def for_stage(task: Task) -> Task:
    """The task with the needles as placed on its desk, where it is asked for them."""
    if not task.options.get("as_placed"):
        return task
    from iceball.web.plans import tables_of

    placed = placed_plan(task.case)
    return Task(task.desk_folder, tables_of(placed), task.options, task.send, task.cancelled)


def run_now(task: Task) -> tuple[Run, Prediction]:
    """The run that belongs to the task's plan; raises StaleError where there is none."""
    state, run = Scenes(task.anatomy).run_of(task.case, task.plan)
    if run is None or state != "valid":
        raise StaleError("has no run of the plan as it stands.", where=task.case.folder.name, remedy="Simulate first.")
    return run, load_prediction(run, task.plan, task.desk.anatomy)
