"""Draw the report, as HTML and PDF, before somebody waits for it."""

from __future__ import annotations

from typing import Any

from iceball.desk.keys import Scenes
from iceball.io.case import Case
from iceball.plan.plan import Plan
from iceball.web.jobs.assess import for_stage
from iceball.web.jobs.task import Task
from iceball.web.kept import hashed
from iceball.web.paper import paper
from iceball.web.patient import Patient

DEFAULTS: dict[str, Any] = {"as_placed": False}


def key(plan: Plan, patient: Patient, options: dict[str, Any]) -> str:
    """The report that would be drawn."""
    return hashed("report", plan.key(), patient.key, options["as_placed"])


def there(case: Case, result: Any) -> bool:
    """What was drawn is kept by what it shows; asking again costs nothing."""
    return False


def run(task: Task) -> dict[str, Any]:
    """Draw it where it was not drawn before."""
    task.say("Writing the report …")
    task = for_stage(task)
    made = paper(task.case, task.plan, Scenes(task.anatomy))
    task.publish({"type": "results", "case": task.case.folder.name})
    return {"status": made.status, "run_key": made.state.run_key, "assessment_key": made.state.assessment_key}
