"""What the check of a plan has to say of its vessels and warmers."""

from __future__ import annotations

import math

import numpy as np

from iceball.errors import PlanError
from iceball.plan.compose import Conditions, box_around, ground_of
from iceball.plan.finding import Finding
from iceball.plan.placement import Placement
from iceball.plan.plan import Plan
from iceball.plan.warm.kept_warm import VesselRow, vessel_rows
from iceball.plan.warm.lumen import Lumen, lumens
from iceball.plan.warm.vessel_speed import rule
from iceball.plan.warm.warming_wall import lumen_shape, with_warmers
from iceball.space import Grid
from iceball.tissue import Anatomy
from iceball.tissue.organs import structures_in_group

CHECKED_AT_MM = 2.0
"""Cells that a plan is checked on; a vessel of 3 mm is wider."""
STEP_MM = 0.5
"""Between two looks along a shaft."""


def check_warm(plan: Plan, anatomy: Anatomy) -> list[Finding]:
    """Refusals as errors; vessels and warmers that lie beyond the box, or flow too fast for the law, as warnings."""
    if not (plan.vessels or plan.warmers or plan.vessel_walls):
        return []
    grid = box_around(plan, anatomy, Conditions(spacing_mm=CHECKED_AT_MM))
    try:
        found = lumens(plan, anatomy, grid)
        if plan.warmers:
            with_warmers(ground_of(anatomy, grid), plan, anatomy)
    except PlanError as refusal:
        return [Finding("error", f"{refusal.what}. {refusal.remedy}".strip(), refusal.where)]
    said = [
        Finding(
            "warning",
            f"its Reynolds number is {vessel.reynolds:.0f}: above {rule('laminar_below').value:g} blood warms its wall "
            "better than the laminar law says.",
            vessel.name,
        )
        for vessel in found
        if vessel.what == "wall" and vessel.reynolds > rule("laminar_below").value
    ]
    said += [
        Finding("error", f"the shaft passes through {vessel.name.replace('_', ' ')}.", name)
        for vessel in found
        if vessel.what != "perfused" and not structures_in_group("great_vessel", (vessel.name,))
        for name, needle in zip(plan.name_of, plan.probes, strict=True)
        if _through(needle, vessel)
    ]
    said += [_beyond(f"vessels[{i}]") for i in range(len(plan.vessels)) if not _near(plan, i, anatomy, grid)]
    return said + [_beyond(f"warmers[{i}]") for i in range(len(plan.warmers)) if not _warms(plan, i, anatomy, grid)]


def rows_to_check(plan: Plan, anatomy: Anatomy) -> tuple[VesselRow, ...]:
    """The table of vessels before anything is simulated; none where the check refuses one."""
    if plan.is_empty:
        return ()
    try:
        return vessel_rows(plan, anatomy, box_around(plan, anatomy, Conditions(spacing_mm=CHECKED_AT_MM)))
    except PlanError:
        return ()


def _through(needle: Placement, vessel: Lumen) -> bool:
    """Whether a shaft touches what a vessel's blood fills. Great vessels have a rule of their own for shafts."""
    along = np.linspace(needle.tip_mm, needle.entry_mm, max(2, math.ceil(needle.depth_mm / STEP_MM)))
    within = vessel.width_mm / 2 if vessel.course.directed else STEP_MM
    return bool((vessel.course.away_mm(along) <= within + needle.kind.radius_mm.value).any())


def _beyond(where: str) -> Finding:
    return Finding("warning", "lies beyond the simulated box, where nothing gets cold: it changes nothing.", where)


def _near(plan: Plan, index: int, anatomy: Anatomy, grid: Grid) -> bool:
    vessel = plan.vessels[index]
    points = np.array(vessel.line_mm) if vessel.line_mm else None
    low, high = anatomy.structures[vessel.structure].shape.bounds_mm() if points is None else _bounds(points)
    return _overlaps(low, high, grid)


def _warms(plan: Plan, index: int, anatomy: Anatomy, grid: Grid) -> bool:
    warming = plan.warmers[index]
    if warming.centre_mm is not None:
        return bool(grid.contains(np.array(warming.centre_mm)))
    return _overlaps(*lumen_shape(warming, anatomy, "").bounds_mm(), grid)


def _bounds(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return points.min(axis=0), points.max(axis=0)


def _overlaps(low: np.ndarray, high: np.ndarray, grid: Grid) -> bool:
    corners = grid.corners_mm
    return bool((high >= corners.min(axis=0)).all() and (low <= corners.max(axis=0)).all())
