"""The margin with the needles where they lie, and where one more would help: simulated before it is advised."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.applicator import Probe
from iceball.assessment import Assessment, Cover, Spare, assess
from iceball.errors import PlanError
from iceball.plan.compose import Conditions
from iceball.plan.placed.numbers import number
from iceball.plan.placement import Placement
from iceball.plan.plan import Plan
from iceball.plan.predict import simulate
from iceball.plan.search.asked import Answer, Asked
from iceball.plan.search.coarse import Coarse
from iceball.plan.search.sketch import Sketch
from iceball.plan.treated import as_treated
from iceball.plan.ways.apart import apart_mm
from iceball.plan.ways.outside import check_outside
from iceball.plan.ways.shaft import check_shafts
from iceball.plan.ways.survey import Room, survey
from iceball.plan.ways.terrain import Terrain
from iceball.plan.words import direction_words, table_side
from iceball.solve import History
from iceball.space.directions import over_sphere, written
from iceball.tissue import Anatomy

Floats = NDArray[np.float64]

COARSE_MM, SURE_MM = 3.0, 2.0
"""Cells on which one more needle is chosen, and on which its plan and the plan without it are judged."""
SIDES, AIMS, TRIES = 6, 16, 2
"""Open sides, places of little margin, and layouts that are simulated."""
DIRECTIONS, APART_DEG = 1500, 15.0
"""Over the sphere, some five degrees apart; two sides are farther apart than this."""
INWARD_MM, DEEPER_MM = (0.0, 6.0, 12.0), (-8.0, 0.0, 8.0)
"""From a place of little margin: inwards, and along the shaft."""
MOST_LOOKS = 600
LIKE_MM = 6.0
"""Two places for a needle nearer than this are one."""


@dataclass(frozen=True, eq=False)
class Advice:
    """What the needles as they lie will do, and what one more would.

    Attributes:
        verdict: of the plan as it stands, by the full model.
        needle: one more, along an open way; None where none is needed or none helps.
        then: the verdict with it, on equal cells; None without one.
        said: the advice in a sentence.
        spacing_mm: of the cells of both verdicts.
        looked, simulations: how many ways the sketch was asked about, and how many runs were made.
        seconds: of the clock.
    """

    verdict: Assessment
    needle: Placement | None
    then: Assessment | None
    said: str
    spacing_mm: float
    looked: int
    simulations: int
    seconds: float

    @property
    def margin_mm(self) -> float | None:
        """Least margin at 0 °C of the plan as it stands."""
        return self.verdict.margins_mm["0"].min_mm

    def as_json(self) -> dict[str, Any]:
        """The advice as one object."""
        then = self.then
        return {
            "spacing_mm": self.spacing_mm,
            "margins_mm": {t: _rounded(m.min_mm) for t, m in self.verdict.margins_mm.items()},
            "coverage": dict(self.verdict.coverage),
            "goals": [{"goal": v.goal, "met": v.met, "value": v.value} for v in self.verdict.goals],
            "advice": self.said,
            "next_needle": None if self.needle is None or then is None else {
                "probe": self.needle.probe, "tip_mm": list(self.needle.tip_mm), "entry_mm": list(self.needle.entry_mm),
                "margins_mm": {t: _rounded(m.min_mm) for t, m in then.margins_mm.items()},
                "coverage": dict(then.coverage),
                "goals": [{"goal": v.goal, "met": v.met, "value": v.value} for v in then.goals],
            },
            "looked": self.looked, "simulations": self.simulations, "seconds": round(self.seconds, 1),
        }  # fmt: skip

    def __str__(self) -> str:
        goals = [f"  {_met(v.met)}: {v.goal}" for v in self.verdict.goals]
        head = f"With the needles as they lie: margin at 0 °C {_mm(self.margin_mm)} (cells of {self.spacing_mm:g} mm)."
        return "\n".join([head, *goals, f"Next needle: {self.said}"])


def next_needle(
    plan: Plan,
    anatomy: Anatomy,
    *,
    bore_mm: float | None = None,
    spacing_mm: float = SURE_MM,
    coarse_mm: float = COARSE_MM,
    progress: Callable[[float, str], None] | None = None,
) -> Advice:
    """Judge needles where they lie, and look along open ways for one more that would help.

    Args:
        plan: at least one needle; nothing has been frozen yet.
        anatomy: the patient.
        bore_mm: diameter of the scanner's opening.
        spacing_mm: of the cells on which the plan is judged, and the plan with one more.
        coarse_mm: of those on which one more is chosen.
        progress: called with the share done and what is being done.

    Raises:
        PlanError: if the plan has no needle, or no goal on the target.
    """
    began, told = time.perf_counter(), progress or (lambda share, said: None)
    if not plan.probes:
        raise PlanError("has no needle.", where="Plan.probes", remedy="Place one, or search.")
    patient = as_treated(plan, anatomy)
    told(0.0, "the needles as they lie")
    verdict = _judged(plan, patient, _run(plan, patient, spacing_mm))

    def advice(said: str, looked: int, runs: int) -> Advice:
        return Advice(verdict, None, None, said, spacing_mm, looked, runs, time.perf_counter() - began)

    pairs = list(zip(plan.goals, verdict.goals, strict=True))
    if not any(v.met is False and isinstance(goal, Cover) for goal, v in pairs):
        unknown = [v.goal for v in verdict.goals if v.met is None]
        missed = [v.goal for v in verdict.goals if v.met is False]
        said = "none needed: every cover that could be assessed is met."
        said += f" NOT MET, and more ice would not help: {'; '.join(missed)}." if missed else ""
        said += f" NOT ASSESSED: {'; '.join(unknown)}." if unknown else ""
        return advice(said, 0, 1)
    told(0.3, "ways for one more")
    history = _run(plan, patient, coarse_mm)
    asked = Asked.of(patient, plan.goals)
    if not asked.goals:
        raise PlanError("has no goal on the target.", where="Plan.goals", remedy="Add a cover of the tumour.")
    found, looked = _ranked(plan, patient, history, asked, bore_mm)
    if not found:
        return advice("no way is open to where one more would lie.", looked, 2)
    now = asked.answer(Coarse.of(history).at)
    tried: list[tuple[tuple[float, float], Placement]] = []
    for n, needle in enumerate(found):
        told(0.5 + 0.1 * n, f"try {n + 1} of {len(found)}")
        more = _run(_with(plan, needle), patient, coarse_mm)
        tried.append((_rank(asked.answer(Coarse.of(more).at), now, asked), needle))
    needle = min(tried, key=lambda row: row[0])[1]
    told(0.8, "confirming")
    then = _judged(_with(plan, needle), patient, _run(_with(plan, needle), patient, spacing_mm))
    said, helps = _told(verdict, then, needle)
    seconds = time.perf_counter() - began
    runs = 3 + len(found)
    if not helps:
        return Advice(verdict, None, None, said, spacing_mm, looked, runs, seconds)
    return Advice(verdict, needle, then, said, spacing_mm, looked, runs, seconds)


def with_next(plan: Plan, advice: Advice) -> Plan | None:
    """The plan with the needle that is advised; None where none is."""
    return None if advice.needle is None else _with(plan, advice.needle)


def _with(plan: Plan, needle: Placement) -> Plan:
    return replace(plan, probes=(*plan.probes, needle))


def _run(plan: Plan, patient: Anatomy, spacing_mm: float) -> History:
    return simulate(plan, patient, conditions=Conditions(spacing_mm=spacing_mm), doubt=False)


def _judged(plan: Plan, patient: Anatomy, history: History) -> Assessment:
    return assess(history, plan.goals, patient, needles=len(plan.probes), kill=None)


def _ranked(
    plan: Plan, patient: Anatomy, history: History, asked: Asked, bore_mm: float | None
) -> tuple[list[Placement], int]:
    """The best few needles by the sketch, along ways that no rule closes, and how many were looked at."""
    terrain = Terrain.of(patient)
    room = Room(table_side(plan.setting.procedure_position), bore_mm or plan.setting.bore_mm)
    runs = [(Coarse.of(history), plan.probes)]
    sketch = Sketch.of(runs)
    shares = sketch.shares(asked.whole_mm, runs)
    temperatures = Coarse.of(history).at
    now = asked.answer(temperatures)
    zones = np.array([p.active_zone_mm for p in plan.probes])
    aims = _aims(asked, temperatures(asked.margins_mm.reshape(-1, 3)).reshape(asked.margins_mm.shape[:2]), patient)
    rows: list[tuple[tuple[float, float], Placement]] = []
    looked = 0
    kinds = list({p.probe: p.kind for p in plan.probes}.values())
    outs = _outs(plan, patient, terrain, kinds[0], room)
    for kind in kinds:
        tips, ways = _candidates(kind, aims, outs)
        whole = survey(terrain, kind, tips, ways, room=room)
        free = [i for i in np.flatnonzero(whole.open).tolist() if _room_for(plan, tips[i], whole.entries_mm[i])]
        for i in free[:: max(1, -(-len(free) // (MOST_LOOKS // len(kinds))))]:
            looked += 1
            needle = _needle(plan, kind, tips[i], whole.entries_mm[i])
            both = np.concatenate([zones, np.array([needle.active_zone_mm])])
            rank = _rank(asked.answer(sketch.temperatures(both, shares=shares)), now, asked)
            rows.append((rank, needle))
    chosen: list[Placement] = []
    for _, needle in sorted(rows, key=lambda row: row[0]):
        if len(chosen) == TRIES:
            break
        if any(np.linalg.norm(np.subtract(needle.tip_mm, c.tip_mm)) < LIKE_MM for c in chosen):
            continue
        one = _with(plan, needle)
        said = [*check_shafts(replace(plan, probes=(needle,)), patient, terrain=terrain), *check_outside(one, patient)]
        if not any(f.severity == "error" and needle.name in f"{f.where} {f.what}" for f in said):
            chosen.append(needle)
    return chosen, looked


def _aims(asked: Asked, celsius: Floats, patient: Anatomy) -> Floats:
    """Middles of active zones worth a look: places of the target's surface with the least margin, and inwards."""
    surface = asked.margins_mm[int(np.argmin(np.abs(asked.offsets_mm)))]
    warmest = np.nan_to_num(celsius, nan=-99.0).max(axis=0)
    order = np.argsort(-warmest, kind="stable")[: max(AIMS, len(warmest) // 4)]
    points = surface[order]
    chosen = [0]
    gap = np.linalg.norm(points - points[0], axis=1)
    while len(chosen) < min(AIMS, len(points)):
        chosen.append(int(gap.argmax()))
        gap = np.minimum(gap, np.linalg.norm(points - points[chosen[-1]], axis=1))
    middle = np.mean(patient.target.shape.bounds_mm(), axis=0)
    found = []
    for point in points[chosen]:
        way = middle - point
        length = max(float(np.linalg.norm(way)), 1e-6)
        found += [point + min(mm, length) / length * way for mm in INWARD_MM]
    return np.array(found)


def _outs(plan: Plan, patient: Anatomy, terrain: Terrain, kind: Probe, room: Room) -> Floats:
    """Directions from the target to the skin: beside the needles that lie, and the cheapest open ones."""
    chosen = [-np.array(p.direction) for p in plan.probes]
    mine = len(chosen)
    outs = over_sphere(DIRECTIONS)
    ahead = kind.standoff_mm.value + kind.active_mm.value / 2
    middle = np.mean(patient.target.shape.bounds_mm(), axis=0)
    ways = survey(terrain, kind, middle - ahead * outs, outs, room=room)
    for i in np.argsort(ways.price_mm, kind="stable").tolist():
        if len(chosen) == mine + SIDES or not ways.open[i]:
            break
        if all(outs[i] @ other < np.cos(np.radians(APART_DEG)) for other in chosen):
            chosen.append(outs[i])
    return np.array(chosen)


def _candidates(kind: Probe, aims: Floats, outs: Floats) -> tuple[Floats, Floats]:
    """Tips and directions of all that are looked at: each aim from each side at each depth."""
    ahead = kind.standoff_mm.value + kind.active_mm.value / 2
    tips, ways = [], []
    for out in outs:
        for deeper in DEEPER_MM:
            tips.append(aims - (ahead + deeper) * out)
            ways.append(np.repeat(out[None], len(aims), axis=0))
    return np.concatenate(tips), np.concatenate(ways)


def _room_for(plan: Plan, tip: Floats, entry: Floats) -> bool:
    least = number("advice", "apart_mm").value
    return all(apart_mm((written(tip), written(entry)), (p.tip_mm, p.entry_mm)) >= least for p in plan.probes)


def _needle(plan: Plan, kind: Probe, tip: Floats, entry: Floats) -> Placement:
    like = next(p for p in plan.probes if p.probe == kind.name)
    return Placement(
        kind.name, written(tip), written(entry), protocol=like.protocol, name=_name(plan), start_s=like.start_s,
        active_mm=like.active_mm,
    )  # fmt: skip


def _name(plan: Plan) -> str:
    count = len(plan.probes) + 1
    while f"needle {count}" in plan.name_of:
        count += 1
    return f"needle {count}"


def _rank(answer: Answer, now: Answer, asked: Asked) -> tuple[float, float]:
    """Smaller is better: what is lost first, then how far goals are missed, then the margin."""
    lost = sum(
        isinstance(goal, Spare) and lacks > 0 and before <= 0
        for goal, lacks, before in zip(asked.goals, answer.lacks_k, now.lacks_k, strict=True)
    )
    missed = sum(lacks > 0 for lacks in answer.lacks_k)
    return 10.0 * lost + missed, sum(max(k, 0.0) for k in answer.lacks_k) - answer.margin_mm


def _told(before: Assessment, then: Assessment, needle: Placement) -> tuple[str, bool]:
    """The advice in words, and whether the needle is worth it."""
    met = {v.goal: v.met for v in before.goals}
    won = [v.goal for v in then.goals if v.met is True and met.get(v.goal) is False]
    lost = [v.goal for v in then.goals if v.met is False and met.get(v.goal) is True]
    a, b = before.margins_mm["0"].min_mm, then.margins_mm["0"].min_mm
    gain = None if a is None or b is None else b - a
    worth = (
        bool(won) or (b is not None and a is None) or (gain is not None and gain >= number("advice", "worth_mm").value)
    )
    if lost or not worth:
        why = f"it would lose: {'; '.join(lost)}" if lost else f"margin {_mm(a)} now, {_mm(b)} then"
        return f"none along an open way helps; the best that was simulated: {why}.", False
    where = direction_words(-np.array(needle.direction))
    missed = [v.goal for v in then.goals if v.met is False]
    left = f" STILL MISSED: {'; '.join(missed)}." if missed else " No goal is missed then."
    tip, entry = (", ".join(f"{v:.1f}" for v in point) for point in (needle.tip_mm, needle.entry_mm))
    said = f"one more {needle.probe} {where}, tip ({tip}), entry ({entry}) LPS mm"
    return f"{said}: margin {_mm(a)} now, {_mm(b)} then.{left}", True


def _met(met: bool | None) -> str:
    return "NOT ASSESSED" if met is None else "met" if met else "NOT MET"


def _mm(value: float | None) -> str:
    return "none" if value is None else f"{value:.1f} mm"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
