"""What a search found, as it lies beside its case: its proposals as plans, and the best of one that was stopped."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from iceball.desk.keys import Status, assessment_of
from iceball.io.case import Case
from iceball.io.searches import BEST, HEAD, patient_key
from iceball.io.text import read_json, read_toml
from iceball.plan.plan import Plan
from iceball.plan.treated import as_treated
from iceball.tissue import Anatomy
from iceball.web.answers import Missing
from iceball.web.kept import hashed

ASKED = "asked.json"
NUMBER = re.compile(r"plan-(\d+)\.toml")


@dataclass(frozen=True)
class Search:
    """The proposals of a case's last search, best first, and the best plan of one that did not end.

    Args:
        status: whether they were made for the goals, clock, setting and patient as they stand. Needles do not count:
            they are what a search replaces.
        told: what `iceball search --json` prints of it; None where none ended.
        options: what was asked.
        plans: the proposals as plans.
        best: the best plan so far of a search that goes on or was stopped, with its price in mm.
    """

    status: Status
    told: dict[str, Any] | None
    options: dict[str, Any]
    plans: tuple[Plan, ...]
    best: tuple[Plan, float] | None

    def plan(self, which: str) -> Plan:
        """A proposal by its number from 1, or "best"; raises Missing where it is not there (any more)."""
        if which == "best" and self.best is not None:
            return self.best[0]
        if which.isdecimal() and 1 <= int(which) <= len(self.plans):
            return self.plans[int(which) - 1]
        raise Missing("is not among what the search found.", where=f"proposal '{which}'", remedy="Search again.")


def search_of(case: Case, plan: Plan, anatomy: Anatomy) -> Search:
    """What a search of a case found, held against the plan as it stands."""
    folder = case.folder / "search"
    best = _best(folder / BEST)
    if not (folder / "search.json").is_file():
        return Search("none", None, {}, (), best)
    told = read_json(folder / "search.json")
    asked: dict[str, Any] = {"options": {}, "made_for": ["", ""]}  # a search of the shell says neither
    if (folder / ASKED).is_file():
        asked = read_json(folder / ASKED)
    plans = tuple(read_toml(file, Plan) for file in _numbered(folder))
    wanted, patient = made_for(plan, anatomy)
    # a proposal that was taken may have brought the goals of an intent, or a clock of its own
    same = wanted == asked["made_for"][0] or any(wanted == wish(p) for p in plans)
    status: Status = "valid" if same and patient == asked["made_for"][1] else "stale"
    return Search(status, told, asked["options"], plans, best)


def made_for(plan: Plan, anatomy: Anatomy) -> tuple[str, str]:
    """What a search's proposals are bound to: the plan but for its needles and words, and the patient as treated."""
    treated = as_treated(plan, anatomy)
    return wish(plan), hashed("search in", patient_key(treated), assessment_of(Plan(), treated, ""))


def wish(plan: Plan) -> str:
    """A plan but for its needles and words: goals, limits, clock, setting and what surrounds the ice."""
    return hashed("search for", replace(plan, probes=(), spots=(), reason="", review="edited", stage="planned"))


def kept_key(case: Case) -> str:
    """The key of the search whose proposals lie beside a case; "" without one."""
    file = case.folder / "search" / ASKED
    return str(read_json(file)["key"]) if file.is_file() and (file.parent / "search.json").is_file() else ""


def _numbered(folder: Path) -> list[Path]:
    numbered = [(int(found[1]), file) for file in folder.iterdir() if (found := NUMBER.fullmatch(file.name))]
    return [file for _, file in sorted(numbered)]


def _best(file: Path) -> tuple[Plan, float] | None:
    if not file.is_file():
        return None
    head = HEAD.match(file.read_text(encoding="utf-8"))
    return (read_toml(file, Plan), float(head[2])) if head else None
