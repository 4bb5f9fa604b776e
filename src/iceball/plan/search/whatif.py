"""What if: one change of a plan at a time, simulated, and what it does to the margin and to every structure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from iceball.assessment import Assessment, Spare, assess
from iceball.errors import IceballError, PlanError
from iceball.plan.compose import Conditions
from iceball.plan.placement import Placement
from iceball.plan.plan import Plan
from iceball.plan.pocket import Pocket
from iceball.plan.predict import simulate
from iceball.plan.protocol import Protocol
from iceball.plan.treated import as_treated
from iceball.plan.ways.geometry import check_plan
from iceball.tissue import Anatomy
from iceball.tissue.organs import structures_in_group
from iceball.units import minutes

PULL_BACK_MM, ASIDE_MM, FLUID_MM, LONGER_S, DUTY = 5.0, 3.0, 10.0, 2 * minutes, 0.7
BESIDE_MM = 3.0
"""One more needle lies so far inside the place of the least margin."""
ISOTHERMS = ("0", "-20", "-40")


@dataclass(frozen=True)
class Changed:
    """One change and what it does; every number is the changed plan's less the plan's own.

    Attributes:
        name: the change in words.
        why_not: why it was not simulated, "" where it was.
        margins_mm: least margin at 0, -20 and -40 °C; None where one of both has none.
        structures_k: lowest temperature of each structure that either plan names.
        won, lost: goals that are met now and were not, and the other way round.
        breaks: rules that its needles break, in words.
        plan: the changed plan; None where it could not be made.
    """

    name: str
    why_not: str = ""
    margins_mm: tuple[tuple[str, float | None], ...] = ()
    structures_k: tuple[tuple[str, float], ...] = ()
    won: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    breaks: tuple[str, ...] = ()
    plan: Plan | None = None

    def as_json(self) -> dict[str, Any]:
        """The change as one object."""
        return {
            "change": self.name, "why_not": self.why_not, "margins_mm": dict(self.margins_mm),
            "structures_k": dict(self.structures_k), "goals_won": list(self.won), "goals_lost": list(self.lost),
            "breaks": list(self.breaks),
        }  # fmt: skip

    def __str__(self) -> str:
        if self.why_not:
            return f"{self.name}: not simulated: {self.why_not}"
        margins = ", ".join(f"{t} °C {v:+.1f} mm" for t, v in self.margins_mm if v is not None)
        most = sorted(self.structures_k, key=lambda row: -abs(row[1]))[:3]
        cold = ", ".join(f"{name} {k:+.1f} K" for name, k in most if abs(k) >= 0.05)
        said = [f"margin {margins}" if margins else "", cold, *(f"MET NOW: {g}" for g in self.won)]
        said += [*(f"LOST: {g}" for g in self.lost), *(f"BREAKS: {b}" for b in self.breaks)]
        return f"{self.name}: " + "; ".join(part for part in said if part)


def what_if(
    plan: Plan,
    anatomy: Anatomy,
    *,
    spacing_mm: float = 2.0,
    progress: Callable[[float, str], None] | None = None,
) -> tuple[Changed, ...]:
    """Each change on its own: pull back, one more needle, longer, lower duty, fluid, a needle beside its place.

    Args:
        plan: at least one needle.
        anatomy: the patient.
        spacing_mm: cells of all runs; differences between runs on equal cells are finer than either of them.
        progress: called with the share done and the change.

    Raises:
        PlanError: if the plan has no needle.
    """
    if not plan.probes:
        raise PlanError("has no needle to change.", where="Plan.probes", remedy="Place one, or search.")
    patient = as_treated(plan, anatomy)
    base = assessed(plan, patient, spacing_mm)
    return tried(plan, anatomy, base, _changes(plan, patient, base), spacing_mm, progress)


def tried(
    plan: Plan,
    anatomy: Anatomy,
    base: Assessment,
    tries: list[tuple[str, Callable[[], Plan]]],
    spacing_mm: float,
    progress: Callable[[float, str], None] | None = None,
) -> tuple[Changed, ...]:
    """Every change simulated and held against the plan's own assessment; one that cannot be says why."""
    broken = {str(f) for f in check_plan(plan, as_treated(plan, anatomy)) if f.severity == "error"}
    rows = []
    for n, (name, make) in enumerate(tries, start=1):
        if progress is not None:
            progress((n - 1) / len(tries), name)
        try:
            changed = make()
            treated = as_treated(changed, anatomy)
            rows.append(_held_against(name, changed, treated, base, assessed(changed, treated, spacing_mm), broken))
        except IceballError as refusal:
            rows.append(Changed(name, why_not=str(refusal)))
    return tuple(rows)


def assessed(plan: Plan, patient: Anatomy, spacing_mm: float) -> Assessment:
    """A plan simulated and judged by its goals."""
    history = simulate(plan, patient, conditions=Conditions(spacing_mm=spacing_mm), doubt=False)
    return assess(history, plan.goals, patient, needles=len(plan.probes), kill=None, limits=plan.limits)


def _held_against(
    name: str, plan: Plan, patient: Anatomy, base: Assessment, now: Assessment, broken: set[str]
) -> Changed:
    margins = []
    for t in ISOTHERMS:
        a, b = now.margins_mm[t].min_mm, base.margins_mm[t].min_mm
        margins.append((t, None if a is None or b is None else round(a - b, 2)))
    before = {s.name: s.min_temperature_c for s in base.structures}
    cold = tuple((s.name, round(s.min_temperature_c - before[s.name], 2)) for s in now.structures if s.name in before)
    met = {v.goal: v.met for v in base.goals}
    won = tuple(v.goal for v in now.goals if v.met is True and met.get(v.goal) is False)
    lost = tuple(v.goal for v in now.goals if v.met is False and met.get(v.goal) is True)
    breaks = tuple(str(f) for f in check_plan(plan, patient) if f.severity == "error" and str(f) not in broken)
    return Changed(name, "", tuple(margins), cold, won, lost, breaks, plan)


