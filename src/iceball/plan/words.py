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


def direction_words(out: Floats) -> str:
    """Where the skin entry lies as seen from the target, from a unit vector in LPS: "posterolateral left, 12° cranial"."""
    x, y, z = (float(v) for v in out)
    steep = np.degrees(np.arcsin(min(1.0, abs(z))))
    ends = "cranial" if z > 0 else "caudal"
    if steep > 67.5:
        return f"from the {ends} end"
    hand = "left" if x > 0 else "right"
    face = "posterior" if y > 0 else "anterior"
    turn = np.degrees(np.arctan2(abs(x), abs(y)))
    if turn < 22.5:
        words = face
    elif turn > 67.5:
        words = f"{hand} lateral"
    else:
        words = f"{'posterolateral' if y > 0 else 'anterolateral'} {hand}"
    return f"{words}, {steep:.0f}° {ends}" if steep >= 2.5 else words
