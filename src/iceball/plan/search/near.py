"""What a sketch says of layouts near those that were run: goals and margins, and the margin that placement leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from iceball.plan.placement import Placement
from iceball.plan.rules import rule
from iceball.plan.search.asked import STEP_MM, Answer, Asked
from iceball.plan.search.coarse import Coarse
from iceball.plan.search.learnt import Learnt, Told, carried_over
from iceball.plan.search.looks import moved
from iceball.plan.search.luck import BAD, Luck
from iceball.plan.search.sketch import Run, Sketch, of_each, slopes_of_each, strengths

Floats = NDArray[np.float64]

NORMALS, POINTS = 180, 250
"""Of the target's surface and of each goal that are looked at; a run is asked at all of them."""
LEAST_ALONG = 0.7
"""Of the potential's slope that is taken to lie along the normal, at least."""
WORST_SHARE = 0.3
MOST_MM = 12.0
"""Of ice that more or less cold is taken to add or to cost at a place: the straight line ends there."""
FLATTEST = 1e-6
"""Fall of the potential a mm where there is none: no division by 0."""


Pair = tuple[Coarse, Coarse, Sequence[Placement]]
"""Of one layout: a run, and the run of its bad day."""


@dataclass(frozen=True, eq=False)
class Near:
    """A sketch that has learnt what runs near a layout showed.

    Attributes:
        asked: fewer points than a run is asked at.
        sketch: temperature by potential.
        shares: of `asked.whole_mm`, of the runs like the layout.
        less: what share of that the places of the margins keep on a bad day, shape (offsets * normals,).
        off_mm: what full runs of bad draws told of each normal's margin beyond that, shape (normals,).
        colder_k: by how much each goal was missed by more than the few points said, shape (goals,).
    """

    asked: Asked
    sketch: Sketch
    shares: Floats
    less: Floats
    off_mm: Floats
    colder_k: Floats

    @classmethod
    def to(
        cls,
        zones: Floats,
        asked: Asked,
        runs: Sequence[Run],
        pairs: Sequence[Pair] = (),
        learnt: Sequence[Learnt] = (),
        closely: Sequence[Told] = (),
    ) -> Near:
        """Near a layout with these active zones.

        Args:
            zones: deep and shallow ends, shape (needles, 2, 3).
            asked: of the patient.
            runs: at least one.
            pairs: what bad days did; without any all places lose the same.
            learnt: what bad draws did, by the normals that are looked at.
            closely: of each run by how much a closer look missed each goal by more than the few points.
        """
        few, sketch = asked.thinned(NORMALS, POINTS), Sketch.of(runs)
        places = few.margins_mm.reshape(-1, 3)
        off = [(one.zones, one.off_mm) for one in learnt]
        return cls(
            few,
            sketch,
            sketch.shares(few.whole_mm, runs, like=zones),
            _less(places, pairs, zones),
            carried_over(off, zones) if off else np.zeros(few.margins_mm.shape[1]),
            carried_over(closely, zones) if closely else np.zeros(len(few.goals)),
        )

    def answer(self, zones: Floats) -> Answer:
        """Goals and margin of a layout."""
        strong = strengths(zones, self.sketch.reach_mm)
        return self._answered(self._celsius(self._potentials(zones, strong)))

    def both(self, zones: Floats, luck: Luck, *, levers: Floats | None = None) -> tuple[Answer, Floats]:
        """The same, and the margin that each draw leaves, shape (draws,)."""
        answer, margins = self.every(zones, luck, levers=levers)
        return answer, np.asarray((margins + self.off_mm).min(axis=1))

    def every(self, zones: Floats, luck: Luck, *, levers: Floats | None = None) -> tuple[Answer, Floats]:
        """The same, and the margin along each normal in each draw, (draws, normals), before what bad draws told.

        Each margin is taken to move in a straight line with each needle and with the cold: from the middle day for
        draws that are no worse than half the bad day, from the bad day for those that are.

        Args:
            zones: of the layout.
            luck: its draws.
            levers: how far the middle of each active zone goes with its tip, shape (needles,); None takes all of it.
        """
        strong = strengths(zones, self.sketch.reach_mm)
        potentials = self._potentials(zones, strong)
        celsius = self._celsius(potentials)
        count = self.asked.margins_mm.shape[0] * self.asked.margins_mm.shape[1]
        middle = self.asked.margins(celsius[:count])
        bad = np.minimum(self.asked.margins(self._celsius(self.less * potentials[:count])), middle)
        per_sd = np.minimum(middle - bad, MOST_MM) / BAD
        off = luck.needles_mm * (1.0 if levers is None else levers[:, None]) + luck.together_mm[:, None]
        kept = np.empty((len(luck.cold), len(middle)))
        for margins, cold, mine in ((middle, 0.0, luck.cold > -BAD / 2), (bad, -BAD, luck.cold <= -BAD / 2)):
            left = margins - luck.outline_mm[mine, None]
            moved(off[mine], self._pulls(margins, zones, strong), luck.cold[mine] - cold, per_sd, MOST_MM, left)
            kept[mine] = left
        return self._answered(celsius), kept

    def _answered(self, celsius: Floats) -> Answer:
        told = self.asked.answered(celsius)
        return replace(told, lacks_k=tuple((np.array(told.lacks_k) + self.colder_k).tolist()))

    def _pulls(self, margins: Floats, zones: Floats, strong: Floats) -> Floats:
        """By how many mm each margin moves with each needle a mm, shape (needles, 3, normals)."""
        places = self.asked.margins_mm
        normals = (places[1] - places[0]) / STEP_MM
        points = places[0] + (margins - self.asked.offsets_mm[0])[:, None] * normals
        slopes = strong[:, None, None] * slopes_of_each(points, zones, self.sketch.reach_mm)
        whole = slopes.sum(axis=0)
        # along the normal; where the ice lies aslant the nearest point of it moves, not the one on the normal
        fall = np.minimum((whole * normals.T).sum(axis=0), -LEAST_ALONG * np.sqrt((whole * whole).sum(axis=0)))
        # what all needles do together a margin does as well: it moves by as much as they do along the normal
        return np.asarray(slopes / np.minimum(fall, -FLATTEST))

    def _potentials(self, zones: Floats, strong: Floats) -> Floats:
        whole = (strong[:, None] * of_each(self.asked.whole_mm, zones, self.sketch.reach_mm)).sum(axis=0)
        return np.asarray(self.shares * whole)

    def _celsius(self, potentials: Floats) -> Floats:
        return np.interp(potentials, self.sketch.potentials, self.sketch.celsius)


