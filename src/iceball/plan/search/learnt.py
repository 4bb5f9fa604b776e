"""What full runs of bad draws told of a sketch, place by place: where it was too hopeful.

A sketch moves every margin in a straight line with needles and cold. Where ice between needles opens, a margin is lost
at once: on the sarcoma of `validation/search_cases` the tenth percentile of a sketch was 3 to 6 mm too hopeful, on the
kidney 0.4 to 1.4 (calculated on 2026-11-22). What it missed in the draws that were run is carried over, along each
normal of the target, to layouts that lie nearly so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Told = tuple[Floats, Floats]
"""The active zones of a layout, and some numbers."""

LEAST_MM, MOST_MM = -10.0, 4.0
"""What is carried over of a single normal's error: a gap's whole depth says little of another layout's."""
LIKE_MM = 8.0
"""Layouts whose active zones lie so far from each other (rms) count 0.6 of one that lies there itself."""


@dataclass(frozen=True, eq=False)
class Learnt:
    """What the full runs of a layout's bad draws told of its sketch.

    Attributes:
        zones: its active zones, shape (needles, 2, 3).
        off_mm: the margin along each normal less what was sketched, the mean over those draws, shape (normals,).
    """

    zones: Floats
    off_mm: Floats

    @classmethod
    def of(cls, zones: Floats, sketched_mm: Floats, told_mm: Floats) -> Learnt:
        """From the margins of some draws along some normals, both of shape (draws, normals).

        The smallest margin of a draw lies below the mean of many such: what is left of it after the correction of each
        normal is taken off all of them.
        """
        off = np.clip((told_mm - sketched_mm).mean(axis=0), LEAST_MM, MOST_MM)
        left = float(((sketched_mm + off).min(axis=1) - told_mm.min(axis=1)).mean())
        return cls(zones, off - left)


def carried_over(told: Sequence[Told], zones: Floats) -> Floats:
    """The mean of what was told of some layouts, those like the layout with these active zones counting more.

    Args:
        told: of each layout its active zones and some numbers, as many of all; at least one.
        zones: of the layout that is looked at, shape (needles, 2, 3).
    """
    apart = np.array([_apart_mm(others, zones) for others, _ in told])
    weights = np.exp((apart.min() ** 2 - apart**2) / (2 * LIKE_MM**2))
    return np.asarray(np.average([numbers for _, numbers in told], axis=0, weights=weights))


def _apart_mm(some: Floats, others: Floats) -> float:
    """How far the ends of each zone lie from the nearest of the other layout, the larger of both ways (rms)."""
    gaps = ((some[:, None] - others[None]) ** 2).sum(axis=(2, 3)) / 2
    return float(np.sqrt(max(gaps.min(axis=0).mean(), gaps.min(axis=1).mean())))
