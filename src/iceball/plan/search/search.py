"""The whole plan proposed: how many needles, which, where and how deep, along ways that a doctor would dare.

A sketch (`sketch`) chooses what is simulated next, full runs on coarse cells say how right it was, and only they are
compared. The best plan so far is an ordinary plan, checked by every rule of `ways`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeGuard

import numpy as np
from numpy.typing import NDArray

from iceball.applicator import Probe, probe
from iceball.assessment.goals import Goal, Limit
from iceball.errors import PlanError
from iceball.plan.plan import Plan
from iceball.plan.search.agree import must_agree
from iceball.plan.search.aim import aimed
from iceball.plan.search.asked import CLOSE_POINTS, Asked
from iceball.plan.search.beside import Beside, beside
from iceball.plan.search.coarse import Simulated, simulated_in
from iceball.plan.search.found import Candidate, Found, proposed
from iceball.plan.search.layout import Layout
from iceball.plan.search.mixed import mixed
from iceball.plan.search.sides import by_rule, cheapest_sides
from iceball.plan.search.starter import starter_plan
from iceball.plan.search.surer import bettered
from iceball.plan.search.timing import Timing
from iceball.plan.search.work import Objective, Work, objective_of
from iceball.plan.treated import as_treated
from iceball.plan.ways.refused import no_way
from iceball.plan.ways.survey import Room
from iceball.plan.ways.template import Template
from iceball.plan.ways.terrain import Terrain
from iceball.plan.ways.through import through
from iceball.plan.ways.trajectory import Trajectories, trajectories
from iceball.plan.words import table_side
from iceball.solve.team import available
from iceball.tissue import Anatomy

Floats = NDArray[np.float64]

KINDS = ("generic-17g-short", "generic-17g-long")
FINER = 2
"""So many of the best layouts are run again on fine cells."""
SIDES = 3
"""Directions from which needles are tried, at least `APART_DEG` from each other."""
APART_DEG = 25.0
OWN_SIDE = 0.8
"""Length of the mean of the given needles' directions above which they come from one side."""
DIRECTIONS = 2_500
"""Directions held against the rules to find those sides: some 4° apart."""
MOST_RUNS = 24
MOST_NEEDLES = 12
BUDGET_S, MOST_BUDGET_S = 55.0, 180.0
"""With the confirmation: for a target of up to `USUAL_ML`, and beyond that in proportion to it, at most so long."""
USUAL_ML = 33.5
"""A sphere of 4 cm. A larger target takes more needles, more cells and more runs."""
MAY_GAIN_MM, WORTH_MM = 1.0, 0.05
"""What a layout that has not shrunk may still gain; and a gain that is worth another run from there."""
HOPELESS_MM = 3.0
"""A layout is not run where even the sketch, which hopes, prices it so much above the best."""
WIDE, FIRST, LEAST = 1.2, 0.5, 0.06
"""How far the numbers of a layout may go from an even row, at first from a layout that was run, and at last."""


@dataclass(eq=False)
class _Family:
    """Layouts of the same kinds, side and number of needles, and how far from its best one the next may lie."""

    layout: Layout
    numbers: Floats
    candidate: Candidate
    radius: float = FIRST

    @property
    def price_mm(self) -> float:
        return self.candidate.price.total

    @property
    def hoped_mm(self) -> float:
        """What the next one may cost: goals missed by little are met soon, and a wide region may hold a gain."""
        return self.candidate.price.hoped - MAY_GAIN_MM * self.radius / FIRST


