"""A perineal template: a plate with a grid of holes for parallel needles, each given as hole and depth."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from iceball.assessment.affects import NOTHING
from iceball.errors import PlanError
from iceball.plan.placement import Placement, Point
from iceball.sources import Constant, Sourced, data_file
from iceball.space.directions import written

Floats = NDArray[np.float64]
KIND = "perineal"
STEEP = 0.7
"""Cosine of the slant above which a needle is not meant for the plate at all."""
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@cache
def template_number(name: str) -> Sourced:
    """One number of template.toml: columns, rows, spacing_mm, beside_mm or slant_deg."""
    data = data_file("plan", "ways/template.toml")
    return data.number(data.records("template")[KIND], name, name=KIND)


def template_constants() -> tuple[Constant, ...]:
    """Every number of the template under its full name."""
    names = data_file("plan", "ways/template.toml").records("template")[KIND]
    return tuple(Constant(f"template.{KIND}.{n}", template_number(n)) for n in names)


@dataclass(frozen=True)
class Template:
    """The plate and how it stands before the patient.

    Args:
        hole_a1_mm: middle of hole A1, lowest at the patient's right, on the face towards the patient, LPS mm.
        into: from the plate into the body, LPS, of any length; cranial unless given.
        up: from row 1 to row 2, LPS, of any length, at right angles to `into`; anterior unless given.

    Raises:
        PlanError: where both directions do not stand on each other.
    """

    hole_a1_mm: Annotated[Point, Field(json_schema_extra=NOTHING)]
    into: Annotated[Point, Field(json_schema_extra=NOTHING)] = (0.0, 0.0, 1.0)
    up: Annotated[Point, Field(json_schema_extra=NOTHING)] = (0.0, -1.0, 0.0)

    def __post_init__(self) -> None:
        for name in ("hole_a1_mm", "into", "up"):
            point = tuple(float(v) for v in getattr(self, name))
            if len(point) != 3 or not all(math.isfinite(v) and abs(v) < 5000 for v in point):
                raise PlanError(f"{point} is not three numbers", where=f"Template.{name}", remedy="Give LPS x, y, z.")
            object.__setattr__(self, name, point)
        into, up = np.array(self.into), np.array(self.up)
        sizes = float(np.linalg.norm(into)), float(np.linalg.norm(up))
        if min(sizes) == 0 or abs(float(into @ up)) > 0.01 * sizes[0] * sizes[1]:
            raise PlanError("does not stand at right angles to `into`", where="Template.up")

    @property
    def axes(self) -> Floats:
        """Unit vectors along the letters, along the numbers, and into the body, shape (3, 3)."""
        into, up = (np.array(v) / np.linalg.norm(v) for v in (self.into, self.up))
        return np.stack([np.cross(into, up), up, into])

    @property
    def holes(self) -> dict[str, Point]:
        """Name and middle of each hole on the face, LPS mm, row by row from below."""
        along, up, _ = self.axes
        step, columns, rows = (template_number(n).value for n in ("spacing_mm", "columns", "rows"))
        return {
            hole_name(c, r): written(np.array(self.hole_a1_mm) + step * (c * along + r * up))
            for r in range(int(rows))
            for c in range(int(columns))
        }

    def seat(self, needle: Placement) -> Seat:
        """The hole that a needle is nearest to, and how it lies in it."""
        out = -np.array(needle.direction)
        tip = self.axes @ (np.array(needle.tip_mm) - np.array(self.hole_a1_mm))
        slope = self.axes @ out
        if slope[2] > -STEEP:  # it comes from somewhere else
            return Seat("", float("inf"), 180.0, float("nan"))
        depth = tip[2]
        face = tip - slope * (tip[2] / slope[2])
        step = template_number("spacing_mm").value
        most = np.array([template_number("columns").value, template_number("rows").value]) - 1
        place = np.rint(face[:2] / step).clip(0, most)
        beside = float(np.linalg.norm(face[:2] - step * place))
        slant = math.degrees(math.acos(min(1.0, -float(slope[2]))))
        return Seat(hole_name(int(place[0]), int(place[1])), beside, slant, float(depth))

    def into_hole(self, needle: Placement, hole: str = "") -> Placement:
        """The needle moved into a hole, parallel to the others, its tip as deep as before; "" takes the nearest hole.

        Raises:
            PlanError: for a hole that the template does not have.
        """
        hole = hole or self.seat(needle).hole
        if hole not in self.holes:
            raise PlanError(f"no hole called '{hole}'", where="Template", remedy="A1 to G7, with a lower case between.")
        into = self.axes[2]
        face = np.array(self.holes[hole])
        tip = face + float((np.array(needle.tip_mm) - face) @ into) * into
        return replace(needle, tip_mm=written(tip), entry_mm=written(tip - needle.depth_mm * into))


@dataclass(frozen=True)
class Seat:
    """How a needle lies in a template.

    Attributes:
        hole: the nearest one.
        beside_mm: of the needle's axis from the hole's middle, on the face.
        slant_deg: of the needle against the holes.
        depth_mm: from the face to the tip.
    """

    hole: str
    beside_mm: float
    slant_deg: float
    depth_mm: float

    @property
    def fits(self) -> bool:
        """Whether the needle can be meant for this hole."""
        straight = self.slant_deg <= template_number("slant_deg").value
        return straight and self.beside_mm <= template_number("beside_mm").value


def hole_name(column: int, row: int) -> str:
    """Capital letters in every second column and small ones between; whole numbers in every second row."""
    letter = LETTERS[column // 2]
    return f"{letter.lower() if column % 2 else letter}{1 + row / 2:g}"


def seat_words(seat: Seat) -> str:
    """The hole and the depth as people set them, or that there is no hole."""
    return f"{seat.hole}, {seat.depth_mm:.0f} mm from the face" if seat.fits else "in no hole"
