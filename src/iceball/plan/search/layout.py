"""Needles beside each other from one side, as the few numbers that a search may turn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iceball.applicator import Probe
from iceball.plan.placement import Placement
from iceball.plan.search.array import evenly
from iceball.plan.ways.survey import Room, Ways, survey
from iceball.plan.ways.terrain import Terrain
from iceball.space.directions import across, written

Floats = NDArray[np.float64]

TILT_DEG = 8.0
SHIFT_MM = 8.0
"""One unit of a number of the search: of the common tilt, and of a needle's place and depth."""


@dataclass(frozen=True, eq=False)
class Layout:
    """Parallel needles of one kind through a target, around a first direction.

    Numbers of a search: two tilts of the common direction, then for each needle its two places across and its depth.

    Attributes:
        kind: of all needles.
        centre_mm: the target's middle, LPS.
        out: unit vector from the target to the skin around which the direction is tilted.
        start: the numbers from which a search starts, shape (2 + 3 needles,).
    """

    kind: Probe
    centre_mm: Floats
    out: Floats
    start: Floats

    @classmethod
    def of(cls, terrain: Terrain, kind: Probe, out: Floats, needles: int) -> Layout:
        """`needles` spread evenly over the target's outline, each centred on its chord."""
        points = terrain.ground.target_mm
        centre = points.mean(axis=0)
        first, second = across(-out)
        plane = np.column_stack([(points - centre) @ first, (points - centre) @ second])
        depth = (points - centre) @ -out
        numbers = [0.0, 0.0]
        for place in evenly(plane, terrain.ground.target_step_mm, needles):
            gap = np.hypot(plane[:, 0] - place[0], plane[:, 1] - place[1])
            chord = depth[gap <= max(2 * terrain.ground.target_step_mm, float(gap.min()) + 0.1)]
            numbers += [place[0] / SHIFT_MM, place[1] / SHIFT_MM, float(chord.min() + chord.max()) / 2 / SHIFT_MM]
        return cls(kind, centre, out, np.array(numbers))

    @property
    def needles(self) -> int:
        """How many."""
        return (len(self.start) - 2) // 3

    def direction(self, numbers: Floats) -> Floats:
        """Unit vector from the target to the skin."""
        first, second = across(-self.out)
        a, b = np.tan(np.radians(TILT_DEG)) * numbers[:2]
        out = self.out + a * first + b * second
        return np.asarray(out / np.linalg.norm(out))

    def zones_mm(self, numbers: Floats) -> Floats:
        """Deep and shallow end of each active zone, shape (needles, 2, 3)."""
        out = self.direction(numbers)
        first, second = across(-out)
        place = SHIFT_MM * numbers[2:].reshape(-1, 3)
        middle = self.centre_mm + place[:, :1] * first + place[:, 1:2] * second - place[:, 2:] * out
        half = self.kind.active_mm.value / 2
        return np.stack([middle - half * out, middle + half * out], axis=1)

    def tips_mm(self, numbers: Floats) -> Floats:
        """Physical tips, shape (needles, 3)."""
        return np.asarray(self.zones_mm(numbers)[:, 0] - self.kind.standoff_mm.value * self.direction(numbers))

    def ways(self, numbers: list[Floats], terrain: Terrain, room: Room) -> list[Ways]:
        """The needles' ways for several sets of numbers, looked at together."""
        tips = np.concatenate([self.tips_mm(n) for n in numbers])
        outs = np.repeat([self.direction(n) for n in numbers], self.needles, axis=0)
        whole = survey(terrain, self.kind, tips, outs, room=room)
        return [whole.part(slice(i * self.needles, (i + 1) * self.needles)) for i in range(len(numbers))]

    def placements(self, ways: Ways) -> tuple[Placement, ...]:
        """The needles of open ways, from the patient's right to left."""
        order = np.lexsort(ways.tips_mm.T[::-1].round(1))
        return tuple(
            Placement(self.kind.name, written(ways.tips_mm[i]), written(ways.entries_mm[i]), name=f"needle {n + 1}")
            for n, i in enumerate(order)
        )
