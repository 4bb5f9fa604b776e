"""The latest safe stop: until when all may be stopped so that a structure stays above its limit for good."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from iceball.assessment.goals import Spare
from iceball.assessment.own_limit import OwnLimit, limit_of
from iceball.assessment.part import Lowest
from iceball.assessment.stopping import Stop
from iceball.plan.stopping.coast import Backend, Coast, Coasted
from iceball.solve.coarse import coarser
from iceball.solve.scene import LineStep, Scene
from iceball.space.shapes import Shape

NEAREST_CELLS = 2.0
"""Nearer to an active zone than this the cells cannot tell a structure's temperature, so that no time is advised."""
EARLIEST_S = 30.0
"""An earlier stop is none that anybody could keep to."""
WITHIN_S = 5.0
"""The answer is at most so much earlier than the last safe time."""
CURVE_EVERY_S = 20.0
OF_CELL, OF_CHANGE, LEAST_K = 0.3, 0.7, 0.1
"""The allowance demanded on top of a limit: a share of a cell and one of what doubling the cells changes, as a shift of
the isotherm along the steepest slope; and the least. `validation/stop_in_time` shows whether it is enough."""


@dataclass(eq=False)
class Search:
    """Latest safe stops of one scene, for one way of thawing.

    Args:
        scene: the protocol as planned, on the cells that the advice is made on.
        spared: goals with the shape of their structure.
        thaw: per line its step of active thaw, () for passive thaw.
        backend: as for a Simulation.
        threads: as for a Simulation.
        organ: whose pack gives the alarms; "" for those that hold anywhere.
        limits: what the plan changes of them.
        go_on: called before each run; what it raises ends the work.
    """

    scene: Scene
    spared: tuple[tuple[Spare, Shape], ...]
    thaw: tuple[LineStep, ...] = ()
    backend: Backend = "auto"
    threads: int | None = None
    organ: str = ""
    limits: tuple[OwnLimit, ...] = ()
    go_on: Callable[[], None] = lambda: None
    fine: Coast = field(init=False)
    rough: Coast = field(init=False)

    def __post_init__(self) -> None:
        near = [(shape, goal.distance_mm) for goal, shape in self.spared]
        self.fine = Coast(self.scene, near, self.thaw, self.backend, self.threads, go_on=self.go_on)
        self.rough = Coast(coarser(self.scene), near, self.thaw, self.backend, self.threads, go_on=self.go_on)

    def stops(self) -> tuple[Stop, ...]:
        """One answer a goal, in their order."""
        # first of all, for any other run of the whole protocol would not keep its course
        whole = self.fine.whole(every_s=CURVE_EVERY_S)
        return tuple(self._stop(n, whole) for n in range(len(self.spared)))

    def _stop(self, n: int, whole: Coasted) -> Stop:
        goal, end_s = self.spared[n][0], self.scene.duration_s
        protected = limit_of(goal.structure, self.organ, self.limits)
        alarm = None if protected is None else protected.alarm_c
        answer = Stop(str(goal), goal.structure, goal.above, "active" if self.thaw else "passive", needed=False)
        if not self.fine.near_of(n).parts:
            return replace(answer, lowest_c=self.scene.body_c, reason="wholly beyond the simulated box")
        lowest, allowance = self._at(n, end_s)
        if lowest is None:
            return replace(answer, reason="NOT ASSESSED: it lies in gas")
        answer = replace(
            answer,
            lowest_c=lowest,
            allowance_k=allowance,
            falls_k=max(0.0, self.fine.so_far(n, whole, end_s) - lowest),
            alarm_c=None if alarm is None else alarm.value,
            alarm_s=None if alarm is None else self.fine.crossing_s(n, alarm.value, whole),
        )
        if lowest >= goal.above + allowance:
            return answer
        answer = replace(answer, needed=True)
        if self.fine.so_far(n, whole, 0.0) <= goal.above:
            return replace(answer, reason="it is that cold from the start")
        reached = self.fine.crossing_s(n, goal.above, whole)
        if reached is not None:
            after, _ = self._at(n, reached)
            assert after is not None
            answer = replace(answer, reached_s=reached, coasts_k=max(0.0, goal.above - after))
        away = self.fine.near_of(n).away_mm(self.scene)
        if away < NEAREST_CELLS * max(self.scene.grid.spacing_mm):
            return replace(answer, reason=f"{away:.1f} mm from an active zone is too near to tell on these cells")
        latest = self._latest(n, whole, end_s if reached is None else reached)
        if latest is None:
            return answer
        lowest, allowance = self._at(n, latest)
        return replace(answer, latest_s=latest, lowest_c=lowest, allowance_k=allowance)

    def _latest(self, n: int, whole: Coasted, unsafe_s: float) -> float | None:
        """The last safe time before one that is not, within WITHIN_S; None where none is."""
        for start, end in reversed(self.fine.cold_s):
            # what is safe at the start of a freeze is safe during the thaw before it
            if start < unsafe_s and (start <= 0 or self._spare_k(n, start) >= 0):
                return self._between(n, whole, start, min(end, unsafe_s))
        return None

    def _between(self, n: int, whole: Coasted, low: float, high: float) -> float | None:
        """Narrow a bracket whose low end is safe.

        What a structure loses after a stop changes little with the time of the stop. So it would just keep its limit
        where the protocol's own course passes the limit, allowance and that loss together: the next guess. The
        allowance is that of the bracket's high end; the answer has to stand its own.
        """
        first, limit = low, self.spared[n][0].above
        while True:
            lowest, allowance = self._at(n, high)
            assert lowest is not None
            if lowest >= limit + allowance:
                return high if high >= EARLIEST_S else None
            level_c = self.fine.so_far(n, whole, high) + limit + allowance - lowest
            while high - low > WITHIN_S:
                guess = self.fine.crossing_s(n, level_c, whole)
                if guess is None or not low < guess < high:
                    guess = (low + high) / 2
                # never so near to an end that the bracket stays open
                nearest = min(0.9 * WITHIN_S, (high - low) / 2)
                guess = min(max(guess, low + nearest), high - nearest)
                found = self.fine.lowest(n, guess)
                assert found is not None
                gain = found.celsius - limit - allowance
                low, high = (guess, high) if gain >= 0 else (low, guess)
                level_c -= gain
            if low < EARLIEST_S:
                return None
            if low == first or self._spare_k(n, math.floor(low)) >= 0:
                return math.floor(low)
            low, high = first, math.floor(low)

    def _spare_k(self, n: int, time_s: float) -> float:
        """How far above its limit, allowance included, the structure stays when all is stopped at a time."""
        lowest, allowance = self._at(n, time_s)
        assert lowest is not None
        return lowest - self.spared[n][0].above - allowance

    def _at(self, n: int, time_s: float) -> tuple[float | None, float]:
        fine = self.fine.lowest(n, time_s)
        if fine is None:
            return None, 0.0
        return fine.celsius, allowance_k(fine, self.rough.lowest(n, time_s), max(self.scene.grid.spacing_mm))


def allowance_k(fine: Lowest, rough: Lowest | None, spacing_mm: float) -> float:
    """What the cells may hide of a structure's lowest temperature.

    Args:
        fine: on the cells of the advice.
        rough: on cells twice as large; None where it has none there.
        spacing_mm: of the advice.
    """
    steepest = fine.tolerance_k / (spacing_mm / 2)
    change = 0.0 if rough is None else abs(fine.celsius - rough.celsius)
    return LEAST_K + OF_CELL * spacing_mm * steepest + OF_CHANGE * change
