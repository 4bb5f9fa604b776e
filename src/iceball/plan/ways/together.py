"""Needles beside each other: what tips that are not level cost, and which shafts lean too much."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from iceball.plan.finding import Finding
from iceball.plan.plan import Plan
from iceball.plan.rules import rule

Floats = NDArray[np.float64]


def uneven_mm(tips_mm: Floats, outs: Floats) -> float:
    """The price of tips that are not level, in mm of way: by how far the deepest lies below the shallowest.

    Args:
        tips_mm: physical tips, LPS, shape (n, 3).
        outs: unit vectors from tip to skin, shape (n, 3).
    """
    mean = outs.mean(axis=0)
    apart = float(np.ptp(tips_mm @ mean)) / max(float(np.linalg.norm(mean)), 1e-9)
    return apart * float(rule("way", "uneven_mm_per_mm"))


def check_together(plan: Plan) -> list[Finding]:
    """Needles that are not near-parallel, the worst pair of the plan."""
    pairs = list(combinations(range(len(plan.probes)), 2))
    if not pairs:
        return []
    leans = [angle_deg(*(np.array(plan.probes[i].direction) for i in pair)) for pair in pairs]
    worst, most = int(np.argmax(leans)), float(rule("search", "convergence_deg"))
    if leans[worst] <= most:
        return []
    what = f"lie at {leans[worst]:.0f}° to each other; near-parallel needles, within {most:g}°, are preferred."
    return [Finding("warning", what, ", ".join(plan.name_of[i] for i in pairs[worst]))]


def angle_deg(a: Floats, b: Floats) -> float:
    """Angle between two axes given by unit vectors, 0 to 90 degrees: needles from opposite sides are parallel too."""
    return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b)), abs(a @ b))))
