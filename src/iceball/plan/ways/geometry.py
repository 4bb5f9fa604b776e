"""The needle table: how each needle is set in the room, and what it passes on its way."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iceball.plan.defaults import without_needle
from iceball.plan.finding import Finding
from iceball.plan.placement import Placement
from iceball.plan.plan import Plan
from iceball.plan.pulled import at_last
from iceball.plan.rules import rule
from iceball.plan.spray.spot_findings import check_surface
from iceball.plan.treated import as_treated
from iceball.plan.warm.warm_findings import check_warm
from iceball.plan.ways.access import Access
from iceball.plan.ways.apart import apart_mm
from iceball.plan.ways.outside import check_outside
from iceball.plan.ways.shaft import NEVER, check_shafts
from iceball.plan.ways.template import seat_words
from iceball.plan.ways.terrain import Terrain
from iceball.plan.ways.through import check_template
from iceball.plan.ways.together import check_together
from iceball.space.shapes import Shape
from iceball.tissue import Anatomy
from iceball.tissue.organs import structures_in_group
from iceball.units import minutes

Floats = NDArray[np.float64]
UNKNOWN_PLACE = "unknown: cropped, no table data"


@dataclass(frozen=True)
class NeedleRow:
    """One line of the needle table.

    Attributes:
        name: what people call the needle.
        product: its label.
        table_position_mm: LPS z of the skin entry.
        from_midline_mm: entry to the midline, positive to the patient's left; None where the midline cannot be found.
        entry: both in words.
        skin_to_tip_mm: depth.
        in_plane_deg: shaft against the vertical in the axial plane, 0 to 90; positive where the entry lies to the
            patient's left of the tip, negative to the right.
        cranio_caudal_deg: shaft against the axial plane; positive where the entry lies cranial of the tip.
        neighbours: name and distance in mm between the middles of the active zones' axes, nearest first.
        freeze: its clock in words.
        crosses: bone and named structures that the shaft passes through.
        hole: of the plan's template and the depth from its face; "" without a template.
    """

    name: str
    product: str
    table_position_mm: float
    from_midline_mm: float | None
    entry: str
    skin_to_tip_mm: float
    in_plane_deg: float
    cranio_caudal_deg: float
    neighbours: tuple[tuple[str, float], ...]
    freeze: str
    crosses: tuple[str, ...]
    hole: str = ""


def needle_table(plan: Plan, anatomy: Anatomy, *, access: Access | None = None) -> tuple[NeedleRow, ...]:
    """One row for each needle of any plan.

    Args:
        plan: machine-made or by hand.
        anatomy: the patient.
        access: the ground of that patient if it is at hand; it takes a second or two to make.
    """
    if not plan.probes:
        return ()
    ground = access or Access.of(anatomy)
    rows = []
    for i, (name, needle) in enumerate(zip(plan.name_of, plan.probes, strict=True)):
        midline = midline_mm(anatomy, ground, needle.entry_mm[2])
        offset = None if midline is None else needle.entry_mm[0] - midline
        in_plane, tilt = angles_deg(needle)
        gaps = [(plan.name_of[j], axis_gap_mm(needle, other)) for j, other in enumerate(plan.probes) if j != i]
        rows.append(
            NeedleRow(
                name=name,
                product=needle.kind.label,
                table_position_mm=needle.entry_mm[2],
                from_midline_mm=offset,
                entry=f"z {needle.entry_mm[2]:.1f} mm, {_beside(offset)}",
                skin_to_tip_mm=needle.depth_mm,
                in_plane_deg=in_plane,
                cranio_caudal_deg=tilt,
                neighbours=tuple(sorted(gaps, key=lambda gap: gap[1])),
                freeze=_settings(plan, i),
                crosses=ground.crossed(needle.entry_mm, needle.tip_mm, radius_mm=needle.kind.radius_mm.value),
                hole="" if plan.template is None else seat_words(plan.template.seat(needle)),
            )
        )
    return tuple(rows)


def angles_deg(needle: Placement) -> tuple[float, float]:
    """In-plane angle (0 is vertical, positive when the entry lies to the left) and cranio-caudal angle, in degrees."""
    x, y, z = (-c for c in needle.direction)
    return math.degrees(math.atan2(x, abs(y))) if x or y else 0.0, math.degrees(math.asin(max(-1.0, min(1.0, z))))


def axis_gap_mm(a: Placement, b: Placement) -> float:
    """Distance of two needles where they freeze: from the middle of each active zone to the other's axis, the mean."""
    return (_to_axis(_middle(a), b) + _to_axis(_middle(b), a)) / 2


