"""Directions and positions in a doctor's words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Which way the table lies in LPS for each way of lying: supine, prone, left side down, right side down.
TABLE = {"S": (0.0, 1.0, 0.0), "P": (0.0, -1.0, 0.0), "DL": (1.0, 0.0, 0.0), "DR": (-1.0, 0.0, 0.0)}


def table_side(position: str) -> Floats | None:
    """Unit vector towards the table for a DICOM patient position such as "HFS"; None where it is unknown."""
    way = TABLE.get(position[2:]) if position[:2] in ("HF", "FF") else None
    return None if way is None else np.array(way)


def direction_words(out: Floats, *, from_midline_mm: float | None = None) -> str:
    """Where the entry lies as seen from the target: "posterolateral left, 12° cranial".

    Args:
        out: unit vector from the target to the skin, LPS.
        from_midline_mm: the target's distance from the midline, positive to the left; None where it is unknown. Only
            with it can lateral be told from medial.
    """
    x, y, z = (float(v) for v in out)
    steep = np.degrees(np.arcsin(min(1.0, abs(z))))
    ends = "cranial" if z > 0 else "caudal"
    if steep > STEEP_DEG:
        return f"from the {ends} end"
    words = _in_plane(x, y, from_midline_mm)
    return f"{words}, {steep:.0f}° {ends}" if steep >= LEVEL_DEG else words


def _in_plane(x: float, y: float, from_midline_mm: float | None) -> str:
    hand = "left" if x > 0 else "right"
    face = "posterior" if y > 0 else "anterior"
    turn = np.degrees(np.arctan2(abs(x), abs(y)))
    if turn < STRAIGHT_DEG:
        return face
    if from_midline_mm is None:
        return f"from the {hand}" if turn > 90 - STRAIGHT_DEG else f"{face} oblique from the {hand}"
    medial = x * from_midline_mm < 0 and abs(from_midline_mm) > CENTRAL_MM
    if turn > 90 - STRAIGHT_DEG:
        return f"medial, from the {hand}" if medial else f"{hand} lateral"
    return (
        f"{'postero' if y > 0 else 'antero'}{'medial' if medial else 'lateral'}{', from the' if medial else ''} {hand}"
    )


# Where words change: closer to straight than this nobody says "oblique", steeper than that there is no side any more.
STRAIGHT_DEG, LEVEL_DEG, STEEP_DEG = 15.0, 2.5, 67.5
CENTRAL_MM = 20.0
