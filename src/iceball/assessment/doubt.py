"""How far each headline number may be off: by the grid, by half a voxel, by what is not known of flow and probe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from iceball.assessment.assessment import Assessment, Doubt

GRID, NUMERICAL = "grid", "numerical"
# Which doubt a variant stands for; a variant of any other name counts as one of flow.
KINDS = {"chart_like": "probe", "low_h": "h", "high_h": "h", "thin_pocket": "pocket"}


def own_doubt(
    numbers: Mapping[str, float],
    *,
    half_voxel: Mapping[str, float],
    numerical: Mapping[str, float],
) -> dict[str, Doubt]:
    """Each number give or take what the run itself leaves open.

    Where a structure's surface matters, that is half a voxel ("grid") unless the solver's error is larger
    ("numerical"). Volumes of ice know no voxel of an image: their doubt is the solver's wherever it is known.

    Args:
        numbers: `Assessment.numbers()`.
        half_voxel: by how much half a voxel changes each number.
        numerical: ± of each number from the run on coarser cells; empty where there was none.
    """
    out = {}
    for name, value in numbers.items():
        parts = {GRID: half_voxel[name]}
        if name in numerical:
            parts = {NUMERICAL: numerical[name]} | ({} if name.startswith("volumes_ml") else parts)
        kind = max(parts, key=lambda k: parts[k])
        low, high = value - parts[kind], value + parts[kind]
        if name.startswith(("volumes_ml", "coverage")):
            low = max(low, 0.0)
        out[name] = Doubt(low, min(high, 1.0) if name.startswith("coverage") else high, kind)
    return out


def with_variants(nominal: Assessment, variants: Mapping[str, Assessment]) -> Assessment:
    """The same assessment with variants, its doubts widened to hold their numbers.

    The kind of a doubt is the one that reaches farthest: "numerical", "grid", "flow", "probe", "h" (of
    sprays and discs) or "pocket". A number that a
    variant does not have (no isotherm) is named in the notes, since no range can hold it.
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
                reach, kind = abs(other - value), KINDS.get(name, "flow")
        doubts[number] = Doubt(low, high, kind)
    return replace(nominal, variants=bare, doubt=doubts, notes=tuple(dict.fromkeys(notes)))
