"""Temperature-volume histogram: how much of a structure is at or below each temperature."""

from __future__ import annotations

import math

import numpy as np

from iceball.assessment.cold import ColdMap
from iceball.assessment.part import Part

STEP_K = 2.0
Pairs = tuple[tuple[float, float], ...]


def histogram(part: Part, cold: ColdMap) -> Pairs:
    """(temperature °C, fraction of the part's tissue at or below it), from its lowest temperature to its highest.

    Cells count whole, by their centre; points and lines without a radius by their samples. Empty for what lies in gas.
    """
    values = part.temperature_c[part.cells].astype(float)
    if not values.size:
        _, values = part.seed_samples(cold)
    if not values.size:
        return ()
    first = math.floor(float(values.min()) / STEP_K) * STEP_K
    last = math.ceil(float(values.max()) / STEP_K) * STEP_K
    levels = np.arange(first, last + STEP_K / 2, STEP_K)
    below = np.searchsorted(np.sort(values), levels, side="right") / values.size
    return tuple((float(t), float(f)) for t, f in zip(levels, below, strict=True))
