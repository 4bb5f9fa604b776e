"""What only a GPU can show: P1 on it beside the CPU, in the same steps and in its own."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BENCHMARKS = ROOT / "benchmarks"


def _has_gpu() -> bool:
    if importlib.util.find_spec("numba_cuda") is None or os.environ.get("NUMBA_ENABLE_CUDASIM", "0") != "0":
        return False
    from numba import cuda

    return cuda.is_available()


HAS_GPU = _has_gpu()


@pytest.fixture
def proof(monkeypatch):
    """The script of `make proof-gpu`, as a module."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    spec = importlib.util.spec_from_file_location("proof_gpu", BENCHMARKS / "gpu.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(not HAS_GPU, reason="this machine has no NVIDIA GPU")
def test_the_gpu_finds_what_the_cpu_finds_in_the_same_steps_and_in_its_own(proof):
    scene = proof.p1(2.0)
    assert proof.same_steps(scene)["same_steps_k"] <= proof.BARS["same_steps_k"]
    assert proof.free_running(scene)["volumes_percent"] <= proof.BARS["volumes_percent"]


@pytest.mark.skipif(HAS_GPU, reason="this machine has an NVIDIA GPU")
def test_without_a_gpu_the_proof_says_so_and_fails():
    child = subprocess.run([sys.executable, BENCHMARKS / "gpu.py"], capture_output=True, text=True, timeout=300)
    assert child.returncode == 1
    assert child.stderr.startswith("Nothing was measured: Simulation.backend='gpu': ")
    assert child.stdout == ""
