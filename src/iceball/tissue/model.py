"""Constants of a run that belong to no tissue and no probe: body, blood, air, gas and pure ice."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache

from iceball.errors import TissueError
from iceball.sources import Constant, Sourced, data_file
from iceball.tissue.tissue import AIR, GASES
from iceball.units import KELVIN_AT_0C


@dataclass(frozen=True)
class Model:
    """The constants every run shares, each with range and source."""

    body_c: Sourced
    """Arterial temperature, and that of the far tissue."""
    blood_density: Sourced
    """kg/m3."""
    blood_heat_capacity: Sourced
    """J/kg/K."""
    hyperaemia: Sourced
    """Flow in the rim after its first thaw over that before, where a run asks for it."""
    air_h: Sourced
    """Skin to room air, W/m2/K."""
    air_c: Sourced
    """Of the room."""
    gas_h: Sourced
    """Tissue to gas inside the body, W/m2/K."""
    gas_c: Sourced
    """Of gas inside the body."""
    ice_k_inverse: Sourced
    """Conductivity of ice k(T) = inverse / T + constant + slope T, T in K."""
    ice_k_constant: Sourced
    ice_k_slope: Sourced
    ice_c_constant: Sourced
    """Heat capacity of ice c(T) = constant + slope T, T in K."""
    ice_c_slope: Sourced

    @property
    def ice_conductivity(self) -> tuple[Sourced, Sourced, Sourced]:
        """(k0, k1, k2) of k = k0 + k1 T + k2 / (T + 273.15), T in °C, W/m/K: the form a Scene's material takes."""
        return _at_0c(self.ice_k_constant, self.ice_k_slope), self.ice_k_slope, self.ice_k_inverse

    @property
    def ice_heat_capacity(self) -> tuple[Sourced, Sourced]:
        """(c0, c1) of c = c0 + c1 T, T in °C, J/kg/K."""
        return _at_0c(self.ice_c_constant, self.ice_c_slope), self.ice_c_slope

    def gas_wall(self, name: str) -> tuple[Sourced, Sourced]:
        """Heat transfer coefficient and temperature of what is not solved: "air" or "gas"."""
        if name not in GASES:
            raise TissueError(f"'{name}' is not a gas.", where="model", remedy=f"Known: {', '.join(sorted(GASES))}.")
        return (self.air_h, self.air_c) if name == AIR else (self.gas_h, self.gas_c)

    def constants(self) -> tuple[Constant, ...]:
        """Every number under its full name."""
        return tuple(Constant(f"model.{f.name}", getattr(self, f.name)) for f in fields(self))


def _at_0c(constant: Sourced, slope: Sourced) -> Sourced:
    """The constant term of a line in kelvin, moved to °C."""
    value, low, high = (
        c + s * KELVIN_AT_0C
        for c, s in ((constant.value, slope.value), (constant.low, slope.low), (constant.high, slope.high))
    )
    return Sourced(value, low, high, constant.unit, constant.source)


@cache
def model() -> Model:
    """The constants of the data file."""
    data = data_file("tissue", "model.toml")
    record = data.records("model")["run"]
    return Model(**{f.name: data.number(record, f.name, name="model") for f in fields(Model)})
