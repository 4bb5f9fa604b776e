"""The one thing that moves: a Simulation turns a Scene into a History."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

import iceball
from iceball.errors import SceneError
from iceball.solve.bioheat import Bioheat
from iceball.solve.history import HeatBalance, History, Result
from iceball.solve.keep import Keep
from iceball.solve.layout import lay_out
from iceball.solve.machine import FIXED, CpuMachine
from iceball.solve.march import March, Method
from iceball.solve.needle import sinks
from iceball.solve.record import BELOW_20, BELOW_40, FIRST_FROZEN, MINIMUM, RATE, Record
from iceball.solve.rows import property_rows
from iceball.solve.scene import Scene
from iceball.solve.schedule import SAME_S, Schedule
from iceball.solve.sensors import Curves, Probing
from iceball.solve.steady import steady

Backend = Literal["auto", "cpu", "reference"]


class Simulation:
    """Runs a scene.

    Args:
        scene: what to simulate.
        bioheat: which terms are on.
        method: "rkl2" (default of the cpu) or "euler" (the only one of the reference).
        keep: what to keep besides extremes.
        backend: "cpu", "reference" (float64, explicit Euler, laws called directly: slow) or "auto".
        threads: number of threads; None uses all cores. The answer does not depend on it.
        progress: called with the share done, 0 to 1, and what is going on.
        cancelled: asked after every step; True stops the run.

    Example:
        `history = Simulation(scene).run()`
    """

    def __init__(
        self,
        scene: Scene,
        *,
        bioheat: Bioheat | None = None,
        method: Method | None = None,
        keep: Keep | None = None,
        backend: Backend = "auto",
        threads: int | None = None,
        progress: Callable[[float, str], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> None:
        if backend not in ("auto", "cpu", "reference"):
            raise SceneError(
                f"no backend called '{backend}'.", where="Simulation", remedy="Known: auto, cpu, reference."
            )
        if method not in (None, "rkl2", "euler") or (backend == "reference" and method == "rkl2"):
            raise SceneError(
                f"backend '{backend}' has no method '{method}'.",
                where="Simulation",
                remedy="Known: rkl2 and euler on the cpu, euler on the reference.",
            )
        if threads is not None and threads < 1:
            raise SceneError(f"cannot run on {threads} threads", where="Simulation.threads")
        self.scene, self.bioheat, self.keep = scene, bioheat or Bioheat(), keep or Keep()
        self.backend = "cpu" if backend == "auto" else backend
        self.method: Method = method or ("euler" if self.backend == "reference" else "rkl2")
        self.threads, self.progress, self.cancelled = threads, progress, cancelled

    def run(self) -> History:
        """Simulate the whole duration of the scene.

        Raises:
            SceneError: if a needle leaves the grid or tissue is frozen at rest.
            SolverError: if the answer cannot be trusted; nothing is returned then.
        """
        began = time.perf_counter()
        self._say(0.0, "preparing")
        machine, begin_c = self._prepare()
        try:
            return self._march(machine, begin_c, began)
        finally:
            machine.team.close()

    def _prepare(self) -> tuple[CpuMachine, NDArray[np.float64]]:
        scene = self.scene
        rows = property_rows(scene, self.bioheat)
        lay = lay_out(scene, rows)
        needles = sinks(scene, lay, rows)
        if scene.initial_c is None:
            begin_c = steady(lay, rows, scene.body_c)
        else:
            begin_c = np.broadcast_to(np.asarray(scene.initial_c, float), scene.grid.shape)
            if not np.isfinite(begin_c[scene.solved]).all():
                raise SceneError("holds a value that is not finite", where="Scene.initial_c")
        schedule = Schedule(scene)
        self.bounds_c = self._bounds(begin_c)
        kind: type[CpuMachine] = CpuMachine
        if self.backend == "reference":
            from iceball.solve.reference import ReferenceMachine

            kind = ReferenceMachine
        machine = kind(
            lay, rows, needles, schedule, coldest_c=self.bounds_c[0] - 5.0, threads=self.threads
        )
        return machine, begin_c

    def _bounds(self, begin_c: NDArray[np.float64]) -> tuple[float, float]:
        scene = self.scene
        begin = begin_c[scene.solved]
        given = [float(begin.min()), float(begin.max()), scene.body_c, *(w.ambient_c for w in scene.walls)]
        given += [t for t in scene.outer_c if t is not None]
        steps = [s for line in scene.lines for s in line.steps]
        given += [s.coolant_c for s in steps if not np.isnan(s.coolant_c)]
        low, high = min(given), max(given)
        if any(not np.isnan(s.watts_per_m) for s in steps):  # a given heat knows no temperature
            low, high = -272.0, max(high, 500.0)
        if self.bioheat.blood:
            made = [m.metabolism / (m.density * m.heat_capacity) for m in scene.materials if m is not None]
            high += max(made) * scene.duration_s
        if scene.source is not None:
            least = min(m.density * min(m.heat_capacity, m.frozen_heat_capacity[0]) for m in scene.materials if m)
            low += min(0.0, float(scene.source.min())) / least * scene.duration_s
            high += max(0.0, float(scene.source.max())) / least * scene.duration_s
            low = max(low, -272.0)
        return low, high

    def _march(self, machine: CpuMachine, begin_c: NDArray[np.float64], began: float) -> History:
        scene, schedule, lay = self.scene, machine.schedule, machine.lay
        state = machine.enthalpies(begin_c)
        h_begin = _total_j(machine, state)
        record = Record(lay, begin_c, machine.flow)
        probing = Probing(scene, lay)
        schedule.enter(0.0, np.array([scene.body_c] * len(scene.lines)))
        march = March(machine, state, self.method, self.bounds_c)
        curves = Curves(scene, probing.read(record.celsius), self.keep.sensors_every_s)
        kept_at, frozen_at = self.keep.fields_at(scene.duration_s), scene.freeze_ends_s
        kept: dict[float, Any] = {t: record.snapshot() for t in kept_at if t <= SAME_S}
        ends: list[Any] = []
        landings = sorted({*schedule.corners, *kept_at, *frozen_at, scene.duration_s} - {0.0})
        landings = [
            t
            for n, t in enumerate(landings)
            if SAME_S < t <= scene.duration_s and (n == 0 or t - landings[n - 1] > SAME_S)
        ]
        heat = np.zeros(FIXED + len(scene.lines))
        exchanged = 0.0
        result = Result.finished
        for landing in landings:
            while march.time_s < landing:
                start = march.time_s
                taken = march.step(landing)
                heat += taken.joules
                exchanged += float(np.abs(taken.joules[FIXED:]).sum())
                record.follow(march.state, machine.rows, start, taken.dt, machine.team, machine.all_rows)
                curves.add(march.time_s, taken.dt, probing.read(record.celsius), -taken.joules[FIXED:])
                self._say(
                    march.time_s / scene.duration_s, f"{march.time_s / 60:.1f} of {scene.duration_s / 60:.1f} min"
                )
                if self.cancelled is not None and self.cancelled():
                    result = Result.stopped_early
                    break
            if result is not Result.finished:
                break
            if any(abs(t - landing) <= SAME_S for t in kept_at):
                kept[min(kept_at, key=lambda t: abs(t - landing))] = record.snapshot()
            if any(abs(t - landing) <= SAME_S for t in frozen_at):
                ends.append(record.snapshot())
            if landing in schedule.corners and landing < scene.duration_s:
                schedule.enter(landing, _wall_c(machine, march))
                march.refresh()
                march.dt = min(march.dt, 1.0)
        change = _total_j(machine, march.state) - h_begin
        whole = exchanged if exchanged > 0 else max(float(np.abs(heat[:FIXED]).max()), abs(change), 1e-30)
        balance = HeatBalance(
            change,
            float(heat[FIXED:].sum()),
            float(heat[0]),
            float(heat[1]),
            float(heat[2]),
            float(heat[3]),
            float(heat[4]),
            float(heat[5]),
            residual=abs(change - float(heat.sum())) / whole,
        )
        times, sensors, watts = curves.finish(march.time_s)
        seconds = time.perf_counter() - began
        notes = []
        if machine.needles.dropped_mm > 0:
            notes.append(f"{machine.needles.dropped_mm:.1f} mm of active zone lie in gas and exchange no heat.")
        return History(
            scene,
            record.field(MINIMUM),
            tuple(ends),
            record.snapshot(),
            {"-20": record.field(BELOW_20), "-40": record.field(BELOW_40)},
            record.field(FIRST_FROZEN),
            record.cycles.reshape(lay.shape),
            record.field(RATE),
            times,
            sensors,
            watts,
            balance,
            record.drift_k,
            result,
            kept,
            {
                "steps": march.steps,
                "stages": march.stages,
                "rejected": march.rejected,
                "cells": float(scene.solved.sum()),
                "cell_updates": float(machine.cell_updates),
                "threads": machine.team.threads,
            },
            {
                "version": iceball.__version__,
                "backend": self.backend,
                "method": self.method,
                "precision": machine.kind.__name__,
                "spacing_mm": max(scene.grid.spacing_mm),
                "seconds": seconds,
                "scene": scene.key(),
                "bioheat": repr(self.bioheat),
                "keep": repr(self.keep),
            },
            tuple(notes),
        )

    def _say(self, share: float, what: str) -> None:
        if self.progress is not None:
            self.progress(share, what)


def _total_j(machine: CpuMachine, state: NDArray[Any]) -> float:
    return float(machine.lay.inner(state).sum(dtype=np.float64)) * machine.lay.cell_m3


def _wall_c(machine: CpuMachine, march: March) -> NDArray[np.float64]:
    """Mean wall temperature of each needle."""
    n = machine.needles
    walls = np.zeros(len(machine.schedule.lines))
    for line in range(walls.size):
        own = np.flatnonzero(n.needle == line)
        walls[line] = (
            np.mean([_celsius(machine.strength[s, 1], machine.rows[n.label[s]]) for s in own]) if own.size else 0.0
        )
    return walls


def _celsius(theta: float, row: Any) -> float:
    from iceball.physics.heat import potential

    low, high = -272.0, 500.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if potential(middle, row) > theta else (middle, high)
    return 0.5 * (low + high)
