"""One change at a time: what is obvious comes out, what cannot be is told."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from iceball.assessment import Cover, Spare
from iceball.desk.ways import what_if_json
from iceball.errors import PlanError
from iceball.io.schema import schema_of
from iceball.plan import Placement, Plan, freeze
from iceball.plan.search.protect import protections
from iceball.plan.search.whatif import Changed, what_if
from iceball.space.shapes import Sphere
from iceball.tissue import Anatomy
from tests.acceptance.json_schema import problems
from tests.plan.phantoms import Body

GOALS = (Cover("tumour", 0.0, 3.0), Spare("colon", 0.0, 3.0))
PLAN = Plan((Placement("generic-17g-short", (0, -8, 0), (0, -92, 0)),), freeze(240), GOALS)


@pytest.fixture(scope="module")
def rows() -> dict[str, Changed]:
    body = Body(half_mm=(110, 90), air_mm=12).target((0.0, -20.0, 0.0), 16)
    anatomy: Anatomy = body.draw("colon", Sphere((0.0, 10.0, 0.0), 16.0)).anatomy()
    return {row.name: row for row in what_if(PLAN, anatomy, spacing_mm=3.0)}


def test_every_change_is_there_with_numbers_or_a_reason(rows: dict[str, Changed]) -> None:
    assert len(rows) == 6
    for row in rows.values():
        assert row.why_not or dict(row.margins_mm)["0"] is not None
        assert row.name in str(row)
        assert row.as_json()["change"] == row.name


def test_what_is_printed_of_changes_fits_its_schema(rows: dict[str, Changed]) -> None:
    told = json.loads(json.dumps(what_if_json(tuple(rows.values()), 3.0)))
    assert problems(told, schema_of("what-if")) == []
    assert problems({**told, "changes": [{**told["changes"][0], "margins_mm": [1.0]}]}, schema_of("what-if"))


def test_longer_freezes_and_one_more_needle_widen_the_margin_and_cool_the_bowel(rows: dict[str, Changed]) -> None:
    for name in ("every freeze 2 min longer", "one more needle at the least margin"):
        assert dict(rows[name].margins_mm)["-20"] > 0, name
        assert dict(rows[name].structures_k)["colon"] < 0, name


def test_lower_duty_and_a_needle_beside_its_place_cost_margin(rows: dict[str, Changed]) -> None:
    assert dict(rows["every freeze at 70% duty"].margins_mm)["0"] < 0
    assert dict(rows["the needle beside the least margin 3 mm off"].margins_mm)["0"] < 0


def test_needles_drawn_back_spare_what_lies_behind(rows: dict[str, Changed]) -> None:
    assert dict(rows["all needles 5 mm back"].structures_k)["colon"] > 0


def test_a_plan_without_needle_is_refused() -> None:
    body = Body(half_mm=(110, 90), air_mm=12).target((0.0, -20.0, 0.0), 16)
    with pytest.raises(PlanError, match="no needle"):
        what_if(Plan(protocol=freeze(240), goals=GOALS), body.anatomy())


def test_what_protects_bowel_in_the_ice_is_simulated_and_ranked() -> None:
    body = Body(half_mm=(110, 90), air_mm=12, spacing_mm=5.0).target((0.0, -20.0, 0.0), 16)
    anatomy = body.draw("colon", Sphere((0.0, -1.0, 0.0), 16.0)).anatomy()
    rows = protections(PLAN, anatomy, spacing_mm=4.0)
    names = [row.name for row in rows]
    assert {"all needles 5 mm back", "every freeze 2 min shorter", "7 mm of warm fluid beside colon"} < set(names)
    done = [row for row in rows if not row.why_not]
    assert rows[: len(done)] == tuple(done), "what cannot be done comes last"
    assert [len(r.won) - len(r.lost) for r in done] == sorted((len(r.won) - len(r.lost) for r in done), reverse=True)
    assert protections(replace(PLAN, goals=GOALS[:1]), anatomy, spacing_mm=4.0) == ()
