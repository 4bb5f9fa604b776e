"""Tissues: sourced thermal properties."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

from iceball.errors import TissueError
from iceball.sources import Constant, Sourced

AIR = "air"
"""Outside the body."""
GAS = "gas"
"""Inside the body: bowel, dissected pocket, pneumothorax."""
GASES = frozenset({AIR, GAS})
"""What is not solved: its faces are walls."""

Curve = Literal["linear", "ideal"]
UNITS = {
    "density": "kg/m3",
    "heat_capacity": "J/kg/K",
    "conductivity": "W/m/K",
    "latent_heat": "J/kg",
    "liquidus_c": "°C",
    "solidus_c": "°C",
    "water_fraction": "kg/kg",
    "dry_heat_capacity": "J/kg/K",
    "frozen_conductivity_share": "1",
    "perfusion": "1/s",
    "metabolism": "W/m3",
    "stasis_c": "°C",
}
"""The numbers of a tissue and the unit of each."""


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
    curve: Curve = "linear"
    """Ice between liquidus and solidus: in proportion to temperature, or as in an ideal solution."""
    floods_to: str = ""
    """The tissue that it becomes on thawing (aerated lung floods); "" where it stays what it was."""
    frozen_conductivity: Sourced | None = None
    """W/m/K, of a published set with one number for it; then the share of ice's decides nothing."""
    frozen_heat_capacity: Sourced | None = None
    """J/kg/K, of a published set; then water fraction and dry heat capacity decide nothing."""

    def __post_init__(self) -> None:
        where = f"tissue {self.name}"
        for field in ("density", "heat_capacity", "conductivity"):
            if getattr(self, field).low <= 0:
                raise TissueError(f"{getattr(self, field).low:g} is not above 0", where=f"{where}.{field}")
        for field in ("latent_heat", "water_fraction", "dry_heat_capacity", "perfusion", "metabolism"):
            if getattr(self, field).low < 0:
                raise TissueError(f"{getattr(self, field).low:g} is negative", where=f"{where}.{field}")
        if self.solidus_c.value >= self.liquidus_c.value:
            raise TissueError(
                f"{self.solidus_c.value:g} °C is not below the liquidus, {self.liquidus_c.value:g} °C",
                where=f"{where}.solidus_c",
                remedy="The solidus is where all is frozen, the liquidus where freezing begins.",
            )

    def constants(self) -> tuple[Constant, ...]:
        """Every number of this tissue that decides something, under its full name."""
        idle = {"frozen_conductivity_share"} if self.frozen_conductivity else set()
        if self.frozen_heat_capacity:
            idle |= {"water_fraction", "dry_heat_capacity"}
        numbers = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in idle}
        return tuple(Constant(f"tissue.{self.name}.{n}", v) for n, v in numbers.items() if isinstance(v, Sourced))
