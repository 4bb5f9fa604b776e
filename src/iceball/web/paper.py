"""A case's report as files: of the plan as it stands, or of the newest result with STALE on every page and picture."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import iceball
from iceball.commit import commit
from iceball.desk.desk import Desk
from iceball.desk.keys import Scenes, Status
from iceball.errors import CaseError, StaleError
from iceball.io.case import Case
from iceball.io.observed import observed
from iceball.io.runs import load_prediction
from iceball.io.text import read_toml, whole_folder
from iceball.plan.plan import Plan
from iceball.plan.treated import as_treated
from iceball.reporting.flags import STALE
from iceball.web.stale import Standing, standing

if TYPE_CHECKING:
    from iceball.io.runs import Run

MOST_KEPT = 4
"""Reports of one run that are kept; the oldest go first."""
_press = Lock()
"""One report is drawn at a time: the drawing library keeps state of its own."""


@dataclass(frozen=True)
class Paper:
    """A report as HTML and PDF, and how it stands to the plan.

    Args:
        folder: where `report.html` and `report.pdf` lie.
        plan: the plan that it tells of: for a stale one that of its assessment.
        state: how the results stand.
    """

    folder: Path
    plan: Plan
    state: Standing

    @property
    def status(self) -> Status:
        """Of the report."""
        return self.state.report

    @property
    def html(self) -> Path:
        """The page."""
        return self.folder / "report.html"

    @property
    def pdf(self) -> Path:
        """The same as PDF."""
        return self.folder / "report.pdf"


def paper(case: Case, plan: Plan, scenes: Scenes) -> Paper:
    """The report of a case, drawn where it was not drawn before.

    Args:
        case: with an assessment.
        plan: as it stands.
        scenes: the keys of the patient's scenes.

    Raises:
        CaseError: where nothing is assessed yet.
        StaleError: where the result is stale and cannot be drawn again: images or structures changed.
    """
    state = standing(case, plan, scenes)
    run = state.found
    if run is None or state.assessment == "none":
        raise CaseError(
            "has nothing to report yet.", where=case.folder.name, remedy="Simulate the plan, then assess the run."
        )
    shown = plan if state.report == "valid" else _plan_of(run)
    made = Paper(run.folder / "paper" / _digest(case, shown, state), shown, state)
    with _press:
        if not made.folder.is_dir():
            _draw(case, shown, scenes, made)
            _drop_oldest(made.folder.parent)
    return made


def _draw(case: Case, shown: Plan, scenes: Scenes, made: Paper) -> None:
    run = made.state.found
    assert run is not None
    desk = Desk(case, shown, as_treated(shown, scenes.anatomy))
    prediction = load_prediction(run, shown, desk.anatomy)
    flags = () if made.status == "valid" else (STALE,)
    with whole_folder(made.folder) as folder:
        desk.report(desk.verdict(prediction, run), prediction, folder / "report.html", flags=flags)


def _plan_of(run: Run) -> Plan:
    """The plan that the assessment of a run was made for."""
    if not run.plan_file.is_file():
        raise StaleError(
            "is STALE, and the plan that it was made for was not kept.", where=run.key, remedy="Simulate again."
        )
    return read_toml(run.plan_file, Plan)


def _digest(case: Case, shown: Plan, state: Standing) -> str:
    """What a report depends on: it is drawn again where any of it changed, a note as well."""
    assert state.found is not None
    record, verdict = case.record, hashlib.sha256(state.found.assessment_file.read_bytes()).hexdigest()
    seen = [(one.name, one.seen, one.beside) for one in observed(case)]
    told = (state.report, state.spread, verdict, shown.key(), record.title, record.flags, iceball.__version__, commit())
    told_of = (*told, seen) if seen else told
    return hashlib.sha256(repr(told_of).encode()).hexdigest()[:16]


def _drop_oldest(folder: Path) -> None:
    made = sorted((p for p in folder.iterdir() if p.is_dir()), key=lambda p: -p.stat().st_mtime_ns)
    for old in made[MOST_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
