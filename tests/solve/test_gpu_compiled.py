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


def test_every_kernel_compiles_to_ptx_and_cells_are_single_precision():
    child = subprocess.run([sys.executable, "-m", "tests.solve.ptx"], capture_output=True, text=True, timeout=600)
    if child.returncode and child.stderr.startswith("no NVVM"):
        pytest.skip(child.stderr)
    assert child.returncode == 0, child.stderr
    told = json.loads(child.stdout)
    assert set(told["kernels"]) == {"step", "hold", "follow", "gather", "fill", "temperatures"}
    for name, ptx in told["kernels"].items():
        assert ptx["lines"] > 50, name
        # only a step waits for the whole grid
        waits = ["cudaCGGetIntrinsicHandle", "cudaCGSynchronize"]
        assert ptx["outside"] == (waits if name == "step" else []), name
    # what is done for each cell in each stage
    assert told["missing"] == []
    for name, ptx in told["cells"].items():
        assert ptx["float64"] == 0, name
    # the count does see float64 where there is some
    assert told["kernels"]["follow"]["float64"] > 0
