"""After the gas goes off tissue goes on cooling: how cold structures get when needles and sprays stop at some time."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import numpy as np

from iceball.assessment.cold import ColdMap
from iceball.assessment.part import Lowest, Part
from iceball.errors import SceneError
from iceball.solve import Bioheat, Keep, Simulation
from iceball.solve.history import Field
from iceball.solve.rows import property_rows
from iceball.solve.scene import LineStep, Scene
from iceball.solve.wall import Wall, WallStep
from iceball.space.shapes import Shape
from iceball.space.window import whole

Thaw = Literal["passive", "active"]
Backend = Literal["auto", "cpu", "gpu", "reference"]

WARMED_S = 60.0
"""A structure has turned when it has been warming for this long."""
COAST_S, LONGEST_COAST_S = 240.0, 3600.0
"""A run goes on for so long after the stop; twice as long each time that a structure has not turned, up to the last."""
SHORTEST_S = 1e-3


@dataclass(frozen=True, eq=False)
class Near:
    """A structure dilated by a distance, on the cells of one grid."""

    parts: tuple[Part, ...]

    @classmethod
    def of(cls, shape: Shape, distance_mm: float, cold: ColdMap) -> Near:
        """What of it lies in the map's box; no parts where it lies wholly beyond."""
        window = whole(cold.grid)
        found = [Part.of(shape, cold, window=window)]
        if distance_mm > 0:
            found.append(Part.of(shape, cold, dilation_mm=distance_mm, window=window))
        return cls(tuple(part for part in found if part is not None))

    def away_mm(self, scene: Scene) -> float:
        """Distance to the nearest active zone or frozen surface, 0 where it is touched; infinite without parts."""
        from scipy.spatial import cKDTree

        least = math.inf
        cold = [wall.label for wall in scene.walls if any(cools(step) for step in wall.steps)]
        # half a cell lies between a surface and the middle of the gas cells before it
        surface = scene.grid.to_mm(np.argwhere(np.isin(scene.labels, cold))) if cold else None
        for part in self.parts:
            points = np.concatenate([part.surface_samples[0], part.seeds_mm, part.grid.to_mm(np.argwhere(part.cells))])
            if surface is not None and len(points):
                gap = float(cKDTree(surface).query(points)[0].min()) - max(scene.grid.spacing_mm) / 2
                least = min(least, max(gap, 0.0))
            for line in scene.lines:
                start, along = np.array(line.start_mm), np.array(line.end_mm) - np.array(line.start_mm)
                share = np.clip((points - start) @ along / (along @ along), 0.0, 1.0)
                gaps = np.linalg.norm(points - start - share[:, None] * along, axis=1)
                least = min(least, float(gaps.min(initial=math.inf)))
        return least

    def lowest(self, cold: ColdMap) -> Lowest | None:
        """The lowest temperature on a map; None where all of it lies in gas or beyond the box."""
        found = [part.on(cold).lowest(cold) for part in self.parts]
        return min((low for low in found if low is not None), key=lambda low: low.celsius, default=None)


@dataclass(frozen=True, eq=False)
class Coasted:
    """What one stop does: the lowest temperatures of all tissue from the start on, and whether it still cools."""

    minimum: ColdMap
    before: ColdMap
    """A while before the end of the run."""
    final: ColdMap
    so_far: Mapping[float, Field] = field(default_factory=dict)
    """Lowest temperatures from the start to each of some times, in order."""


