"""Observed ice held against what a desk's plan predicts for that minute."""

from __future__ import annotations

from typing import Any

import iceball
from iceball.desk.desk import Desk
from iceball.errors import PlanError
from iceball.guide.beside import both_edges
from iceball.guide.numbers import guide_constants, number
from iceball.guide.seen import Seen
from iceball.io.case import Case
from iceball.io.observed import Observed, keep_beside, observed
from iceball.io.searches import patient_key
from iceball.plan.plan import Plan
from iceball.tissue import Anatomy

SPACING_MM = 2.0


def hold_beside(desk: Desk, one: Observed, *, spacing_mm: float = SPACING_MM) -> dict[str, Any]:
    """Predict the plan's ice for the minute of an observation, and keep how far off it lies.

    Args:
        desk: with the plan as it was carried out: as placed, where needles were set.
        one: the observation.
        spacing_mm: of the cells of that run.

    Raises:
        PlanError: for a minute after the end of the protocol.
        GeometryError: where the ice reaches beyond what was simulated.
    """
    from iceball.plan.placed.moments import temperatures_at

    must_be_within(desk.plan, one.seen.at_min)
    at_s = 60.0 * one.seen.at_min
    desk.telling.say(f"Predicting the ice at minute {one.seen.at_min:g} …")
    grid, (celsius,) = temperatures_at(desk.plan, desk.anatomy, (at_s,), spacing_mm=spacing_mm)
    taken, coldest = both_edges(one.observation().ice, celsius, grid)
    told = {
        "research_use_only": True, "observation": one.name, "seen": vars(one.seen).copy(), "stage": desk.plan.stage,
        "made_for": made_for(desk.plan, desk.anatomy), "spacing_mm": spacing_mm, "beside": taken.as_json(),
        "if_colder": coldest.as_json(), "assumed": assumed(),
        "sources": {c.name: c.number.source.citation for c in guide_constants()},
    }  # fmt: skip
    keep_beside(one, told)
    return told


def must_be_within(plan: Plan, at_min: float) -> None:
    """Refuse a minute after the end of the protocol; raises PlanError."""
    if 60.0 * at_min > plan.duration_s:
        raise PlanError(
            f"minute {at_min:g} lies after the end of the protocol ({plan.duration_s / 60:g} min).",
            where="observed ice",
            remedy="Plan the protocol as it was carried out, or correct the minute.",
        )


def seen_for(case: Case, plan: Plan, anatomy: Anatomy) -> list[tuple[Seen, dict[str, Any] | None]]:
    """Every observation of a case, with what it was held against where that was this very plan."""
    found = observed(case)
    key = made_for(plan, anatomy) if found else ""
    held = [(one.seen, one.beside) for one in found]
    return [(seen, told if told is not None and told["made_for"] == key else None) for seen, told in held]


def made_for(plan: Plan, anatomy: Anatomy) -> str:
    """What a comparison belongs to: plan, patient and version; when it changes the comparison is stale."""
    return f"{plan.key()}-{patient_key(anatomy)}-{iceball.__version__}"


def assumed() -> str:
    """What is taken for granted where ice is seen on an image, in a sentence."""
    edge, wide, drawn = number("edge", "celsius"), number("edge", "wide_mm"), number("edge", "drawn_mm")
    return (
        f"The visible edge of ice is taken as {edge.value:g} °C; on CT it may be as cold as {edge.low:g} °C. "
        f"It is some {wide.value:g} mm wide, and a hand draws it to {drawn.value:g} mm at best."
    ).replace("-", "−")
