"""Spots on a surface: what a plan refuses, and the walls that it makes of them."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

import iceball as ib
from iceball.applicator import surface_applicators
from iceball.errors import IceballError, PlanError, ProbeError
from iceball.plan.caveats import caveats
from iceball.plan.compose import Conditions, compose
from iceball.plan.drawn import drawn, sample, varied_scene
from iceball.plan.spray.gas import vented
from iceball.plan.spray.paint import paint
from iceball.plan.spray.spot import Spot
from iceball.plan.spray.spots import spot_of
from iceball.plan.varied import Varied
from iceball.plan.ways.geometry import check_plan
from iceball.solve.scene import Scene
from iceball.space import Grid, Header, Volume
from iceball.space.box import Box
from iceball.tissue import Anatomy, Structure
from iceball.tissue.phantom import phantom

SPRAY = "generic-ln2-spray"
DISC = "generic-co2-disc"


@pytest.fixture(scope="module")
def flat() -> Anatomy:
    return phantom((80, 40, 80), 2.0, target=Box((-15, 0, -15), (15, 4, 15)), air_above_mm=20)


def tilted(normal: tuple[float, float, float]) -> Anatomy:
    """Tissue below a plane through the origin, air above."""
    grid = Grid.box((-30, -30, -30), (30, 30, 30), 1.5)
    up = np.array(normal) / np.linalg.norm(normal)
    labels = np.where(grid.centres_mm() @ up > 0, 0, 1).astype(np.uint8)
    image = Volume(grid, np.zeros(grid.shape, np.int16), "HU", Header(modality="CT"))
    target = Structure("tumour", Box((-4, -4, -4), (4, 4, 4)), "phantom")
    return Anatomy(image, Volume(grid, labels, "label"), {0: "air", 1: "soft_tissue"}, {"tumour": target})


def sprayed(*spots: Spot, vent: str = "passive", **more: object) -> ib.Plan:
    return ib.Plan(spots=spots, vent=vent, **more)  # type: ignore[arg-type]


def scene_of(plan: ib.Plan, anatomy: Anatomy, spacing_mm: float = 2.0) -> Scene:
    return compose(plan, anatomy, conditions=Conditions(spacing_mm=spacing_mm))


def frozen_area_mm2(scene: Scene) -> float:
    """Area that the solver sees, in the smooth surface's own: faces of each spot's wall times its share of h."""
    total = 0.0
    for wall in scene.walls:
        if wall.name.startswith("spot"):
            mine = scene.labels == wall.label
            share = wall.steps[0].h / surface_applicators()[SPRAY].h.value
            for axis, spacing in enumerate(scene.grid.spacing_mm):
                here, there = [slice(None)] * 3, [slice(None)] * 3
                here[axis], there[axis] = slice(0, -1), slice(1, None)
                a, b = tuple(here), tuple(there)
                faces = np.count_nonzero(mine[a] & scene.solved[b]) + np.count_nonzero(scene.solved[a] & mine[b])
                total += share * faces * float(np.prod(scene.grid.spacing_mm)) / spacing
    return total


def test_a_spot_freezes_its_disc_and_no_more(flat: Anatomy) -> None:
    scene = scene_of(sprayed(Spot(SPRAY, (0, 0, 0), 20)), flat, 1.0)
    assert frozen_area_mm2(scene) == pytest.approx(math.pi * 10**2, rel=0.03)


@pytest.mark.parametrize("normal", [(0, -1, 0), (0, -1, 1), (1, -2, 0.5), (1, -1, 1)])
def test_the_area_of_a_spot_does_not_depend_on_how_the_surface_lies(normal: tuple[float, float, float]) -> None:
    scene = scene_of(sprayed(Spot(SPRAY, (0, 0, 0), 20)), tilted(normal), 1.5)
    # its rim is right to half a cell, which is 7.5 % of the radius; the stairs of the cells would add 41 to 73 %
    assert frozen_area_mm2(scene) == pytest.approx(math.pi * 10**2, rel=0.08)


def test_where_spots_overlap_the_surface_feels_both_and_the_air_between_them(flat: Anatomy) -> None:
    first = Spot(SPRAY, (0, 0, 0), 20, thaw_s=60, cycles=2)
    second = Spot(SPRAY, (14, 0, 0), 10, start_s=20, thaw_s=70, cycles=2)
    plan = sprayed(first, second)
    walls = {wall.name: wall for wall in scene_of(plan, flat).walls}
    assert set(walls) == {"air", "spot 1 (air)", "spot 2 (air)", "spot 1, 2 (air)"}
    both = walls["spot 1, 2 (air)"]
    assert [(s.start_s, s.end_s) for s in both.steps] == [(0, 20), (20, 30), (80, 100), (100, 110)]
    assert both.at(40) == walls["air"].at(40)
    assert both.at(5) == (850.0, -196.0)
    assert [spot_of(plan, both, step) for step in both.steps] == [first, second, first, second]
    assert spot_of(plan, walls["air"], both.steps[0]) is None
    assert plan.duration_s == 180
    assert plan.freeze_ends_s == (30, 110)


def test_a_spot_does_not_freeze_what_lies_across_a_gap() -> None:
    grid = Grid.box((-30, -30, -30), (30, 30, 30), 2.0)
    away = np.abs(grid.centres_mm()[..., 1])
    labels = np.where(away < 4, 0, 1).astype(np.uint8)
    image = Volume(grid, np.zeros(grid.shape, np.int16), "HU", Header(modality="CT"))
    target = Structure("tumour", Box((-4, 6, -4), (4, 10, 4)), "phantom")
    anatomy = Anatomy(image, Volume(grid, labels, "label"), {0: "gas", 1: "soft_tissue"}, {"tumour": target})
    scene = scene_of(sprayed(Spot(SPRAY, (0, 4, 0), 20)), anatomy)
    spot = next(w.label for w in scene.walls if w.name.startswith("spot 1 "))
    depth = scene.grid.to_mm(np.argwhere(scene.labels == spot))[:, 1]
    assert depth.min() > 0


def test_low_and_high_runs_take_the_ends_of_the_cards_range(flat: Anatomy) -> None:
    card = surface_applicators()[SPRAY].h
    plan = sprayed(Spot(SPRAY, (0, 0, 0), 20))
    for film, h in (("low", card.low), ("nominal", card.value), ("high", card.high)):
        scene = compose(plan, flat, conditions=Conditions(spacing_mm=2.0, film=film))  # type: ignore[arg-type]
        assert next(w for w in scene.walls if w.name.startswith("spot 1 ")).steps[0].h == pytest.approx(h)


@pytest.mark.parametrize(
    ("centre", "words"),
    [((0, 12, 0), "12.0 mm off, 12.0 mm anterior"), ((0, -7, 0), "7.0 mm posterior"), ((0, 300, 0), "no surface")],
)
def test_a_spot_off_the_surface_is_refused_with_the_way_to_it(
    flat: Anatomy, centre: tuple[float, float, float], words: str
) -> None:
    plan = sprayed(Spot(SPRAY, (0, 0, 0), 20), Spot(SPRAY, centre, 20, start_s=20))
    with pytest.raises(PlanError, match=words) as refusal:
        scene_of(plan, flat)
    assert refusal.value.where == "Plan.spots[1].centre_mm"
    assert [f.where for f in check_plan(plan, flat) if f.severity == "error"] == ["spot 2: centre_mm"]


def test_a_spot_within_a_voxel_of_the_surface_is_taken_to_it(flat: Anatomy) -> None:
    on, off = (scene_of(sprayed(Spot(SPRAY, (0, y, 0), 20)), flat) for y in (0.0, 2.5))
    assert frozen_area_mm2(on) == frozen_area_mm2(off)


REFUSED = [
    ("no vent", lambda: sprayed(Spot(SPRAY, (0, 0, 0), 20), vent=""), "Plan.vent"),
    ("an unknown vent", lambda: sprayed(Spot(SPRAY, (0, 0, 0), 20), vent="window"), "Plan.vent"),
    ("no dwell", lambda: Spot(SPRAY, (0, 0, 0), 0), "Spot.dwell_s"),
    ("a dwell that is no number", lambda: Spot(SPRAY, (0, 0, 0), math.nan), "Spot.dwell_s"),
    ("a negative thaw", lambda: Spot(SPRAY, (0, 0, 0), 20, thaw_s=-1), "Spot.thaw_s"),
    ("two freezes without a thaw", lambda: Spot(SPRAY, (0, 0, 0), 20, cycles=2), "Spot.thaw_s"),
    ("no cycle", lambda: Spot(SPRAY, (0, 0, 0), 20, cycles=0), "Spot.cycles"),
    ("a radius beyond the card", lambda: Spot(SPRAY, (0, 0, 0), 20, radius_mm=40), "Spot.radius_mm"),
    ("a place that is none", lambda: Spot(SPRAY, (0, math.inf, 0), 20), "Spot.centre_mm"),
    ("an unknown applicator", lambda: Spot("garden-hose", (0, 0, 0), 20), "applicator"),
    (
        "one spray at two places",
        lambda: sprayed(Spot(SPRAY, (0, 0, 0), 20), Spot(SPRAY, (40, 0, 0), 20, start_s=19)),
        "Plan.spots[1].start_s",
    ),
    (
        "two devices at one place",
        lambda: sprayed(Spot(SPRAY, (0, 0, 0), 20), Spot(DISC, (5, 0, 0), 20)),
        "Plan.spots[1].centre_mm",
    ),
    (
        "two of one name",
        lambda: sprayed(Spot(SPRAY, (0, 0, 0), 20, name="a"), Spot(SPRAY, (0, 0, 0), 20, start_s=20, name="a")),
        "Plan.spots[1].name",
    ),
    ("a first spot that is late", lambda: sprayed(Spot(SPRAY, (0, 0, 0), 20, start_s=1)), "Plan.spots: start_s"),
]


@pytest.mark.parametrize(("make", "where"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_what_cannot_be_is_refused_by_its_field(make: object, where: str) -> None:
    with pytest.raises(IceballError) as refusal:
        make()  # type: ignore[operator]
    assert refusal.value.where == where
    assert refusal.value.remedy or where in ("Spot.centre_mm", "Spot.cycles")


def test_a_disc_keeps_its_gas_and_needs_no_vent(flat: Anatomy) -> None:
    plan = sprayed(Spot(DISC, (0, 0, 0), 60), vent="")
    assert vented(plan) is None
    assert check_plan(plan, flat) == ()


def test_gas_is_liquid_times_694_and_every_output_says_the_vent(flat: Anatomy) -> None:
    plan = sprayed(Spot(SPRAY, (0, 0, 0), 20, thaw_s=60, cycles=3), Spot(DISC, (0, 0, 0), 10, start_s=30))
    gas = vented(plan)
    assert gas is not None
    assert gas.liquid_ml.value == pytest.approx(60 * 0.5)
    assert gas.gas_l.value == pytest.approx(60 * 0.5 * 694 / 1000)
    assert gas.gas_l.low < gas.gas_l.value < gas.gas_l.high
    assert any("Vent declared: passive" in said and "20.8 L" in said for said in caveats(plan, flat))
    assert [f.severity for f in check_plan(plan, flat)] == ["not checked"]


def test_needles_and_spots_go_into_one_scene(flat: Anatomy) -> None:
    needle = ib.Placement("generic-17g-short", tip_mm=(0, 35, 0), entry_mm=(0, -5, 0))
    plan = sprayed(Spot(SPRAY, (0, 0, 0), 20), probes=(needle,), protocol=ib.freeze(60))
    scene = scene_of(plan, flat, 4.0)
    assert len(scene.lines) == 1
    assert {w.name for w in scene.walls} == {"air", "spot 1 (air)"}
    assert plan.duration_s == 60


def test_an_unknown_spray_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ProbeError, match=DISC):
        Spot("garden-hose", (0, 0, 0), 20)


def test_painted_spots_leave_no_gap_and_follow_each_other(flat: Anatomy) -> None:
    spots = paint(flat, SPRAY, (0, 1, 0), within_mm=20)
    plan = sprayed(*spots)
    at = np.array([s.centre_mm for s in spots])
    angle, share = np.meshgrid(np.linspace(0, 2 * math.pi, 60), np.linspace(0, 1, 20))
    area = np.stack([20 * share * np.cos(angle), 0 * angle, 20 * share * np.sin(angle)], axis=-1).reshape(-1, 3)
    nearest = np.linalg.norm(area[:, None] - at, axis=-1).min(axis=1)
    assert nearest.max() <= 10 + 1e-6
    assert (at[:, 1] == 0).all()
    freezes = sorted(f for s in spots for f in s.freezes_s)
    assert all(b[0] >= a[1] for a, b in itertools.pairwise(freezes))
    assert all(b[0] - a[1] >= 60 for s in spots for a, b in itertools.pairwise(s.freezes_s))
    assert plan.duration_s == spots[-1].end_s


def test_without_an_area_six_by_six_centimetres_are_painted_as_in_the_trial() -> None:
    wide = phantom((90, 20, 90), 3.0, target=Box((-15, 0, -15), (15, 6, 15)), air_above_mm=6)
    spots = paint(wide, SPRAY, (0, 0, 0))
    at = np.array([s.centre_mm for s in spots])
    assert np.abs(at[:, [0, 2]]).max() < 30
    assert (spots[0].dwell_s, spots[0].cycles) == (20, 2)
    assert frozen_area_mm2(scene_of(sprayed(*spots), wide, 3.0)) > 60 * 60


def test_paint_follows_a_slope() -> None:
    slope = tilted((1, -1, 1))
    spots = paint(slope, SPRAY, (0, 0, 0), within_mm=12)
    assert np.abs([np.dot(s.centre_mm, (1, -1, 1)) / math.sqrt(3) for s in spots]).max() < 1.5
    scene_of(sprayed(*spots), slope)


def test_paint_stays_on_its_side_of_a_gap() -> None:
    """A dome under a rough ceiling, whose steps look every way and lie nearer to the dome's top than its foot."""
    cells = Grid.box((-30, -30, -30), (30, 30, 30), 1.5)
    x, y, z = np.moveaxis(cells.centres_mm(), -1, 0)
    ceiling = z > 8 + 2 * np.sin(x) * np.sin(y)
    labels = np.where((z < -(x**2 + y**2) / 30) | ceiling, 1, 0).astype(np.uint8)
    dome = replace(tilted((0, 0, 1)), labels=Volume(cells, labels, "label"))
    spots = paint(dome, SPRAY, (0, 0, 0), within_mm=20)
    assert len(spots) > 4
    assert max(s.centre_mm[2] for s in spots) < 3


