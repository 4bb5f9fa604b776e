"""A uniform block: bench work without a patient."""

import numpy as np
import pytest

import iceball as ib
from iceball.errors import PlanError, TissueError
from iceball.plan.compose import Conditions, compose
from iceball.plan.constants import constants_of
from iceball.plan.fit.bench import bench_plan
from iceball.plan.ways.geometry import check_plan
from iceball.tissue.bench import Bench

CONDITIONS = Conditions(spacing_mm=3.0)


def scene_of(**changes: object) -> ib.Scene:
    given = {"medium": "gel", "size_mm": 80.0, **changes}
    block = ib.uniform_block(**given)  # type: ignore[arg-type]
    return compose(bench_plan(block), block, conditions=CONDITIONS)


def test_a_block_is_solved_whole_with_the_bath_at_its_faces() -> None:
    scene = scene_of(size_mm=80.0, start_c=20.0, bath_c=30.0)
    corners = scene.grid.corners_mm
    assert np.allclose(corners.min(axis=0), -40)
    assert np.allclose(corners.max(axis=0), 40)
    assert scene.outer_c == (30.0,) * 6
    assert scene.initial_c == 20.0
    assert set(np.unique(scene.labels)) == {1}
    assert scene.materials[1].name == "gel"  # type: ignore[union-attr]


@pytest.mark.parametrize("change", [{"start_c": 20.0}, {"bath_c": 20.0}, {"medium": "liver"}, {"size_mm": 90.0}])
def test_medium_size_start_and_bath_each_change_the_run_key(change: dict[str, object]) -> None:
    assert scene_of(**change).key() != scene_of().key()


def test_the_start_is_the_baths_and_the_bath_a_bodys_where_nothing_is_said() -> None:
    assert ib.uniform_block("gel", 80).bench == Bench("gel", 80, 37, 37)
    assert ib.uniform_block("gel", 80, bath_c=6).bench == Bench("gel", 80, 6, 6)


def test_blood_warms_a_perfused_block_to_a_bodys_temperature_and_can_be_left_out() -> None:
    warm, dead = (scene_of(medium="liver", bath_c=20.0, blood=blood) for blood in (True, False))
    assert warm.body_c == 37.0
    assert warm.materials[1].perfusion > 0
    assert dead.body_c == 20.0
    assert dead.materials[1].perfusion == dead.materials[1].metabolism == 0


def test_a_block_at_the_baths_temperature_stays_as_it_is_far_from_the_needle() -> None:
    block = ib.uniform_block("gel", 80, bath_c=20.0)
    history = ib.simulate(bench_plan(block, protocol=ib.freeze(60)), block, spacing_mm=4.0, doubt=False)
    assert history.final_c[0].min() == pytest.approx(20.0, abs=1e-3)
    assert history.final_c.min() < 0


def test_a_block_warms_towards_its_bath() -> None:
    block = ib.uniform_block("gel", 40, start_c=10.0, bath_c=40.0)
    plan = bench_plan(block, probe_name="generic-17g-short", protocol=ib.freeze(1).thaw(300))
    history = ib.simulate(plan, block, spacing_mm=4.0, doubt=False)
    assert history.final_c[0].mean() > 25
    assert history.outer_drift_k > 0.5
    assert not any("box was enlarged" in note for note in history.notes)
    assert 10 - 1e-3 < history.final_c[5, 1, 1] < 40


def test_the_needle_lies_in_the_middle_and_nothing_is_found_wrong_or_at_risk() -> None:
    block = ib.uniform_block("lung_aerated", 100)
    plan = bench_plan(block)
    ends = np.array(plan.probes[0].active_zone_mm)
    assert np.allclose(ends.mean(axis=0), 0)
    assert check_plan(plan, block) == ()
    assert block.absent == ()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"medium": "cheese"}, "tissue"),
        ({"size_mm": 39.0}, "size_mm"),
        ({"size_mm": 301.0}, "size_mm"),
        ({"size_mm": float("nan")}, "size_mm"),
        ({"start_c": -11.0}, "start_c"),
        ({"bath_c": 61.0}, "bath_c"),
        ({"bath_c": 310.0}, "bath_c"),
        ({"bath_c": float("nan")}, "bath_c"),
        ({"start_c": -0.1}, "start_c"),
        ({"medium": "kidney", "bath_c": -0.5}, "bath_c"),
        ({"target": ib.Sphere((0, 0, 39), 10)}, "target"),
    ],
)
def test_an_impossible_block_is_refused_by_the_field(change: dict[str, object], field: str) -> None:
    with pytest.raises(TissueError) as refused:
        scene_of(**change)
    assert field in refused.value.where
    assert refused.value.remedy


def test_a_needle_that_does_not_fit_is_refused_with_the_sizes_that_do() -> None:
    for size in (45, 300):
        block = ib.uniform_block("gel", size)
        kind = "generic-17g-long"
        if size == 45:
            with pytest.raises(PlanError, match=r"does not fit.*Give a block of 53 to 307 mm"):
                bench_plan(block, probe_name=kind)
        else:
            assert bench_plan(block, probe_name=kind).probes[0].depth_mm == pytest.approx(171.5)


def test_a_patients_plan_is_not_made_as_a_blocks() -> None:
    from tests.plan.test_compose import block

    with pytest.raises(PlanError, match="starter_plan"):
        bench_plan(block())


def test_the_constants_of_a_block_are_its_medium_needle_and_limits() -> None:
    block = ib.uniform_block("gel", 80)
    names = {c.name for c in constants_of(bench_plan(block), block)}
    assert {"tissue.gel.latent_heat", "bench.target_mm", "probe.generic-17g-long.h"} <= names
    assert not any(n.startswith(("ct.", "default.", "starter.")) for n in names)
