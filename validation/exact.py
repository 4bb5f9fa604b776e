"""The exact solutions behind the expected values: closed forms, and similarity equations solved to rounding.

`tests/solve/test_order_expected_values.py` computes every expected value of the exact proofs from here. Nothing of the
solver is used. SI and °C; radii and depths in metres.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import solve_ivp
from scipy.optimize import brentq
from scipy.special import erf, erfc, erfcx, exp1, k0, k1

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Medium:
    """Constant properties of ice and of unfrozen tissue; heat capacity and latent heat per volume."""

    k_s: float
    k_u: float
    c_s: float
    c_u: float
    latent: float
    liquidus: float
    solidus: float

    @property
    def c_m(self) -> float:
        """Apparent heat capacity of the freezing range: mean of both ends and the latent heat spread evenly."""
        return 0.5 * (self.c_s + self.c_u) + self.latent / (self.liquidus - self.solidus)

    def k_m(self, celsius: float) -> float:
        """Conductivity in the freezing range: mixed linearly by the ice fraction."""
        ice = (self.liquidus - celsius) / (self.liquidus - self.solidus)
        return ice * self.k_s + (1.0 - ice) * self.k_u


# --- fronts that grow with the square root of time: T depends on xi = x / sqrt(t) alone ---


def neumann(m: Medium, wall_c: float, start_c: float) -> tuple[float, Callable[[ArrayLike], Floats]]:
    """Freezing of a half space from a wall, sharp front: X / sqrt(t), and T of xi.

    The heat that the ice carries away is what the tissue brings and what freezing sets free.
    """
    t_f = m.liquidus
    a_s, a_u = m.k_s / m.c_s, m.k_u / m.c_u

    def gap(xi: float) -> float:
        s, u = xi / (2 * math.sqrt(a_s)), xi / (2 * math.sqrt(a_u))
        ice = m.k_s * (t_f - wall_c) * math.exp(-(s**2)) / (math.sqrt(math.pi * a_s) * math.erf(s))
        tissue = m.k_u * (start_c - t_f) / (math.sqrt(math.pi * a_u) * erfcx(u))
        return float(ice - tissue - 0.5 * xi * m.latent)

    front = brentq(gap, 1e-9, 1e-2, xtol=1e-16)
    s, u = front / (2 * math.sqrt(a_s)), front / (2 * math.sqrt(a_u))

    def celsius(xi: ArrayLike) -> Floats:
        x = np.asarray(xi, float)
        ice = wall_c + (t_f - wall_c) * erf(x / (2 * math.sqrt(a_s))) / math.erf(s)
        tissue = start_c - (start_c - t_f) * erfc(x / (2 * math.sqrt(a_u))) / math.erfc(u)
        return np.where(x < front, ice, tissue)

    return front, celsius


def line_sink(m: Medium, watts_per_m: float, start_c: float) -> tuple[float, Callable[[ArrayLike], Floats]]:
    """Freezing around a line that takes constant heat, sharp front (Paterson): R / sqrt(t), and T of xi."""
    t_f = m.liquidus
    a_s, a_u = m.k_s / m.c_s, m.k_u / m.c_u

    def gap(xi: float) -> float:
        s, u = xi**2 / (4 * a_s), xi**2 / (4 * a_u)
        ice = watts_per_m / (2 * math.pi) * math.exp(-s)
        tissue = 2 * m.k_u * (start_c - t_f) * math.exp(-u) / float(exp1(u))
        return ice - tissue - 0.5 * xi**2 * m.latent

    front = brentq(gap, 1e-6, 5e-3, xtol=1e-16)

    def celsius(xi: ArrayLike) -> Floats:
        x = np.asarray(xi, float)
        ice = t_f - watts_per_m / (4 * math.pi * m.k_s) * (exp1(x**2 / (4 * a_s)) - exp1(front**2 / (4 * a_s)))
        tissue = start_c - (start_c - t_f) * exp1(x**2 / (4 * a_u)) / exp1(front**2 / (4 * a_u))
        return np.where(x < front, ice, tissue)

    return front, celsius


@dataclass(frozen=True)
class ThreeZones:
    """A similarity solution with a freezing range: both edges of the range, and T of xi."""

    solidus: float
    liquidus: float
    celsius: Callable[[ArrayLike], Floats]


def line_sink_with_range(m: Medium, watts_per_m: float, start_c: float) -> ThreeZones:
    """Freezing over a range around a line that takes constant heat.

    Exponential integrals in the ice and in the tissue. In the range k falls linearly with the ice, so
    -xi/2 c_m T' = (xi k_m(T) T')' / xi is integrated outwards from the solidus; T and xi k T' are continuous.
    """
    a_s, a_u = m.k_s / m.c_s, m.k_u / m.c_u

    def across(solidus: float) -> tuple[float, float, Callable[[ArrayLike], Floats]]:
        flux = watts_per_m / (2 * math.pi) * math.exp(-(solidus**2) / (4 * a_s))
        return _range(m, solidus, flux, cylinder=True)

    def gap(solidus: float) -> float:
        liquidus, flux, _ = across(solidus)
        u = liquidus**2 / (4 * a_u)
        return flux - 2 * m.k_u * (start_c - m.liquidus) * math.exp(-u) / float(exp1(u))

    solidus = brentq(gap, 2e-4, 2e-3, xtol=1e-15)
    liquidus, _, between = across(solidus)

    def celsius(xi: ArrayLike) -> Floats:
        x = np.asarray(xi, float)
        ice = m.solidus - watts_per_m / (4 * math.pi * m.k_s) * (exp1(x**2 / (4 * a_s)) - exp1(solidus**2 / (4 * a_s)))
        tissue = start_c - (start_c - m.liquidus) * exp1(x**2 / (4 * a_u)) / exp1(liquidus**2 / (4 * a_u))
        return np.where(x < solidus, ice, np.where(x > liquidus, tissue, between(x)))

    return ThreeZones(solidus, liquidus, celsius)


def wall_with_range(m: Medium, wall_c: float, start_c: float) -> ThreeZones:
    """Freezing over a range from a wall held cold: error functions, and -xi/2 c_m T' = (k_m(T) T')' in the range."""
    a_s, a_u = m.k_s / m.c_s, m.k_u / m.c_u

    def across(solidus: float) -> tuple[float, float, Callable[[ArrayLike], Floats]]:
        s = solidus / (2 * math.sqrt(a_s))
        flux = m.k_s * (m.solidus - wall_c) * math.exp(-(s**2)) / (math.sqrt(math.pi * a_s) * math.erf(s))
        return _range(m, solidus, flux, cylinder=False)

    def gap(solidus: float) -> float:
        liquidus, flux, _ = across(solidus)
        return flux - m.k_u * (start_c - m.liquidus) / (
            math.sqrt(math.pi * a_u) * float(erfcx(liquidus / (2 * math.sqrt(a_u))))
        )

    solidus = brentq(gap, 2e-4, 2e-3, xtol=1e-15)
    liquidus, _, between = across(solidus)

    def celsius(xi: ArrayLike) -> Floats:
        x = np.asarray(xi, float)
        ice = wall_c + (m.solidus - wall_c) * erf(x / (2 * math.sqrt(a_s))) / math.erf(solidus / (2 * math.sqrt(a_s)))
        tissue = start_c - (start_c - m.liquidus) * erfc(x / (2 * math.sqrt(a_u))) / math.erfc(
            liquidus / (2 * math.sqrt(a_u))
        )
        return np.where(x < solidus, ice, np.where(x > liquidus, tissue, between(x)))

    return ThreeZones(solidus, liquidus, celsius)