def closer_k(asked: Asked, run: Coarse, lacks_k: Sequence[float]) -> Floats:
    """By how much a run misses each goal by more than the few points of a sketch tell; 0 or more, shape (goals,).

    Where a needle leaves the body a spot of skin is cold that few points pass over.
    """
    few = asked.thinned(NORMALS, POINTS)
    return np.asarray(np.maximum(np.array(lacks_k) - np.array(few.answer(run.at).lacks_k), 0.0))


def thin(normals: Floats) -> Floats:
    """Of numbers along all normals of a patient, in the last axis, those that a sketch looks at."""
    return np.asarray(normals[..., :: max(1, -(-normals.shape[-1] // NORMALS))])


def _less(places_mm: Floats, pairs: Sequence[Pair], zones: Floats) -> Floats:
    """What share of its potential each place keeps on a bad day, shape (places,)."""
    if not pairs:
        return np.full(len(places_mm), 1.0 - BAD * float(rule("search", "cold_share")))
    middle = [(run, needles) for run, _, needles in pairs]
    sketch = Sketch.of(middle)
    usual = sketch.shares(places_mm, middle, like=zones)
    bad = sketch.shares(places_mm, [(run, needles) for _, run, needles in pairs], like=zones)
    return np.asarray(np.clip(bad / usual, WORST_SHARE, 1.0))
