"""The search on a small phantom: open ways only, honest numbers, the same plan from the same seed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from iceball.applicator import probe
from iceball.assessment import Cover, Spare
from iceball.errors import PlanError
from iceball.io.schema import schema_of
from iceball.plan import Placement, Plan, freeze
from iceball.plan.compose import REACH_MM, Conditions
from iceball.plan.predict import DRIFT_LIMIT_K, ENLARGE_MM
from iceball.plan.search.asked import Answer, Asked
from iceball.plan.search.coarse import Coarse, simulated_in
from iceball.plan.search.found import Found
from iceball.plan.search.layout import Layout
from iceball.plan.search.luck import BAD, Luck, bad_day
from iceball.plan.search.near import Near
from iceball.plan.search.polish import Polished
from iceball.plan.search.price import price_of
from iceball.plan.search.proposal import against, confirm
from iceball.plan.search.search import search, usual_budget_s
from iceball.plan.search.sketch import Sketch, potential
from iceball.plan.search.spared import as_assessed
from iceball.plan.search.weigh import weighed
from iceball.plan.search.work import Work, objective_of
from iceball.plan.ways.survey import PRICES, RULES, Room, Ways, survey
from iceball.plan.ways.terrain import Terrain
from iceball.space import Grid
from iceball.space.shapes import Sphere
from iceball.tissue import Anatomy
from tests.acceptance.json_schema import problems
from tests.plan.phantoms import BONE, Body

GOALS = (Cover("tumour", 0.0, 3.0), Cover("tumour", -20.0), Spare("colon", 0.0, 3.0))
PLAN = Plan(protocol=freeze(300), goals=GOALS)
GRID = Grid.box((-36.0, -62.0, -36.0), (36.0, 22.0, 36.0), 3.0)
COLON = Sphere((28.0, 0.0, 0.0), 20.0)


def patient() -> Anatomy:
    body = Body(half_mm=(110, 90), air_mm=12).target((0.0, -20.0, 0.0), 22)
    return body.draw("colon", COLON).anatomy()


@pytest.fixture(scope="module", autouse=True)
def short() -> Iterator[None]:
    """Fewer looks of the sketch: what is tested here does not need more."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("iceball.plan.search.polish.EVALUATIONS", 100)
        patch.setattr("iceball.plan.search.search.DIRECTIONS", 400)
        patch.setattr("iceball.plan.search.luck.DRAWS", 32)
        patch.setattr("iceball.plan.search.timing.FIRST", 2)
        patch.setattr("iceball.plan.search.timing.MOST", 2)
        patch.setattr("iceball.plan.search.work.MOST_WEIGHED", 3)
        patch.setattr("iceball.plan.search.search.beside", lambda budget_s: None)  # takes longer to begin than these
        yield


@pytest.fixture(scope="module")
def found(short: None) -> Found:
    return search(patient(), PLAN, budget_s=600, most_runs=4, most_needles=3)


def test_every_plan_that_was_simulated_keeps_every_rule(found: Found) -> None:
    terrain = Terrain.of(patient())
    assert 3 <= len(found.candidates) <= found.simulations == 4  # a run on fine cells takes its coarse one's place
    for candidate in found.candidates:
        for needle in candidate.probes:
            ways = survey(terrain, needle.kind, np.array([needle.tip_mm]), -np.array([needle.direction]), room=Room())
            assert ways.open.all(), ways.why(0)


def test_the_best_meets_more_goals_than_the_worst_and_says_what_is_missed(found: Found) -> None:
    best, worst = found.best, found.candidates[-1]
    assert sum(best.answer.met) >= sum(worst.answer.met)
    assert best.rank == min(c.rank for c in found.candidates)
    assert len(best.price.missed) == best.answer.met.count(False)
    assert best in found.front()
    assert f"{len(best.probes)} needles" in best.reason or len(best.probes) == 1
    assert "mm of margin" in against(worst, best)


def test_a_search_begins_with_the_needles_that_the_plan_has() -> None:
    upright = Placement("generic-17g-short", (-7, -8, 4), (-7, -88, 4))
    leaning = Placement("generic-17g-long", (6, -4, -6), (2, -88, -2))
    given = replace(PLAN, probes=(upright, leaning))
    first = search(patient(), given, budget_s=600, most_runs=1).best
    for had, has in zip(given.probes, first.probes, strict=True):
        assert has.probe == had.probe
        assert np.allclose(has.tip_mm, had.tip_mm, atol=0.02)
        assert np.allclose(has.direction, had.direction, atol=1e-3)


