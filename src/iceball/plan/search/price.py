"""What a layout of needles is worth to a search: one number in mm, smaller is better, and where it comes from."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from iceball.assessment.goals import Cover, Spare
from iceball.plan.rules import rule
from iceball.plan.search.asked import Answer
from iceball.plan.search.looks import apart
from iceball.plan.ways.survey import CROSSES, Floats, Ways
from iceball.plan.ways.together import uneven_mm

LONGEST_MM = 180.0
"""So far from the tips shafts are kept apart: where the handles of the usual needles begin."""


@dataclass(frozen=True)
class Price:
    """The price of a layout, in mm.

    Attributes:
        goals: for goals that are missed.
        rules: for shafts that a rule closes, and for neighbours too close or too far.
        ways: for the ways and the needles.
        ice: for healthy tissue frozen, less what the margin is worth.
        healthy_ml: frozen beside the target; NaN where no run has told.
        missed: goals that are not met, in words.
    """

    goals: float
    rules: float
    ways: float
    ice: float
    healthy_ml: float
    missed: tuple[str, ...]

    @property
    def hoped(self) -> float:
        """What it would be if the goals that are missed by little were met."""
        return self.total - (self.goals if self.goals < len(self.missed) * _worth("nearly_met_mm") else 0.0)

    @property
    def total(self) -> float:
        """All of it."""
        return self.goals + self.rules + self.ways + self.ice


def price_of(
    answer: Answer,
    goals: tuple[Cover | Spare, ...],
    ways: Ways,
    *,
    healthy_ml: float = math.nan,
    p10_mm: float = math.nan,
    floor_mm: float = math.nan,
    nominal: bool = False,
    doubt_k: float | None = None,
) -> Price:
    """The price of needles along `ways` with what a sketch or a run says of their ice.

    Args:
        answer: of the sketch or the run.
        goals: that were asked.
        ways: of the needles.
        healthy_ml: frozen beside the target, where a run has told.
        p10_mm: the margin that is kept in nine of ten placements; it counts instead of the nominal one where known.
        floor_mm: what was kept at the beginning; to keep less of it has a price of its own.
        nominal: whether the margin of the run itself is sought: then each mm of it counts the same.
        doubt_k: a goal that is met by less than this is paid for in part, since finer cells may lose it; None takes
            the data file's, which is meant for runs.
    """
    doubt_k = _worth("run_doubt_k") if doubt_k is None else doubt_k
    missed = [(goal, lacks) for goal, lacks in zip(goals, answer.lacks_k, strict=True) if lacks > 0]
    short = sum(_worth("missed_goal_mm") + _worth("missed_mm_per_k") * lacks for _, lacks in missed)
    short += sum(_worth("missed_mm_per_k") * min(max(lacks + doubt_k, 0.0), doubt_k) for lacks in answer.lacks_k)
    ice = _ice(answer, goals, answer.margin_mm if nominal else p10_mm, floor_mm, healthy_ml, beyond=nominal)
    way_mm = float(np.nan_to_num(ways.costs_mm.sum(axis=1)).mean()) + uneven_mm(ways.tips_mm, ways.outs)
    path = _worth("way_share") * way_mm
    path += _worth("one_more_needle_mm") * len(ways) + _leaning(ways.outs)
    return Price(short, _rules(ways), path, ice, healthy_ml, tuple(str(goal) for goal, _ in missed))


def repriced(
    price: Price, answer: Answer, goals: tuple[Cover | Spare, ...], p10_mm: float, floor_mm: float = math.nan
) -> Price:
    """The price of the same needles once more is known of the margin that they keep."""
    return replace(price, ice=_ice(answer, goals, p10_mm, floor_mm, price.healthy_ml))


def _ice(
    answer: Answer,
    goals: tuple[Cover | Spare, ...],
    p10_mm: float,
    floor_mm: float,
    healthy_ml: float,
    *,
    beyond: bool = False,
) -> float:
    healthy = 0.0 if math.isnan(healthy_ml) else _worth("healthy_mm_per_ml") * healthy_ml
    less = float(np.nan_to_num(max(floor_mm - p10_mm, 0.0)))
    share = 1.0 if beyond else _worth("beyond_share")
    return healthy + _worth("kept_less_mm_per_mm") * less - _worth_of(answer, goals, p10_mm, share)


def _worth_of(answer: Answer, goals: tuple[Cover | Spare, ...], p10_mm: float, beyond_share: float) -> float:
    """What the margin is worth, in mm; where no goal covers a whole structure, what its goals have to spare."""
    covers = [(g, lacks) for g, lacks in zip(goals, answer.lacks_k, strict=True) if isinstance(g, Cover)]
    if covers and all(g.fraction < 1 for g, _ in covers):
        spare = min(-lacks for _, lacks in covers) * _worth("missed_mm_per_k")
        return min(spare, _worth("enough_mm"))
    asked = max((g.margin_mm for g, _ in covers if g.below >= -5), default=0.0)
    sure = answer.margin_mm - _worth("enough_mm") if math.isnan(p10_mm) else p10_mm
    return sure if sure < asked else asked + beyond_share * (sure - asked)


def _rules(ways: Ways) -> float:
    """For closed shafts, the nearer to open the less; for neighbours too close, at their tips or outside the skin."""
    need = float(rule("path", "clearance_mm"))
    deficit = np.clip(need - ways.gap_mm, 0.0, need + 10.0)
    total = _worth("closed_shaft_mm") * float(ways.closed.sum()) + _worth("closed_mm_per_mm") * float(
        deficit[ways.closed[:, CROSSES]].sum()
    )
    if len(ways) > 1:
        offset = ways.tips_mm[:, None] - ways.tips_mm[None, :]
        axis = ways.outs.mean(axis=0) / np.linalg.norm(ways.outs.mean(axis=0))
        beside = offset - (offset @ axis)[..., None] * axis
        gaps = np.linalg.norm(beside, axis=2)
        np.fill_diagonal(gaps, np.inf)
        least, widest = float(rule("rule", "smallest_spacing_mm")), float(rule("rule", "largest_spacing_mm"))
        total += _worth("crowded_mm_per_mm") * float(np.clip(least - gaps, 0, None).sum()) / 2 + float(
            np.clip(gaps.min(axis=1) - widest, 0, None).sum()
        )
        near = np.clip(_worth("shafts_apart_mm") - _apart_mm(ways), 0.0, None)
        total += _worth("closed_mm_per_mm") * float(near.sum()) + _worth("closed_shaft_mm") * float((near > 0).sum())
    return total


def _apart_mm(ways: Ways) -> Floats:
    """Of each pair of needles the least gap of their axes, shape (pairs,)."""
    gaps = np.empty(len(ways) * (len(ways) - 1) // 2)
    apart(np.ascontiguousarray(ways.tips_mm, float), np.ascontiguousarray(ways.outs, float), LONGEST_MM, gaps)
    return gaps


def _leaning(outs: Floats) -> float:
    """For needles that are not parallel: the mean lean off their common direction, and each pair beyond the limit."""
    if len(outs) < 2:
        return 0.0
    middle = outs.mean(axis=0)
    lean = np.degrees(np.arccos(np.clip(outs @ middle / np.sqrt(middle @ middle), -1.0, 1.0)))
    apart = np.degrees(np.arccos(np.clip(outs @ outs.T, -1.0, 1.0)))
    beyond = np.clip(apart - _worth("convergence_deg"), 0.0, None).sum() / 2
    return _worth("lean_mm_per_degree") * float(lean.mean()) + _worth("convergence_mm_per_degree") * float(beyond)


def _worth(name: str) -> float:
    return float(rule("search", name))
