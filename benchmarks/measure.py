"""Runs that alternate, their medians, and what they were measured on."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import numba
import numpy as np
from processes import Worker

import iceball
from iceball.commit import commit

NAIVE_MS = 3.8
"""A step of naive Numba on P1 at 1 mm, on the machine that the bars were set on."""
NAIVE_STEPS = 20
Runs = dict[str, list[dict[str, Any]]]


def alternate(runs: Mapping[str, Callable[[], dict[str, Any]]], rounds: int) -> Runs:
    """Each run `rounds` times, in turn; every other round backwards, so that none always goes first."""
    found: Runs = {name: [] for name in runs}
    for n in range(rounds):
        for name in list(runs)[:: 1 if n % 2 == 0 else -1]:
            found[name].append(runs[name]())
    return found


def seconds(runs: list[dict[str, Any]]) -> float:
    """Median time of a run."""
    return median(run["seconds"] for run in runs)


def naive_step(naive: Worker, steps: int = NAIVE_STEPS) -> Callable[[], dict[str, Any]]:
    """Some steps of naive Numba on P1 at 1 mm, measured in turn with everything else."""

    def run() -> dict[str, Any]:
        told = naive.ask(str(steps))
        return {**told, "ms": 1e3 * told["seconds"] / told["steps"]}

    return run


def normalised(raw_s: float, naive_ms: float) -> float:
    """Seconds on the machine that the bars were set on."""
    return raw_s * NAIVE_MS / naive_ms


def timing(runs: list[dict[str, Any]], naive_ms: float) -> dict[str, Any]:
    """Median, its normalised value, and the spread."""
    all_s = [run["seconds"] for run in runs]
    raw = median(all_s)
    return {
        "seconds": raw,
        "normalised_seconds": normalised(raw, naive_ms),
        "least": min(all_s),
        "most": max(all_s),
        "cpu_seconds": median(run["cpu_seconds"] for run in runs),
        "runs": len(runs),
    }


def naive_ms(runs: list[dict[str, Any]]) -> float:
    """Median of its milliseconds a step."""
    return median(run["ms"] for run in runs)


def machine() -> dict[str, Any]:
    """What it was measured on, and when."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="minutes"),
        "commit": commit(),
        "iceball": iceball.__version__,
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "system": platform.platform(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "numba": numba.__version__,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    told = dict(line.split(":", 1) for line in lines if ":" in line)
    named = {key.strip(): value.strip() for key, value in told.items()}
    return f"{named.get('model name', '')} family {named.get('cpu family', '')} model {named.get('model', '')}"
