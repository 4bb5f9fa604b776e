"""The kind of job that is killed: it counts for a third of a second and leaves a file."""

import time
from typing import Any

from iceball.plan.plan import Plan
from iceball.web.jobs.task import Task
from iceball.web.patient import Patient

DEFAULTS: dict[str, Any] = {"n": 0}
STEPS = 30


def key(plan: Plan, patient: Patient, options: dict[str, Any]) -> str:
    """The number alone: whatever the plan is meanwhile, it is the same work."""
    return f"count {options['n']}"


def run(task: Task) -> dict[str, Any]:
    """Count."""
    for step in range(STEPS):
        task.tell((step + 1) / STEPS, "counting")
        time.sleep(0.01)
    (task.desk_folder / f"counted-{task.options['n']}.txt").write_text(str(task.options["n"]))
    return {"n": task.options["n"]}
