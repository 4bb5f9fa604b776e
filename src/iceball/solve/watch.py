"""What may end a run early: a region that must not become too cold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.errors import SceneError
from iceball.physics.freezing import enthalpy
from iceball.solve.hermite import along, crossing, limited, turning
from iceball.solve.layout import Layout
from iceball.solve.needle_heat import loop
from iceball.solve.scene import Scene
from iceball.solve.step import Step, values_in


@dataclass(frozen=True)
class Reaches:
    """The moment at which the coldest cell of a region comes down to a temperature."""

    region: str
    celsius: float

    def __post_init__(self) -> None:
        if not math.isfinite(self.celsius):
            raise SceneError(f"{self.celsius} is not a temperature", where=f"reaches({self.region!r})")


def reaches(region: str, celsius: float) -> Reaches:
    """The moment at which the coldest cell of a region of the scene comes down to `celsius` °C."""
    return Reaches(region, float(celsius))


@dataclass(frozen=True)
class StopWhen:
    """End the run at an event, found inside the step in which it happens.

    Example:
        `Simulation(scene, watch=[StopWhen(reaches("bowel", 0))])`
    """

    event: Reaches


@loop
def _earliest(cells, level, u, v, m0, m1, dt):  # type: ignore[no-untyped-def]
    """Share of a step at which the first of some cells comes down to its level; infinite if none does."""
    first = np.inf
    for n in range(cells.size):
        at = cells[n]
        start, end = u[at], v[at]
        d0, d1 = limited(start, end, dt * m0[at], dt * m1[at])
        turn = turning(start, end, d0, d1)
        middle = end if turn == 1.0 else along(turn, start, end, d0, d1)
        if start <= level[n]:
            return 0.0
        if middle <= level[n]:
            first = min(first, crossing(level[n], start, end, d0, d1, 0.0, turn))
        elif end <= level[n]:
            first = min(first, crossing(level[n], start, end, d0, d1, turn, 1.0))
    return first


class Watch:
    """Looks at the watched regions after every step.

    Raises:
        SceneError: if a region is unknown, holds no tissue, or is there already at the start.
    """

    def __init__(self, scene: Scene, stops: Sequence[StopWhen], lay: Layout, table: NDArray[Any]) -> None:
        self.events = [stop.event for stop in stops]
        self.cells: list[NDArray[np.int64]] = []
        self.levels: list[NDArray[Any]] = []
        labels = lay.labels.reshape(-1)
        for event in self.events:
            where = f"Simulation.watch: reaches({event.region!r}, {event.celsius:g})"
            if event.region not in scene.regions:
                known = ", ".join(scene.regions) or "none"
                raise SceneError("the scene has no such region.", where=where, remedy=f"Known regions: {known}.")
            inside = np.zeros(lay.padded, bool)
            lay.inner(inside)[scene.regions[event.region]] = True
            cells = np.flatnonzero(inside & (lay.labels != 255))
            if not cells.size:
                raise SceneError("the region holds no tissue", where=where)
            of_label = {int(n): enthalpy(event.celsius, table[n]) for n in np.unique(labels[cells])}
            self.cells.append(cells)
            self.levels.append(np.array([of_label[int(n)] for n in labels[cells]]))

    def begin(self, h: NDArray[Any]) -> None:
        """Refuse a run whose end is its beginning."""
        for event, cells, level in zip(self.events, self.cells, self.levels, strict=True):
            (u, *_), places = values_in(cells, h, h, h, h)
            if (u[places] <= level).any():
                raise SceneError(
                    f"{event.region} is at or below {event.celsius:g} °C from the start",
                    where=f"Simulation.watch: reaches({event.region!r}, {event.celsius:g})",
                    remedy="Watch for a lower temperature, or begin warmer.",
                )

    def first(self, step: Step) -> tuple[float, Reaches] | None:
        """Time and event of the first that happened in a step, or None."""
        found: tuple[float, Reaches] | None = None
        for event, cells, level in zip(self.events, self.cells, self.levels, strict=True):
            (u, v, m0, m1), places = step.values_in(cells)
            share = float(_earliest(places, level, u, v, m0, m1, step.dt))
            time = step.start_s + share * step.dt
            if share <= 1.0 and (found is None or time < found[0]):
                found = time, event
        return found
