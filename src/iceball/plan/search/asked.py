"""What a plan's goals ask, as points at which a temperature answers: the same points for a sketch and for a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from iceball.assessment.goals import Cover, Goal, Spare
from iceball.errors import GeometryError
from iceball.plan.search.looks import crossed
from iceball.space import Grid
from iceball.space.distance import distance_field, interpolate
from iceball.space.shapes import Shape
from iceball.tissue import TARGET, Anatomy

Floats = NDArray[np.float64]
Temperatures = Callable[[Floats], Floats]
"""Lowest temperature over the protocol at points (n, 3), LPS mm; NaN where nobody knows."""

CELL_MM = 1.5
DEEPEST_MM, FARTHEST_MM, STEP_MM = -6.0, 18.0, 2.0
"""A margin is looked for along the target's normals between these."""
REACH_MM = 40.0
"""Structures farther from the target than this are not asked about: ice that far out has failed otherwise."""
MOST_POINTS, MOST_NORMALS = 1_500, 1_500
CLOSE_POINTS = 20_000
"""Of one goal, where a run is asked: all skin within reach, so that ice where a needle leaves the body is seen."""
FAN_MM = 6.0
"""The normals are spread evenly where they are so far out, so that a corner is looked at from all its sides."""
WARMEST_C = 37.0
SPARED_MM = 2.0
"""Between points of structures that are to be spared: the skin is hardly thicker."""


@dataclass(frozen=True, eq=False)
class Answer:
    """How a temperature map does at what was asked.

    Attributes:
        margin_mm: smallest margin of the 0 °C isotherm over the aim's surface, within the -6 to 18 mm looked at.
        p05_mm: its 5th percentile.
        lacks_k: for each goal how many degrees it is short of being met; 0 or less where it is met.
    """

    margin_mm: float
    p05_mm: float
    lacks_k: tuple[float, ...]

    @property
    def met(self) -> tuple[bool, ...]:
        """Which goals are met at the points asked."""
        return tuple(k <= 0 for k in self.lacks_k)


