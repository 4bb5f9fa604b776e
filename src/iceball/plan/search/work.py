"""A search on its way: what was run so far, what a layout is worth by it, and how much time is left."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from iceball.errors import PlanError
from iceball.plan.placement import Placement
from iceball.plan.plan import Plan
from iceball.plan.rules import rule
from iceball.plan.search.asked import Answer, Asked
from iceball.plan.search.beside import Beside
from iceball.plan.search.coarse import COARSE_MM, FINE_MM, Coarse, Simulated
from iceball.plan.search.found import Candidate, proposed
from iceball.plan.search.layout import Layout
from iceball.plan.search.learnt import Learnt, Told
from iceball.plan.search.luck import Luck, bad_day, slice_mm
from iceball.plan.search.near import Near, Pair, closer_k, thin
from iceball.plan.search.polish import Looking, Polished, Sought, polished
from iceball.plan.search.price import price_of, repriced
from iceball.plan.search.spared import as_assessed
from iceball.plan.search.timing import Timing
from iceball.plan.search.weigh import weighed
from iceball.plan.ways.outside import check_outside
from iceball.plan.ways.shaft import check_shafts
from iceball.plan.ways.survey import Room
from iceball.plan.ways.terrain import Terrain
from iceball.plan.ways.through import check_template
from iceball.plan.words import direction_words
from iceball.tissue import Anatomy

Floats = NDArray[np.float64]
Objective = Literal["p10", "worst", "margin"]
SHARES: dict[Objective, float | None] = {"p10": 0.1, "worst": 0.0, "margin": None}
"""What share of the draws may have a smaller margin than the one that counts; None counts the nominal one."""
STOPPED = "Stopped by the user; the best plan so far is kept."
MOST_WEIGHED = 12
LOOKING = 0.5
"""Share of all runs that look around; the others better what was weighed."""
LOOKS_AROUND = 0.6
"""Share of a polish while looking around: what is found there is polished again."""
SURE_MM, SAME_MM = 2.5, 0.8
"""So much more than what was there before is sought, and up to so much is not told from it: two tenth percentiles of
the same 128 draws lie some 0.8 mm off by chance (the bundled kidney, resampled on 2026-11-22), and other draws come.
With 1.5 mm sought the sarcoma of `validation/search_cases` kept 3.2 mm more in these, and 1.5 less in 48 others."""
HOPELESS_MM = 2.0
"""What keeps so much less than the best after the first runs of its draws is not run further."""
OTHER_DRAWS = 1_000_003
"""Added to the seed of the draws that layouts are polished for: those that they are weighed by are others."""


@dataclass(frozen=True)
class Weight:
    """What the draws of a layout leave of the margin of its planned run, on whatever cells that was.

    Attributes:
        p10_mm: the margin that nine of ten keep, less that of the planned run.
        sure_mm: the same by the search's objective.
        run: how many draws were run in full.
        draws: how many were looked at.
    """

    p10_mm: float
    sure_mm: float
    run: int
    draws: int


def objective_of(word: str) -> Objective:
    """What a word asks to be made large; raises PlanError for one that asks nothing known."""
    for known in SHARES:
        if word == known:
            return known
    raise PlanError(f"knows no objective '{word}'.", where="--objective", remedy=f"Known: {', '.join(SHARES)}.")


@dataclass(eq=False)
class Work:
    """A search on its way."""

    anatomy: Anatomy
    plan: Plan
    asked: Asked
    closely: Asked
    terrain: Terrain
    room: Room
    seed: int
    timing: Timing
    progress: Callable[[float, str], None]
    cancelled: Callable[[], bool]
    most_runs: int
    simulated: Simulated
    better: Callable[[Plan, float], None]
    objective: Objective
    helper: Beside | None = None
    runs: list[tuple[Coarse, Sequence[Placement]]] = field(default_factory=list)
    coarsely: dict[Sequence[Placement], Coarse] = field(default_factory=dict)
    pairs: list[Pair] = field(default_factory=list)
    closer: list[Told] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)
    given: Sequence[Placement] = ()
    barred: Candidate | None = None
    looks: int = 0
    draws: int = 0
    learnt: dict[Sequence[Placement], Learnt] = field(default_factory=dict)
    weights: dict[Sequence[Placement], Weight] = field(default_factory=dict)
    weighed: int = 0
    origin: dict[Sequence[Placement], tuple[Layout, Floats]] = field(default_factory=dict)
    looking: bool = True
    floor_mm: float = math.nan
    surprises_mm: list[float] = field(default_factory=list)
    cells_mm: float = COARSE_MM
    before: int = 0
    _luck: dict[tuple[int, bool], Luck] = field(default_factory=dict)

    @property
    def share(self) -> float | None:
        """Of the draws that may be below the margin that counts; None where the nominal one does."""
        return SHARES[self.objective]

    @property
    def look_until(self) -> float:
        """When looking must end."""
        return self.timing.until if self.share is None else self.timing.look_until

    @property
    def over(self) -> str:
        """Why looking must end, or ""."""
        if self.cancelled():
            return STOPPED
        if self.candidates and time.perf_counter() > self.look_until:  # some plan is given in any case
            return self._used_up
        looks = math.ceil(LOOKING * self.most_runs) if self.share is not None and self.candidates else self.most_runs
        return f"{self.most_runs} runs were made." if len(self.runs) >= looks else ""

    @property
    def ended(self) -> str:
        """Why nothing can be bettered any more, or "": a layout that would not be weighed in time is not begun."""
        if self.cancelled():
            return STOPPED
        if len(self.runs) >= self.most_runs or self.weighed >= MOST_WEIGHED:
            return f"{len(self.runs)} runs were made."
        return self._used_up if self.timing.short else ""

    @property
    def _used_up(self) -> str:
        return f"The budget of {self.timing.budget_s:g} s is used up."

    @property
    def best(self) -> Candidate:
        """The best so far."""
        return min(self.candidates, key=lambda c: c.rank)

    def run(
        self, layout: Layout, numbers: Floats, sketched: Answer | None, *, at_first: bool = False
    ) -> Candidate | None:
        """Simulate a layout and keep what it says; None where a closer look finds that a shaft breaks a rule.

        Needles that were there at first and break one are never proposed, but what they keep is still to be kept.
        """
        ways = layout.ways([numbers], self.terrain, self.room)[0]
        probes = layout.placements(ways)
        try:
            plan = replace(self.plan, probes=probes)
        except PlanError:  # needles lie in each other: the sketch does not see it, a plan does
            return None
        found = [
            *check_shafts(plan, self.anatomy, terrain=self.terrain),
            *check_outside(plan, self.anatomy),
            *check_template(plan),
        ]
        barred = any(f.severity == "error" for f in found)
        if barred and (self.share is None or not at_first):
            return None
        coarse = self._simulated(plan, probes)
        answer = as_assessed(self.closely.answer(coarse.at), self.asked.goals, coarse, self.anatomy)
        self.closer.append((_zones(probes), closer_k(self.asked, coarse, answer.lacks_k)))
        frozen_ml = float((coarse.minimum_c <= 0).sum()) * coarse.grid.voxel_ml
        target_ml = self.anatomy.target.shape.volume_ml
        kept = self._sketched(probes, self.runs[-1:], self.luck(len(probes)))
        p10, sure = float(np.quantile(kept, 0.1)), math.nan
        if self.share is not None:
            sure = float(np.quantile(kept, self.share))
        price = price_of(answer, self.asked.goals, ways, healthy_ml=max(frozen_ml - target_ml, 0.0), p10_mm=sure,
                         floor_mm=self.floor_mm, nominal=self.share is None, doubt_k=self._doubt_k)  # fmt: skip
        words = direction_words(layout.direction(numbers))
        candidate = Candidate(probes, answer, p10, price, words, sketched, self.cells_mm, kept_mm=sure,
                              drift_k=coarse.drift_k)  # fmt: skip
        self.origin[probes] = (layout, numbers)
        if at_first:
            self.given, self.floor_mm = probes, sure
        elif probes in self.weights:  # on coarser cells
            candidate = self._heavier(candidate)
        if barred:
            self.barred = candidate
            return None
        self.candidates = [*(c for c in self.candidates if c.probes != probes), candidate]
        if self.best is candidate:
            self.better(proposed(self.plan, candidate), price.total)
        self.told()
        return candidate

    def _simulated(self, plan: Plan, probes: Sequence[Placement]) -> Coarse:
        """The run of a plan, and on coarse cells that of its bad day beside it."""
        if self.share is None or self.cells_mm != COARSE_MM:
            coarse = bad = self.simulated(plan, self.cells_mm)
        else:
            day = bad_day(self.anatomy, len(probes))
            if self.timing.workers > 1:
                with ThreadPoolExecutor(1) as pool:
                    job = pool.submit(self.simulated, plan, self.cells_mm, day)
                    coarse = self.simulated(plan, self.cells_mm)
                    bad = job.result()
            else:
                coarse, bad = self.simulated(plan, self.cells_mm), self.simulated(plan, self.cells_mm, day)
            self.pairs.append((coarse, bad, probes))
        if self.cells_mm == COARSE_MM:
            self.coarsely[probes] = coarse
        self.timing.ran(self.cells_mm, coarse.seconds, max(coarse.seconds, bad.seconds))
        self.runs.append((coarse, probes))
        return coarse

    def _coarse(self, plan: Plan, probes: Sequence[Placement]) -> Coarse:
        """The run of a plan on coarse cells, which may be there already."""
        return self.coarsely.get(probes) or self.simulated(plan, COARSE_MM)

    def late(self) -> bool:
        """Whether no run may begin any more."""
        return self.cancelled() or self.timing.over

    def told(self) -> None:
        """Say how far it is."""
        best = self.best
        margin = f"margin {best.answer.margin_mm:.1f} mm (P10 {best.p10_mm:.1f}, {best.p10_by})"
        self.progress(self.timing.used, f"{len(self.runs)} runs; best: {len(best.probes)} needles, {margin}")

    def finer(self) -> None:
        """From now on runs have fine cells, and sketches learn from them alone."""
        if self.cells_mm != FINE_MM:
            self.cells_mm, self.before, self.timing.run_s = FINE_MM, len(self.runs), self.timing.fine_s

    def luck(self, needles: int, *, to_weigh: bool = False) -> Luck:
        """The draws for which layouts of so many needles are polished, or others, by which they are weighed."""
        if (needles, to_weigh) not in self._luck:
            fewer = len(self.luck(needles).draws) // 2 if to_weigh and self.timing.few else None
            seed = self.seed + OTHER_DRAWS * to_weigh
            self._luck[needles, to_weigh] = Luck.of(self.anatomy, needles, seed, draws=fewer)
        return self._luck[needles, to_weigh]

    def polished(self, layout: Layout, start: Floats, radius: Floats | float, *, again: int = 0) -> list[Polished]:
        """What the sketch likes around a start; before any run the start itself, or what is open near it.

        `again` looks another way: where all that was found before breaks a rule that only a closer look sees.
        """
        if not self.runs:
            return self._opened(layout, start)
        began, (near, sought) = time.perf_counter(), self._sketch_near(layout, start)
        until = self.look_until if self.looking else self.timing.until
        found, looks = polished(Looking(near, sought, layout, start, radius), seed=self.seed + again,
                                over=lambda: self.cancelled() or time.perf_counter() > until,
                                share=LOOKS_AROUND if self.looking else 1.0, helper=self.helper)  # fmt: skip
        self.looks, self.timing.polish_s = self.looks + looks, time.perf_counter() - began
        return found

    def sketched_price(self, layout: Layout, numbers: Floats) -> float:
        """What a layout costs by a sketch, mm."""
        near, sought = self._sketch_near(layout, numbers)
        return sought.total(near, layout, layout.ways([numbers], self.terrain, self.room)[0])[0]

    def _sketch_near(self, layout: Layout, numbers: Floats) -> tuple[Near, Sought]:
        near = self._near(layout.zones_mm(numbers), self.runs[self.before :] or self.runs)
        luck = self.luck(layout.needles)
        return near, Sought(self.terrain, self.room, luck, self.share, self.floor_mm, self._doubt_k)

    @property
    def _doubt_k(self) -> float:
        """By how much a run on such cells may be wrong about a goal."""
        return float(rule("search", "coarse_doubt_k" if self.cells_mm == COARSE_MM else "run_doubt_k"))

    def _opened(self, layout: Layout, start: Floats) -> list[Polished]:
        dice = np.random.default_rng(self.seed)
        for spread in (0.0, 0.2, 0.5, 1.0):
            many = [start + spread * dice.standard_normal(len(start)) for _ in range(30 if spread else 1)]
            for numbers, ways in zip(many, layout.ways(many, self.terrain, self.room), strict=True):
                if ways.open.all():
                    return [Polished(numbers)]
        return []

    def _near(self, zones: Floats, runs: Sequence[tuple[Coarse, Sequence[Placement]]]) -> Near:
        """A sketch of a layout with these active zones that has learnt from these runs, and from all draws."""
        closely = self.closer[self.before :] or self.closer
        return Near.to(zones, self.asked, runs, self.pairs, list(self.learnt.values()), closely)

    def _sketched(
        self, probes: Sequence[Placement], runs: Sequence[tuple[Coarse, Sequence[Placement]]], luck: Luck
    ) -> Floats:
        """The margin of each draw by a sketch that has learnt from these runs."""
        return self._near(_zones(probes), runs).both(_zones(probes), luck, levers=_levers(probes))[1]

    def weigh_given(self) -> None:
        """Weigh what was there before, so that all others are held against what it keeps; not where time is short."""
        if self.share is None or self.given in self.weights or len(self.runs) < 2:  # the first run loads kernels
            return
        for candidate in self._of_given() if self.timing.early else []:
            self._weigh(candidate)

    def settle(self, new: Candidate | None = None) -> Candidate:
        """Weigh a new layout, else the best where it may keep enough, and give the best of all.

        Weighed is by full runs of the worst draws. A sketch alone decides nothing where there is time.
        """
        self.told()
        pick = new or self.leading
        enough = new is not None or pick.probes == self.given or not self.short(pick)
        if enough and not (pick.draws_run or self.late() or self.weighed >= MOST_WEIGHED):
            self._weigh(pick)
        if self.given in self.weights:
            self.candidates = [replace(c, behind=self.behind(c)) for c in self.candidates]
        return self.leading

    @property
    def leading(self) -> Candidate:
        """The best, were all weighed."""
        return min(self.candidates, key=self.expected)

    def told_of(self, probes: Sequence[Placement]) -> Candidate:
        """What is known of needles that were run."""
        return next(c for c in self.candidates if c.probes == probes)

    def _of_given(self) -> list[Candidate]:
        """The needles that were there before, as their finest run has them."""
        if self.barred is not None:
            return [self.barred]
        return sorted((c for c in self.candidates if c.probes == self.given), key=lambda c: c.cells_mm)[:1]

    def short(self, candidate: Candidate) -> bool:
        """Whether it does not surely keep more than what was there before, or would not once it were weighed."""
        return candidate.kept_mm - self._fewer_mm(candidate) < self.floor_mm

    def behind(self, candidate: Candidate) -> int:
        """0 where it surely keeps more than what was there before, 1 for that and what may be as good, 2 for less."""
        kept, given = candidate.kept_mm - self._fewer_mm(candidate), candidate.probes == self.given
        if math.isnan(self.floor_mm) or (kept >= self.floor_mm and not given):
            return 0
        return 1 if given or kept >= self.floor_mm - SURE_MM + SAME_MM else 2

    def expected(self, candidate: Candidate) -> tuple[bool, int, float, float]:
        """Its rank were it weighed."""
        behind = self.behind(candidate) if self.weighed else 0
        return (
            bool(candidate.price.missed), behind, candidate.cells_mm, candidate.price.total + self._fewer_mm(candidate)
        )  # fmt: skip

    def _fewer_mm(self, candidate: Candidate) -> float:
        """By how much weighing is likely to find less than the sketch."""
        return 0.0 if candidate.draws_run or not self.surprises_mm else float(np.mean(self.surprises_mm))

    def _weigh(self, candidate: Candidate) -> bool:
        """Put a candidate's weight in its place; False where time ended before."""
        assert self.share is not None
        plan, probes = replace(self.plan, probes=candidate.probes), candidate.probes
        luck = self.luck(len(probes), to_weigh=True)
        coarse = [(self._coarse(plan, probes), probes)]
        places, step = self.closely.margins_mm.reshape(-1, 3), slice_mm(self.anatomy)
        nominal = self.closely.margin(coarse[0][0].at(places))
        margins: dict[int, Floats] = {}

        def made(index: int) -> float:
            draw = luck.draws[index]
            run = self.simulated(plan, COARSE_MM, draw)
            moved = places + step * float(draw.normal["slice"][0]) * draw.varied.slice_share
            margins[index] = self.closely.margins(run.at(moved)) - float(luck.outline_mm[index])
            self.timing.drew(run.seconds)
            return float(margins[index].min())

        near = self._near(_zones(probes), coarse)
        every = near.every(_zones(probes), luck, levers=_levers(probes))[1]
        finer = candidate.answer.margin_mm - nominal  # what finer cells have told of the middle day they tell of all
        best = max((c.kept_mm for c in self.candidates if c.draws_run), default=-math.inf)
        first, most = self.timing.runs_each
        told = weighed((every + near.off_mm).min(axis=1), made, share=self.share, workers=self.timing.workers,
                       over=self.late, first=first, most=most, least_mm=best - finer - HOPELESS_MM)  # fmt: skip
        self.draws += len(margins)
        if told is None:
            return False
        ran = np.flatnonzero(told.run).tolist()
        told_mm = thin(np.array([margins[i] for i in ran]))
        self.learnt[probes] = Learnt.of(_zones(probes), every[ran], told_mm)
        self.weighed += 1
        self.weights[probes] = Weight(told.keeps(0.1) - nominal, told.keeps(self.share) - nominal, len(ran), len(every))
        heavier = self._heavier(candidate)
        self.surprises_mm.append(max(candidate.kept_mm - heavier.kept_mm, 0.0))
        if candidate is self.barred:
            self.barred = heavier
        else:
            self.candidates[self.candidates.index(candidate)] = heavier
        self.candidates = [c if c.draws_run else self._sketched_again(c) for c in self.candidates]
        return True

    def _heavier(self, candidate: Candidate) -> Candidate:
        """A candidate with its weight; that of what was there before is the floor of all others."""
        weight, margin = self.weights[candidate.probes], candidate.answer.margin_mm
        sure, given = weight.sure_mm + margin, candidate.probes == self.given
        price = repriced(
            candidate.price, candidate.answer, self.asked.goals, sure, math.nan if given else self.floor_mm
        )
        if given:
            self.floor_mm = sure + SURE_MM
        return replace(candidate, p10_mm=weight.p10_mm + margin, kept_mm=sure, price=price, draws_run=weight.run,
                       draws=weight.draws)  # fmt: skip

    def weakest_mm(self, layout: Layout, numbers: Floats) -> Floats:
        """Where on the target's surface the ice of a layout's bad draws fails first by the sketch, LPS mm."""
        assert self.share is not None
        near, _ = self._sketch_near(layout, numbers)
        margins = near.every(layout.zones_mm(numbers), self.luck(layout.needles))[1] + near.off_mm
        least = margins.min(axis=1)
        bad = margins[least <= np.quantile(least, 2 * self.share)]
        surface = near.asked.margins_mm[int(np.abs(near.asked.offsets_mm).argmin())]
        return np.asarray(surface[bad.mean(axis=0).argmin()])

    def _sketched_again(self, candidate: Candidate) -> Candidate:
        """What a candidate keeps by a sketch that has learnt more since."""
        assert self.share is not None
        run = next(r for r in reversed(self.runs) if r[1] == candidate.probes)
        kept = self._sketched(candidate.probes, [run], self.luck(len(candidate.probes)))
        p10, sure = float(np.quantile(kept, 0.1)), float(np.quantile(kept, self.share))
        price = repriced(candidate.price, candidate.answer, self.asked.goals, sure, self.floor_mm)
        return replace(candidate, p10_mm=p10, kept_mm=sure, price=price)


def _zones(probes: Sequence[Placement]) -> Floats:
    return np.array([p.active_zone_mm for p in probes])


def _levers(probes: Sequence[Placement]) -> Floats:
    """How far the middle of each active zone goes with its tip, when a needle turns about its point on the skin."""
    return np.array([1 - (p.kind.standoff_mm.value + p.cold_mm / 2) / p.depth_mm for p in probes])