def _changes(plan: Plan, patient: Anatomy, base: Assessment) -> list[tuple[str, Callable[[], Plan]]]:
    return [
        (f"all needles {PULL_BACK_MM:g} mm back", lambda: pulled_back(plan)),
        ("one more needle at the least margin", lambda: _one_more(plan, patient, base)),
        (f"every freeze {LONGER_S / minutes:g} min longer", lambda: clocked(plan, _longer)),
        (f"every freeze at {DUTY:.0%} duty", lambda: clocked(plan, lower)),
        (f"{FLUID_MM:g} mm of fluid beside what is nearest to its limit", lambda: _with_fluid(plan, base, patient)),
        (f"the needle beside the least margin {ASIDE_MM:g} mm off", lambda: _aside(plan, base)),
    ]


def pulled_back(plan: Plan) -> Plan:
    """Every needle 5 mm back along its shaft."""
    return plan.edited(probes=tuple(replace(p, tip_mm=p.along(PULL_BACK_MM)) for p in plan.probes))


def clocked(plan: Plan, change: Callable[[Protocol], Protocol]) -> Plan:
    """The plan with every clock changed."""
    probes = tuple(p if p.protocol is None else replace(p, protocol=change(p.protocol)) for p in plan.probes)
    return plan.edited(probes=probes, protocol=change(plan.protocol) if plan.protocol.steps else plan.protocol)


def _longer(clock: Protocol) -> Protocol:
    return Protocol(
        tuple(replace(s, duration_s=s.duration_s + LONGER_S) if s.kind == "freeze" else s for s in clock.steps)
    )


def shorter(clock: Protocol) -> Protocol:
    """Every freeze 2 min shorter; raises PlanError where a freeze would be gone."""
    if any(s.kind == "freeze" and s.duration_s <= LONGER_S for s in clock.steps):
        raise PlanError(f"a freeze lasts no longer than {LONGER_S / minutes:g} min", where="what if")
    return Protocol(
        tuple(replace(s, duration_s=s.duration_s - LONGER_S) if s.kind == "freeze" else s for s in clock.steps)
    )


def lower(clock: Protocol) -> Protocol:
    """Every freeze at 70 % of its duty."""
    return Protocol(tuple(replace(s, duty=s.duty * DUTY) if s.kind == "freeze" else s for s in clock.steps))


def _worst(base: Assessment) -> np.ndarray:
    where = base.margins_mm["0"].where_lps_mm
    if where is None:
        raise PlanError(base.margins_mm["0"].reason or "there is no margin at 0 °C", where="what if")
    return np.array(where)


def _nearest(plan: Plan, place: np.ndarray) -> tuple[int, np.ndarray]:
    """The needle whose axis passes nearest to a place, and the way from that axis to it."""
    ways = []
    for p in plan.probes:
        axis, offset = np.array(p.direction), place - np.array(p.tip_mm)
        ways.append(offset - (offset @ axis) * axis)
    nearest = int(np.argmin([np.linalg.norm(w) for w in ways]))
    return nearest, ways[nearest]


def _one_more(plan: Plan, patient: Anatomy, base: Assessment) -> Plan:
    worst = _worst(base)
    number, way = _nearest(plan, worst)
    length = float(np.linalg.norm(way))
    shift = way * max(0.0, 1.0 - BESIDE_MM / max(length, 1e-6))
    needle = plan.probes[number]
    more = replace(needle, tip_mm=_moved(needle.tip_mm, shift), entry_mm=_moved(needle.entry_mm, shift),
                   name=f"needle {len(plan.probes) + 1} (what if)")  # fmt: skip
    return plan.edited(probes=(*plan.probes, more))


def _aside(plan: Plan, base: Assessment) -> Plan:
    number, way = _nearest(plan, _worst(base))
    shift = -ASIDE_MM * way / max(float(np.linalg.norm(way)), 1e-6)
    needle: Placement = plan.probes[number]
    off = replace(needle, tip_mm=_moved(needle.tip_mm, shift), entry_mm=_moved(needle.entry_mm, shift))
    return plan.edited(probes=tuple(off if i == number else p for i, p in enumerate(plan.probes)))


def _with_fluid(plan: Plan, base: Assessment, patient: Anatomy) -> Plan:
    rooms = []
    for goal, verdict in zip(plan.goals, base.goals, strict=True):
        if isinstance(goal, Spare) and verdict.value is not None:
            # fluid under the skin lifts it off its needles' entries: only where nothing else is to be spared
            rooms.append((goal.structure == "skin", verdict.value - goal.above, goal.structure))
    if not rooms:
        raise PlanError("no goal spares a drawn structure that could be moved", where="what if")
    group = min(rooms)[2]
    members = structures_in_group(group, tuple(patient.structures)) or (group,)
    near = [s for s in base.structures if s.name in members and s.distance_to_0c_mm is not None]
    name = min(near, key=lambda s: s.distance_to_0c_mm or 0.0).name if near else members[0]
    return plan.edited(pockets=(*plan.pockets, Pocket(name, "dextrose", FLUID_MM)))


def _moved(point: tuple[float, float, float], by: np.ndarray) -> tuple[float, float, float]:
    x, y, z = (round(float(v), 3) for v in np.array(point) + by)
    return x, y, z
