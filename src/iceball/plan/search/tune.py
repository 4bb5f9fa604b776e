"""After the geometry: freeze minutes, each needle's duty, drawing back. A change stays only where a run says it pays.

Needles, their places and their order stay as found. Each try is a full run on coarse cells; the price of goals and ice
is that of the search, and minutes have a price of their own, so that no one is frozen longer for nothing.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

import numpy as np

from iceball.errors import PlanError
from iceball.plan.plan import Plan
from iceball.plan.pulled import at_last
from iceball.plan.rules import rule
from iceball.plan.search.asked import CLOSE_POINTS, Asked
from iceball.plan.search.clocks import changes, channels, drawn_back, longer, lower, thaws, with_clocks
from iceball.plan.search.coarse import Coarse, Simulated, simulated_in
from iceball.plan.search.found import Candidate, Found, proposed
from iceball.plan.search.freedom import Minutes, must_be_known
from iceball.plan.search.price import price_of
from iceball.plan.treated import as_treated
from iceball.plan.ways.shaft import check_shafts
from iceball.plan.ways.survey import Room, Ways, survey
from iceball.plan.ways.terrain import Terrain
from iceball.tissue import Anatomy
from iceball.units import minutes

STEPS_S = (2 * minutes, 1 * minutes)
"""By how much all freezes are made longer or shorter: first coarsely, then finely."""
PULLS_MM = (5.0, 10.0, 20.0)
BUDGET_SHARE = 0.4
"""Of a search's budget, where something is free."""


@dataclass(eq=False)
class _Tuning:
    """A stage on its way."""

    base: Plan
    start: Plan
    limits: Minutes | None
    asked: Asked
    ways: Ways
    target_ml: float
    simulated: Simulated
    over: Callable[[], bool]
    better: Callable[[Plan, float], None]
    told: Callable[[str], None]
    best: Candidate
    anatomy: Anatomy
    terrain: Terrain
    total: float = math.inf
    refused: str = ""
    made: list[Candidate] = field(default_factory=list)

    def plan_of(self, candidate: Candidate) -> Plan:
        return proposed(self.base, candidate)

    def price(self, plan: Plan, run: Coarse) -> tuple[Candidate, float]:
        """What a run says of the best needles under another clock, and its whole price with its minutes."""
        answer = self.asked.answer(run.at)
        p10 = answer.margin_mm - (self.best.answer.margin_mm - self.best.p10_mm)
        frozen_ml = float((run.minimum_c <= 0).sum()) * run.grid.voxel_ml
        told = price_of(
            answer, self.asked.goals, self.ways, healthy_ml=max(frozen_ml - self.target_ml, 0.0), p10_mm=p10
        )
        # what the ways and rules cost stays with the needles
        price = replace(told, rules=self.best.price.rules, ways=self.best.price.ways)
        candidate = replace(
            self.best, probes=plan.probes, protocol=plan.protocol, answer=answer, p10_mm=p10, price=price,
            drift_k=run.drift_k,
        )  # fmt: skip
        return candidate, price.total + float(rule("search", "mm_per_minute")) * plan.duration_s / minutes

    def tried(self, plan: Plan, said: str) -> tuple[Candidate, float]:
        """Run a changed plan: what it is, and its whole price."""
        self.told(said)
        candidate, total = self.price(plan, self.simulated(plan, self.best.cells_mm))
        candidate = replace(candidate, changed=changes(self.start, plan, self.limits), draws_run=0)
        self.made.append(candidate)
        return candidate, total

    def keep(self, candidate: Candidate, total: float) -> bool:
        """Take a candidate for the best where it costs less."""
        if total >= self.total - 1e-9:
            return False
        self.best, self.total = candidate, total
        waited = float(rule("search", "mm_per_minute")) * self.start.duration_s / minutes
        self.better(self.plan_of(candidate), total - waited)
        return True

    def set_times(self, limits: Minutes) -> None:
        """All freezes longer or shorter by the same, first coarsely, then finely, as long as it pays."""
        for step in STEPS_S:
            for by_s in (step, -step):
                while not self.over():
                    plan = self.plan_of(self.best)
                    clock = longer(plan.protocol, by_s)
                    if clock is None or not limits.allow(clock):
                        break
                    clocks = [longer(plan.clock(i), by_s) for i in range(len(plan.probes))]
                    if not self.keep(*self.tried(with_clocks(plan, clocks, clock), f"freezes {by_s / minutes:+g} min")):
                        break

    def set_duty(self) -> None:
        """Less duty of the channel where it pays most, again and again."""
        while not self.over():
            plan, tries = self.plan_of(self.best), []
            for group in channels(plan):
                less = lower(plan, group)
                if less is not None and not self.over():
                    names = ", ".join(plan.name_of[i] for i in group)
                    tries.append(self.tried(less, f"less duty of {names}"))
            if not tries or not self.keep(*min(tries, key=lambda t: t[1])):
                break

    def set_pull_back(self) -> None:
        """All needles drawn back before each later freeze, with the shortest thaw tried that lets them go."""
        plan = self.plan_of(self.best)
        for clock in thaws(plan):
            for by_mm in PULLS_MM:
                if self.over():
                    return
                try:
                    changed = drawn_back(plan, by_mm, clock)
                    broken = [f for f in check_shafts(at_last(changed), self.anatomy, terrain=self.terrain)
                              if f.severity == "error"]  # fmt: skip
                    if broken:
                        self.refused = f"{by_mm:g} mm: {broken[0]}"
                        return
                    self.keep(*self.tried(changed, f"drawn back {by_mm:g} mm"))
                    self.refused = ""
                except PlanError as refusal:  # ice holds one, or its cold end would leave the skin
                    self.refused = refusal.what
                    if by_mm != PULLS_MM[0]:
                        return
                    break  # perhaps a longer thaw frees them
            else:
                return


