"""Frozen tissue from pure ice: the coefficients of its conductivity and heat capacity."""

from __future__ import annotations

KELVIN = 273.15


def frozen_conductivity_of_ice(
    share: float, per_kelvin: float, constant: float, linear: float
) -> tuple[float, float, float]:
    """Coefficients k0, k1, k2 of k0 + k1 T + k2 / T_kelvin (T in °C) for a share of pure ice's conductivity.

    Args:
        share: conductivity of the frozen tissue as a share of pure ice's.
        per_kelvin: numerator of the 1 / T_kelvin term of ice, W/m.
        constant: constant term, W/m/K.
        linear: coefficient of T_kelvin, W/m/K2.
    """
    return share * (constant + linear * KELVIN), share * linear, share * per_kelvin


def frozen_heat_capacity_of_ice(
    water_fraction: float, dry: float, constant: float, linear: float
) -> tuple[float, float]:
    """Coefficients c0, c1 of c0 + c1 T (T in °C), J/kg/K, for tissue of a mass fraction of ice and a dry rest.

    Args:
        water_fraction: kg water per kg tissue, all of it frozen.
        dry: heat capacity of the rest, J/kg/K.
        constant: constant term of ice's heat capacity in T_kelvin, J/kg/K.
        linear: its coefficient of T_kelvin, J/kg/K2.
    """
    return water_fraction * (constant + linear * KELVIN) + (1.0 - water_fraction) * dry, water_fraction * linear
