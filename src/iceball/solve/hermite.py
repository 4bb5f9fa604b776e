"""The path of a cell inside a step: a cubic through its enthalpy and its rate at both ends.

Enthalpy, not temperature, because its rate is what the solver knows, and because it has no kink where a cell begins to
freeze. A step is written in s from 0 to 1; slopes are per step (dt times the rate).

A cell beside a needle, or one that has just frozen through or has a neighbour that has, follows its neighbours within a
fraction of a step, and its rate at the end of a step holds what the stages have not damped yet. Taken at its word, such
a rate makes a wave that never was: beside a needle some 3 K deep. So a rate is doubted where the other one is much
closer to what the step did to the cell, and is then replaced by that of a parabola through both values with the other
rate. A path may turn only where the rates change their sign; between rates of one sign it is kept monotone (Fritsch and
Carlson, SIAM J. Numer. Anal. 17, 238, 1980).
"""

from __future__ import annotations

import math

from iceball.physics.law import law

NEWTON = 40
LIKE = 0.25
"""A rate is doubted if the other is closer than this share of its own distance to the mean rate of the step. A parabola
has 1 and an exponential of one time constant a step 0.7; false rates were seen with 0.02 to 0.19."""
CLOSE = 1e-7
"""A crossing is known to this share of a step."""


@law
def limited(u: float, v: float, d0: float, d1: float) -> tuple[float, float]:
    """The slopes at both ends of a path from `u` to `v`, without waves that are not believed."""
    rise = v - u
    turns = d0 * d1 < 0.0
    off0, off1 = abs(d0 - rise), abs(d1 - rise)
    if off1 < LIKE * off0:
        d0 = _instead(d0, 2.0 * rise - d1, rise, turns)
    elif off0 < LIKE * off1:
        d1 = _instead(d1, 2.0 * rise - d0, rise, turns)
    if turns and d0 * d1 < 0.0:
        return d0, d1
    if d0 * rise <= 0.0:
        d0 = 0.0
    if d1 * rise <= 0.0:
        d1 = 0.0
    steep = math.sqrt(d0 * d0 + d1 * d1)
    if steep > 3.0 * abs(rise):
        less = 3.0 * abs(rise) / steep
        return less * d0, less * d1
    return d0, d1


@law
def _instead(doubted: float, parabola: float, rise: float, turns: bool) -> float:
    """What is put for a doubted slope: a path that turned may turn less, one that did not may not begin to."""
    if turns:
        if doubted * parabola <= 0.0:
            return 0.0
        return doubted if abs(doubted) < abs(parabola) else parabola
    return parabola if parabola * rise > 0.0 else 0.0


@law
def along(s: float, u: float, v: float, d0: float, d1: float) -> float:
    """Value at `s`."""
    rise = v - u
    return u + s * (d0 + s * ((3.0 * rise - 2.0 * d0 - d1) + s * (d0 + d1 - 2.0 * rise)))


@law
def turning(u: float, v: float, d0: float, d1: float) -> float:
    """Where a path whose slopes have opposite signs turns; 1 for every other path."""
    if d0 * d1 >= 0.0:
        return 1.0
    sign = 1.0 if d0 < 0.0 else -1.0
    c = sign * d0
    b = sign * (3.0 * (v - u) - 2.0 * d0 - d1)
    a = 3.0 * sign * (d0 + d1 - 2.0 * (v - u))
    root = math.sqrt(b * b - a * c)
    # of the two forms of the root the one that does not subtract what is nearly equal
    return -c / (b + root) if b > 0.0 else (root - b) / a


@law
def crossing(level: float, u: float, v: float, d0: float, d1: float, start: float, end: float) -> float:
    """Where the path takes `level` between `start` and `end`; it is monotone there and lies on both sides."""
    rise = v - u
    b, a = 3.0 * rise - 2.0 * d0 - d1, d0 + d1 - 2.0 * rise
    low, high = start, end
    f_low, f_high = along(start, u, v, d0, d1) - level, along(end, u, v, d0, d1) - level
    if f_low == f_high:
        return 0.5 * (low + high)
    falls = f_low > f_high
    s = low + (high - low) * min(1.0, max(0.0, f_low / (f_low - f_high)))
    for _ in range(NEWTON):
        f = u - level + s * (d0 + s * (b + s * a))
        if (f > 0.0) == falls:
            low = s
        else:
            high = s
        slope = d0 + s * (2.0 * b + s * 3.0 * a)
        there = s - f / slope if slope != 0.0 else low - 1.0
        if not low <= there <= high:
            there = 0.5 * (low + high)
        if abs(there - s) < CLOSE:
            return there
        s = there
    return s
