"""What the two dish proofs share: the authors' water, the traces, and the baselines to beat."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from iceball.solve import Material

Floats = NDArray[np.float64]
EDGE_MM, FREEZING_C = 10.75, -0.52
ICE_DENSITY = 917.0 / 1000.0
"""One density serves both phases; the heat capacity of ice is per volume of the authors' ice."""
WATER = Material(
    "medium",
    1000.0,
    4180.0,
    0.600,
    334e3,
    FREEZING_C + 0.5,
    FREEZING_C - 0.5,
    (0.0, 0.0, 2.22 * 273.15),
    (2090.0 * ICE_DENSITY, 0.0),
)


def traces(path: Path, distances_mm: tuple[float, ...]) -> tuple[Floats, Floats, Floats]:
    """Times (s), measured means and their standard errors (°C), both of shape (times, distances)."""
    with path.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))

    def column(part: str) -> Floats:
        return np.array([[float(r[f"{d}mm_measured_{part}_C"]) for d in distances_mm] for r in rows])

    return np.array([float(r["time_s"]) for r in rows]), column("mean"), column("sem")


def line_in_distance(distances_mm: tuple[float, ...], celsius: Floats, warmest_c: float) -> Floats:
    """At each time the straight line through the first two distances, at the others, no warmer than the start."""
    slope = (celsius[:, 1] - celsius[:, 0]) / (distances_mm[1] - distances_mm[0])
    far = np.array(distances_mm[2:]) - distances_mm[0]
    return np.minimum(celsius[:, :1] + slope[:, None] * far, warmest_c)


def mae(a: Floats, b: Floats) -> float:
    return float(np.abs(a - b).mean())
