"""Ways of single needles through phantoms with planted obstacles: each rule closes what it should, and only that."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from iceball.applicator import probe
from iceball.errors import PlanError
from iceball.plan import Placement, Plan, Setting, freeze
from iceball.plan.ways.refused import no_way
from iceball.plan.ways.survey import (
    CROSSES,
    ICE_AT_SKIN,
    IN_BORE,
    IN_TABLE,
    NO_SKIN,
    PRICES,
    TOO_DEEP,
    UNDER_RIB,
    survey,
)
from iceball.plan.ways.terrain import Terrain
from iceball.plan.ways.together import check_together, uneven_mm
from iceball.plan.ways.trajectory import Trajectories, trajectories
from iceball.space.shapes import Sphere
from tests.plan.phantoms import BONE, LUNG, Body

TARGET = (60.0, 20.0, 0.0)
ANTERIOR, POSTERIOR, LEFT = (0.0, -1.0, 0.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0)


def plain() -> Body:
    return Body().target(TARGET, 24)


def found_in(body: Body, *, position: str = "", organ: str = "kidney", **kwargs: object) -> Trajectories:
    setting = Setting(procedure_position=position)
    return trajectories(body.anatomy(organ), setting=setting, directions=1500, **kwargs)  # type: ignore[arg-type]


def nearest(found: Trajectories, out: tuple[float, float, float]) -> int:
    return int((found.ways.outs @ np.array(out)).argmax())


def test_a_body_without_obstacles_is_open_but_for_its_ends_and_its_depth() -> None:
    found = found_in(plain())
    closed = found.ways.closed
    assert found.open_share > 0.3
    assert not closed[:, CROSSES].any()
    ends = np.abs(found.ways.outs[:, 2]) > 0.9
    assert closed[ends, NO_SKIN].all(), "the cylinder's ends are cut by the image"


def test_the_cheapest_way_is_the_shortest_in_plane() -> None:
    found = found_in(plain())
    best = found.best(1)[0]
    tilt = np.degrees(np.arcsin(abs(found.ways.outs[best, 2])))
    assert tilt < 10
    assert found.ways.depth_mm[best] < found.ways.depth_mm[found.ways.open].min() + 3


def test_the_active_zone_is_centred_on_the_target() -> None:
    found = found_in(plain())
    i = found.best(1)[0]
    kind = probe("generic-17g-long")
    middle = found.ways.tips_mm[i] + (kind.standoff_mm.value + kind.active_mm.value / 2) * found.ways.outs[i]
    assert np.linalg.norm(middle - np.array(TARGET)) < 1.5


def test_what_must_not_be_crossed_closes_its_shadow_and_a_rim_of_three_millimetres() -> None:
    body = plain()
    ball = Sphere((60.0, -40.0, 0.0), 20.0)
    found = found_in(body.draw("colon", ball))
    ways = found.ways
    away = np.linalg.norm(np.cross(np.array([60.0, -40.0, 0.0]) - ways.tips_mm, ways.outs), axis=1)
    behind = np.einsum("ni,ni->n", np.array([60.0, -40.0, 0.0]) - ways.tips_mm, ways.outs) > 0
    through = behind & (away < 10.0) & np.isfinite(ways.depth_mm)
    clear = (away > 10.0 + 3.0 + 0.75 + 4.0) | ~behind
    assert through.any()
    assert ways.closed[through, CROSSES].all()
    assert not ways.closed[clear, CROSSES].any()
    assert "colon" in ways.why(int(np.flatnonzero(through)[0]))[0]


def test_bone_is_closed_unless_an_access_through_it_is_declared() -> None:
    body = plain()
    body.plant((body.at[..., 1] < -20) & (body.at[..., 1] > -30), BONE)
    assert found_in(body).ways.closed[nearest(found_in(body), ANTERIOR), CROSSES]
    opened = found_in(body, through_bone=True)
    assert opened.ways.open[nearest(opened, ANTERIOR)]


def test_lung_is_open_at_a_price_for_its_length_and_each_puncture() -> None:
    body = plain()
    body.plant((body.at[..., 1] < -20) & (body.at[..., 1] > -60), LUNG)
    found = found_in(body)
    i = nearest(found, ANTERIOR)
    paid = dict(zip(("way", "axial", "slices", "lung", "punctures"), found.ways.costs_mm[i], strict=False))
    assert found.ways.open[i]
    assert paid["lung"] == pytest.approx(3 * 40, abs=3 * 5)
    assert paid["punctures"] == pytest.approx(30)


def test_a_deep_target_is_out_of_reach_and_a_shallow_one_would_freeze_the_skin() -> None:
    deep = Body(half_mm=(260, 230), spacing_mm=6.0).target((0.0, 0.0, 0.0), 24)
    assert found_in(deep).ways.closed[:, TOO_DEEP].any()
    shallow = Body().target((0.0, -95.0, 0.0), 16)
    found = found_in(shallow)
    assert found.ways.closed[nearest(found, ANTERIOR), ICE_AT_SKIN]


def test_the_table_closes_its_side_only_where_the_position_is_known() -> None:
    unknown = found_in(plain())
    assert not unknown.ways.closed[:, IN_TABLE].any()
    assert any("table" in said for said in unknown.not_checked)
    supine = found_in(plain(), position="HFS")
    assert supine.ways.closed[nearest(supine, POSTERIOR), IN_TABLE]
    assert not supine.ways.closed[nearest(supine, ANTERIOR), IN_TABLE]
    prone = found_in(plain(), position="HFP")
    assert prone.ways.closed[nearest(prone, ANTERIOR), IN_TABLE]


def test_a_narrow_bore_leaves_no_room_for_the_handle() -> None:
    wide = found_in(plain(), position="HFS", bore_mm=900.0)
    narrow = found_in(plain(), position="HFS", bore_mm=450.0)
    assert narrow.ways.closed[:, IN_BORE].sum() > wide.ways.closed[:, IN_BORE].sum()
    with pytest.raises(PlanError, match="bore_mm"):
        found_in(plain(), position="HFS", bore_mm=3.0)


def test_a_needle_passes_over_a_rib_and_not_under_it() -> None:
    body = Body().target((60.0, 20.0, 0.0), 24)
    rib = (np.abs(body.at[..., 1] + 70) < 6) & (np.abs(body.at[..., 2]) < 6) & (np.abs(body.at[..., 0] - 60) < 60)
    body.plant(rib, BONE)
    body.draw("rib_left_9", rib)
    terrain = Terrain.of(body.anatomy())
    kind = probe("generic-17g-long")
    outs = np.array([ANTERIOR, ANTERIOR, ANTERIOR])
    tips = np.array([[60.0, 40.0, z] for z in (7.0, -7.0, 40.0)])
    ways = survey(terrain, kind, tips, outs)
    assert ways.closed[:, UNDER_RIB].tolist() == [False, True, False]


def test_a_target_outside_the_image_is_refused() -> None:
    body = Body().draw("tumour", Sphere((0.0, 0.0, 500.0), 20.0))
    with pytest.raises(PlanError, match="outside the image"):
        found_in(body)


def test_an_open_way_becomes_a_needle_and_a_closed_one_says_why_not() -> None:
    found = found_in(plain())
    needle = found.placement(found.best(1)[0])
    assert needle.depth_mm == pytest.approx(found.ways.depth_mm[found.best(1)[0]], abs=0.05)
    shut = int(np.flatnonzero(~found.ways.open)[0])
    with pytest.raises(PlanError, match="trajectory"):
        found.placement(shut)


def test_the_number_of_ways_at_once_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from iceball.plan.ways import survey as ways

    body = plain().draw("colon", Sphere((60.0, -40.0, 0.0), 20.0))
    whole = found_in(body)
    monkeypatch.setattr(ways, "AT_ONCE", 400)
    parts = found_in(body)
    assert np.array_equal(whole.ways.closed, parts.ways.closed)
    assert np.array_equal(whole.ways.costs_mm, parts.ways.costs_mm)


def test_a_target_in_the_air_is_refused() -> None:
    body = Body().draw("tumour", Sphere((165.0, 0.0, 0.0), 20.0))
    with pytest.raises(PlanError, match="in the air outside the body"):
        found_in(body)


def boxed_in() -> Body:
    body = plain()
    shell = np.linalg.norm(body.at - np.array(TARGET), axis=-1)
    return body.plant((shell > 24) & (shell < 36), BONE)


def amid(body: Body) -> Body:
    return body.target((0.0, 0.0, 0.0), 24)


@pytest.mark.parametrize(
    ("body", "blocks", "frees"),
    [
        (boxed_in(), "bone on", "coaxial or drill access"),
        (amid(Body(half_mm=(260, 230), spacing_mm=8.0)), "deeper than", "longer than 175 mm: the shortest way is"),
        (amid(Body(half_mm=(400, 300), air_mm=-200, spacing_mm=8.0)), "image ends", "shows the skin"),
    ],
)
def test_a_target_that_no_way_reaches_is_told_what_blocks_and_what_would_free_it(
    body: Body, blocks: str, frees: str
) -> None:
    refusal = str(no_way(found_in(body)))
    assert blocks in refusal
    assert frees in refusal
    assert "this alone closes" in refusal


def test_a_plaque_of_the_pleura_is_rather_reached_along_the_wall_than_through_it() -> None:
    steep = PRICES.index("steep to the pleura")
    body = Body().target((60.0, -80.0, 0.0), 16)
    along = found_in(body, organ="pleura")
    across, beside = nearest(along, ANTERIOR), nearest(along, (0.0, 0.0, 1.0))
    assert along.ways.costs_mm[across, steep] > 0.5 * 70
    assert along.ways.costs_mm[beside, steep] < 0.5 * 20
    assert not found_in(body).ways.costs_mm[:, steep].any()


def test_needles_that_lean_towards_each_other_and_uneven_tips_are_told_and_priced() -> None:
    upright = Placement("generic-17g-short", tip_mm=(60, 20, 0), entry_mm=(60, -80, 0))
    leaning = replace(upright, tip_mm=(75, 20, 0), entry_mm=(75 + 100 * np.tan(np.radians(14)), -80, 0))
    said = check_together(Plan((upright, leaning), freeze(600)))
    assert [f.severity for f in said] == ["warning"]
    assert "lie at 14°" in said[0].what
    level = replace(upright, tip_mm=(75, 20, 0), entry_mm=(75, -80, 0))
    assert not check_together(Plan((upright, level), freeze(600)))
    outs = np.repeat([ANTERIOR], 2, axis=0)
    assert uneven_mm(np.array([(60.0, 20.0, 0.0), (75.0, 20.0, 0.0)]), outs) == 0
    assert uneven_mm(np.array([(60.0, 20.0, 0.0), (75.0, 30.0, 0.0)]), outs) == pytest.approx(5.0)
