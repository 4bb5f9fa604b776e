"""A case on the desk: everything its verbs need, read once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from iceball.desk.telling import Silent, Telling

DEFAULT_SPACING_MM = 1.5
"""Cells of a run that nobody said otherwise of, in the shell and in the workbench."""


@dataclass(frozen=True)
class Desk:
    """A case opened for work; `telling` is told how far it has come."""

    case: Any
    plan: Any
    anatomy: Any
    telling: Telling = field(default_factory=Silent)

    @classmethod
    def open(cls, folder: Path, *, kill: str = "", as_placed: bool = False, telling: Telling | None = None) -> Desk:
        """Open a case folder; `kill` is the hypothesis of cell death that leads this once.

        With `as_placed` the plan is the one whose needles lie where a control image shows them.
        """
        from iceball.io.case import Case
        from iceball.io.placed import placed_plan
        from iceball.plan.judge import check_goals
        from iceball.plan.treated import as_treated

        case = Case.open(folder)
        case.refuse_draft()
        plan = placed_plan(case) if as_placed else case.plan()
        plan = replace(plan, kill=kill) if kill else plan
        desk = cls(case, plan, as_treated(plan, case.anatomy()), telling or Silent())
        check_goals(desk.plan, desk.anatomy)
        return desk

    def predict(self, spacing_mm: float, backend: str, *, hyperaemia: bool = False) -> Any:
        """Simulate the plan as it stands."""
        from iceball.io.text import must_write
        from iceball.plan.predict import predict

        must_write(self.case.runs)
        with self.telling.during("Simulating") as told:
            how = cast(Any, backend)  # a wrong name is refused by the simulation, with the known ones
            return predict(
                self.plan,
                self.anatomy,
                spacing_mm=spacing_mm,
                backend=how,
                hyperaemia=hyperaemia,
                progress=told,
            )

    def newest(self) -> tuple[Any, Any]:
        """The newest run and its prediction, read back."""
        from iceball.io.runs import latest_run, load_prediction

        run = latest_run(self.case, stage=self.plan.stage)
        return run, load_prediction(run, self.plan, self.anatomy)

    def verdict(self, prediction: Any, run: Any) -> Any:
        """The assessment of a run with its stops and its spread; only the stops are kept."""
        from iceball.io.spread import with_spread
        from iceball.plan.ensemble import belongs_to
        from iceball.plan.judge import judge

        made_for = belongs_to(prediction, self.plan, self.anatomy)
        stops = self.stops(prediction, run)
        return with_spread(run, judge(prediction, self.plan, self.anatomy, stops=stops), made_for)

    def judge(self, prediction: Any, run: Any) -> Any:
        """The assessment of a run with its stops and its spread, kept beside it."""
        verdict = self.verdict(prediction, run)
        self._keep(verdict, prediction, run)
        return verdict

    def _keep(self, verdict: Any, prediction: Any, run: Any) -> None:
        """Write an assessment beside its run, with the plan that it was made for and what a page shows of it."""
        from iceball.io.runs import keep_verdict
        from iceball.io.text import write_json, write_toml
        from iceball.plan.constants import constants_of
        from iceball.plan.plan import Plan
        from iceball.reporting.told import told

        constants = constants_of(self.plan, self.anatomy)
        heading = "The plan that this assessment was made for; plan.toml of the case may have changed since."
        write_toml(run.plan_file, self.plan, Plan, heading=heading)
        write_json(run.told_file, told(verdict, prediction.history, self.plan, self.anatomy, constants))
        write_json(run.assessment_file, verdict.as_json())
        keep_verdict(run, str(verdict.made_by["assessment_key"]))

    def spread(
        self,
        prediction: Any,
        verdict: Any,
        run: Any,
        *,
        members: int | None = None,
        seed: int | None = None,
        spacing_mm: float | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Any:
        """The assessment with the spread of a run, which is kept beside it."""
        from iceball.io.spread import STALE, keep_member, kept_members, members_folder, save_spread, with_spread
        from iceball.plan.ensemble import SEED, belongs_to, spread
        from iceball.plan.varied import Varied, run_number

        seed = SEED if seed is None else seed
        spacing_mm = run_number("spacing_mm").value if spacing_mm is None else spacing_mm
        varied = Varied.shipped(self.anatomy)
        made_for = belongs_to(prediction, self.plan, self.anatomy)
        folder = members_folder(run, made_for, seed=seed, spacing_mm=spacing_mm, varied=varied)
        with self.telling.during("Spread") as told:
            made = spread(
                prediction,
                verdict,
                self.plan,
                self.anatomy,
                members=members,
                seed=seed,
                spacing_mm=spacing_mm,
                varied=varied,
                done=kept_members(folder),
                keep=lambda member: keep_member(folder, member),
                progress=told,
                cancelled=cancelled,
            )
        save_spread(run, made)
        fresh = replace(verdict, notes=tuple(n for n in verdict.notes if n != STALE), spread=None)
        verdict = with_spread(run, fresh, made_for)
        self._keep(verdict, prediction, run)
        return verdict

    def stops(self, prediction: Any, run: Any) -> Any:
        """The latest safe stops, found once for a run and its goals."""
        from iceball.io.runs import load_stops, save_stops
        from iceball.plan.stopping.stops import stops_key

        key = stops_key(self.plan, self.anatomy, prediction.run_key)
        found = load_stops(run, key)
        if found is None:
            found = self.find_stops(like=prediction.conditions["power_limited"])
            save_stops(run, key, found)
        return found

    def find_stops(self, *, spacing_mm: float = 3.0, backend: str = "auto", like: Any = None) -> Any:
        """The latest safe stops on cells of that size, under the conditions of a run or the usual ones."""
        from iceball.plan.compose import Conditions
        from iceball.plan.stopping.stops import latest_stops

        self.telling.say("Finding the latest safe stops …")
        wanted = replace(like or Conditions(), spacing_mm=spacing_mm)
        return latest_stops(
            self.plan, self.anatomy, conditions=wanted, backend=cast(Any, backend), go_on=self.telling.go_on
        )

    def kept_search(self, asked: dict[str, object], *, helper: Any = None) -> Any:
        """Where a search of this case keeps its runs and its best plan so far; `helper` runs draws beside it."""
        from iceball.io.searches import KeptSearch

        return KeptSearch.of(self.case.folder / "search", self.plan, self.anatomy, asked, helper=helper)

    def report(self, verdict: Any, prediction: Any, to: Path, *, flags: tuple[str, ...] = ()) -> Path:
        """Write the report; `flags` stand before those of the case."""
        from iceball.desk.observing import seen_for
        from iceball.plan.constants import constants_of
        from iceball.reporting import report as write_report

        self.telling.say("Writing the report …")
        return write_report(
            verdict,
            prediction.history,
            self.plan,
            self.anatomy,
            to=to,
            title=self.case.record.title,
            flags=(*flags, *self.case.record.flags),
            constants=constants_of(self.plan, self.anatomy),
            planned=self.case.plan() if self.plan.stage == "as placed" else None,
            observed=seen_for(self.case, self.plan, self.anatomy),
        )
