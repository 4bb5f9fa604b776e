"""Tissues: sourced thermal properties, read from tissues.toml."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache

from iceball.errors import TissueError
from iceball.sources import Constant, Sourced, data_file

AIR = "air"
"""Outside the body."""
GAS = "gas"
"""Inside the body: bowel, dissected pocket, pneumothorax."""
GASES = frozenset({AIR, GAS})
"""What is not solved: its faces are walls."""


@dataclass(frozen=True)
class Tissue:
    """Thermal properties of one tissue at the scale of a cell, each with range and source.

    Frozen conductivity is `frozen_conductivity_share` of pure ice's k(T); frozen heat capacity is that of
    `water_fraction` of ice plus `dry_heat_capacity` for the rest.
    """

    name: str
    density: Sourced
    """kg/m3."""
    heat_capacity: Sourced
    """Unfrozen, J/kg/K."""
    conductivity: Sourced
    """Unfrozen, W/m/K."""
    latent_heat: Sourced
    """Of the whole freezing range, J/kg of tissue."""
    liquidus_c: Sourced
    solidus_c: Sourced
    water_fraction: Sourced
    """kg water per kg tissue."""
    dry_heat_capacity: Sourced
    """J/kg/K of what is not water."""
    frozen_conductivity_share: Sourced
    """Frozen conductivity as a share of pure ice's at the same temperature."""
    perfusion: Sourced
    """1/s, with the range used for low and high flow."""
    metabolism: Sourced
    """W/m3."""
    stasis_c: Sourced
    """At and below this temperature the flow never comes back."""

    def constants(self) -> tuple[Constant, ...]:
        """Every number of this tissue under its full name."""
        return tuple(
            Constant(f"tissue.{self.name}.{f.name}", getattr(self, f.name)) for f in fields(self) if f.name != "name"
        )


@cache
def tissues() -> dict[str, Tissue]:
    """All tissues of the data file, by name."""
    data = data_file("tissue", "tissues.toml")
    numbers = [f.name for f in fields(Tissue) if f.name != "name"]
    return {
        name: Tissue(name, **{n: data.number(record, n, name=name) for n in numbers})
        for name, record in data.records("tissue").items()
    }


def tissue(name: str) -> Tissue:
    """The tissue of that name; raises TissueError with the known names."""
    known = tissues()
    if name not in known:
        raise TissueError(f"no tissue called '{name}'.", where="tissue", remedy=f"Known tissues: {', '.join(known)}.")
    return known[name]
