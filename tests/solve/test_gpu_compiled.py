"""Every kernel is compiled for an H200, without a GPU."""

import importlib.util
import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("numba_cuda") is None or importlib.util.find_spec("nvidia") is None,
    reason="the packages numba-cuda and nvidia-nvvm are not installed: pip install 'iceball[dev]'",
)


@pytest.fixture(scope="module")
def compiled():
    child = subprocess.run([sys.executable, "-m", "tests.solve.ptx"], capture_output=True, text=True, timeout=600)
    if child.returncode and child.stderr.startswith("no NVVM"):
        pytest.skip(child.stderr)
    assert child.returncode == 0, child.stderr
    return json.loads(child.stdout)


def test_every_kernel_compiles_to_ptx_and_only_steps_wait_for_the_whole_grid(compiled):
    assert set(compiled["kernels"]) == {"step", "hold", "follow", "gather", "fill", "temperatures"}
    for name, ptx in compiled["kernels"].items():
        assert ptx["lines"] > 50, name
        waits = ["cudaCGGetIntrinsicHandle", "cudaCGSynchronize"]
        assert ptx["outside"] == (waits if name == "step" else []), name


def test_what_is_done_for_each_cell_in_each_stage_is_single_precision(compiled):
    assert compiled["missing"] == []
    for name, ptx in compiled["cells"].items():
        assert ptx["float64"] == 0, name
    # the count does see float64 where there is some
    assert compiled["kernels"]["follow"]["float64"] > 0
