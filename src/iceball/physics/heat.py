"""Conduction: conductivity, its integral over temperature, and the heat that crosses a face.

The potential is theta(T) = integral of k dT (Kirchhoff). Within one tissue the heat flux is its plain gradient, however
strongly k varies between two cells; that keeps a freezing front sharp.
"""

from __future__ import annotations

import math

from iceball.physics.ideal import ideal_ice, ideal_ice_between
from iceball.physics.law import Row, law

KELVIN = 273.15


@law
def frozen_conductivity(celsius: float, k0: float, k1: float, k2: float) -> float:
    """Conductivity k0 + k1 T + k2 / T_kelvin of frozen tissue, W/m/K."""
    return k0 + k1 * celsius + k2 / (celsius + KELVIN)


@law
def conductivity(celsius: float, m: Row) -> float:
    """Conductivity in W/m/K; in the freezing range mixed by ice fraction between the values at its two ends."""
    if celsius >= m.liquidus:
        return m.warm_k
    if celsius <= m.solidus:
        return frozen_conductivity(celsius, m.k0, m.k1, m.k2)
    if m.ideal > 0.0:
        ice = ideal_ice(celsius, m.solidus, m.liquidus)
    else:
        ice = (m.liquidus - celsius) / (m.liquidus - m.solidus)
    return ice * frozen_conductivity(m.solidus, m.k0, m.k1, m.k2) + (1.0 - ice) * m.warm_k


@law
def mushy_rise(solidus: float, liquidus: float, warm_k: float, k0: float, k1: float, k2: float) -> float:
    """Integral of the conductivity over the freezing range, W/m."""
    return 0.5 * (warm_k + frozen_conductivity(solidus, k0, k1, k2)) * (liquidus - solidus)


@law
def ideal_rise(solidus: float, liquidus: float, warm_k: float, k0: float, k1: float, k2: float) -> float:
    """The same along the curve of an ideal solution."""
    more = frozen_conductivity(solidus, k0, k1, k2) - warm_k
    return warm_k * (liquidus - solidus) + more * ideal_ice_between(solidus, liquidus, solidus, liquidus)


@law
def potential(celsius: float, m: Row) -> float:
    """Integral of the conductivity from body temperature to `celsius`, W/m."""
    if celsius >= m.liquidus:
        return m.theta_liquidus + m.warm_k * (celsius - m.liquidus)
    above = celsius - m.solidus
    if above >= 0.0:
        cold_k = frozen_conductivity(m.solidus, m.k0, m.k1, m.k2)
        if m.ideal > 0.0:
            icy = ideal_ice_between(m.solidus, celsius, m.solidus, m.liquidus)
            return m.theta_solidus + m.warm_k * above + (cold_k - m.warm_k) * icy
        return m.theta_solidus + above * (cold_k + 0.5 * (m.warm_k - cold_k) * above / (m.liquidus - m.solidus))
    ratio = (celsius + KELVIN) / (m.solidus + KELVIN)
    mean = 0.5 * (celsius + m.solidus)
    return m.theta_solidus + above * (m.k0 + m.k1 * mean) + m.k2 * math.log(ratio if ratio > 1e-3 else 1e-3)


@law
def face_rise(here_c: float, there_c: float, here: Row, there: Row) -> float:
    """Potential rise across a face between two tissues, W/m: flux into `here` times the distance of the two centres.

    Each side conducts with the mean of its own k over the temperatures it spans, the two halves in series; for one
    tissue this is its potential difference exactly.
    """
    if here_c == there_c:
        return 0.0
    if here_c >= here.liquidus and there_c >= here.liquidus:
        a = here.warm_k * (there_c - here_c)
    else:
        a = potential(there_c, here) - potential(here_c, here)
    if here_c >= there.liquidus and there_c >= there.liquidus:
        b = there.warm_k * (there_c - here_c)
    else:
        b = potential(there_c, there) - potential(here_c, there)
    return 2.0 * a * b / (a + b) if a * b > 0.0 else 0.0
