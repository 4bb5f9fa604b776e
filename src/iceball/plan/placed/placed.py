"""The plan as placed: each needle where its metal lies, beside where it was meant to be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from iceball.errors import PlanError
from iceball.plan.placed.held import must_be_free
from iceball.plan.placed.laid import Laid
from iceball.plan.placed.moments import temperatures_at
from iceball.plan.placed.numbers import number
from iceball.plan.placed.streak import Found, Streak, refine
from iceball.plan.placement import Placement
from iceball.plan.plan import Plan
from iceball.plan.treated import as_treated
from iceball.plan.ways.survey import survey
from iceball.plan.ways.terrain import Terrain
from iceball.space import Volume
from iceball.space.directions import written
from iceball.tissue import Anatomy

SAME_MM = 1.0
"""Two tips nearer to each other than this are one: no needle is thinner."""


@dataclass(frozen=True)
class Deviation:
    """How far one needle lies from where it was planned.

    Attributes:
        needle: its name.
        set_on_streak: False where no streak was given: it stays as planned, and nobody knows where it lies.
        tip_mm: between the tips.
        deeper_mm: along the planned shaft, positive where the tip lies deeper.
        beside_mm: across it.
        angle_deg: between the shafts.
        entry_mm: between the points on the skin; None where no skin is seen along the shaft as placed.
    """

    needle: str
    set_on_streak: bool
    tip_mm: float = 0.0
    deeper_mm: float = 0.0
    beside_mm: float = 0.0
    angle_deg: float = 0.0
    entry_mm: float | None = None

    def __str__(self) -> str:
        if not self.set_on_streak:
            return f"{self.needle}: no streak given: stays AS PLANNED, nobody knows where it lies"
        way = f"{abs(self.deeper_mm):.1f} mm {'deeper' if self.deeper_mm > 0 else 'shallower'}"
        entry = "no skin seen" if self.entry_mm is None else f"entry {self.entry_mm:.1f} mm off"
        return (
            f"{self.needle}: tip {self.tip_mm:.1f} mm off ({way}, {self.beside_mm:.1f} mm beside), "
            f"shaft {self.angle_deg:.1f}° off, {entry}"
        )


@dataclass(frozen=True, eq=False)
class Placed:
    """A plan as placed beside the plan as planned.

    Attributes:
        planned: as it was planned; it stays.
        plan: the same with the needles where they lie.
        laid: how the control image lies on the planning image.
        found: each streak that was set, in the control image.
        deviations: one a needle, in the plan's order.
    """

    planned: Plan
    plan: Plan
    laid: Laid
    found: tuple[Found, ...]
    deviations: tuple[Deviation, ...]

    def as_json(self) -> dict[str, Any]:
        """Needles and registration as one object."""
        rows = zip(self.deviations, self.plan.probes, self._streaks(), strict=True)
        return {"registration": self.laid.as_json(), "needles": [_row(*row) for row in rows]}

    def _streaks(self) -> list[Found | None]:
        by_name = {f.needle: f for f in self.found}
        return [by_name.get(d.needle) for d in self.deviations]

    def __str__(self) -> str:
        return "\n".join([str(self.laid), "AS PLACED against PLANNED:", *(f"  {d}" for d in self.deviations)])


def place(planned: Plan, anatomy: Anatomy, control: Volume, streaks: Sequence[Streak], laid: Laid) -> Placed:
    """Set needles of a plan on their streaks.

    Args:
        planned: the plan, as planned.
        anatomy: the patient.
        control: the CT with the needles in.
        streaks: two points each; needles without stay as planned, and it is said.
        laid: how the control image lies on the planning image.

    Raises:
        PlanError: for a streak of no needle of the plan, two of one needle, none at all, or one without metal.
    """
    names = [s.needle for s in streaks]
    for name in names:
        if name not in planned.name_of:
            raise PlanError(
                f"no needle called '{name}'.", where="streak", remedy=f"The plan has: {', '.join(planned.name_of)}."
            )
    if not streaks or len(set(names)) < len(names):
        what = "is given twice" if streaks else "no streak is given: no needle would be placed"
        remedy = "Give two points for at least one needle, and for each needle once."
        raise PlanError(what, where="streak", remedy=remedy)
    kinds = {name: p.kind for name, p in zip(planned.name_of, planned.probes, strict=True)}
    found = {s.needle: refine(s, control, radius_mm=kinds[s.needle].radius_mm.value) for s in streaks}
    must_be_apart(list(found.values()))
    probes: list[Placement] = []
    off: list[Deviation] = []
    terrain = None if anatomy.bench is not None else Terrain.of(as_treated(planned, anatomy))
    for name, needle in zip(planned.name_of, planned.probes, strict=True):
        if name not in found:
            probes.append(needle)
            off.append(Deviation(name, False))
            continue
        lies, skin = _lies(needle, found[name], laid, terrain)
        probes.append(lies)
        off.append(_deviation(name, needle, lies, skin=skin))
    plan = replace(planned, probes=tuple(probes), stage="as placed", reason=_reason(off, laid))
    return Placed(planned, plan, laid, tuple(found.values()), tuple(off))


def deviations(planned: Plan, lies: Plan) -> tuple[Deviation, ...]:
    """How far each needle of a plan as placed lies from the one of the same name as planned.

    Args:
        planned: as planned.
        lies: as placed; a needle that lies exactly as planned was not set, and one that was not planned is left out.
    """
    was = dict(zip(planned.name_of, planned.probes, strict=True))
    pairs = [(name, was[name], p) for name, p in zip(lies.name_of, lies.probes, strict=True) if name in was]
    return tuple(
        Deviation(name, False)
        if (a.tip_mm, a.entry_mm) == (b.tip_mm, b.entry_mm)
        else _deviation(name, a, b, skin=True)
        for name, a, b in pairs
    )


def must_not_have_moved(before: Plan, after: Plan, anatomy: Anatomy, *, at_s: float, spacing_mm: float = 2.0) -> None:
    """Refuse needles that lie elsewhere than before although ice held them.

    Args:
        before: the needles as they lay, with their protocol.
        after: as they are said to lie now.
        anatomy: the patient.
        at_s: when, seconds from the first freeze.
        spacing_mm: of the cells of the run that tells whether they were held.

    Raises:
        PlanError: naming the needle, how far it would have moved, and how cold its shaft was.
    """
    least = number("held", "moved_mm").value
    was = dict(zip(before.name_of, before.probes, strict=True))
    moved = {
        name: (was[name], gap)
        for name, needle in zip(after.name_of, after.probes, strict=True)
        if name in was and (gap := math.dist(was[name].tip_mm, needle.tip_mm)) > least
    }
    if not moved:
        return
    grid, (celsius,) = temperatures_at(before, anatomy, (at_s,), spacing_mm=spacing_mm)
    for name, (needle, gap) in moved.items():
        when = f"{at_s:g} s after the first freeze began, and its tip would be {gap:.1f} mm from where it was"
        must_be_free(name, needle, celsius, grid, when=when, where="as placed")


def must_be_apart(found: Sequence[Found]) -> None:
    """Refuse two streaks that came to lie on one needle's metal; raises PlanError."""
    for i, a in enumerate(found):
        for b in found[:i]:
            if math.dist(a.tip_mm, b.tip_mm) < SAME_MM:
                raise PlanError(
                    f"'{b.needle}' and '{a.needle}' were set on the same metal",
                    where="streak",
                    remedy="Set each streak's points nearer to its own needle.",
                )


