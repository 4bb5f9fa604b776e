"""Curves over time: sensors by trilinear interpolation, and each needle's power."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from iceball.errors import SceneError
from iceball.solve.layout import Layout
from iceball.solve.scene import Scene

Curve = NDArray[np.float64]


class Probing:
    """Reads the temperature at the scene's sensors; gas has no weight."""

    def __init__(self, scene: Scene, lay: Layout) -> None:
        tissue = lay.inner(lay.labels) != 255
        cells, weights = [], []
        for name, point in scene.sensors.items():
            if not bool(scene.grid.contains(point)):
                raise SceneError(f"the point {point} lies outside the grid", where=f"Scene.sensors[{name}]")
            index = scene.grid.to_index(point)
            low = np.floor(index).astype(int)
            share = index - low
            around, weight = [], []
            for corner in itertools.product((0, 1), repeat=3):
                cell = np.clip(low + corner, 0, np.array(lay.shape) - 1)
                around.append(int(np.ravel_multi_index(tuple(cell), lay.shape)))
                weight.append(float(np.prod(np.where(corner, share, 1 - share))) * float(tissue[tuple(cell)]))
            if sum(weight) <= 0:
                raise SceneError(f"the point {point} lies in gas", where=f"Scene.sensors[{name}]")
            cells.append(around)
            weights.append(np.array(weight) / sum(weight))
        self.cells = np.array(cells, int).reshape(-1, 8)
        self.weights = np.array(weights, float).reshape(-1, 8)

    def read(self, celsius: NDArray[np.float32]) -> Curve:
        """Temperature at each sensor."""
        return np.asarray((celsius.reshape(-1)[self.cells] * self.weights).sum(axis=1))


class Curves:
    """Collects a value at every step's end and gives them back at even intervals."""

    def __init__(self, scene: Scene, first: Curve, every_s: float) -> None:
        self.names, self.lines, self.every_s = list(scene.sensors), [line.name for line in scene.lines], every_s
        self.times, self.values = [0.0], [first]
        self.powers: list[Curve] = []

    def add(self, time_s: float, dt: float, values: Curve, joules: Curve) -> None:
        """The end of a step: sensor temperatures, and the heat each needle took during it."""
        self.times.append(time_s)
        self.values.append(values)
        self.powers.append(joules / dt)

    def finish(self, end_s: float) -> tuple[Curve, dict[str, Curve], dict[str, Curve]]:
        """Times, sensor curves (straight between steps) and needle powers (mean of the step that holds the time)."""
        times = np.append(np.arange(0.0, end_s - 1e-6, self.every_s), end_s)
        steps = np.array(self.times)
        values = np.array(self.values).reshape(len(steps), -1)
        sensors = {name: np.interp(times, steps, values[:, n]) for n, name in enumerate(self.names)}
        powers = np.array(self.powers).reshape(len(self.powers), len(self.lines))
        at = np.clip(np.searchsorted(steps[1:], times - 1e-9), 0, max(len(self.powers) - 1, 0))
        watts = {name: powers[at, n] if len(powers) else np.zeros(times.size) for n, name in enumerate(self.lines)}
        return times, sensors, watts
