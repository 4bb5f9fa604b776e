"""The spread of every number over an ensemble: percentiles, chances that goals are met, and what matters most."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from iceball.assessment.assessment import Assessment
from iceball.space import Grid

COLD_C = -20.0
"""The temperature whose probability is mapped."""
LOW, MIDDLE, HIGH = 0.1, 0.5, 0.9
CONFIDENCE = 0.9
"""Of the range that the sampling error of a percentile is told by."""


@dataclass(frozen=True)
class Band:
    """10th, 50th and 90th percentile of one number; None where that percentile falls on members without the number.

    Attributes:
        p10, p50, p90: the percentiles.
        p10_low, p10_high: where the 10th percentile of endless many members lies, in nine of ten ensembles like this.
        without: how many members do not have the number: no ice at that temperature.
    """

    p10: float | None
    p50: float | None
    p90: float | None
    p10_low: float | None
    p10_high: float | None
    without: int = 0


@dataclass(frozen=True)
class Share:
    """How much of a number's variance one input alone explains, 0 to 1, and whether that is more than chance gives."""

    input: str
    share: float
    certain: bool


@dataclass(frozen=True, eq=False)
class Spread:
    """What an ensemble says of an assessment. Its 80 % band of a number is p10 to p90.

    Attributes:
        members: how many runs it rests on.
        seed: of the draws.
        spacing_mm: of the members' cells.
        bands: by the number's name, as in `Assessment.numbers()`, and `min_temperature_c.<structure>`.
        goals: per goal the share of members that meet it; None where it is not assessed.
        goal_bands: per goal the band of its value; None where it has none.
        matters: for some numbers the inputs that explain most of their variance, largest first.
        inputs: how far each input was varied.
        made_for: hash of the run, goals and structures that it belongs to.
        notes: what a reader must know of it.
        grid, probability: share of members below -20 °C somewhere in the protocol, per cell; None where not at hand.
    """

    members: int
    seed: int
    spacing_mm: float
    bands: Mapping[str, Band]
    goals: tuple[float | None, ...]
    goal_bands: tuple[Band | None, ...]
    matters: Mapping[str, tuple[Share, ...]]
    inputs: Mapping[str, float]
    made_for: str
    notes: tuple[str, ...] = ()
    grid: Grid | None = None
    probability: NDArray[np.float32] | None = field(default=None)


def numbers_of(a: Assessment) -> dict[str, float]:
    """Every number that gets a band: the headline numbers and each structure's lowest temperature."""
    return {**a.numbers(), **{f"min_temperature_c.{s.name}": s.min_temperature_c for s in a.structures}}


def member_numbers(a: Assessment) -> dict[str, float]:
    """The same of one member. Where its outline happens to have no face at the capsule, all of the surface counts."""
    whole = {
        f"margins_mm.{t}.without_capsule": m.min_mm
        for t, m in a.margins_mm.items()
        if m.capsule_fraction == 0 and m.min_mm is not None
    }
    return {**numbers_of(a), **whole}


def without(name: str) -> float:
    """What stands for a number that a member does not have, so that it can be ranked: no ice is the worst of margins
    and the best of distances.
    """
    return math.inf if name.startswith("distance_to_0c_mm") else -math.inf


def controlled(name: str, member: float, coarse: float, fine: float, *, body_c: float = 37.0) -> float:
    """A member's number freed of what the members' coarse cells do to it: the control variate.

    Both the member and the nominal run were made on coarse cells, so what they do to both cancels: a difference for
    lengths and temperatures, a ratio for volumes (never negative). Coverage stays between 0 and 1 and no temperature
    passes the body's. Where one of them lacks the number the member stays as it is.
    """
    if not (math.isfinite(member) and math.isfinite(coarse) and math.isfinite(fine)):
        return member
    if name.startswith("volumes_ml"):
        return fine * (member / coarse) if coarse > 0 else max(member + fine, 0.0)
    moved = (member - coarse) + fine
    if name.startswith("coverage"):
        return min(max(moved, 0.0), 1.0)
    return min(moved, max(body_c, fine)) if name.startswith("min_temperature_c") else moved


def quantile(values: Sequence[float] | NDArray[np.float64], share: float) -> float | None:
    """The value that a further member stays below with probability `share`: of N members the (N + 1) share-th.

    This rule (Weibull's) makes P10 to P90 hold a further member in 80 % of cases whatever the distribution, also with
    few members, where the usual one holds it less often. None where the place falls on a member without the number.
    """
    ordered = np.sort(np.asarray(values, float))
    place = min(max(share * (len(ordered) + 1) - 1, 0.0), len(ordered) - 1.0)
    low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
    if not (math.isfinite(low) and math.isfinite(high)):
        return None
    return float(low + (place - math.floor(place)) * (high - low))


def band(values: Sequence[float] | NDArray[np.float64]) -> Band:
    """The band of one number over the members; infinite values stand for members without it."""
    from scipy.stats import binom

    ordered = np.sort(np.asarray(values, float))
    count = len(ordered)
    # The k-th lowest lies below the true P10 as often as at least k of N members do.
    tail = (1 - CONFIDENCE) / 2
    below, above = int(binom.ppf(tail, count, LOW)), int(binom.ppf(1 - tail, count, LOW))
    ends = ordered[max(below - 1, 0)], ordered[min(above, count - 1)]
    lowest, highest = (float(v) if math.isfinite(v) else None for v in ends)
    return Band(
        quantile(ordered, LOW),
        quantile(ordered, MIDDLE),
        quantile(ordered, HIGH),
        lowest,
        highest,
        int(np.count_nonzero(~np.isfinite(ordered))),
    )


def chance(met: Sequence[bool | None]) -> float | None:
    """Share of members that meet a goal; None where any could not be assessed."""
    return None if not met or any(m is None for m in met) else sum(bool(m) for m in met) / len(met)
