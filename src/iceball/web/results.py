"""What there is of a case's results, and how it stands to the plan: the page's `Results`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import iceball
from iceball.assessment import Assessment
from iceball.desk.keys import Scenes, finished_runs
from iceball.errors import IceballError, StaleError
from iceball.io.case import Case
from iceball.io.placed import placed_plan
from iceball.io.runs import Run, load_prediction
from iceball.io.text import read_json
from iceball.plan.compose import Conditions
from iceball.plan.plan import Plan
from iceball.plan.predict import NOMINAL
from iceball.web.plans import standing as plan_standing
from iceball.web.searches import search_of
from iceball.web.shown import Shown, save_shown, shown_of
from iceball.web.stale import Standing, standing
from iceball.web.strip import strip_of
from iceball.web.workspace import Workspace


@dataclass(frozen=True)
class Nominal:
    """A run of which only the nominal part is there yet."""

    key: str
    shown: Shown


def results(space: Workspace, name: str, *, as_placed: bool = False) -> dict[str, Any]:
    """Results of frontend/src/api/types.ts: of the plan, or of its needles AS PLACED.

    Raises:
        CaseError, StaleError: where no needles are (still) placed.
    """
    case, plan = space.case(name), plan_standing(space, name).plan
    if as_placed:
        plan = placed_plan(case)
    if not finished_runs(case, plan) and not space.seen(name).whole:
        return _nothing_yet()
    scenes = space.patient(name).scenes
    found = standing(case, plan, scenes)
    told = found.as_json()
    nominal = nominal_of(case, plan, scenes) if found.run != "valid" else None
    if nominal is not None:
        seen = nominal.shown.told
        return {
            **told,
            "run": _run("valid", nominal.key, seen, nominal_only=True),
            "strip": seen["strip"],
            "assessment": {"status": "none", "key": "", "verdict": None},
            "spread": "none",
            "report": "none",
            "search": search_of(case, plan, scenes.anatomy).status,
        }
    verdict = None if found.found is None else _verdict(found.found)
    shown = None if found.found is None else shown_of(case, found.run_key)
    return {
        **told,
        "run": _run(found.run, found.run_key, _seen(found.found, shown), nominal_only=False),
        "strip": _strip(case, verdict, shown),
        "assessment": {**told["assessment"], "verdict": verdict},
        "search": search_of(case, plan, scenes.anatomy).status,
    }


def _nothing_yet() -> dict[str, Any]:
    """Of a patient who is still being read and was never simulated."""
    told = Standing().as_json()
    return {
        **told,
        "run": _run("none", "", {}, nominal_only=False),
        "strip": None,
        "assessment": {**told["assessment"], "verdict": None},
        "search": "none",
    }


def nominal_of(case: Case, plan: Plan, scenes: Scenes) -> Nominal | None:
    """The nominal part of a run of the plan as it stands, where its bounds are still being made."""
    for folder in sorted((case.folder / ".nominal").glob("*")):
        shown = Shown(folder / "shown")
        if not shown.is_there:
            continue
        told = shown.told
        conditions = Conditions(spacing_mm=told["cells_mm"], reach_mm=told["reach_mm"], hyperaemia=told["hyperaemia"])
        try:
            same = scenes.scene_key(plan, conditions) == told["scene_key"] and told["version"] == iceball.__version__
        except IceballError:
            continue
        if same:
            return Nominal(folder.name, shown)
    return None


def with_boxes(space: Workspace, name: str, key: str) -> Shown:
    """What is shown of a run, made from the run where the shell made it.

    Raises:
        StaleError: for a run of another plan of which nothing was kept for the page.
        CaseError: where there is no such run.
    """
    case = space.case(name)
    shown = shown_of(case, key)
    if shown.is_there:
        return shown
    run = Run(case.runs / key)
    with space.turn(f"shown of {name}"):
        if shown.is_there:
            return shown
        if not (run.folder / "run.json").is_file():
            raise StaleError("is not here any more.", where=f"run {key}", remedy="Simulate again.")
        plan, patient = plan_standing(space, name).plan, space.patient(name)
        if read_json(run.folder / "run.json").get("stage") == "as placed":
            plan = placed_plan(case)
        prediction = load_prediction(run, plan, patient.treated(plan))
        verdict = _assessed(prediction.history, plan, patient.treated(plan))
        return save_shown(run.folder, prediction.history, {}, verdict)


def _assessed(history: Any, plan: Plan, anatomy: Any) -> Assessment:
    from iceball.assessment import assess

    return assess(history, plan.goals, anatomy, needles=len(plan.probes), kill=None, limits=plan.limits)


def _run(status: str, key: str, seen: dict[str, Any], *, nominal_only: bool) -> dict[str, Any]:
    return {
        "status": status,
        "key": key,
        "seconds": seen.get("seconds"),
        "spacing_mm": seen.get("spacing_mm"),
        "nominal_only": nominal_only,
        "frames_s": seen.get("frames_s", []),
    }


def _seen(run: Run | None, shown: Shown | None) -> dict[str, Any]:
    """Seconds, spacing and moments of a run."""
    if shown is not None and shown.is_there:
        return shown.told
    if run is None:
        return {}
    made_by = read_json(run.folder / "run.json")["histories"][NOMINAL]["made_by"]
    return {"seconds": made_by.get("seconds"), "spacing_mm": made_by.get("spacing_mm")}


def _verdict(run: Run) -> dict[str, Any] | None:
    return dict(read_json(run.assessment_file)) if run.assessment_file.is_file() else None


def _strip(case: Case, verdict: dict[str, Any] | None, shown: Shown | None) -> dict[str, Any] | None:
    """Of the assessment; where there is none yet, of the nominal run."""
    if verdict is not None:
        return strip_of(Assessment.from_json(verdict), flags=case.record.flags).as_json()
    return shown.told.get("strip") if shown is not None and shown.is_there else None
