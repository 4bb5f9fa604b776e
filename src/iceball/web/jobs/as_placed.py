"""Set needles where a control CT shows them, run them as they lie, and hold them beside the plan."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from iceball.desk.desk import DEFAULT_SPACING_MM
from iceball.desk.placing import set_needles
from iceball.errors import CaseError, GeometryError
from iceball.io.case import Case
from iceball.io.text import from_table
from iceball.plan.placed.streak import Streak
from iceball.plan.plan import Plan
from iceball.space.rigid import Rigid
from iceball.web.control import control_ct
from iceball.web.jobs.placed_run import run_as_placed
from iceball.web.jobs.stopping import stopping
from iceball.web.jobs.task import Task
from iceball.web.kept import hashed
from iceball.web.patient import Patient
from iceball.web.uploads import Uploads

DEFAULTS: dict[str, Any] = {
    "upload": "", "series": "", "streaks": [], "register": True, "matrix": [], "at_min": 0.0, "advice": True,
    "run": True, "spacing_mm": DEFAULT_SPACING_MM,
}  # fmt: skip


@dataclass(frozen=True)
class _Streaks:
    streaks: tuple[Streak, ...]


def key(plan: Plan, patient: Patient, options: dict[str, Any]) -> str:
    """Needles set by these streaks; points that cannot be are refused here."""
    _streaks(options)
    _motion(options)
    return hashed("as-placed", plan.key(), patient.key, sorted(options.items(), key=str))


def there(case: Case, result: Any) -> bool:
    """The needles may have been set otherwise since: they are set again."""
    return False


def run(task: Task) -> dict[str, Any]:
    """Set the needles; then, unless it is declined, run and assess them as they lie."""
    options, desk = task.options, stopping(task)
    waiting = Uploads(task.desk_folder.parent / ".iceball" / "uploads")
    image, control = control_ct(waiting, options["upload"], options["series"])
    done = set_needles(
        desk, image, _streaks(options), control=control, motion=_motion(options), register=options["register"],
        at_min=float(options["at_min"]), advice=options["advice"],
    )  # fmt: skip
    told = {**done.told, "picture": "placed.png"}
    task.publish({"type": "results", "case": task.case.folder.name})
    if not options["run"]:
        return told
    return {**told, **run_as_placed(task, replace(desk, plan=done.placed.plan), float(options["spacing_mm"]))}


def _streaks(options: dict[str, Any]) -> tuple[Streak, ...]:
    return from_table({"streaks": options["streaks"]}, _Streaks, where="options").streaks


def _motion(options: dict[str, Any]) -> Rigid | None:
    if not options["matrix"]:
        return None
    try:
        return Rigid.of(np.array(options["matrix"], float).reshape(4, 4))
    except (ValueError, TypeError):
        raise CaseError("does not hold 16 numbers.", where="options.matrix", remedy="Give it row by row.") from None
    except GeometryError as refusal:
        raise CaseError(f"{refusal.what}.", where="options.matrix", remedy=refusal.remedy) from None
