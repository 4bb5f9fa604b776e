import itertools
from dataclasses import replace

import numpy as np
import pytest

from iceball.errors import SceneError
from iceball.solve import Keep, Line, LineStep, Result, Scene, Simulation
from iceball.space import Grid
from tests.solve.scenes import FAT, KIDNEY, block, mixed, needle


@pytest.fixture(scope="module")
def history():
    return Simulation(mixed()).run()


def test_energy_is_balanced_with_needles_walls_blood_and_two_tissues(history):
    assert history.heat.residual < 1e-4
    assert history.heat.needles_j < 0 < history.heat.blood_j
    assert history.heat.walls_j < 0


def test_the_fast_loops_agree_with_the_referee():
    fast, referee = Simulation(mixed(40.0), method="euler").run(), Simulation(mixed(40.0), backend="reference").run()
    assert np.nanmax(np.abs(fast.final_c - referee.final_c)) < 1e-3
    assert np.nanmax(np.abs(fast.minimum_c - referee.minimum_c)) < 1e-3
    assert referee.heat.residual < 1e-12


def test_the_stabilised_method_agrees_with_small_explicit_steps(history):
    explicit = Simulation(mixed(), method="euler").run()
    assert np.nanmean(np.abs(history.minimum_c - explicit.minimum_c)) < 0.05
    assert abs((history.minimum_c <= 0).sum() - (explicit.minimum_c <= 0).sum()) <= 2
    assert history.stats["stages"] < explicit.stats["steps"] * 1.5


def test_the_answer_does_not_depend_on_the_number_of_threads():
    one, two = (Simulation(mixed(60.0), threads=n).run() for n in (1, 2))
    for name in ("final_c", "minimum_c", "first_frozen_s", "cooling_rate"):
        assert np.array_equal(getattr(one, name), getattr(two, name), equal_nan=True)
    assert one.heat == two.heat


def _turned(scene: Scene, axes: tuple[int, ...], flips: tuple[bool, ...]) -> Scene:
    """The scene with its axes permuted and mirrored; its grid is a cube about the origin."""
    labels = scene.labels.transpose(axes)[tuple(slice(None, None, -1 if f else 1) for f in flips)]
    sign = np.where(flips, -1.0, 1.0)
    lines = tuple(
        replace(
            n,
            start_mm=tuple(sign * np.array(n.start_mm)[list(axes)]),
            end_mm=tuple(sign * np.array(n.end_mm)[list(axes)]),
        )
        for n in scene.lines
    )
    return replace(scene, labels=np.ascontiguousarray(labels), lines=lines)


def test_the_answer_turns_with_the_scene_in_all_48_ways():
    grid = Grid.box((-12,) * 3, (12,) * 3, 2.0)
    labels = (grid.centres_mm() @ np.array([1.0, 0.6, 0.3]) > 3.0).astype(np.uint8)
    scene = Scene(
        grid, labels, (KIDNEY, FAT), 30.0, lines=(needle((-3.0, 0.4, -6.0), (1.0, 2.0, 6.5), 30.0),), initial_c=37.0
    )
    plain = Simulation(scene, threads=1).run().final_c
    for axes in itertools.permutations(range(3)):
        for flips in itertools.product((False, True), repeat=3):
            turned = Simulation(_turned(scene, axes, flips), threads=1).run().final_c
            expected = plain.transpose(axes)[tuple(slice(None, None, -1 if f else 1) for f in flips)]
            assert np.abs(turned - expected).max() < 0.05, (axes, flips)


def test_a_longer_freeze_never_leaves_a_cell_warmer():
    long = Simulation(block(240.0), keep=Keep(times_s=(120.0,))).run()
    assert (long.minimum_c <= long.kept[120.0] + 1e-3).all()
    assert (long.minimum_c <= 0).sum() > (long.kept[120.0] <= 0).sum()
    assert long.minimum_c.min() > -140.0
    assert long.minimum_c.max() <= 37.1


def test_ice_does_not_depend_on_how_the_needle_lies_in_the_grid():
    volumes = []
    for tilt, shift in ((0.0, 0.0), (0.0, 1.0), (np.pi / 6, 0.4), (np.pi / 4, 1.0)):
        half = 8.0 * np.array([np.sin(tilt), 0.0, np.cos(tilt)])
        scene = block(240.0)
        line = needle(tuple(shift - half), tuple(shift + half), 240.0)
        field = Simulation(replace(scene, lines=(line,))).run().final_c
        # sub-cell volume: each cell's share by a ramp over the gradient's reach
        fine = np.kron(field, np.ones((1, 1, 1)))
        volumes.append(float(np.clip(0.5 - fine / 16.0, 0, 1).sum()))
    assert np.ptp(volumes) / np.mean(volumes) < 0.02


def test_two_needles_in_one_cell_cool_like_one_with_twice_the_surface():
    scene = block(120.0)
    pair = Simulation(
        replace(scene, lines=(needle((0, 0, -10), (0, 0, 10), 120.0), needle((0.8, 0, -10), (0.8, 0, 10), 120.0)))
    ).run()
    single = Simulation(scene).run()
    assert 1.2 < (pair.final_c <= 0).sum() / (single.final_c <= 0).sum() < 2.5
    assert pair.minimum_c.min() > -141.0


def test_a_needle_that_is_off_changes_nothing():
    scene = block(60.0)
    idle = Line("idle", (0, 0, -10), (0, 0, 10), 0.75, (LineStep(0.0, 60.0, float("nan")),))
    without, off = Simulation(replace(scene, lines=())).run(), Simulation(replace(scene, lines=(idle,))).run()
    assert np.abs(without.final_c - off.final_c).max() < 1e-4
    assert (off.needle_watts["idle"] == 0).all()
    assert off.heat.needles_j == 0


def test_body_at_rest_stays_at_rest(history):
    scene = replace(mixed(), lines=())
    rest = Simulation(scene).run()
    assert np.nanmax(np.abs(rest.final_c - rest.minimum_c)) < 0.01
    assert rest.outer_drift_k < 0.01
    assert np.isnan(rest.final_c[scene.labels == 2]).all()


def test_history_keeps_what_it_says(history):
    assert history.result is Result.finished
    assert len(history.end_of_freeze_c) == 1
    assert history.sensor_times_s[-1] == 120.0
    assert len(history.needle_watts["needle"]) == len(history.sensor_times_s) == len(history.sensors_c["near"])
    ever = history.first_frozen_s == history.first_frozen_s
    assert (history.cycles_frozen[ever] >= 1).all()
    assert np.nanmax(history.time_below_s["-40"] - history.time_below_s["-20"]) <= 1e-3
    assert np.nanmax(history.time_below_s["-20"]) <= 120.0
    assert (history.minimum_c[np.isfinite(history.cooling_rate)] <= -8.0).all()
    assert history.made_by["backend"] == "cpu"


def test_a_cancelled_run_says_so():
    calls = iter(range(1000))
    stopped = Simulation(mixed(), cancelled=lambda: next(calls) > 5).run()
    assert stopped.result is Result.stopped_early
    assert stopped.end_of_freeze_c == ()


def test_a_needle_outside_the_grid_is_refused():
    with pytest.raises(SceneError, match="outside the grid"):
        Simulation(replace(block(10.0), lines=(needle((0, 0, 0), (0, 0, 30), 10.0),))).run()
    with pytest.raises(SceneError, match="no backend"):
        Simulation(block(10.0), backend="tpu")
