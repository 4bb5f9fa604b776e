"""Run as a program: small scenes on the CPU and in numba-cuda's simulator, told as JSON.

The simulator runs kernels as Python, here with all blocks at the same time. Laws and cell functions are compiled for
the CPU there and would not take its arrays, so they are put back to plain Python first.
"""

from __future__ import annotations

import importlib.util
import json
import math
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import FunctionType
from typing import Any

if __name__ == "__main__":
    os.environ["NUMBA_ENABLE_CUDASIM"] = "1"
    # each thread of a block is one of the operating system's: they wait for each other all the time
    sys.setswitchinterval(2e-5)

import numpy as np
from numba.core.dispatcher import Dispatcher
from numba.cuda.simulator import kernel as simulator
from numba.cuda.simulator.kernelapi import Dim3, FakeCUDAModule, FakeCUDAShared

from iceball.errors import IceballError, SolverError
from iceball.solve import Control, History, Keep, Line, LineStep, Scene, Simulation, Wall, WallStep, gpu, gpu_machine
from iceball.solve.machine import CpuMachine
from iceball.solve.watch import StopWhen, reaches
from iceball.space import Grid
from tests.solve.scenes import FAT, KIDNEY

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
THIN = replace(FAT, latent_heat=2e3, solidus_c=-7.0)
"""Fat that freezes through within a second."""
ALL_CELLS = Control(still_k=0.0)
"""The CPU would let cells stand still that change by hundredths of a degree."""


def run(small: Scene, backend: str, **more: Any) -> History:
    """A run that moves every cell."""
    return Simulation(small, backend=backend, threads=1, control=ALL_CELLS, **more).run()  # type: ignore[arg-type]


def plain(function: Any, known: dict[Any, Any]) -> Any:
    """A compiled function as Python, and all that it calls."""
    if function not in known:
        code, names = function.py_func.__code__, dict(function.py_func.__globals__)
        known[function] = FunctionType(code, names, code.co_name, function.py_func.__defaults__)
        for name in code.co_names:
            if isinstance(names.get(name), Dispatcher):
                names[name] = plain(names[name], known)
    return known[function]


class Thread(threading.Thread):
    """One thread of a launch; it waits for its block, or for all of them."""

    def __init__(self, work: Callable[[], None], place: tuple[int, int], barriers: tuple[Any, Any]) -> None:
        super().__init__(target=work, daemon=True)
        self.blockIdx, self.threadIdx = Dim3(place[0], 0, 0), Dim3(place[1], 0, 0)
        self.block, self.grid = barriers
        self.fault: BaseException | None = None

    def run(self) -> None:
        try:
            super().run()
        except BaseException as fault:
            self.fault = fault
            self.grid.abort()
            self.block.abort()

    def syncthreads(self) -> None:
        self.block.wait(60)

    def sync(self) -> None:
        self.grid.wait(60)


class Blocks:
    """A kernel whose blocks all run at the same time: numba-cuda's own simulator has them wait for each other in vain.

    Takes the place of a compiled kernel: `blocks[how_many, threads](...)`.
    """

    def __init__(self, kernel: Any) -> None:
        self.kernel = kernel

    def __getitem__(self, size: tuple[int, int]) -> Callable[..., None]:
        def launch(*given: Any) -> None:
            blocks, threads = size
            module = FakeCUDAModule((blocks, 1, 1), (threads, 1, 1), 0)
            module._cg.this_grid = threading.current_thread
            rooms = [FakeCUDAShared(0) for _ in range(blocks)]
            lock = threading.Lock()

            def room(*shape: Any) -> Any:
                # without the lock two threads of a block might each make a room for themselves
                with lock:
                    return rooms[threading.current_thread().blockIdx.x].array(*shape)

            module._shared.array = room
            everyone = threading.Barrier(blocks * threads)
            crew = []
            for b in range(blocks):
                block = threading.Barrier(threads)
                crew += [Thread(lambda: self.kernel.fn(*given), (b, t), (block, everyone)) for t in range(threads)]
            with simulator._push_kernel_context(module), simulator.swapped_cuda_module(self.kernel.fn, module):
                for thread in crew:
                    thread.start()
                for thread in crew:
                    thread.join()
            for thread in crew:
                if thread.fault is not None and not isinstance(thread.fault, threading.BrokenBarrierError):
                    raise thread.fault

        return launch


def all_at_once(launch: Any, args: tuple[Any, ...]) -> None:
    """Take the place of `Launch._make`: three blocks, of which one solves for the needles and two move the cells."""
    launch.made = Blocks(launch.kernel)
    launch._blocks = 3 if launch.together else 1


