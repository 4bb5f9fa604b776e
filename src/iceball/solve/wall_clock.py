"""The walls' clock: what each wall does at a time, and which of them have frozen shut."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.physics.freezing import enthalpy
from iceball.solve.films import beside
from iceball.solve.hermite import crossing, limited
from iceball.solve.layout import Layout
from iceball.solve.needle_heat import loop
from iceball.solve.scene import Scene
from iceball.solve.step import Step
from iceball.solve.wall import Wall

SHUT = " froze shut at "


def shut_times(notes: Iterable[str]) -> dict[str, float]:
    """When each flow froze shut, s, from the sentences of a run."""
    told = (note.partition(SHUT) for note in notes)
    return {name: float(rest.split(" ")[0]) for name, found, rest in told if found}


class WallClock:
    """Knows what each wall does now. At rest, before the first step, no step of a wall counts."""

    def __init__(self, scene: Scene) -> None:
        self.walls: tuple[Wall, ...] = scene.walls
        self.shut_s = np.full(len(scene.walls), np.nan)
        self.corners = sorted({t for wall in scene.walls for t in wall.corners_s if t < scene.duration_s})

    def values(self, time_s: float) -> NDArray[np.float64]:
        """h and ambient temperature of each wall from that time on, shape (walls, 2)."""
        now = np.array([wall.at(time_s) for wall in self.walls], float).reshape(-1, 2)
        now[~np.isnan(self.shut_s), 0] = 0.0
        return now

    @property
    def open(self) -> bool:
        """Whether a flow may still freeze shut."""
        return any(w.closes_c is not None and np.isnan(t) for w, t in zip(self.walls, self.shut_s, strict=True))

    def shut(self, frozen: NDArray[np.bool_], time_s: float) -> bool:
        """Close the walls of which every face is frozen, with all walls of their flow; whether any closed now."""
        flows = {self.walls[n].flow for n in np.flatnonzero(frozen & np.isnan(self.shut_s))} - {""}
        closing = frozen | np.array([wall.flow in flows for wall in self.walls], bool)
        closing &= np.isnan(self.shut_s)
        self.shut_s[closing] = time_s
        return bool(closing.any())

    def told(self) -> list[str]:
        """A sentence for each flow that has frozen shut."""
        by_flow = {w.flow or w.name: t for w, t in zip(self.walls, self.shut_s, strict=True) if not np.isnan(t)}
        return [f"{name}{SHUT}{time:.1f} s: nothing flows there from then on." for name, time in by_flow.items()]

    def save(self) -> dict[str, Any]:
        """All that changes, for a checkpoint."""
        return {"shut_s": self.shut_s}

    def load(self, saved: Mapping[str, Any]) -> None:
        """Take up what `save` gave."""
        self.shut_s = saved["shut_s"]


class Rims:
    """The cells around walls whose flow may freeze shut."""

    def __init__(self, walls: tuple[Wall, ...], lay: Layout, rows: NDArray[Any]) -> None:
        at, cell = beside(lay)
        which = lay.face_kind[at, 2].astype(np.int64)
        self.count = len(walls)
        closing = np.array([wall.closes_c is not None for wall in walls], bool)[which] if at.size else at > 0
        self.cells, self.which = cell[closing], which[closing]
        self.has_faces = np.bincount(self.which, minlength=self.count) > 0
        labels = lay.labels.reshape(-1)[self.cells]
        levels = {
            (n, label): enthalpy(wall.closes_c, rows[label])
            for n, wall in enumerate(walls)
            if wall.closes_c is not None
            for label in np.unique(labels[self.which == n])
        }
        self.level = np.array([levels[pair] for pair in zip(self.which.tolist(), labels.tolist(), strict=True)], float)

    def frozen_s(self, step: Step) -> NDArray[np.float64]:
        """When, in a step, all tissue at a wall's faces has come to the temperature at which it closes; else inf."""
        (u, v, m0, m1), places = step.values_in(self.cells)
        share = np.where(self.has_faces, 0.0, np.inf)
        _last(places, self.which, self.level, u, v, m0, m1, step.dt, share)
        return np.asarray(step.start_s + step.dt * share)


@loop
def _last(cells, which, level, u, v, m0, m1, dt, share):  # type: ignore[no-untyped-def]
    """Share of a step at which the last cell of each group comes down to its level; infinite if it ends above."""
    for n in range(cells.size):
        at, wall = cells[n], which[n]
        if v[at] > level[n]:
            share[wall] = np.inf
        elif u[at] > level[n]:
            d0, d1 = limited(u[at], v[at], dt * m0[at], dt * m1[at])
            share[wall] = max(share[wall], crossing(level[n], u[at], v[at], d0, d1, 0.0, 1.0))
