"""Enthalpy and temperature of freezing tissue.

Three stretches: frozen (heat capacity linear in T), the freezing range (latent heat released evenly over it) and
unfrozen (constant heat capacity). Enthalpy is continuous and strictly rising, so temperature is a function of it.
Where a row is marked as ideal the latent heat comes along the curve of `ideal` instead.
"""

from __future__ import annotations

import math

from iceball.physics.ideal import ideal_ice, ideal_temperature, stretch
from iceball.physics.law import Row, law


@law
def ice_fraction(celsius: float, solidus: float, liquidus: float) -> float:
    """Share of the freezable water that is ice: 1 at the solidus, falling linearly to 0 at the liquidus."""
    if celsius <= solidus:
        return 1.0
    if celsius >= liquidus:
        return 0.0
    return (liquidus - celsius) / (liquidus - solidus)


@law
def mushy_heat_capacity(frozen_c: float, warm_c: float, latent: float, solidus: float, liquidus: float) -> float:
    """Apparent heat capacity in the freezing range: mean of both ends plus the latent heat spread over the range."""
    return 0.5 * (frozen_c + warm_c) + latent / (liquidus - solidus)


@law
def sensible_c(m: Row) -> float:
    """Heat capacity in the freezing range without the latent heat, J/m3/K: the mean of both ends."""
    return 0.5 * (m.c0 + m.c1 * m.solidus + m.warm_c)


@law
def enthalpy(celsius: float, m: Row) -> float:
    """Enthalpy in J/m3, zero at body temperature."""
    if celsius >= m.liquidus:
        return m.h_liquidus + m.warm_c * (celsius - m.liquidus)
    if celsius >= m.solidus:
        if m.ideal > 0.0:
            ice = ideal_ice(celsius, m.solidus, m.liquidus)
            return m.h_liquidus + sensible_c(m) * (celsius - m.liquidus) - m.latent * ice
        return m.h_solidus + m.mushy_c * (celsius - m.solidus)
    below = celsius - m.solidus
    return m.h_solidus + below * (m.c0 + m.c1 * m.solidus + 0.5 * m.c1 * below)


@law
def temperature(h: float, m: Row) -> float:
    """Temperature in °C at an enthalpy in J/m3: the inverse of `enthalpy`."""
    if h >= m.h_liquidus:
        return m.liquidus + (h - m.h_liquidus) / m.warm_c
    if h >= m.h_solidus:
        if m.ideal > 0.0:
            return ideal_temperature(m.h_liquidus - h, sensible_c(m), m.latent, m.solidus, m.liquidus)
        return m.solidus + (h - m.h_solidus) / m.mushy_c
    c = m.c0 + m.c1 * m.solidus
    # the root of c d + c1 d^2 / 2 = h - h_solidus that stays exact for c1 = 0; below absolute zero it is held, not NaN
    root = c * c + 2.0 * m.c1 * (h - m.h_solidus)
    return m.solidus + 2.0 * (h - m.h_solidus) / (c + math.sqrt(root if root > 0.0 else 0.0))


@law
def heat_capacity(celsius: float, m: Row) -> float:
    """dH/dT in J/m3/K, latent heat included."""
    if celsius >= m.liquidus:
        return m.warm_c
    if celsius >= m.solidus:
        if m.ideal > 0.0:
            growth = -m.liquidus / (celsius * celsius) * stretch(m.solidus, m.liquidus)
            return sensible_c(m) + m.latent * growth
        return m.mushy_c
    return m.c0 + m.c1 * celsius
