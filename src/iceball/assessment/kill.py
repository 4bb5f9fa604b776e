"""Competing hypotheses of cell death, measured on a run: volumes, coverage, the least certain place of the target."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import cache

import numpy as np

from iceball.assessment.assessment import Death, Margin, Range
from iceball.assessment.cold import ColdMap, Isotherm
from iceball.assessment.died import Died, depth_in_ice_mm, died
from iceball.assessment.hypotheses import Hypothesis
from iceball.assessment.margin import Skin, least_margin_mm, margin, measured
from iceball.assessment.part import Part
from iceball.solve.history import Field, History
from iceball.solve.share import cells_within
from iceball.space.distance import interpolate
from iceball.space.window import cut, whole

VOLUME_AT = (0.5, 0.9, 0.99)
COVERAGE_AT = (0.5, 0.9)


def deaths(
    history: History,
    shown: Sequence[Hypothesis],
    cold: ColdMap,
    target: Part,
    skin: Skin,
    ice: Isotherm,
    pool: Executor,
) -> Iterator[Death]:
    """Every hypothesis measured; the first of `shown` leads.

    Args:
        history: the run.
        shown: in the order of the table.
        cold: the map of the run's lowest temperature.
        target: the target on it.
        skin: the target's surface.
        ice: the isotherm at 0 °C.
        pool: measures several at a time.
    """
    target_ml = target.tissue_ml
    # begun before those that wait for it
    inside = pool.submit(depth_in_ice_mm, cold) if any(h.form == "rim" for h in shown) else None

    def measure(hypothesis: Hypothesis) -> Death:
        leads = hypothesis is shown[0]
        if inside is not None and hypothesis.form == "rim":
            return _by_rim(hypothesis, inside.result(), cold, target, target_ml, skin, ice, leads=leads)
        return _by_cold(hypothesis, died(history, hypothesis, cold), target, target_ml, skin, leads=leads)

    return pool.map(measure, shown)


def _by_cold(
    hypothesis: Hypothesis, ends: tuple[Died, Died, Died], target: Part, target_ml: float, skin: Skin, *, leads: bool
) -> Death:
    parts = [target.on(end.map) for end in ends]
    levels = {p: tuple(end.level_c(p) for end in ends) for p in VOLUME_AT}

    @cache
    def share(levels: tuple[float, ...]) -> Range:
        of = zip(parts, ends, levels, strict=True)
        return _range(_share_below(part, end, level, target_ml) for part, end, level in of)

    warmest = [part.highest(end.map) for part, end in zip(parts, ends, strict=True)]
    least = [end.probability(w) for end, w in zip(ends, warmest, strict=True) if w is not None]
    return Death(
        name=hypothesis.name,
        label=hypothesis.label,
        form=hypothesis.form,
        leads=leads,
        assumed=hypothesis.assumed,
        volumes_ml={
            f"{p:g}": _range(end.map.volume_ml(level) for end, level in zip(ends, levels[p], strict=True))
            for p in VOLUME_AT
        },
        coverage={f"{p:g}": share(levels[p]) for p in COVERAGE_AT},
        lowest_in_target=_range(least) if least else None,
        margins_mm=_margins(ends[1], skin),
        margin_ends_mm={
            f"{p:g}": (_least(ends[0], levels[p][0], skin), _least(ends[2], levels[p][2], skin)) for p in COVERAGE_AT
        },
    )


def _least(end: Died, level: float, skin: Skin) -> float | None:
    return least_margin_mm(skin, end.map.isotherm(level))


def _margins(end: Died, skin: Skin) -> dict[str, Margin]:
    """The margin to where the probability of death is at least 0.5 and 0.9, measured once where both are one level."""
    levels = {p: end.level_c(p) for p in COVERAGE_AT}
    surfaces = {level: end.map.isotherm(level) for level in levels.values()}
    found = {level: margin(skin, surface)[0] for level, surface in surfaces.items()}
    out = {}
    for p, level in levels.items():
        out[f"{p:g}"] = found[level]
        if surfaces[level].missing:
            # in words of death, not of the temperature that stands for it
            where = "everywhere" if end.map.volume_ml(level) > 0 else "nowhere"
            out[f"{p:g}"] = replace(found[level], reason=f"{where} is the modelled probability of death {p:g} or more")
    return out


def _share_below(part: Part, end: Died, level: float, target_ml: float) -> float:
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
    skin: Skin,
    ice: Isotherm,
    *,
    leads: bool,
) -> Death:
    rim = hypothesis.numbers["rim_mm"]
    widths = (rim.high, rim.value, rim.low)
    block = cold.block_below(0.0) or whole(cold.grid)

    @cache
    def volume(width_mm: float) -> float:
        return cells_within(cold.tissue[block], inside[block] - np.float32(width_mm)) * cold.grid.voxel_ml

    @cache
    def share(width_mm: float) -> float:
        return _share_within(inside - np.float32(width_mm), cold, target, target_ml)

    volumes, shares = _range(volume(w) for w in widths), _range(share(w) for w in widths)
    less = _less(skin, ice, rim.value)
    ends = (
        (None, None) if less.min_mm is None else (less.min_mm + rim.value - rim.high, less.min_mm + rim.value - rim.low)
    )
    return Death(
        name=hypothesis.name,
        label=hypothesis.label,
        form=hypothesis.form,
        leads=leads,
        assumed=hypothesis.assumed,
        volumes_ml={f"{p:g}": volumes for p in VOLUME_AT},
        coverage={f"{p:g}": shares for p in COVERAGE_AT},
        lowest_in_target=Range(*(float(s >= 1 - 1e-9) for s in (shares.value, shares.low, shares.high))),
        margins_mm={f"{p:g}": less for p in COVERAGE_AT},
        margin_ends_mm={f"{p:g}": ends for p in COVERAGE_AT},
    )


def _less(skin: Skin, ice: Isotherm, rim_mm: float) -> Margin:
    """The ice margin less a rim that survives."""
    if ice.missing:
        return margin(skin, ice)[0]
    return measured(skin, skin.margins_mm(ice) - rim_mm)


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
