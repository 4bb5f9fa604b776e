"""The latest safe stop: what a structure does after the gas goes off, and until when that is harmless."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from iceball.assessment.goals import Spare
from iceball.assessment.stopping import Stop
from iceball.errors import SceneError
from iceball.plan.compose import material_of
from iceball.plan.stopping.coast import Coast, stopped
from iceball.plan.stopping.stop import WITHIN_S, Search
from iceball.solve.scene import ADIABATIC, Line, LineStep, Scene
from iceball.space import Grid
from iceball.space.shapes import Points, Sphere
from iceball.tissue import tissue

FREEZE = LineStep(0.0, 480.0, -140.0, 2000.0, 10.0)
WARM = LineStep(0.0, 60.0, 15.0, time_constant_s=10.0)
NEAR, FAR = Sphere((13.0, 0, 0), 6.0), Points(np.array([[0.0, 21.0, 0.0]]))


@cache
def scene(spacing_mm: float = 3.0, *, again: bool = False) -> Scene:
    """A needle along z in muscle; `again` freezes once more after a thaw."""
    grid = Grid.box((-24.0,) * 3, (24.0,) * 3, spacing_mm)
    steps = (FREEZE,)
    if again:
        first = replace(FREEZE, duration_s=120.0)
        steps = (first, LineStep(120.0, 180.0, ADIABATIC), replace(FREEZE, start_s=300.0, duration_s=420.0))
    line = Line("needle", (0.0, 0.0, -12.0), (0.0, 0.0, 12.0), 0.75, steps)
    end = steps[-1].start_s + steps[-1].duration_s
    return Scene(grid, np.zeros(grid.shape, np.uint8), (material_of(tissue("muscle")),), end, lines=(line,))


@cache
def found(*, limit: float = 5.0, active: bool = False, again: bool = False) -> tuple[Stop, Search]:
    search = Search(scene(again=again), ((Spare("near", limit), NEAR),), (WARM,) if active else ())
    (stop,) = search.stops()
    return stop, search


def test_a_structure_becomes_colder_after_the_gas_goes_off() -> None:
    stop, _ = found()
    assert stop.needed
    assert stop.reached_s is not None
    assert stop.coasts_k is not None
    assert stop.coasts_k > 0.1


@pytest.mark.parametrize("active", [False, True])
def test_stopping_at_the_advised_time_keeps_the_limit_and_comes_before_it_is_reached(active: bool) -> None:
    stop, search = found(active=active)
    assert stop.latest_s is not None
    assert stop.reached_s is not None
    assert 0 < stop.latest_s < stop.reached_s
    lowest = Coast(scene(1.5), [(NEAR, 0.0)], search.thaw).lowest(0, stop.latest_s)
    assert lowest is not None
    assert lowest.celsius >= stop.limit_c


def test_the_advice_is_as_late_as_the_allowance_lets_it_be() -> None:
    stop, search = found()
    assert stop.latest_s is not None
    later = search.fine.lowest(0, stop.latest_s + 2 * WITHIN_S)
    assert later is not None
    assert later.celsius < stop.limit_c + 1.3 * stop.allowance_k


def test_a_stricter_limit_asks_for_an_earlier_stop() -> None:
    strict, loose = found(limit=15.0)[0], found(limit=5.0)[0]
    assert strict.latest_s is not None
    assert loose.latest_s is not None
    assert strict.latest_s < loose.latest_s


def test_a_limit_that_only_the_second_freeze_passes_lets_the_first_one_run() -> None:
    stop, search = found(again=True)
    assert search.fine.cold_s == ((0.0, 120.0), (300.0, 720.0))
    assert stop.latest_s is not None
    assert stop.latest_s > 300


def test_what_stays_warm_needs_no_stop_and_is_told_how_far_it_falls() -> None:
    (stop,) = Search(scene(), ((Spare("far", 0.0), FAR),)).stops()
    assert not stop.needed
    assert stop.latest_s is None
    assert stop.falls_k > 0
    assert stop.lowest_c is not None
    assert stop.lowest_c > 5
    assert stop.sentence.startswith("not needed")


def test_beside_a_needle_no_time_is_advised() -> None:
    (stop,) = Search(scene(), ((Spare("touching", 0.0, 3.0), Sphere((8.0, 0, 0), 6.0)),)).stops()
    assert stop.needed
    assert stop.latest_s is None
    assert "too near to tell" in stop.sentence


def test_a_structure_beyond_the_box_needs_no_stop() -> None:
    (stop,) = Search(scene(), ((Spare("colon", 0.0), Sphere((200.0, 0, 0), 10.0)),)).stops()
    assert not stop.needed
    assert stop.lowest_c == 37.0


def test_a_stopped_scene_is_the_protocol_until_then_and_off_or_warmed_after_it() -> None:
    passive, active = stopped(scene(), 100.0, 60.0), stopped(scene(), 100.0, 60.0, (WARM,))
    assert [(s.start_s, s.duration_s) for s in passive.lines[0].steps] == [(0.0, 100.0)]
    assert [(s.start_s, s.duration_s) for s in active.lines[0].steps] == [(0.0, 100.0), (100.0, 60.0)]
    assert passive.duration_s == active.duration_s == 160.0
    with pytest.raises(SceneError, match="cannot stop at 0 s"):
        stopped(scene(), 0.0, 60.0)


def test_a_needle_that_has_not_begun_is_not_warmed() -> None:
    late = replace(scene().lines[0], steps=(replace(FREEZE, start_s=200.0),))
    both = replace(scene(), lines=(scene().lines[0], late), duration_s=680.0)
    steps = [line.steps for line in stopped(both, 100.0, 60.0, (WARM, WARM)).lines]
    assert len(steps[0]) == 2
    assert steps[1] == ()


def test_active_thaw_begins_at_the_wall_and_does_not_freeze_on() -> None:
    """It once began at the gas's -140 °C with nothing between gas and wall, colder than the freeze before it."""
    beside = Points(np.array([[2.5, 0.0, 0.0]]))
    off, warmed = (Coast(scene(), [(beside, 0.0)], thaw).lowest(0, 60.0) for thaw in ((), (WARM,)))
    assert off is not None
    assert warmed is not None
    assert warmed.celsius > off.celsius - 3.0
