"""How a peer is run: alone in a process, on one processor, asked for steps through its standard input.

A peer is a class of the form of `Peer`. Every line `N` on the standard input is answered by one JSON line with the
seconds of N steps.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from typing import Any, Protocol

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
for name in THREADS:  # before NumPy is imported
    os.environ[name] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"
ONE_PROCESSOR = hasattr(os, "sched_setaffinity")
if ONE_PROCESSOR:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import numpy as np  # noqa: E402
import problem  # noqa: E402


class Peer(Protocol):
    """What is compared."""

    name: str
    explicit: bool
    compiles_lengths: bool
    """Whether another number of steps is compiled anew; that is not measured."""

    def __init__(self, block: problem.Block, celsius: problem.Field) -> None: ...
    def advance(self, dts: problem.Field, walls: problem.Field) -> None:
        """Steps of `dts` seconds, with the needles' walls at `walls` °C (NaN: off)."""

    def celsius(self) -> problem.Field:
        """The field now, (n, n, n)."""


class March:
    """A peer with its clock: it chooses the steps."""

    def __init__(self, peer: Peer, block: problem.Block, time_s: float = 0.0) -> None:
        self.peer, self.block, self.time_s, self.steps = peer, block, time_s, 0

    def chunk(self, until_s: float, most: int = problem.CHUNK) -> tuple[problem.Field, problem.Field]:
        """The next steps and the walls' temperatures at their ends."""
        longest = problem.IMPLICIT_DT_S
        if self.peer.explicit:
            longest = self.block.longest_step(self.peer.celsius())
            most = min(most, max(1, int(problem.CHUNK_S / longest)))
        room = until_s - self.time_s
        dts = np.full(most, longest) if most * longest < room else _shared(room, longest)
        return dts, np.array([problem.wall_c(t) for t in self.time_s + np.cumsum(dts) - 1e-6])

    def take(self, dts: problem.Field, walls: problem.Field) -> tuple[float, float]:
        """Carry steps out; seconds of it, by the clock and of the processor."""
        began, cpu = time.perf_counter(), time.process_time()
        self.peer.advance(dts, walls)
        told = time.perf_counter() - began, time.process_time() - cpu
        self.time_s += float(dts.sum())
        self.steps += dts.size
        return told


def _shared(room: float, longest: float) -> problem.Field:
    count = max(1, int(np.ceil(room / longest - 1e-9)))
    return np.full(count, room / count)


def whole(kind: type[Peer], block: problem.Block) -> dict[str, Any]:
    """The whole protocol, start to end."""
    march = March(kind(block, block.start()), block)
    seconds, volumes = 0.0, []
    for until in (600.0, 1080.0, 1680.0, 1800.0):
        while march.time_s < until - 1e-6:
            seconds += march.take(*march.chunk(until))[0]
        if until in problem.FREEZE_ENDS_S:
            field = march.peer.celsius()
            volumes.append({str(t): round(block.volume_ml(field, t), 2) for t in (0, -20, -40)})
    return {"steps": march.steps, "seconds": seconds, "volumes_ml": volumes}


def serve(kind: type[Peer], block: problem.Block) -> None:
    """Answer requests for steps from the middle of the first freeze on, until the input ends."""
    began = time.perf_counter()
    march = March(kind(block, block.mid_freeze()), block, 300.0)
    dts, walls = march.chunk(600.0, 1)
    march.take(dts, walls)  # compiles what is compiled at the first call
    ready = {"name": kind.name, "cells": block.n**3, "ready_s": time.perf_counter() - began, "pinned": ONE_PROCESSOR}
    print(json.dumps(ready), flush=True)
    seen: set[int] = set()
    for line in sys.stdin:
        steps = int(line)
        if kind.compiles_lengths and steps not in seen:
            march.take(np.full(steps, dts[0]), np.full(steps, walls[0]))
            seen.add(steps)
        seconds, cpu = march.take(np.full(steps, dts[0]), np.full(steps, walls[0]))
        print(json.dumps({"seconds": seconds, "cpu_seconds": cpu, "steps": steps}), flush=True)


def main(kind: type[Peer]) -> None:
    """The command line of a peer."""
    words = argparse.ArgumentParser(description=sys.modules[kind.__module__].__doc__)
    words.add_argument("spacing_mm", type=float)
    words.add_argument("--whole", action="store_true", help="run the whole protocol instead of serving steps")
    chosen = words.parse_args()
    block = problem.Block(chosen.spacing_mm)
    if chosen.whole:
        print(json.dumps(whole(kind, block)))
    else:
        serve(kind, block)
