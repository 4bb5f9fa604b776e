"""Fill drawn contours: a pixel belongs to the shape when its centre lies inside an odd number of contours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# Corner positions are rounded to this part of a pixel, so that round-off of the geometry decides nothing.
DECIMALS = 6


def fill(contours: Sequence[NDArray[np.float64]], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Even-odd fill of closed contours, each (n, 2) in pixel indices (i, j); the mask is indexed [i, j].

    Every contour counts, so a contour inside another cuts a hole, and one inside the hole fills again.
    """
    # Crossing a contour's edge toggles all pixels further along i; the sum of toggles tells odd from even.
    toggles = np.zeros((shape[0] + 1, shape[1]), np.int64)
    for contour in contours:
        corners = np.round(np.asarray(contour, float), DECIMALS)
        for (i0, j0), (i1, j1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            if j0 == j1:
                continue
            # Half-open in j: a corner on a row of centres belongs to one of its two edges, never to both.
            low, high = (j0, j1) if j0 < j1 else (j1, j0)
            rows = np.arange(max(int(np.ceil(low)), 0), min(int(np.ceil(high)), shape[1]))
            crossing = i0 + (rows - j0) * (i1 - i0) / (j1 - j0)
            start = np.clip(np.ceil(np.round(crossing, DECIMALS)), 0, shape[0]).astype(int)
            np.add.at(toggles, (start, rows), 1)
    return np.asarray(np.cumsum(toggles, axis=0)[: shape[0]] % 2 == 1)
