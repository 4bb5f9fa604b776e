"""What a search hands to people: the best plan with its assessment on fine cells, and the others worth a look."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import iceball
from iceball.assessment import Assessment, assess
from iceball.plan.compose import REACH_MM, Conditions
from iceball.plan.plan import Plan
from iceball.plan.predict import DRIFT_LIMIT_K, ENLARGE_MM, simulate
from iceball.plan.search.found import Candidate, Found, proposed
from iceball.plan.search.intent import intent_said
from iceball.tissue import Anatomy

MOST_TRIES = 3
"""Plans that are simulated on fine cells until one meets what its coarse run met."""


@dataclass(frozen=True, eq=False)
class Proposal:
    """A search's result.

    Attributes:
        found: all that was looked at.
        chosen: the candidate that was confirmed on fine cells.
        plan: its plan, marked as a machine's.
        verdict: its assessment by the full model on fine cells.
        passed_over: what was ranked before it and did not keep its goals on fine cells, in words.
    """

    found: Found
    chosen: Candidate
    plan: Plan
    verdict: Assessment
    passed_over: tuple[str, ...]

    def others(self) -> tuple[Candidate, ...]:
        """The rest of the front, best first."""
        return tuple(c for c in self.found.front() if c is not self.chosen)

    def as_json(self) -> dict[str, Any]:
        """The proposal as one object; numbers of candidates are of coarse cells, those of `assessment` of fine ones."""
        return {
            "research_use_only": True,
            "version": iceball.__version__,
            "simulations": self.found.simulations,
            "simulations_fine": len(self.passed_over) + 1,
            "looks": self.found.looks,
            "seconds": round(self.found.seconds, 1),
            "ended": self.found.ended,
            "objective": self.found.objective,
            "ranked_by": self.found.ranked_by,
            "draws_run": self.found.draws,
            "intent": intent_said(self.plan.reason),
            "reason": self.plan.reason,
            "passed_over": list(self.passed_over),
            "chosen": self._candidate(self.chosen),
            "front": [{**self._candidate(c), "against_the_chosen": self.against(c)} for c in self.others()],
            "assessment": self.verdict.as_json(),
        }

    def against(self, one: Candidate) -> str:
        """What a candidate has over the chosen one, and what it pays for it."""
        more = self.found.minutes(one) - self.found.minutes(self.chosen)
        time = f", {abs(more):g} min {'longer' if more > 0 else 'shorter'}" if abs(more) >= 0.05 else ""
        return against(one, self.chosen) + time

    def _candidate(self, one: Candidate) -> dict[str, Any]:
        plan = proposed(self.found.plan, one)
        return {
            "needles": len(one.probes),
            "from": one.words,
            "minutes": round(self.found.minutes(one), 2),
            "margin_mm": round(one.answer.margin_mm, 2),
            "margin_p10_mm": round(one.p10_mm, 2),
            "p10_by": one.p10_by,
            "healthy_ml": round(one.price.healthy_ml, 1),
            "not_met": list(one.price.missed),
            "changed": list(one.changed),
            "probes": [
                {
                    "name": plan.name_of[i],
                    "probe": p.probe,
                    "tip_mm": list(p.tip_mm),
                    "entry_mm": list(p.entry_mm),
                    "start_s": p.start_s,
                    "pull_back_mm": p.pull_back_mm,
                    "protocol": [asdict(step) for step in plan.clock(i).steps],
                }
                for i, p in enumerate(plan.probes)
            ],
        }

    def __str__(self) -> str:
        lines = [
            self.plan.reason,
            f"{self.found.simulations} runs, {self.found.seconds:.0f} s. {self.found.ended}",
            self.found.ranked_by,
        ]
        lines += [f"  passed over: {said}" for said in self.passed_over]
        lines += [f"  or {self.against(c)}" for c in self.others()]
        return "\n".join([*lines, str(self.verdict)])


def confirm(
    found: Found,
    anatomy: Anatomy,
    *,
    spacing_mm: float = 1.0,
    progress: Callable[[float, str], None] | None = None,
    until: float = math.inf,
) -> Proposal:
    """The best plan of a search, simulated on fine cells; the next one where it does not keep its goals there.

    Where none keeps them the first is proposed all the same: its verdict says what is not met.

    Args:
        found: of the search.
        anatomy: the patient.
        spacing_mm: fine cells.
        progress: called with the fraction of a run done and a sentence.
        until: by `time.perf_counter`; the next is simulated only where it would end before.
    """
    passed: list[str] = []
    first: Proposal | None = None
    for candidate in found.candidates[:MOST_TRIES]:
        began, plan = time.perf_counter(), proposed(found.plan, candidate)
        # where coarse cells have told that the box is too small a run in it would only tell it again
        wider_mm = ENLARGE_MM if candidate.drift_k > DRIFT_LIMIT_K else 0.0
        conditions = Conditions(spacing_mm=spacing_mm, reach_mm=REACH_MM + wider_mm)
        history = simulate(plan, anatomy, conditions=conditions, progress=progress)
        verdict = assess(history, plan.goals, anatomy, needles=len(plan.probes), kill=plan.kill, limits=plan.limits)
        missed = [str(v.goal) for v in verdict.goals if v.met is False]
        proposal = Proposal(found, candidate, plan, verdict, tuple(passed))
        first = first or proposal
        if not missed or not all(candidate.answer.met):
            return proposal
        clock = f" ({'; '.join(candidate.changed)})" if candidate.changed else ""
        passed.append(
            f"{len(candidate.probes)} needles {candidate.words}{clock}: on fine cells not met: {'; '.join(missed)}"
        )
        now = time.perf_counter()
        if now + (now - began) > until:
            break
    assert first is not None
    return replace(first, passed_over=tuple(passed[1:]))


def against(one: Candidate, other: Candidate) -> str:
    """What one candidate has over another, and what it pays for it."""
    needles = len(one.probes) - len(other.probes)
    parts = [
        f"{one.answer.margin_mm - other.answer.margin_mm:+.1f} mm of margin",
        f"{one.p10_mm - other.p10_mm:+.1f} mm at P10",
        f"{one.price.healthy_ml - other.price.healthy_ml:+.0f} mL of tissue frozen beside the target",
    ]
    if needles:
        parts.insert(0, f"{abs(needles)} needle{'s' * (abs(needles) > 1)} {'more' if needles > 0 else 'fewer'}")
    lost = [str(n) for n in one.price.missed if n not in other.price.missed]
    return f"{len(one.probes)} needles {one.words}: " + ", ".join([*parts, *(f"NOT MET: {goal}" for goal in lost)])