def closest_mm(a: Placement, b: Placement) -> float:
    """Smallest distance between the axes of two shafts, from skin to tip."""
    return apart_mm((a.tip_mm, a.entry_mm), (b.tip_mm, b.entry_mm))


def midline_mm(anatomy: Anatomy, ground: Access, z_mm: float) -> float | None:
    """LPS x of the body's midline at a table position, or None where it cannot be known.

    From the spinal cord, vertebrae or sacrum where they were drawn; otherwise from the outline, if it is whole and wide
    enough to be a trunk (the middle of a thigh is not a midline).
    """
    spine = sorted(n for n in anatomy.structures if n.startswith("vertebrae_"))
    for name in ("spinal_cord", *spine, "sacrum"):
        if name in anatomy.structures:
            x = _x_at(anatomy.structures[name].shape, z_mm)
            if x is not None:
                return x
    grid = ground.grid
    corners = grid.corners_mm
    xs = np.arange(corners[:, 0].min() + 0.5, corners[:, 0].max(), 1.0)
    ys = np.arange(corners[:, 1].min(), corners[:, 1].max(), 2.0)
    plane = np.stack(np.meshgrid(xs, ys, [z_mm], indexing="ij"), axis=-1)[:, :, 0]
    cell, inside = ground.cells(plane)
    body = ground.solid[cell] & inside
    columns = np.flatnonzero(body.any(axis=1))
    if not len(columns) or not ground.has_skin:
        return None
    # Whole means: air at both sides, inside the image.
    left, right = body[columns[0]], body[columns[-1]]
    before, after = max(columns[0] - 1, 0), min(columns[-1] + 1, len(xs) - 1)
    whole = columns[0] > 0 and columns[-1] < len(xs) - 1 and inside[before][left].all() and inside[after][right].all()
    wide = xs[columns[-1]] - xs[columns[0]] >= float(rule("path", "trunk_width_mm"))
    return float(xs[columns[0]] + xs[columns[-1]]) / 2 if whole and wide else None


def check_plan(
    plan: Plan, anatomy: Anatomy, *, terrain: Terrain | None = None, ground: Access | None = None
) -> tuple[Finding, ...]:
    """What is wrong or doubtful with needles, spots, vessels and warmers; errors are the impossible only.

    Args:
        plan: machine-made or by hand.
        anatomy: the patient.
        terrain: of that patient if it is at hand; it takes a second or two to make.
        ground: of that patient if it is at hand; it takes half a second to make.
    """
    if plan.is_empty:
        why = f" {plan.reason}" if plan.reason else ""
        return (Finding("error", f"has no needle and no spot: there is nothing to simulate.{why}", "plan"),)
    anatomy = as_treated(plan, anatomy)
    spots = [*check_surface(plan, anatomy), *check_warm(plan, anatomy)]
    if not plan.probes:
        return tuple(spots)
    ground = ground or Access.of(anatomy)
    found: list[Finding] = []
    if why := without_needle(anatomy.organ):
        found.append(Finding("warning", f"{why}.", "plan"))
    for name, needle in zip(plan.name_of, plan.probes, strict=True):
        found += _check_needle(name, needle, ground, bench=anatomy.bench is not None)
    if terrain is None and anatomy.bench is None:
        terrain = Terrain.of(anatomy)
    found += check_shafts(plan, anatomy, terrain=terrain)
    found += check_outside(plan, anatomy)
    found += check_template(plan)
    found += check_together(plan)
    if any(needle.pull_back_mm for needle in plan.probes):
        said = {str(f) for f in found}
        drawn = at_last(plan)
        for name, needle in zip(drawn.name_of, drawn.probes, strict=True):
            found += _check_needle(name, needle, ground, bench=anatomy.bench is not None)
        found += check_shafts(drawn, anatomy, terrain=terrain)
        found = list({str(f): f for f in found}.values())
        found = [f if str(f) in said else replace(f, what=f"drawn back: {f.what}") for f in found]
    return (*found, *spots)


