"""What a search has found: every layout that was simulated, the best of them, and the front."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from iceball.plan.placement import Placement
from iceball.plan.plan import Plan
from iceball.plan.protocol import Protocol
from iceball.plan.rules import rule
from iceball.plan.search.asked import Answer
from iceball.plan.search.coarse import COARSE_MM
from iceball.plan.search.intent import intent_said
from iceball.plan.search.price import Price
from iceball.units import minutes

MM_APART, ML_APART = 0.5, 5.0
"""Plans whose margins or frozen tissue differ by less are as good as each other to the reader of a front."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """One layout that was simulated.

    Attributes:
        probes: its needles.
        answer: what the run says of the goals.
        p10_mm: margin that nine of ten draws keep (needles, breath, outline, power, blood, as `spread` has it).
        price: what it costs, and in what it falls short.
        words: from where.
        sketched: what the sketch had said before.
        cells_mm: of its run.
        protocol: its clock where it is not the plan's.
        changed: what of clock, duty and place between freezes was changed for it, in words.
        draws_run: how many of the draws were run in full, the worst of them; 0 where a sketch told them all.
        draws: how many were looked at.
        behind: 0 where it surely keeps more than the plan that the search began with, 1 for that plan and what may keep
            as little, 2 for what keeps less.
        kept_mm: the margin that draws leave by the search's objective; NaN where that is the margin of the run.
        drift_k: by how much its run moved the temperature at the faces of its box.
    """

    probes: tuple[Placement, ...]
    answer: Answer
    p10_mm: float
    price: Price
    words: str
    sketched: Answer | None = None
    cells_mm: float = COARSE_MM
    protocol: Protocol | None = None
    changed: tuple[str, ...] = ()
    draws_run: int = 0
    draws: int = 0
    behind: int = 0
    kept_mm: float = math.nan
    drift_k: float = 0.0

    @property
    def rank(self) -> tuple[bool, int, bool, float, float]:
        """The smaller the better: goals met before missed, a margin that was weighed and is no smaller than at the
        beginning before others, fine cells before coarse ones, then the price."""
        return bool(self.price.missed), self.behind, not self.draws_run, self.cells_mm, self.price.total

    @property
    def p10_by(self) -> str:
        """Who says so."""
        return f"{self.draws_run} of {self.draws} draws run in full" if self.draws_run else "sketched"

    @property
    def reason(self) -> str:
        """Why it is proposed, in words."""
        changed = f" Changed: {'; '.join(self.changed)}." if self.changed else ""
        lost = f" NOT MET: {'; '.join(self.price.missed)}." if self.price.missed else ""
        return (
            f"Found by search on {self.cells_mm:g} mm cells: {len(self.probes)} needles {self.words}, margin at 0 °C "
            f"{self.answer.margin_mm:.1f} mm (P10 {self.p10_mm:.1f}, {self.p10_by}); shafts at least "
            f"{float(rule('path', 'clearance_mm')):g} mm from what no shaft may touch.{changed}{lost}"
        )


@dataclass(frozen=True, eq=False)
class Found:
    """What a search has found so far.

    Attributes:
        plan: the best plan, marked as a machine's.
        candidates: every layout that was simulated, best first.
        simulations: how many runs were made.
        looks: how often the sketch was asked.
        seconds: of the clock.
        ended: why it ended, in a sentence.
        draws: how many full runs of draws weighed the best of them.
        objective: what margin was made large.
    """

    plan: Plan
    candidates: tuple[Candidate, ...]
    simulations: int
    looks: int
    seconds: float
    ended: str
    draws: int = 0
    objective: str = "p10"

    @property
    def ranked_by(self) -> str:
        """What decided between the plans, in a sentence."""
        if self.objective == "margin":
            return "Ranked by the margin of the planned run."
        which = {"p10": "nine of ten draws keep", "worst": "the worst draw keeps"}[self.objective]
        some = [c for c in self.candidates if c.draws_run]
        if not some:
            return f"Ranked by the margin that {which}, as a sketch tells it: there was no time to run draws in full."
        return (
            f"Ranked by the margin that {which}: {len(some)} of {len(self.candidates)} plans by {self.draws} full runs"
            f" of the worst of {some[0].draws} draws, the others as a sketch tells it."
        )

    @property
    def best(self) -> Candidate:
        """The candidate whose needles the plan has."""
        return self.candidates[0]

    def minutes(self, candidate: Candidate) -> float:
        """How long a candidate's protocol takes."""
        return proposed(self.plan, candidate).duration_s / minutes

    def front(self) -> tuple[Candidate, ...]:
        """The best, and all that no other beats in goals, margin, P10, healthy tissue frozen, needles and minutes.

        What a person would not notice (`MM_APART`, `ML_APART`, a minute) tells no two of them apart.
        """

        def worth(c: Candidate) -> tuple[int, ...]:
            margins = (round(-mm / MM_APART) for mm in (c.answer.margin_mm, c.p10_mm))
            healthy = round(c.price.healthy_ml / ML_APART)
            return len(c.price.missed), *margins, healthy, len(c.probes), round(self.minutes(c))

        all_worth = [worth(c) for c in self.candidates]

        def beaten(i: int) -> bool:
            mine = all_worth[i]
            return any(
                all(b <= a for a, b in zip(mine, other, strict=True)) and (other != mine or j < i)
                for j, other in enumerate(all_worth)
                if j != i
            )

        return tuple(c for i, c in enumerate(self.candidates) if i == 0 or not beaten(i))


def proposed(plan: Plan, candidate: Candidate) -> Plan:
    """The plan with the needles of a candidate, marked as a machine's."""
    said = intent_said(plan.reason)
    reason = f"{candidate.reason} {said}" if said else candidate.reason
    clock = candidate.protocol or plan.protocol
    return replace(plan, probes=candidate.probes, protocol=clock, review="starter", reason=reason)
