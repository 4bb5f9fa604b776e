"""Competing hypotheses of cell death, measured on a run: volumes, coverage, the least certain place of the target."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from iceball.assessment.assessment import Death, Range
from iceball.assessment.cold import ColdMap
from iceball.assessment.died import Died, depth_in_ice_mm, died
from iceball.assessment.hypotheses import Hypothesis
from iceball.assessment.part import Part
from iceball.solve.history import Field, History
from iceball.solve.share import cells_within
from iceball.space.distance import interpolate
from iceball.space.window import cut

VOLUME_AT = (0.5, 0.9, 0.99)
COVERAGE_AT = (0.5, 0.9)


def deaths(
    history: History, shown: Sequence[Hypothesis], cold: ColdMap, target: Part, margin_mm: float | None
) -> tuple[Death, ...]:
    """Every hypothesis measured; the first of `shown` leads.

    Args:
        history: the run.
        shown: in the order of the table.
        cold: the map of the run's lowest temperature.
        target: the target on it.
        margin_mm: smallest ice margin at 0 °C, or None without one.
    """
    target_ml = cold.tissue_ml(target.inside, target.block)
    inside = depth_in_ice_mm(cold) if any(h.form == "rim" for h in shown) else None
    found: list[Death] = []
    for hypothesis in shown:
        leads = not found
        if hypothesis.form == "rim":
            assert inside is not None
            found.append(_by_rim(hypothesis, inside, cold, target, target_ml, margin_mm, leads=leads))
        else:
            found.append(_by_cold(hypothesis, died(history, hypothesis, cold), target, target_ml, leads=leads))
    return tuple(found)


def _by_cold(
    hypothesis: Hypothesis, ends: tuple[Died, Died, Died], target: Part, target_ml: float, *, leads: bool
) -> Death:
    parts = [target.on(end.map) for end in ends]

    def share(probability: float) -> Range:
        return _range(_share_below(part, end, probability, target_ml) for part, end in zip(parts, ends, strict=True))

    warmest = [part.highest(end.map) for part, end in zip(parts, ends, strict=True)]
    least = [end.probability(w) for end, w in zip(ends, warmest, strict=True) if w is not None]
    return Death(
        name=hypothesis.name,
        label=hypothesis.label,
        form=hypothesis.form,
        leads=leads,
        assumed=hypothesis.assumed,
        volumes_ml={f"{p:g}": _range(end.map.volume_ml(end.level_c(p)) for end in ends) for p in VOLUME_AT},
        coverage={f"{p:g}": share(p) for p in COVERAGE_AT},
        lowest_in_target=_range(least) if least else None,
    )


def _share_below(part: Part, end: Died, probability: float, target_ml: float) -> float:
    level = end.level_c(probability)
    if target_ml > 0:
        return min(1.0, end.map.below_ml(level, part.inside, part.block) / target_ml)
    _, values = part.seed_samples(end.map)
    return float((values <= level).mean()) if values.size else 0.0


def _by_rim(
    hypothesis: Hypothesis,
    inside: Field,
    cold: ColdMap,
    target: Part,
    target_ml: float,
    margin_mm: float | None,
    *,
    leads: bool,
) -> Death:
    rim = hypothesis.numbers["rim_mm"]
    widths = (rim.high, rim.value, rim.low)
    volume = _range(cells_within(cold.tissue, inside - np.float32(w)) * cold.grid.voxel_ml for w in widths)
    share = _range(_share_within(inside - np.float32(w), cold, target, target_ml) for w in widths)
    return Death(
        name=hypothesis.name,
        label=hypothesis.label,
        form=hypothesis.form,
        leads=leads,
        assumed=hypothesis.assumed,
        volumes_ml={f"{p:g}": volume for p in VOLUME_AT},
        coverage={f"{p:g}": share for p in COVERAGE_AT},
        lowest_in_target=Range(*(float(s >= 1 - 1e-9) for s in (share.value, share.low, share.high))),
        margin_mm=None
        if margin_mm is None
        else Range(margin_mm - rim.value, margin_mm - rim.high, margin_mm - rim.low),
    )


def _share_within(inside: Field, cold: ColdMap, target: Part, target_ml: float) -> float:
    outside = float(inside.min())
    if target_ml > 0:
        there = cut(inside, target.block, fill=outside)
        counts = cut(cold.tissue, target.block, fill=True)
        return min(1.0, cells_within(counts, there, target.inside) * cold.grid.voxel_ml / target_ml)
    points, _ = target.seed_samples(cold)
    return float((interpolate(inside, cold.grid, points, outside=outside) >= 0).mean()) if len(points) else 0.0


def _range(values: Iterable[float]) -> Range:
    """Of low, nominal and high; an end that interpolation put beyond the nominal number is drawn back to it."""
    low, value, high = values
    return Range(value, min(low, value), max(high, value))
