"""What keeps tissue warm: a catheter or warm saline in a lumen, a bag or gel on the skin; cards in warmers.toml."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal, cast

from iceball.errors import ProbeError
from iceball.sources import Constant, Sourced, data_file

Place = Literal["lumen", "skin"]
PLACES = ("lumen", "skin")
NUMBERS = ("temperature_c", "h", "diameter_mm")


@dataclass(frozen=True)
class Warmer:
    """One kind of warmer.

    Args:
        name: in the data file.
        label: in words.
        place: "lumen" fills a drawn structure, "skin" lies on the skin.
        temperature_c: of what circulates or lies there, with the range it may be set to.
        h: between it and tissue, W/m2/K.
        diameter_mm: of the catheter or lumen where a structure is drawn as a line; of a bag on the skin.
    """

    name: str
    label: str
    place: Place
    temperature_c: Sourced
    h: Sourced
    diameter_mm: Sourced

    def __post_init__(self) -> None:
        if self.place not in PLACES:
            raise ProbeError(
                f"'{self.place}' is no place.", where=f"warmer.{self.name}.place", remedy="Write lumen or skin."
            )

    def constants(self) -> tuple[Constant, ...]:
        """Every number of the card under its full name."""
        return tuple(Constant(f"warmer.{self.name}.{n}", getattr(self, n)) for n in NUMBERS)


@cache
def warmers() -> dict[str, Warmer]:
    """All warmers of the data file, by name."""
    data = data_file("applicator", "warmers.toml")
    return {
        name: Warmer(
            name,
            record["label"],
            cast(Place, record["place"]),
            data.number(record, "temperature_c", name=name),
            data.number(record, "h", name=name, unit="W/m2/K"),
            data.number(record, "diameter_mm", name=name),
        )
        for name, record in data.records("warmer").items()
    }


def warmer(name: str) -> Warmer:
    """The warmer of that name; raises ProbeError with the known names."""
    known = warmers()
    if name not in known:
        raise ProbeError(f"no warmer called '{name}'.", where="warmer", remedy=f"Known warmers: {', '.join(known)}.")
    return known[name]
