"""Closures: what a tissue is made of decides how it conducts, stores heat and freezes.

Every closure is remembered, not read (tissue/closure.toml), so a tissue made by them is assumed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from iceball.errors import TissueError
from iceball.sources import Constant, Source, Sourced, SourceError, data_file
from iceball.tissue.model import model
from iceball.tissue.tissue import Curve, Tissue
from iceball.units import KELVIN_AT_0C

Freezing = Literal["soft", "later", "ideal"]
Mean = Literal["parallel", "geometric"]
PARTS = ("water", "protein", "fat", "ash")
LIKE_C = -40.0
"""Where the share of pure ice's conductivity is taken; from -20 to -140 °C that of 75 % water moves by a tenth."""


@dataclass(frozen=True)
class Composition:
    """Mass fractions of a tissue without its air, and the share of its volume that is air.

    Args:
        water, protein, fat, ash: kg per kg; together 1.
        air: m3 per m3.

    Raises:
        TissueError: naming the part that cannot be.
    """

    water: float
    protein: float
    fat: float = 0.0
    ash: float = 0.0
    air: float = 0.0

    def __post_init__(self) -> None:
        for part in PARTS:
            if not (math.isfinite(getattr(self, part)) and 0 <= getattr(self, part) <= 1):
                raise TissueError(f"{getattr(self, part)} is not from 0 to 1", where=f"Composition.{part}")
        whole = sum(getattr(self, part) for part in PARTS)
        if abs(whole - 1) > 0.005:
            raise TissueError(
                f"water, protein, fat and ash are {whole:g} together, not 1",
                where="Composition.water",
                remedy="Give mass fractions of the tissue without its air.",
            )
        if not (math.isfinite(self.air) and 0 <= self.air < 1):
            raise TissueError(f"{self.air} is not from 0 to below 1", where="Composition.air")

    def _sum(self, per_kg: Mapping[str, float]) -> float:
        return sum(float(getattr(self, part)) * value for part, value in per_kg.items())

    @property
    def bound_water(self) -> float:
        """Water that never freezes, kg per kg of tissue."""
        return min(self.water, _part("bound_water") * self.protein)

    @property
    def density(self) -> float:
        """Unfrozen, kg/m3, air included."""
        volume = self._sum({part: 1 / _part(f"{part}_density") for part in PARTS})
        return (1 - self.air) / volume

    @property
    def heat_capacity(self) -> float:
        """Unfrozen, J/kg/K."""
        return self._sum({part: _part(f"{part}_heat") for part in PARTS})

    @property
    def dry_heat_capacity(self) -> float:
        """Of all but water, J/kg/K."""
        dry = 1 - self.water
        return (self.heat_capacity - self.water * _part("water_heat")) / dry if dry > 0 else _part("protein_heat")

    @property
    def conductivity(self) -> float:
        """Unfrozen, W/m/K; air conducts nothing beside the rest."""
        return self.density / 1000 * self._sum({p: _part(f"{p}_conducts") for p in ("water", "protein", "fat")})

    @property
    def latent_heat(self) -> float:
        """Of all water that can freeze, J/kg of tissue."""
        return (self.water - self.bound_water) * _part("fusion")

    def frozen_conductivity(self, celsius: float, *, mean: Mean = "parallel") -> float:
        """Frozen through, W/m/K: ice, bound water, solids and fat side by side, or their geometric mean (lower)."""
        parts = (
            ((self.water - self.bound_water) / _part("ice_density"), ice_conductivity(celsius)),
            (self.bound_water / _part("water_density"), _part("bound_water_conducts")),
            (
                self.protein / _part("protein_density") + self.ash / _part("ash_density"),
                _part("solids_conduct_frozen"),
            ),
            (self.fat / _part("fat_density"), _part("fat_conducts_frozen")),
        )
        volume = sum(v for v, _ in parts)
        if mean == "parallel":
            return (1 - self.air) * sum(v * k for v, k in parts) / volume
        return (1 - self.air) * math.exp(sum(v * math.log(k) for v, k in parts) / volume)

    def frozen_heat_capacity(self, celsius: float) -> float:
        """Frozen through, J/kg/K; bound water counts as ice, as in every property row."""
        c0, c1 = (float(c) for c in model().ice_heat_capacity)
        return self.water * (c0 + c1 * celsius) + (1 - self.water) * self.dry_heat_capacity


def ice_conductivity(celsius: float) -> float:
    """Of pure ice, W/m/K."""
    k0, k1, k2 = (float(k) for k in model().ice_conductivity)
    return k0 + k1 * celsius + k2 / (celsius + KELVIN_AT_0C)


