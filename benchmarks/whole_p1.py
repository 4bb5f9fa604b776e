"""P1 whole, beside what a user would otherwise write or pick."""

from __future__ import annotations

import json
import tomllib
from contextlib import ExitStack
from math import ceil
from pathlib import Path
from statistics import median
from typing import Any

from measure import alternate, machine, naive_ms, naive_step, normalised, seconds, timing
from processes import PEERS, Absent, Worker, ours, peer

REFERENCE = Path(__file__).resolve().parents[1] / "validation" / "p1" / "reference.toml"
EXPLICIT_STEPS_1_MM = 25_256
"""Counted in a whole run of naive_numba.py at 1 mm, its step following the coldest free node (at 2 mm it took 6391, a
quarter of 25 564; at 4 mm 1694, a sixteenth of 27 104). Both are fewer than a needle held finer than a cell would
need, which favours the peers."""
IMPLICIT_STEPS = 360
"""Steps of 5 s, three sweeps each."""
LEAST_STEPS = 50
"""So many steps of every peer are measured, over all rounds."""


def p1(spacing_mm: float, threads: int | None, peers: list[str], rounds: int) -> dict[str, Any]:
    """Time, counts, errors, memory and peers of one grid."""
    absent: dict[str, str] = {}
    with ExitStack() as stack:
        mine = stack.enter_context(ours())
        naive = peer("naive-numba", 1.0)
        stack.callback(naive.close)
        others: dict[str, Worker] = {}
        for name in peers:
            try:
                others[name] = peer(name, max(spacing_mm, PEERS[name].finest_mm))
            except Absent as reason:
                absent[name] = str(reason)
            else:
                stack.callback(others[name].close)
        chosen = request(spacing_mm, threads)
        runs = {"ours": lambda: mine.ask(chosen), "naive": naive_step(naive)}
        if peers and threads != 1:
            runs["one thread"] = lambda: mine.ask(request(spacing_mm, 1))
        steps = ceil(LEAST_STEPS / rounds)
        for name, worker in others.items():
            runs[name] = lambda worker=worker: worker.ask(str(steps))
        found = alternate(runs, rounds)
        volumes = mine.ask(request(spacing_mm, threads, volumes=True))["volumes_ml"]
    step_ms = naive_ms(found["naive"])
    single = found.get("one thread", found["ours"])
    one, one_cpu = seconds(single), median(run["cpu_seconds"] for run in single)
    return {
        **timing(found["ours"], step_ms),
        "spacing_mm": spacing_mm,
        "threads": threads,
        **{key: found["ours"][-1][key] for key in ("steps", "stages", "cell_stages", "cells")},
        **errors(volumes),
        "peak_mb": max(run["peak_mb"] for run in found["ours"]),
        "one_thread_seconds": one if peers else None,
        "one_thread_normalised_seconds": normalised(one, step_ms) if peers else None,
        "naive_ms_per_step": step_ms,
        "peers": {
            name: _compared(name, found.get(name), spacing_mm, (one, one_cpu), absent.get(name)) for name in peers
        },
        "machine": machine(),
    }


def request(spacing_mm: float, threads: int | None, **more: Any) -> str:
    """A run of P1."""
    return json.dumps({"case": "p1", "spacing_mm": spacing_mm, "threads": threads, **more})


def errors(volumes: list[dict[str, float]]) -> dict[str, Any]:
    """Of each level the error of that freeze which is further off, and all of them."""
    stored = tomllib.loads(REFERENCE.read_text(encoding="utf-8"))
    each = [
        {level: 100.0 * (ml / reference[level] - 1.0) for level, ml in found.items()}
        for found, reference in zip(volumes, stored["ml"].values(), strict=True)
    ]
    worst = {level: max((freeze[level] for freeze in each), key=abs) for level in each[0]}
    how = {"how": stored["how"], "date": stored["date"]}
    return {"volume_error_percent": worst, "volume_error_percent_by_freeze": each, "reference": how}


def _compared(
    name: str, runs: list[dict[str, Any]] | None, spacing_mm: float, one: tuple[float, float], absent: str | None
) -> dict[str, Any]:
    """A peer's P1, its steps measured and the rest reckoned."""
    if runs is None:
        return {"seconds": None, "ratio": None, "extrapolated": False, "status": absent}
    kind = PEERS[name]
    measured_mm = max(spacing_mm, kind.finest_mm)
    per_step = seconds(runs) / runs[0]["steps"]
    cpu_per_step = median(run["cpu_seconds"] for run in runs) / runs[0]["steps"]
    needed = round(EXPLICIT_STEPS_1_MM / spacing_mm**2) if kind.explicit else IMPLICIT_STEPS
    steps = (measured_mm / spacing_mm) ** 3 * needed
    return {
        "seconds": steps * per_step,
        "ratio": steps * per_step / one[0],
        "ratio_of_processor_time": steps * cpu_per_step / one[1],
        "extrapolated": True,
        "ms_per_step": 1e3 * per_step,
        "steps_measured": sum(run["steps"] for run in runs),
        "steps_needed": needed,
        "measured_at_mm": measured_mm,
        "status": "steps counted" + ("" if measured_mm == spacing_mm else ", and cells scaled from a coarser grid"),
    }
