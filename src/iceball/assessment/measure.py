"""The verb `assess`: a History, goals and an Anatomy become an Assessment."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from iceball.assessment.assessment import ISOTHERMS_C, Assessment, AtRisk
from iceball.assessment.at_risk import at_risk
from iceball.assessment.capsule import at_capsule
from iceball.assessment.cold import ColdMap, Isotherm
from iceball.assessment.doubt import own_doubt, with_variants
from iceball.assessment.goals import Goal, Spare
from iceball.assessment.histogram import Pairs, histogram
from iceball.assessment.hypotheses import Hypothesis, shown_for
from iceball.assessment.judge import ONLY_GAS, Evidence, covered, judge
from iceball.assessment.kill import deaths
from iceball.assessment.margin import Skin, half_voxel_mm, margin
from iceball.assessment.numerical import half_widths
from iceball.assessment.own_limit import OwnLimit, limit_of, own_limit_of
from iceball.assessment.part import Part
from iceball.assessment.surface import treated_surface
from iceball.errors import GeometryError, SegmentationError
from iceball.solve.history import History
from iceball.solve.team import available
from iceball.space import Grid
from iceball.space.shapes import Mask, Points, Polyline, Shape, Union
from iceball.space.window import Block, block_around, whole
from iceball.tissue import TARGET, Anatomy
from iceball.tissue.packs import protection_of
from iceball.tissue.vocabulary import structures_in_group

VERSION = "5"
"""Raised whenever the same History and goals would give another number."""
NEARBY_MM = 60.0
"""Structures are listed where they reach into the simulated box, or within this distance of an active zone."""
UNKNOWN_ORGAN = "all structures: organ unknown"


def assess(
    history: History,
    goals: Sequence[Goal],
    anatomy: Anatomy,
    *,
    needles: int = 0,
    variants: Mapping[str, Assessment] | None = None,
    kill: str | None = "",
    limits: Sequence[OwnLimit] = (),
) -> Assessment:
    """What a History means for the goals.

    Args:
        history: the run, at nominal flow and the power-limited bound.
        goals: what the result is judged by.
        anatomy: the target and the structures beside it.
        needles: how many needles the plan has, for `Limit("needles", …)`.
        variants: assessments of the same plan under other assumptions ("low_flow", "high_flow", "chart_like").
        kill: which hypothesis of cell death leads, or whose list is shown (`shown_for`); "" for the organ's own,
            None for none at all.
        limits: what the plan changes of the packs' limits.

    Raises:
        SegmentationError: without a target, for a goal or a limit on a structure that is neither drawn nor expected,
            or where the history is of organs that pockets have moved elsewhere than in `anatomy`.
        PlanError: if `kill` names nothing known, or a changed limit contradicts the alarm.
    """
    with ThreadPoolExecutor(available()) as pool:
        nominal = _assessed(history, goals, anatomy, needles, kill, limits, pool)
    return with_variants(nominal, variants) if variants else nominal


def _assessed(
    history: History,
    goals: Sequence[Goal],
    anatomy: Anatomy,
    needles: int,
    kill: str | None,
    limits: Sequence[OwnLimit],
    pool: Executor,
) -> Assessment:
    """The assessment without variants; hypotheses, structures and goals are measured side by side."""
    _must_be_the_same_patient(history, anatomy)
    cold, *ends = ColdMap.of_each([history.minimum_c, *history.end_of_freeze_c], history)
    target = anatomy.target.shape

    skins: dict[str, Skin] = {}

    def skin(name: str, shape: Shape) -> Skin:
        if name not in skins:
            found = Skin.of(shape, cold, anatomy.image.grid)
            if name == TARGET and shape.volume_ml > 0:
                found = replace(found, at_capsule=at_capsule(found.points_mm, shape, anatomy, cold.grid))
            skins[name] = found
        return skins[name]

    tolerance = half_voxel_mm(target, cold)
    volumes = {str(t): cold.volume_ml(t) for t in ISOTHERMS_C}
    isotherm = cold.isotherm
    volume_tolerance = {str(t): isotherm(t).half_voxel_ml for t in ISOTHERMS_C}
    margins = {str(t): margin(skin(TARGET, target), isotherm(t)) for t in ISOTHERMS_C}
    part = Part.of(target, cold)
    if part is None:
        raise GeometryError("lies nowhere", where=TARGET)
    coverage = {str(t): covered(part, cold, t, tolerance) for t in ISOTHERMS_C}
    for limit in limits:
        anatomy.structure(limit.structure)  # refuses what nobody knows
    shown = () if kill is None else shown_for(anatomy, kill)
    dead = deaths(history, shown, cold, part, skin(TARGET, target), isotherm(0), pool)
    structures, far, in_gas, histograms = _structures(history, anatomy, cold, isotherm(0), goals, limits, pool)
    surface = treated_surface(history, anatomy, cold, isotherm)
    evidence = Evidence(cold, anatomy, volumes, volume_tolerance, needles, isotherm, skin, surface)
    run_key = str(history.made_by.get("run_key", ""))
    digest = assessment_key(run_key, goals, anatomy, needles=needles, shown=shown, limits=limits)
    notes = [*anatomy.notes, *history.notes]
    if far:
        notes.append(
            f"Beyond the simulated box and more than {NEARBY_MM:g} mm from every active zone: {', '.join(far)}."
        )
    plain = Assessment(
        volumes_ml=volumes,
        volumes_end_of_freeze_ml=tuple(_volumes(end) for end in ends),
        coverage={t: share for t, (share, _) in coverage.items()},
        margins_mm={t: found for t, (found, _) in margins.items()},
        structures=structures,
        not_assessed=unassessed(anatomy) + tuple(in_gas),
        goals=tuple(pool.map(lambda goal: judge(goal, evidence), goals)),
        target_ml=target.volume_ml,
        histogram={TARGET: histogram(part, cold), **histograms},
        margin_map=margins["0"][1],
        kill=tuple(dead),
        made_by={**history.made_by, "assessment_key": digest},
        notes=tuple(dict.fromkeys(notes)),
        half_voxel_mm=tolerance,
        surface=surface,
    )
    half_voxel = dict.fromkeys(plain.numbers(), tolerance)
    half_voxel |= {f"volumes_ml.{t}": give for t, give in volume_tolerance.items()}
    half_voxel |= {f"coverage.{t}": give or 0.0 for t, (_, give) in coverage.items()}
    numerical = half_widths(history.doubt, plain.numbers())
    for t in ISOTHERMS_C:
        if (shift := history.doubt.get("mm", {}).get(str(t))) is not None:
            numerical[f"coverage.{t}"] = covered(part, cold, t, shift)[1] or 0.0
    return replace(
        plain,
        numerical=numerical,
        doubt=own_doubt(plain.numbers(), half_voxel=half_voxel, numerical=numerical),
    )


def _must_be_the_same_patient(history: History, anatomy: Anatomy) -> None:
    """A structure that was moved before the run must not be measured where it lay before."""
    moved = history.made_by.get("moved", anatomy.moved_words)
    if moved != anatomy.moved_words:
        raise SegmentationError(
            f"the history has {moved or 'no organ'} moved, this anatomy has {anatomy.moved_words or 'none'}.",
            where="Anatomy.moved",
            remedy="Assess as_treated(plan, anatomy), from iceball.plan.treated.",
        )


def unassessed(anatomy: Anatomy) -> tuple[str, ...]:
    """Structures that nobody can speak of: the expected ones that were not drawn, or all where the organ is unknown.

    A uniform block has none at risk.
    """
    if anatomy.bench is not None:
        return ()
    return anatomy.absent if anatomy.organ else (UNKNOWN_ORGAN,)


def assessment_key(
    run_key: str,
    goals: Sequence[Goal],
    anatomy: Anatomy,
    *,
    needles: int = 0,
    shown: Sequence[Hypothesis] = (),
    limits: Sequence[OwnLimit] = (),
    version: str = VERSION,
) -> str:
    """A hash of everything that an Assessment depends on: a changed goal, structure or hypothesis makes it stale."""
    what = (run_key, tuple(goals), needles, anatomy.organ, anatomy.image.grid, version, *limits)
    digest = hashlib.sha256(repr(what).encode())
    for hypothesis in shown:
        digest.update(repr(hypothesis).encode())
    for name, structure in sorted(anatomy.structures.items()):
        digest.update(name.encode() + repr(protection_of(name, anatomy.organ)).encode())
        _add(digest, structure.shape)
    return digest.hexdigest()


def _add(digest: hashlib._Hash, shape: Shape) -> None:
    digest.update(type(shape).__name__.encode())
    if isinstance(shape, Mask):
        digest.update(repr(shape.volume.grid).encode())
        digest.update(np.packbits(shape.volume.data != 0).tobytes())
    elif isinstance(shape, Points | Polyline):
        digest.update(shape.points_mm.tobytes() + repr(shape.radius_mm).encode())
    elif isinstance(shape, Union):
        for member in shape.shapes:
            _add(digest, member)
    else:
        digest.update(repr(shape).encode())


def _volumes(cold: ColdMap) -> dict[str, float]:
    return {str(t): cold.volume_ml(t) for t in ISOTHERMS_C}


def _structures(
    history: History,
    anatomy: Anatomy,
    cold: ColdMap,
    ice: Isotherm,
    goals: Sequence[Goal],
    limits: Sequence[OwnLimit],
    pool: Executor,
) -> tuple[tuple[AtRisk, ...], list[str], list[str], dict[str, Pairs]]:
    """Every drawn structure but the target: those nearby, the names of those far away and in gas, and histograms."""
    window = _window(history, cold.grid)

    def measure(name: str) -> tuple[AtRisk | None, Pairs] | None:
        structure = anatomy.structures[name]
        part = Part.of(structure.shape, cold, window=window)
        if part is None:
            return None
        changed = own_limit_of(name, limits)
        result = at_risk(
            name,
            structure.origin,
            part,
            cold,
            ice,
            history.first_frozen_s,
            limit_of(name, anatomy.organ, limits),
            changed="" if changed is None else changed.told(protection_of(name, anatomy.organ)),
            goals=tuple(str(g) for g in goals if isinstance(g, Spare) and _spares(g, name)),
        )
        return result, () if result is None else histogram(part, cold)

    found, far, in_gas, histograms = [], [], [], {}
    beside = [name for name in anatomy.structures if name != TARGET]
    for name, measured in zip(beside, pool.map(measure, beside), strict=True):
        if measured is None:
            far.append(name)
        elif measured[0] is None:
            in_gas.append(f"{name}: {ONLY_GAS}")
        else:
            found.append(measured[0])
            histograms[name] = measured[1]
    return tuple(found), far, in_gas, histograms


def _spares(goal: Spare, name: str) -> bool:
    return goal.structure == name or bool(structures_in_group(goal.structure, (name,)))


def _window(history: History, grid: Grid) -> Block:
    """The simulated box and what lies within NEARBY_MM of an active zone."""
    block = whole(grid)
    for line in history.scene.lines:
        ends = np.array([line.start_mm, line.end_mm])
        near = block_around(grid, ends.min(axis=0) - NEARBY_MM, ends.max(axis=0) + NEARBY_MM, pad=0, beyond=True)
        assert near is not None
        merged = tuple(slice(min(a.start, b.start), max(a.stop, b.stop)) for a, b in zip(block, near, strict=True))
        block = (merged[0], merged[1], merged[2])
    return block