def _range(
    m: Medium, solidus: float, flux: float, *, cylinder: bool
) -> tuple[float, float, Callable[[ArrayLike], Floats]]:
    """Across the freezing range, outwards: where the liquidus lies, the flux there (times xi around a line), T of xi.

    Temperature is the variable of integration, since both of its ends are known.
    """

    def rise(celsius: float, y: Floats) -> list[float]:
        xi, q = y
        per_k = m.k_m(celsius) * (xi if cylinder else 1.0) / q
        return [per_k, -0.5 * m.c_m * xi * (xi if cylinder else 1.0)]

    path = solve_ivp(rise, (m.solidus, m.liquidus), [solidus, flux], rtol=1e-12, atol=1e-16, dense_output=True)
    span = np.linspace(m.solidus, m.liquidus, 2001)
    places = path.sol(span)[0]
    return float(path.y[0, -1]), float(path.y[1, -1]), lambda xi: np.interp(xi, places, span)


# --- ice at rest in perfused tissue, where blood flows only in what is not frozen ---


def blood_length(k: float, perfusion: float, blood_heat: float) -> float:
    """How far a cold wall is felt in perfused tissue: sqrt(k / (w rho c))."""
    return math.sqrt(k / (perfusion * blood_heat))


def frozen_potential(m: Medium, wall_c: float) -> float:
    """Integral of the conductivity from a wall to the liquidus, W/m."""
    return m.k_s * (m.solidus - wall_c) + 0.5 * (m.k_s + m.k_u) * (m.liquidus - m.solidus)


