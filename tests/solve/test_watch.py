"""A run that must spare a region ends when the region is reached, and says so."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from iceball.errors import SceneError
from iceball.solve import Keep, Result, Simulation
from iceball.solve.watch import StopWhen, reaches
from tests.solve.scenes import block


def _scene(first_mm=6.0):
    scene = block(300.0, half_mm=16.0)
    bowel = scene.grid.centres_mm()[..., 0] >= first_mm
    return replace(scene, regions={"bowel": bowel}, initial_c=37.0)


def _watched(**more):
    return Simulation(_scene(), watch=[StopWhen(reaches("bowel", 0.0))], threads=1, **more)


@pytest.fixture(scope="module")
def stopped():
    return _watched().run()


def test_the_run_ends_where_the_region_reaches_the_temperature(stopped):
    bowel = stopped.scene.regions["bowel"]
    assert stopped.result.name == "stopped_to_spare"
    assert stopped.final_c[bowel].min() == pytest.approx(0.0, abs=0.05)
    assert stopped.minimum_c[bowel].min() == pytest.approx(0.0, abs=0.05)
    assert 30.0 < stopped.sensor_times_s[-1] < 290.0
    assert stopped.heat.residual < 1e-4


def test_the_sentence_names_region_temperature_and_time(stopped):
    end = stopped.sensor_times_s[-1]
    assert stopped.result.value == f"Stopped: bowel reached 0 °C at {end:.1f} s."
    assert stopped.result.value in str(stopped)
    assert stopped.result.value in stopped.notes


def test_steps_eight_times_smaller_stop_within_a_second(stopped):
    shares = [0.0]
    _watched(progress=lambda share, _: shares.append(share)).run()
    times = np.unique(shares) * 300.0
    times = np.append(times, times[-1] + np.diff(times)[-2:].max())
    finer = tuple(np.concatenate([np.linspace(a, b, 9)[1:] for a, b in itertools.pairwise(times)]))
    fine = _watched(keep=Keep(times_s=finer)).run()
    assert fine.stats["steps"] > 6 * stopped.stats["steps"]
    assert abs(fine.sensor_times_s[-1] - stopped.sensor_times_s[-1]) <= 1.0


def test_the_first_of_several_events_ends_the_run(stopped):
    scene = _scene()
    scene = replace(scene, regions={**scene.regions, "duct": scene.grid.centres_mm()[..., 0] >= 4.0})
    both = [StopWhen(reaches("bowel", 0.0)), StopWhen(reaches("duct", 5.0))]
    history = Simulation(scene, watch=both, threads=1).run()
    assert history.result.region == "duct"
    assert history.sensor_times_s[-1] < stopped.sensor_times_s[-1]


def test_a_region_that_is_never_reached_changes_nothing():
    scene = _scene(14.0)
    watched = Simulation(scene, watch=[StopWhen(reaches("bowel", -30.0))], threads=1).run()
    free = Simulation(replace(scene, regions={}), threads=1).run()
    assert watched.result is Result.finished
    assert watched.final_c.tobytes() == free.final_c.tobytes()


def test_what_cannot_be_watched_is_refused():
    with pytest.raises(SceneError, match=r"no such region\. Known regions: bowel"):
        Simulation(_scene(), watch=[StopWhen(reaches("colon", 0.0))]).run()
    with pytest.raises(SceneError, match="from the start"):
        Simulation(_scene(), watch=[StopWhen(reaches("bowel", 40.0))]).run()
    empty = replace(_scene(), regions={"bowel": np.zeros(_scene().grid.shape, bool)})
    with pytest.raises(SceneError, match="holds no tissue"):
        Simulation(empty, watch=[StopWhen(reaches("bowel", 0.0))]).run()
    with pytest.raises(SceneError, match="bool array"):
        replace(_scene(), regions={"bowel": np.zeros((2, 2, 2), bool)})
    with pytest.raises(SceneError, match="not a temperature"):
        reaches("bowel", float("nan"))


def test_only_watched_regions_belong_to_the_key():
    scene = _scene()
    bare, other = replace(scene, regions={}), _scene(10.0)
    assert scene.key() == bare.key() == other.key()
    assert scene.key(watched=["bowel"]) != scene.key()
    assert scene.key(watched=["bowel"]) != other.key(watched=["bowel"])
