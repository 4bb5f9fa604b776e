"""Run the plan again and again with all that is not known drawn anew: P10 to P90 of every number."""

from __future__ import annotations

from typing import Any

from iceball.errors import SolverError
from iceball.io.case import Case
from iceball.plan.plan import Plan
from iceball.web.jobs.assess import for_stage, run_now
from iceball.web.jobs.task import Task
from iceball.web.kept import hashed
from iceball.web.patient import Patient

DEFAULTS: dict[str, Any] = {"members": None, "seed": None, "spacing_mm": None, "as_placed": False}


def key(plan: Plan, patient: Patient, options: dict[str, Any]) -> str:
    """The spread that would be made."""
    return hashed("spread", patient.scenes.keys(plan), sorted(options.items(), key=str))


def there(case: Case, result: Any) -> bool:
    """Members that were run are read back, so that asking again costs little; the run may be another one since."""
    return False


def run(task: Task) -> dict[str, Any]:
    """Make the spread, and keep it beside the run."""
    task = for_stage(task)
    run, prediction = run_now(task)
    desk, options = task.desk, task.options
    verdict = desk.judge(prediction, run)
    try:
        verdict = desk.spread(
            prediction, verdict, run, members=options["members"], seed=options["seed"],
            spacing_mm=options["spacing_mm"], cancelled=task.cancelled,
        )  # fmt: skip
    except SolverError:
        task.go_on()  # what was run is kept and serves the next time
        raise
    task.publish({"type": "results", "case": task.case.folder.name})
    return {
        "run_key": run.key, "assessment_key": verdict.made_by["assessment_key"],
        "made_for": verdict.spread.made_for, "members": verdict.spread.members,
    }  # fmt: skip