def _check_entry(name: str, needle: Placement, ground: Access) -> list[Finding]:
    if not ground.has_skin:
        return [Finding("warning", "the image shows no air: the entry cannot be held against the skin.", name)]
    gap, seen = _to_skin(needle.entry_mm, ground)
    if not seen:
        return [Finding("warning", "the entry lies outside the image: no skin is known there.", name)]
    if gap > float(rule("check", "entry_off_skin_mm")):
        return [Finding("warning", f"the entry lies {gap:.0f} mm from the skin.", name)]
    return []


def _check_needle(name: str, needle: Placement, ground: Access, *, bench: bool) -> list[Finding]:
    found: list[Finding] = []
    if not bool(ground.grid.contains(needle.tip_mm)):
        found.append(Finding("error", "the tip lies outside the image.", name))
    if not bench:  # a block has no skin: its faces hold the bath
        found += _check_entry(name, needle, ground)
    deep, shallow = (np.array(end) for end in needle.active_zone_mm)
    zone = np.linspace(deep, shallow, 40)
    cell, inside = ground.cells(zone)
    if (ground.outside[cell] & inside).any():
        found.append(Finding("error", "part of the active zone lies in the air outside the body.", name))
    crossed = ground.crossed(needle.entry_mm, needle.tip_mm, radius_mm=needle.kind.radius_mm.value)
    told = [n for n in crossed if n != "bone" and not any(structures_in_group(g, (n,)) for g in (NEVER, "bone"))]
    if told:
        found.append(Finding("warning", f"the shaft passes through {', '.join(told)}.", name))
    return found


def _to_skin(point_mm: ArrayLike, ground: Access) -> tuple[float, bool]:
    """Distance from a point to the nearest border of outside air, in mm, and whether the image shows that place."""
    point = np.asarray(point_mm, float)
    limit = 60.0
    low = np.floor(ground.grid.to_index(point)).astype(int)
    pad = np.ceil(limit / np.array(ground.grid.spacing_mm)).astype(int)
    start, stop = np.maximum(low - pad, 0), np.minimum(low + pad + 1, ground.grid.shape)
    if (stop <= start).any() or not bool(ground.grid.contains(point)):
        return math.inf, False
    part = ground.outside[tuple(slice(a, b) for a, b in zip(start, stop, strict=True))]
    border = np.zeros_like(part)
    for axis in range(3):
        step = np.diff(part, axis=axis)
        place = [slice(None)] * 3
        place[axis] = slice(0, -1)
        border[tuple(place)] |= step
        place[axis] = slice(1, None)
        border[tuple(place)] |= step
    cells = np.argwhere(border) + start
    if not len(cells):
        return limit, True
    # The border lies half a cell from the centres on either side of it.
    gap = np.linalg.norm(ground.grid.to_mm(cells) - point, axis=1).min() - max(ground.grid.spacing_mm) / 2
    return max(float(gap), 0.0), True


def _x_at(shape: Shape, z_mm: float) -> float | None:
    """Middle of a shape's width at a height, within 2 cm of its ends; None beyond."""
    low, high = shape.bounds_mm()
    if not low[2] - 20 <= z_mm <= high[2] + 20:
        return None
    points = shape.seeds_mm(2.0)
    gap = np.abs(points[:, 2] - z_mm)
    near = points[gap <= gap.min() + 3.0, 0]
    return float(near.min() + near.max()) / 2


def _middle(needle: Placement) -> Floats:
    deep, shallow = needle.active_zone_mm
    return np.asarray((np.array(deep) + np.array(shallow)) / 2)


def _to_axis(point: Floats, needle: Placement) -> float:
    axis = np.array(needle.direction)
    offset = point - np.array(needle.tip_mm)
    return float(np.linalg.norm(offset - (offset @ axis) * axis))


def _settings(plan: Plan, index: int) -> str:
    """The clock of a needle in words, with its own start and channel where it has them."""
    needle = plan.probes[index]
    start = f"from {needle.start_s / minutes:g} min: " if needle.start_s else ""
    channel = f" (channel {needle.channel})" if needle.channel else ""
    return f"{start}{plan.clock(index)}{channel}"


def _beside(offset: float | None) -> str:
    if offset is None:
        return f"beside the midline {UNKNOWN_PLACE}"
    return f"{abs(offset):.0f} mm {'left' if offset > 0 else 'right'} of the midline"
