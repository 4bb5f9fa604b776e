"""Where and when a surface is frozen from outside: one spot of a spray, or one place of a disc."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from iceball.applicator import SurfaceApplicator, surface_applicator
from iceball.assessment.affects import NOTHING, RUN, within
from iceball.errors import PlanError
from iceball.sources import Numbers, Sourced
from iceball.units import hours

if TYPE_CHECKING:
    from iceball.plan.plan import Plan

Point = tuple[float, float, float]
Vent = Literal["", "active", "passive"]
"""How gas leaves the cavity that is sprayed in: by suction, by an open way, or "" where nobody said."""
MOST_CYCLES, MOST_S = 20, 24 * hours
SAME_S = 1e-6
spot_number = Numbers("plan", "spot.toml", "spot")
"""Of spot.toml: section "intrapleural" (the area painted by default) or "surface"."""


@dataclass(frozen=True)
class Spot:
    """One place on a surface that is frozen, thawed, and frozen again.

    Args:
        applicator: name of a spray or disc in the data file.
        centre_mm: on the surface between air or gas and tissue, LPS mm.
        dwell_s: how long each freeze lasts.
        start_s: when the first one begins, counted from the plan's first freeze.
        thaw_s: how long it is left alone after each freeze.
        cycles: how many freezes.
        radius_mm: of the spot, within the range of the card; None is the card's.
        device: spots of one applicator and one device come one after another; name devices where there are several.
        name: what people call it; "" numbers it.

    Raises:
        PlanError, ProbeError: if it cannot be.
    """

    applicator: Annotated[str, Field(json_schema_extra=RUN)]
    centre_mm: Annotated[Point, Field(json_schema_extra=RUN)]
    dwell_s: Annotated[float, Field(json_schema_extra=within(RUN, 0.0, MOST_S))]
    start_s: Annotated[float, Field(json_schema_extra=within(RUN, 0.0, MOST_S))] = 0.0
    thaw_s: Annotated[float, Field(json_schema_extra=within(RUN, 0.0, MOST_S))] = 0.0
    cycles: Annotated[int, Field(json_schema_extra=within(RUN, 1, MOST_CYCLES))] = 1
    radius_mm: Annotated[float | None, Field(json_schema_extra=RUN)] = None
    device: Annotated[str, Field(json_schema_extra=NOTHING)] = ""
    name: Annotated[str, Field(json_schema_extra=NOTHING)] = ""

    def __post_init__(self) -> None:
        point = tuple(float(v) for v in self.centre_mm)
        if len(point) != 3 or not all(math.isfinite(v) and abs(v) < 5000 for v in point):
            raise PlanError(f"{point} is not a point in LPS mm", where="Spot.centre_mm")
        object.__setattr__(self, "centre_mm", point)
        card = self.card
        for field, least in (("dwell_s", SAME_S), ("start_s", 0.0), ("thaw_s", 0.0)):
            value = getattr(self, field)
            if not (math.isfinite(value) and least <= value <= MOST_S):
                raise PlanError(
                    f"{value:g} s is not {'above' if least else 'at least'} 0 and at most 24 hours",
                    where=f"Spot.{field}",
                    remedy="Give it in seconds.",
                )
            object.__setattr__(self, field, float(value))
        if self.cycles != int(self.cycles) or not 1 <= self.cycles <= MOST_CYCLES:
            raise PlanError(f"{self.cycles} is not a whole number from 1 to {MOST_CYCLES}", where="Spot.cycles")
        if self.cycles > 1 and self.thaw_s <= 0:
            raise PlanError(
                "more than one freeze needs a thaw between them", where="Spot.thaw_s", remedy="Give it in seconds."
            )
        if self.radius_mm is not None:
            low, high = card.radius_mm.low, card.radius_mm.high
            if not low <= self.radius_mm <= high:
                raise PlanError(
                    f"{self.radius_mm:g} mm is outside the {low:g} to {high:g} mm of {self.applicator}",
                    where="Spot.radius_mm",
                    remedy="Leave it out for the card's own.",
                )
            object.__setattr__(self, "radius_mm", float(self.radius_mm))

    @property
    def card(self) -> SurfaceApplicator:
        """The applicator's data."""
        return surface_applicator(self.applicator)

    @property
    def reach_mm(self) -> float:
        """Radius of the spot."""
        return self.card.radius_mm.value if self.radius_mm is None else self.radius_mm

    @property
    def freezes_s(self) -> tuple[tuple[float, float], ...]:
        """Start and end of each freeze."""
        period = self.dwell_s + self.thaw_s
        starts = (self.start_s + n * period for n in range(self.cycles))
        return tuple((start, start + self.dwell_s) for start in starts)

    @property
    def end_s(self) -> float:
        """When the thaw after its last freeze is over."""
        return self.start_s + self.cycles * (self.dwell_s + self.thaw_s)


def check_spots(plan: Plan) -> None:
    """Hold the spots of a plan against each other, and its sprays against its vent.

    Raises:
        PlanError: naming the spot and the field.
    """
    if plan.vent not in ("", "active", "passive"):
        raise PlanError(f"no vent called '{plan.vent}'.", where="Plan.vent", remedy='Known: "active", "passive".')
    for i, spot in enumerate(plan.spots):
        if spot.card.vents and not plan.vent:
            raise PlanError(
                f"spots[{i}] sprays {spot.card.cryogen.label}, whose gas takes {_times(spot.card.expansion)} times the "
                "room of the liquid, and no vent is declared",
                where="Plan.vent",
                remedy='Set vent = "active" (suction) or vent = "passive" (an open way out) once one is there.',
            )
        for j, other in enumerate(plan.spots[:i]):
            _check_two(plan, j, i, other, spot)


def _check_two(plan: Plan, j: int, i: int, a: Spot, b: Spot) -> None:
    if plan.name_of_spot[i] == plan.name_of_spot[j]:
        raise PlanError(
            f"is called '{plan.name_of_spot[i]}', as spots[{j}] is",
            where=f"Plan.spots[{i}].name",
            remedy="Give each spot a name of its own, or none.",
        )
    when = next(
        (max(s, t) for s, e in a.freezes_s for t, f in b.freezes_s if min(e, f) - max(s, t) > SAME_S),
        None,
    )
    if when is None:
        return
    if (a.applicator, a.device) == (b.applicator, b.device):
        raise PlanError(
            f"freezes at {when:g} s, while spots[{j}] does, with the same {a.applicator}: it cannot be at two places",
            where=f"Plan.spots[{i}].start_s",
            remedy="Let them follow each other, or give each a device of its own.",
        )
    if math.dist(a.centre_mm, b.centre_mm) < a.reach_mm + b.reach_mm:
        raise PlanError(
            f"freezes at {when:g} s where spots[{j}] does so too: which of the two the surface feels is not known",
            where=f"Plan.spots[{i}].centre_mm",
            remedy="Move one of them, or let them follow each other.",
        )


def freeze_ends(spots: Sequence[Spot]) -> tuple[float, ...]:
    """When each round of freezes ends: the last end of all first freezes, of all second ones, and so on."""
    rounds = max((s.cycles for s in spots), default=0)
    return tuple(max(s.freezes_s[n][1] for s in spots if s.cycles > n) for n in range(rounds))


def _times(expansion: Sourced | None) -> str:
    return "many" if expansion is None else f"{expansion.value:g}"
