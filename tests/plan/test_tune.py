"""The clock after the geometry: a change of minutes or duty stays only where a run says that it pays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from iceball.assessment import Cover, Goal, Spare
from iceball.errors import PlanError
from iceball.plan import Placement, Plan, Protocol, freeze
from iceball.plan.defaults import default_protocol
from iceball.plan.pulled import stays
from iceball.plan.rules import rule
from iceball.plan.search.asked import Asked
from iceball.plan.search.coarse import Coarse
from iceball.plan.search.found import Candidate, Found, proposed
from iceball.plan.search.freedom import Freedom, Minutes
from iceball.plan.search.price import price_of
from iceball.plan.search.sketch import potential
from iceball.plan.search.tune import _ways, tune
from iceball.plan.ways.terrain import Terrain
from iceball.space import Grid
from iceball.space.shapes import Sphere
from iceball.tissue import Anatomy
from iceball.units import minutes
from tests.plan.phantoms import Body

GRID = Grid.box((-42.0, -62.0, -42.0), (42.0, 22.0, 42.0), 3.0)
POINTS = GRID.to_mm(np.argwhere(np.ones(GRID.shape, bool)))
NEEDLES = tuple(
    Placement("generic-17g-short", (x, -5.0, 0.0), (x, -69.0, 0.0), name=name)
    for x, name in ((-7.0, "right"), (7.0, "left"))
)
COLON = Sphere((25.0, -20.0, 0.0), 10)
RANGE = Minutes((3 * minutes,), (15 * minutes,), "as given")


@pytest.fixture(scope="module")
def patient() -> Anatomy:
    body = Body(half_mm=(70, 70), air_mm=12).target((0.0, -20.0, 0.0), 20)
    return body.draw("colon", COLON).anatomy()


def run(plan: Plan, spacing_mm: float) -> Coarse:
    """Ice that grows with the root of the time, and with duty."""
    each = np.zeros((3, len(POINTS)))
    for stay in stays(plan):
        step = stay.clock.steps[0]
        zone = np.array([stay.placement.active_zone_mm])
        each[stay.pull] += step.duty * np.sqrt(step.duration_s / 600.0) * potential(POINTS, zone, 20.0)
    cold = each.max(axis=0)
    celsius = (37.0 - 42.0 * cold).reshape(GRID.shape).astype(np.float32)
    return Coarse(celsius, GRID, celsius)


def found(patient: Anatomy, protocol: Protocol, *goals: Goal, channel: str = "", deeper_mm: float = 0.0) -> Found:
    """A search that ended with two needles."""
    plan = Plan(protocol=protocol, goals=goals)
    probes = tuple(replace(p, channel=channel, tip_mm=p.along(-deeper_mm)) for p in NEEDLES)
    one = Candidate(probes, None, 0.0, None, "from the front")  # type: ignore[arg-type]
    coarse = run(replace(plan, probes=probes), 3.0)
    asked = Asked.of(patient, goals)
    answer = asked.answer(coarse.at)
    healthy = float((coarse.minimum_c <= 0).sum()) * GRID.voxel_ml - patient.target.shape.volume_ml
    price = price_of(
        answer, asked.goals, _ways(Terrain.of(patient), one), healthy_ml=healthy, p10_mm=answer.margin_mm - 3
    )
    best = replace(one, answer=answer, p10_mm=answer.margin_mm - 3, price=price)
    return Found(proposed(plan, best), (best,), 1, 0, 1.0, "Done.")


def minutes_of(found: Found) -> float:
    return found.plan.protocol.steps[0].duration_s / minutes


def whole_price(found: Found) -> float:
    return found.best.price.total + float(rule("search", "mm_per_minute")) * found.minutes(found.best)


def test_a_freeze_that_misses_its_goal_is_made_longer_and_one_that_has_more_than_enough_shorter(
    patient: Anatomy,
) -> None:
    asked = (Cover("tumour", 0.0, 6.0), Cover("tumour", -20.0))
    short = found(patient, freeze(180), *asked)
    long_ = found(patient, freeze(15 * minutes), Cover("tumour", -20.0, fraction=0.9))
    assert short.best.price.missed
    longer = tune(short, patient, free={"times"}, limits=RANGE, budget_s=60, simulated=run)
    assert not longer.best.price.missed
    assert minutes_of(longer) > 3
    assert any("freezes of 3 min now" in said for said in longer.best.changed)
    assert longer.best.changed[0] in longer.plan.reason
    assert longer.simulations > short.simulations
    shorter = tune(long_, patient, free={"times"}, limits=RANGE, budget_s=60, simulated=run)
    for before, after in ((short, longer), (long_, shorter)):
        assert whole_price(after) < whole_price(before)
        assert 3 <= minutes_of(after) <= 15
    assert minutes_of(shorter) < 15
    assert not shorter.best.price.missed


def test_the_needle_beside_the_bowel_gets_less_duty_and_the_other_keeps_its_own(patient: Anatomy) -> None:
    before = found(patient, freeze(600), Cover("tumour", -5.0), Spare("colon", 0.0, 4.0))
    after = tune(before, patient, free={"duty"}, budget_s=60, simulated=run)
    right, left = (after.plan.clock(i).steps[0].duty for i in range(2))
    assert left < right
    assert whole_price(after) < whole_price(before)
    assert any(said.startswith("left freezes at") for said in after.best.changed)


def test_needles_on_one_channel_keep_equal_duty(patient: Anatomy) -> None:
    before = found(patient, freeze(600), Cover("tumour", 0.0), Spare("colon", 0.0, 4.0), channel="1")
    after = tune(before, patient, free={"duty"}, budget_s=60, simulated=run)
    assert after.plan.clock(0) == after.plan.clock(1)


def test_needles_too_deep_are_drawn_back_with_the_thaw_that_lets_them_go(patient: Anatomy) -> None:
    clock = freeze(300).thaw(240).freeze(300)
    before = found(patient, clock, Cover("tumour", 0.0), Cover("tumour", -20.0), deeper_mm=14.0)
    assert before.best.price.missed

    def holds(plan: Plan, spacing_mm: float) -> Coarse:
        """Ice holds what is to be drawn back unless the thaw is active."""
        if plan.probes[0].pull_back_mm and plan.protocol.steps[1].kind == "thaw":
            raise PlanError("'right' is held by ice")
        return run(plan, spacing_mm)

    after = tune(before, patient, free={"pullback"}, budget_s=60, simulated=holds)
    assert after.plan.probes[0].pull_back_mm == after.plan.probes[1].pull_back_mm > 0
    assert [s.kind for s in after.plan.protocol.steps] == ["freeze", "active_thaw", "freeze"]
    assert whole_price(after) < whole_price(before)
    assert any("drawn back" in said for said in after.best.changed)

    def frozen(plan: Plan, spacing_mm: float) -> Coarse:
        if plan.probes[0].pull_back_mm:
            raise PlanError("'right' is held by ice")
        return run(plan, spacing_mm)

    stays_put = tune(before, patient, free={"pullback"}, budget_s=60, simulated=frozen)
    assert stays_put.plan.probes == before.plan.probes
    assert "'right' is held by ice" in stays_put.ended


def test_where_nothing_pays_the_plan_stays_and_the_result_says_so(patient: Anatomy) -> None:
    before = found(patient, freeze(600), Cover("tumour", 0.0, 3.0))
    limits = Minutes((600.0,), (600.0,), "as given")
    after = tune(before, patient, free={"times"}, limits=limits, budget_s=60, simulated=run)
    assert after.plan.probes == before.plan.probes
    assert after.plan.protocol == before.plan.protocol
    assert "none paid" in after.ended
    stopped = tune(before, patient, free={"times"}, limits=RANGE, simulated=run, cancelled=lambda: True)
    assert "Stopped by the user" in stopped.ended


def test_the_range_of_times_is_the_packs_or_is_asked_for() -> None:
    clock = default_protocol("pleura")
    assert clock is not None
    limits = Minutes.of_pack(clock, "pleura")
    assert (limits.low_s[0], limits.high_s[0]) == (420.0, 600.0)
    assert limits.allow(clock)
    with pytest.raises(PlanError, match="gives no range"):
        Minutes.of_pack(freeze(600), "kidney")
    with pytest.raises(PlanError, match="no range of a freeze"):
        Minutes.given(clock, 12, 8)


def test_an_unknown_freedom_is_refused(patient: Anatomy) -> None:
    with pytest.raises(PlanError, match="nothing called 'colour'"):
        tune(found(patient, freeze(600), Cover("tumour", 0.0)), patient, free={"colour"})


@pytest.mark.parametrize(
    ("words", "range_min", "said"),
    [("times", "", "gives no range"), ("times", "8", "cannot read '8'"), ("", "8,15", "needs free times"),
     ("tempo", "", "nothing called 'tempo'")],
)  # fmt: skip
def test_words_of_freedom_that_cannot_be_are_refused(words: str, range_min: str, said: str) -> None:
    with pytest.raises(PlanError, match=said):
        Freedom.read(words, range_min, Plan(protocol=freeze(600)), "kidney")
    assert Freedom.read("", "", Plan(), "") == Freedom()
    assert Freedom.read("times, duty", "8,15", Plan(protocol=freeze(600)), "kidney").limits is not None
