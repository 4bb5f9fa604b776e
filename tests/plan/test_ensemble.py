"""An ensemble of one plan: the same by seed whoever works on it, the nominal where nothing varies."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from iceball.assessment import Assessment, Cover, Spare, assess
from iceball.assessment.spread import Spread, numbers_of
from iceball.errors import PlanError, SolverError
from iceball.plan import Placement, Plan, freeze
from iceball.plan.compose import Conditions, compose
from iceball.plan.drawn import columns, drawn, placed, sample, varied_scene
from iceball.plan.ensemble import Member, spread
from iceball.plan.predict import NOMINAL, Prediction, simulate
from iceball.plan.varied import INPUTS, OF_CARDS, Varied, moves, of_range
from iceball.sources import Source, Sourced
from iceball.space import Grid, Volume
from iceball.space.shapes import Sphere
from iceball.tissue import TARGET, Anatomy, Structure
from iceball.tissue.model import model
from iceball.units import minutes

NEEDLE = Placement("generic-17g-long", (0.0, 0.0, -20.0), (0.0, 0.0, 90.0))
PLAN = Plan(
    (NEEDLE,), freeze(3 * minutes), (Cover(TARGET, 0.0), Cover(TARGET, -20.0, fraction=0.5), Spare("colon", 0.0))
)
SPACING_MM = 4.0


@cache
def body(organ: str = "kidney") -> Anatomy:
    grid = Grid.box((-45, -45, -45), (45, 45, 45), (3.0, 3.0, 5.0))
    image = Volume(grid, np.zeros(grid.shape, np.int16), "HU")
    labels = Volume(grid, (np.linalg.norm(grid.centres_mm(), axis=-1) < 5).astype(np.uint8), "label")
    shapes = {TARGET: Sphere((0, 0, 0), 10.0), "colon": Sphere((22.0, 0, 0), 12.0)}
    structures = {name: Structure(name, shape, "phantom") for name, shape in shapes.items()}
    return Anatomy(image, labels, {0: "kidney", 1: "tumour"}, structures, organ=organ)


@cache
def nominal() -> tuple[Prediction, Assessment]:
    conditions = Conditions(spacing_mm=SPACING_MM)
    history = simulate(PLAN, body(), conditions=conditions, doubt=False)
    return Prediction({NOMINAL: history}, {NOMINAL: conditions}), assess(history, PLAN.goals, body(), needles=1)


def made(members: int = 6, **how: object) -> Spread:
    return spread(*nominal(), PLAN, body(), members=members, spacing_mm=SPACING_MM, **how)  # type: ignore[arg-type]


@cache
def shipped() -> Spread:
    return made(workers=2)


def test_the_same_seed_gives_the_same_spread_with_one_worker_or_two_and_another_seed_another() -> None:
    alone = made(workers=1)
    assert alone.bands == shipped().bands
    assert alone.goals == shipped().goals
    assert np.array_equal(alone.probability, shipped().probability)
    assert made(workers=2, seed=1).bands != shipped().bands


def test_where_nothing_varies_every_percentile_is_the_nominal_number_exactly() -> None:
    still = made(members=2, varied=Varied.nothing())
    numbers = numbers_of(nominal()[1])
    assert {"margins_mm.0.min", "volumes_ml.-20", "min_temperature_c.colon"} <= set(still.bands)
    for name, band in still.bands.items():
        assert band.p10 == band.p50 == band.p90 == numbers[name], name
    assert still.goals == tuple(None if v.met is None else float(v.met) for v in nominal()[1].goals)


def test_members_that_were_kept_are_not_run_again_and_more_members_keep_the_first() -> None:
    kept: dict[int, Member] = {}
    first = made(members=3, keep=lambda m: kept.__setitem__(m.index, m))
    assert sorted(kept) == [0, 1, 2]
    again: list[int] = []
    more = made(done=kept, keep=lambda m: again.append(m.index))
    assert sorted(again) == [3, 4, 5]
    assert more.bands == shipped().bands
    assert first.members == 3


def test_the_probability_is_a_share_and_one_where_every_member_is_cold() -> None:
    kept: list[Member] = []
    told = made(keep=kept.append)
    assert told.probability is not None
    assert 0 <= told.probability.min() < told.probability.max() <= 1
    everywhere, nowhere = (
        f([m.cold for m in kept]) for f in (np.logical_and.reduce, lambda c: ~np.logical_or.reduce(c))
    )
    assert (told.probability[everywhere] == 1).all()
    assert (told.probability[nowhere] == 0).all()
    still = made(members=2, varied=Varied.nothing()).probability
    assert still is not None
    assert set(np.unique(still)) == {0.0, 1.0}


def test_a_wider_input_makes_a_wider_band() -> None:
    def width(**how: float) -> float:
        b = made(members=8, varied=replace(Varied.nothing(), **how)).bands["volumes_ml.0"]
        assert b.p10 is not None
        assert b.p90 is not None
        return b.p90 - b.p10

    assert 0 < width(needle_power=0.3) < width(needle_power=1.0)


def test_where_needles_may_lie_farther_off_the_margin_is_more_often_small() -> None:
    near, far = (
        made(members=8, varied=replace(Varied.nothing(), placement_mm=mm)).bands["margins_mm.0.min"]
        for mm in (1.0, 6.0)
    )
    assert near.p10 is not None
    assert far.p10 is None or far.p10 < near.p10


def test_an_outline_drawn_wider_needs_no_other_ice() -> None:
    told = made(members=4, varied=replace(Varied.nothing(), contour_mm=1.5))
    assert told.bands["volumes_ml.0"].p10 == told.bands["volumes_ml.0"].p90
    margin = told.bands["margins_mm.0.min"]
    assert margin.p10 < margin.p90  # type: ignore[operator]


def test_a_cancelled_spread_ends_with_a_typed_error_and_keeps_what_is_done() -> None:
    kept: list[Member] = []
    with pytest.raises(SolverError, match="cancelled"):
        made(members=8, workers=1, keep=kept.append, cancelled=lambda: len(kept) >= 2)
    assert len(kept) >= 2


@pytest.mark.parametrize(("how", "where"), [({"members": 0}, "members"), ({"seed": -1}, "seed")])
def test_an_impossible_ensemble_is_refused(how: dict[str, int], where: str) -> None:
    with pytest.raises(PlanError) as refused:
        made(**how)
    assert refused.value.where == where


@pytest.mark.parametrize(("name", "value"), [("perfusion", -0.1), ("placement_mm", float("nan")), ("contour_mm", 99)])
def test_an_impossible_range_is_refused(name: str, value: float) -> None:
    with pytest.raises(PlanError) as refused:
        Varied(**{name: value})
    assert refused.value.where == f"Varied.{name}"


def test_every_input_has_columns_of_its_own_and_its_range() -> None:
    found = columns(3, spots=True)
    assert set(columns(3)) == set(INPUTS) - {"surface_h"}
    assert set(found) == set(INPUTS)
    taken = sorted(i for part in found.values() for i in range(part.start, part.stop))
    assert taken == list(range(len(taken)))
    assert all(Varied.shipped(body()).of(name) > 0 for name in INPUTS)
    assert all(Varied.nothing().of(name) == 0 for name in INPUTS)


def test_plans_with_fewer_or_more_needles_meet_the_same_patients() -> None:
    few, many = sample(8, 2, 5), sample(8, 5, 5)
    assert np.array_equal(few, many[:, : few.shape[1]])


def test_each_input_on_cards_changes_the_scene_and_places_move_only_needles() -> None:
    scene = compose(PLAN, body(), conditions=Conditions(spacing_mm=SPACING_MM))
    rows = sample(4, 1, 5)  # some cards have room to one side only
    for name in (n for n in OF_CARDS if n != "surface_h"):
        varied = replace(Varied.nothing(), **{name: 1.0})
        keys = {varied_scene(scene, PLAN, drawn(row, 1, varied)).key() for row in rows}
        assert keys - {scene.key()}, name
    moved = varied_scene(scene, PLAN, drawn(rows[0], 1, replace(Varied.nothing(), placement_mm=3.0, motion_mm=3.0)))
    assert moved.materials == scene.materials
    assert moved.lines[0].start_mm != scene.lines[0].start_mm
    assert moved.lines[0].steps == scene.lines[0].steps


def test_a_rim_with_more_blood_is_drawn_as_the_tissue_that_it_was() -> None:
    scene = compose(PLAN, body(), conditions=Conditions(spacing_mm=3.0, hyperaemia=True))
    varied = Varied.shipped(body())
    first = varied_scene(scene, PLAN, drawn(sample(4, 1, 5)[0], 1, varied))
    assert first.rules
    for rule in first.rules:
        was, rim = first.materials[rule.label], first.materials[rule.becomes]
        assert was is not None
        assert rim is not None
        assert rim == replace(was, name=rim.name, perfusion=rim.perfusion)
        assert rim.perfusion == pytest.approx(model().hyperaemia.value * was.perfusion)


def test_a_number_of_a_card_has_its_low_high_and_value_at_the_5th_95th_and_50th_percentile() -> None:
    number = Sourced(2.0, 1.0, 7.0, "1", Source("a", "assumed", "by this test alone", "2026-11-22"))
    for logarithmic in (True, False):
        at = [of_range(number, z, logarithmic=logarithmic) for z in (-1.6448536, 0.0, 1.6448536)]
        assert at == pytest.approx([1.0, 2.0, 7.0], rel=1e-6)


def test_a_draw_whose_needle_lies_in_gas_counts_as_one_without_its_ice() -> None:
    solid = body()
    labels = np.where(solid.labels.grid.centres_mm()[..., 0] > 4, 2, solid.labels.data).astype(np.uint8)
    tissues = {0: "kidney", 1: "tumour", 2: "gas"}
    open_body = replace(solid, labels=Volume(solid.labels.grid, labels, "label"), tissues=tissues)
    conditions = Conditions(spacing_mm=SPACING_MM)
    history = simulate(PLAN, open_body, conditions=conditions, doubt=False)
    prediction = Prediction({NOMINAL: history}, {NOMINAL: conditions})
    verdict = assess(history, PLAN.goals, open_body, needles=1)
    varied = replace(Varied.nothing(), motion_mm=8.0)
    told = spread(prediction, verdict, PLAN, open_body, members=12, spacing_mm=SPACING_MM, varied=varied)
    assert told.members == 12
    assert told.bands["margins_mm.0.min"].without > 0
    assert told.bands["margins_mm.0.min"].p10 is None


def test_needles_never_come_to_lie_in_each_other_and_one_too_deep_is_moved_whole() -> None:
    deep = Placement("generic-17g-long", (0, 0, -84.5), (0, 0, 90.0))  # half a millimetre short of its usable length
    pair = Plan((deep, replace(deep, tip_mm=(3, 0, -84.5), entry_mm=(3, 0, 90.0))), freeze(60.0))
    varied = replace(Varied.nothing(), placement_mm=6.0)
    for row in sample(64, 2, 3):
        a, b = placed(pair, drawn(row, 2, varied))
        assert np.hypot(*(np.array(a.tip_mm) - b.tip_mm)[:2]) > 0
        from iceball.plan.ways.geometry import closest_mm

        assert closest_mm(a, b) >= 1.5 - 1e-9


def test_kidney_liver_and_the_lower_lung_move_and_nothing_else() -> None:
    assert moves(body("kidney"))
    assert moves(body("liver"))
    assert not moves(body("bone"))
    lobes = {
        f"lung_{part}_lobe_left": Structure(f"lung_{part}_lobe_left", Sphere((0, 0, z), 20), "phantom")
        for part, z in (("upper", 0.0), ("lower", -40.0))
    }
    upper = replace(body("lung"), structures={**body("lung").structures, **lobes})
    assert moves(body("lung"))
    assert not moves(upper)
    low = replace(upper, structures={**upper.structures, TARGET: Structure(TARGET, Sphere((0, 0, -38), 10), "phantom")})
    assert moves(low)


def test_no_draw_makes_a_gas_colder_than_its_cryogen_boils() -> None:
    plan = replace(PLAN, probes=(replace(NEEDLE, probe="generic-24-ln2"),))
    card = plan.probes[0].kind
    scene = compose(plan, body(), conditions=Conditions(spacing_mm=SPACING_MM))
    gases = [
        step.coolant_c
        for row in sample(256, 1, 2)
        for step in varied_scene(scene, plan, drawn(row, 1, replace(Varied.nothing(), coolant=2.0))).lines[0].steps
        if step.coolant_c < 0
    ]
    assert min(gases) == pytest.approx(card.cryogen.boiling_c.value, abs=1e-9)
