"""A kind of job for tests: quick, and it fails in the way it is told to."""

import os
import signal
import time
from pathlib import Path
from typing import Any

from iceball.errors import PlanError
from iceball.plan.plan import Plan
from iceball.web.jobs.task import Task
from iceball.web.patient import Patient

DEFAULTS: dict[str, Any] = {"do": "count", "n": 1}


def key(plan: Plan, patient: Patient, options: dict[str, Any]) -> str:
    return f"{plan.key()}-{options}"


def there(case: Any, result: dict[str, Any]) -> bool:
    return Path(result["file"]).is_file()


def run(task: Task) -> dict[str, Any]:
    file = task.desk_folder / f"made-{task.options['n']}.txt"
    tries = task.desk_folder / f"tries-{task.options['n']}.txt"
    with tries.open("a") as stream:
        stream.write("x")
    what = task.options["do"]
    if what == "die once" and len(tries.read_text()) == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "refuse":
        raise PlanError("is refused.", where="here", remedy="Do something else.")
    if what == "fault":
        raise ZeroDivisionError("a fault")
    while what == "wait":
        task.tell(0.5, "waiting")
        task.go_on()
        time.sleep(0.01)
    task.publish({"type": "case", "case": "from a job"})
    print("a library talks")
    file.write_text(f"{len(task.plan.probes)} needles in {task.anatomy.organ or 'a block'}")
    return {"file": str(file), "text": file.read_text()}