def freezing_point_c(osmolality: float) -> float:
    """Where an ideal solution of that osmolality (mol/kg) begins to freeze, °C."""
    return -_part("cryoscopic") * osmolality


def freezing_range(freezing: Freezing, *, osmolality: float | None = None) -> tuple[float, float, Curve]:
    """Liquidus and solidus in °C and the curve between them.

    Args:
        freezing: "soft" (linear, -0.5 to -8 °C), "later" (linear, -1 to -8 °C) or "ideal" (the curve of an ideal
            solution, cut at -22 °C).
        osmolality: mol/kg, for "ideal"; that of plasma where it is left out.
    """
    if freezing == "ideal":
        start = freezing_point_c(_part("osmolality") if osmolality is None else osmolality)
        if not _part("ideal_end_c") < start < 0:
            raise TissueError(f"{osmolality} mol/kg freezes from {start:g} °C", where="osmolality")
        return start, _part("ideal_end_c"), "ideal"
    if freezing not in ("soft", "later"):
        raise TissueError(f"no freezing range '{freezing}'.", where="freezing", remedy="Known: soft, later, ideal.")
    return _part(f"{freezing}_start_c"), _part(f"{freezing}_end_c"), "linear"


def tissue_of(
    name: str,
    made_of: Composition,
    *,
    perfusion: float | Sourced = 0.0,
    metabolism: float | Sourced = 0.0,
    stasis_c: float | Sourced = -15.0,
    freezing: Freezing = "soft",
    osmolality: float | None = None,
    mean: Mean = "parallel",
    why: str,
) -> Tissue:
    """A Tissue from what it is made of, for `iceball.plan.compose.material_of`.

    Args:
        name: what people call it.
        made_of: its mass fractions and air.
        perfusion: 1/s. metabolism: W/m3. stasis_c: °C at and below which the flow never comes back. Each may be a
            Sourced number, which then keeps its own range and source.
        freezing, osmolality: see `freezing_range`.
        mean: of the frozen conductivity; its range goes from the geometric to the parallel mean.
        why: who says that it is made of this, and why (at least 12 letters); every number carries it.

    Raises:
        TissueError, SourceError: naming what cannot be.

    Source: Choi and Okos, Cooper and Trezek as remembered in tissue/closure.toml.
    """
    if len(why.strip()) < 12:
        raise SourceError("does not say why the tissue is made of this", where=f"tissue_of {name}: why")
    source = Source(f"closure.{name}", "assumed", f"Closures of tissue/closure.toml for {why}", "2026-11-22")
    start, end, curve = freezing_range(freezing, osmolality=osmolality)
    ice = ice_conductivity(LIKE_C)
    shares = {m: made_of.frozen_conductivity(LIKE_C, mean=m) / ice for m in ("geometric", "parallel")}

    def number(value: float | Sourced, unit: str) -> Sourced:
        return value if isinstance(value, Sourced) else Sourced(value, value, value, unit, source)

    return Tissue(
        name=name,
        density=number(made_of.density, "kg/m3"),
        heat_capacity=number(made_of.heat_capacity, "J/kg/K"),
        conductivity=number(made_of.conductivity, "W/m/K"),
        latent_heat=number(made_of.latent_heat, "J/kg"),
        liquidus_c=number(start, "°C"),
        solidus_c=number(end, "°C"),
        water_fraction=number(made_of.water, "kg/kg"),
        dry_heat_capacity=number(made_of.dry_heat_capacity, "J/kg/K"),
        frozen_conductivity_share=Sourced(shares[mean], min(shares.values()), max(shares.values()), "1", source),
        perfusion=number(perfusion, "1/s"),
        metabolism=number(metabolism, "W/m3"),
        stasis_c=number(stasis_c, "°C"),
        curve=curve,
    )


@cache
def compositions() -> dict[str, Composition]:
    """What some tissues are made of, by name, as remembered."""
    data = data_file("tissue", "closure.toml")
    return {
        name: Composition(**{part: data.number(record, part, name=name).value for part in record})
        for name, record in data.records("composition").items()
    }


@cache
def closure_constants() -> tuple[Constant, ...]:
    """Every number behind the closures, with range and source."""
    data = data_file("tissue", "closure.toml")
    record = data.records("closure")["parts"]
    return tuple(Constant(f"closure.{field}", data.number(record, field, name="closure")) for field in record)


@cache
def _parts() -> dict[str, float]:
    return {c.name.removeprefix("closure."): c.number.value for c in closure_constants()}


def _part(name: str) -> float:
    return _parts()[name]
