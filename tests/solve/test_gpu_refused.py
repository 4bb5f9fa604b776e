"""A run on a GPU is never one on the CPU: without a GPU it is refused."""

import importlib.util

import pytest

from iceball.errors import SceneError, SolverError
from iceball.solve import Simulation
from tests.solve.scenes import block


def _has_gpu() -> bool:
    if importlib.util.find_spec("numba_cuda") is None:
        return False
    from numba import cuda

    return cuda.is_available()


@pytest.mark.skipif(_has_gpu(), reason="this machine has an NVIDIA GPU")
def test_without_a_gpu_the_run_is_refused_and_says_what_to_install():
    with pytest.raises(SolverError) as refused:
        Simulation(block(10.0), backend="gpu")
    assert refused.value.where == "Simulation.backend='gpu'"
    assert "pip install 'iceball[gpu]'" in refused.value.remedy
    assert "backend='cpu'" in refused.value.remedy
    there = importlib.util.find_spec("numba_cuda") is not None
    assert ("no NVIDIA GPU" if there else "numba-cuda is not installed") in refused.value.what


def test_without_the_package_the_run_is_refused(monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "numba_cuda" else real(name))
    with pytest.raises(SolverError, match="numba-cuda is not installed"):
        Simulation(block(10.0), backend="gpu")


def test_the_automatic_choice_is_the_cpu_and_is_said():
    history = Simulation(block(1.0), backend="auto").run()
    assert history.made_by["backend"] == "cpu"
    assert "device" not in history.made_by


def test_the_referee_s_method_is_the_only_one_that_is_refused():
    with pytest.raises(SceneError, match="has no method 'implicit'"):
        Simulation(block(10.0), backend="gpu", method="implicit")  # type: ignore[arg-type]
