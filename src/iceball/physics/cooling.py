"""Needles: how the coolant changes and how much heat the needle takes."""

from __future__ import annotations

import math

from iceball.physics.heat import conductivity, potential
from iceball.physics.law import Row, law


@law
def coolant(elapsed_s: float, from_c: float, to_c: float, time_constant_s: float, ramp_s: float) -> float:
    """Coolant temperature after a change of setting: along a ramp, or an exponential approach, or at once."""
    if elapsed_s < ramp_s:
        return from_c + (to_c - from_c) * elapsed_s / ramp_s
    if time_constant_s <= 0.0:
        return to_c
    return to_c + (from_c - to_c) * math.exp(-elapsed_s / time_constant_s)


@law
def line_potential(along: float, across: float, length: float) -> float:
    """Potential of a segment with unit strength per length: (1 / 4 pi) of the integral of 1 / distance.

    Args:
        along: distance from the segment's middle, along it.
        across: distance from its axis; not 0 on the segment itself.
        length: the segment's length.
    """
    near, far = along - 0.5 * length, along + 0.5 * length
    if near < 0.0:
        if far <= 0.0:
            near, far = -far, -near
        else:
            return (math.asinh(far / across) + math.asinh(-near / across)) / (4.0 * math.pi)
    # beyond an end both terms are large and nearly equal: their difference as one logarithm
    return math.log((far + math.hypot(far, across)) / (near + math.hypot(near, across))) / (4.0 * math.pi)


@law
def wall_temperature(theta_ring: float, drop: float, coolant_c: float, film: float, m: Row) -> float:
    """Temperature of a needle's wall between tissue and coolant, °C.

    Solves (theta_ring - theta(T)) / drop = film (T - coolant) for T.

    Args:
        theta_ring: potential of the tissue around the needle, W/m.
        drop: potential difference between wall and ring for unit strength.
        coolant_c: temperature of the coolant.
        film: 2 pi r h, W/m/K; infinite where the wall has the coolant's temperature.
        m: the tissue's row.
    """
    if math.isinf(film):
        return coolant_c
    # theta(T) rises with T, so the residual falls monotonically: Newton inside a shrinking bracket cannot miss
    low, high = coolant_c, coolant_c
    residual = (theta_ring - potential(coolant_c, m)) / drop
    if residual > 0.0:
        high = 200.0
    else:
        low = -273.0
    celsius = coolant_c + residual / (film + conductivity(coolant_c, m) / drop)
    for _ in range(60):
        if not low < celsius < high:
            celsius = 0.5 * (low + high)
        residual = (theta_ring - potential(celsius, m)) / drop - film * (celsius - coolant_c)
        if residual > 0.0:
            low = celsius
        else:
            high = celsius
        step = residual / (film + conductivity(celsius, m) / drop)
        celsius += step
        if abs(step) < 1e-9:
            break
    return celsius


@law
def wall_flux(celsius: float, ambient_c: float, h: float, half_m: float, m: Row) -> float:
    """Heat flux in W/m2 into a cell through half of it and a film h to gas at `ambient_c`.

    Both flows meet at the cell's surface; where it or the cell is in ice, its temperature is solved for.
    """
    if h <= 0.0:
        return 0.0
    flux = (ambient_c - celsius) / (half_m / m.warm_k + 1.0 / h)
    if celsius >= m.liquidus and celsius + flux * half_m / m.warm_k >= m.liquidus:
        return flux
    return h * (ambient_c - wall_temperature(potential(celsius, m), half_m, ambient_c, h, m))
