"""Structures beside the target: green, amber, red, grey, with words; and limits that a plan changes."""

from dataclasses import replace

import numpy as np
import pytest

from iceball.assessment import Assessment, OwnLimit, Spare, assess
from iceball.assessment.own_limit import limit_of
from iceball.assessment.spread import Spread, band, numbers_of
from iceball.assessment.status import MET, NO_BAND, NO_LIMIT, NO_SPREAD, NOMINAL, UNMET
from iceball.errors import IceballError, PlanError, SegmentationError
from iceball.plan import Plan
from iceball.plan.caveats import caveats
from iceball.space.shapes import Sphere
from tests.assessment.made_by_hand import ball, box, history, patient

GRID = box(40, 4.0)
RECORD = {"by": "A. Surgeon", "reason": "a balloon lies between", "date": "2026-11-22"}
# Ice of 15 mm; the colon, whose hard limit is 5 mm of the ice, begins 7 mm beyond it.
COLON = Sphere((30, 0, 0), 16)
MADE = history(GRID, ball(GRID, 15))


def judged(*goals: Spare, colon: Sphere = COLON, limits: tuple[OwnLimit, ...] = (), **others: Sphere) -> Assessment:
    anatomy = patient({"tumour": Sphere((0, 0, 0), 12), "colon": colon, **others}, organ="kidney")
    return assess(MADE, goals, anatomy, kill=None, limits=limits)


def with_spread(a: Assessment, by_mm: tuple[float, ...], *, met: tuple[float, ...] = ()) -> Assessment:
    """With an ensemble in which every number is moved by so much."""
    bands = {name: band(np.array([value + d for d in by_mm])) for name, value in numbers_of(a).items()}
    goals = met or (1.0,) * len(a.goals)
    spread = Spread(len(by_mm), 1, 4.0, bands, goals, (None,) * len(a.goals), {}, {}, "this")
    return replace(a, spread=spread)


def status(a: Assessment, name: str = "colon") -> tuple[str, str]:
    found = a.status_of(next(s for s in a.structures if s.name == name))
    return found.colour, found.words


def test_without_a_spread_a_limit_that_is_kept_is_amber_and_says_so() -> None:
    assert status(judged()) == ("amber", NO_SPREAD)


def test_a_limit_that_nine_runs_in_ten_keep_is_green_and_one_that_they_do_not_is_amber() -> None:
    assert status(with_spread(judged(), (-0.5, 0, 0.5) * 10)) == ("green", MET)
    assert status(with_spread(judged(), (-4.0, 0, 4.0) * 10)) == ("amber", NOMINAL)


def test_a_limit_that_the_judged_run_breaks_is_red_whatever_the_spread_says() -> None:
    near = judged(colon=Sphere((26, 0, 0), 16))
    assert near.structures[0].reached == "stop"
    for found in (near, with_spread(near, (9.0,) * 20)):
        assert status(found) == ("red", UNMET)


def test_a_structure_without_a_limit_or_without_a_band_is_not_green() -> None:
    found = judged(spleen=Sphere((-30, 0, 0), 10))
    assert status(found, "spleen") == ("grey", NO_LIMIT)
    spread = with_spread(found, (0.0,) * 20).spread
    assert spread is not None
    assert status(replace(found, spread=replace(spread, bands={}))) == ("amber", NO_BAND)


def test_a_goal_that_spares_it_counts_beside_its_limit() -> None:
    strict, easy = Spare("bowel", above=0, distance_mm=12), Spare("colon", above=0, distance_mm=3)
    assert status(judged(strict)) == ("red", UNMET)
    assert status(with_spread(judged(easy), (0.0,) * 20)) == ("green", MET)
    assert status(with_spread(judged(easy), (0.0,) * 20, met=(0.8,))) == ("amber", NOMINAL)


@pytest.mark.parametrize("seed", range(4))
def test_green_implies_that_the_judged_run_keeps_it_and_red_that_it_does_not(seed: int) -> None:
    rng = np.random.default_rng(seed)
    spleen, nerve = (Sphere(tuple(rng.uniform(-28, 28, 3)), 8) for _ in range(2))
    found = judged(colon=Sphere((rng.uniform(22, 34), 0, 0), 12), spleen=spleen, spinal_cord=nerve)
    spreads = [found, with_spread(found, tuple(rng.normal(0, 3, 30)))]
    for a in spreads:
        for s in a.structures:
            colour = a.status_of(s).colour
            assert not (colour == "green" and s.reached == "stop")
            assert (colour == "red") == (s.reached == "stop")


def test_a_changed_limit_is_judged_by_and_is_on_record_beside_the_packs() -> None:
    own = OwnLimit("bowel", **RECORD, stop_mm=8.0)
    before, after = judged(), judged(limits=(own,))
    assert (before.structures[0].reached, after.structures[0].reached) == ("alarm", "stop")
    said = after.structures[0].changed
    assert said.startswith("hard limit 8 mm, pack 5 mm, changed in the plan by A. Surgeon")
    assert "balloon" in said
    assert before.made_by["assessment_key"] != after.made_by["assessment_key"]
    assert "changed in the plan" in str(after)
    assert Assessment.from_json(after.as_json()).structures == after.structures
    assert after.as_json()["structures"][0]["status"] == "red"


def test_the_check_and_every_output_of_a_plan_tell_a_changed_limit() -> None:
    plan = Plan(limits=(OwnLimit("bowel", **RECORD, stop_mm=3.0),))
    notes = caveats(plan, patient({"tumour": Sphere((0, 0, 0), 12)}, organ="kidney"))
    assert any("Limit of bowel: hard limit 3 mm, pack 5 mm" in note for note in notes)


def test_a_change_leaves_the_packs_other_limit_and_replaces_the_kind() -> None:
    own = (OwnLimit("colon", **RECORD, stop_c=4.0),)
    kept = limit_of("colon", "kidney", own)
    assert (kept.stop_c.value, kept.stop_mm, kept.alarm_mm.value) == (4.0, None, 10.0)
    assert kept.stop_c.source.key == "plan"
    assert limit_of("stomach", "kidney", own) == limit_of("stomach", "kidney")


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"stop_mm": 3.0, "reason": ""},
        {"stop_mm": 3.0, "by": " "},
        {"stop_mm": 3.0, "stop_c": 1.0},
        {"stop_mm": float("nan")},
        {"alarm_mm": -1.0},
    ],
)
def test_a_change_that_says_nothing_or_not_who_and_why_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(PlanError, match=r"Plan\.limits"):
        OwnLimit(**{"structure": "colon", **RECORD, **wrong})


def test_a_change_that_contradicts_the_alarm_or_comes_twice_or_knows_no_such_structure_is_refused() -> None:
    own = OwnLimit("colon", **RECORD, stop_mm=3.0)
    with pytest.raises(PlanError, match="second time"):
        Plan(limits=(own, own))
    with pytest.raises(IceballError, match="alarm"):
        judged(limits=(OwnLimit("colon", **RECORD, stop_mm=12.0),))
    with pytest.raises(SegmentationError):
        judged(limits=(OwnLimit("colour", **RECORD, stop_mm=3.0),))
