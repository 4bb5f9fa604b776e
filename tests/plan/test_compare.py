"""Plans side by side on one patient: more cold is more cold, a broken rule is told, and one plan is no comparison."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from iceball.assessment import Cover, Spare
from iceball.desk.ways import SideBySide
from iceball.errors import PlanError
from iceball.io.schema import schema_of
from iceball.plan import Placement, Plan, freeze
from iceball.plan.search.compare import UNION, Compared, baseline, compare, compared_json, compared_table
from iceball.reporting.compare_figure import draw_comparison
from iceball.space.shapes import Sphere
from iceball.tissue import Anatomy
from tests.acceptance.json_schema import problems
from tests.plan.phantoms import Body

GOALS = (Cover("tumour", 0.0, 3.0), Spare("colon", 0.0, 3.0))
SHORT = Plan((Placement("generic-17g-short", (0, -8, 0), (0, -92, 0)),), freeze(120), GOALS)
THROUGH = Placement("generic-17g-short", (0, -12, 0), (60, -68, 0))


def patient() -> Anatomy:
    body = Body(half_mm=(110, 90), air_mm=12).target((0.0, -20.0, 0.0), 16)
    return body.draw("colon", Sphere((34.0, -44.0, 0.0), 14.0)).anatomy()


@pytest.fixture(scope="module")
def found() -> tuple[Compared, ...]:
    plans = {
        "short": SHORT,
        "long": replace(SHORT, protocol=freeze(360), goals=()),
        "through bowel": replace(SHORT, probes=(THROUGH,)),
    }
    return compare(plans, patient(), spacing_mm=3.0)


def test_all_are_held_against_the_goals_of_the_first(found: tuple[Compared, ...]) -> None:
    assert {c.plan.goals for c in found} == {GOALS}
    assert all(len(c.verdict.goals) == 2 for c in found)


def test_the_longer_freeze_has_more_ice_and_the_broken_rule_is_told(found: tuple[Compared, ...]) -> None:
    short, longer, through = (c.rows() for c in found)
    assert longer["volume colder than 0 °C, mL"] > short["volume colder than 0 °C, mL"]  # type: ignore[operator]
    assert short["rules broken"] == 0
    assert through["rules broken"] == 1
    assert "colon" in found[2].errors[0]


def test_table_json_and_picture_name_every_plan(found: tuple[Compared, ...], tmp_path: Path) -> None:
    table = compared_table(found)
    for one in found:
        assert one.name in table
    told = compared_json(found, 3.0)
    assert [row["name"] for row in told["plans"]] == ["short", "long", "through bowel"]
    assert draw_comparison(found, tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")


def test_what_is_printed_of_a_comparison_fits_its_schema(found: tuple[Compared, ...]) -> None:
    told = json.loads(json.dumps(SideBySide(found, {UNION: "no chart was read"}, 3.0, Path("c.png")).as_json()))
    assert problems(told, schema_of("compare")) == []
    assert problems({**told, "plans": told["plans"][:1]}, schema_of("compare"))
    assert problems({**told, "absent": None}, schema_of("compare"))


def test_one_plan_is_no_comparison() -> None:
    with pytest.raises(PlanError, match="two plans"):
        compare({"alone": SHORT}, patient())


def test_the_baseline_keeps_protocol_and_goals() -> None:
    made = baseline(SHORT, patient())
    assert made.probes
    assert made.protocol == SHORT.protocol
    assert made.goals == GOALS
