"""The plan as placed lies beside the plan, and goes stale with it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from iceball.errors import CaseError, ImageError, StaleError
from iceball.io.case import Case
from iceball.io.placed import placed_plan, read_motion, read_streaks, save_placed, streak_of
from iceball.plan import Placement, Plan, freeze
from iceball.plan.caveats import caveats
from iceball.reporting.flags import AS_PLACED, all_flags, stamp
from iceball.reporting.placed import placed_table
from iceball.space.shapes import Sphere
from iceball.tissue.phantom import phantom

BODY = phantom((60, 60, 60), 6.0, target=Sphere((0.0, 30.0, 0.0), 12.0))
NEEDLE = Placement("generic-17g-short", (0.0, 36.0, 0.0), (0.0, 0.0, 0.0))
PLAN = Plan((NEEDLE,), freeze(60))
LIES = replace(
    PLAN, probes=(replace(NEEDLE, tip_mm=(2.0, 35.0, 0.0)),), stage="as placed", reason="AS PLACED: needle 1 set."
)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case.create_phantom(tmp_path / "case", title="t", anatomy=BODY).save_plan(PLAN)


def test_the_plan_as_placed_comes_back_and_the_plan_stays(case: Case) -> None:
    planned = (case.folder / "plan.toml").read_bytes()
    save_placed(case, LIES, {"needles": []}, next_plan=LIES)
    assert placed_plan(case) == LIES
    assert case.plan() == PLAN
    assert (case.folder / "plan.toml").read_bytes() == planned
    assert (case.folder / "placed" / "next.toml").is_file()


def test_it_is_stale_once_the_plan_changes_and_refused_where_there_is_none(case: Case) -> None:
    with pytest.raises(CaseError, match=r"no plan AS PLACED.*iceball as-placed"):
        placed_plan(case)
    save_placed(case, LIES, {}, next_plan=None)
    case.save_plan(replace(PLAN, protocol=freeze(120)))
    with pytest.raises(StaleError, match="STALE"):
        placed_plan(case)


def test_a_plan_as_placed_is_no_plan_of_a_case(case: Case) -> None:
    case.save_plan(LIES)
    with pytest.raises(CaseError, match="AS PLACED"):
        case.plan()


def test_every_output_says_as_placed() -> None:
    assert LIES.reason in caveats(LIES, BODY)
    flags = all_flags((), LIES, BODY)
    assert AS_PLACED in flags
    assert "AS PLACED" in stamp(flags)
    assert AS_PLACED not in all_flags((), PLAN, BODY)
    table = placed_table(PLAN, LIES)
    assert table is not None
    assert [cell.text for cell in table.rows[0]][1:4] == ["2.2 mm", "1.0 mm shallower", "2.0 mm"]
    assert table.lead == LIES.reason
    assert placed_table(PLAN, PLAN) is None


def test_streaks_are_read_from_words_and_from_slicer(tmp_path: Path) -> None:
    streak = streak_of("needle 1 = 1,-2.5,3/4,30,6")
    assert (streak.needle, streak.tip_mm, streak.shaft_mm) == ("needle 1", (1.0, -2.5, 3.0), (4.0, 30.0, 6.0))
    points = [{"position": list(p), "positionStatus": "defined"} for p in ((-1, 2.5, 3), (-4, -30, 6))]
    file = tmp_path / "needle 1.mrk.json"
    file.write_text(json.dumps({"markups": [{"coordinateSystem": "RAS", "controlPoints": points}]}))
    assert read_streaks(file) == (streak,)


@pytest.mark.parametrize("words", ["needle 1", "needle 1=1,2/3,4,5", "=1,2,3/40,5,6", "n=1,2,x/4,5,6"])
def test_words_that_are_no_streak_are_refused_with_an_example(words: str) -> None:
    with pytest.raises(CaseError, match=r"cannot read.*needle 1=12,-40,88"):
        streak_of(words)


def test_a_motion_is_sixteen_numbers_that_do_not_stretch(tmp_path: Path) -> None:
    file = tmp_path / "motion.txt"
    file.write_text("1 0 0 5\n0 1 0 -2\n0 0 1 0.5\n0 0 0 1\n")
    assert read_motion(file).shift_mm == (5.0, -2.0, 0.5)
    file.write_text("2 0 0 5\n0 1 0 -2\n0 0 1 0.5\n0 0 0 1\n")
    with pytest.raises(ImageError, match="not rigid"):
        read_motion(file)
    file.write_text("1 0 0")
    with pytest.raises(ImageError, match="16 numbers"):
        read_motion(file)
