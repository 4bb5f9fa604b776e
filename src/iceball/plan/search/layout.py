"""Needles beside each other from one side, as the few numbers that a search may turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from iceball.applicator import Probe
from iceball.plan.placement import Placement
from iceball.plan.search.array import evenly
from iceball.plan.ways.survey import Room, Ways, survey
from iceball.plan.ways.template import Template, template_number
from iceball.plan.ways.terrain import Terrain
from iceball.space.directions import across, written

Floats = NDArray[np.float64]

TILT_DEG, LEAN_DEG = 8.0, 4.0
SHIFT_MM = 8.0
"""One unit of a number of the search: of the common tilt, of a needle's own lean, and of its place and depth."""
COMMON, PARALLEL, LEANING = 2, 3, 5
"""Numbers of the whole layout, and of each needle: one that stays parallel, and one that may lean."""


@dataclass(frozen=True, eq=False)
class Layout:
    """Parallel or nearly parallel needles through a target, around a first direction.

    Numbers of a search: two tilts of the common direction, then for each needle its two places across and its depth,
    and where it may lean its own lean to two sides about the middle of its active zone. Through a template there is no
    tilt and no lean: each needle's place is that of the nearest hole, its depth a whole number of millimetres.

    Attributes:
        kinds: of each needle.
        centre_mm: the target's middle, LPS.
        out: unit vector from the target to the skin around which the direction is tilted.
        start: the numbers from which a search starts, shape (2 + 3 or 5 needles,), through a template (3 needles,).
        template: the plate whose holes all needles go through; None for needles that may lie anywhere.
    """

    kinds: tuple[Probe, ...]
    centre_mm: Floats
    out: Floats
    start: Floats
    template: Template | None = None

    @classmethod
    def of(
        cls,
        terrain: Terrain,
        kind: Probe,
        out: Floats,
        needles: int,
        *,
        leaning: bool = False,
        template: Template | None = None,
    ) -> Layout:
        """`needles` of one kind spread evenly over the target's outline, each centred on its chord."""
        points = terrain.ground.target_mm
        centre = points.mean(axis=0)
        first, second = across(-out)
        plane = np.column_stack([(points - centre) @ first, (points - centre) @ second])
        depth = (points - centre) @ -out
        numbers = [] if template else [0.0] * COMMON
        for place in evenly(plane, terrain.ground.target_step_mm, needles):
            gap = np.hypot(plane[:, 0] - place[0], plane[:, 1] - place[1])
            chord = depth[gap <= max(2 * terrain.ground.target_step_mm, float(gap.min()) + 0.1)]
            middle = float(chord.min() + chord.max()) / 2
            numbers += [place[0] / SHIFT_MM, place[1] / SHIFT_MM, middle / SHIFT_MM] + [0.0] * (LEANING - PARALLEL) * (
                leaning and template is None
            )
        return cls((kind,) * needles, centre, out, np.array(numbers), template)

    @classmethod
    def like(cls, terrain: Terrain, needles: Sequence[Placement], *, template: Template | None = None) -> Layout:
        """Given needles, each with its own kind, place, depth and lean; at `start` they lie as they were given."""
        kinds = tuple(n.kind for n in needles)
        outs = np.array([-np.array(n.direction) for n in needles])
        out = outs.mean(axis=0) / np.linalg.norm(outs.mean(axis=0)) if template is None else -template.axes[2]
        centre = terrain.ground.target_mm.mean(axis=0)
        first, second = across(-out)
        middle = np.array([np.mean(n.active_zone_mm, axis=0) for n in needles]) - centre
        lean = np.column_stack([outs @ first, outs @ second]) / (outs @ out)[:, None] / np.tan(np.radians(LEAN_DEG))
        place = np.column_stack([middle @ first, middle @ second, middle @ -out]) / SHIFT_MM
        if template is not None:
            return cls(kinds, centre, out, place.ravel(), template)
        return cls(kinds, centre, out, np.concatenate([[0.0] * COMMON, np.column_stack([place, lean]).ravel()]))

    def joined(self, kind: Probe, place_mm: Floats) -> Layout:
        """The same needles, each as at `start`, and one more along their common direction.

        Args:
            kind: of the needle that joins.
            place_mm: where the middle of its active zone lies, LPS.
        """
        out = self.direction(self.start)
        first, second = across(-out)
        offset = np.asarray(place_mm) - self.centre_mm
        place = np.array([offset @ first, offset @ second, offset @ -out]) / SHIFT_MM
        own = len(self._own(self.start)[0]) - PARALLEL
        start = np.concatenate([self.start, place, np.zeros(own)])
        return replace(self, kinds=(*self.kinds, kind), start=start)

    def with_kind(self, needle: int, kind: Probe) -> Layout:
        """The same layout with another kind of one needle, the middle of its active zone where it was."""
        return replace(self, kinds=(*self.kinds[:needle], kind, *self.kinds[needle + 1 :]))

    def _own(self, numbers: Floats) -> Floats:
        """The numbers of each needle, shape (needles, 3 or 5)."""
        return np.asarray(numbers[0 if self.template else COMMON :].reshape(self.needles, -1))

    @property
    def needles(self) -> int:
        """How many."""
        return len(self.kinds)

    def direction(self, numbers: Floats) -> Floats:
        """Unit vector from the target to the skin, the common one."""
        if self.template is not None:
            return self.out
        first, second = across(-self.out)
        a, b = np.tan(np.radians(TILT_DEG)) * numbers[:COMMON]
        out = self.out + a * first + b * second
        return np.asarray(out / np.linalg.norm(out))

    def _set(self, numbers: Floats) -> tuple[Floats, Floats]:
        """Middle of each active zone, and the direction of each needle, both of shape (needles, 3)."""
        out = self.direction(numbers)
        first, second = across(-out)
        own = self._own(numbers)
        place = SHIFT_MM * own[:, :3]
        middle = self.centre_mm + place[:, :1] * first + place[:, 1:2] * second - place[:, 2:] * out
        if self.template is not None:
            middle = self._seated(self.template, middle)
        if own.shape[1] == PARALLEL:
            return middle, np.repeat(out[None], self.needles, axis=0)
        lean = np.tan(np.radians(LEAN_DEG)) * own[:, PARALLEL:]
        outs = out + lean[:, :1] * first + lean[:, 1:] * second
        return middle, outs / np.sqrt((outs * outs).sum(axis=1, keepdims=True))

    def _seated(self, template: Template, middle: Floats) -> Floats:
        """Middles of active zones moved into the nearest holes, the tips a whole number of mm from the face."""
        axes, origin = template.axes, np.array(template.hole_a1_mm)
        at = (middle + self._below * axes[2] - origin) @ axes.T
        step, columns, rows = (template_number(n).value for n in ("spacing_mm", "columns", "rows"))
        at[:, :2] = step * np.clip(np.rint(at[:, :2] / step), 0, np.array([columns, rows]) - 1)
        at[:, 2] = np.rint(at[:, 2])
        return np.asarray(at @ axes + origin - self._below * axes[2])

    def zones_mm(self, numbers: Floats) -> Floats:
        """Deep and shallow end of each active zone, shape (needles, 2, 3)."""
        middle, outs = self._set(numbers)
        half = np.array([[k.active_mm.value / 2] for k in self.kinds])
        return np.stack([middle - half * outs, middle + half * outs], axis=1)

    def tips_mm(self, numbers: Floats) -> Floats:
        """Physical tips, shape (needles, 3)."""
        middle, outs = self._set(numbers)
        return np.asarray(middle - self._below * outs)

    @property
    def _below(self) -> Floats:
        """From the middle of each active zone to the tip, shape (needles, 1)."""
        return np.array([[k.active_mm.value / 2 + k.standoff_mm.value] for k in self.kinds])

    def zones_of(self, ways: Ways) -> Floats:
        """Deep and shallow end of each active zone of ways of this layout, shape (needles, 2, 3)."""
        deep = ways.tips_mm + np.array([[k.standoff_mm.value] for k in self.kinds]) * ways.outs
        return np.stack([deep, deep + np.array([[k.active_mm.value] for k in self.kinds]) * ways.outs], axis=1)

    def ways(self, numbers: list[Floats], terrain: Terrain, room: Room) -> list[Ways]:
        """The needles' ways for several sets of numbers, looked at together."""
        sets = [self._set(n) for n in numbers]
        outs = np.stack([o for _, o in sets])
        tips = np.stack([m for m, _ in sets]) - self._below * outs
        parts, order = [], []
        for kind in dict.fromkeys(self.kinds):
            own = [i for i, k in enumerate(self.kinds) if k is kind]
            parts.append(survey(terrain, kind, tips[:, own].reshape(-1, 3), outs[:, own].reshape(-1, 3), room=room))
            order.append((np.arange(len(numbers))[:, None] * self.needles + own).ravel())
        whole = Ways.joined(parts, np.argsort(np.concatenate(order), kind="stable"))
        return [whole.part(slice(i * self.needles, (i + 1) * self.needles)) for i in range(len(numbers))]

    def levers(self, ways: Ways) -> Floats:
        """How far the middle of each active zone goes with its tip, when a needle turns about its point on the skin."""
        return np.asarray(np.clip(1 - self._below[:, 0] / np.where(ways.open, ways.depth_mm, np.inf), 0.0, 1.0))

    def order(self, ways: Ways) -> NDArray[np.intp]:
        """Of the needles from the patient's right to left."""
        return np.lexsort(ways.tips_mm.T[::-1].round(1))

    def placements(self, ways: Ways) -> tuple[Placement, ...]:
        """The needles of open ways, from the patient's right to left."""
        order = self.order(ways)
        needles = [
            Placement(self.kinds[i].name, written(ways.tips_mm[i]), written(ways.entries_mm[i]), name=f"needle {n + 1}")
            for n, i in enumerate(order)
        ]
        if self.template is not None:
            needles = [replace(needle, name=self.template.seat(needle).hole) for needle in needles]
        return tuple(needles)
