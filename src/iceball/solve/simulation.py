"""The one thing that moves: a Simulation turns a Scene into a History."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

import iceball
from iceball.errors import SceneError
from iceball.solve.bioheat import Bioheat
from iceball.solve.changes import AFTER_SWITCH_S, Changes
from iceball.solve.checkpoint import Checkpoint
from iceball.solve.control import Control
from iceball.solve.cpu import EDGE
from iceball.solve.films import turn
from iceball.solve.history import HeatBalance, History, Result, StoppedToSpare
from iceball.solve.keep import Keep
from iceball.solve.laying import lay_out
from iceball.solve.machine import FIXED, CpuMachine
from iceball.solve.march import March, Method
from iceball.solve.memory import held_bytes, mixed_faces, must_fit, run_bytes
from iceball.solve.moments import Moments
from iceball.solve.needle import sinks
from iceball.solve.record import Record
from iceball.solve.relabel import EVERY_S, told
from iceball.solve.rows import property_rows
from iceball.solve.run import Run, needle_walls_c, total_j
from iceball.solve.scene import Scene
from iceball.solve.schedule import SAME_S, Schedule
from iceball.solve.sensors import Curves, Probing
from iceball.solve.steady import steady
from iceball.solve.step import last_step
from iceball.solve.wall_clock import Rims, WallClock
from iceball.solve.watch import StopWhen, Watch

if TYPE_CHECKING:
    from iceball.solve.gpu_machine import GpuMachine

Backend = Literal["auto", "cpu", "gpu", "reference"]
BACKENDS = ("auto", "cpu", "gpu", "reference")
LOWEST_C = -272.0
"""Tissue near a given heat sink may get this cold."""
STOP_S = 0.1
"""A run that is stopped ends at most this long after what stopped it; a longer step is taken again, to end there."""
SHORTEST_STOP_S = 1e-3
"""A step that is taken again is at least this long."""


class Simulation:
    """Runs a scene.

    Args:
        scene: what to simulate.
        bioheat: which terms are on.
        method: "rkl2" (default of the cpu and the gpu) or "euler" (the only one of the reference).
        keep: what to keep besides extremes.
        backend: "cpu", "gpu" (an NVIDIA GPU; refused where there is none), "reference" (float64, explicit Euler, laws
            called directly: slow) or "auto", which is the cpu.
        threads: number of threads; None uses all cores. The answer does not depend on it.
        progress: called with the share done, 0 to 1, and what is going on.
        cancelled: asked after every step; True stops the run.
        watch: what may end the run early; found inside a step, which is then taken again to end there.
        checkpoint: called with a `Checkpoint` of the run, every `checkpoint_every_s` and when it is cancelled. Taking
            one changes nothing in the run.
        checkpoint_every_s: seconds of the protocol between two checkpoints.
        resume: a checkpoint of the same scene and settings; the run goes on from there to the same bits as without an
            interruption. The number of threads may be another.
        control: how carefully steps are made.
        moments: fields that are handed out on the way; they change nothing in the run.

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
        watch: Sequence[StopWhen] = (),
        checkpoint: Callable[[Checkpoint], None] | None = None,
        checkpoint_every_s: float = 60.0,
        resume: Checkpoint | None = None,
        control: Control | None = None,
        moments: Moments | None = None,
    ) -> None:
        if backend not in BACKENDS:
            raise SceneError(
                f"no backend called '{backend}'.", where="Simulation", remedy=f"Known: {', '.join(BACKENDS)}."
            )
        if method not in (None, "rkl2", "euler") or (backend == "reference" and method == "rkl2"):
            raise SceneError(
                f"backend '{backend}' has no method '{method}'.",
                where="Simulation",
                remedy="Known: rkl2 and euler on the cpu and the gpu, euler on the reference.",
            )
        if backend == "gpu" and scene.rules:
            raise SceneError("rules are not on the GPU", where="Simulation.backend='gpu'", remedy="Take backend='cpu'.")
        ideal = [m.name for m in scene.materials if m is not None and m.curve == "ideal"]
        if backend == "gpu" and ideal and (bioheat or Bioheat()).freezing:
            raise SceneError(
                f"ideal-solution curves are not on the GPU ({', '.join(ideal)})",
                where="Simulation.backend='gpu'",
                remedy="Take backend='cpu', or the linear curve.",
            )
        if backend == "gpu":
            from iceball.solve.gpu import must_be_there

            must_be_there()
        if backend == "gpu" and moments is not None:
            raise SceneError("moments are not on the GPU", where="Simulation.backend='gpu'", remedy="Use Keep.")
        if threads is not None and threads < 1:
            raise SceneError(f"cannot run on {threads} threads", where="Simulation.threads")
        if not checkpoint_every_s > 0:
            raise SceneError("must be positive", where="Simulation.checkpoint_every_s")
        self.scene, self.bioheat, self.keep = scene, bioheat or Bioheat(), keep or Keep()
        self.backend = "cpu" if backend == "auto" else backend
        self.method: Method = method or ("euler" if self.backend == "reference" else "rkl2")
        self.threads, self.progress, self.cancelled = threads, progress, cancelled
        self.watch, self.checkpoint, self.checkpoint_every_s = tuple(watch), checkpoint, checkpoint_every_s
        self.resume, self.control, self.moments = resume, control or Control(), moments
        if resume is not None:
            resume.must_belong_to(self._identity())

    def run(self) -> History:
        """Simulate the whole duration of the scene.

        Raises:
            SceneError: if the memory cannot hold it, a needle leaves the grid, tissue is frozen at rest, or what is
                watched is not there.
            SolverError: if the answer cannot be trusted; nothing is returned then.
        """
        began = time.perf_counter()
        self._must_fit()
        self._say(0.0, "preparing")
        machine, begin_c = self._prepare()
        try:
            return self._march(machine, begin_c, began)
        finally:
            machine.team.close()

    def _must_fit(self) -> None:
        """Refuse a scene that the memory cannot hold, before anything is allocated."""
        scene, grid = self.scene, self.scene.grid
        fields = 1 + len(scene.freeze_ends_s) + len(self.keep.fields_at(scene.duration_s))
        double, checkpoints = self.backend == "reference", self.checkpoint is not None
        need = run_bytes(scene.labels.size, mixed_faces(scene.labels), fields=fields, double=double,
                         checkpoints=checkpoints, rules=bool(scene.rules))  # fmt: skip
        must_fit(need, shape=grid.shape, spacing_mm=grid.spacing_mm, where="Scene.grid")

    def _prepare(self) -> tuple[CpuMachine | GpuMachine, NDArray[np.float64]]:
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
        turn(lay, rows, WallClock(scene).values(0.0), scene.body_c)
        for label, celsius in scene.starts_c:
            begin_c = np.where(scene.labels == label, celsius, begin_c)
        schedule = Schedule(scene)
        self.bounds_c = self._bounds(begin_c)
        kind: type[CpuMachine] | type[GpuMachine] = CpuMachine
        if self.backend == "gpu":
            from iceball.solve.gpu_machine import GpuMachine

            kind = GpuMachine
        if self.backend == "reference":
            from iceball.solve.reference import ReferenceMachine

            kind = ReferenceMachine
        machine = kind(lay, rows, needles, schedule, coldest_c=self.bounds_c[0] - 5.0, threads=self.threads)
        return machine, begin_c

    def _bounds(self, begin_c: NDArray[np.float64]) -> tuple[float, float]:
        scene = self.scene
        begin = begin_c[scene.solved]
        given = [float(begin.min()), float(begin.max()), scene.body_c, *(w.ambient_c for w in scene.walls)]
        given += [step.ambient_c for wall in scene.walls for step in wall.steps if step.start_s < scene.duration_s]
        given += [t for t in scene.outer_c if t is not None]
        steps = [s for line in scene.lines for s in line.steps]
        given += [s.coolant_c for s in steps if not np.isnan(s.coolant_c)]
        low, high = min(given), max(given)
        if any(not np.isnan(s.watts_per_m) for s in steps):  # a given heat knows no temperature
            low, high = LOWEST_C, max(high, 500.0)
        if self.bioheat.blood:
            made = [m.metabolism / (m.density * m.heat_capacity) for m in scene.materials if m is not None]
            high += max(made) * scene.duration_s
        if scene.source is not None:
            least = min(m.density * min(m.heat_capacity, m.frozen_heat_capacity[0]) for m in scene.materials if m)
            low += min(0.0, float(scene.source.min())) / least * scene.duration_s
            high += max(0.0, float(scene.source.max())) / least * scene.duration_s
            low = max(low, LOWEST_C)
        return low, high

    def _begin(self, machine: CpuMachine | GpuMachine, begin_c: NDArray[np.float64]) -> Run:
        scene, lay = self.scene, machine.lay
        state: Any = machine.enthalpies(begin_c)
        begin_j, stored_j = total_j(machine, state), total_j(machine, abs(np.asarray(state)))
        record = _record(machine, state, self.bounds_c[0])
        watch = Watch(scene, self.watch, lay, machine.rows)
        watch.begin(state)
        curves = Curves(scene, Probing(scene, lay, machine.rows), state, self.keep.sensors_every_s)
        machine.schedule.enter(0.0, np.array([scene.body_c] * len(scene.lines)))
        march = March(cast(Any, machine), state, self.method, self.bounds_c, self.control)
        kept = {t: record.celsius(state) for t in self.keep.fields_at(scene.duration_s) if t <= SAME_S}
        heat, became = np.zeros(FIXED + len(scene.lines)), [0] * len(scene.rules)
        walls, rims = WallClock(scene), Rims(scene.walls, lay, machine.rows)
        return Run(machine, march, record, curves, watch, walls, rims, begin_j, stored_j, kept, [], heat,
                   np.zeros(len(scene.walls)), became=became)  # fmt: skip

    def _march(self, machine: CpuMachine | GpuMachine, begin_c: NDArray[np.float64], began: float) -> History:
        scene = self.scene
        run = self._begin(machine, begin_c)
        changes = Changes(scene, self.watch)
        if self.resume is not None:
            changes.resume(run, self.resume)
        march = run.march
        corners = sorted(t for t in self._landings(run) if t > march.time_s + SAME_S)
        result: Result | StoppedToSpare = Result.finished
        again: float | None = None
        while corners:
            start = march.time_s
            able: Any = machine.work.able.copy() if self.watch or run.walls.open else None
            taken = march.step(corners[0] if again is None else min(again, corners[0]))
            step = last_step(march, start, taken)
            event, frozen_s, again = run.watch.first(step), changes.frozen_s(run, step), None
            moment = min(np.inf if event is None else event[0], float(frozen_s.min(initial=np.inf)))
            if march.time_s - moment > STOP_S:
                again = max(moment, start + SHORTEST_STOP_S)
                machine.work.able[...] = able
                march.start_again(step.before.reshape(-1), start)
                continue
            run.follow(step, taken)
            if self.moments is not None:
                self.moments.follow(step, run.record, scene.grid)
            if event is not None:
                result = StoppedToSpare(event[1].region, event[1].celsius, march.time_s)
            due = int(march.time_s / EVERY_S) > int(start / EVERY_S)
            if march.time_s >= corners[0]:
                due = due or _among(corners[0], machine.schedule.corners)
                self._land(run, corners[0])
                if corners[0] < scene.duration_s:
                    changes.switch_walls(run, corners[0])
                corners.pop(0)
            if scene.rules and due and corners:
                changes.obey(run)
            if corners:
                changes.freeze_shut(run, np.isfinite(frozen_s))
            self._say(march.time_s / scene.duration_s, f"{march.time_s / 60:.1f} of {scene.duration_s / 60:.1f} min")
            if result is Result.finished and corners and self.cancelled is not None and self.cancelled():
                result = Result.stopped_early
            self._keep_up(run, start, result)
            if result is not Result.finished:
                break
        return self._history(run, result, began)

    def _landings(self, run: Run) -> list[float]:
        """Times after the start at which a step must end, in order and apart."""
        scene, kept = self.scene, self.keep.fields_at(self.scene.duration_s)
        switched = {*run.machine.schedule.corners, *run.walls.corners}
        times = sorted({*switched, *kept, *scene.freeze_ends_s, scene.duration_s})
        return [
            t for n, t in enumerate(times) if SAME_S < t <= scene.duration_s and (n == 0 or t - times[n - 1] > SAME_S)
        ]

    def _land(self, run: Run, landing: float) -> None:
        """What happens at a time at which a step must end."""
        march, schedule = run.march, run.machine.schedule
        kept_at = self.keep.fields_at(self.scene.duration_s)
        if _among(landing, kept_at):
            run.kept[min(kept_at, key=lambda t: abs(t - landing))] = run.record.celsius(march.state)
        if _among(landing, self.scene.freeze_ends_s):
            run.ends.append(run.record.celsius(march.state))
        inside = _among(landing, schedule.corners) and landing < self.scene.duration_s
        if inside and schedule.enter(landing, needle_walls_c(run.machine)):
            march.refresh()
            march.dt = min(march.dt, AFTER_SWITCH_S)

    def _keep_up(self, run: Run, start_s: float, result: Result | StoppedToSpare) -> None:
        """Hand out a checkpoint if one is due, or if the run is cancelled."""
        if self.checkpoint is not None:
            passed = int(run.march.time_s / self.checkpoint_every_s) > int(start_s / self.checkpoint_every_s)
            if (passed and result is Result.finished) or result is Result.stopped_early:
                self.checkpoint(Checkpoint(run.march.time_s, self._identity(), run.save()))

    def _identity(self) -> dict[str, str]:
        """What decides the answer of a run."""
        return {
            "scene": self.scene.key(
                watched=[w.event.region for w in self.watch if w.event.region in self.scene.regions]
            ),
            "bioheat": repr(self.bioheat),
            "method": self.method,
            "control": repr(self.control),
            "keep": repr(self.keep),
            "backend": self.backend,
            "watch": repr(self.watch),
        }

    def _history(self, run: Run, result: Result | StoppedToSpare, began: float) -> History:
        scene, machine, march = self.scene, run.machine, run.march
        change = run.total_j() - run.begin_j
        heat = run.heat
        whole = run.exchanged_j or float(np.abs(heat[:EDGE]).max()) or run.stored_j or 1.0
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
            by_wall_j=run.by_wall_j(),
        )
        times, sensors, watts = run.curves.finish(march.state, march.time_s)
        notes = []
        if machine.needles.dropped_mm > 0:
            notes.append(f"{machine.needles.dropped_mm:.1f} mm of active zone lie in gas and exchange no heat.")
        notes += told(scene, run.became) + run.walls.told()
        if result is not Result.finished:
            notes.append(result.value)
        solver_bytes, record_bytes = held_bytes(march, machine, machine.lay), run.record.nbytes
        final_c = run.record.celsius(march.state)
        remembered = run.record.results(march.state, march.time_s)
        return History(
            scene,
            remembered["minimum"],
            tuple(run.ends),
            final_c,
            {"-20": remembered["below_20"], "-40": remembered["below_40"]},
            remembered["first_frozen"],
            remembered["cycles"],
            remembered["cooling"],
            times,
            sensors,
            watts,
            balance,
            run.record.drift_k,
            result,
            run.kept,
            {
                "steps": march.steps,
                "stages": march.stages,
                "rejected": march.rejected,
                "cells": float(scene.solved.sum()),
                "cell_updates": float(machine.cell_updates),
                "threads": machine.team.threads,
                "solver_bytes": float(solver_bytes),
                "record_bytes": float(record_bytes),
            },
            {
                "version": iceball.__version__,
                "precision": machine.kind.__name__,
                "spacing_mm": max(scene.grid.spacing_mm),
                "seconds": time.perf_counter() - began,
                **({} if isinstance(machine, CpuMachine) else {"device": machine.device}),
                **self._identity(),
            },
            tuple(notes),
        )

    def _say(self, share: float, what: str) -> None:
        if self.progress is not None:
            self.progress(share, what)


def _record(machine: CpuMachine | GpuMachine, state: Any, coldest_c: float) -> Record:
    """What is remembered, kept where the machine keeps its fields."""
    if isinstance(machine, CpuMachine):
        return Record(machine.lay, machine.rows, state, coldest_c)
    from iceball.solve.gpu_record import GpuRecord

    return GpuRecord(machine, state, coldest_c)


def _among(time_s: float, times_s: Iterable[float]) -> bool:
    """Whether a time is one of some."""
    return any(abs(t - time_s) <= SAME_S for t in times_s)
