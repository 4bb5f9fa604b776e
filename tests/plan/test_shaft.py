"""Rules that no plan may break: planted violations are found, and what is clear is not accused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from iceball.errors import PlanError
from iceball.plan import Placement, Plan, Setting, freeze
from iceball.plan.ways.shaft import check_shafts, gap_mm
from iceball.space.shapes import Polyline, Sphere
from tests.plan.phantoms import BONE, Body

CLOCK = freeze(600)
NEEDLE = Placement("generic-17g-short", tip_mm=(60, 40, 0), entry_mm=(60, -102, 0))


def findings(body: Body, needle: Placement = NEEDLE, *, position: str = "") -> list[str]:
    plan = Plan(probes=(needle,), protocol=CLOCK, setting=Setting(procedure_position=position))
    return [f"{f.severity}: {f.what}" for f in check_shafts(plan, body.anatomy())]


def test_a_structure_that_only_its_box_brings_near_is_far() -> None:
    shell = Body()
    far = np.linalg.norm(shell.at - np.array([60.0, -30.0, 0.0]), axis=-1)
    shell.draw("colon", (far > 30) & (far < 36))
    needle = replace(NEEDLE, tip_mm=(60, -40, 0))
    assert gap_mm(shell.structures["colon"].shape, needle, near_mm=3.0) <= 3.0
    ring = Body().draw("colon", (far > 30) & (far < 36) & (np.abs(shell.at[..., 2]) > 20))
    assert gap_mm(ring.structures["colon"].shape, needle, near_mm=3.0) == float("inf")


def trunk() -> Body:
    return Body().target((60, 20, 0), 24)


@pytest.mark.parametrize("beside_mm", [14.0, 12.0, 9.5, 4.0])
@pytest.mark.parametrize("turn", [0.0, 0.7])
def test_the_gap_to_a_ball_is_measured_finer_than_a_voxel(beside_mm: float, turn: float) -> None:
    ball = Sphere((60 + beside_mm * np.cos(turn), -30.0, beside_mm * np.sin(turn)), 20.0)
    exact = beside_mm - 10.0 - NEEDLE.kind.radius_mm.value
    found = gap_mm(ball, NEEDLE, near_mm=3.0)
    if exact < 3.0:
        assert found == pytest.approx(exact, abs=0.3 if exact > 0 else 2.0)
        assert (found < 0) == (exact < 0)
    else:
        assert found > 3.0


def test_bowel_within_three_millimetres_is_an_error_and_farther_is_nothing() -> None:
    near = trunk().draw("colon", Sphere((72.5, -30.0, 0.0), 20.0))
    assert findings(near)[0].startswith("error: the shaft comes within 1.")
    assert not findings(trunk().draw("colon", Sphere((76.0, -30.0, 0.0), 20.0)))


def test_an_organ_that_may_be_crossed_in_need_is_no_error() -> None:
    assert not findings(trunk().draw("spleen", Sphere((60.0, -30.0, 0.0), 20.0)))


def test_bone_needs_an_access_that_is_declared() -> None:
    body = trunk()
    body.plant((body.at[..., 1] < -40) & (body.at[..., 1] > -50), BONE)
    assert "no coaxial or drill access" in findings(body)[0]
    told = findings(body, replace(NEEDLE, bone_access="coaxial"))
    assert told == ["warning: 8 mm of bone on its way, by the declared coaxial access: it has to take 17G."]


def test_ice_at_the_skin_along_the_shaft_is_an_error() -> None:
    shallow = Placement("generic-17g-long", tip_mm=(60, -55, 0), entry_mm=(60, -102, 0))
    assert "of the skin along the shaft" in findings(trunk(), shallow)[0]


def test_a_handle_in_the_table_is_an_error_where_the_position_is_known() -> None:
    assert not findings(trunk())
    assert findings(trunk(), position="HFP") == ["error: the handle would be in the table."]
    assert not findings(trunk(), position="HFS")


def test_an_entry_written_down_inside_the_body_hides_no_bowel() -> None:
    body = trunk().draw("colon", Sphere((60.0, -80.0, 0.0), 14.0))
    assert "passes through colon" in findings(body, replace(NEEDLE, entry_mm=(60, -60, 0)))[0]


def test_a_tip_that_has_left_the_body_is_an_error() -> None:
    through = Placement("generic-17g-short", tip_mm=(140, 58, 0), entry_mm=(140, -53, 0))
    assert any("the tip lies in the air" in said for said in findings(trunk(), through))


@pytest.mark.parametrize(("rib_z", "closed"), [(8.0, True), (-8.0, False), (14.0, False)])
def test_a_shaft_goes_over_a_rib_and_not_close_under_it(rib_z: float, closed: bool) -> None:
    rib = Polyline(np.array([(20.0, -90.0, rib_z), (100.0, -90.0, rib_z)]), 5.0)
    said = findings(trunk().draw("rib_left_9", rib))
    assert said == ([said[0]] if closed else [])
    assert not closed or "rib_left_9, 2." in said[0]


@pytest.mark.parametrize(("rib_z", "through"), [(5.5, True), (-6.5, False)])
def test_a_shaft_that_grazes_a_drawn_bone_is_found_by_its_surface(rib_z: float, through: bool) -> None:
    rib = Polyline(np.array([(20.0, -90.0, rib_z), (100.0, -90.0, rib_z)]), 5.0)
    assert any("of bone" in said for said in findings(trunk().draw("rib_left_9", rib))) == through


def test_a_needle_pushed_in_to_the_hilt_at_a_slant_has_its_handle_in_the_skin() -> None:
    hilt = Placement("generic-17g-short", tip_mm=(-121, 11.6, 0), entry_mm=(0, -109.4, 0))
    assert hilt.depth_mm == pytest.approx(171, abs=1)
    assert any("no room for the handle" in said for said in findings(trunk(), hilt))
    less = replace(hilt, tip_mm=(-71, -38.4, 0))
    assert not any("no room for the handle" in said for said in findings(trunk(), less))


def test_shafts_that_cross_outside_the_skin_are_told_of() -> None:
    from iceball.plan.ways.outside import check_outside

    lean = (60.0 + 60 * 0.1, -102.0, 0.0)
    a = replace(NEEDLE, tip_mm=(60, -42, 0), entry_mm=lean)
    b = replace(NEEDLE, tip_mm=(80, -42, 0), entry_mm=(80 - 60 * 0.1, -102, 0))
    found = check_outside(Plan(probes=(a, b), protocol=CLOCK), trunk().anatomy())
    assert any(f.severity == "error" and "outside the skin" in f.what for f in found)
    level = replace(b, entry_mm=(80, -102, 0), tip_mm=(80, -42, 0))
    assert not [f for f in check_outside(Plan(probes=(NEEDLE, level), protocol=CLOCK), trunk().anatomy())
                if f.severity == "error"]  # fmt: skip


def test_the_bore_of_the_plan_is_the_one_that_handles_are_held_against() -> None:
    def said(bore_mm: float | None) -> list[str]:
        setting = Setting(procedure_position="HFS", bore_mm=bore_mm)
        plan = Plan(probes=(NEEDLE,), protocol=CLOCK, setting=setting)
        return [f.what for f in check_shafts(plan, trunk().anatomy())]

    assert said(None) == []
    assert said(400.0) == ["the handle would touch the bore."]
    with pytest.raises(PlanError, match="bore_mm"):
        Setting(bore_mm=70.0)