@dataclass(eq=False)
class Coast:
    """Stops of one scene, each simulated once.

    Args:
        scene: the protocol as planned.
        near: structures with the distance to keep, as (shape, mm).
        thaw: per line the step of its active thaw, or () for passive thaw.
        backend: as for a Simulation.
        threads: as for a Simulation.
        after_s: how long to look on after the stop, at first.
        go_on: called before each run; what it raises ends the work.
    """

    scene: Scene
    near: Sequence[tuple[Shape, float]]
    thaw: tuple[LineStep, ...] = ()
    backend: Backend = "auto"
    threads: int | None = None
    after_s: float = COAST_S
    go_on: Callable[[], None] = lambda: None
    done: dict[float, Coasted] = field(default_factory=dict)
    _near: dict[int, Near] = field(default_factory=dict)
    _lowest: dict[tuple[int, float], Lowest | None] = field(default_factory=dict)

    @cached_property
    def cold_s(self) -> tuple[tuple[float, float], ...]:
        """Start and end of each stretch in which any needle or surface is cooled."""
        steps: list[LineStep | WallStep] = [s for line in self.scene.lines for s in line.steps]
        steps += [s for wall in self.scene.walls for s in wall.steps]
        spans = sorted((s.start_s, s.start_s + s.duration_s) for s in steps if cools(s))
        merged: list[tuple[float, float]] = []
        for start, end in spans:
            if merged and start <= merged[-1][1] + SHORTEST_S:
                merged[-1] = merged[-1][0], max(merged[-1][1], end)
            else:
                merged.append((start, end))
        return tuple(merged)

    def lowest(self, n: int, time_s: float) -> Lowest | None:
        """The lowest temperature of structure `n` when all needles stop at a time, until it has turned.

        None where it lies in gas or beyond the box.
        """
        if (n, time_s) not in self._lowest:
            found = self.done.get(time_s) or self._run(time_s)
            while not self._turned(n, found) and self.after_s < LONGEST_COAST_S:
                self.after_s *= 2
                found = self._run(time_s)
            self._lowest[n, time_s] = self.near_of(n).lowest(found.minimum)
        return self._lowest[n, time_s]

    def whole(self, *, every_s: float) -> Coasted:
        """The protocol as planned and what follows, with its lowest temperatures so far at intervals."""
        end = self.scene.duration_s
        times = (*np.arange(0.0, end - SHORTEST_S, every_s).tolist(), end)
        return self._run(end, times)

    def crossing_s(self, n: int, level_c: float, whole: Coasted) -> float | None:
        """When structure `n` first comes down to a level in `whole`; None if it does not, or begins there."""
        times = list(whole.so_far)

        def celsius(k: int) -> float:
            return _celsius(self.near_of(n).lowest(self._map(whole.so_far[times[k]])))

        low, high = 0, len(times) - 1
        warm, cold = celsius(low), celsius(high)
        if warm <= level_c or cold > level_c:
            return None
        while high - low > 1:
            middle = (low + high) // 2
            here = celsius(middle)
            if here <= level_c:
                high, cold = middle, here
            else:
                low, warm = middle, here
        return times[low] + (times[high] - times[low]) * (warm - level_c) / (warm - cold)

    def so_far(self, n: int, whole: Coasted, time_s: float) -> float:
        """The lowest temperature of structure `n` up to a time in `whole`, between the times kept linear."""
        times = np.array(list(whole.so_far))
        after = int(np.clip(np.searchsorted(times, time_s), 0, len(times) - 1))
        before = max(after - 1, 0) if times[after] > time_s else after
        values = [_celsius(self.near_of(n).lowest(self._map(whole.so_far[float(times[k])]))) for k in (before, after)]
        return float(np.interp(time_s, times[[before, after]], values))

    def near_of(self, n: int) -> Near:
        """Structure `n` on the scene's cells."""
        if n not in self._near:
            shape, distance_mm = self.near[n]
            self._near[n] = Near.of(shape, distance_mm, self._blank)
        return self._near[n]

    def _run(self, time_s: float, times: tuple[float, ...] = ()) -> Coasted:
        self.go_on()
        scene = stopped(self.scene, time_s, self.after_s, self.thaw)
        before = scene.duration_s - WARMED_S
        keep = Keep(times_s=(*times, before))
        history = Simulation(scene, keep=keep, backend=self.backend, threads=self.threads).run()
        lows = itertools.accumulate((history.kept[t] for t in times), np.fmin)
        self.done[time_s] = Coasted(
            minimum=self._map(history.minimum_c),
            before=self._map(history.kept[before]),
            final=self._map(history.final_c),
            so_far=dict(zip(times, lows, strict=True)),
        )
        return self.done[time_s]

    def _turned(self, n: int, found: Coasted) -> bool:
        near = self.near_of(n)
        return _celsius(near.lowest(found.final)) >= _celsius(near.lowest(found.before))

    @cached_property
    def _blank(self) -> ColdMap:
        """A map of the scene's cells without its temperatures; in gas the nearest tissue stands in, as `ColdMap.of`."""
        from scipy.ndimage import distance_transform_edt

        scene, tissue = self.scene, self.scene.solved
        self._source = None
        if not tissue.all():
            self._source = tuple(
                distance_transform_edt(
                    ~tissue, sampling=scene.grid.spacing_mm, return_distances=False, return_indices=True
                )
            )
        labels = scene.labels if self._source is None else scene.labels[self._source]
        body = np.full(scene.grid.shape, scene.body_c, np.float32)
        return ColdMap(scene.grid, body, tissue, scene.body_c, labels, property_rows(scene, Bioheat()))

    def _map(self, celsius: Field) -> ColdMap:
        blank = self._blank
        return replace(blank, celsius=celsius if self._source is None else celsius[self._source])


def _celsius(found: Lowest | None) -> float:
    return math.inf if found is None else found.celsius


def cools(step: LineStep | WallStep) -> bool:
    """Whether a step takes heat."""
    if isinstance(step, WallStep):
        return step.h > 0 and step.ambient_c < 0
    return not step.is_off and (step.watts_per_m > 0 or step.coolant_c < 0)


def stopped(scene: Scene, time_s: float, after_s: float, thaw: Sequence[LineStep] = ()) -> Scene:
    """The scene with all needles and sprays stopped at a time, and what follows.

    Args:
        scene: the protocol as planned.
        time_s: when the gas goes off; above 0.
        after_s: how long to look on.
        thaw: per line its step of active thaw, whose times are ignored; () for passive thaw.

    Raises:
        SceneError: if the time is not above 0.
    """
    if not time_s > 0:
        raise SceneError(f"cannot stop at {time_s:g} s", where="stop")
    lines = []
    for n, line in enumerate(scene.lines):
        steps = [
            replace(s, duration_s=min(s.duration_s, time_s - s.start_s))
            for s in line.steps
            if s.start_s < time_s - SHORTEST_S
        ]
        if thaw and any(cools(s) for s in steps):
            steps.append(replace(thaw[n], start_s=time_s, duration_s=after_s))
        lines.append(replace(line, steps=tuple(steps)))
    walls = tuple(_stopped(wall, time_s) for wall in scene.walls)
    return replace(
        scene, lines=tuple(lines), walls=walls, duration_s=time_s + after_s, freeze_ends_s=(), regions={}, sensors={}
    )


def _stopped(wall: Wall, time_s: float) -> Wall:
    """A wall whose freezes end at a time; what warms or lies there goes on."""
    steps = []
    for step in wall.steps:
        left_s = min(step.duration_s, time_s - step.start_s) if cools(step) else step.duration_s
        if left_s > SHORTEST_S:
            steps.append(replace(step, duration_s=left_s))
    return replace(wall, steps=tuple(steps))
