"""What would protect a structure whose limit is not met: each manoeuvre simulated on its own, best first."""

from __future__ import annotations

from collections.abc import Callable

from iceball.assessment import Assessment, Spare
from iceball.errors import PlanError
from iceball.plan.plan import Plan
from iceball.plan.pocket import Pocket
from iceball.plan.search.whatif import Changed, assessed, clocked, lower, pulled_back, shorter, tried
from iceball.plan.treated import as_treated
from iceball.plan.warm.warming import Warming
from iceball.tissue import Anatomy
from iceball.tissue.organs import structures_in_group

POCKETS_MM = (7.0, 10.0)
WARM_C = 37.0
"""Fluid as warm as the body, so that the pocket itself cools nothing."""
WARMERS = {"urethra": "urethral-warmer"}
"""Structures that a warmer of the library lies in."""

Make = Callable[[], Plan]


def protections(
    plan: Plan,
    anatomy: Anatomy,
    *,
    spacing_mm: float = 2.0,
    progress: Callable[[float, str], None] | None = None,
) -> tuple[Changed, ...]:
    """Manoeuvres for every goal that spares a structure and is not met, each simulated, best first.

    Best is what meets most such goals, then what costs the least margin at 0 °C; what cannot be done comes last.

    Args:
        plan: at least one needle.
        anatomy: the patient.
        spacing_mm: cells of all runs.
        progress: called with the share done and the manoeuvre.

    Returns:
        One row a manoeuvre; () where every such goal is met.

    Raises:
        PlanError: if the plan has no needle.
    """
    if not plan.probes:
        raise PlanError("has no needle to change.", where="Plan.probes", remedy="Place one, or search.")
    patient = as_treated(plan, anatomy)
    base = assessed(plan, patient, spacing_mm)
    missed = [
        goal for goal, v in zip(plan.goals, base.goals, strict=True) if isinstance(goal, Spare) and v.met is False
    ]
    if not missed:
        return ()
    rows = tried(plan, anatomy, base, _manoeuvres(plan, patient, base, missed), spacing_mm, progress)
    return tuple(sorted(rows, key=_rank))


def _rank(row: Changed) -> tuple[bool, int, float]:
    margin = dict(row.margins_mm).get("0")
    return bool(row.why_not or row.breaks), len(row.lost) - len(row.won), -(margin if margin is not None else -99.0)


def _manoeuvres(plan: Plan, patient: Anatomy, base: Assessment, missed: list[Spare]) -> list[tuple[str, Make]]:
    found: list[tuple[str, Make]] = [
        ("all needles 5 mm back", lambda: pulled_back(plan)),
        ("every freeze 2 min shorter", lambda: clocked(plan, shorter)),
        ("every freeze at 70% duty", lambda: clocked(plan, lower)),
    ]
    for name in dict.fromkeys(_coldest(goal, patient, base) for goal in missed):
        for thick in POCKETS_MM:
            found.append((f"{thick:g} mm of warm fluid beside {name}", lambda n=name, t=thick: _fluid(plan, n, t)))  # type: ignore[misc]
        for part, card in WARMERS.items():
            if name.startswith(part):
                found.append((f"{card} in {name}", lambda n=name, c=card: _warmer(plan, n, c)))  # type: ignore[misc]
    return found


def _coldest(goal: Spare, patient: Anatomy, base: Assessment) -> str:
    """The member of a goal's structure, or group, that becomes coldest."""
    members = structures_in_group(goal.structure, tuple(patient.structures)) or (goal.structure,)
    rows = [s for s in base.structures if s.name in members]
    return min(rows, key=lambda s: s.min_temperature_c).name if rows else goal.structure


def _fluid(plan: Plan, name: str, thick_mm: float) -> Plan:
    return plan.edited(pockets=(*plan.pockets, Pocket(name, "dextrose", thick_mm, start_c=WARM_C)))


def _warmer(plan: Plan, name: str, card: str) -> Plan:
    if any(w.structure == name for w in plan.warmers):
        raise PlanError(f"{name} has a warmer already", where="Plan.warmers")
    return plan.edited(warmers=(*plan.warmers, Warming(card, name)))
