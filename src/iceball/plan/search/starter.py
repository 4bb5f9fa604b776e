"""The machine-made starter plan: parallel needles along a short way from the skin that crosses nothing it must not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from iceball.applicator import Probe, probe
from iceball.plan.defaults import default_goals, default_protocol, without_needle
from iceball.plan.placement import Placement
from iceball.plan.plan import Plan, Setting, Side
from iceball.plan.protocol import Protocol
from iceball.plan.rules import rule
from iceball.plan.search.array import Row, needle_row
from iceball.plan.ways.access import EDGE, FARTHEST_MM, STEP_MM, Access
from iceball.plan.ways.geometry import midline_mm
from iceball.plan.ways.survey import Room, outside_room
from iceball.plan.words import direction_words, table_side
from iceball.space.directions import across, over_sphere, written
from iceball.tissue import Anatomy
from iceball.tissue.organs import structures_in_group

Floats = NDArray[np.float64]

KINDS = ("generic-17g-short", "generic-17g-long")
DIRECTIONS = 600
"""About 8 degrees between neighbours."""
REFINE_DEG = (4.0, 2.0)
FINALISTS = 4


@dataclass(frozen=True, eq=False)
class Needles:
    """Parallel needles of one kind; `short_mm` is how far the worst tip is pulled back from its best place."""

    row: Row
    kind: Probe
    tips_mm: Floats
    entries_mm: Floats
    short_mm: float


@dataclass(frozen=True, eq=False)
class Way:
    """One direction tried: its needles, or why it is closed. `score` is in mm; lower is better."""

    out: Floats
    needles: Needles | None = None
    score: float = np.inf
    closed: str = ""
    gap_mm: float = -np.inf
    """Of a closed way: how near it came to being open."""


def starter_plan(
    anatomy: Anatomy,
    *,
    side: Side = "unknown",
    setting: Setting | None = None,
    protocol: Protocol | None = None,
    ground: Access | None = None,
) -> Plan:
    """A first proposal for a person to edit: review "starter", and the reason for every choice in `reason`.

    Args:
        anatomy: the patient, with a target.
        side: "L", "R" or "unknown"; used where `setting` is not given.
        setting: side, position and breathing.
        protocol: the clock; None takes the organ's default.
        ground: of the anatomy, where it was looked at before.

    Returns:
        A plan; without needles where no way was found or no protocol is known, with the reason.

    Raises:
        SegmentationError: if the anatomy has no target.
    """
    setting = setting or Setting(side=side)
    low, high = anatomy.target.shape.bounds_mm()
    goals = default_goals(anatomy.organ)
    clock = protocol or default_protocol(anatomy.organ)
    empty = Plan(goals=goals, protocol=clock or Protocol(), review="starter", setting=setting)
    if why := without_needle(anatomy.organ):
        return replace(empty, reason=f"No needle placed: {why}.")
    if clock is None or not clock.steps:
        organ = anatomy.organ or "an unknown organ"
        return replace(empty, reason=f"No needle placed: {organ} has no default protocol; give one with --protocol.")
    ground = ground or Access.of(anatomy)
    if not ground.has_skin:
        return replace(empty, reason="No needle placed: the image shows no air around the body, so no known skin.")
    table = _table(setting.procedure_position, anatomy.image.header.patient_position)
    best, tried = _search(ground, table)
    if best.needles is None:
        return replace(empty, reason=_why_none(tried, ground))
    kind = best.needles.kind.name
    needles = tuple(
        Placement(kind, written(tip), written(entry), name=f"needle {i + 1}")
        for i, (tip, entry) in enumerate(zip(best.needles.tips_mm, best.needles.entries_mm, strict=True))
    )
    midline = midline_mm(anatomy, ground, float(low[2] + high[2]) / 2)
    words = direction_words(
        best.out, from_midline_mm=None if midline is None else float(low[0] + high[0]) / 2 - midline
    )
    reason = _why(best.needles, words, ground)
    if table is not None and float(best.out @ table.side) > 0.5:
        reason += f" The entry lies on the table side of {table.whose}: the patient must be turned."
    if anatomy.absent:
        reason += f" Not drawn, so not avoided: {', '.join(anatomy.absent)}."
    return replace(empty, probes=needles, reason=reason)


@dataclass(frozen=True, eq=False)
class Table:
    """Where the table lies, whose word that is, and what an entry from there costs in mm of way."""

    side: Floats
    whose: str
    price_mm: float


def _table(planned: str, imaged: str) -> Table | None:
    """The planned side is priced, the side of the image only told: one anatomy gives one plan from any file."""
    price = float(rule("price", "table_side_of_procedure_mm"))
    for position, whose, cost in ((planned, "the planned position", price), (imaged, "this image", 0.0)):
        side = table_side(position)
        if side is not None:
            return Table(side, f"{whose} ({position})", cost)
    return None


def _search(ground: Access, table: Table | None) -> tuple[Way, list[Way]]:
    """The best way, and all ways tried over the sphere.

    Directions are tried in order of their central length; the search ends when even the fewest needles that the
    target's least width asks for could not win.
    """
    centre = ground.target_mm.mean(axis=0)
    half = float(np.linalg.norm(ground.target_mm - centre, axis=1).max())
    sphere = over_sphere(DIRECTIONS)
    views = np.einsum("ai,ni->an", sphere, ground.target_mm[::4])
    fewest = max(1, int((views.max(axis=1) - views.min(axis=1)).min() / float(rule("rule", "width_per_needle_mm"))))
    slack = half - fewest * float(rule("price", "needle_mm"))
    central = [ground.skin_from(centre[None], out) for out in sphere]
    lengths = np.array([skin[0] if not why[0] else np.inf for skin, why in central])
    tried: list[Way] = []
    best_score = np.inf
    for i in np.argsort(lengths, kind="stable"):
        if lengths[i] - slack > best_score:
            break
        no_skin = central[i][1][0]
        way = Way(sphere[i], closed=no_skin) if no_skin else _try(ground, sphere[i], table)
        tried.append(way)
        best_score = min(best_score, way.score)
    for degrees in REFINE_DEG:
        finalists = sorted(tried, key=lambda w: (w.score, -w.gap_mm))[:FINALISTS]
        tried += [_try(ground, out, table) for w in finalists for out in _around(w.out, degrees)]
    return min(tried, key=lambda w: w.score), tried[:DIRECTIONS]


def _try(ground: Access, out: Floats, table: Table | None) -> Way:
    """All needles along one direction (`out` points from the target to the skin)."""
    inward = -out
    e1, e2 = across(inward)
    points = ground.target_mm
    along, first, second = (np.einsum("ni,i->n", points, axis) for axis in (inward, e1, e2))
    row = needle_row(np.column_stack([first, second]), along, ground.target_step_mm)
    base = row.at_mm[:, :1] * e1 + row.at_mm[:, 1:] * e2
    middle = (row.near_mm + row.far_mm) / 2
    skin, why = ground.skin_from(base + middle[:, None] * inward, out)
    if any(why):
        return Way(out, closed=next(w for w in why if w))
    surface = middle - skin
    # Along each needle from the deepest tip allowed back to the skin: where is it clear?
    overshoot = float(rule("path", "overshoot_mm"))
    deepest = row.far_mm + overshoot
    steps = np.arange(0.0, min(FARTHEST_MM, float((deepest - surface).max()) + STEP_MM), STEP_MM)
    depth = np.minimum(surface[:, None] + steps, deepest[:, None])
    line = base[:, None, :] + depth[..., None] * inward
    _, inside = ground.cells(line)
    need = float(rule("path", "clearance_mm")) + probe(KINDS[0]).radius_mm.value
    room = np.where(inside, ground.clearance_mm(line), -np.inf)
    clear = room >= need
    stops = [(d[np.argmin(ok)] - STEP_MM) if not ok.all() else d[-1] for d, ok in zip(depth, clear, strict=True)]
    reach = np.array(stops)
    closed, gap = "", -np.inf
    for kind in _kinds(float((row.far_mm - row.near_mm).max())):
        tips, short, closed = _tips(kind, row, surface, reach)
        if not closed:
            length = tips - surface
            uncovered = float(np.maximum(row.far_mm - row.near_mm - kind.active_mm.value, 0).mean())
            slope = float(np.degrees(np.arcsin(min(1.0, abs(out[2])))))
            score = (
                float(length.mean())
                + float(rule("price", "needle_mm")) * len(tips)
                + float(rule("price", "off_axial_mm_per_degree")) * slope
                + float(rule("price", "pull_back_mm_per_mm")) * short
                + float(rule("price", "uncovered_mm_per_mm")) * uncovered
                + (table.price_mm * max(0.0, float(out @ table.side)) if table else 0.0)
                + _bore_price(ground, kind, base + tips[:, None] * inward, out, length, table)
            )
            needles = Needles(row, kind, base + tips[:, None] * inward, base + surface[:, None] * inward, short)
            return Way(out, needles, score)
    if closed == BLOCKED:
        worst = np.where(depth <= row.far_mm[:, None], room, np.inf)
        i, j = np.unravel_index(int(np.argmin(worst)), worst.shape)
        gap = float(worst[i, j])
        closed = ground.nearest_name(line[i, j]) if inside[i, j] else EDGE
    return Way(out, closed=closed, gap_mm=gap)


def _bore_price(ground: Access, kind: Probe, tips: Floats, out: Floats, depth: Floats, table: Table | None) -> float:
    """What it costs that a handle would touch the bore; nothing where no position is planned."""
    if table is None or not table.price_mm:
        return 0.0
    outs = np.repeat(out[None], len(tips), axis=0)
    _, in_bore = outside_room(ground, kind, tips, outs, depth, Room(table.side))
    return table.price_mm * float(in_bore.any())


BLOCKED, TOO_FAR, TOO_SHALLOW = "blocked", "deeper than the needle is long", "the cold zone would reach the skin"


def _kinds(chord_mm: float) -> list[Probe]:
    """The needles to try: the shortest active zone that spans the target first, then the others from long to short."""
    by_length = sorted((probe(name) for name in KINDS), key=lambda k: k.active_mm.value)
    fitting = [k for k in by_length if k.active_mm.value >= chord_mm]
    first = fitting[0] if fitting else by_length[-1]
    return [first, *(k for k in reversed(by_length) if k.active_mm.value < first.active_mm.value)]


def _tips(kind: Probe, row: Row, surface: Floats, reach: Floats) -> tuple[Floats, float, str]:
    """Depth of each tip along the shafts, how far the worst is pulled back short of its best place, or why not."""
    standoff, active = kind.standoff_mm.value, kind.active_mm.value
    middle = (row.near_mm + row.far_mm) / 2
    best = middle + active / 2 + standoff
    shallowest = surface + float(rule("path", "skin_cover_mm")) + active + standoff
    most = np.minimum(row.far_mm + float(rule("path", "overshoot_mm")), reach)
    tips = np.minimum(np.maximum(best, shallowest), most)
    # What counts is the far edge that the active zone should reach and does not.
    short = float(np.maximum(np.minimum(row.far_mm, middle + active / 2) - (tips - standoff), 0).max())
    if short > float(rule("path", "pull_back_mm")):
        return tips, short, BLOCKED
    if (tips < shallowest - 1e-9).any():
        return tips, short, TOO_SHALLOW
    if (tips - surface > kind.usable_mm.value).any():
        return tips, short, TOO_FAR
    return tips, short, ""


def _why(needles: Needles, words: str, ground: Access) -> str:
    """The choice in words."""
    count, row = len(needles.tips_mm), needles.row
    lengths = np.linalg.norm(needles.tips_mm - needles.entries_mm, axis=1)
    spacing = f", each {_range(row.spacing_mm)} from its nearest neighbour" if count > 1 else ""
    chord = float((row.far_mm - row.near_mm).max())
    active = needles.kind.active_mm.value
    depth = lengths - needles.kind.standoff_mm.value - active
    clearance = float(rule("path", "clearance_mm"))
    text = [
        f"{count} {'needle' if count == 1 else 'parallel needles'} ({needles.kind.label}){spacing}.",
        f"1-2 rule (assumed): one per started cm of the target's {row.width_mm:.0f} mm across the shafts, neighbours 10"
        f" to 20 mm apart; no part of the outline is farther than {row.hole_mm:.0f} mm from a needle.",
        f"Way in: {words}; skin to tip {_range(lengths)}; the cold zone begins {_range(depth)} under the skin"
        f" along the shaft, the target {ground.under_skin_mm:.0f} mm under the nearest skin; no other bone, gas or"
        f" named structure lies within {clearance:g} mm of a shaft.",
    ]
    if row.capped:
        text.append(f"The rule asks for more: the starter places at most {float(rule('rule', 'most_needles')):g}.")
    if chord > active:
        text.append(
            f"The target is {chord:.0f} mm long along the shafts, longer than the {active:g} mm cold zone: pull-back or"
            " a second row is for a person to decide."
        )
    if needles.short_mm > 0.5:
        text.append(
            f"Tips end up to {needles.short_mm:.0f} mm short of the far edge, to stay clear of what lies behind."
        )
    if ground.own:
        text.append(f"{', '.join(ground.own)} holds the target or part of it and may be crossed.")
    if not ground.names:
        text.append("Nothing was drawn or seen that a shaft must avoid: the way is unchecked.")
    return " ".join(text)


def _why_none(tried: list[Way], ground: Access) -> str:
    """Why no direction is open, as shares of the directions tried."""
    counts = Counter("bone" if structures_in_group("bone", (w.closed,)) else w.closed for w in tried)
    shares = ", ".join(f"{name} on {100 * n / len(tried):.0f} %" for name, n in counts.most_common(6))
    return (
        f"No needle placed: no open way from the skin for parallel needles among {len(tried)} directions, each closed"
        f" by what comes nearest: {shares}. A person may find one by tilting needles apart or moving organs aside."
    )


def _around(out: Floats, degrees: float) -> list[Floats]:
    """Six directions on a cone around one."""
    e1, e2 = across(out)
    angle = np.radians(degrees)
    return [
        np.cos(angle) * out + np.sin(angle) * (np.cos(a) * e1 + np.sin(a) * e2)
        for a in np.linspace(0, 2 * np.pi, 6, endpoint=False)
    ]


def _range(values: Floats) -> str:
    low, high = float(np.min(values)), float(np.max(values))
    return f"{low:.0f} mm" if round(low) == round(high) else f"{low:.0f} to {high:.0f} mm"
