"""Changes of a plan's clocks: longer freezes, less duty, warmer thaws, needles drawn back; and what was changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from iceball.errors import PlanError
from iceball.plan.plan import Plan
from iceball.plan.protocol import Protocol, Step
from iceball.plan.search.freedom import Minutes
from iceball.units import minutes

LESS_DUTY = 0.2
LONGER_THAWS_S = (0.0, 4 * minutes, 8 * minutes)


def longer(clock: Protocol, by_s: float) -> Protocol | None:
    """Every freeze longer by so much, or None where one would vanish."""
    if any(s.kind == "freeze" and s.duration_s + by_s <= 0 for s in clock.steps):
        return None
    return Protocol(tuple(_more(s, by_s) for s in clock.steps))


def _more(step: Step, by_s: float) -> Step:
    return replace(step, duration_s=step.duration_s + by_s) if step.kind == "freeze" else step


def channels(plan: Plan) -> list[tuple[int, ...]]:
    """Needles that share every setting."""
    groups: dict[str, list[int]] = {}
    for i, needle in enumerate(plan.probes):
        groups.setdefault(needle.channel or f" {i}", []).append(i)
    return [tuple(group) for group in groups.values()]


def lower(plan: Plan, group: tuple[int, ...]) -> Plan | None:
    """The plan with the freezes of a channel's needles at less duty, or None where a card does not go lower."""
    clocks = [plan.clock(i) for i in range(len(plan.probes))]
    for i in group:
        steps = tuple(
            replace(s, duty=round(s.duty - LESS_DUTY, 3)) if s.kind == "freeze" and s.duty > LESS_DUTY else s
            for s in clocks[i].steps
        )
        if any(s.is_cold and s.duty < plan.probes[i].kind.duty_least.value for s in steps) or steps == clocks[i].steps:
            return None
        clocks[i] = Protocol(steps)
    try:
        return with_clocks(plan, clocks, plan.protocol)
    except PlanError:
        return None


def thaws(plan: Plan) -> list[Protocol]:
    """The clock as it is, then with active thaws where the cards can, then with longer ones."""
    found = [plan.protocol]
    if all(p.kind.can_thaw for p in plan.probes):
        for more_s in LONGER_THAWS_S:
            last = len(plan.protocol.steps) - 1
            steps = enumerate(plan.protocol.steps)
            found.append(Protocol(tuple(s if s.is_cold or n == last else _warmed(s, more_s) for n, s in steps)))
    return found


def _warmed(step: Step, more_s: float) -> Step:
    return Step("active_thaw", step.duration_s + more_s)


def drawn_back(plan: Plan, by_mm: float, clock: Protocol) -> Plan:
    """All needles drawn back so far before each later freeze, the thaws as in `clock`, each freeze at its own duty."""
    probes = []
    for i, needle in enumerate(plan.probes):
        own = plan.clock(i)
        steps = tuple(mine if mine.is_cold else new for mine, new in zip(own.steps, clock.steps, strict=True))
        mine = Protocol(steps)
        probes.append(replace(needle, pull_back_mm=by_mm, protocol=None if mine == clock else mine))
    return replace(plan, probes=tuple(probes), protocol=clock)


def with_clocks(plan: Plan, clocks: Sequence[Protocol | None], common: Protocol) -> Plan:
    """The plan with these clocks of its needles; those equal to the plan's are the plan's."""
    probes = tuple(
        replace(p, protocol=None if clock == common else clock) for p, clock in zip(plan.probes, clocks, strict=True)
    )
    return replace(plan, probes=probes, protocol=common)


def changes(start: Plan, now: Plan, limits: Minutes | None) -> tuple[str, ...]:
    """What is changed against the first plan, in words."""
    said = []
    before, after = ([s.duration_s for s in p.protocol.steps if s.kind == "freeze"] for p in (start, now))
    if before != after:
        of = ", ".join(f"{s / minutes:g}" for s in before)
        to = ", ".join(f"{s / minutes:g}" for s in after)
        said.append(f"freezes of {of} min now {to} min ({'' if limits is None else limits.said})")
    thaws, thawed = ([(s.kind, s.duration_s) for s in p.protocol.steps if not s.is_cold] for p in (start, now))
    if thaws != thawed:
        said.append("thaws now " + ", ".join(f"{kind.replace('_', ' ')} {s / minutes:g} min" for kind, s in thawed))
    if now.probes[0].pull_back_mm:
        said.append(f"all needles drawn back {now.probes[0].pull_back_mm:g} mm before each freeze after the first")
    for i in range(len(now.probes)):
        was, is_ = (min(s.duty for s in p.clock(i).steps if s.kind == "freeze") for p in (start, now))
        if was != is_:
            said.append(f"{now.name_of[i]} freezes at {is_:.0%} duty, not {was:.0%}")
    return tuple(said)
