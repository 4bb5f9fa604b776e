"""Each needle of a plan against the rules that no plan may break: what it comes near, the table, the bore, the ribs."""

from __future__ import annotations

from dataclasses import dataclass

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
    room = Room(table_side(plan.setting.procedure_position), plan.setting.bore_mm)
    found = []
    for name, needle in zip(plan.name_of, plan.probes, strict=True):
        way = survey(terrain, needle.kind, np.array([needle.tip_mm]), -np.array([needle.direction]), room=room)
        found += _in_the_air(name, needle, terrain)
        # An entry written down inside the body hides nothing: the shaft is looked at as far as the skin.
        skin_mm = np.nan_to_num(way.depth_mm[0]) if np.isfinite(way.depth_mm[0]) else 0.0
        end_mm = np.array(needle.along(max(needle.depth_mm, float(skin_mm))))
        found += _near(name, needle, end_mm, anatomy)
        found += _in_bone(name, needle, end_mm, anatomy, terrain)
        found += _under_rib(name, needle, end_mm, anatomy)
        found += _ice_at_skin(name, needle)
        found += [Finding("error", f"{RULES[n]}.", name) for n in (NO_HANDLE, IN_TABLE, IN_BORE) if way.closed[0, n]]
    return found


@dataclass(frozen=True, eq=False)
class Beside:
    """A structure beside a shaft.

    Attributes:
        gap_mm: from the shaft's surface to the structure, negative where the shaft passes through it.
        away: unit vector from the structure to the shaft where they are nearest, LPS.
        inside_mm: length of the shaft that lies in it.
    """

    gap_mm: float
    away: Floats
    inside_mm: float


def gap_mm(shape: Shape, needle: Placement, *, near_mm: float) -> float:
    """Distance from a shaft's surface, skin to tip, to a structure; infinite where it is farther than `near_mm`.

    Negative where the shaft passes through it.
    """
    return _beside(shape, needle, np.array(needle.entry_mm), near_mm=near_mm).gap_mm


def _beside(shape: Shape, needle: Placement, end_mm: Floats, *, near_mm: float) -> Beside:
    tip, radius = np.array(needle.tip_mm), needle.kind.radius_mm.value
    far = Beside(float("inf"), np.zeros(3), 0.0)
    pad = near_mm + radius + 2 * CELL_MM
    low, high = np.minimum(tip, end_mm) - pad, np.maximum(tip, end_mm) + pad
    first, last = shape.bounds_mm()
    low, high = np.maximum(low, first - pad), np.minimum(high, last + pad)
    if (low >= high).any():
        return far
    grid = Grid.box(low, high, CELL_MM)
    try:
        field = distance_field(shape, grid, near_mm=near_mm + radius)
    except GeometryError:  # it is not in the box, which reaches farther than is asked
        return far
    length = float(np.linalg.norm(end_mm - tip))
    count = max(2, round(length / STEP_MM))
    along = tip + np.linspace(0.0, 1.0, count)[:, None] * (end_mm - tip)
    gaps = interpolate(field, grid, along, outside=np.inf) - radius
    closest = int(gaps.argmin())
    if gaps[closest] > near_mm:
        return far
    return Beside(float(gaps[closest]), _slope(field, grid, along[closest]), float((gaps < 0).sum()) * length / count)


def _slope(field: NDArray[np.float32], grid: Grid, point_mm: Floats) -> Floats:
    """Unit vector along which the distance grows, LPS; zero where it does not."""
    steps = CELL_MM * np.eye(3)
    ahead, behind = (interpolate(field, grid, point_mm + s, outside=np.nan) for s in (steps, -steps))
    way = np.nan_to_num(ahead - behind)
    length = float(np.linalg.norm(way))
    return np.asarray(way / length if length > 0 else way)


def _in_the_air(name: str, needle: Placement, terrain: Terrain) -> list[Finding]:
    ground = terrain.ground
    cell, inside = ground.cells(np.array(needle.tip_mm))
    if bool(ground.outside[cell] & inside):
        return [Finding("error", "the tip lies in the air outside the body.", name)]
    return []


def _near(name: str, needle: Placement, end_mm: Floats, anatomy: Anatomy) -> list[Finding]:
    need, found = float(rule("path", "clearance_mm")), []
    for other in structures_in_group(NEVER, tuple(anatomy.structures)):
        gap = _beside(anatomy.structures[other].shape, needle, end_mm, near_mm=need).gap_mm
        if gap < need:
            how = "passes through" if gap < 0 else f"comes within {gap:.1f} mm of"
            found.append(Finding("error", f"the shaft {how} {other}; {need:g} mm are asked for.", name))
    return found


def _in_bone(name: str, needle: Placement, end_mm: Floats, anatomy: Anatomy, terrain: Terrain) -> list[Finding]:
    """Bone on the way: impossible without an access that is declared, and told of with one.

    A bone that was drawn is measured by its outline; cells that are bone without a name, by what the axis meets.
    """
    ground = terrain.ground
    drawn = structures_in_group("bone", ground.names)
    length = sum(_beside(anatomy.structures[b].shape, needle, end_mm, near_mm=0.0).inside_mm for b in drawn)
    if "bone" in ground.names:
        steps = np.arange(0.0, float(np.linalg.norm(end_mm - np.array(needle.tip_mm))), STEP_MM)
        cell, inside = ground.cells(np.array(needle.tip_mm) - steps[:, None] * np.array(needle.direction))
        length += float(((ground.owner[cell] == ground.names.index("bone") + 1) & inside).sum()) * STEP_MM
    if length == 0:
        return []
    gauge = needle.kind.gauge
    if not needle.bone_access:
        what = f"the shaft passes through {length:.0f} mm of bone, and no coaxial or drill access is declared for it."
        return [Finding("error", what, name)]
    what = f"{length:.0f} mm of bone on its way, by the declared {needle.bone_access} access: it has to take {gauge}."
    return [Finding("warning", what, name)]


def _under_rib(name: str, needle: Placement, end_mm: Floats, anatomy: Anatomy) -> list[Finding]:
    need, least = float(rule("way", "rib_edge_mm")), float(np.cos(np.radians(float(rule("way", "under_rib_deg")))))
    for rib in (n for n in anatomy.structures if n.startswith("rib_")):
        beside = _beside(anatomy.structures[rib].shape, needle, end_mm, near_mm=need)
        # A shaft drilled through the rib passes neither over nor under it.
        if 0 <= beside.gap_mm < need and -beside.away[2] >= least:
            what = f"{RULES[UNDER_RIB]}: {rib}, {beside.gap_mm:.1f} mm above the shaft; {need:g} mm are asked for."
            return [Finding("error", what, name)]
    return []


def _ice_at_skin(name: str, needle: Placement) -> list[Finding]:
    behind, least = float(rule("way", "ice_behind_mm")), float(rule("way", "skin_gap_mm"))
    ice = needle.depth_mm - needle.kind.standoff_mm.value - needle.cold_mm - behind
    if ice >= least:
        return []
    what = f"its ice would come within {max(ice, 0.0):.0f} mm of the skin along the shaft; {least:g} mm are asked for."
    return [Finding("error", what, name)]
