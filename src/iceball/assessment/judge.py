"""Goals met or not: each with its number, compared unrounded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from iceball.assessment.assessment import Margin, Verdict
from iceball.assessment.cold import ColdMap, Isotherm
from iceball.assessment.goals import Cover, Goal, Limit, Spare, Treat
from iceball.assessment.margin import Skin, half_voxel_mm, margin
from iceball.assessment.part import Part
from iceball.assessment.surface import TreatedSurface, share_treated
from iceball.space.shapes import Shape
from iceball.space.window import whole
from iceball.tissue import Anatomy

NOT_DRAWN = "not drawn: NOT ASSESSED"
NOTHING_FROZE = "no spray and no disc froze"
NO_CAPSULE = "nobody drew the target's organ, so its capsule is not known: NOT ASSESSED"
ONLY_GAS = "lies in gas, which has no temperature here"


@dataclass(frozen=True, eq=False)
class Evidence:
    """What goals are judged on."""

    cold: ColdMap
    anatomy: Anatomy
    volumes_ml: Mapping[str, float]
    volume_tolerance_ml: Mapping[str, float]
    needles: int
    isotherm: Callable[[float], Isotherm]
    skin: Callable[[str, Shape], Skin]
    surface: TreatedSurface | None = None


def judge(goal: Goal, evidence: Evidence) -> Verdict:
    """One goal's verdict; raises SegmentationError for a structure that is neither drawn nor expected."""
    if isinstance(goal, Limit):
        return _limit(goal, evidence)
    if isinstance(goal, Treat):
        return _treat(goal, evidence)
    structure = evidence.anatomy.structure(goal.structure)
    if structure is None:
        unit = "°C" if isinstance(goal, Spare) else "mm" if goal.fraction == 1 else "fraction"
        return Verdict(str(goal), None, None, unit, reason=NOT_DRAWN)
    if isinstance(goal, Spare):
        return _spare(goal, structure.shape, evidence)
    return (
        _cover_all(goal, structure.shape, evidence) if goal.fraction == 1 else _cover(goal, structure.shape, evidence)
    )


def _cover_all(goal: Cover, shape: Shape, evidence: Evidence) -> Verdict:
    """All of it: judged by the smallest margin, so that the goal and the margin can never disagree."""
    skin = evidence.skin(goal.structure, shape)
    whole, _ = margin(skin, evidence.isotherm(goal.below))
    if not goal.capsule and whole.min_mm is not None and whole.capsule_fraction is None:
        return Verdict(str(goal), None, None, "mm", reason=NO_CAPSULE)
    found = whole if goal.capsule or whole.without_capsule is None else whole.without_capsule
    tolerance = half_voxel_mm(shape, evidence.cold)
    warm_ml = warm_core_ml(shape, evidence.cold, goal.below)
    met: bool | None
    if found.min_mm is None:
        met, reason = False, found.reason
        if not warm_ml:
            met, reason = None, f"{found.reason}: the margin cannot be measured"
    elif not found.min_mm >= goal.margin_mm:
        met, reason = False, ""
    elif whole.min_mm is not None and whole.min_mm < 0:
        met, reason = False, f"the target itself is not covered at the capsule: {whole.min_mm:.1f} mm there"
    elif warm_ml:
        met, reason = False, f"a core of {warm_ml:.2g} mL inside stays warmer"
    else:
        met, reason = _unless_image_ends(True, found, skin)
    return Verdict(str(goal), met, found.min_mm, "mm", tolerance, reason)


def _cover(goal: Cover, shape: Shape, evidence: Evidence) -> Verdict:
    """A fraction of it, by volume; of points and lines without a radius or margin, by their samples."""
    part = Part.of(shape, evidence.cold, dilation_mm=goal.margin_mm)
    assert part is not None
    value, tolerance = covered(part, evidence.cold, goal.below, half_voxel_mm(shape, evidence.cold))
    met: bool | None = value >= goal.fraction
    reason = ""
    if met:
        skin = evidence.skin(goal.structure, shape)
        met, reason = _unless_image_ends(True, None, skin)
    return Verdict(str(goal), met, value, "fraction", tolerance, reason)


