"""A needle that is drawn back along its shaft between freezes: where it lies in each, and whether ice lets it go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from iceball.errors import PlanError
from iceball.plan.placed.held import must_be_free
from iceball.plan.placement import Placement
from iceball.plan.protocol import Protocol
from iceball.space import Grid

if TYPE_CHECKING:
    from iceball.plan.plan import Plan


@dataclass(frozen=True)
class Stay:
    """One place of a needle and its clock there.

    Args:
        needle: its number in the plan.
        pull: how often it was drawn back before.
        placement: where it lies, and when its clock there begins.
        clock: from one freeze to the next.
    """

    needle: int
    pull: int
    placement: Placement
    clock: Protocol


def stays(plan: Plan) -> tuple[Stay, ...]:
    """Every place of every needle: one of a needle that stays, one a freeze of a needle that is drawn back."""
    return tuple(stay for i in range(len(plan.probes)) for stay in _of(plan, i))


def _of(plan: Plan, i: int) -> list[Stay]:
    needle, clock = plan.probes[i], plan.clock(i)
    if not needle.pull_back_mm:
        return [Stay(i, 0, needle, clock)]
    begins = [n for n, step in enumerate(clock.steps) if step.kind == "freeze"]
    ends = [*begins[1:], len(clock.steps)]
    found = []
    for pull, (first, last) in enumerate(zip(begins, ends, strict=True)):
        first = 0 if pull == 0 else first
        placed = needle.drawn_back(pull)
        placed = replace(placed, start_s=needle.start_s + clock.starts_s[first], protocol=None)
        found.append(Stay(i, pull, placed, Protocol(clock.steps[first:last])))
    return found


def at_last(plan: Plan) -> Plan:
    """The plan with each needle where it lies in its last freeze: what rules are held against besides the first."""
    last = {stay.needle: stay for stay in stays(plan)}
    probes = tuple(
        replace(p, tip_mm=last[i].placement.tip_mm, pull_back_mm=0.0) if p.pull_back_mm else p
        for i, p in enumerate(plan.probes)
    )
    return replace(plan, probes=probes)


def moves_s(plan: Plan) -> tuple[float, ...]:
    """When needles are drawn back, s from the first freeze."""
    return tuple(sorted({stay.placement.start_s for stay in stays(plan) if stay.pull}))


def check_pulls(plan: Plan) -> None:
    """Hold every needle that is drawn back against its clock and the skin.

    Raises:
        PlanError: where it has nothing to be drawn back between, no thaw before that, or would leave the skin.
    """
    for i, needle in enumerate(plan.probes):
        if not needle.pull_back_mm:
            continue
        where, steps = f"Plan.probes[{i}].pull_back_mm", plan.clock(i).steps
        freezes = [n for n, step in enumerate(steps) if step.kind == "freeze"]
        if len(freezes) < 2:
            raise PlanError(
                f"'{plan.name_of[i]}' freezes once: there is no pause to draw it back in",
                where=where,
                remedy="Leave it out, or add a thaw and a freeze.",
            )
        if any(steps[n - 1].is_cold for n in freezes[1:]):
            raise PlanError(
                f"'{plan.name_of[i]}' is cold until it would be drawn back: ice holds it",
                where=where,
                remedy="Put a thaw before each freeze after the first.",
            )
        try:
            needle.drawn_back(len(freezes) - 1)
        except PlanError as refusal:
            said = f"'{plan.name_of[i]}' drawn back {len(freezes) - 1} times by {needle.pull_back_mm:g} mm"
            raise PlanError(
                f"{said}: {refusal.what}",
                where=where,
                remedy="Draw it back less.",
            ) from None


def must_be_free_to_move(plan: Plan, kept: Mapping[float, NDArray[np.float32]], grid: Grid) -> None:
    """Refuse a plan that draws a needle back while ice holds it.

    Args:
        plan: with needles that are drawn back.
        kept: temperatures at each of `moves_s`, shape of the grid, NaN in gas.
        grid: of the fields.

    Raises:
        PlanError: which needle, when, and how cold its shaft is then.
    """
    before: dict[int, Placement] = {}
    for stay in stays(plan):
        if stay.pull and (field := kept.get(stay.placement.start_s)) is not None:
            must_be_free(
                plan.name_of[stay.needle], before[stay.needle], field, grid,
                when=f"at {stay.placement.start_s:g} s", where=f"Plan.probes[{stay.needle}].pull_back_mm",
            )  # fmt: skip
        before[stay.needle] = stay.placement
