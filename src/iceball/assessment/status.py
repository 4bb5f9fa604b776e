"""How a structure stands to what it shall keep: one colour and the words beside it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from iceball.assessment.assessment import Assessment, AtRisk
    from iceball.assessment.spread import Spread

Colour = Literal["green", "amber", "red", "grey"]
SURE = 0.9
"""Of the runs of a spread must keep a goal for it to be met at P10."""
MET, NOMINAL, UNMET = "met at P10", "met nominally only", "NOT MET"
NO_SPREAD = "met nominally, no spread made"
NO_BAND = "met nominally, no P10 known"
NO_LIMIT = "no limit known"
NOT_ASSESSED = "NOT ASSESSED"


@dataclass(frozen=True)
class Status:
    """Green: kept by nine runs in ten. Amber: by the judged run only. Red: not kept. Grey: nobody can say."""

    colour: Colour
    words: str

    @property
    def short(self) -> str:
        """The words where room is scarce; "" where no limit is known."""
        return "" if self.words == NO_LIMIT else self.words.partition(",")[0]


@dataclass(frozen=True)
class _Kept:
    """One thing that a structure shall keep: by the judged run, and by the spread (None: not known)."""

    nominal: bool | None
    p10: bool | None


def status_of(a: Assessment, s: AtRisk) -> Status:
    """How a structure stands to its hard limit (its alarm where it has no other) and to the goals that spare it."""
    kept = [*_limits(a.spread, s), *_goals(a, s)]
    if not kept:
        return Status("grey", NO_LIMIT)
    if any(k.nominal is False for k in kept):
        return Status("red", UNMET)
    if any(k.nominal is None for k in kept):
        return Status("grey", NOT_ASSESSED)
    if a.spread is None:
        return Status("amber", NO_SPREAD)
    if all(k.p10 for k in kept):
        return Status("green", MET)
    return Status("amber", NO_BAND if all(k.p10 is not False for k in kept) else NOMINAL)


def _limits(spread: Spread | None, s: AtRisk) -> list[_Kept]:
    """The hard limit; where there is none the alarm."""
    stops = (s.stop_c, s.stop_mm)
    celsius, distance = stops if any(v is not None for v in stops) else (s.alarm_c, s.alarm_mm)
    kept = []
    if celsius is not None:
        p10 = _p10(spread, f"min_temperature_c.{s.name}", lambda v: v >= celsius)
        kept.append(_Kept(s.min_temperature_c >= celsius, p10))
    if distance is not None:
        nominal = s.distance_to_0c_mm is None or s.distance_to_0c_mm >= distance
        # without ice in any run there is no distance, and no harm
        p10 = True if s.distance_to_0c_mm is None and spread is not None else None
        banded = _p10(spread, f"distance_to_0c_mm.{s.name}", lambda v: v >= distance)
        kept.append(_Kept(nominal, p10 if banded is None else banded))
    return kept


def _p10(spread: Spread | None, name: str, holds: Callable[[float], bool]) -> bool | None:
    band = None if spread is None else spread.bands.get(name)
    if band is None:
        return None
    # A percentile that falls on runs without ice has no number: the distance there is endless.
    lowest = band.p10 if band.p10 is not None else band.p10_low
    return holds(math.inf if lowest is None else lowest)


def _goals(a: Assessment, s: AtRisk) -> list[_Kept]:
    """The goals that spare it, alone or with its group."""
    shares = a.spread.goals if a.spread is not None else (None,) * len(a.goals)
    return [
        _Kept(v.met, None if share is None else share >= SURE)
        for v, share in zip(a.goals, shares, strict=True)
        if v.goal in s.goals
    ]