def _unless_image_ends(met: bool, found: Margin | None, skin: Skin) -> tuple[bool | None, str]:
    share = float(skin.weights[skin.at_image_end].sum() / skin.weights.sum())
    if share > 0:
        return None, f"the image ends at {share:.1%} of the surface: NOT ASSESSED there"
    return met, ""


def _spare(goal: Spare, shape: Shape, evidence: Evidence) -> Verdict:
    cold = evidence.cold
    itself = Part.of(shape, cold, window=whole(cold.grid))
    found = None if itself is None else itself.lowest(cold)
    if goal.distance_mm > 0:
        # Around a structure only what is colder than itself can matter, which leaves little to measure.
        colder = whole(cold.grid) if found is None else cold.block_below(float(np.nextafter(found.celsius, -np.inf)))
        around = None if colder is None else Part.of(shape, cold, dilation_mm=goal.distance_mm, window=colder)
        both = [found, None if around is None else around.lowest(cold)]
        found = min((low for low in both if low is not None), key=lambda low: low.celsius, default=None)
    if found is not None:
        return Verdict(str(goal), found.celsius >= goal.above, found.celsius, "°C", found.tolerance_k)
    if itself is not None:
        return Verdict(str(goal), None, None, "°C", reason=f"{ONLY_GAS}: NOT ASSESSED")
    reason = "wholly beyond the simulated box, where the tissue stays at body temperature"
    return Verdict(str(goal), cold.body_c >= goal.above, cold.body_c, "°C", reason=reason)


def _treat(goal: Treat, evidence: Evidence) -> Verdict:
    """By area; the tolerance is what half a cell of depth changes."""
    surface = evidence.surface
    if surface is None or surface.map is None or surface.reason:
        reason = NOTHING_FROZE if surface is None else surface.reason
        return Verdict(str(goal), None, None, "fraction", reason=f"{reason}: NOT ASSESSED")
    half = max(evidence.cold.grid.spacing_mm) / 2
    value, less, more = (
        share_treated(surface.map, goal.below, depth_mm, goal.cycles)
        for depth_mm in (goal.depth_mm, goal.depth_mm + half, max(goal.depth_mm - half, 0.0))
    )
    return Verdict(str(goal), value >= goal.fraction, value, "fraction", max(value - less, more - value))


def _limit(goal: Limit, evidence: Evidence) -> Verdict:
    if goal.quantity == "needles":
        return Verdict(str(goal), evidence.needles <= goal.at_most, float(evidence.needles), "needles", 0.0)
    key = goal.quantity.removeprefix("volume_ml.")
    value = evidence.volumes_ml[key]
    return Verdict(str(goal), value <= goal.at_most, value, "mL", evidence.volume_tolerance_ml[key])


def covered(part: Part, cold: ColdMap, below: float, half_voxel: float) -> tuple[float, float | None]:
    """Fraction of a part's tissue at or below a temperature, and how much half a voxel changes it.

    Points and lines without a radius: the fraction of their samples, without a tolerance.
    """
    if not (part.inside >= 0).any():
        _, values = part.seed_samples(cold)
        return float((values <= below).mean()) if values.size else 0.0, None
    total = part.tissue_ml
    if total == 0:
        return 0.0, None
    steps = [np.gradient(part.temperature_c, s, axis=a) for a, s in enumerate(part.grid.spacing_mm)]
    shift = (np.sqrt(sum(s**2 for s in steps)) * half_voxel).astype(np.float32)
    nominal, less, more = (
        cold.below_ml(below, part.inside, part.block, warmed_k=w) / total for w in (None, shift, -shift)
    )
    return nominal, max(nominal - less, more - nominal)


def warm_core_ml(shape: Shape, cold: ColdMap, below: float) -> float:
    """Volume of the cells inside a shape that stay warmer: the margin of its surface alone would not see them."""
    part = Part.of(shape, cold)
    assert part is not None
    # Cells within a tenth of a cell of the surface are the margin's business, where rounding could tell either way.
    within = (part.inside > 0.05) & part.tissue
    return int(np.count_nonzero(within & (part.temperature_c > below))) * cold.grid.voxel_ml