def test_needles_that_break_a_rule_are_not_proposed_again_but_what_they_keep_is_held_against_others() -> None:
    through_colon = Placement("generic-17g-short", (20.0, 5.0, 0.0), (32.0, -88.0, 0.0))
    given = replace(PLAN, probes=(through_colon,))
    seen = search(patient(), given, budget_s=600, most_runs=2, most_needles=1)
    assert (seen.simulations, len(seen.candidates)) == (2, 1)
    assert not np.allclose(seen.best.probes[0].tip_mm, through_colon.tip_mm, atol=1.0)
    assert seen.draws >= 2  # of the needles that it began with, too


def test_needles_that_lie_in_each_other_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("iceball.plan.search.layout.evenly", lambda plane, step, needles: np.zeros((needles, 2)))
    polished = "iceball.plan.search.work.Work.polished"
    monkeypatch.setattr(polished, lambda work, layout, *_, **__: [Polished(layout.start)])
    seen = search(patient(), PLAN, budget_s=600, most_runs=3, most_needles=2)
    assert all(len(c.probes) == 1 or np.ptp([p.tip_mm for p in c.probes], axis=0).max() > 1.5 for c in seen.candidates)


def test_a_front_shows_no_plan_twice_because_of_a_hair(found: Found) -> None:
    nearly = [replace(c, p10_mm=c.p10_mm - 1e-3) for c in found.candidates]
    both = replace(found, candidates=tuple(x for pair in zip(found.candidates, nearly, strict=True) for x in pair))
    assert both.front() == found.front()


def test_the_margin_that_nine_of_ten_placements_keep_is_smaller(found: Found) -> None:
    for candidate in found.candidates:
        assert candidate.p10_mm < candidate.answer.margin_mm


def test_the_same_seed_finds_the_same_needles(found: Found) -> None:
    again = search(patient(), PLAN, budget_s=600, most_runs=3, most_needles=3)
    # half of all runs look around, the same two of four and of three; what betters them may differ
    assert len({c.probes for c in again.candidates} & {c.probes for c in found.candidates}) >= 2


def test_the_plan_is_a_machines_and_is_confirmed_on_finer_cells(found: Found) -> None:
    assert found.plan.review == "starter"
    proposal = confirm(found, patient(), spacing_mm=2.5)
    told = proposal.as_json()
    assert problems(told, schema_of("search")) == []
    assert problems({**told, "looks": "many"}, schema_of("search"))
    for candidate in (told["chosen"], *told["front"]):
        assert candidate["minutes"] == 5.0
        assert len(candidate["probes"]) == candidate["needles"]
    assert told["simulations"] == 4
    assert told["assessment"]["goals"]
    assert told["chosen"]["probes"]
    assert abs(told["chosen"]["margin_mm"] - told["assessment"]["margins_mm"]["0"]["min"]) < 2.0


