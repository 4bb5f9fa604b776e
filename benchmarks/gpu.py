"""The engine on an NVIDIA GPU beside the CPU: agreement, times of P1, and what share of the copy bandwidth it reaches.

    python benchmarks/gpu.py --to benchmarks/results/gpu.json       (make proof-gpu)

Needs a GPU and `pip install 'iceball[gpu]'`; without, it says so and ends with 1. Times are those of the steps alone,
from the end of the first to the end of the last, and stand beside those of the whole run.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "validation"))

import numpy as np
from p1.scene import p1

from iceball.assessment.cold import ColdMap
from iceball.commit import commit
from iceball.errors import SolverError
from iceball.solve import History, Scene, Simulation
from iceball.solve.step import last_step

BYTES = 33
"""Read and written for a cell in a stage: seven fields of four bytes read, two written, one label; its neighbours come
from the cache."""
BARS = {"same_steps_k": 0.05, "volumes_percent": 0.1, "p1_1mm_s": 0.060, "p1_0.5mm_s": 0.7}
"""Wanted at most, on a GPU like an H200."""
LEVELS_C = (0, -20, -40)
COPIED = 2**28
"""Numbers of 4 bytes that are copied to measure the bandwidth: 1 GB, more than any cache."""


def carried(scene: Scene, backend: str, ends_s: list[float] | None = None) -> tuple[list[float], list[np.ndarray], int]:
    """A run in steps that end at given times, or in its own.

    Returns:
        When its steps ended, the temperatures at the end of each freeze and of the run, and how many steps it took.
    """
    simulation = Simulation(scene, backend=backend)  # type: ignore[arg-type]
    machine, begin_c = simulation._prepare()
    run = simulation._begin(machine, begin_c)
    march, corners, told = run.march, simulation._landings(run), []
    while corners:
        until = corners[0] if ends_s is None else ends_s[len(told)]
        if ends_s is not None:
            march.dt = until - march.time_s
        start = march.time_s
        taken = march.step(until)
        run.follow(last_step(march, start, taken), taken)
        if ends_s is None or march.time_s >= until:
            told.append(march.time_s)
        if march.time_s >= corners[0]:
            simulation._land(run, corners.pop(0))
    machine.team.close()
    return told, [*run.ends, run.record.celsius(march.state)], march.steps


def same_steps(scene: Scene) -> dict[str, float]:
    """How far the GPU is from the CPU in the CPU's own steps: the 99.9th percentile over the cells, K."""
    ends, cpu, steps = carried(scene, "cpu")
    _, gpu, again = carried(scene, "gpu", ends)
    off = [float(np.nanpercentile(np.abs(a - b), 99.9)) for a, b in zip(cpu, gpu, strict=True)]
    return {"same_steps_k": max(off), "steps": steps, "more_steps_on_gpu": again - steps}


def volumes_ml(history: History) -> np.ndarray:
    """Volumes of ice at the end of each freeze, mL, shape (freezes, levels)."""
    maps = [ColdMap.of(field, history) for field in history.end_of_freeze_c]
    return np.array([[m.volume_ml(celsius) for celsius in LEVELS_C] for m in maps])


def free_running(scene: Scene) -> dict[str, float]:
    """The largest difference of a volume of ice, each machine choosing its own steps, per cent."""
    cpu, gpu = (volumes_ml(Simulation(scene, backend=backend).run()) for backend in ("cpu", "gpu"))  # type: ignore[arg-type]
    return {"volumes_percent": float(100.0 * np.abs(gpu / cpu - 1.0).max())}


def timed(scene: Scene, rounds: int) -> dict[str, float]:
    """Medians of some runs on the GPU, after one that compiles."""
    Simulation(scene, backend="gpu").run()
    whole, steps = [], []
    for _ in range(rounds):
        seen: list[float] = []
        began = time.perf_counter()
        history = Simulation(
            scene, backend="gpu", progress=lambda *_, seen=seen: seen.append(time.perf_counter())
        ).run()
        whole.append(time.perf_counter() - began)
        steps.append(seen[-1] - seen[1])
    stats = {name: float(history.stats[name]) for name in ("steps", "stages", "cells", "cell_updates")}
    return {"seconds": median(steps), "whole_run_seconds": median(whole), **stats}


def copy_bytes_per_s() -> float:
    """Bandwidth of a copy on the device, read and written."""
    from iceball.solve import gpu

    a, b = gpu.room(COPIED, np.float32), gpu.room(COPIED, np.float32)
    times = []
    for _ in range(10):
        gpu.finish()
        began = time.perf_counter()
        b.copy_to_device(a)
        gpu.finish()
        times.append(time.perf_counter() - began)
    return 2.0 * a.nbytes / median(times[1:])


def measured(rounds: int) -> dict[str, Any]:
    """Everything."""
    from iceball.solve import gpu

    coarse = p1(2.0)
    told: dict[str, Any] = {
        "date": datetime.now(UTC).date().isoformat(),
        "device": gpu.name(),
        "commit": commit(),
        **same_steps(coarse),
        **free_running(coarse),
        "copy_gb_per_s": copy_bytes_per_s() / 1e9,
    }
    for spacing_mm in (1.0, 0.5):
        found = timed(p1(spacing_mm), rounds)
        found["share_of_copy_bandwidth"] = (
            found["cell_updates"] * BYTES / found["seconds"] / (1e9 * told["copy_gb_per_s"])
        )
        told[f"p1_{spacing_mm:g}mm"] = found
        told[f"p1_{spacing_mm:g}mm_s"] = found["seconds"]
    told["met"] = {name: bool(told[name] <= most) for name, most in BARS.items()}
    return told


def main() -> int:
    """Measure, print and store; 0 where every bar is met."""
    ask = argparse.ArgumentParser(description="The engine on an NVIDIA GPU: agreement and times.")
    ask.add_argument("--rounds", type=int, default=5, help="runs of each grid, of which the median counts")
    ask.add_argument("--to", type=Path, help="file to write")
    given = ask.parse_args()
    from iceball.solve.gpu import must_be_there

    try:
        must_be_there()
    except SolverError as refusal:
        print(f"Nothing was measured: {refusal}", file=sys.stderr)
        return 1
    told = measured(given.rounds)
    text = json.dumps(told, indent=2)
    print(text)
    if given.to is not None:
        given.to.parent.mkdir(parents=True, exist_ok=True)
        given.to.write_text(text + "\n", encoding="utf-8")
    return 0 if all(told["met"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