def resting_cylinder(m: Medium, *, wall_c: float, radius: float, length: float, body_c: float) -> tuple[float, float]:
    """Radius of the liquidus around an endless needle, and the heat it takes per metre."""

    def outside(r: float) -> float:
        x = r / length
        return m.k_u * (body_c - m.liquidus) * x * float(k1(x) / k0(x))

    inside = frozen_potential(m, wall_c)
    r = brentq(lambda r: inside / math.log(r / radius) - outside(r), radius * 1.001, 0.2, xtol=1e-14)
    return r, 2 * math.pi * outside(r)


def resting_sphere(m: Medium, *, wall_c: float, radius: float, length: float, body_c: float) -> tuple[float, float]:
    """Radius of the liquidus around a sphere, and the heat that the sphere takes."""

    def outside(r: float) -> float:
        return m.k_u * (body_c - m.liquidus) * (r + r * r / length)

    inside = frozen_potential(m, wall_c)
    r = brentq(lambda r: inside / (1 / radius - 1 / r) - outside(r), radius * 1.001, 0.2, xtol=1e-14)
    return r, 4 * math.pi * outside(r)


def cold_sphere(r: ArrayLike, *, radius: float, length: float, wall_c: float, body_c: float) -> Floats:
    """Pennes at rest, nothing frozen, around a sphere held at a temperature."""
    r = np.asarray(r, float)
    return body_c - (body_c - wall_c) * radius / r * np.exp(-(r - radius) / length)


def cold_cylinder(r: ArrayLike, *, radius: float, length: float, wall_c: float, body_c: float) -> Floats:
    """Pennes at rest, nothing frozen, around an endless cylinder held at a temperature."""
    return np.asarray(body_c - (body_c - wall_c) * k0(np.asarray(r, float) / length) / k0(radius / length))


# --- conduction alone ---


def convective_half_space(
    depth: ArrayLike, time_s: float, *, k: float, c: float, h: float, start_c: float, gas_c: float
) -> Floats:
    """A half space whose face is swept by gas (Carslaw and Jaeger 2.7)."""
    x, a = np.asarray(depth, float), k / c
    u, v = x / (2 * math.sqrt(a * time_s)), h / k * math.sqrt(a * time_s)
    # exp(h x / k + v^2) erfc(u + v), written so that it cannot overflow
    share = erfc(u) - np.exp(-(u**2)) * erfcx(u + v)
    return np.asarray(start_c + (gas_c - start_c) * share)


def bar_with_sine_end(
    x: float, time_s: float, *, length: float, diffusivity: float, peak_c: float, omega: float, terms: int = 4000
) -> float:
    """A bar at 0 °C, one end held there, the other (x = length) at peak sin(omega t).

    T = peak sin(omega t) x / L + sum of b_n(t) sin(n pi x / L); each b_n decays and is driven by the end's rate of
    change.
    """
    n = np.arange(1, terms + 1)
    decay = diffusivity * (n * math.pi / length) ** 2
    drive = 2 * peak_c * omega * (-1.0) ** n / (n * math.pi)
    swing = decay * math.cos(omega * time_s) + omega * math.sin(omega * time_s) - decay * np.exp(-decay * time_s)
    b = drive * swing / (decay**2 + omega**2)
    return float(peak_c * math.sin(omega * time_s) * x / length + (b * np.sin(n * math.pi * x / length)).sum())
