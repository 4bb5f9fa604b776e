"""The needle table and the check of any plan."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from iceball.plan import Placement, Plan, freeze
from iceball.plan.ways.access import Access
from iceball.plan.ways.geometry import angles_deg, check_plan, closest_mm, needle_table
from iceball.plan.words import direction_words, table_side
from tests.plan.phantoms import BONE, Body

KIND = "generic-17g-short"
CLOCK = freeze(600).thaw(480).freeze(600)


def placed(tip: tuple[float, float, float], entry: tuple[float, float, float], **more: object) -> Placement:
    return Placement(KIND, tip, entry, **more)  # type: ignore[arg-type]


def trunk() -> Body:
    return Body(half_mm=(160, 110)).target((60, 30, 0), 28)


@pytest.mark.parametrize(
    ("entry", "in_plane", "tilt"),
    [
        ((0, 100, 0), 0, 0),
        ((0, -100, 0), 0, 0),
        ((100, 100, 0), 45, 0),
        ((-100, 100, 0), -45, 0),
        ((-100, 0, 0), -90, 0),
        ((0, 100, 100), 0, 45),
        ((50, 50 * math.sqrt(3), -100), 30, -45),
        ((0, 0, 120), 0, 90),
    ],
)
def test_angles_agree_with_geometry(entry: tuple[float, float, float], in_plane: float, tilt: float) -> None:
    assert angles_deg(placed((0, 0, 0), entry)) == pytest.approx((in_plane, tilt), abs=1e-6)


def test_a_row_says_how_the_needle_is_set() -> None:
    body = trunk()
    plan = Plan(
        probes=(placed((60, 30, 0), (60, 102, 0)), placed((72, 30, 0), (72, 98, 0), name="lateral")), protocol=CLOCK
    )
    first, second = needle_table(plan, body.anatomy())
    assert first.name == "needle 1"
    assert "short cold zone" in first.product
    assert first.table_position_mm == 0
    assert first.from_midline_mm == pytest.approx(60, abs=2)
    assert first.entry == "z 0.0 mm, 60 mm left of the midline"
    assert first.skin_to_tip_mm == pytest.approx(72)
    assert first.neighbours == (("lateral", pytest.approx(12)),)
    assert second.neighbours[0][0] == "needle 1"
    assert first.freeze == "freeze 10 min – thaw 8 min – freeze 10 min"
    assert first.crosses == ()


def test_neighbours_come_nearest_first() -> None:
    probes = tuple(placed((x, 30, 0), (x, 95, 0)) for x in (50.0, 75.0, 61.0))
    rows = needle_table(Plan(probes=probes, protocol=CLOCK), trunk().anatomy())
    assert [gap for _, gap in rows[0].neighbours] == pytest.approx([11, 25])


def test_the_midline_is_unknown_where_the_outline_is_cropped_or_too_narrow_for_a_trunk() -> None:
    thigh = Body(half_mm=(70, 70)).target((0, 20, 0), 20)
    plan = Plan(probes=(placed((0, 20, 0), (0, 68, 0)),), protocol=CLOCK)
    row = needle_table(plan, thigh.anatomy("soft_tissue"))[0]
    assert row.from_midline_mm is None
    assert row.entry.endswith("unknown: cropped, no table data")
    cropped = Body(half_mm=(160, 70), air_mm=-20).target((0, 20, 0), 20)
    assert needle_table(plan, cropped.anatomy())[0].from_midline_mm is None


def test_a_drawn_spinal_cord_is_the_midline_even_of_a_cropped_image() -> None:
    body = Body(half_mm=(160, 70), air_mm=-20).target((0, 20, 0), 20)
    body.draw("spinal_cord", np.hypot(body.at[..., 0] + 40, body.at[..., 1] - 20) < 8)
    plan = Plan(probes=(placed((0, 20, 0), (0, 68, 0)),), protocol=CLOCK)
    assert needle_table(plan, body.anatomy())[0].from_midline_mm == pytest.approx(40, abs=2)


def test_the_table_and_the_check_name_what_a_shaft_crosses() -> None:
    body = trunk().plant(np.abs(trunk().at[..., 1] - 70) < 4, BONE)
    body.draw("colon", body.ball((60, 85, 0), 10))
    plan = Plan(probes=(placed((60, 30, 0), (60, 102, 0)), placed((60, 0, 0), (60, -102, 0))), protocol=CLOCK)
    anatomy = body.anatomy()
    ground = Access.of(anatomy)
    assert Access.of(anatomy) is ground
    assert Access.of(anatomy, passable=lambda name: name == "colon").names == ("bone",)
    assert "colon" not in Access.of(trunk().anatomy()).names
    first, second = needle_table(plan, anatomy, access=ground)
    assert first.crosses == ("colon", "bone")
    assert second.crosses == ()
    findings = check_plan(plan, anatomy)
    assert [str(f) for f in findings if f.severity != "not checked"] == [
        "needle 1: the shaft passes through colon; 3 mm are asked for.",
        "needle 1: the shaft passes through 8 mm of bone, and no coaxial or drill access is declared for it.",
    ]
    assert {findings[0].severity, findings[1].severity} == {"error"}


def test_a_sound_plan_by_hand_has_no_findings() -> None:
    assert check_plan(Plan(probes=(placed((60, 30, 0), (60, 102, 0)),), protocol=CLOCK), trunk().anatomy()) == ()


@pytest.mark.parametrize(
    ("needles", "severity", "words"),
    [
        ([((60, 30, 0), (60, 80, 0))], "warning", "mm from the skin"),
        ([((60, 30, 0), (60, 150, 0))], "warning", "outside the image"),
        ([((60, 30, 200), (60, 102, 130))], "error", "tip lies outside the image"),
        ([((60, 98, 0), (60, 125, 0))], "error", "in the air"),
        ([((60, 30, 0), (60, 102, 0)), ((75, 30, 0), (75, 100, 0))], "not checked", "handle diameter"),
    ],
)
def test_what_cannot_or_should_not_be_is_found(
    needles: list[tuple[tuple[float, float, float], tuple[float, float, float]]], severity: str, words: str
) -> None:
    plan = Plan(probes=tuple(placed(tip, entry) for tip, entry in needles), protocol=CLOCK)
    found = check_plan(plan, trunk().anatomy())
    assert any(f.severity == severity and words in f.what for f in found), [str(f) for f in found]


def test_the_closest_approach_of_two_shafts_is_that_of_their_segments() -> None:
    a, crossing = placed((0, 0, 0), (0, 100, 0)), placed((-30, 50, 4), (30, 50, 4))
    assert closest_mm(a, crossing) == pytest.approx(4, abs=0.01)
    beyond = placed((-30, 150, 4), (30, 150, 4))
    assert closest_mm(a, beyond) == pytest.approx(math.hypot(50, 4), abs=0.01)


def test_a_needle_with_its_own_start_and_channel_says_so() -> None:
    late = replace(placed((60, 0, 0), (60, -102, 0)), start_s=120.0, channel="B")
    plan = Plan(probes=(placed((60, 30, 0), (60, 102, 0)), late), protocol=CLOCK)
    first, second = needle_table(plan, trunk().anatomy())
    assert second.freeze == f"from 2 min: {first.freeze} (channel B)"


def test_the_table_works_without_a_target() -> None:
    body = Body()
    assert (
        needle_table(Plan(probes=(placed((60, 30, 0), (60, 102, 0)),), protocol=CLOCK), body.anatomy())[0].crosses == ()
    )


def test_a_plan_without_needles_has_no_rows() -> None:
    assert needle_table(Plan(), trunk().anatomy()) == ()
    (finding,) = check_plan(Plan(), trunk().anatomy())
    assert finding.severity == "error"
    assert "no needle" in finding.what


@pytest.mark.parametrize(
    ("out", "midline", "words"),
    [
        ((0, 1, 0), 60.0, "posterior"),
        ((0.6, 0.8, 0), 60.0, "posterolateral left"),
        ((-0.6, 0.8, 0), 60.0, "posteromedial, from the right"),
        ((-0.6, 0.8, 0), None, "posterior oblique from the right"),
        ((-1, 0, 0), -60.0, "right lateral"),
        ((1, 0, 0), -60.0, "medial, from the left"),
        ((0.6, -0.8, 0), 5.0, "anterolateral left"),
        ((0, math.cos(0.3), -math.sin(0.3)), None, "posterior, 17° caudal"),
        ((0, 0, 1), 0.0, "from the cranial end"),
    ],
)
def test_directions_are_said_as_doctors_say_them(
    out: tuple[float, float, float], midline: float | None, words: str
) -> None:
    assert direction_words(np.array(out), from_midline_mm=midline) == words


@pytest.mark.parametrize(
    ("position", "side"),
    [("HFS", (0, 1, 0)), ("FFS", (0, 1, 0)), ("HFP", (0, -1, 0)), ("FFDL", (1, 0, 0)), ("HFDR", (-1, 0, 0))],
)
def test_the_table_lies_under_the_patient(position: str, side: tuple[float, float, float]) -> None:
    assert table_side(position) == pytest.approx(side)


def test_an_unknown_position_has_no_table_side() -> None:
    assert table_side("") is None
