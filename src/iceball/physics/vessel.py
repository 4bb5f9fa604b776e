"""Blood in a vessel: how well it keeps the vessel's wall warm.

Laminar flow in a round tube whose wall is held at one temperature from the thermal entry on, with a full velocity
profile: the mean Nusselt number of the first x is 3.66 + 0.0668 Gz / (1 + 0.04 Gz^(2/3)) with the Graetz number
Gz = v D^2 / (alpha x) (Hausen).
"""

from __future__ import annotations

import math

FLOOR = 3.66
"""Nusselt number far from the entry, where the profile of temperature no longer changes."""


def graetz(diameter_m: float, speed_m_s: float, length_m: float, diffusivity: float) -> float:
    """Graetz number Re Pr D / x: how new the flow still is to the wall after a length."""
    return speed_m_s * diameter_m**2 / (diffusivity * length_m)


def mean_nusselt(gz: float) -> float:
    """Mean Nusselt number from the entry to where the Graetz number is `gz`; falls to 3.66 as gz falls to 0."""
    return FLOOR + 0.0668 * gz / (1.0 + 0.04 * math.pow(gz, 2.0 / 3.0))


def film(
    diameter_m: float, speed_m_s: float, begin_m: float, end_m: float, conductivity: float, diffusivity: float
) -> float:
    """Mean heat transfer coefficient of the wall between two distances from the thermal entry, W/m2/K.

    Mean values over neighbouring stretches, weighted by length, give the mean over both.

    Args:
        diameter_m: of the vessel.
        speed_m_s: mean over the cross-section; 0 gives the floor.
        begin_m: at least 0.
        end_m: more than `begin_m`.
        conductivity: of blood, W/m/K.
        diffusivity: of blood, m2/s.
    """

    def until(x: float) -> float:
        return x * mean_nusselt(graetz(diameter_m, speed_m_s, x, diffusivity)) if x > 0 else 0.0

    return (until(end_m) - until(begin_m)) / (end_m - begin_m) * conductivity / diameter_m


def reynolds(diameter_m: float, speed_m_s: float, viscosity: float) -> float:
    """Reynolds number from the kinematic viscosity, m2/s; above about 2300 the flow need not be laminar."""
    return speed_m_s * diameter_m / viscosity
