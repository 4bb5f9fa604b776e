"""From a plan to the latest safe stop of every structure that it spares."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

from iceball.assessment import assessment_key
from iceball.assessment.goals import Spare
from iceball.assessment.own_limit import limit_of
from iceball.assessment.stopping import Stop
from iceball.errors import PlanError
from iceball.plan.compose import Conditions, compose
from iceball.plan.plan import Plan
from iceball.plan.protocol import freeze
from iceball.plan.stopping.coast import Backend
from iceball.plan.stopping.stop import Search
from iceball.plan.treated import as_treated, thinned
from iceball.solve.scene import LineStep
from iceball.space.shapes import Shape
from iceball.tissue import Anatomy
from iceball.tissue.vocabulary import structures_in_group

SPACING_MM = 3.0
VERSION = "2"
"""Raised whenever the same plan would get other advice."""


def spared(plan: Plan, anatomy: Anatomy) -> tuple[tuple[Spare, Shape], ...]:
    """Every goal to spare a drawn structure, and what the pack has a drawn structure keep where no goal asks for it."""
    found = []
    for goal in plan.goals:
        if isinstance(goal, Spare) and (drawn := anatomy.structure(goal.structure)) is not None:
            found.append((goal, drawn.shape))
    goals = [goal for goal, _ in found]
    for name, structure in anatomy.structures.items():
        limit = limit_of(name, anatomy.organ, plan.limits)
        if limit is None or not limit.stops:
            continue
        celsius, distance = limit.asked("stop")
        speaking = [g for g in goals if g.structure == name or structures_in_group(g.structure, (name,))]
        if not any(g.above >= celsius and g.distance_mm >= distance for g in speaking):
            found.append((Spare(name, celsius, distance), structure.shape))
    return tuple(found)


def latest_stops(
    plan: Plan,
    anatomy: Anatomy,
    *,
    conditions: Conditions | None = None,
    backend: Backend = "auto",
    threads: int | None = None,
    go_on: Callable[[], None] = lambda: None,
) -> tuple[Stop, ...]:
    """Until when all needles may be stopped, per structure: for passive thaw, and for active thaw where cards allow it.

    Args:
        plan: needles, protocol, and goals to spare structures.
        anatomy: the patient.
        conditions: nominal flow, power-limited needles, 3 mm cells unless given.
        backend: as for a Simulation.
        threads: as for a Simulation.
        go_on: called before each run; what it raises ends the work, and is raised.

    Raises:
        PlanError, SceneError, SolverError: as `simulate`.
    """
    conditions = conditions or Conditions(spacing_mm=SPACING_MM)
    anatomy = as_treated(thinned(plan) if conditions.thin else plan, anatomy)
    goals = spared(plan, anatomy)
    if not goals or plan.is_empty:
        return ()
    scene = compose(plan, anatomy, conditions=conditions)
    ways: list[tuple[LineStep, ...]] = [()]
    if plan.probes:
        with suppress(PlanError):  # the card of a needle does not let it thaw actively: then there is no such way
            ways.append(_active(plan, anatomy, conditions))
    # side by side, each on its share of the cores: several at once wait less for each other than one on all cores
    share = max(1, (threads or os.cpu_count() or 1) // len(ways))
    searches = [Search(scene, goals, thaw, backend, share, anatomy.organ, plan.limits, go_on) for thaw in ways]
    with ThreadPoolExecutor(len(ways)) as pool:
        answers = list(pool.map(Search.stops, searches))
    found = [stop for answer in answers for stop in answer]
    # one structure after the other, each with both ways of thawing
    order = {str(goal): n for n, (goal, _) in enumerate(goals)}
    return tuple(sorted(found, key=lambda s: order[s.goal]))


def stops_key(plan: Plan, anatomy: Anatomy, run_key: str, *, spacing_mm: float = SPACING_MM) -> str:
    """What stops are bound to: the run, the structures and limits, and the cells of the advice."""
    anatomy = as_treated(plan, anatomy)
    goals = [goal for goal, _ in spared(plan, anatomy)]
    text = f"{assessment_key(run_key, goals, anatomy, limits=plan.limits)}|{spacing_mm}|{VERSION}"
    return hashlib.sha256(text.encode()).hexdigest()


def _active(plan: Plan, anatomy: Anatomy, conditions: Conditions) -> tuple[LineStep, ...]:
    """The step of active thaw of each of the scene's lines, as `compose` makes it."""
    if any(p.pull_back_mm for p in plan.probes):
        raise PlanError("which place a needle warms that is drawn back depends on the time", where="active_thaw")
    clock = freeze(60.0).active_thaw(60.0)
    # only the needles' lines are asked for, and a warmer may begin after this short clock
    thawing = replace(plan, protocol=clock, probes=tuple(replace(p, protocol=None) for p in plan.probes), warmers=())
    return tuple(line.steps[-1] for line in compose(thawing, anatomy, conditions=conditions).lines)
