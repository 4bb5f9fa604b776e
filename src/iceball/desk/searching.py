"""A search on a desk: asked for in words, kept on the disk as it goes, handed over with its plans."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iceball.desk.desk import Desk

if TYPE_CHECKING:
    from iceball.plan.plan import Plan
    from iceball.plan.search.proposal import Proposal
    from iceball.plan.search.work import Objective


@dataclass(frozen=True)
class SearchAsked:
    """What a search is asked for; the shell's options and the page's form are this.

    Args:
        intent: "curative", "palliative" or "partial": its goals replace the plan's covers; None keeps them.
        relieve, fraction, part: of that intent (`iceball.plan.search.intent.chosen`).
        objective: which margin is made large: "p10", "worst" or "margin".
        seed: of the search.
        budget_s: seconds, the run that confirms the plan included, 1 to 86 400; None takes as long as the target asks
            for (`iceball.plan.search.search.usual_budget_s`).
        most_needles: at most so many, 1 to 12.
        kinds: probe cards to choose from; () for both 17G needles.
        spacing_mm: cells of the run that confirms the plan, 0.25 to 4.
        bore_mm: diameter of the scanner's opening.
        free: what else may change, "times,duty,pullback".
        times: how long a freeze may last in minutes, "8,15"; "" for the pack's range.
    """

    intent: str | None = None
    relieve: str = "interface"
    fraction: float | None = None
    part: str = ""
    objective: Objective = "p10"
    seed: int = 0
    budget_s: float | None = None
    most_needles: int = 12
    kinds: tuple[str, ...] = ()
    spacing_mm: float = 1.0
    bore_mm: float | None = None
    free: str = ""
    times: str = ""

    def __post_init__(self) -> None:
        from iceball.errors import PlanError

        for name, low, high in (
            ("seed", 0, 2**31),
            ("budget_s", 1, 86_400),
            ("most_needles", 1, 12),
            ("spacing_mm", 0.25, 4),
        ):
            given = getattr(self, name)
            if given is not None and not low <= given <= high:
                raise PlanError(f"{given:g} is outside {low:g} to {high:g}.", where=f"search: {name}")


@dataclass(frozen=True, eq=False)
class Searched:
    """What a search gave: None where it was stopped (the best plan so far lies in `best` then)."""

    proposal: Proposal | None
    folder: Path
    best: Path
    runs_made: int
    runs_read: int


class _Stopped(Exception):
    """Stopped while the best plan was confirmed."""


def search(
    desk: Desk,
    asked: SearchAsked,
    *,
    better: Callable[[Plan, float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Searched:
    """Search, confirm on fine cells, and keep the proposal beside the case.

    Args:
        desk: the case.
        asked: what for.
        better: called with each best plan so far and its price in mm.
        cancelled: asked between runs; True ends the search in good order.

    Raises:
        PlanError: where no way is open, or goals contradict each other.
    """
    from iceball.errors import PlanError
    from iceball.plan.search.beside import beside
    from iceball.plan.search.found import proposed
    from iceball.plan.search.freedom import Freedom
    from iceball.plan.search.intent import chosen, with_intent
    from iceball.plan.search.proposal import confirm
    from iceball.plan.search.search import KINDS, usual_budget_s
    from iceball.plan.search.search import search as look
    from iceball.plan.search.tune import BUDGET_SHARE, tune

    began, stopped = time.perf_counter(), cancelled or (lambda: False)
    meant = chosen(asked.intent, relieve=asked.relieve, fraction=asked.fraction, part=asked.part)
    if meant is not None:
        desk = replace(desk, plan=with_intent(desk.plan, desk.anatomy, meant))
    freedom = Freedom.read(asked.free, asked.times, desk.plan, desk.anatomy.organ)
    kinds = asked.kinds or KINDS
    budget_s = asked.budget_s or usual_budget_s(desk.anatomy)
    clock_s = budget_s * BUDGET_SHARE if freedom.words else 0.0
    helper = beside(budget_s)
    kept = desk.kept_search({
        "seed": asked.seed, "kinds": tuple(kinds), "most": asked.most_needles, "bore": asked.bore_mm,
        "freedom": freedom, **({} if asked.objective == "p10" else {"objective": asked.objective}),
    }, helper=helper)  # fmt: skip

    def keep(plan: Plan, price_mm: float) -> None:
        kept.better(plan, price_mm)
        if better is not None:
            better(plan, price_mm)

    folder = desk.case.folder / "search"
    with desk.telling.during("Searching") as told:
        try:
            found = look(
                desk.anatomy, desk.plan, kinds=kinds, objective=asked.objective, seed=asked.seed,
                budget_s=budget_s - clock_s, confirm_mm=asked.spacing_mm, most_needles=asked.most_needles,
                bore_mm=asked.bore_mm,
                simulated=kept.runs, helper=helper, better=keep, progress=told, cancelled=stopped,
            )  # fmt: skip
            if freedom.words and not stopped():
                found = tune(
                    found, desk.anatomy, free=freedom.words, limits=freedom.limits, budget_s=clock_s,
                    simulated=kept.runs, better=keep, progress=told, cancelled=stopped,
                )  # fmt: skip
        except PlanError:
            if not stopped():
                raise
            found = None
        finally:
            if helper is not None:
                helper.close()
    if found is None or stopped():
        return Searched(None, folder, kept.best, kept.runs.made, kept.runs.read)
    with desk.telling.during("Confirming") as moved:

        def told_or_stopped(fraction: float, text: str) -> None:
            if stopped():
                raise _Stopped
            moved(fraction, text)

        try:
            proposal = confirm(
                found, desk.anatomy, spacing_mm=asked.spacing_mm, progress=told_or_stopped, until=began + budget_s
            )
        except _Stopped:
            return Searched(None, folder, kept.best, kept.runs.made, kept.runs.read)
    desk.case.save_search(proposal.as_json(), [proposal.plan, *(
        proposed(found.plan, c) for c in proposal.others())])  # fmt: skip
    return Searched(proposal, folder, kept.best, kept.runs.made, kept.runs.read)


def told_json(searched: Searched, *, applied: bool = False) -> dict[str, Any]:
    """What `iceball search --json` prints of a search that ended."""
    assert searched.proposal is not None, "a search that was stopped has no proposal"
    return {
        **searched.proposal.as_json(), "folder": str(searched.folder), "applied": applied,
        "read_back": searched.runs_read,
    }  # fmt: skip
