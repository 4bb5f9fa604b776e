"""The second process that runs a search's draws: the same runs, and none that is lost when it is."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from iceball.applicator import probe
from iceball.assessment.goals import Cover
from iceball.plan import Placement, Plan, freeze
from iceball.plan.search.asked import Asked
from iceball.plan.search.beside import WORTH_S, Beside, beside
from iceball.plan.search.coarse import Coarse, scenes_in, simulated_in
from iceball.plan.search.layout import Layout
from iceball.plan.search.luck import Luck
from iceball.plan.search.near import Near
from iceball.plan.search.polish import Looking, Sought, polished
from iceball.plan.ways.survey import Room
from iceball.plan.ways.terrain import Terrain
from iceball.tissue import Anatomy
from tests.plan.phantoms import Body

pytestmark = pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="with one core there is no second process")

PLAN = Plan(protocol=freeze(120), probes=(Placement("generic-17g-short", (0.0, -5.0, 0.0), (0.0, -68.0, 0.0)),))


@pytest.fixture(scope="module")
def patient() -> Anatomy:
    return Body(half_mm=(70, 70), air_mm=12).target((0.0, -20.0, 0.0), 18).anatomy()


@pytest.fixture
def helper(patient: Anatomy) -> Iterator[Beside]:
    second, scene = Beside(), scenes_in(patient)(PLAN, 4.0, None)
    for _ in range(1200):
        if second.run(scene) is not None:
            break
        time.sleep(0.05)
    yield second
    second.close()


def test_it_gives_the_same_run_and_where_it_dies_the_run_is_made_here(patient: Anatomy, helper: Beside) -> None:
    draw = Luck.of(patient, 1, 3, draws=4).draws[2]
    alone = simulated_in(patient)(PLAN, 4.0, draw)
    there = helper.run(scenes_in(patient)(PLAN, 4.0, draw))
    assert isinstance(there, Coarse)
    assert np.array_equal(there.minimum_c, alone.minimum_c, equal_nan=True)
    assert np.array_equal(there.warmth, alone.warmth)
    assert there.grid == alone.grid
    child = helper._child
    assert child is not None
    child.kill()
    child.wait()
    here = simulated_in(patient, helper=helper)(PLAN, 4.0, draw)
    assert np.array_equal(here.minimum_c, alone.minimum_c, equal_nan=True)
    assert helper.run(scenes_in(patient)(PLAN, 4.0, draw)) is None


def test_it_is_asked_for_draws_alone_and_ends_when_nobody_holds_it(patient: Anatomy) -> None:
    asked = []

    class Seen(Beside):
        def run(self, scene: object) -> None:
            asked.append(scene)

    simulated_in(patient, helper=Seen())(PLAN, 4.0)
    assert not asked
    simulated_in(patient, helper=Seen())(PLAN, 4.0, Luck.of(patient, 1, 3, draws=1).draws[0])
    assert len(asked) == 1
    second = Beside()
    assert second.run(scenes_in(patient)(PLAN, 4.0, None)) is None  # not ready yet: nobody waits for it
    child = second._child
    assert child is not None
    del second
    gc.collect()
    assert child.poll() is not None


class Halves:
    """A job that is done in two places: squares, and where they were made."""

    def __call__(self, many: list[float]) -> list[tuple[float, int]]:
        if any(x < 0 for x in many):
            raise ValueError("below 0")
        return [(x * x, os.getpid()) for x in many]


def test_it_does_any_job_with_one_value_after_the_other_and_raises_here_what_the_job_raises(helper: Beside) -> None:
    with helper.lent(Halves()) as other:
        assert other is not None
        for many in ([2.0], [3.0, 4.0]):
            other.begin(many)
            told = other.ended()
            assert [square for square, _ in told] == [x * x for x in many]
            assert os.getpid() not in {where for _, where in told}
        with helper.lent(Halves()) as busy:
            assert busy is None
        other.begin([-1.0])
        with pytest.raises(ValueError, match="below 0"):
            other.ended()
        child = helper._child
        assert child is not None
        child.kill()
        child.wait()
        other.begin([5.0])
        assert other.ended() is None
    with helper.lent(Halves()) as gone:
        assert gone is None


def test_an_answer_that_nobody_took_is_never_given_to_the_next_job(helper: Beside) -> None:
    def interrupted() -> None:
        with helper.lent(Halves()) as other:
            assert other is not None
            other.begin([2.0])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with helper.lent(Halves()) as gone:
        assert gone is None


def test_where_it_cannot_begin_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("iceball.plan.search.beside.sys.executable", "/nowhere/python")
    with Beside().lent(Halves()) as other:
        assert other is None


def test_a_polish_finds_the_same_with_it_and_where_it_dies_on_the_way(patient: Anatomy, helper: Beside) -> None:
    terrain, asked = Terrain.of(patient), Asked.of(patient, (Cover("tumour", -20.0),))
    layout = Layout.of(terrain, probe("generic-17g-short"), np.array([0.0, -1.0, 0.0]), 2)
    needles = layout.placements(layout.ways([layout.start], terrain, Room())[0])
    zones = layout.zones_mm(layout.start)
    near = Near.to(zones, asked, [(simulated_in(patient)(replace(PLAN, probes=needles), 4.0), needles)])
    looking = Looking(near, Sought(terrain, Room(), Luck.of(patient, 2, 0, draws=16), 0.1), layout, layout.start, 0.5)
    child = helper._child
    assert child is not None

    def dies_after(looks: int) -> Callable[[], bool]:
        asked = iter(range(1000))

        def over() -> bool:
            if next(asked) == looks:
                child.kill()
            return False

        return over

    def told(over: Callable[[], bool], other: Beside | None) -> list[tuple[float, bytes]]:
        found, looks = polished(looking, seed=0, over=over, share=0.1, helper=other)
        assert looks > 40
        return [(one.price_mm, one.numbers.tobytes()) for one in found]

    alone = told(lambda: False, None)
    assert alone
    assert told(lambda: False, helper) == alone
    assert told(dies_after(2), helper) == alone
    assert child.wait() != 0


def test_a_short_search_has_none() -> None:
    assert beside(WORTH_S - 1) is None
    assert isinstance(beside(WORTH_S), Beside)
