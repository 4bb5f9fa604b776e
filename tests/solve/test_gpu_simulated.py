"""The GPU's loops, run in numba-cuda's simulator on a few hundred cells, beside the CPU's."""

import importlib.util
import json
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("numba_cuda") is None,
    reason="the package numba-cuda is not installed: pip install 'iceball[gpu]'",
)
NEAR_K = 1e-3
"""Single precision tells 37 °C and -140 °C apart by 1e-5 K; some hundred operations a step add up to 3e-4 K."""


def simulated(*jobs):
    child = subprocess.run(
        [sys.executable, "-m", "tests.solve.cudasim", *jobs],
        capture_output=True,
        text=True,
        timeout=900,
        env=os.environ | {"NUMBA_ENABLE_CUDASIM": "1"},
    )
    assert child.returncode == 0, child.stderr
    return json.loads(child.stdout)


def must_agree(told):
    for name in ("final_c", "minimum_c", "end_of_freeze_c", "sensor_c", "drift_k"):
        assert told[name] < NEAR_K, name
    assert told["first_frozen_s"] < 1e-3
    assert told["time_below_s"] < 1e-3
    assert told["watts"] < 1e-4
    assert told["heat_share"] < 1e-5
    assert told["residual"] < 1e-4
    assert told["cycles"] == told["notes"] == 0
    assert told["frozen_shut"] == 1


@pytest.fixture(scope="module")
def in_one_process():
    """What takes a second or two each; starting the simulator takes as long."""
    return simulated("agree", "proof", "room")


def test_a_whole_run_agrees_with_the_cpu_step_by_step(in_one_process):
    told = in_one_process["agree"]
    assert told["held_cpu"] > 0
    assert 0.1 < told["cold_share"] < 0.9
    must_agree(told)
    assert told["euler_final_c"] < NEAR_K
    assert told["held_gpu"] == told["held_cpu"]
    assert told["steps"] == told["stages"] == told["rejected"] == 0
    assert told["device"] is True


def test_a_run_goes_on_from_a_checkpoint_to_the_same_bits_and_stops_where_the_cpu_stops():
    told = simulated("resume")["resume"]
    assert told["frozen_late"] > 5
    assert told["frozen_through"] > 5
    must_agree(told)
    assert told["cooling_rate"] < 0.1  # K/min, of some 1000
    assert told["taken_back"] > 0
    assert told["taken"] >= 2
    assert told["same_bits"] == told["same_kept"] == 1
    assert 0.1 < told["stopped_s"] < 0.7
    assert told["stopped_apart_s"] < 1e-3
    assert told["stopped_cold"] == 1


def test_one_thing_wrong_on_the_gpu_is_seen():
    told = simulated("faults")["faults"]
    assert told.pop("nothing") < NEAR_K
    assert len(told) == 5
    for fault, off_k in told.items():
        assert off_k > 30 * NEAR_K, fault


def test_the_proof_on_a_gpu_compares_step_by_step(in_one_process):
    told = in_one_process["proof"]
    assert told["steps"] >= 3
    assert told["more_steps_on_gpu"] == 0
    assert told["same_steps_k"] < NEAR_K
    assert told["copied"] > 0


def test_a_scene_that_the_device_cannot_hold_is_refused(in_one_process):
    told = in_one_process["room"]
    assert told["kind"] == "SceneError"
    assert told["where"] == "Scene.grid"
    assert "on the GPU" in told["what"]
    assert "wider cells" in told["remedy"]
