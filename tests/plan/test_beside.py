"""The second process that runs a search's draws: the same runs, and none that is lost when it is."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterator

import numpy as np
import pytest

from iceball.plan import Placement, Plan, freeze
from iceball.plan.search.beside import WORTH_S, Beside, beside
from iceball.plan.search.coarse import Coarse, scenes_in, simulated_in
from iceball.plan.search.luck import Luck
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


def test_a_short_search_has_none() -> None:
    assert beside(WORTH_S - 1) is None
    assert isinstance(beside(WORTH_S), Beside)
