"""Freezing of an ideal solution: half the ice forms in the first degree, the rest over many.

Salt stays in the water that is left, so its freezing point falls as 1 / water left: at a temperature T below the
freezing point T_f the share T_f / T of the water is still liquid. The curve is cut off at the eutectic (the solidus),
where the rest freezes, and stretched so that all of it is ice there.

The freezing point is the liquidus and lies below 0 °C; all temperatures here lie between it and the solidus.
"""

from __future__ import annotations

import math

from iceball.physics.law import law


@law
def stretch(solidus: float, liquidus: float) -> float:
    """What the ice of an endless solution is multiplied by to be all of it at the solidus: 1 / (1 - T_f / T_s)."""
    return solidus / (solidus - liquidus)


@law
def ideal_ice(celsius: float, solidus: float, liquidus: float) -> float:
    """Share of the freezable water that is ice: 0 at the liquidus, 1 at the solidus."""
    return stretch(solidus, liquidus) * (1.0 - liquidus / celsius)


@law
def ideal_ice_between(low_c: float, high_c: float, solidus: float, liquidus: float) -> float:
    """Integral of the ice fraction over temperature, K."""
    return stretch(solidus, liquidus) * (high_c - low_c - liquidus * math.log(high_c / low_c))


@law
def ideal_temperature(cold: float, sensible: float, latent: float, solidus: float, liquidus: float) -> float:
    """Temperature in °C at an enthalpy that lies `cold` J/m3 below the liquidus': the negative root of a quadratic.

    Args:
        cold: enthalpy at the liquidus less that of the cell, J/m3, at least 0.
        sensible: heat capacity without latent heat, J/m3/K.
        latent: latent heat of all the freezable water, J/m3.
        solidus: in °C.
        liquidus: in °C.
    """
    released = latent * stretch(solidus, liquidus)
    b = sensible * liquidus + released - cold
    root = math.sqrt(b * b - 4.0 * sensible * released * liquidus)
    return 2.0 * released * liquidus / (b + root) if b > 0.0 else 0.5 * (b - root) / sensible