def _lies(needle: Placement, found: Found, laid: Laid, terrain: Terrain | None) -> tuple[Placement, bool]:
    """The needle in the planning image, and whether its skin was seen there; else it is as long as planned."""
    tip = laid.motion.apply(found.tip_mm)
    out = np.array(laid.motion.turn) @ np.array(found.out)
    depth = math.nan
    if terrain is not None:
        depth = float(survey(terrain, needle.kind, tip[None], out[None]).depth_mm[0])
    seen = math.isfinite(depth)
    entry = tip + (depth if seen else needle.depth_mm) * out
    return replace(needle, tip_mm=written(tip), entry_mm=written(entry)), seen


def _deviation(name: str, planned: Placement, lies: Placement, *, skin: bool) -> Deviation:
    axis, off = np.array(planned.direction), np.array(lies.tip_mm) - np.array(planned.tip_mm)
    deeper = float(off @ axis)
    cosine = float(np.clip(np.array(lies.direction) @ axis, -1, 1))
    return Deviation(
        name, True, float(np.linalg.norm(off)), deeper, float(np.linalg.norm(off - deeper * axis)),
        math.degrees(math.acos(cosine)), math.dist(lies.entry_mm, planned.entry_mm) if skin else None,
    )  # fmt: skip


def _reason(deviations: Sequence[Deviation], laid: Laid) -> str:
    on = [d.needle for d in deviations if d.set_on_streak]
    left = [d.needle for d in deviations if not d.set_on_streak]
    how = laid.how if laid.residual_mm is None else f"registered, ±{laid.residual_mm:.1f} mm"
    rest = f"; as planned, without a streak: {', '.join(left)}" if left else ""
    return f"AS PLACED: {', '.join(on)} set on the metal of a control image ({how}){rest}."


def _row(deviation: Deviation, lies: Placement, found: Found | None) -> dict[str, Any]:
    row: dict[str, Any] = {
        "needle": deviation.needle, "set_on_streak": deviation.set_on_streak,
        "tip_lps_mm": list(lies.tip_mm), "entry_lps_mm": list(lies.entry_mm),
    }  # fmt: skip
    if found is None:
        return row
    off = {name: round(getattr(deviation, name), 2) for name in ("tip_mm", "deeper_mm", "beside_mm", "angle_deg")}
    entry = None if deviation.entry_mm is None else round(deviation.entry_mm, 2)
    streak = {
        "tip_lps_mm": [round(v, 2) for v in found.tip_mm], "moved_mm": round(found.moved_mm, 2),
        "explained": round(found.explained, 3), "blur_mm": round(found.blur_mm, 2), "cut_off": found.cut_off,
    }  # fmt: skip
    return {**row, "off": {**off, "entry_mm": entry}, "in_control_image": streak}
