"""What freezes a surface: a spray of liquid nitrogen, or a cold disc held against it; one card each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from iceball.applicator.cryogen import Cryogen, cryogen
from iceball.errors import ProbeError
from iceball.own_files import Files, OwnFiles
from iceball.sources import Constant, DataFile, Sourced, data_file

OWN_CARDS = OwnFiles("ICEBALL_SPRAYS", "card", "spray", "[spray.my-spray] and its fields", ProbeError)
"""Environment variable: the user's own card files, separated as in PATH."""
KINDS = ("spray", "contact")
NUMBERS: dict[str, tuple[str, float, float]] = {
    "cryogen_c": ("°C", -200.0, -20.0),
    "h": ("W/m2/K", 10.0, 1e5),
    "radius_mm": ("mm", 0.5, 50.0),
    "liquid_ml_per_s": ("mL/s", 0.001, 100.0),
    "expansion": ("1", 1.0, 2000.0),
    "boiling_j_per_ml": ("J/mL", 1.0, 1000.0),
}
"""Unit, least and most of each number of a card; beyond them a number is a slip in a unit."""
OF_SPRAYS = frozenset({"liquid_ml_per_s", "expansion", "boiling_j_per_ml"})
"""What only a spray has: a disc keeps its gas."""
SLACK_K = 0.5
"""So much a cryogen's temperature may be rounded."""


@dataclass(frozen=True)
class SurfaceApplicator:
    """One kind of spray or disc: heat passes from the surface to `cryogen_c` through `h`, within `radius_mm`."""

    name: str
    label: str
    """As people read it in results."""
    kind: str
    """spray (its gas goes into the room or the body) or contact (a disc; its gas stays in it)."""
    cooled_by: str
    """Its cryogen: nitrogen, n2o or co2."""
    cryogen_c: Sourced
    """Of the liquid on the surface, or of the cryogen behind the disc's face."""
    h: Sourced
    """From the surface to the cryogen, W/m2/K. Its range is what low and high runs take."""
    radius_mm: Sourced
    """Of the spot or disc; its range holds the sizes that a plan may ask for."""
    liquid_ml_per_s: Sourced | None = None
    """Liquid that a spray spends, mL/s."""
    expansion: Sourced | None = None
    """Volumes of gas at room conditions from one volume of liquid."""
    boiling_j_per_ml: Sourced | None = None
    """Heat that it takes to boil the liquid away, J/mL."""

    def __post_init__(self) -> None:
        where = f"spray.{self.name}"
        if self.kind not in KINDS:
            raise ProbeError(f"is '{self.kind}'.", where=f"{where}.kind", remedy=f"Use {' or '.join(KINDS)}.")
        for field in NUMBERS:
            number = getattr(self, field)
            wanted = field not in OF_SPRAYS or self.vents
            if wanted and number is None:
                raise ProbeError("must be known.", where=f"{where}.{field}")
            if not wanted and number is not None:
                what = "is of no use: the gas of a disc stays in it."
                raise ProbeError(what, where=f"{where}.{field}", remedy="Leave it out.")
            if number is not None:
                _must_be_sound(f"{where}.{field}", number, *NUMBERS[field])
        boiling = self.cryogen.boiling_c.value
        if self.cryogen_c.value < boiling - SLACK_K:
            raise ProbeError(
                f"{self.cryogen_c.value:g} °C is colder than {self.cryogen.label} boils ({boiling:g} °C)",
                where=f"{where}.cryogen_c",
                remedy="Check the cryogen and the unit.",
            )

    @property
    def vents(self) -> bool:
        """True where its gas leaves it: then a plan must say how that gas goes off."""
        return self.kind == "spray"

    @property
    def cryogen(self) -> Cryogen:
        """The data of what cools it."""
        return cryogen(self.cooled_by)

    def constants(self) -> tuple[Constant, ...]:
        """Every number that a run with it rests on, under its full name."""
        known = [(field, getattr(self, field)) for field in NUMBERS]
        return tuple(Constant(f"spray.{self.name}.{field}", n) for field, n in known if n is not None)


def surface_applicators() -> dict[str, SurfaceApplicator]:
    """All by name: those of sprays.toml, then those of the files named in ICEBALL_SPRAYS.

    Raises:
        ProbeError, SourceError: naming file, card and field of a card that is refused.
    """
    return dict(_library(OWN_CARDS.files()))


def surface_applicator(name: str) -> SurfaceApplicator:
    """The one of that name; raises ProbeError with the known names."""
    known = surface_applicators()
    if name not in known:
        raise ProbeError(f"no spray or disc called '{name}'.", where="applicator", remedy=f"Known: {', '.join(known)}.")
    return known[name]


@cache
def _library(files: Files) -> dict[str, SurfaceApplicator]:
    shipped = read_spray_cards(data_file("applicator", "sprays.toml"))
    return OWN_CARDS.with_own(shipped, files, read_spray_cards)


def read_spray_cards(data: DataFile) -> dict[str, SurfaceApplicator]:
    """All cards of one file; raises ProbeError or SourceError naming file, card and field."""
    return {name: _card(data, name, record) for name, record in data.records("spray").items()}


def _card(data: DataFile, name: str, record: Any) -> SurfaceApplicator:
    where = f"{data.where}: spray.{name}"
    if not isinstance(record, Mapping):
        raise ProbeError("is not a table.", where=where)
    texts = ("label", "kind", "cryogen")
    unknown = set(record) - {*texts, *NUMBERS}
    if unknown:
        raise ProbeError("is not a field of a card.", where=f"{where}.{sorted(unknown)[0]}")
    for field in texts:
        if not (isinstance(record.get(field), str) and record[field].strip()):
            raise ProbeError("is missing, or no text.", where=f"{where}.{field}")
    numbers = {
        field: data.number(record, field, name=f"spray.{name}", unit=unit)
        for field, (unit, _, _) in NUMBERS.items()
        if field in record or field not in OF_SPRAYS
    }
    try:
        return SurfaceApplicator(name, record["label"], record["kind"], record["cryogen"], **numbers)
    except ProbeError as refusal:
        raise ProbeError(refusal.what, where=f"{data.where}: {refusal.where}", remedy=refusal.remedy) from None


def _must_be_sound(where: str, number: Sourced, unit: str, least: float, most: float) -> None:
    if number.unit != unit:
        raise ProbeError(f"is {number.value:g} '{number.unit}', not in {unit}.", where=where, remedy=f"Use {unit}.")
    for value in (number.low, number.value, number.high):
        if not (math.isfinite(value) and least <= value <= most):
            raise ProbeError(
                f"{value:g} {unit} is outside {least:g} to {most:g} {unit}", where=where, remedy=f"Give it in {unit}."
            )
