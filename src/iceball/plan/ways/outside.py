"""What stays outside the skin and beside the scanner: handles that must clear each other, needles that MR must allow.

A check whose card says "unknown" is not left out in silence: it is told as not checked.
"""

from __future__ import annotations

from iceball.plan.finding import Finding
from iceball.plan.placement import Placement
from iceball.plan.plan import Plan
from iceball.plan.rules import rule
from iceball.plan.ways.apart import Point, apart_mm
from iceball.tissue import Anatomy


def check_outside(plan: Plan, anatomy: Anatomy) -> list[Finding]:
    """Findings on shafts outside the skin, on handles and on MR for any plan with needles."""
    return [*_shafts(plan), *_handles(plan), *(_mr(plan) if anatomy.image.header.modality == "MR" else [])]


def _shafts(plan: Plan) -> list[Finding]:
    """Shafts that meet between the skin and their handles; a plan whose shafts meet in the body cannot be made."""
    found = []
    for i, a in enumerate(plan.probes):
        for j, b in enumerate(plan.probes[:i]):
            gap = apart_mm((a.tip_mm, a.along(a.kind.usable_mm.value)), (b.tip_mm, b.along(b.kind.usable_mm.value)))
            need = a.kind.radius_mm.value + b.kind.radius_mm.value
            if gap < need - 1e-9:
                what = f"the shafts come within {gap:.1f} mm of each other outside the skin, and take {need:.1f} mm."
                found.append(Finding("error", what, f"{plan.name_of[j]}, {plan.name_of[i]}"))
    return found


def _handles(plan: Plan) -> list[Finding]:
    if len(plan.probes) < 2:
        return []
    found, unknown = [], []
    for name in sorted({p.probe for p in plan.probes}):
        kind = next(p.kind for p in plan.probes if p.probe == name)
        lacks = ["handle diameter"] * (kind.handle_mm is None) + ["handle shape"] * (kind.handle == "unknown")
        if lacks:
            unknown.append(f"{name}: {' and '.join(lacks)} unknown")
        elif kind.handle == "90":
            unknown.append(f"{name}: the plan does not say which way its 90° handle points")
    if unknown:
        found.append(Finding("not checked", f"do the handles clear each other? {'; '.join(unknown)}.", "handles"))
    for i, a in enumerate(plan.probes):
        for j, b in enumerate(plan.probes[:i]):
            if a.kind.handle == b.kind.handle == "straight" and a.kind.handle_mm and b.kind.handle_mm:
                need = (a.kind.handle_mm.value + b.kind.handle_mm.value) / 2
                gap = apart_mm(_handle(a), _handle(b))
                if gap < need:
                    what = f"the handles come within {gap:.0f} mm of each other, and take {need:.0f} mm side by side."
                    found.append(Finding("error", what, f"{plan.name_of[j]}, {plan.name_of[i]}"))
    return found


def _handle(needle: Placement) -> tuple[Point, Point]:
    """Axis of a straight handle: it begins where the usable length ends."""
    begin = needle.kind.usable_mm.value
    return needle.along(begin), needle.along(begin + float(rule("check", "handle_length_mm")))


def _mr(plan: Plan) -> list[Finding]:
    found = []
    for name, needle in zip(plan.name_of, plan.probes, strict=True):
        if needle.kind.mr == "unsafe":
            found.append(Finding("error", f"{needle.probe} is MR-unsafe, and the image is an MR.", name))
        elif needle.kind.mr == "unknown":
            found.append(Finding("not checked", f"may {needle.probe} go into MR? Its card does not say.", name))
    return found