def scene(cells: int, duration_s: float, middle_c: float, *, spacing_mm: float = 3.0, at_random: bool = False) -> Scene:
    """Kidney and fat, partly frozen, air that blows, a vein, a held face, a source and two needles of two kinds."""
    d = spacing_mm
    half = 0.5 * d * cells
    grid = Grid.box((-half,) * 3, (half,) * 3, d)
    labels = (grid.centres_mm()[..., 0] > -0.3 * d).astype(np.uint8)
    if at_random:
        labels = (np.random.default_rng(2).random(grid.shape) < 0.5).astype(np.uint8)
    labels[:, -2:] = 2
    labels[1, 1, -2] = 3
    blows = WallStep(0.6 * duration_s, 0.1 * duration_s, 1e5, -190.0)
    begin_c = grid.centres_mm() / d @ np.array([6.0, 4.2, 2.4]) + middle_c
    at_once = (LineStep(0, 0.6 * duration_s, -140.0), LineStep(0.7 * duration_s, 0.3 * duration_s, 20.0, h=2000.0))
    slowly = (LineStep(0, 0.8 * duration_s, -140.0, h=2000.0, time_constant_s=1.0),)
    weak = (-1.4 * d, 0.07 * d, -2 * d), (-1.5 * d, -0.5 * d, 2 * d)
    length = math.dist(*weak)
    lines = (
        Line("at once", (0.1 * d, 0.07 * d, -2 * d), (0.8 * d, 0.5 * d, 2 * d), 0.75, at_once),
        Line("slowly", *weak, 0.75, slowly, ((0.3 * length, 0.4), (0.7 * length, 1.0))),
    )
    return Scene(
        grid,
        labels,
        (KIDNEY, THIN, None, None),
        duration_s,
        lines=lines,
        walls=(
            Wall("air", 2, 10.0, 22.0, (blows,)),
            Wall("vein", 3, 2000.0, -150.0, closes_c=float(begin_c[2, 1, -2]) - 5.0),
        ),
        outer_c=(37.0, None, None, None, None, None),
        initial_c=begin_c,
        freeze_ends_s=(duration_s / 2,),
        sensors={"near": (1.3 * d, 0.0, 0.0)},
        regions={"corner": np.indices(grid.shape).sum(axis=0) > 2 * cells},
        source=np.full(grid.shape, 2e4),
    )


def apart(one: History, two: History) -> dict[str, float]:
    """How far two histories are from each other: K, s, shares, and the steps they took."""
    fields = ("final_c", "minimum_c", "first_frozen_s", "cooling_rate")
    told = {name: _most(getattr(one, name), getattr(two, name)) for name in fields}
    told["end_of_freeze_c"] = _most(one.end_of_freeze_c[0], two.end_of_freeze_c[0])
    told["sensor_c"] = _most(one.sensors_c["near"], two.sensors_c["near"])
    told["time_below_s"] = max(_most(one.time_below_s[k], two.time_below_s[k]) for k in ("-20", "-40"))
    told["watts"] = max(_most(one.needle_watts[k], two.needle_watts[k]) for k in one.needle_watts)
    heat = np.array([[h.needles_j, h.walls_j, h.outer_j, h.blood_j, h.metabolism_j, h.source_j]
                     for h in (one.heat, two.heat)])  # fmt: skip
    told["heat_share"] = _most(heat[0], heat[1]) / float(np.abs(heat).max())
    told["residual"] = two.heat.residual
    told["drift_k"] = abs(one.outer_drift_k - two.outer_drift_k)
    told["frozen_shut"] = float(len(one.notes))
    told["notes"] = float(one.notes != two.notes)
    told["cycles"] = float((one.cycles_frozen != two.cycles_frozen).sum())
    told |= {name: abs(one.stats[name] - two.stats[name]) for name in ("steps", "stages", "rejected")}
    return told


