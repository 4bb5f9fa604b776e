"""Cell death by cold: hypotheses that answer with a share of survivors, none of them proven for a patient.

Every law is monotone: colder, longer and more often never leaves more alive.
"""

from __future__ import annotations

import math

from iceball.physics.law import law


@law
def threshold_death(minimum_c: float, edge_c: float) -> float:
    """1 where the lowest temperature is at or below an edge, else 0."""
    return 1.0 if minimum_c <= edge_c else 0.0


@law
def half_after(half_c: float, shift_k: float, freezes: float, most_freezes: float) -> float:
    """Temperature that half survive, °C: each further freeze moves it up by `shift_k`, up to the `most_freezes`th.

    One slope serves all freezes. Two slopes, as fitted freeze by freeze, would cross, and beyond the crossing a second
    freeze would raise the dead.
    """
    counted = freezes if freezes < most_freezes else most_freezes
    return half_c + shift_k * (counted - 1.0 if counted > 1.0 else 0.0)


@law
def hold_survival(hold_min: float, rate: float) -> float:
    """Share that outlives a hold in deep cold: exponential decay, rate in 1/min."""
    return math.exp(-rate * hold_min) if hold_min > 0.0 else 1.0


@law
def fast_survival(minimum_c: float, cooling: float, warmest_c: float, slow: float, fast: float, lethal: float) -> float:
    """Share that escapes ice within the cells, which fast cooling brings.

    Args:
        minimum_c: lowest temperature; ice within cells only at or below `warmest_c`.
        cooling: rate through the freezing range, °C/min; NaN where it never froze through.
        warmest_c: highest temperature at which ice forms within cells.
        slow: up to this rate none has ice within, °C/min.
        fast: from this rate on all have.
        lethal: share that such ice kills.
    """
    if not (minimum_c <= warmest_c and cooling > slow):
        return 1.0
    return 1.0 - lethal * (1.0 if cooling >= fast else (cooling - slow) / (fast - slow))


@law
def survival_log_odds(minimum_c: float, half_c: float, slope: float, factor: float) -> float:
    """Log of survivors to dead: logistic in the lowest temperature, times a further share that survives.

    Args:
        minimum_c: lowest temperature, °C.
        half_c: temperature that half survive, °C.
        slope: steepness, 1/K; positive.
        factor: further share that survives (hold, ice within cells), above 0 and at most 1.
    """
    x = slope * (minimum_c - half_c)
    if factor >= 1.0:
        return x
    # factor / (1 + e^-x) as odds, written so that neither end overflows
    if x >= 0.0:
        return math.log(factor) - math.log(math.exp(-x) + 1.0 - factor)
    return math.log(factor) + x - math.log(1.0 + (1.0 - factor) * math.exp(x))


@law
def death(log_odds: float) -> float:
    """Probability of death from the log of survivors to dead."""
    if log_odds >= 0.0:
        survivors_less = math.exp(-log_odds)
        return survivors_less / (1.0 + survivors_less)
    return 1.0 / (1.0 + math.exp(log_odds))


@law
def log_odds_at(probability: float) -> float:
    """Log of survivors to dead at a probability of death between 0 and 1."""
    return math.log1p(-probability) - math.log(probability)
