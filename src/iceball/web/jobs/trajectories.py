"""Map the skin: where a needle's way to the target is open, what it costs, and what shuts the rest."""

from __future__ import annotations

from typing import Any

from iceball.desk.keys import assessment_of
from iceball.desk.ways import trajectories
from iceball.io.case import Case
from iceball.io.searches import patient_key
from iceball.plan.plan import Plan
from iceball.web.jobs.task import Task
from iceball.web.kept import hashed, is_kept, keeping
from iceball.web.patient import Patient

KIND = "trajectories"
DEFAULTS: dict[str, Any] = {"probe": "generic-17g-long", "count": 5, "through_bone": False, "bore_mm": None}


def key(plan: Plan, patient: Patient, options: dict[str, Any]) -> str:
    """What the map rests on: the patient as treated and how he lies, not the needles."""
    treated = patient.treated(plan)
    bound = assessment_of(Plan(), treated, "")
    return hashed(KIND, patient_key(treated), bound, plan.setting, sorted(options.items(), key=str))


def there(case: Case, result: Any) -> bool:
    """Whether the map is still kept."""
    return is_kept(case, KIND, result)


def run(task: Task) -> dict[str, Any]:
    """Look from every direction, and draw the map."""
    options, made = task.options, key(task.plan, Patient("", task.anatomy), task.options)
    task.say("Looking from every direction …")
    count = int(options["count"])
    with keeping(task.case, KIND, made, options) as (folder, result):
        found = trajectories(
            task.desk, figure=folder / "map.png", probe=options["probe"], count=count,
            through_bone=options["through_bone"], bore_mm=options["bore_mm"],
        )  # fmt: skip
        task.go_on()
        result |= {name: value for name, value in found.as_json(count).items() if name != "figure"}
        result["picture"] = f"told/{KIND}/map.png"
    return {"key": made, "open_fraction": found.found.open_share}
