"""The benchmarks solve one problem, count its steps, and say what is missing."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_refusals import shell

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / "benchmarks" / "peers"


def whole(peer: str, spacing_mm: float) -> dict[str, Any]:
    command = [sys.executable, str(PEERS / peer), str(spacing_mm), "--whole"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def bench(*words: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "iceball.cli", "bench", *words, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True, cwd=ROOT)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize(
    ("peer", "module", "within"),
    [
        ("numpy_explicit.py", "numpy", 0.002),
        ("jax_explicit.py", "jax", 0.002),
        ("jax_tuned.py", "jax", 0.002),
        ("fipy_implicit.py", "fipy", 0.05),
    ],
)
def test_a_peer_finds_the_ice_that_naive_numba_finds(peer: str, module: str, within: float) -> None:
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed")
    for found, expected in zip(whole(peer, 8.0)["volumes_ml"], whole("naive_numba.py", 8.0)["volumes_ml"], strict=True):
        assert found == pytest.approx(expected, rel=within)


def test_explicit_steps_are_counted_not_guessed() -> None:
    source = (ROOT / "benchmarks" / "whole_p1.py").read_text(encoding="utf-8")
    at_1_mm = int(source.split("EXPLICIT_STEPS_1_MM = ")[1].split("\n")[0].replace("_", ""))
    assert whole("naive_numba.py", 4.0)["steps"] == pytest.approx(at_1_mm / 4**2, rel=0.1)


def test_p1_prints_what_was_promised() -> None:
    found = bench("p1", "--spacing-mm", "8", "--threads", "1", "--rounds", "2", "--peers", "naive-numba,fipy")
    promised = {"seconds", "spacing_mm", "stages", "cell_stages", "volume_error_percent", "peak_mb", "peers"}
    assert promised <= set(found)
    assert list(found["volume_error_percent"]) == ["0", "-20", "-40"]
    assert set(found["peers"]) == {"naive-numba", "fipy"}
    assert all({"seconds", "ratio", "extrapolated"} <= set(p) for p in found["peers"].values())
    naive = found["peers"]["naive-numba"]
    assert naive["ratio"] == pytest.approx(naive["seconds"] / found["one_thread_seconds"])
    assert naive["steps_measured"] >= 50
    assert found["normalised_seconds"] == pytest.approx(found["seconds"] * 3.8 / found["naive_ms_per_step"])
    if importlib.util.find_spec("fipy") is None:
        assert found["peers"]["fipy"]["status"].startswith("not installed: pip install")


def test_a_person_gets_a_table() -> None:
    command = [sys.executable, "-m", "iceball.cli", "bench", "preview", "--rounds", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True, cwd=ROOT)
    assert "one freeze at 3 mm" in done.stdout
    assert "normalised" in done.stdout


def test_outside_a_checkout_it_says_where_benchmarks_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for verb in (["bench", "p1"], ["validate"]):
        assert shell(monkeypatch, *verb) == 1
        assert "Clone the project" in capsys.readouterr().err


def test_an_unknown_benchmark_or_peer_is_wrong_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert shell(monkeypatch, "bench", "banana") == 2
    assert shell(monkeypatch, "bench", "p1", "--peers", "banana") == 2
