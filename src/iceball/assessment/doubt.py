"""How far each headline number may be off: by half a voxel, and by what is not known of flow and probe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from iceball.assessment.assessment import Assessment, Doubt

GRID = "grid"
# Which doubt a variant stands for; a variant of any other name counts as one of flow.
PROBE_VARIANTS = ("chart_like",)


def grid_doubt(
    numbers: Mapping[str, float],
    *,
    half_voxel_mm: float,
    volume_ml: Mapping[str, float],
    coverage: Mapping[str, float],
) -> dict[str, Doubt]:
    """Each number give or take half a voxel.

    Args:
        numbers: `Assessment.numbers()`.
        half_voxel_mm: tolerance of every distance.
        volume_ml: tolerance of the volumes, by temperature.
        coverage: tolerance of the coverages, by temperature.
    """
    out = {}
    for name, value in numbers.items():
        kind, _, key = name.partition(".")
        if kind == "volumes_ml":
            low, high = max(value - volume_ml[key], 0.0), value + volume_ml[key]
        elif kind == "coverage":
            low, high = max(value - coverage[key], 0.0), min(value + coverage[key], 1.0)
        else:
            low, high = value - half_voxel_mm, value + half_voxel_mm
        out[name] = Doubt(low, high, GRID)
    return out


def with_variants(nominal: Assessment, variants: Mapping[str, Assessment]) -> Assessment:
    """The same assessment with variants, its doubts widened to hold their numbers.

    The kind of a doubt is the one that reaches farthest: "grid", "flow" or "probe". A number that a variant does not
    have (no isotherm) is named in the notes, since no range can hold it.
    """
    bare = {name: replace(v, variants={}) for name, v in variants.items()}
    doubts, notes = {}, list(nominal.notes)
    theirs = {name: v.numbers() for name, v in bare.items()}
    for number, value in nominal.numbers().items():
        doubt = nominal.doubt[number]
        low, high, kind = doubt.low, doubt.high, doubt.kind
        reach = max(value - low, high - value)
        for name, numbers in theirs.items():
            if number not in numbers:
                notes.append(f"{name} has no {number}: its doubt is wider than shown")
                continue
            other = numbers[number]
            low, high = min(low, other), max(high, other)
            if abs(other - value) > reach:
                reach, kind = abs(other - value), "probe" if name in PROBE_VARIANTS else "flow"
        doubts[number] = Doubt(low, high, kind)
    return replace(nominal, variants=bare, doubt=doubts, notes=tuple(dict.fromkeys(notes)))
