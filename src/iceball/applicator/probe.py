"""Cryoprobes (needles): geometry and cooling, one card each."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from iceball.applicator.cryogen import Cryogen, cryogen
from iceball.applicator.published import Published
from iceball.errors import ProbeError
from iceball.sources import Constant, Sourced

UNKNOWN = "unknown"
WORDS: dict[str, tuple[str, ...]] = {
    "handle": ("straight", "90", UNKNOWN),
    "length": ("fixed", "adjustable", UNKNOWN),
    "mr": ("conditional", "unsafe", UNKNOWN),
    "thaw": ("helium", "electric", "none", UNKNOWN),
}
"""What each of these fields of a card may say."""
NUMBERS: dict[str, tuple[str, float, float]] = {
    "radius_mm": ("mm", 0.2, 10.0),
    "standoff_mm": ("mm", 0.0, 50.0),
    "active_mm": ("mm", 1.0, 150.0),
    "usable_mm": ("mm", 10.0, 1000.0),
    "coolant_c": ("°C", -200.0, -20.0),
    "thaw_c": ("°C", 1.0, 100.0),
    "h": ("W/m2/K", 10.0, 1e5),
    "time_constant_s": ("s", 0.0, 600.0),
    "duty_least": ("1", 0.01, 1.0),
    "supply_bar": ("bar", 1.0, 700.0),
    "handle_mm": ("mm", 1.0, 100.0),
    "shaft_leak": ("1", 0.0, 1.0),
    "shaft_leak_mm": ("mm", 0.0, 100.0),
}
"""Unit, least and most of each number of a card; beyond them a number is a slip in a unit."""
MAY_BE_UNKNOWN = frozenset({"thaw_c", "supply_bar", "handle_mm"})


@dataclass(frozen=True)
class Probe:
    """One kind of needle. Two bounds of its cooling are carried: power-limited (`h` to `coolant_c`) and chart-like
    (the wall held at `coolant_c`). What is "unknown" (a number: None) is not guessed; a check that needs it says so.
    """

    name: str
    label: str
    """As people read it in results."""
    printed: str
    """The name printed on the box, or "unknown"; never shown in a result."""
    gauge: str
    cooled_by: str
    """Its cryogen: argon, nitrogen, n2o or co2."""
    handle: str
    """straight, 90 or unknown."""
    length: str
    """Is the active length fixed or adjustable (within the range of `active_mm`)?"""
    mr: str
    """conditional, unsafe or unknown."""
    thaw: str
    """How it thaws actively: helium, electric, none or unknown."""
    radius_mm: Sourced
    standoff_mm: Sourced
    """From the physical tip to the start of the active zone."""
    active_mm: Sourced
    usable_mm: Sourced
    """Greatest depth from skin to tip."""
    coolant_c: Sourced
    """Of the gas in the tip while freezing."""
    thaw_c: Sourced | None
    """Of the wall in active thaw."""
    h: Sourced
    """Wall to gas at full power, W/m2/K."""
    time_constant_s: Sourced
    """Of the cool-down."""
    duty_least: Sourced
    """The least share of full power that can be set."""
    supply_bar: Sourced | None
    """Supply pressure that `h` holds for."""
    handle_mm: Sourced | None
    """Diameter of the handle."""
    shaft_leak: Sourced
    """Share of `h` that the shaft next to the active zone takes."""
    shaft_leak_mm: Sourced
    """Over which length."""
    profile: tuple[tuple[Sourced, Sourced], ...] = ()
    """Length in mm and share of `h` of each piece of the active zone, from its deep end back; () is even cooling."""
    published: tuple[Published, ...] = ()

    def __post_init__(self) -> None:
        where = f"probe.{self.name}"
        for field, allowed in WORDS.items():
            if getattr(self, field) not in allowed:
                raise ProbeError(
                    f"is '{getattr(self, field)}'.", where=f"{where}.{field}", remedy=f"Use {', '.join(allowed)}."
                )
        for field in NUMBERS:
            number = getattr(self, field)
            if number is not None:
                self._must_be_sound(field, number)
            elif field not in MAY_BE_UNKNOWN:
                raise ProbeError("must be known.", where=f"{where}.{field}")
        boiling = cryogen(self.cooled_by).boiling_c.value
        if self.coolant_c.value < boiling:
            raise ProbeError(
                f"{self.coolant_c.value:g} °C is colder than {cryogen(self.cooled_by).label} boils ({boiling:g} °C)",
                where=f"{where}.coolant_c",
                remedy="Check the cryogen and the unit.",
            )
        if self.thaw in ("helium", "electric") and self.thaw_c is None:
            raise ProbeError("must be known for a probe that thaws actively.", where=f"{where}.thaw_c")
        if self.standoff_mm.value + self.active_mm.value > self.usable_mm.value:
            raise ProbeError("is shorter than stand-off and active zone together.", where=f"{where}.usable_mm")
        if self.profile:
            total = sum(length.value for length, _ in self.profile)
            if self.length == "adjustable" or abs(total - self.active_mm.value) > 0.01:
                raise ProbeError(
                    f"covers {total:g} mm, not the {self.active_mm.value:g} mm of a fixed active zone",
                    where=f"{where}.profile",
                )
            for length, share in self.profile:
                if not (length.value > 0 and 0 < share.value <= 10):
                    raise ProbeError(
                        f"has a piece of {length.value:g} mm with the share {share.value:g}; lengths must be positive, "
                        "shares above 0 and at most 10",
                        where=f"{where}.profile",
                    )

    def _must_be_sound(self, field: str, number: Sourced) -> None:
        unit, low, high = NUMBERS[field]
        where = f"probe.{self.name}.{field}"
        if number.unit != unit:
            remedy = f"Give it in {unit}."
            if number.unit == "K" and unit == "°C":
                remedy += " A temperature in kelvin is the one in °C plus 273.15, and never negative."
            raise ProbeError(f"is {number.value:g} '{number.unit}', not in {unit}.", where=where, remedy=remedy)
        for value in (number.low, number.value, number.high):
            if not (math.isfinite(value) and low <= value <= high):
                raise ProbeError(
                    f"{value:g} {unit} is outside {low:g} to {high:g} {unit}", where=where, remedy=f"Give it in {unit}."
                )

    @property
    def cryogen(self) -> Cryogen:
        """The data of what cools it."""
        return cryogen(self.cooled_by)

    @property
    def can_thaw(self) -> bool:
        """True where the card knows how it thaws actively."""
        return self.thaw in ("helium", "electric")

    def constants(self) -> tuple[Constant, ...]:
        """Every known number that a run with this probe rests on, under its full name."""
        prefix = f"probe.{self.name}"
        known = [(f.name, getattr(self, f.name)) for f in fields(self) if f.name in NUMBERS]
        found = [Constant(f"{prefix}.{n}", number) for n, number in known if number is not None]
        for i, (length, share) in enumerate(self.profile):
            found += [Constant(f"{prefix}.profile.{i + 1}.length_mm", length)]
            found += [Constant(f"{prefix}.profile.{i + 1}.share", share)]
        return tuple(found)