def _most(a: Any, b: Any) -> float:
    """The largest difference, infinite where only one of two is a number."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    if not np.array_equal(np.isnan(a), np.isnan(b)):
        return float("inf")
    return float(np.abs(np.nan_to_num(a) - np.nan_to_num(b)).max(initial=0.0))


def _count(kind: Any, counts: list[int]) -> None:
    """Count how often a machine held a cell."""
    real = kind.hold

    def hold(self: Any, *given: Any) -> Any:
        changed, joules = real(self, *given)
        counts[0] += changed
        return changed, joules

    kind.hold = hold


def agree() -> dict[str, float]:
    """A whole run on both, in which cells are held and blood stops."""
    held: dict[str, list[int]] = {"cpu": [0], "gpu": [0]}
    _count(CpuMachine, held["cpu"])
    _count(gpu_machine.GpuMachine, held["gpu"])
    small = scene(6, 4.0, -45.0, at_random=True)
    one, two = run(small, "cpu"), run(small, "gpu")
    short = replace(small, duration_s=0.3, freeze_ends_s=(0.15,))
    euler = [run(short, backend, method="euler") for backend in ("cpu", "gpu")]
    return apart(one, two) | {
        "held_cpu": float(held["cpu"][0]),
        "held_gpu": float(held["gpu"][0]),
        "cold_share": float((one.minimum_c < -20).mean()),
        "euler_final_c": _most(euler[0].final_c, euler[1].final_c),
        "device": two.made_by["device"] == "CUDA simulator",
    }


def resume() -> dict[str, float]:
    """The same bits with and without an interruption, a step is taken back; a run that stops where the CPU stops it."""
    small = scene(6, 0.8, -3.0, spacing_mm=1.0)
    keep = Keep(times_s=(0.0, 0.5))
    taken: list[Any] = []
    whole = run(small, "gpu", keep=keep, checkpoint=taken.append, checkpoint_every_s=0.3)
    later = run(small, "gpu", keep=keep, resume=taken[0])
    same = all(np.array_equal(getattr(whole, n), getattr(later, n), equal_nan=True)
               for n in ("final_c", "minimum_c", "first_frozen_s", "cycles_frozen"))  # fmt: skip
    stop = (StopWhen(reaches("corner", 19.0)),)
    ends = [run(small, backend, watch=stop) for backend in ("cpu", "gpu")]
    other = run(small, "cpu", keep=keep)
    return apart(other, whole) | {
        "frozen_late": float((other.first_frozen_s > 0).sum()),
        "frozen_through": float(np.isfinite(other.cooling_rate).sum()),
        "taken_back": other.stats["rejected"],
        "taken": float(len(taken)),
        "same_bits": float(same and whole.heat == later.heat),
        "same_kept": float(all(np.array_equal(whole.kept[t], later.kept[t], equal_nan=True) for t in keep.times_s)),
        "stopped_s": float(ends[0].sensor_times_s[-1]),
        "stopped_apart_s": abs(float(ends[0].sensor_times_s[-1] - ends[1].sensor_times_s[-1])),
        "stopped_cold": float("corner" in str(ends[1].result.value)),
    }


def room() -> dict[str, str]:
    """What is said where the device's memory is too small."""
    has, gpu.free_bytes = gpu.free_bytes, lambda: 10_000
    try:
        run(scene(6, 0.3, 0.0), "gpu")
    except IceballError as refusal:
        return {"kind": type(refusal).__name__, **refusal.as_json()}
    finally:
        gpu.free_bytes = has
    return {"kind": "none"}


def faults() -> dict[str, float]:
    """How far the GPU is off, K, when one thing in it is wrong."""
    small = scene(5, 0.15, -3.0, spacing_mm=1.0)
    right = run(small, "cpu")

    def off(place: Any, name: str, wrong: Callable[..., Any]) -> float:
        real = getattr(place, name)
        setattr(place, name, wrong)
        try:
            return _most(right.final_c, run(small, "gpu").final_c)
        except SolverError:  # no step gave an answer that could be true
            return float("inf")
        finally:
            setattr(place, name, real)

    rate, law = gpu.cell_rate, gpu.potential
    names = gpu.cell_rate.__globals__
    across = names["_across"]
    told = {
        "nothing": _most(right.final_c, run(small, "gpu").final_c),
        "no latent heat": off(gpu, "cell_potential", lambda h, label, t: h * t[label * 20 + 5]),
        "metabolism and blood ten times": off(gpu, "cell_rate", lambda *a: (rate(*a)[0] + 9 * sum(rate(*a)[3:]),
                                                                            *rate(*a)[1:])),
        "needles a tenth weaker": off(gpu, "potential", lambda c, m: 0.9 * law(c, m)),
        "blocks that do not wait": off(Thread, "sync", lambda self: None),
    }  # fmt: skip
    names["_across"] = lambda *a: tuple(0.9 * x for x in across(*a))
    told["a tenth less between tissues"] = _most(right.final_c, run(small, "gpu").final_c)
    return told


def proof() -> dict[str, float]:
    """What `make proof-gpu` says of the same steps, and its copy, here of few numbers."""
    spec = importlib.util.spec_from_file_location("proof_gpu", BENCHMARKS / "gpu.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    script.COPIED = 1000
    small = scene(6, 0.4, -3.0, spacing_mm=1.0)
    return script.same_steps(small) | {"copied": script.copy_bytes_per_s()}


if __name__ == "__main__":
    gpu.Launch._make = all_at_once
    found: dict[Any, Any] = {}
    for known_as, value in list(vars(gpu).items()):
        if isinstance(value, Dispatcher):
            setattr(gpu, known_as, plain(value, found))
    jobs = {"agree": agree, "resume": resume, "faults": faults, "room": room, "proof": proof}
    print(json.dumps({name: jobs[name]() for name in sys.argv[1:]}))
