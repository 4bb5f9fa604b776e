"""The starter plan on bodies with known obstacles, and on real ones."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from iceball.errors import SegmentationError
from iceball.plan import Plan, Setting, freeze
from iceball.plan.rules import rule
from iceball.plan.search.array import needle_row
from iceball.plan.search.starter import starter_plan
from iceball.plan.varied import OF_CARDS
from iceball.plan.ways.access import Access
from iceball.space import Grid, Header, Volume
from iceball.space.shapes import Polyline, Sphere
from iceball.tissue import Anatomy, Structure
from tests.plan.phantoms import BONE, GAS, LUNG, Body
from tests.shared_data import shared

CLOCK = freeze(600).thaw(480).freeze(600)
RADIUS = 0.75


def nearest_forbidden_mm(plan: Plan, forbidden: np.ndarray, grid: Grid) -> float:
    """From any shaft to the nearest forbidden voxel, taken as the box that it is."""
    centres, half = grid.to_mm(np.argwhere(forbidden)), np.array(grid.spacing_mm) / 2
    smallest = math.inf
    ends = np.array([end for p in plan.probes for end in (p.tip_mm, p.entry_mm)])
    near = np.all((centres > ends.min(axis=0) - 15) & (centres < ends.max(axis=0) + 15), axis=1)
    centres = centres[near]
    if not len(centres):
        return smallest
    for needle in plan.probes:
        for share in np.linspace(0, 1, 300):
            point = np.array(needle.entry_mm) + share * (np.array(needle.tip_mm) - np.array(needle.entry_mm))
            gap = np.maximum(np.abs(centres - point) - half, 0)
            smallest = min(smallest, float(np.linalg.norm(gap, axis=1).min()))
    return smallest


def spacings(plan: Plan) -> list[float]:
    tips = [np.array(p.tip_mm) for p in plan.probes]
    axis = np.array(plan.probes[0].direction)
    flat = [t - (t @ axis) * axis for t in tips]
    return [min(float(np.linalg.norm(a - b)) for j, b in enumerate(flat) if j != i) for i, a in enumerate(flat)]


def test_a_28_mm_sphere_gets_three_parallel_needles_10_to_20_mm_apart() -> None:
    plan = starter_plan(Body().target((60, 30, 0), 28).anatomy(), protocol=CLOCK)
    assert len(plan.probes) == 3
    assert all(10 <= s <= 20 for s in spacings(plan))
    directions = np.array([p.direction for p in plan.probes])
    assert np.abs(directions - directions[0]).max() < 1e-2
    assert plan.review == "starter"
    assert "3 parallel needles" in plan.reason
    assert "1-2 rule (assumed)" in plan.reason


def test_the_active_zones_lie_under_the_skin_and_reach_past_the_target() -> None:
    body = Body().target((60, 30, 0), 28)
    plan = starter_plan(body.anatomy(), protocol=CLOCK)
    for needle in plan.probes:
        deep, shallow = (np.array(end) for end in needle.active_zone_mm)
        assert math.dist(shallow, needle.entry_mm) >= float(rule("path", "skin_cover_mm")) - 0.1
        middle = (deep + shallow) / 2 - np.array((60, 30, 0))
        assert abs(float(middle @ np.array(needle.direction))) < 3, "centred on the target's chord"
        x, y, _ = needle.entry_mm
        assert abs(math.hypot(x / 160, y / 110) - 1) * 110 < 5, "the entry lies on the ellipse of the skin"


def test_the_way_is_near_the_shortest_where_nothing_is_in_it() -> None:
    plan = starter_plan(Body(half_mm=(120, 120)).target((0, 60, 0), 28).anatomy(), protocol=CLOCK)
    assert plan.probes[0].direction[1] < -0.9
    # 60 mm from skin to centre, half of the 39 mm zone and the 2 mm point beyond it.
    assert np.mean([p.depth_mm for p in plan.probes]) == pytest.approx(60 + 39 / 2 + 2, abs=4)
    assert "posterior" in plan.reason


def test_a_bone_plate_over_the_shortest_way_is_gone_around() -> None:
    body = Body(half_mm=(120, 120)).target((0, 60, 0), 20)
    plate = (np.abs(body.at[..., 0]) < 40) & (np.abs(body.at[..., 1] - 95) < 5) & (np.abs(body.at[..., 2]) < 40)
    body.plant(plate, BONE)
    plan = starter_plan(body.anatomy(), protocol=CLOCK)
    assert plan.probes
    assert nearest_forbidden_mm(plan, plate, body.grid) >= RADIUS


def test_a_drawn_bowel_loop_and_a_nerve_thinner_than_a_voxel_are_gone_around() -> None:
    body = Body(half_mm=(120, 120)).target((0, 60, 0), 20)
    loop = body.ball((0, 92, 0), 24)
    nerve = np.array([(30.0, 90.0, -70.0), (30.0, 90.0, 70.0)])
    body.draw("colon", loop).draw("femoral_nerve", Polyline(nerve))
    plan = starter_plan(body.anatomy(), protocol=CLOCK)
    assert plan.probes
    assert nearest_forbidden_mm(plan, loop, body.grid) >= RADIUS
    for needle in plan.probes:
        shaft = np.linspace(needle.entry_mm, needle.tip_mm, 400)
        assert np.hypot(shaft[:, 0] - 30, shaft[:, 1] - 90).min() >= 3 + RADIUS


def test_a_target_behind_bone_on_all_sides_gets_no_needle_and_the_reason() -> None:
    body = Body(half_mm=(120, 120)).target((0, 0, 0), 24)
    far = np.linalg.norm(body.at, axis=-1)
    body.plant((far > 30) & (far < 42), BONE)
    plan = starter_plan(body.anatomy(), protocol=CLOCK)
    assert plan.probes == ()
    # The phantom is open at both ends, where the image stops before any skin.
    assert plan.reason.count(" on ") == 2
    assert "bone on " in plan.reason
    assert "the image ends before the skin on " in plan.reason
    assert plan.review == "starter"


@pytest.mark.parametrize(("organ", "open_way"), [("liver", True), ("kidney", False)])
def test_only_the_targets_own_organ_may_be_crossed(organ: str, open_way: bool) -> None:
    body = Body(half_mm=(120, 120)).target((0, 0, 0), 24)
    shell = np.linalg.norm(body.at, axis=-1)
    body.draw("liver", (shell > 10) & (shell < 60))
    plan = starter_plan(body.anatomy(organ), protocol=CLOCK)
    assert bool(plan.probes) is open_way
    assert "liver" in plan.reason


def test_the_other_kidney_is_no_way_to_this_one() -> None:
    body = Body().target((60, 30, 0), 24)
    body.draw("kidney_left", body.ball((60, 30, 0), 60)).draw("kidney_right", body.ball((-60, 30, 0), 60))
    assert Access.of(body.anatomy("kidney")).names == ("kidney_right",)


def test_muscle_may_be_crossed() -> None:
    body = Body(half_mm=(120, 120)).target((0, 0, 0), 24)
    far = np.linalg.norm(body.at, axis=-1)
    body.draw("iliopsoas_left", (far > 30) & (far < 42))
    assert starter_plan(body.anatomy(), protocol=CLOCK).probes


@pytest.mark.parametrize(("organ", "open_way"), [("pleura", True), ("kidney", False)])
def test_lung_may_be_crossed_only_on_the_way_to_lung_or_pleura(organ: str, open_way: bool) -> None:
    body = Body(half_mm=(120, 120)).target((0, 0, 0), 24)
    far = np.linalg.norm(body.at, axis=-1)
    body.plant((far > 30) & (far < 60), LUNG)
    assert bool(starter_plan(body.anatomy(organ), protocol=CLOCK).probes) is open_way


def test_gas_inside_the_body_is_an_obstacle() -> None:
    body = Body(half_mm=(120, 120)).target((0, 60, 0), 20)
    pocket = body.plant(body.ball((0, 95, 0), 24), GAS).ball((0, 95, 0), 24)
    plan = starter_plan(body.anatomy(), protocol=CLOCK)
    assert nearest_forbidden_mm(plan, pocket, body.grid) >= RADIUS


def test_a_way_that_leaves_the_image_before_the_skin_is_no_way() -> None:
    body = Body(half_mm=(400, 90)).target((0, 0, 0), 20)
    narrow = Grid.box((-60, -60, -40), (60, 60, 40), 4)
    labels = Volume(narrow, np.ones(narrow.shape, np.uint8), "label")
    image = Volume(narrow, np.zeros(narrow.shape, np.int16))
    cropped = Anatomy(image, labels, {1: "fat"}, body.structures, organ="kidney")
    plan = starter_plan(cropped, protocol=CLOCK)
    assert plan.probes == ()
    assert "no air around the body" in plan.reason
    # With air at one side only, every needle must come from there.
    values = np.ones(narrow.shape, np.uint8)
    values[:, -3:, :] = 0
    half = Anatomy(image, Volume(narrow, values, "label"), {0: "air", 1: "fat"}, body.structures, organ="kidney")
    plan = starter_plan(half, protocol=CLOCK)
    assert plan.probes
    assert all(abs(p.entry_mm[1] - 48) < 4 for p in plan.probes)


def test_no_handle_stands_in_the_other_leg() -> None:
    body = Body(half_mm=(150, 70), spacing_mm=5)
    gap = np.abs(body.at[..., 0]) < 10
    body.labels[gap] = 0
    body.target((30, 0, 0), 20)
    plan = starter_plan(body.anatomy("soft_tissue"), protocol=CLOCK)
    assert plan.probes
    solid = body.labels != 0
    for needle in plan.probes:
        behind = np.array(needle.entry_mm) - np.linspace(10, 140, 100)[:, None] * np.array(needle.direction)
        index = np.rint(body.grid.to_index(behind[body.grid.contains(behind)])).astype(int)
        assert not solid[tuple(index.T)].any()


def test_no_shaft_comes_near_an_obstacle_in_random_bodies() -> None:
    rng = np.random.default_rng(20261121)
    opened = 0
    for _ in range(8):
        body = Body(half_mm=(110, 90), spacing_mm=5)
        body.target(tuple(rng.uniform(-30, 30, 3)), float(rng.uniform(12, 34)))  # type: ignore[arg-type]
        keep = body.labels == 4
        forbidden = np.zeros(body.grid.shape, bool)
        for k in range(rng.integers(6, 40)):
            ball = body.ball(tuple(rng.uniform(-85, 85, 3)), float(rng.uniform(8, 40))) & ~keep & (body.labels != 0)
            forbidden |= ball
            body.plant(ball, BONE) if k % 2 else body.draw(f"colon_{k}", ball) if ball.any() else None
        plan = starter_plan(body.anatomy(), protocol=CLOCK)
        assert plan.reason
        if plan.probes:
            opened += 1
            assert nearest_forbidden_mm(plan, forbidden, body.grid) >= RADIUS
    assert opened >= 2, "the bodies must not all be closed, or nothing was tested"


@pytest.mark.parametrize("diameter", [8, 14, 22, 30, 40, 55, 70])
def test_the_rule_holds_for_round_targets_of_any_size(diameter: float) -> None:
    grid = Grid.box((-40,) * 3, (40,) * 3, 1.5)
    points = grid.to_mm(np.argwhere(Sphere((0, 0, 0), diameter).occupancy(grid) >= 0.5))
    row = needle_row(points[:, :2], points[:, 2], 1.5)
    assert row.width_mm == pytest.approx(diameter, abs=3)
    assert len(row.at_mm) <= 12
    if len(row.at_mm) > 1:
        assert row.spacing_mm.min() >= 10 - 1.5
        assert row.spacing_mm.max() <= 20
    if diameter >= 22 and not row.capped:
        assert len(row.at_mm) >= math.ceil(row.width_mm / 10)
    assert row.hole_mm <= 20 / math.sqrt(2) + 1.5 or row.capped


def test_a_target_longer_than_the_cold_zone_is_said_to_be() -> None:
    plan = starter_plan(Body(half_mm=(120, 120)).target((0, 0, 0), 60).anatomy("soft_tissue"), protocol=CLOCK)
    assert "longer than the 39 mm cold zone" in plan.reason


def test_without_a_protocol_no_needle_is_placed_and_the_reason_asks_for_one() -> None:
    plan = starter_plan(Body().target((60, 30, 0), 28).anatomy("lung"))
    assert plan.probes == ()
    assert "no default protocol" in plan.reason


def test_an_entry_from_below_the_table_is_avoided_or_told() -> None:
    anatomy = Body(half_mm=(120, 120)).target((0, 60, 0), 20).anatomy(position="HFS")
    assert "table side of this image (HFS)" in starter_plan(anatomy, protocol=CLOCK).reason
    planned = starter_plan(anatomy, protocol=CLOCK, setting=Setting(procedure_position="HFP"))
    assert "table side" not in planned.reason


def test_an_anatomy_without_a_target_is_refused() -> None:
    with pytest.raises(SegmentationError, match="no target"):
        starter_plan(Body().anatomy(), protocol=CLOCK)


def test_every_number_of_the_starter_is_used_and_sourced() -> None:
    from importlib.resources import files

    folder = files("iceball").joinpath("plan")
    parts = ("search", "ways")
    code = "".join(f.read_text(encoding="utf-8") for part in parts for f in Path(str(folder / part)).glob("*.py"))
    of_each_input = {f"starter.cold.{name}_mm" for name in OF_CARDS}  # one a number that a spread draws
    for constant in rule.constants():
        assert constant.name in of_each_input or f'"{constant.name.split(".")[-1]}"' in code, constant.name
        assert constant.number.source.citation


def _nifti(path: str, quantity: str, kind: type) -> Volume:
    import nibabel

    file = nibabel.load(shared("totalseg_abdomen_ct", path))
    data = np.asarray(file.dataobj).astype(kind)
    return Volume(Grid.of(data.shape, np.diag([-1, -1, 1, 1]) @ file.affine), data, quantity, Header(modality="CT"))


def _abdomen(organ: str, sphere: Sphere) -> tuple[Anatomy, np.ndarray, Grid]:
    """The real CT with its labels, and the voxels of its bones, bowel, vessels and other organs."""
    from iceball.tissue.segment import build_anatomy

    ct = _nifti("example_ct.nii.gz", "HU", np.int16)
    organs = _nifti("example_seg_fast_force_split.nii.gz", "label", np.uint8)
    with shared("totalseg_abdomen_ct", "LABELS.csv").open() as lines:
        names = {int(row[0]): row[1] for row in csv.reader(lines) if row[0].isdigit()}
    mine = {"kidney": "kidney_left", "liver": "liver"}[organ]
    may = [v for v, n in names.items() if n == mine or n.startswith(("iliopsoas", "autochthon", "gluteus"))]
    target = Structure("lesion", sphere, "synthetic")
    anatomy = build_anatomy(ct, organ=organ, organ_labels=organs, label_names=names, target=target)
    return anatomy, (organs.data > 0) & ~np.isin(organs.data, may), organs.grid


@pytest.mark.parametrize(
    ("organ", "sphere", "words"),
    [
        ("kidney", Sphere((79, -122, 322), 28), "posterolateral left"),
        ("liver", Sphere((-125, -146, 406), 30), "right"),
    ],
)
def test_a_real_abdomen_has_a_way_that_crosses_no_labelled_organ(organ: str, sphere: Sphere, words: str) -> None:
    anatomy, forbidden, grid = _abdomen(organ, sphere)
    plan = starter_plan(anatomy, protocol=CLOCK)
    assert len(plan.probes) == 3
    assert words in plan.reason
    assert nearest_forbidden_mm(plan, forbidden, grid) >= RADIUS
