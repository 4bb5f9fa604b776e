"""What makes a probe cold: the cryogens, read from cryogens.toml, and how argon's supply pressure changes its power."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from iceball.errors import ProbeError
from iceball.sources import Constant, Sourced, data_file


@dataclass(frozen=True)
class Cryogen:
    """One cryogen. `joule_thomson` holds pairs of supply pressure (bar) and isothermal cooling capacity (kJ/kg), rising
    in pressure; it is empty where no such table is known.
    """

    name: str
    label: str
    boiling_c: Sourced
    """At one atmosphere (carbon dioxide: its sublimation)."""
    working_c: Sourced
    """Of the cryogen in a working tip."""
    joule_thomson: tuple[tuple[Sourced, Sourced], ...]

    def constants(self) -> tuple[Constant, ...]:
        """Every number of this cryogen under its full name."""
        found = [Constant(f"cryogen.{self.name}.{n}", getattr(self, n)) for n in ("boiling_c", "working_c")]
        return (*found, *self.pressure_constants())

    def pressure_constants(self) -> tuple[Constant, ...]:
        """The numbers that a changed supply pressure rests on."""
        return tuple(
            Constant(f"cryogen.{self.name}.joule_thomson.{bar.value:g}_bar", capacity)
            for bar, capacity in self.joule_thomson
        )

    def power_share(self, bar: float, own_bar: float) -> float:
        """Cooling power at a supply pressure as a share of that at `own_bar`.

        Flow is taken as proportional to pressure (assumed: a choked throat), and each kilogram takes the isothermal
        Joule-Thomson capacity at that pressure: p dh(p) / (p0 dh(p0)).

        Raises:
            ProbeError: where there is no table of this cryogen, or a pressure lies outside it.
        """
        if not self.joule_thomson:
            raise ProbeError(
                f"no table says how supply pressure changes the power of {self.label}.",
                where=f"cryogen.{self.name}",
                remedy="Leave supply_bar out: only argon's is known.",
            )
        return bar * self._capacity(bar) / (own_bar * self._capacity(own_bar))

    def _capacity(self, bar: float) -> float:
        pressures = [p.value for p, _ in self.joule_thomson]
        capacities = [c.value for _, c in self.joule_thomson]
        if not pressures[0] <= bar <= pressures[-1]:
            raise ProbeError(
                f"{bar:g} bar is outside {pressures[0]:g} to {pressures[-1]:g} bar of {self.label}",
                where="supply_bar",
                remedy="Give the pressure of the supply in bar.",
            )
        above = next(i for i, p in enumerate(pressures) if p >= bar)
        if pressures[above] == bar:
            return capacities[above]
        p, q = pressures[above - 1 : above + 1]
        return capacities[above - 1] + (capacities[above] - capacities[above - 1]) * (bar - p) / (q - p)


@cache
def cryogens() -> dict[str, Cryogen]:
    """All cryogens of the data file, by name."""
    data = data_file("applicator", "cryogens.toml")
    found = {}
    for name, record in data.records("cryogen").items():
        table = tuple(
            (data.number(row, "bar", name=f"{name}.joule_thomson"), data.number(row, "kj_per_kg", name=name))
            for row in record.get("joule_thomson", ())
        )
        numbers = {n: data.number(record, n, name=name) for n in ("boiling_c", "working_c")}
        found[name] = Cryogen(name, record["label"], **numbers, joule_thomson=table)
    return found


def cryogen(name: str) -> Cryogen:
    """The cryogen of that name; raises ProbeError with the known names."""
    known = cryogens()
    if name not in known:
        raise ProbeError(f"no cryogen called '{name}'.", where="cryogen", remedy=f"Known cryogens: {', '.join(known)}.")
    return known[name]
