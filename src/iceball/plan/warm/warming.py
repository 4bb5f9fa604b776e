"""What is kept warm while something else freezes: a warmer of the library, where it lies, and for how long."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from iceball.applicator.warmer import Warmer, warmer, warmers
from iceball.assessment.affects import RUN, within
from iceball.errors import PlanError
from iceball.plan.placement import Point
from iceball.units import hours

if TYPE_CHECKING:
    from iceball.plan.plan import Plan

STARTS_S, LASTS_S = (0.0, 24 * hours), (1.0, 24 * hours)


@dataclass(frozen=True)
class Warming:
    """A warmer in a drawn lumen, or on the skin.

    Args:
        warmer: name of a warmer in the data file.
        structure: the drawn structure that it fills, for one whose place is "lumen".
        centre_mm: its middle on the skin, LPS mm, for one whose place is "skin".
        radius_mm: how far it covers the skin; None: the card's.
        start_s: when it begins to warm, counted from the plan's first freeze.
        duration_s: for how long; None: until the end of the plan.
        temperature_c: what it is set to; None: the card's.

    Raises:
        PlanError, ProbeError: naming the field.
    """

    warmer: Annotated[str, Field(json_schema_extra={**RUN, "enum": list(warmers())})]
    structure: Annotated[str, Field(json_schema_extra=RUN)] = ""
    centre_mm: Annotated[Point | None, Field(json_schema_extra=RUN)] = None
    radius_mm: Annotated[float | None, Field(json_schema_extra=RUN)] = None
    start_s: Annotated[float, Field(json_schema_extra=within(RUN, *STARTS_S))] = 0.0
    duration_s: Annotated[float | None, Field(json_schema_extra=within(RUN, *LASTS_S))] = None
    temperature_c: Annotated[float | None, Field(json_schema_extra=RUN)] = None

    def __post_init__(self) -> None:
        card = self.card
        if card.place == "lumen":
            if not self.structure:
                raise PlanError(
                    f"is needed: {card.label} lies in a lumen",
                    where="Warming.structure",
                    remedy="Name the drawn structure that it fills.",
                )
            _absent(self.centre_mm, "centre_mm", card)
            _absent(self.radius_mm, "radius_mm", card)
        else:
            if self.centre_mm is None:
                raise PlanError(
                    f"is needed: {card.label} lies on the skin",
                    where="Warming.centre_mm",
                    remedy="Give a point on the skin in LPS mm.",
                )
            _absent(self.structure or None, "structure", card)
            if not all(math.isfinite(v) and abs(v) < 5000 for v in self.centre_mm):
                raise PlanError(f"{self.centre_mm} is not a point in LPS mm", where="Warming.centre_mm")
            low, high = card.diameter_mm.low / 2, card.diameter_mm.high / 2
            _within(self.radius_mm, low, high, "mm", "radius_mm", "Leave it out for the card's own.")
        _within(self.start_s, *STARTS_S, "s", "start_s", "Count it from the first freeze.")
        _within(self.duration_s, *LASTS_S, "s", "duration_s", "Leave it out for the whole procedure.")
        t = card.temperature_c
        _within(self.temperature_c, t.low, t.high, "°C", "temperature_c", f"That is what {self.warmer} can be set to.")

    @property
    def card(self) -> Warmer:
        """The warmer's data."""
        return warmer(self.warmer)

    @property
    def celsius(self) -> float:
        """What it is set to."""
        return self.card.temperature_c.value if self.temperature_c is None else self.temperature_c

    @property
    def reach_mm(self) -> float:
        """How far it covers the skin from its middle."""
        return self.card.diameter_mm.value / 2 if self.radius_mm is None else self.radius_mm

    @property
    def where(self) -> str:
        """Where it lies, in words."""
        if self.centre_mm is None:
            return self.structure.replace("_", " ")
        return f"skin, {self.reach_mm:g} mm round ({', '.join(f'{v:.0f}' for v in self.centre_mm)}) mm"

    def end_s(self, plan_s: float) -> float:
        """When it ends in a plan of that duration."""
        return plan_s if self.duration_s is None else min(plan_s, self.start_s + self.duration_s)


def check_warmers(plan: Plan) -> None:
    """Refuse two warmers on one place, and one that begins after the plan has ended.

    Raises:
        PlanError: naming both.
    """
    for i, a in enumerate(plan.warmers):
        if a.start_s >= plan.duration_s > 0:
            raise PlanError(
                f"begins at {a.start_s:g} s, when the plan has ended ({plan.duration_s:g} s)",
                where=f"Plan.warmers[{i}].start_s",
                remedy="Begin earlier.",
            )
        for j, b in enumerate(plan.warmers[:i]):
            if a.centre_mm is not None and b.centre_mm is not None:
                same = math.dist(a.centre_mm, b.centre_mm) < a.reach_mm + b.reach_mm
            else:
                same = bool(a.structure) and a.structure == b.structure
            if same:
                raise PlanError(
                    f"lies on the same place as warmers[{j}]: {a.where}",
                    where=f"Plan.warmers[{i}].{'structure' if a.structure else 'centre_mm'}",
                    remedy="Leave one of them out, or move it.",
                )


def _absent(value: object, field: str, card: Warmer) -> None:
    if value is not None:
        raise PlanError(
            f"does not go with {card.name}, whose place is {card.place}",
            where=f"Warming.{field}",
            remedy="Leave it out.",
        )


def _within(value: float | None, low: float, high: float, unit: str, field: str, remedy: str) -> None:
    if value is not None and not (math.isfinite(value) and low <= value <= high):
        raise PlanError(f"{value:g} is outside {low:g} to {high:g} {unit}", where=f"Warming.{field}", remedy=remedy)
