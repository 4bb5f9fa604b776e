"""What a sketch says of layouts near those that were run: goals and margins, and the margin that placement leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iceball.plan.rules import rule
from iceball.plan.search.asked import STEP_MM, Answer, Asked
from iceball.plan.search.sketch import Run, Sketch, of_each, slopes_of_each, strengths
from iceball.plan.varied import Varied

Floats = NDArray[np.float64]

DRAWS = 60
NORMALS, POINTS = 180, 250
"""Of the target's surface and of each goal that are looked at; a run is asked at all of them."""
LEAST_ALONG = 0.7
"""Of the potential's slope that is taken to lie along the normal, at least."""
MOST_MM = 12.0
"""Of ice that more or less cold is taken to add or to cost at a place: the straight line ends there."""
FLATTEST = 1e-6
"""Fall of the potential a mm where there is none: no division by 0."""


@dataclass(frozen=True, eq=False)
class Off:
    """Draws of how far off things are: the needles of a layout, the organ under all of them, the outline, the cold.

    Attributes:
        needles_mm: shape (draws, needles, 3), motion of the organ included.
        outline_mm: shape (draws,).
        cold: by what share all potentials are larger, shape (draws,): power, blood and heat of the tissue in one.
    """

    needles_mm: Floats
    outline_mm: Floats
    cold: Floats

    @classmethod
    def drawn(cls, varied: Varied, needles: int, seed: int) -> Off:
        """`DRAWS` draws; the same for the same seed."""
        dice = np.random.default_rng(seed)
        each = varied.placement_mm * dice.standard_normal((DRAWS, needles, 3))
        each = each + varied.motion_mm * dice.standard_normal((DRAWS, 1, 3))
        outline = varied.contour_mm * dice.standard_normal(DRAWS)
        return cls(each, outline, float(rule("search", "cold_share")) * dice.standard_normal(DRAWS))


@dataclass(frozen=True, eq=False)
class Near:
    """A sketch that has learnt what runs near a layout showed.

    Attributes:
        asked: fewer points than a run is asked at.
        sketch: temperature by potential.
        shares: of `asked.whole_mm`, of the runs like the layout.
    """

    asked: Asked
    sketch: Sketch
    shares: Floats

    @classmethod
    def to(cls, zones: Floats, asked: Asked, runs: Sequence[Run]) -> Near:
        """Near a layout with these active zones; `runs` are at least one."""
        few, sketch = asked.thinned(NORMALS, POINTS), Sketch.of(runs)
        return cls(few, sketch, sketch.shares(few.whole_mm, runs, like=zones))

    def answer(self, zones: Floats) -> Answer:
        """Goals and margin of a layout."""
        strong = strengths(zones, self.sketch.reach_mm)
        return self.asked.answered(self._celsius(self._potentials(zones, strong)))

    def both(self, zones: Floats, off: Off, *, share: float = 0.1) -> tuple[Answer, float]:
        """The same, and the margin that all but a share of the draws keep.

        Each margin is taken to move in a straight line with each needle, so that a look costs little more. Held against
        runs of 16 and of 12 draws in two random bodies, the tenth percentile was 0.4 mm too large in both. Matrix
        products this small would wake every core, so sums are written as such.
        """
        reach = self.sketch.reach_mm
        strong = strengths(zones, reach)
        celsius = self._celsius(self._potentials(zones, strong))
        places = self.asked.margins_mm
        margins = self.asked.margins(celsius[: places.shape[0] * places.shape[1]])
        normals = (places[1] - places[0]) / STEP_MM
        points = places[0] + (margins - self.asked.offsets_mm[0])[:, None] * normals
        slopes = strong[:, None, None] * slopes_of_each(points, zones, reach)
        whole = slopes.sum(axis=0)
        # along the normal; where the ice lies aslant the nearest point of it moves, not the one on the normal
        fall = np.minimum((whole * normals).sum(axis=1), -LEAST_ALONG * np.sqrt((whole * whole).sum(axis=1)))
        # what all needles do together a margin does as well: it moves by as much as they do along the normal
        pulls = slopes / np.minimum(fall, -FLATTEST)[:, None]
        moved = np.einsum("dnc,npc->dp", off.needles_mm, pulls)
        # where the potential is flat, between needles far apart, less cold takes most of the ice away
        there = np.einsum("n,np->p", strong, of_each(points, zones, reach)) / -np.minimum(fall, -FLATTEST)
        moved += np.clip(off.cold[:, None] * there, -MOST_MM, MOST_MM)
        kept = (margins + moved).min(axis=1) - off.outline_mm
        return self.asked.answered(celsius), float(np.quantile(kept, share))

    def _potentials(self, zones: Floats, strong: Floats) -> Floats:
        whole = np.einsum("n,np->p", strong, of_each(self.asked.whole_mm, zones, self.sketch.reach_mm))
        return np.asarray(self.shares * whole)

    def _celsius(self, potentials: Floats) -> Floats:
        return np.interp(potentials, self.sketch.potentials, self.sketch.celsius)