def test_a_plan_whose_cold_has_reached_the_faces_of_its_box_is_confirmed_in_a_wider_one(
    found: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    reaches = []

    class Seen(Exception):
        pass

    def seen(*_: object, conditions: Conditions, **__: object) -> None:
        reaches.append(conditions.reach_mm)
        raise Seen

    assert all(0.0 < c.drift_k < 40.0 for c in found.candidates)  # of their runs
    monkeypatch.setattr("iceball.plan.search.proposal.simulate", seen)
    for drift_k in (DRIFT_LIMIT_K, DRIFT_LIMIT_K + 0.1):
        with pytest.raises(Seen):
            confirm(replace(found, candidates=(replace(found.best, drift_k=drift_k),)), patient())
    assert reaches == [REACH_MM, REACH_MM + ENLARGE_MM]


def test_where_the_best_loses_a_goal_on_fine_cells_the_next_is_tried_only_while_there_is_time(
    found: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Met on coarse cells and not on those of 4 mm, which `confirm` takes for fine ones here."""
    met = replace(found.candidates[0].answer, lacks_k=(-1.0,) * len(GOALS))
    hopeful = replace(found, candidates=tuple(replace(c, answer=met) for c in found.candidates[:3]))
    hard = replace(found.plan, goals=(Cover("tumour", -120.0),))
    hopeful = replace(hopeful, plan=hard)
    at_once = confirm(hopeful, patient(), spacing_mm=4.0, until=0.0)
    assert at_once.chosen is hopeful.candidates[0]
    assert at_once.passed_over == ()
    assert at_once.as_json()["simulations_fine"] == 1
    in_time = confirm(hopeful, patient(), spacing_mm=4.0)
    assert in_time.chosen is hopeful.candidates[0]
    assert in_time.as_json()["simulations_fine"] == len(hopeful.candidates)


def test_a_larger_target_is_searched_for_longer_up_to_a_limit() -> None:
    def usual_s(diameter_mm: float) -> float:
        body = Body(half_mm=(110, 90), air_mm=12).target((0.0, 0.0, 0.0), diameter_mm)
        return usual_budget_s(body.anatomy())

    assert usual_s(22.0) == usual_s(39.0) == 55.0
    assert usual_s(50.0) == pytest.approx(55.0 * (50 / 40) ** 3, rel=0.05)
    assert usual_s(80.0) == 180.0


def test_a_stop_keeps_the_best_plan_so_far() -> None:
    seen: list[float] = []
    stopped = search(patient(), PLAN, budget_s=600, most_needles=2, cancelled=lambda: len(seen) > 0,
                     progress=lambda share, said: seen.append(share))  # fmt: skip
    assert stopped.simulations == 1
    assert "Stopped by the user" in stopped.ended


def test_a_blocked_target_is_refused_with_what_blocks_and_what_would_free_it() -> None:
    body = Body(half_mm=(110, 90), air_mm=12).target((0.0, -20.0, 0.0), 22)
    shell = np.linalg.norm(body.at - np.array([0.0, -20.0, 0.0]), axis=-1)
    body.plant((shell > 24) & (shell < 34), BONE)
    with pytest.raises(PlanError, match="bone") as refusal:
        search(body.anatomy(), replace(PLAN, goals=GOALS[:2]), budget_s=5)
    assert "access" in str(refusal.value)


def test_a_plan_without_protocol_or_goal_is_refused() -> None:
    with pytest.raises(PlanError, match="protocol"):
        search(patient(), Plan(goals=GOALS))
    with pytest.raises(PlanError, match="goal"):
        search(patient(), replace(PLAN, goals=()))


def test_a_sketch_of_its_own_run_answers_as_the_run_does() -> None:
    anatomy = patient()
    terrain, asked = Terrain.of(anatomy), Asked.of(anatomy, GOALS)
    layout = Layout.of(terrain, probe("generic-17g-short"), np.array([0.0, -1.0, 0.0]), 2)
    needles = layout.placements(layout.ways([layout.start], terrain, Room())[0])
    run = simulated_in(anatomy)(replace(PLAN, probes=needles), 3.0)
    sketch = Sketch.of([(run, needles)])
    shares = sketch.shares(asked.whole_mm, [(run, needles)])
    told = asked.answer(run.at)
    drawn = asked.answer(sketch.temperatures(needles, shares=shares))
    assert drawn.margin_mm == pytest.approx(told.margin_mm, abs=0.3)
    assert drawn.lacks_k[0] == pytest.approx(told.lacks_k[0], abs=2.0)
    rough = asked.answer(sketch.temperatures(needles))
    assert rough.margin_mm == pytest.approx(told.margin_mm, abs=2.0)


def test_potentials_fall_with_distance_and_rise_with_needles() -> None:
    one = np.array([[[0.0, 0.0, -10.0], [0.0, 0.0, 10.0]]])
    two = np.concatenate([one, one + np.array([12.0, 0.0, 0.0])])
    out = np.array([[d, 0.0, 0.0] for d in (-4.0, -8.0, -16.0, -30.0)])
    alone, both = potential(out, one, 20.0), potential(out, two, 20.0)
    assert (np.diff(alone) < 0).all()
    assert alone[-1] > 0
    # close together each gives less: beside the first one there is hardly more
    assert both[0] < 2 * alone[0]
    assert potential(np.array([[6.0, 0.0, 0.0]]), two, 20.0)[0] > potential(np.array([[6.0, 0.0, 0.0]]), one, 20.0)[0]


def test_a_missed_goal_costs_more_than_any_ice_saved(found: Found) -> None:
    best = found.best
    terrain = Terrain.of(patient())
    ways = survey(
        terrain, best.probes[0].kind, np.array([p.tip_mm for p in best.probes]),
        -np.array([p.direction for p in best.probes]),
    )  # fmt: skip
    asked = Asked.of(patient(), GOALS)
    met = replace(best.answer, lacks_k=(-1.0, -1.0, -1.0))
    missed = replace(best.answer, lacks_k=(-1.0, -1.0, 0.1))
    assert price_of(missed, asked.goals, ways).total > price_of(met, asked.goals, ways, healthy_ml=300.0).total


def test_shafts_that_would_meet_outside_the_skin_are_dearer_than_parallel_ones() -> None:
    tips, depth = np.array([[-8.0, 0, 0], [8.0, 0, 0]]), np.array([60.0, 60.0])
    lean = np.array([[0.1, -1.0, 0.0], [-0.1, -1.0, 0.0]])  # they meet 80 mm from the tips
    told = []
    for outs in (np.array([[0.0, -1.0, 0.0]] * 2), lean / np.linalg.norm(lean, axis=1, keepdims=True), -lean):
        ways = Ways(
            tips, outs / np.linalg.norm(outs, axis=1, keepdims=True), depth, np.full(2, np.inf), np.full(2, -1), (),
            np.zeros((2, len(RULES)), bool), np.zeros((2, len(PRICES))),
        )  # fmt: skip
        told.append(price_of(Answer(5.0, 5.0, ()), (), ways).rules)
    assert told[1] > told[0] + 40
    assert told[2] == told[0]


def test_a_margin_moves_with_all_needles_as_far_as_they_do_along_its_normal() -> None:
    anatomy, needles = patient(), 2
    asked = Asked.of(anatomy, GOALS)
    layout = Layout.of(Terrain.of(anatomy), probe("generic-17g-short"), np.array([0.0, -1.0, 0.0]), needles)
    zones = layout.zones_mm(layout.start)
    celsius = 37.0 - 60.0 * potential(GRID.to_mm(np.argwhere(np.ones(GRID.shape, bool))), zones, 16.0)
    field = celsius.reshape(GRID.shape).astype(np.float32)
    near = Near.to(zones, asked, [(Coarse(field, GRID, field), zones)])
    nowhere = Luck((), np.zeros((1, needles, 3)), np.zeros((1, 3)), np.zeros(1), np.zeros(1))
    answer, (kept,) = near.both(zones, nowhere)
    assert kept == pytest.approx(answer.margin_mm, abs=0.05)
    (wider,) = near.both(zones, replace(nowhere, outline_mm=np.full(1, 2.0)))[1]
    assert wider == pytest.approx(kept - 2.0)
    colder, warmer, warmest = (near.both(zones, replace(nowhere, cold=np.full(1, z)))[1][0] for z in (0.5, -0.5, -1.28))
    assert colder > kept > warmer > warmest
    for way in np.eye(3):  # as far as a sketch of the moved needles says, though a straight line only
        (moved,) = near.both(zones, replace(nowhere, needles_mm=np.tile(1.5 * way, (1, needles, 1))))[1]
        assert moved == pytest.approx(near.both(zones, replace(nowhere, together_mm=1.5 * way[None]))[1][0])
        assert moved == pytest.approx(near.answer(zones + 1.5 * way).margin_mm, abs=0.6)


def test_needles_that_cross_far_from_their_tips_are_dearer_than_such_as_pass_each_other() -> None:
    def rules_mm(out: tuple[float, float, float]) -> float:
        tips, outs = np.array([[0.0, 0.0, 0.0], [12.0, -30.0, 0.0]]), np.array([[0.0, -1.0, 0.0], out])
        outs /= np.linalg.norm(outs, axis=1, keepdims=True)
        ways = Ways(
            tips, outs, np.full(2, 90.0), np.full(2, np.inf), np.full(2, -1), (), np.zeros((2, len(RULES)), bool),
            np.zeros((2, len(PRICES))),
        )  # fmt: skip
        return price_of(Answer(5.0, 5.0, ()), (), ways).rules

    crossing, passing = rules_mm((-12.0, -40.0, 0.0)), rules_mm((-12.0, -40.0, 12.0))
    assert crossing > passing + 40  # though at no length from their tips both are in one place


def test_what_is_not_yet_weighed_is_taken_to_keep_as_much_less_as_was_seen(found: Found) -> None:
    hopeful = replace(found.best, kept_mm=1.0, draws_run=0)
    work = SimpleNamespace(surprises_mm=[1.5, 0.5], floor_mm=0.5, given=())
    work._fewer_mm = lambda candidate: Work._fewer_mm(cast(Work, work), candidate)
    weighed = replace(hopeful, draws_run=12)
    assert Work.short(cast(Work, work), hopeful)
    assert not Work.short(cast(Work, work), weighed)
    begun_with = replace(weighed, kept_mm=-1.0, probes=())
    told = [(weighed, 0), (hopeful, 1), (replace(weighed, kept_mm=0.0), 1), (begun_with, 1),
            (replace(hopeful, kept_mm=-0.5), 2)]  # fmt: skip
    for candidate, behind in told:
        assert Work.behind(cast(Work, work), candidate) == behind
    work.floor_mm = math.nan  # nothing was there before
    assert Work.behind(cast(Work, work), hopeful) == 0


def test_a_goal_that_is_hardly_met_costs_a_little(found: Found) -> None:
    best, asked = found.best, Asked.of(patient(), GOALS)
    ways = survey(
        Terrain.of(patient()), best.probes[0].kind, np.array([p.tip_mm for p in best.probes]),
        -np.array([p.direction for p in best.probes]),
    )  # fmt: skip
    totals = [price_of(replace(best.answer, lacks_k=(-9.0, -9.0, k)), asked.goals, ways).total for k in (-9, -0.5, 0.5)]
    assert totals[0] < totals[1] < totals[0] + 2 < totals[2]


def test_a_layout_is_weighed_by_its_worst_draws_and_the_others_are_corrected() -> None:
    dice = np.random.default_rng(0)
    true = dice.normal(4, 3, 128)
    sketched = true + 1.5 + dice.normal(0, 0.7, 128)  # too hopeful
    asked: list[int] = []

    def made(index: int) -> float:
        asked.append(index)
        return float(true[index])

    told = weighed(sketched, made, share=0.1, workers=1, over=lambda: False, first=12, most=24)
    assert told is not None
    assert len(asked) == len(set(asked)) == told.run.sum() <= 24
    assert told.keeps(0.1) == pytest.approx(np.quantile(true, 0.1), abs=0.5)
    assert told.bias_mm == pytest.approx(1.5, abs=0.6)
    assert weighed(sketched, made, share=0.1, workers=1, over=lambda: True, first=12, most=24) is None


def test_a_search_does_not_end_below_the_margin_it_began_with_where_another_plan_keeps_it(found: Found) -> None:
    assert found.draws >= 2
    assert "full runs" in found.ranked_by
    weighty = next(c for c in found.candidates if c.draws_run)
    assert weighty.p10_by == "2 of 32 draws run in full"
    less = replace(weighty, p10_mm=weighty.p10_mm - 1, price=replace(weighty.price, ice=-50.0), behind=2)
    assert weighty.rank < less.rank
    assert (
        replace(less, price=replace(less.price, missed=())).rank
        < replace(weighty, price=replace(weighty.price, missed=("one",))).rank
    )


def test_without_time_for_draws_there_is_a_plan_and_it_says_what_ranked_it() -> None:
    hasty = search(patient(), PLAN, budget_s=0.01, most_needles=1)
    assert hasty.simulations == 1
    assert "no time to run draws" in hasty.ranked_by
    nominal = search(patient(), PLAN, objective="margin", budget_s=600, most_runs=1, most_needles=1)
    assert nominal.draws == 0
    assert nominal.ranked_by == "Ranked by the margin of the planned run."


def test_an_unknown_objective_is_refused() -> None:
    with pytest.raises(PlanError, match="p10, worst, margin"):
        objective_of("coverage")


def test_a_bad_day_is_worse_than_nine_of_ten() -> None:
    luck, day = Luck.of(patient(), 2, 3, draws=128), bad_day(patient(), 2)
    assert 0.8 < (luck.cold > -BAD).mean() < 0.97
    assert not day.mm("placement").any()
    assert not day.mm("motion").any()
    assert day.z("needle_power") < 0 < day.z("perfusion")


def test_skin_is_judged_by_its_cells_as_an_assessment_does() -> None:
    anatomy, goals = patient(), (Spare("colon", 0.0, 3.0),)
    asked = Asked.of(anatomy, goals)
    field = np.full(GRID.shape, 37.0, np.float32)
    cell = np.rint(GRID.to_index(np.array([[19.0, 1.0, 1.0]]))).astype(int)[0]
    field[tuple(cell)] = -10.0  # one cell, between the points that are asked
    run = Coarse(field, GRID, field)
    at_points = asked.answer(run.at)
    told = as_assessed(at_points, asked.goals, run, anatomy)
    assert told.lacks_k[0] == pytest.approx(10.0)
    assert at_points.lacks_k[0] < 10.0
    warm = Coarse(np.full(GRID.shape, 37.0, np.float32), GRID, field)
    assert as_assessed(asked.answer(warm.at), asked.goals, warm, anatomy).lacks_k[0] == pytest.approx(-37.0)