def search(
    anatomy: Anatomy,
    plan: Plan,
    *,
    kinds: Sequence[str] = KINDS,
    objective: Objective = "p10",
    seed: int = 0,
    budget_s: float = BUDGET_S,
    confirm_mm: float | None = None,
    most_needles: int = MOST_NEEDLES,
    most_runs: int = MOST_RUNS,
    bore_mm: float | None = None,
    simulated: Simulated | None = None,
    helper: Beside | None = None,
    better: Callable[[Plan, float], None] | None = None,
    progress: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Found:
    """Propose needles for a plan's target, protocol and goals.

    Args:
        anatomy: the patient, with a target.
        plan: protocol, goals and setting; of its needles only the side that they come from.
        kinds: probe cards to choose from; one kind a plan.
        objective: what margin is made large: the one that nine of ten draws keep ("p10"), the worst of all that are
            drawn ("worst"), or the nominal one ("margin"). By the first two a search proposes a plan that keeps
            less than the one that it began with only where none that keeps as much meets as many goals.
        seed: of the search; with the same seed and as many runs it gives the same plans.
        budget_s: seconds of the clock for all of it; some run is made in any case.
        confirm_mm: so much of the budget is left that a run on such cells can follow; None leaves nothing.
        most_needles: at most so many.
        most_runs: at most so many simulations.
        bore_mm: diameter of the scanner's opening.
        simulated: makes the runs, or reads them back from a store; None makes them.
        helper: a second process; None begins one where the budget is worth it.
        better: called with the best plan so far and its price in mm, each time it gets better.
        progress: called with the share of the budget used and a sentence.
        cancelled: asked between runs; True ends the search.

    Raises:
        PlanError: where no way is open, or goals contradict each other: which rule blocks, and what would free it.
    """
    began = time.perf_counter()
    objective = objective_of(objective)
    if not plan.protocol.steps:
        raise PlanError("has no protocol.", where="Plan.protocol", remedy="Give one: freeze 600 s, thaw 480 s, …")
    anatomy = as_treated(plan, anatomy)
    helper = helper or beside(budget_s)
    runs = simulated or simulated_in(anatomy, helper=helper)
    terrain = aimed(Terrain.of(anatomy), anatomy, plan.goals)
    asked = Asked.of(anatomy, plan.goals)
    if not asked.goals:
        raise PlanError("has no goal on the target.", where="Plan.goals", remedy="Add a cover of the tumour.")
    chosen = _kinds_for(terrain, kinds)
    must_agree(plan.goals, anatomy, kinds=chosen)
    most_needles = min([most_needles, *(int(g.at_most) for g in plan.goals if _is_of_needles(g))])
    sides = _through(plan.template, anatomy, plan, chosen, terrain) if plan.template else _anywhere(
        anatomy, plan, chosen[0], terrain, bore_mm
    )  # fmt: skip
    room = Room(table_side(plan.setting.procedure_position), bore_mm or plan.setting.bore_mm)
    work = Work(
        anatomy, plan, asked, Asked.of(anatomy, plan.goals, most=CLOSE_POINTS), terrain, room, seed,
        Timing(began, budget_s, confirm_mm, available()), progress or (lambda share, said: None),
        cancelled or (lambda: False), most_runs, runs, better or (lambda plan, price_mm: None), objective, helper,
    )  # fmt: skip
    families = _look_around(work, chosen, sides, most_needles)
    if not work.candidates:
        raise PlanError(
            "no layout of needles was open from any side.", where="search", remedy="Give more time: --budget."
        )
    ended = _closer(work, families, chosen) if work.share is None else bettered(work, chosen, most_needles)
    ranked = tuple(sorted(work.candidates, key=lambda c: c.rank))
    work.better(proposed(plan, ranked[0]), ranked[0].price.total)
    seconds = time.perf_counter() - began
    return Found(
        proposed(plan, ranked[0]), ranked, len(work.runs), work.looks, seconds, ended, draws=work.draws,
        objective=objective,
    )  # fmt: skip


def usual_budget_s(anatomy: Anatomy) -> float:
    """How long a search of a patient's target takes where nobody says how long it may, s."""
    larger = anatomy.target.shape.volume_ml / USUAL_ML
    return float(round(min(max(1.0, larger) * BUDGET_S, MOST_BUDGET_S)))


def _look_around(work: Work, kinds: Sequence[Probe], sides: list[Floats], most: int) -> list[_Family]:
    """What is there already, every side, other kinds, more and fewer needles."""
    families = _given(work, kinds, most)
    work.weigh_given()
    tried: set[tuple[str, int, int]] = set()

    def attempt(kind: Probe, side: int, needles: int) -> None:
        if work.over or not 1 <= needles <= most or (kind.name, side, needles) in tried:
            return
        tried.add((kind.name, side, needles))
        layout = Layout.of(work.terrain, kind, sides[side], needles, leaning=needles > 1,
                           template=work.plan.template)  # fmt: skip
        for found in work.polished(layout, layout.start, WIDE):
            if families and found.answer and found.price_mm > best().hoped_mm + HOPELESS_MM:
                return
            if (candidate := work.run(layout, found.numbers, found.answer)) is not None:
                families.append(_Family(layout, found.numbers, candidate))
                work.weigh_given()
                return

    def best() -> _Family:
        return min(families, key=lambda f: f.hoped_mm)

    asked = [min(by_rule(work.terrain, out), most) for out in sides]
    for side, needles in enumerate(asked):
        # from the first side every kind, from the others the one that did best there, then from the best side all again
        for kind in kinds if side == 0 or not families else best().layout.kinds[:1]:
            attempt(kind, side, needles)
    for kind, fewer in ((k, n) for n in range(max(asked)) for k in kinds):
        if not families:  # where so many long needles find no room, shorter ones or fewer may
            for side, needles in enumerate(asked):
                attempt(kind, side, needles - fewer)
    for kind in kinds:
        if families:
            attempt(kind, _side_of(best().layout, sides), best().layout.needles)
    for _ in range(most):
        if work.over or not families:
            break
        leader, before = best().layout, len(tried)
        for more in (1, -1):
            attempt(leader.kinds[0], _side_of(leader, sides), leader.needles + more)
        if len(tried) == before:
            break
    return families


def _given(work: Work, kinds: Sequence[Probe], most: int) -> list[_Family]:
    """The plan's own needles, or those of the 1-2 rule: so that a search does not end below what was there before."""
    plan = work.plan
    if plan.template is not None and not all(plan.template.seat(p).fits for p in plan.probes):
        return []  # they are not meant for its holes
    if plan.template is not None and not plan.probes:
        return []  # the 1-2 rule knows no holes
    probes = plan.probes or starter_plan(work.anatomy, setting=plan.setting, protocol=plan.protocol).probes
    if not 1 <= len(probes) <= most or not {p.probe for p in probes} <= {k.name for k in kinds}:
        return []
    if np.linalg.norm(np.mean([p.direction for p in probes], axis=0)) < OWN_SIDE:
        return []  # they come from all sides
    layout = Layout.like(work.terrain, probes, template=plan.template)
    candidate = work.run(layout, layout.start, None, at_first=True)
    return [] if candidate is None else [_Family(layout, layout.start, candidate)]


def _closer(work: Work, families: list[_Family], kinds: Sequence[Probe]) -> str:
    """Around the best layouts again and again on fine cells: the region shrinks where a run is no better than the one
    before it. Returns why it ended."""
    work.finer()
    fine: list[_Family] = []
    swapped: _Family | None = None
    best = sorted(families, key=lambda f: f.hoped_mm)[:FINER]
    # one that has as many needles as the best has little of its own to give: rather the best with more or fewer
    others = [f for f in families if best and f.layout.needles != best[0].layout.needles]
    if others and (other := min(others, key=lambda f: f.hoped_mm)).hoped_mm < best[0].hoped_mm + HOPELESS_MM:
        best = [*best[: FINER - 1], other]
    given = [f for f in families if f.candidate.probes == work.given and f not in best]
    for family in [*best, *given]:
        if not work.over and (again := work.run(family.layout, family.numbers, family.candidate.answer)) is not None:
            fine.append(replace(family, candidate=again))
    while not work.over:
        alive = [f for f in fine if f.radius >= LEAST]
        if not alive:
            if swapped is None and (swapped := _swapped(work, kinds, fine)) is not None:
                fine.append(swapped)
                continue
            return "Nothing better was found near the best plans."
        # one that has shrunk has less to give: it makes way for another that is nearly as good
        family = min(alive, key=lambda f: f.hoped_mm)
        before = family.price_mm
        for found in work.polished(family.layout, family.numbers, family.radius):
            if np.abs(found.numbers - family.numbers).max() < 0.02:
                continue
            if (candidate := work.run(family.layout, found.numbers, found.answer)) is not None:
                if candidate.price.total < before:
                    family.numbers, family.candidate = found.numbers, candidate
                break
        if family.price_mm > before - WORTH_MM:
            family.radius /= 2
    return work.over


def _swapped(work: Work, kinds: Sequence[Probe], fine: list[_Family]) -> _Family | None:
    """The best layout with one needle of another kind, run; None where there is no other kind or it breaks a rule."""
    if not fine or len(kinds) < 2:
        return None
    best = min(fine, key=lambda f: f.hoped_mm)
    other = mixed(work, kinds, best.layout, best.numbers)
    if other is None:
        return None
    for found in work.polished(other, best.numbers, FIRST):
        if (candidate := work.run(other, found.numbers, found.answer)) is not None:
            return _Family(other, found.numbers, candidate)
    return None


def _side_of(layout: Layout, sides: list[Floats]) -> int:
    return int(np.argmax([layout.out @ out for out in sides]))


def _is_of_needles(goal: Goal) -> TypeGuard[Limit]:
    return isinstance(goal, Limit) and goal.quantity == "needles"


def _kinds_for(terrain: Terrain, kinds: Sequence[str]) -> list[Probe]:
    """The shortest active zone that spans the target's mean chord first (else the longest), then the others."""
    if not kinds:
        raise PlanError("names no probe.", where="search.kinds", remedy="Give at least one card.")
    points = terrain.ground.target_mm
    span = float((points.max(axis=0) - points.min(axis=0)).mean())
    by_length = sorted((probe(name) for name in dict.fromkeys(kinds)), key=lambda k: k.active_mm.value)
    first = next((k for k in by_length if k.active_mm.value >= span), by_length[-1])
    return [first, *(k for k in by_length if k is not first)]


def _anywhere(anatomy: Anatomy, plan: Plan, kind: Probe, terrain: Terrain, bore_mm: float | None) -> list[Floats]:
    """Open directions from the target to the skin; raises PlanError where there is none."""
    ways = trajectories(anatomy, kind=kind.name, setting=plan.setting, bore_mm=bore_mm, terrain=terrain,
                         directions=DIRECTIONS)  # fmt: skip
    sides = _sides(ways, plan)
    if not sides:
        raise no_way(ways)
    return sides


def _through(
    template: Template, anatomy: Anatomy, plan: Plan, kinds: Sequence[Probe], terrain: Terrain
) -> list[Floats]:
    """The one direction that a template leaves; raises PlanError where no hole over the target is open."""
    holes = [through(anatomy, template, kind=k.name, setting=plan.setting, terrain=terrain) for k in kinds]
    if not any(h.ways.open.any() for h in holes):
        why = next((said for i in range(len(holes[0].holes)) for said in holes[0].ways.why(i)), "")
        raise PlanError(f"no hole of the template is open: {why}", where="Plan.template", remedy=holes[0].known)
    return [-template.axes[2]]


def _sides(found: Trajectories, plan: Plan) -> list[Floats]:
    """The side that the plan's own needles come from, and the cheapest open directions, far apart."""
    chosen: list[Floats] = []
    if plan.probes and found.ways.open.any():
        own = -np.mean([p.direction for p in plan.probes], axis=0)
        if np.linalg.norm(own) > OWN_SIDE:
            chosen.append(own / np.linalg.norm(own))
    return cheapest_sides(found, SIDES, apart_deg=APART_DEG, chosen=chosen)
