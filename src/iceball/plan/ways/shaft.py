"""Each needle of a plan against the rules that no plan may break: what it comes near, the table, the bore, the ribs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from iceball.errors import GeometryError
from iceball.plan.finding import Finding
from iceball.plan.placement import Placement
from iceball.plan.plan import Plan
from iceball.plan.rules import rule
from iceball.plan.ways.survey import IN_BORE, IN_TABLE, NO_HANDLE, RULES, UNDER_RIB, Room, survey
from iceball.plan.ways.terrain import Terrain
from iceball.plan.words import table_side
from iceball.space import Grid
from iceball.space.distance import distance_field, interpolate
from iceball.space.shapes import Shape
from iceball.tissue import Anatomy
from iceball.tissue.organs import structures_in_group

Floats = NDArray[np.float64]

NEVER = "never_crossed"
STEP_MM = 0.5
"""Between two looks along a shaft for bone."""
CELL_MM = 1.5
"""Of the field in which a gap is measured; it is finer than a voxel beside the gap that is asked for."""


def check_shafts(plan: Plan, anatomy: Anatomy, *, terrain: Terrain | None = None) -> list[Finding]:
    """What makes a needle impossible as it lies, one finding a rule."""
    if not plan.probes or anatomy.bench is not None:
        return []
    terrain = terrain or Terrain.of(anatomy)
    found = []
    for name, needle in zip(plan.name_of, plan.probes, strict=True):
        found += _near(name, needle, anatomy)
        found += _in_bone(name, needle, terrain)
        found += _ice_at_skin(name, needle)
        found += _in_the_room(name, needle, plan, terrain)
    return found


def gap_mm(shape: Shape, needle: Placement, *, near_mm: float) -> float:
    """Distance from a shaft's surface, skin to tip, to a structure; infinite where it is farther than `near_mm`.

    Negative where the shaft passes through it.
    """
    tip, entry = np.array(needle.tip_mm), np.array(needle.entry_mm)
    pad = near_mm + needle.kind.radius_mm.value + 2 * CELL_MM
    low, high = np.minimum(tip, entry) - pad, np.maximum(tip, entry) + pad
    first, last = shape.bounds_mm()
    low, high = np.maximum(low, first - 2 * CELL_MM), np.minimum(high, last + 2 * CELL_MM)
    if (low >= high).any():
        return float("inf")
    grid = Grid.box(low, high, CELL_MM)
    level = near_mm + needle.kind.radius_mm.value
    try:
        field = distance_field(shape, grid, near_mm=level)
    except GeometryError:  # it is not in the box, which reaches two cells farther than is asked
        return float("inf")
    count = max(2, round(needle.depth_mm / 0.5))
    along = tip + np.linspace(0.0, 1.0, count)[:, None] * (entry - tip)
    return float(interpolate(field, grid, along, outside=np.inf).min()) - needle.kind.radius_mm.value


def _near(name: str, needle: Placement, anatomy: Anatomy) -> list[Finding]:
    need, found = float(rule("path", "clearance_mm")), []
    for other in structures_in_group(NEVER, tuple(anatomy.structures)):
        gap = gap_mm(anatomy.structures[other].shape, needle, near_mm=need)
        if gap < need:
            how = "passes through" if gap < 0 else f"comes within {gap:.1f} mm of"
            found.append(Finding("error", f"the shaft {how} {other}; {need:g} mm are asked for.", name))
    return found


def _in_bone(name: str, needle: Placement, terrain: Terrain) -> list[Finding]:
    """Bone on the way: impossible without an access that is declared, and told of with one."""
    ground = terrain.ground
    steps = np.arange(0.0, needle.depth_mm, STEP_MM)
    cell, inside = ground.cells(np.array(needle.tip_mm) - steps[:, None] * np.array(needle.direction))
    bones = [n for n, b in enumerate(ground.names, start=1) if b == "bone" or structures_in_group("bone", (b,))]
    length = float((np.isin(ground.owner[cell], bones) & inside).sum()) * STEP_MM
    if length < STEP_MM:
        return []
    gauge = needle.kind.gauge
    if not needle.bone_access:
        what = f"the shaft passes through {length:.0f} mm of bone, and no coaxial or drill access is declared for it."
        return [Finding("error", what, name)]
    what = f"{length:.0f} mm of bone on its way, by the declared {needle.bone_access} access: it has to take {gauge}."
    return [Finding("warning", what, name)]


def _ice_at_skin(name: str, needle: Placement) -> list[Finding]:
    behind, least = float(rule("way", "ice_behind_mm")), float(rule("way", "skin_gap_mm"))
    ice = needle.depth_mm - needle.kind.standoff_mm.value - needle.cold_mm - behind
    if ice >= least:
        return []
    what = f"its ice would come within {max(ice, 0.0):.0f} mm of the skin along the shaft; {least:g} mm are asked for."
    return [Finding("error", what, name)]


def _in_the_room(name: str, needle: Placement, plan: Plan, terrain: Terrain) -> list[Finding]:
    room = Room(table_side(plan.setting.procedure_position))
    way = survey(terrain, needle.kind, np.array([needle.tip_mm]), -np.array([needle.direction]), room=room)
    return [
        Finding("error", f"{RULES[n]}.", name) for n in (NO_HANDLE, IN_TABLE, IN_BORE, UNDER_RIB) if way.closed[0, n]
    ]