@dataclass(frozen=True, eq=False)
class Asked:
    """Points of one patient and one list of goals.

    Attributes:
        goals: those that can be asked so: covers and spares of drawn structures.
        aim: the structure whose margin counts: the target, or what the goals cover wholly in its place.
        margins_mm: points of the aim's surface moved along its normals, shape (offsets, n, 3).
        offsets_mm: how far, outwards positive.
        places_mm: of each goal its points, shape (n, 3).
        whole_mm: all of them in one, so that they are answered at once.
    """

    goals: tuple[Cover | Spare, ...]
    aim: str
    margins_mm: Floats
    offsets_mm: Floats
    places_mm: tuple[Floats, ...]
    whole_mm: Floats

    @classmethod
    def of(cls, anatomy: Anatomy, goals: tuple[Goal, ...], *, most: int = MOST_POINTS) -> Asked:
        """The points of an anatomy's structures that the goals name, of each goal at most so many."""
        target, aim = anatomy.target.shape, aim_of(goals)
        aim = aim if anatomy.find(aim) else TARGET  # what is expected and was not drawn has no margin
        fields: dict[str, tuple[Grid, NDArray[np.float32]]] = {}

        def field(name: str) -> tuple[Grid, NDArray[np.float32]]:
            if name not in fields:
                found = anatomy.structure(name)
                assert found is not None
                fields[name] = _field(found.shape, FARTHEST_MM + 2 * CELL_MM)
            return fields[name]

        margins, offsets = _margins(*field(aim))
        asked: list[Cover | Spare] = []
        places = []
        for goal in goals:
            if isinstance(goal, Cover) and goal.margin_mm <= FARTHEST_MM and anatomy.structure(goal.structure):
                grid, depth = field(goal.structure)
                points = grid.to_mm(np.argwhere(depth <= goal.margin_mm))
                # what is farthest out is what is covered last
                order = np.argsort(-depth[depth <= goal.margin_mm], kind="stable")
                points = points[order[:most]] if goal.fraction == 1 else _thin(points, most)
            elif isinstance(goal, Spare) and (found := anatomy.find(goal.structure)) is not None:
                points = _near(found.shape, goal.distance_mm, target)[:most]
            else:
                continue
            if len(points):
                asked.append(goal)
                places.append(points)
        whole = np.concatenate([margins.reshape(-1, 3), *places])
        return cls(tuple(asked), aim, margins, offsets, tuple(places), whole)

    def thinned(self, normals: int, points: int) -> Asked:
        """The same at about so many normals, and so many points of each goal: for a look that is soon forgotten."""
        margins = self.margins_mm[:, :: max(1, -(-self.margins_mm.shape[1] // normals))]
        places = tuple(rows[:: max(1, -(-len(rows) // points))] for rows in self.places_mm)
        whole = np.concatenate([margins.reshape(-1, 3), *places])
        return replace(self, margins_mm=margins, places_mm=places, whole_mm=whole)

    def margins(self, celsius: Floats) -> Floats:
        """The margin along each normal, from temperatures at `margins_mm` in one row."""
        return _crossings(celsius.reshape(self.margins_mm.shape[:2]), self.offsets_mm)

    def margin(self, celsius: Floats) -> float:
        """The smallest margin, from temperatures at `margins_mm` in one row."""
        return float(self.margins(celsius).min())

    def answer(self, temperatures: Temperatures) -> Answer:
        """How a temperature map does."""
        return self.answered(temperatures(self.whole_mm))

    def answered(self, celsius: Floats) -> Answer:
        """The same from temperatures at `whole_mm`."""
        count = self.margins_mm.shape[0] * self.margins_mm.shape[1]
        margins = self.margins(celsius[:count])
        lacks, first = [], count
        for goal, points in zip(self.goals, self.places_mm, strict=True):
            here = celsius[first : first + len(points)]
            first += len(points)
            here = here[np.isfinite(here)]
            if isinstance(goal, Cover):
                lacks.append(_coldest(here, goal.fraction) - goal.below if here.size else WARMEST_C)
            else:
                lacks.append(goal.above - float(here.min()) if here.size else 0.0)
        return Answer(float(margins.min()), float(np.quantile(margins, 0.05)), tuple(lacks))


def aim_of(goals: Sequence[Goal]) -> str:
    """The structure whose margin counts: the target where one covers it or none anything, else what is covered."""
    covered = [g.structure for g in goals if isinstance(g, Cover) and g.fraction == 1]
    return covered[0] if covered and TARGET not in covered else TARGET


def _coldest(celsius: Floats, fraction: float) -> float:
    """The temperature that so large a fraction is at or below."""
    return float(celsius.max() if fraction == 1 else np.quantile(celsius, fraction))


def _field(shape: Shape, pad_mm: float) -> tuple[Grid, NDArray[np.float32]]:
    low, high = shape.bounds_mm()
    cell = float(np.clip((float(np.prod(high - low + 2 * pad_mm)) / 400_000) ** (1 / 3), 0.75, 2 * CELL_MM))
    grid = Grid.box(low - pad_mm, high + pad_mm, cell)
    return grid, distance_field(shape, grid)


def _margins(grid: Grid, field: NDArray[np.float32]) -> tuple[Floats, Floats]:
    """Points of the surface moved along the normals.

    Along a straight line from a point outside to the nearest point of the surface that point stays the nearest, so what
    is crossed on it is crossed at its true distance. From the surface itself a corner would have one normal only.
    """
    outer = np.argwhere(np.abs(field - FAN_MM) <= 0.75 * max(grid.spacing_mm))
    cells = outer[:: max(1, -(-len(outer) // MOST_NORMALS))]
    slopes = np.stack([np.asarray(s) for s in np.gradient(field, *grid.spacing_mm)], axis=-1)[tuple(cells.T)]
    normals = slopes / np.maximum(np.linalg.norm(slopes, axis=1, keepdims=True), 1e-6)
    surface = grid.to_mm(cells) - field[tuple(cells.T)][:, None] * normals
    # beside the surface the field is finer than a cell, at the outer point it is not
    for _ in range(2):
        surface = surface - interpolate(field, grid, surface, outside=0.0)[:, None] * normals
    offsets = np.arange(DEEPEST_MM, FARTHEST_MM + STEP_MM / 2, STEP_MM)
    return surface + offsets[:, None, None] * normals, offsets


def _crossings(celsius: Floats, offsets_mm: Floats) -> Floats:
    found = np.empty(celsius.shape[1])
    crossed(np.ascontiguousarray(celsius, float), offsets_mm, found)
    return found


def _near(shape: Shape, distance_mm: float, target: Shape) -> Floats:
    """Points of a dilated structure within reach of the target, nearest to it first."""
    low, high = target.bounds_mm()
    first, last = shape.bounds_mm()
    low = np.maximum(low - REACH_MM, first - distance_mm - CELL_MM)
    high = np.minimum(high + REACH_MM, last + distance_mm + CELL_MM)
    if (low >= high).any():
        return np.zeros((0, 3))
    grid = Grid.box(low, high, SPARED_MM)
    try:
        cells = np.argwhere(distance_field(shape, grid, near_mm=distance_mm) <= distance_mm)
    except GeometryError:  # nothing of it is in reach
        return np.zeros((0, 3))
    points = grid.to_mm(cells)
    centre = np.mean(target.bounds_mm(), axis=0)
    return points[np.argsort(np.linalg.norm(points - centre, axis=1), kind="stable")]


def _thin(rows: Floats, most: int) -> Floats:
    """Every so manieth row, so that at most so many are left."""
    return rows[:: max(1, -(-len(rows) // most))]
