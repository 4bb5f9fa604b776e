"""The preview: what the ice would be with the needles where the hand holds them now. It is never reported or exported.

Two tiers: a run on coarse cells is made again and again of wherever the needles are (`by: "physics"`), and between two
of those the nearest one is carried along with its needles (`by: "carried"`, `iceball.plan.carried`). Each says how far
off it may be (`off`); `validation/preview_error` measures both.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass, replace

from iceball.errors import IceballError
from iceball.plan.carried import Carried
from iceball.plan.compose import Conditions, box_around, compose
from iceball.plan.plan import Plan
from iceball.plan.treated import as_treated
from iceball.solve import History, Result, Simulation
from iceball.solve.control import Control
from iceball.solve.history import Field
from iceball.tissue import Anatomy
from iceball.web.gauge import Beside, Gauge
from iceball.web.preview_off import off_when

SPACINGS_MM, MOST_CELLS = (3.0, 3.5, 4.0), 80_000
"""The finest cells that make a box of at most so many are taken."""
COAST_S = 60.0
"""After the last freeze the ice still grows a little; later nothing gets colder, and a preview ends."""
KEPT = 4
"""So many runs are kept: where the hand comes back, an earlier one may be the nearest."""
NICER = 5
"""By so much the physics stands back behind what is carried, so that the hand is followed first."""

Answer = Callable[["Asked", bytes], None]
Refuse = Callable[["Asked", IceballError], None]


@dataclass(frozen=True, eq=False)
class Asked:
    """A preview that is wanted.

    Args:
        seq: the page's number for it.
        plan: the whole plan with the needles as they are held.
        anatomy: the patient as imaged.
        came_s: when it came (time.perf_counter).
        page: who asks.
    """

    seq: int
    plan: Plan
    anatomy: Anatomy
    came_s: float
    page: int = 0


@dataclass(frozen=True, eq=False)
class Base:
    """A coarse run and all that is made of it once."""

    kind: Hashable
    plan: Plan
    carried: Carried
    gauge: Gauge


class Previews:
    """Answers the newest wish: at once with the nearest run carried along, where that is near enough, and with a run of
    it as soon as one is made.

    Args:
        answer: called with a wish and its box; from two threads, one at a time.
        refuse: called with a wish that cannot be, and why.
    """

    def __init__(self, answer: Answer, refuse: Refuse) -> None:
        self._answer, self._refuse = answer, refuse
        self._news, self._speaking = threading.Condition(), threading.Lock()
        self._newest: Asked | None = None
        self._run_for: Asked | None = None
        self._bases: deque[Base] = deque(maxlen=KEPT)
        self._beside: tuple[Anatomy, Beside] | None = None
        self._told, self._over = 0.0, False
        self._runner = threading.Thread(target=self._run, name="preview", daemon=True)
        self._runner.start()

    def close(self) -> None:
        """End."""
        with self._news:
            self._over = True
            self._news.notify()

    def ask(self, asked: Asked) -> None:
        """Wish for a preview; it takes the place of all that were wished for before."""
        with self._news:
            self._newest = asked
            self._news.notify()
        base = self._nearest(asked)
        if base is None or not can_be_carried(asked.plan):
            return
        moved = farthest_mm(asked.plan, base.plan)
        if off_when(moved) is not None:
            self._tell(asked, base.carried.with_needles(asked.plan.probes), base.gauge, moved)

    def _nearest(self, asked: Asked) -> Base | None:
        """Of the runs that can be carried to a wish the one whose needles lie nearest."""
        kind = kind_of(asked.plan, asked.anatomy)
        alike = [base for base in tuple(self._bases) if base.kind == kind]
        return min(reversed(alike), key=lambda base: farthest_mm(asked.plan, base.plan), default=None)

    def _tell(self, asked: Asked, field: Field, gauge: Gauge, moved_mm: float) -> None:
        numbers, off = gauge.strip(field).as_json(), off_when(moved_mm)
        assert off is not None, "what is carried too far is not told"
        by, carried_mm = "carried" if moved_mm else "physics", round(moved_mm, 1)
        about = {"seq": asked.seq, "by": by, "carried_mm": carried_mm, "off": off.as_json(), "numbers": numbers}
        content = gauge.box(field, preview=True, seconds=time.perf_counter() - asked.came_s, **about)
        with self._speaking:
            if asked.came_s >= self._told:
                self._told = asked.came_s
                self._answer(asked, content)

    def _run(self) -> None:
        """One run after another of whatever is newest."""
        stand_back()
        while True:
            with self._news:
                self._news.wait_for(lambda: self._over or self._newest is not self._run_for)
                if self._over:
                    return
                asked = self._run_for = self._newest
            assert asked is not None
            before = self._nearest(asked)
            if before is not None and before.plan == asked.plan and can_be_carried(asked.plan):
                continue  # it was answered with that very run
            try:
                base = self._made(asked)
            except IceballError as refusal:
                self._refuse(asked, refusal)
                continue
            if base is None:
                continue
            self._bases.append(base)
            newest = self._newest
            if newest is asked or not can_be_carried(asked.plan):
                self._tell(asked, base.carried.celsius, base.gauge, 0.0)

    def _made(self, asked: Asked) -> Base | None:
        """The run of a wish; None where another kind of plan is wanted by now."""
        kind = kind_of(asked.plan, asked.anatomy)

        def useless() -> bool:
            newest = self._newest
            return self._over or (newest is not None and kind_of(newest.plan, newest.anatomy) != kind)

        history = coarse_run(asked.plan, asked.anatomy, cancelled=useless)
        if history.result is not Result.finished:
            return None
        treated = as_treated(asked.plan, asked.anatomy)
        if self._beside is None or self._beside[0] is not treated:
            self._beside = (treated, Beside.of_patient(treated))
        gauge = Gauge(history, treated, self._beside[1], asked.plan.limits)
        gauge.prepare()
        carried = Carried.of(history, asked.plan.probes)
        return Base(kind, asked.plan, carried, gauge)


def coarse_run(plan: Plan, anatomy: Anatomy, *, cancelled: Callable[[], bool] | None = None) -> History:
    """The nominal run of a plan on coarse cells with long steps, up to a minute after the last freeze."""
    anatomy = as_treated(plan, anatomy)
    for spacing_mm in SPACINGS_MM:
        conditions = Conditions(spacing_mm=spacing_mm)
        cells = 1
        for n in box_around(plan, anatomy, conditions).shape if not plan.is_empty else ():
            cells *= n
        if cells <= MOST_CELLS:
            break
    scene = compose(plan, anatomy, conditions=conditions)
    ends = (*scene.freeze_ends_s, 0.0)
    scene = replace(scene, duration_s=min(scene.duration_s, max(ends) + COAST_S) if max(ends) else scene.duration_s)
    made: History = Simulation(scene, control=Control.preview(), threads=1, cancelled=cancelled).run()
    return made


def kind_of(plan: Plan, anatomy: Anatomy) -> Hashable:
    """What a run must share with a plan to be carried to it: all but where the needles lie."""
    needles = tuple((p.probe, p.protocol, p.start_s, p.active_mm, p.pull_back_mm) for p in plan.probes)
    rest = (plan.protocol, plan.supply_bar, plan.spots, plan.pockets, plan.vessels, plan.vessel_walls, plan.warmers)
    return (id(anatomy), needles, rest, plan.limits)


def can_be_carried(plan: Plan) -> bool:
    """Whether needles that stay where they are do all of the freezing."""
    return bool(plan.probes) and not plan.spots and not any(p.pull_back_mm for p in plan.probes)


def farthest_mm(plan: Plan, base: Plan) -> float:
    """How far the end of an active zone has moved at most."""
    ends = [(p.active_zone_mm, q.active_zone_mm) for p, q in zip(plan.probes, base.probes, strict=True)]
    pairs = [(a, b) for ours, theirs in ends for a, b in zip(ours, theirs, strict=True)]
    return max((sum((u - v) ** 2 for u, v in zip(a, b, strict=True)) ** 0.5 for a, b in pairs), default=0.0)


def stand_back() -> None:
    """Let this thread give way to the process's others, where the system knows how."""
    if hasattr(os, "setpriority"):
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICER)
