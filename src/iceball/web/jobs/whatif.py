"""Change one thing of the plan at a time, and say what it does to the margin and to every structure."""

from __future__ import annotations

from typing import Any

from iceball.desk.ways import what_if, what_if_json
from iceball.io.case import Case
from iceball.plan.plan import Plan
from iceball.web.jobs.stopping import stopping
from iceball.web.jobs.task import Task
from iceball.web.kept import bound_key, is_kept, keeping
from iceball.web.patient import Patient
from iceball.web.plans import tables_of

KIND = "what-if"
DEFAULTS: dict[str, Any] = {"spacing_mm": 2.0, "protect": False}


def key(plan: Plan, patient: Patient, options: dict[str, Any]) -> str:
    """What the row of changes rests on."""
    return bound_key(KIND, plan, patient.scenes, options, options["spacing_mm"])


def there(case: Case, result: Any) -> bool:
    """Whether the row is still kept."""
    return is_kept(case, KIND, result)


def run(task: Task) -> dict[str, Any]:
    """Try every change."""
    spacing_mm = float(task.options["spacing_mm"])
    rows = what_if(stopping(task), spacing_mm=spacing_mm, protect=task.options["protect"])
    task.go_on()
    made = key(task.plan, Patient("", task.anatomy), task.options)
    with keeping(task.case, KIND, made, task.options) as (_, result):
        result |= what_if_json(rows, spacing_mm)
        result["plans"] = [None if row.plan is None else tables_of(row.plan) for row in rows]
    return {"key": made, "changes": len(rows)}
