"""What results of a plan as it stands would be bound to, and which run belongs to it."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from iceball.assessment import assessment_key
from iceball.assessment.hypotheses import shown_for
from iceball.desk.desk import DEFAULT_SPACING_MM
from iceball.errors import IceballError
from iceball.io.case import Case
from iceball.io.runs import Run, same_patient
from iceball.io.text import from_table, read_json, read_toml
from iceball.plan.affected import run_part
from iceball.plan.compose import Conditions, compose
from iceball.plan.plan import Plan
from iceball.plan.predict import NOMINAL, asked_for, run_key
from iceball.plan.treated import Treated, as_treated
from iceball.tissue import Anatomy

Status = Literal["valid", "stale", "none"]
MOST_KEPT = 256


@dataclass(frozen=True)
class Keys:
    """What a run at the default spacing and its assessment are bound to; "" where the plan cannot be run."""

    run: str
    assessment: str


class Scenes:
    """Keys of one patient's scenes, each composed once: a plan is asked for them again and again while it is made."""

    def __init__(self, anatomy: Anatomy) -> None:
        self.anatomy, self.treated = anatomy, Treated(anatomy)
        self._kept: OrderedDict[tuple[str, Conditions], str] = OrderedDict()
        self._turn = Lock()

    def keys(self, plan: Plan) -> Keys:
        """The keys of a plan at the default spacing."""
        try:
            scene_key = self.scene_key(plan, Conditions(spacing_mm=DEFAULT_SPACING_MM))
            return Keys(run := run_key(_Keyed(scene_key)), assessment_of(plan, self.treated(plan), run))
        except IceballError:  # a plan without a needle, a case without a target: nothing can be bound to it
            return Keys("", "")

    def scene_key(self, plan: Plan, conditions: Conditions) -> str:
        """The key of the scene that a plan composes; raises what `compose` raises."""
        asked = (plan.key(), conditions)
        with self._turn:
            if asked in self._kept:
                self._kept.move_to_end(asked)
                return self._kept[asked]
        made = compose(plan, self.treated(plan), conditions=conditions).key()
        with self._turn:
            self._kept[asked] = made
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return made

    def run_of(self, case: Case, plan: Plan) -> tuple[Status, Run | None]:
        """The run that belongs to the plan as it stands, or else the newest one, which is stale."""
        runs = finished_runs(case, plan)
        for run in runs:
            if self.belongs(run, plan):
                return "valid", run
        return ("stale", runs[0]) if runs else ("none", None)

    def belongs(self, run: Run, plan: Plan) -> bool:
        """Whether a run was made from this plan and patient with this version: every history of it."""
        records: dict[str, Any] = read_json(run.folder / "run.json")["histories"]
        try:
            nominal = _conditions(records[NOMINAL])
            if set(records) != set(asked_for(plan, nominal.spacing_mm, nominal.hyperaemia)):
                return False
            names = sorted(records, key=lambda name: name != NOMINAL)  # the nominal one tells most changes
            composed = all(
                same_patient(records[n]["made_by"], plan, _conditions(records[n]))
                and self.scene_key(plan, _conditions(records[n])) == records[n]["scene_key"]
                for n in names
            )
            return composed and _same_wish(run, plan)
        except IceballError:
            return False


def _same_wish(run: Run, plan: Plan) -> bool:
    """Whether no field that affects the run is another one than in the plan that lies beside it."""
    return not run.plan_file.is_file() or run_part(read_toml(run.plan_file, Plan)) == run_part(plan)


def finished_runs(case: Case, plan: Plan) -> list[Run]:
    """Runs of a case at the plan's stage, newest first."""
    found = sorted(case.runs.glob("[!.]*/run.json"), key=_written, reverse=True)
    return [Run(file.parent) for file in found if read_json(file).get("stage", "planned") == plan.stage]


def assessment_of(plan: Plan, anatomy: Anatomy, run: str) -> str:
    """The key of the assessment of a run by the plan's goals as they stand."""
    treated = as_treated(plan, anatomy)
    shown = shown_for(treated, plan.kill)
    return assessment_key(run, plan.goals, treated, needles=len(plan.probes), shown=shown, limits=plan.limits)


@dataclass(frozen=True)
class _Keyed:
    """A scene of which only the key is known."""

    of: str

    def key(self) -> str:
        """The key."""
        return self.of


def _conditions(record: dict[str, Any]) -> Conditions:
    return from_table(record["conditions"], Conditions, where="run.json")


def _written(file: Path) -> int:
    return file.stat().st_mtime_ns
