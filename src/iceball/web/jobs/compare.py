"""Hold plans side by side: this one, earlier revisions, proposals of the search, the rules of thumb."""

from __future__ import annotations

from typing import Any

from iceball.desk.ways import compare
from iceball.errors import StaleError
from iceball.io.case import Case
from iceball.io.placed import placed_plan
from iceball.plan.plan import Plan
from iceball.reporting.told import histogram_curves
from iceball.store import Database, Revisions
from iceball.tissue import TARGET
from iceball.web.answers import Missing
from iceball.web.jobs.stopping import stopping
from iceball.web.jobs.task import Task
from iceball.web.kept import bound_key, is_kept, keeping
from iceball.web.patient import Patient, image_key
from iceball.web.plans import plan_of
from iceball.web.searches import kept_key, search_of

KIND = "compare"
THIS = "this plan"
DEFAULTS: dict[str, Any] = {
    "spacing_mm": 2.0, "baseline": False, "revisions": [], "proposals": [], "of_search": "", "as_placed": False,
}  # fmt: skip


def key(plan: Plan, patient: Patient, options: dict[str, Any]) -> str:
    """What the comparison rests on: revisions never change, and proposals are named with their search."""
    return bound_key(KIND, plan, patient.scenes, options, options["spacing_mm"])


def there(case: Case, result: Any) -> bool:
    """Whether the comparison is still kept."""
    return is_kept(case, KIND, result)


def run(task: Task) -> dict[str, Any]:
    """Simulate and assess all on equal cells."""
    options, made = task.options, key(task.plan, Patient("", task.anatomy), task.options)
    plans = {THIS: task.plan, **_revisions(task), **_proposals(task)}
    if options["as_placed"]:
        plans["as placed"] = placed_plan(task.case)
    with keeping(task.case, KIND, made, options) as (folder, result):
        found = compare(
            stopping(task), plans, figure=folder / "compare.png", baseline=options["baseline"],
            spacing_mm=float(options["spacing_mm"]),
        )  # fmt: skip
        task.go_on()
        result |= {name: value for name, value in found.as_json().items() if name != "figure"}
        curves = {c.name: histogram_curves(c.verdict) for c in found.plans}
        result["histograms"] = {name: [h for h in many if h["name"] == TARGET] for name, many in curves.items()}
        result["picture"] = f"told/{KIND}/compare.png"
    return {"key": made, "plans": len(found.plans)}


def _revisions(task: Task) -> dict[str, Plan]:
    wanted = [int(n) for n in task.options["revisions"]]
    if not wanted:
        return {}
    database = Database.open(task.desk_folder.parent / ".iceball" / "workbench.sqlite3")
    try:
        rows = {r.number: r for r in Revisions(database).all(task.case.folder.name, image_key(task.case))}
    finally:
        database.close()
    for number in wanted:
        if number not in rows:
            raise Missing("is not among the plan's revisions.", where=f"revision {number}", remedy="Choose another.")
    return {f"revision {n}": plan_of(rows[n].document) for n in wanted}


def _proposals(task: Task) -> dict[str, Plan]:
    wanted = [int(n) for n in task.options["proposals"]]
    if not wanted:
        return {}
    if kept_key(task.case) != task.options["of_search"]:
        raise StaleError("are of another search.", where="proposals", remedy="Look at the new ones and choose again.")
    found = search_of(task.case, task.plan, task.anatomy)
    return {f"proposal {n}": found.plan(str(n)) for n in wanted}
