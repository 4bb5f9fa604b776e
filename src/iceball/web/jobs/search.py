"""Propose needles; the best plan so far is kept at any time, and the same search goes on from where it was stopped."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from iceball.desk.searching import SearchAsked, search
from iceball.io.case import Case
from iceball.io.text import write_json
from iceball.plan.plan import Plan
from iceball.plan.search.freedom import Freedom
from iceball.plan.search.intent import chosen
from iceball.web.jobs.task import Cancelled, Task
from iceball.web.kept import hashed
from iceball.web.patient import Patient
from iceball.web.searches import ASKED, kept_key, made_for

DEFAULTS: dict[str, Any] = {
    f.name: list(f.default) if isinstance(f.default, tuple) else f.default for f in fields(SearchAsked)
}


REPLACES = ("search",)  # two searches of one case would write over each other's best plan


def asked_of(options: dict[str, Any]) -> SearchAsked:
    """The options as a search is asked; raises PlanError for one that cannot be."""
    whole = {"seed": int(options["seed"]), "most_needles": int(options["most_needles"])}
    return SearchAsked(**{**options, **whole, "kinds": tuple(options["kinds"])})


def key(plan: Plan, patient: Patient, options: dict[str, Any]) -> str:
    """The search that would be made: it begins at the plan's needles, so these belong to it."""
    asked = asked_of(options)
    chosen(asked.intent, relieve=asked.relieve, fraction=asked.fraction, part=asked.part)  # refused now, not later
    Freedom.read(asked.free, asked.times, plan, patient.anatomy.organ)
    return hashed("search", plan.key(), made_for(plan, patient.anatomy), asked)


def there(case: Case, result: Any) -> bool:
    """Whether the proposals of that search are still those that lie beside the case."""
    return isinstance(result, dict) and kept_key(case) == result.get("key")


def run(task: Task) -> dict[str, Any]:
    """Search, confirm on fine cells, keep the proposals."""
    asked = asked_of(task.options)
    found = search(task.desk, asked, cancelled=task.cancelled)
    if found.proposal is None:
        raise Cancelled
    bound = made_for(task.plan, task.anatomy)
    told = {"key": hashed("search", task.plan.key(), bound, asked), "made_for": bound, "options": task.options}
    write_json(found.folder / ASKED, told)
    return {"key": told["key"], "plans": 1 + len(found.proposal.others()), "read_back": found.runs_read}
