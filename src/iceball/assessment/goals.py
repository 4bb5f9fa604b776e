"""What a plan is judged by: cover the tumour, treat its surface, spare a structure, limit a quantity."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from iceball.assessment.affects import ASSESSMENT
from iceball.errors import PlanError
from iceball.tissue import TARGET


@dataclass(frozen=True)
class Cover:
    """At least `fraction` of `structure`, dilated by `margin_mm`, reaches `below` °C or colder.

    With `capsule=False` no margin is asked of the target's face at its organ's capsule, where no tissue of the organ
    lies beyond; the target itself must be covered there too.
    """

    structure: Annotated[str, Field(json_schema_extra=ASSESSMENT)]
    below: Annotated[float, Field(json_schema_extra=ASSESSMENT)]
    margin_mm: Annotated[float, Field(json_schema_extra=ASSESSMENT)] = 0.0
    fraction: Annotated[float, Field(json_schema_extra=ASSESSMENT)] = 1.0
    kind: Annotated[Literal["cover"], Field(json_schema_extra=ASSESSMENT)] = "cover"
    capsule: Annotated[bool, Field(json_schema_extra=ASSESSMENT)] = True

    def __post_init__(self) -> None:
        _check_temperature(self.below, "Cover.below")
        _check_range(self.margin_mm, 0, 50, "Cover.margin_mm")
        _check_range(self.fraction, 1e-6, 1, "Cover.fraction")
        if not self.capsule and (self.structure != TARGET or self.fraction != 1):
            raise PlanError(
                "leaves out the capsule's face of what is not all of the target.",
                where="Cover.capsule",
                remedy=f"Ask it of structure {TARGET} with fraction 1.",
            )
        _as_floats(self, "below", "margin_mm", "fraction")

    def __str__(self) -> str:
        where = f"{self.structure} + {self.margin_mm:g} mm" if self.margin_mm else self.structure
        share = "" if self.fraction == 1 else f"{self.fraction:.0%} of "
        face = "" if self.capsule else ", no margin asked at its organ's capsule"
        return f"{self.below:g} °C covers {share}{where}{face}"


@dataclass(frozen=True)
class Spare:
    """Nowhere in `structure`, dilated by `distance_mm`, does the temperature fall below `above` °C."""

    structure: Annotated[str, Field(json_schema_extra=ASSESSMENT)]
    above: Annotated[float, Field(json_schema_extra=ASSESSMENT)] = 0.0
    distance_mm: Annotated[float, Field(json_schema_extra=ASSESSMENT)] = 0.0
    kind: Annotated[Literal["spare"], Field(json_schema_extra=ASSESSMENT)] = "spare"

    def __post_init__(self) -> None:
        _check_temperature(self.above, "Spare.above")
        _check_range(self.distance_mm, 0, 50, "Spare.distance_mm")
        _as_floats(self, "above", "distance_mm")

    def __str__(self) -> str:
        near = f" within {self.distance_mm:g} mm of {self.structure}" if self.distance_mm else f" in {self.structure}"
        return f"nothing below {self.above:g} °C{near}"


@dataclass(frozen=True)
class Limit:
    """A quantity of the assessment ("volume_ml.0", "volume_ml.-40", "needles") is at most `at_most`."""

    quantity: Annotated[str, Field(json_schema_extra=ASSESSMENT)]
    at_most: Annotated[float, Field(json_schema_extra=ASSESSMENT)]
    kind: Annotated[Literal["limit"], Field(json_schema_extra=ASSESSMENT)] = "limit"

    def __post_init__(self) -> None:
        if self.quantity not in QUANTITIES:
            known = f"Known: {', '.join(QUANTITIES)}."
            raise PlanError(f"no quantity called '{self.quantity}'.", where="Limit.quantity", remedy=known)
        _check_range(self.at_most, 0, 1e6, "Limit.at_most")
        _as_floats(self, "at_most")

    def __str__(self) -> str:
        return f"{self.quantity} at most {self.at_most:g}"


@dataclass(frozen=True)
class Treat:
    """At least `fraction` of the target's surface that faces air or gas was frozen `cycles` times, with a thaw between,
    and reached `below` °C (0, -20 or -40) down to `depth_mm`.
    """

    below: Annotated[float, Field(json_schema_extra=ASSESSMENT)] = 0.0
    depth_mm: Annotated[float, Field(json_schema_extra=ASSESSMENT)] = 0.0
    cycles: Annotated[int, Field(json_schema_extra=ASSESSMENT)] = 1
    fraction: Annotated[float, Field(json_schema_extra=ASSESSMENT)] = 1.0
    structure: ClassVar[str] = TARGET
    kind: Annotated[Literal["treat"], Field(json_schema_extra=ASSESSMENT)] = "treat"

    def __post_init__(self) -> None:
        if self.below not in MEASURED_C:
            known = ", ".join(f"{t:g}" for t in MEASURED_C)
            what = f"{self.below:g} °C is not measured below a surface."
            raise PlanError(what, where="Treat.below", remedy=f"Known: {known}.")
        _check_range(self.depth_mm, 0, 40, "Treat.depth_mm")
        _check_range(self.fraction, 1e-6, 1, "Treat.fraction")
        if self.cycles != int(self.cycles) or not 1 <= self.cycles <= 3:
            raise PlanError(f"{self.cycles} is not 1, 2 or 3", where="Treat.cycles")
        _as_floats(self, "below", "depth_mm", "fraction")

    def __str__(self) -> str:
        share = "" if self.fraction == 1 else f"{self.fraction:.0%} of "
        often = "" if self.cycles == 1 else f", frozen {self.cycles} times"
        return f"{self.below:g} °C {self.depth_mm:g} mm deep below {share}the surface of {self.structure}{often}"


MEASURED_C = (0.0, -20.0, -40.0)
QUANTITIES = ("volume_ml.0", "volume_ml.-20", "volume_ml.-40", "needles")
Goal = Annotated[Cover | Spare | Limit | Treat, Field(discriminator="kind")]


def _check_temperature(celsius: float, where: str) -> None:
    _check_range(celsius, -196, 45, where)


def _check_range(value: float, low: float, high: float, where: str) -> None:
    if not (math.isfinite(value) and low <= value <= high):
        raise PlanError(f"{value} is outside {low:g} to {high:g}", where=where)


def _as_floats(goal: Cover | Spare | Limit | Treat, *names: str) -> None:
    """5 and 5.0 are one goal, so they must have one hash."""
    for name in names:
        object.__setattr__(goal, name, float(getattr(goal, name)))
