"""A needle as the solver sees it: a line with a schedule, from a placement, its card and its clock."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from iceball.applicator import Probe
from iceball.errors import PlanError
from iceball.plan.placement import Placement
from iceball.plan.protocol import Protocol, Step
from iceball.solve.scene import ADIABATIC, Line, LineStep

Bound = Literal["power_limited", "chart_like"]


def line_of(
    name: str,
    placement: Placement,
    clock: Protocol,
    *,
    bound: Bound,
    body_c: float,
    supply_bar: float | None = None,
) -> Line:
    """The line of one needle.

    Args:
        name: what people call it.
        placement: where it lies, what kind it is, and when it starts.
        clock: its protocol, counted from its own start.
        bound: finite cooling power with the card's profile and shaft leak, or the active zone's wall held cold.
        body_c: temperature of the tissue around it before any freeze.
        supply_bar: supply pressure; None is the card's own.
    """
    start, end = placement.active_zone_mm
    kind = placement.kind
    share = power_share(kind, supply_bar)
    # A wall that is held cold has no film of which a part of the needle could have a share.
    pieces = profile_of(placement) if bound == "power_limited" else ()
    steps = []
    for begin, step in zip(clock.starts_s, clock.steps, strict=True):
        made = _step(step, placement.start_s + begin, kind, bound, body_c, share)
        # Where cooling is uneven, warming is too: active thaw then passes the same film.
        uneven = bool(pieces) and step.kind == "active_thaw"
        steps.append(replace(made, h=kind.h.value) if uneven else made)
    if pieces:
        end = placement.along(kind.standoff_mm.value + sum(length for length, _ in pieces))
    return Line(name, start, end, kind.radius_mm.value, tuple(steps), profile=pieces)


def power_share(kind: Probe, supply_bar: float | None) -> float:
    """Cooling power at a supply pressure as a share of the card's own."""
    if supply_bar is None or kind.supply_bar is None:
        return 1.0
    return kind.cryogen.power_share(supply_bar, kind.supply_bar.value)


def profile_of(placement: Placement) -> tuple[tuple[float, float], ...]:
    """Length in mm and share of h of each piece, from the deep end back to where the shaft's leak ends or the skin is;
    () where the cooling is even and nothing leaks.
    """
    kind = placement.kind
    pieces = [(length.value, share.value) for length, share in kind.profile]
    cold = kind.standoff_mm.value + placement.cold_mm
    leak = min(kind.shaft_leak_mm.value, placement.depth_mm - cold)
    if kind.shaft_leak.value > 0 and leak > 0:
        pieces = pieces or [(placement.cold_mm, 1.0)]
        pieces.append((leak, kind.shaft_leak.value))
    return tuple(pieces)


def _step(step: Step, start_s: float, kind: Probe, bound: Bound, body_c: float, share: float) -> LineStep:
    if step.kind == "thaw":
        return LineStep(start_s, step.duration_s, ADIABATIC)
    ramp = kind.time_constant_s.value
    if step.kind == "active_thaw":
        if kind.thaw_c is None:
            raise PlanError(f"{kind.name} is not known to thaw actively", where="active_thaw")
        return LineStep(start_s, step.duration_s, kind.thaw_c.value, time_constant_s=ramp)
    if bound == "power_limited":
        return LineStep(start_s, step.duration_s, kind.coolant_c.value, kind.h.value * step.duty * share, ramp)
    # Chart-like at reduced power: the wall rests proportionally nearer to body temperature (assumed; charts give full
    # power only).
    wall_c = body_c + min(1.0, step.duty * share) * (kind.coolant_c.value - body_c)
    return LineStep(start_s, step.duration_s, wall_c, time_constant_s=ramp)
