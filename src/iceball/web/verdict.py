"""The verdict of a case as a page shows it, with how it stands to the plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from iceball.errors import StaleError
from iceball.io.case import Case
from iceball.io.placed import placed_plan
from iceball.io.text import read_json
from iceball.plan.plan import Plan
from iceball.web import plans
from iceball.web.control import kept_key
from iceball.web.patient import Patient
from iceball.web.plan_told import needles_told
from iceball.web.results import results
from iceball.web.stale import Standing, standing
from iceball.web.workspace import Workspace


@dataclass(frozen=True)
class Open:
    """A case with the plan that is asked about, planned or as placed."""

    case: Case
    plan: Plan
    patient: Patient

    @classmethod
    def of(cls, space: Workspace, name: str, *, as_placed: bool = False) -> Open:
        """The case as it stands; raises CaseError or StaleError where no needles are (still) placed."""
        plan = plans.standing(space, name).plan
        case = space.case(name)
        return cls(case, placed_plan(case) if as_placed else plan, space.patient(name))

    @property
    def state(self) -> Standing:
        """How its results stand to the plan."""
        return standing(self.case, self.plan, self.patient.scenes)


def verdict(asked: Open) -> dict[str, Any]:
    """Statuses and keys, and the words, tables and curves of the newest assessment; `told` is None without one."""
    state = asked.state
    file = None if state.found is None or state.assessment == "none" else state.found.told_file
    return {**state.as_json(), "told": read_json(file) if file is not None and file.is_file() else None}


def assessment(asked: Open) -> dict[str, Any]:
    """Statuses and keys, and the assessment as `iceball assess --json` prints it; None without one."""
    state = asked.state
    there = state.found is not None and state.assessment != "none"
    return {
        **state.as_json(), "status": state.assessment,
        "verdict": read_json(state.found.assessment_file) if there and state.found else None,
    }  # fmt: skip


def placed(space: Workspace, name: str) -> dict[str, Any]:
    """Needles as placed, as `iceball as-placed --json` prints them, and whether they were set beside this plan."""
    at, case = plans.standing(space, name), space.case(name)
    file = case.folder / "placed" / "placed.json"
    if not file.is_file():
        return {"status": "none", "told": None, "standing": None, "beside": None, "plan": None}
    try:
        lies = Open(case, placed_plan(case), space.patient(name))
    except StaleError:
        return {"status": "stale", "told": read_json(file), "standing": None, "beside": None, "plan": None}
    state = lies.state.as_json()
    standing = {"planned": Open(case, at.plan, lies.patient).state.as_json(), "as_placed": state}
    numbers = {"planned": results(space, name), "as_placed": results(space, name, as_placed=True)}
    return {
        "status": "valid", "told": read_json(file), "standing": standing,
        "beside": {who: {"run": r["run"], "strip": r["strip"]} for who, r in numbers.items()},
        "plan": plans.tables_of(lies.plan), **needles_told(lies.plan, lies.patient), "control_key": kept_key(case),
    }  # fmt: skip


def curves(asked: Open) -> dict[str, Any]:
    """Histogram and sensors as numbers, with how they stand to the plan."""
    found = verdict(asked)
    words = found["told"] or {}
    return {
        "status": found["assessment"]["status"], "run_key": found["run"]["key"],
        "assessment_key": found["assessment"]["key"],
        "histogram": words.get("histogram", []), "sensors": words.get("sensors"),
    }  # fmt: skip
