"""Plans side by side: the same patient, the same cells, the same goals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from iceball.assessment import Assessment, assess
from iceball.errors import PlanError
from iceball.plan.compose import Conditions
from iceball.plan.plan import Plan
from iceball.plan.predict import simulate
from iceball.plan.search.ellipsoids import ellipsoid_baseline
from iceball.plan.search.starter import starter_plan
from iceball.plan.treated import as_treated
from iceball.plan.ways.geometry import check_plan
from iceball.solve import History
from iceball.tissue import Anatomy
from iceball.units import minutes

BASELINE = "1-2 rule"
"""What people do without physics: the starter plan, one needle a centimetre of width, 1 to 2 cm apart."""
UNION = "ellipsoids"
"""What open planners do: a union of a chart's ellipsoids over the target with its margin."""
ISOTHERMS = ("0", "-20", "-40")


@dataclass(frozen=True, eq=False)
class Compared:
    """One of the plans with what it does.

    Attributes:
        name: what people call it.
        plan: with the goals that all are held against.
        patient: as this plan treats it.
        history: its run.
        verdict: its assessment.
        errors: rules that it breaks, in words.
    """

    name: str
    plan: Plan
    patient: Anatomy
    history: History
    verdict: Assessment
    errors: tuple[str, ...]

    def rows(self) -> dict[str, str | float | None]:
        """Its numbers under the names of the table."""
        a = self.verdict
        found: dict[str, str | float | None] = {
            "needles": float(len(self.plan.probes)),
            "protocol, min": self.plan.duration_s / minutes,
            "goals met": f"{sum(v.met is True for v in a.goals)} of {len(a.goals)}",
        }
        for t in ISOTHERMS:
            found[f"margin at {t} °C, least, mm"] = a.margins_mm[t].min_mm
        for t in ISOTHERMS:
            found[f"target colder than {t} °C, %"] = 100 * a.coverage[t]
        for t in ISOTHERMS:
            found[f"volume colder than {t} °C, mL"] = a.volumes_ml[t]
        for verdict in a.goals:
            if verdict.value is not None and verdict.goal.startswith("nothing"):
                found[f"{verdict.goal}, least there, °C"] = verdict.value
        found["rules broken"] = float(len(self.errors))
        return found


def baseline(plan: Plan, anatomy: Anatomy) -> Plan:
    """The plan of the 1-2 rule for the same protocol and goals; raises PlanError where it finds no way."""
    clock = plan.protocol if plan.protocol.steps else None
    made = starter_plan(as_treated(plan, anatomy), setting=plan.setting, protocol=clock)
    if not made.probes:
        raise PlanError(made.reason, where=BASELINE)
    return replace(plan, probes=made.probes, protocol=made.protocol, review="starter", reason=made.reason)


def baselines(
    plan: Plan, anatomy: Anatomy, *, beside: Mapping[str, Plan] | None = None
) -> tuple[dict[str, Plan], dict[str, str]]:
    """The plans that a plan must beat, by name, and those that are left out, with the reason.

    Args:
        plan: its protocol, goals, pockets, vessels and warmers are taken, its needles are not.
        anatomy: the patient.
        beside: plans that are compared anyway: a baseline with the needles of one of them is not run again.
    """
    made: dict[str, Plan] = {}
    absent: dict[str, str] = {}
    for name, make in ((BASELINE, baseline), (UNION, ellipsoid_baseline)):
        try:
            found = make(plan, anatomy)
        except PlanError as refusal:
            absent[name] = str(refusal)
            continue
        same = [n for n, p in (beside or {}).items() if (p.probes, p.protocol) == (found.probes, found.protocol)]
        if same:
            absent[name] = f"the same needles and times as {same[0]}."
        else:
            made[name] = found
    return made, absent


def compare(
    plans: Mapping[str, Plan],
    anatomy: Anatomy,
    *,
    spacing_mm: float = 2.0,
    progress: Callable[[float, str], None] | None = None,
) -> tuple[Compared, ...]:
    """Simulate and assess plans on equal cells; all are held against the goals of the first.

    Args:
        plans: by name, at least two.
        anatomy: the patient.
        spacing_mm: cells of all runs.
        progress: called with the share done and the plan's name.

    Raises:
        PlanError: for fewer than two plans, or a plan that cannot be simulated, by name.
    """
    if len(plans) < 2:
        raise PlanError("needs at least two plans.", where="compare", remedy="Name another plan file, or --baseline.")
    goals, found = next(iter(plans.values())).goals, []
    for n, (name, given) in enumerate(plans.items()):
        if progress is not None:
            progress(n / len(plans), name)
        plan = replace(given, goals=goals)
        patient = as_treated(plan, anatomy)
        history = simulate(plan, patient, conditions=Conditions(spacing_mm=spacing_mm), doubt=False)
        verdict = assess(history, goals, patient, needles=len(plan.probes), kill=None, limits=plan.limits)
        errors = tuple(str(f) for f in check_plan(plan, patient) if f.severity == "error")
        found.append(Compared(name, plan, patient, history, verdict, errors))
    return tuple(found)


def compared_json(
    found: tuple[Compared, ...], spacing_mm: float, *, absent: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The comparison as one object; `absent` are baselines that were left out, with the reason."""
    return {
        "research_use_only": True,
        "spacing_mm": spacing_mm,
        "plans": [{"name": c.name, "errors": list(c.errors), "numbers": c.rows()} for c in found],
        "absent": dict(absent or {}),
    }


def compared_table(found: tuple[Compared, ...], *, absent: Mapping[str, str] | None = None) -> str:
    """The comparison as lines of text, a column a plan."""
    columns = [c.rows() for c in found]
    names = list(dict.fromkeys(name for column in columns for name in column))
    wide = max(len(name) for name in names)
    each = [max(10, len(c.name)) for c in found]
    head = " " * wide + "".join(f"  {c.name:>{w}}" for c, w in zip(found, each, strict=True))
    lines = [head]
    for name in names:
        cells = "".join(f"  {_cell(column.get(name)):>{w}}" for column, w in zip(columns, each, strict=True))
        lines.append(f"{name:<{wide}}{cells}")
    lines += [f"{c.name}: ERROR: {error}" for c in found for error in c.errors]
    lines += [f"{name}: LEFT OUT: {why}" for name, why in (absent or {}).items()]
    return "\n".join(lines)


def _cell(value: str | float | None) -> str:
    if value is None:
        return "–"
    return value if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")
