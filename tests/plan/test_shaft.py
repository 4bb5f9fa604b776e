"""Rules that no plan may break: planted violations are found, and what is clear is not accused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from iceball.plan import Placement, Plan, Setting, freeze
from iceball.plan.ways.shaft import check_shafts, gap_mm
from iceball.space.shapes import Sphere
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
