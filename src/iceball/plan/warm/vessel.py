"""A vessel that a person names or draws: how wide it is, how fast blood flows in it, how much of that is left."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field

from iceball.assessment.affects import RUN, within
from iceball.errors import PlanError
from iceball.plan.placement import Point
from iceball.plan.warm.vessel_speed import rule
from iceball.space.shapes import Polyline

if TYPE_CHECKING:
    from iceball.plan.plan import Plan

WIDEST_MM, SLOWEST_M_S, FASTEST_M_S = 60.0, 1e-3, 3.0
BLOOD_C = (15.0, 43.0)


@dataclass(frozen=True)
class Vessel:
    """A vessel as a wall that its blood keeps warm: a drawn structure, or a middle line in the order of the flow.

    Args:
        structure: name of a drawn structure: a volume, or a line or points along its middle in the order of the flow.
        line_mm: points of its middle line, LPS mm, in the order of the flow.
        diameter_mm: 3 mm or more; None: measured on the structure.
        speed_m_s: mean over its cross-section; None: by the shipped table, with its range.
        share: of that speed that is left: 1 flows freely, less is reduced, 0 is clamped (its blood stands still).
        blood_c: None: body temperature.
        name: what people call it; "" for the structure's name.

    Raises:
        PlanError: naming the field.
    """

    structure: Annotated[str, Field(json_schema_extra=RUN)] = ""
    line_mm: Annotated[tuple[Point, ...], Field(json_schema_extra=RUN)] = ()
    diameter_mm: Annotated[float | None, Field(json_schema_extra=within(RUN, rule("least_mm").value, WIDEST_MM))] = None
    speed_m_s: Annotated[float | None, Field(json_schema_extra=within(RUN, SLOWEST_M_S, FASTEST_M_S))] = None
    share: Annotated[float, Field(json_schema_extra=within(RUN, 0.0, 1.0))] = 1.0
    blood_c: Annotated[float | None, Field(json_schema_extra=within(RUN, *BLOOD_C))] = None
    name: Annotated[str, Field(json_schema_extra=RUN)] = ""

    def __post_init__(self) -> None:
        if any(len(point) != 3 for point in self.line_mm):
            raise PlanError("holds a point that is not three numbers", where="Vessel.line_mm", remedy="Give LPS mm.")
        object.__setattr__(self, "line_mm", tuple((float(x), float(y), float(z)) for x, y, z in self.line_mm))
        if bool(self.structure) == bool(self.line_mm):
            raise PlanError(
                "needs either a structure or a middle line",
                where="Vessel.structure, line_mm",
                remedy="Name a drawn structure, or give two points or more in the order of the flow.",
            )
        if self.line_mm and (len(set(self.line_mm)) < 2 or not all(math.isfinite(v) for p in self.line_mm for v in p)):
            raise PlanError("needs two different finite points or more", where="Vessel.line_mm")
        if self.line_mm and self.diameter_mm is None:
            raise PlanError(
                "is needed: a line alone does not say how wide the vessel is",
                where="Vessel.diameter_mm",
                remedy="Give it in mm.",
            )
        least = rule("least_mm").value
        _within(self.diameter_mm, least, WIDEST_MM, "mm", "diameter_mm", _THINNER)
        _within(self.speed_m_s, SLOWEST_M_S, FASTEST_M_S, "m/s", "speed_m_s", "Give a mean speed; share = 0 clamps it.")
        _within(self.share, 0.0, 1.0, "of the speed", "share", "1 flows freely, 0 is clamped.")
        _within(self.blood_c, *BLOOD_C, "°C", "blood_c", "Leave it out for body temperature.")

    @property
    def shape(self) -> Polyline:
        """The tube round its middle line; only where it has one."""
        return Polyline(np.array(self.line_mm), (self.diameter_mm or 0.0) / 2)

    def label(self, index: int) -> str:
        """What people call it: its own name, its structure's, or its number in the plan."""
        return self.name or self.structure or f"vessel {index + 1}"


def check_vessels(plan: Plan) -> None:
    """Refuse two vessels of one name: they would freeze shut together.

    Raises:
        PlanError: naming both.
    """
    names = [v.label(i) for i, v in enumerate(plan.vessels)]
    for i, name in enumerate(names):
        if name in names[:i]:
            raise PlanError(
                f"is '{name}', as vessels[{names.index(name)}] is",
                where=f"Plan.vessels[{i}].{'name' if plan.vessels[i].name else 'structure'}",
                remedy="Leave one of them out, or give each a name of its own.",
            )


_THINNER = "A thinner vessel stays in its tissue's perfusion: leave it out."


def _within(value: float | None, low: float, high: float, unit: str, field: str, remedy: str) -> None:
    if value is not None and not (math.isfinite(value) and low <= value <= high):
        raise PlanError(f"{value:g} is outside {low:g} to {high:g} {unit}", where=f"Vessel.{field}", remedy=remedy)
