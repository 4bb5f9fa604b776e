"""Curves over time: sensors by trilinear interpolation, and each needle's power."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.errors import SceneError
from iceball.physics.freezing import temperature
from iceball.solve.hermite import along, limited
from iceball.solve.layout import GAS, Layout
from iceball.solve.needle_heat import loop
from iceball.solve.scene import Scene
from iceball.solve.schedule import SAME_S
from iceball.solve.step import Step, values_in

Curve = NDArray[np.float64]
CORNERS = np.array(list(itertools.product((0, 1), repeat=3)))


@loop
def _read(cells, weights, labels, table, u, v, m0, m1, dt, shares, out):  # type: ignore[no-untyped-def]
    """Temperature of each sensor at some shares of a step, into `out[share, sensor]`."""
    for n in range(shares.size):
        for sensor in range(cells.shape[0]):
            total = 0.0
            for c in range(8):
                if weights[sensor, c] > 0.0:
                    at = cells[sensor, c]
                    d0, d1 = limited(u[at], v[at], dt * m0[at], dt * m1[at])
                    h = along(shares[n], u[at], v[at], d0, d1)
                    total += weights[sensor, c] * temperature(h, table[labels[at]])
            out[n, sensor] = total


class Probing:
    """Reads the temperature at the scene's sensors; gas has no weight."""

    def __init__(self, scene: Scene, lay: Layout, table: NDArray[Any]) -> None:
        self.table, self.labels = table, lay.labels.reshape(-1)
        cells, weights = [], []
        for name, point in scene.sensors.items():
            if not bool(scene.grid.contains(point)):
                raise SceneError(f"the point {point} lies outside the grid", where=f"Scene.sensors[{name}]")
            index = scene.grid.to_index(point)
            low = np.floor(index).astype(int)
            share = index - low
            corner = np.clip(low + CORNERS, 0, np.array(lay.shape) - 1) + 1
            around = np.ravel_multi_index(tuple(corner.T), lay.padded)
            weight = np.prod(np.where(CORNERS, share, 1 - share), axis=1) * (self.labels[around] != GAS)
            total = sum(weight.tolist())
            if total <= 0:
                raise SceneError(f"the point {point} lies in gas", where=f"Scene.sensors[{name}]")
            cells.append(around)
            weights.append(weight / total)
        self.cells = np.array(cells, np.int64).reshape(-1, 8)
        self.weights = np.array(weights, float).reshape(-1, 8)

    def take_up(self, lay: Layout) -> None:
        """Read other tissues in the same cells."""
        self.labels = lay.labels.reshape(-1)

    def read(self, h: NDArray[Any]) -> Curve:
        """Temperature at each sensor, with the enthalpies `h`."""
        return np.asarray(self._read(values_in(self.cells, h, h, h, h), 0.0, np.zeros(1))[0])

    def within(self, step: Step, times_s: Curve) -> Curve:
        """Temperature at times within a step, shape (times, sensors)."""
        shares = np.clip((times_s - step.start_s) / step.dt, 0.0, 1.0)
        return self._read(step.values_in(self.cells), step.dt, shares)

    def _read(self, values: tuple[tuple[Any, Any, Any, Any], NDArray[np.int64]], dt: float, shares: Curve) -> Curve:
        out = np.zeros((shares.size, len(self.cells)))
        (u, v, m0, m1), places = values
        labels = self.labels if places is self.cells else self.labels[self.cells].reshape(-1)
        _read(places, self.weights, labels, self.table, u, v, m0, m1, dt, shares, out)
        return out


class Curves:
    """Values at even intervals: sensor temperatures inside each step, and what each needle took during it."""

    def __init__(self, scene: Scene, probing: Probing, h: NDArray[Any], every_s: float) -> None:
        self.probing, self.every_s = probing, every_s
        self.names, self.lines = list(scene.sensors), [line.name for line in scene.lines]
        self.times = np.zeros(1)
        self.sensors = probing.read(h).reshape(1, -1)
        self.watts = np.full((1, len(self.lines)), math.nan)
        self.last = np.zeros(len(self.lines))

    def follow(self, step: Step, joules: Curve) -> None:
        """A step in which the needles took `joules`; a time that is due falls to the step that ends at it."""
        watts = joules / step.dt
        if np.isnan(self.watts[0]).any():
            self.watts[0] = watts
        last = math.floor(step.end_s / self.every_s + 1e-9)
        due = np.array([n * self.every_s for n in range(self.times.size, last + 1)], float)
        if due.size:
            self._add(due, self.probing.within(step, due), watts)
        self.last = watts

    def _add(self, times: Curve, sensors: Curve, watts: Curve) -> None:
        self.times = np.append(self.times, times)
        self.sensors = np.vstack([self.sensors, sensors])
        self.watts = np.vstack([self.watts, np.broadcast_to(watts, (times.size, watts.size))])

    def finish(self, h: NDArray[Any], end_s: float) -> tuple[Curve, dict[str, Curve], dict[str, Curve]]:
        """Times, sensor curves and needle powers (mean of the step that holds the time), up to the end."""
        if end_s - self.times[-1] > SAME_S:
            self._add(np.array([end_s]), self.probing.read(h).reshape(1, -1), self.last)
        self.times[-1] = end_s
        watts = np.nan_to_num(self.watts)
        return (
            self.times,
            {name: self.sensors[:, n] for n, name in enumerate(self.names)},
            {name: watts[:, n] for n, name in enumerate(self.lines)},
        )

    def save(self) -> dict[str, Any]:
        """All that changes, for a checkpoint."""
        return {"times": self.times, "sensors": self.sensors, "watts": self.watts, "last": self.last}

    def load(self, saved: Mapping[str, Any]) -> None:
        """Take up what `save` gave."""
        self.times, self.sensors, self.watts = saved["times"], saved["sensors"], saved["watts"]
        self.last = saved["last"]