@pytest.mark.parametrize(
    ("area", "where"),
    [
        ({"within_mm": 30.0, "radius_mm": 2.5}, "within_mm"),
        ({"within_mm": -1.0}, "within_mm"),
        ({"polygon_mm": [(0, 0, 0), (1, 0, 0)]}, "polygon_mm"),
        ({"within_mm": 10.0, "polygon_mm": [(0, 0, 0), (9, 0, 0), (0, 0, 9)]}, "polygon_mm"),
        ({"move_s": -1.0}, "move_s"),
    ],
)
def test_an_area_that_is_none_is_refused(flat: Anatomy, area: dict[str, object], where: str) -> None:
    with pytest.raises(PlanError) as refusal:
        paint(flat, SPRAY, (0, 0, 0), **area)  # type: ignore[arg-type]
    assert refusal.value.where == where
    with pytest.raises(PlanError, match="lies on no surface"):
        paint(flat, SPRAY, (0, 20, 0), within_mm=10)


def test_a_draw_changes_the_heat_transfer_of_spots_and_of_nothing_else(flat: Anatomy) -> None:
    plan = sprayed(Spot(SPRAY, (0, 0, 0), 20), Spot(DISC, (40, 0, 0), 20))
    scene, card = scene_of(plan, flat), surface_applicators()[SPRAY].h
    rows = sample(64, 0, 1, spots=True)
    found = []
    for row in rows:
        varied = varied_scene(scene, plan, drawn(row, 0, replace(Varied.nothing(), surface_h=1.0), spots=True))
        assert varied.materials == scene.materials
        assert [w for w in varied.walls if w.name == "air"] == [w for w in scene.walls if w.name == "air"]
        found.append(next(w for w in varied.walls if w.name.startswith("spot 1")).steps[0].h)
    assert np.percentile(found, [5, 50, 95]) == pytest.approx([card.low, card.value, card.high], rel=0.03)
    nothing = varied_scene(scene, plan, drawn(rows[0], 0, Varied.nothing(), spots=True))
    assert nothing.key() == scene.key()