def tune(
    found: Found,
    anatomy: Anatomy,
    *,
    free: Collection[str],
    limits: Minutes | None = None,
    budget_s: float = 20.0,
    simulated: Simulated | None = None,
    better: Callable[[Plan, float], None] | None = None,
    progress: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Found:
    """The best plan of a search with its clock set anew, ahead of the others; the same where nothing pays.

    The margin that nine of ten placements keep is taken to lie as far below the nominal one as it did before: how far
    needles err does not depend on the clock.

    Args:
        found: of a search.
        anatomy: the patient.
        free: what may change: "times" (all freezes longer or shorter by the same), "duty" (of each needle's freezes,
            equal within a channel), "pullback" (all drawn back before each later freeze, once ice lets them go).
        limits: how long a freeze may last; None takes the range of the organ's pack.
        budget_s: seconds of the clock after which no new run begins.
        simulated: makes the runs, or reads them back.
        better: called with each plan that is cheaper, and its price in mm.
        progress: called with the share of the budget used and a sentence.
        cancelled: asked between runs; True ends the stage.

    Raises:
        PlanError: for a word that names nothing that could be free, or without a range of times.
    """
    must_be_known(free)
    began = time.perf_counter()
    anatomy = as_treated(found.plan, anatomy)
    base, first = found.plan, replace(found.best, protocol=found.best.protocol or found.plan.protocol)
    stop, start = cancelled or (lambda: False), proposed(base, first)
    if "times" in free:
        limits = limits or Minutes.of_pack(start.protocol, anatomy.organ)

    def told(said: str) -> None:
        if progress is not None:
            progress(min((time.perf_counter() - began) / budget_s, 1.0), said)

    terrain = Terrain.of(anatomy)
    work = _Tuning(
        base, start, limits, Asked.of(anatomy, base.goals, most=CLOSE_POINTS), _ways(terrain, first),
        anatomy.target.shape.volume_ml,
        simulated or simulated_in(anatomy), lambda: stop() or time.perf_counter() > began + budget_s,
        better or (lambda plan, price_mm: None), told, first, anatomy, terrain,
    )  # fmt: skip
    _, work.total = work.price(start, work.simulated(start, first.cells_mm))
    if limits is not None and "times" in free:
        work.set_times(limits)
    if "duty" in free:
        work.set_duty()
    if "pullback" in free:
        work.set_pull_back()
    return _told(found, work, first, time.perf_counter() - began, stop())


def _ways(terrain: Terrain, candidate: Candidate) -> Ways:
    """The way of one needle: a price needs ways, and those of the needles do not change."""
    needle = candidate.probes[0]
    return survey(terrain, needle.kind, np.array([needle.tip_mm]), -np.array([needle.direction]), room=Room())


def _told(found: Found, work: _Tuning, first: Candidate, seconds: float, stopped: bool) -> Found:
    kept = [work.best] if work.best is not first else []
    said = f" Then {len(work.made)} changes of the clock were tried: "
    said += "; ".join(work.best.changed) + "." if kept else "none paid."
    if work.refused:
        said += f" Drawing needles back: {work.refused}"
        said += "" if said.endswith(".") else "."
    if stopped:
        said += " Stopped by the user."
    others = tuple(replace(c, protocol=c.protocol or found.plan.protocol) for c in found.candidates)
    return replace(
        found,
        plan=work.plan_of(work.best),
        candidates=(*kept, *others),
        simulations=found.simulations + len(work.made),
        seconds=found.seconds + seconds,
        ended=found.ended + said,
    )
