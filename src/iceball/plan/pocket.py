"""A pocket of fluid that moves an organ out of the cold, as the plan asks for it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated

from pydantic import Field

from iceball.assessment.affects import RUN, Note, within
from iceball.errors import PlanError
from iceball.sources import Constant, Sourced, data_file
from iceball.tissue import TARGET
from iceball.tissue.move import Move

Point = tuple[float, float, float]
MODEL_NOT_IMAGE = "the organ was moved by the model, not by an image"


@cache
def fluids() -> dict[str, tuple[str, str]]:
    """Name of each fluid to what people call it and the tissue it is."""
    records = data_file("plan", "pockets.toml").records("fluid")
    return {name: (str(r["label"]), str(r["tissue"])) for name, r in records.items()}


@cache
def pocket_number(name: str) -> Sourced:
    """One number of the data file: "start_c" or "thickness_mm", with the range that is accepted."""
    data = data_file("plan", "pockets.toml")
    return data.number(data.records("pocket")["plan"], name, name="pocket")


def _bounds(name: str) -> Note:
    number = pocket_number(name)
    return within(RUN, number.low, number.high)


@dataclass(frozen=True)
class Pocket:
    """Fluid between two structures; the first is moved, and what lies behind it goes along.

    Args:
        structure: what is moved: a drawn structure or a group ("bowel").
        fluid: "saline", "dextrose" or "co2".
        thickness_mm: at its thickest.
        start_c: of the fluid before the first freeze, °C; as cold as the room unless given. A gas stays so.
        away_from: what the structure is moved away from.
        direction: LPS, of any length; None for the shortest way.
        footprint_mm: diameter of full thickness; None for wherever the structure would else stay nearer.
        thins_to_mm: what the pocket may thin to in time; a run with that thickness is a variant. None where it keeps.

    Raises:
        PlanError: naming the field.
    """

    structure: Annotated[str, Field(json_schema_extra=RUN)]
    fluid: Annotated[str, Field(json_schema_extra={**RUN, "enum": list(fluids())})]
    thickness_mm: Annotated[float, Field(json_schema_extra=_bounds("thickness_mm"))]
    start_c: Annotated[float, Field(json_schema_extra=_bounds("start_c"))] = field(
        default_factory=lambda: pocket_number("start_c").value
    )
    away_from: Annotated[str, Field(json_schema_extra=RUN)] = TARGET
    direction: Annotated[Point | None, Field(json_schema_extra=RUN)] = None
    footprint_mm: Annotated[float | None, Field(json_schema_extra={**RUN, "minimum": 0})] = None
    thins_to_mm: Annotated[float | None, Field(json_schema_extra={**RUN, "minimum": 0})] = None

    def __post_init__(self) -> None:
        if not self.structure.strip():
            raise PlanError(
                "names no structure. Fluid has a place only where an organ makes room for it",
                where="Pocket.structure",
                remedy="Name the structure that the pocket moves; fat is never relabelled as fluid.",
            )
        if self.structure == self.away_from:
            raise PlanError(f"'{self.structure}' cannot be moved away from itself", where="Pocket.away_from")
        if self.fluid not in fluids():
            raise PlanError(
                f"no fluid called '{self.fluid}'.", where="Pocket.fluid", remedy=f"Known: {', '.join(fluids())}."
            )
        _within(self.thickness_mm, "thickness_mm", pocket_number("thickness_mm"))
        _within(self.start_c, "start_c", pocket_number("start_c"))
        if self.thins_to_mm is not None and not 0 < self.thins_to_mm <= self.thickness_mm:
            raise PlanError(
                f"{self.thins_to_mm:g} mm is not above 0 and at most its thickness, {self.thickness_mm:g} mm",
                where="Pocket.thins_to_mm",
                remedy="Give the least thickness that it may thin to.",
            )
        if self.footprint_mm is not None and not (math.isfinite(self.footprint_mm) and self.footprint_mm > 0):
            raise PlanError(f"{self.footprint_mm} mm is not above 0", where="Pocket.footprint_mm")
        if self.direction is not None and not (all(map(math.isfinite, self.direction)) and any(self.direction)):
            raise PlanError(
                f"{self.direction} is no direction",
                where="Pocket.direction",
                remedy="Give three numbers, LPS, not all 0.",
            )
        for name in ("thickness_mm", "start_c", "footprint_mm", "thins_to_mm"):
            if (value := getattr(self, name)) is not None:
                object.__setattr__(self, name, float(value))
        if self.direction is not None:
            x, y, z = (float(v) for v in self.direction)
            object.__setattr__(self, "direction", (x, y, z))

    @property
    def move(self) -> Move:
        """What the anatomy is asked for."""
        return Move(
            self.structure,
            fluids()[self.fluid][1],
            self.thickness_mm,
            self.start_c,
            away_from=self.away_from,
            direction=self.direction,
            footprint_mm=self.footprint_mm,
        )

    def __str__(self) -> str:
        thins = "" if self.thins_to_mm is None else f", thinning to {self.thins_to_mm:g} mm"
        what = f"{self.thickness_mm:g} mm of {fluids()[self.fluid][0]} at {self.start_c:g} °C"
        return f"{self.structure} moved away from {self.away_from} by {what}{thins}"


def pocket_constants() -> tuple[Constant, ...]:
    """Those numbers under their full names."""
    names = data_file("plan", "pockets.toml").records("pocket")["plan"]
    return tuple(Constant(f"pocket.{name}", pocket_number(name)) for name in names)


def _within(value: float, name: str, allowed: Sourced) -> None:
    if not (math.isfinite(value) and allowed.low <= value <= allowed.high):
        raise PlanError(
            f"{value:g} {allowed.unit} is outside {allowed.low:g} to {allowed.high:g} {allowed.unit}",
            where=f"Pocket.{name}",
        )
