"""How a case's results stand to its plan: each is valid, stale or not there, told by the key that it is bound to.

Nobody marks anything stale: a result says what it was made from, and the plan as it stands says what would be made now.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iceball.assessment import assessment_key
from iceball.desk.keys import Scenes, Status, assessment_of
from iceball.io.case import Case
from iceball.io.runs import Run, recall_verdict
from iceball.io.spread import spread_file
from iceball.io.text import read_json
from iceball.plan.plan import Plan
from iceball.plan.treated import as_treated


@dataclass(frozen=True)
class Standing:
    """How the results of a case stand to its plan.

    Args:
        found: the run that fits the plan, else the newest; None where none was finished.
        run, assessment, spread: the status of each; a report has that of the assessment, which it is drawn from.
        run_key, assessment_key: what they are bound to; "" where there is none.
    """

    found: Run | None = None
    run: Status = "none"
    run_key: str = ""
    assessment: Status = "none"
    assessment_key: str = ""
    spread: Status = "none"

    @property
    def report(self) -> Status:
        """Of the report, the PDF and the export."""
        return self.assessment

    def as_json(self) -> dict[str, Any]:
        """The statuses and keys as plain values."""
        return {
            "run": {"status": self.run, "key": self.run_key},
            "assessment": {"status": self.assessment, "key": self.assessment_key},
            "spread": self.spread,
            "report": self.report,
        }


def standing(case: Case, plan: Plan, scenes: Scenes) -> Standing:
    """How the results of a case stand to a plan.

    Args:
        case: its runs are looked through: one of an older revision is valid again where the plan is again what it was.
        plan: as it stands, planned or as placed.
        scenes: the keys of the patient's scenes.
    """
    state, run = scenes.run_of(case, plan)
    if run is None:
        return Standing()
    key = run.folder.name
    verdict = _made_for(run.assessment_file, "made_by", "assessment_key")
    if state == "valid" and verdict:
        now = assessment_of(plan, scenes.anatomy, key)
        if now != verdict and recall_verdict(run, now):
            verdict = now
        assessed: Status = "valid" if now == verdict else "stale"
    else:
        assessed = "stale" if verdict else "none"
    spread = _bound(
        state,
        _made_for(spread_file(run), "made_for"),
        lambda: assessment_key(key, plan.goals, as_treated(plan, scenes.anatomy), needles=len(plan.probes)),
    )
    return Standing(run, state, key, assessed, verdict, spread)


def _made_for(file: Path, *path: str) -> str:
    """The key that a result's file says that it is bound to; "" without a file."""
    if not file.is_file():
        return ""
    value = read_json(file)
    for name in path:
        value = value.get(name, "")
    return str(value)


def _bound(run: Status, key: str, now: Callable[[], str]) -> Status:
    """The status of what rests on a run and a key of its own; `now` says the key that it would have today."""
    if not key:
        return "none"
    return "valid" if run == "valid" and key == now() else "stale"
