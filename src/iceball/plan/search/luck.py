"""Good and bad luck that every layout of a search meets alike: the draws of a spread, as numbers that a sketch can use.

A draw has power, blood and heat of the tissue, where the needles come to lie, the organ under all of them, and the
outline. What a spread draws for a plan is what a search draws for it with the same seed, so one draw may be sketched
first and run in full after.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from iceball.plan.drawn import Drawn, drawn, sample
from iceball.plan.rules import rule
from iceball.plan.varied import OF_CARDS, Varied
from iceball.tissue import Anatomy

Floats = NDArray[np.float64]

DRAWS = 128
"""Draws of each layout: the tenth percentile lies between the 13th and the 14th lowest.

With 48, of which five counted, a search fitted needles to just those draws: on the bundled kidney it promised -0.4 mm
and kept -2.3 in 192 others (calculated on 2026-11-22).
"""
BAD = 1.28
"""How many standard deviations of cold the bad day has less: nine of ten days are better."""


@dataclass(frozen=True, eq=False)
class Luck:
    """The draws of so many needles, told from right to left as a plan has them.

    Attributes:
        draws: as a spread has them.
        needles_mm: how far each tip lies off its mark, its point on the skin kept, shape (draws, needles, 3).
        together_mm: how far all needles lie off against the target, shape (draws, 3).
        outline_mm: by how much the target is wider, shape (draws,).
        cold: in standard deviations of cold on a day, shape (draws,); negative is less.
    """

    draws: tuple[Drawn, ...]
    needles_mm: Floats
    together_mm: Floats
    outline_mm: Floats
    cold: Floats

    @classmethod
    def of(cls, anatomy: Anatomy, needles: int, seed: int, *, draws: int | None = None) -> Self:
        """The draws of a patient's plans with so many needles; more draws keep the earlier ones."""
        varied = Varied.shipped(anatomy)
        rows = sample(draws or DRAWS, needles, seed)
        found = tuple(drawn(row, needles, varied) for row in rows)
        slices = np.array([float(d.normal["slice"][0]) for d in found]) * varied.slice_share
        return cls(
            found,
            np.array([d.mm("placement") for d in found]),
            np.array([d.mm("motion") for d in found]) - slices[:, None] * slice_mm(anatomy),
            np.array([float(d.mm("contour")[0]) for d in found]),
            np.array([_cold(d) for d in found]),
        )


def slice_mm(anatomy: Anatomy) -> Floats:
    """From one slice of the image that the target was drawn on to the next, LPS."""
    grid = (anatomy.before or anatomy).image.grid
    axis = max(range(3), key=lambda a: (round(grid.spacing_mm[a], 3), a))  # slices lie farthest apart
    return np.asarray(grid.directions[:, axis] * grid.spacing_mm[axis])


def bad_day(anatomy: Anatomy, needles: int) -> Drawn:
    """Needles, organ and outline as drawn, but so little cold that nine of ten days are better."""
    still = replace(Varied.shipped(anatomy), placement_mm=0.0, motion_mm=0.0, contour_mm=0.0, slice_share=0.0)
    middle = drawn(np.full(sample(1, needles, 0).shape[1], 0.5), needles, still)
    per_sd = _cold_mm()
    length = float(np.sqrt(sum(mm * mm for mm in per_sd.values())))
    normal = {n: np.array([-BAD * per_sd[n] / length]) if n in per_sd else z for n, z in middle.normal.items()}
    return Drawn(normal, still)


def _cold(draw: Drawn) -> float:
    per_sd = _cold_mm()
    length = float(np.sqrt(sum(mm * mm for mm in per_sd.values())))
    return sum(draw.z(name) * mm for name, mm in per_sd.items()) / length


def _cold_mm() -> Mapping[str, float]:
    """By how many mm the ice grows where an input of the spread is one standard deviation higher."""
    return {name: float(rule("cold", f"{name}_mm")) for name in OF_CARDS if name != "surface_h"}
