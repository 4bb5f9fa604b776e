"""What the needles of one plan must agree on: room beside each other, settings, channels, times and pressure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from iceball.errors import PlanError, ProbeError
from iceball.plan.placed.numbers import number
from iceball.plan.placement import Placement
from iceball.plan.ways.apart import apart_mm

if TYPE_CHECKING:
    from iceball.plan.plan import Plan


def check_consistent(plan: Plan) -> None:
    """Hold the needles of a plan against each other and against their cards.

    Raises:
        PlanError: naming the needle, or both, and the field.
    """
    for i, needle in enumerate(plan.probes):
        _check_settings(plan, i, needle)
        for j, other in enumerate(plan.probes[:i]):
            _check_room(plan, i, j, needle, other)
            if needle.channel and needle.channel == other.channel:
                _check_channel(plan, i, j)
    _check_start(plan)
    if plan.supply_bar is not None:
        _check_supply(plan, plan.supply_bar)


def _check_room(plan: Plan, i: int, j: int, a: Placement, b: Placement) -> None:
    need = a.kind.radius_mm.value + b.kind.radius_mm.value
    if plan.stage == "as placed":  # they do lie beside each other; a control image shows each to within this
        need -= number("streak", "touching_mm").value
    gap = apart_mm((a.tip_mm, a.entry_mm), (b.tip_mm, b.entry_mm))
    # a rounding in the last digit is no overlap
    if gap < need - 1e-9:
        raise PlanError(
            f"'{plan.name_of[i]}' and '{plan.name_of[j]}' come within {gap:.2f} mm of each other; side by side they "
            f"take {need:.2f} mm",
            where=f"Plan.probes[{i}], Plan.probes[{j}]: tip_mm, entry_mm",
            remedy="Move one of them.",
        )


def _check_settings(plan: Plan, i: int, needle: Placement) -> None:
    least = needle.kind.duty_least.value
    clock = "Plan.protocol" if needle.protocol is None else f"Plan.probes[{i}].protocol"
    for n, step in enumerate(plan.clock(i).steps):
        if step.is_cold and step.duty < least - 1e-9:
            raise PlanError(
                f"{step.duty:.0%} is less than the {least:.0%} that {needle.probe} can be set to",
                where=f"{clock}.steps[{n}].duty",
                remedy=f"Give {least:g} to 1, or thaw.",
            )
        if step.kind == "active_thaw" and not needle.kind.can_thaw:
            kind = needle.kind.thaw
            what = "cannot be thawed actively" if kind == "none" else "is not known to thaw actively"
            raise PlanError(
                f"{needle.probe} {what} (its card says thaw = '{kind}')",
                where=f"{clock}.steps[{n}].kind",
                remedy="Thaw passively, or take another probe.",
            )


def _check_channel(plan: Plan, i: int, j: int) -> None:
    a, b = plan.probes[i], plan.probes[j]
    for field, same in (
        ("protocol", plan.clock(i) == plan.clock(j)),
        ("start_s", a.start_s == b.start_s),
        ("probe (cryogen)", a.kind.cooled_by == b.kind.cooled_by),
    ):
        if not same:
            raise PlanError(
                f"'{plan.name_of[i]}' and '{plan.name_of[j]}' share channel '{a.channel}' but differ",
                where=f"Plan.probes[{i}], Plan.probes[{j}]: {field}",
                remedy="Needles on one channel share every setting: make them equal, or give them two channels.",
            )


def _check_start(plan: Plan) -> None:
    starts = [p.start_s for p in plan.probes] + [s.start_s for s in plan.spots]
    if starts and min(starts) > 0:
        what = "needle or spot" if plan.probes and plan.spots else "spot" if plan.spots else "needle"
        raise PlanError(
            f"no {what} starts at 0 s, but times count from the first freeze",
            where=f"Plan.{'probes' if plan.probes else 'spots'}: start_s",
            remedy=f"Let the first {what} start at 0.",
        )


def _check_supply(plan: Plan, bar: float) -> None:
    if not (math.isfinite(bar) and bar > 0):
        raise PlanError(f"{bar} bar is no pressure", where="Plan.supply_bar")
    for i, needle in enumerate(plan.probes):
        kind = needle.kind
        if kind.cooled_by != "argon" or kind.supply_bar is None:
            what = f"is cooled by {kind.cryogen.label}" if kind.cooled_by != "argon" else "has no known supply pressure"
            raise PlanError(
                f"probes[{i}] ({needle.probe}) {what}: how pressure changes its power is not known",
                where="Plan.supply_bar",
                remedy="Leave supply_bar out.",
            )
        try:
            kind.cryogen.power_share(bar, kind.supply_bar.value)
        except ProbeError as refusal:
            raise PlanError(refusal.what, where="Plan.supply_bar", remedy=refusal.remedy) from None
