"""Cryoprobes (needles): geometry and cooling, read from probes.toml."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache

from iceball.errors import ProbeError
from iceball.sources import Constant, Sourced, data_file


@dataclass(frozen=True)
class Probe:
    """One kind of needle. Two bounds of its cooling are carried: power-limited (`h` to `coolant_c`) and chart-like
    (the wall held at `coolant_c`).
    """

    name: str
    label: str
    """As people read it."""
    radius_mm: Sourced
    standoff_mm: Sourced
    """From the physical tip to the start of the active zone."""
    active_mm: Sourced
    usable_mm: Sourced
    """Greatest depth from skin to tip."""
    coolant_c: Sourced
    """Of the gas in the tip while freezing."""
    thaw_c: Sourced
    """Of the wall in active thaw."""
    h: Sourced
    """Wall to gas at full power, W/m2/K."""
    time_constant_s: Sourced
    """Of the cool-down."""

    def constants(self) -> tuple[Constant, ...]:
        """Every number of this probe under its full name."""
        numbers = [f.name for f in fields(self) if f.name not in ("name", "label")]
        return tuple(Constant(f"probe.{self.name}.{n}", getattr(self, n)) for n in numbers)


@cache
def probes() -> dict[str, Probe]:
    """All probes of the data file, by name."""
    data = data_file("applicator", "probes.toml")
    numbers = [f.name for f in fields(Probe) if f.name not in ("name", "label")]
    return {
        name: Probe(name, record["label"], **{n: data.number(record, n, name=name) for n in numbers})
        for name, record in data.records("probe").items()
    }


def probe(name: str) -> Probe:
    """The probe of that name; raises ProbeError with the known names."""
    known = probes()
    if name not in known:
        raise ProbeError(f"no probe called '{name}'.", where="probe", remedy=f"Known probes: {', '.join(known)}.")
    return known[name]
