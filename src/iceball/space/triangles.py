"""From points to triangles, one after the other."""

from __future__ import annotations

import math
from typing import Any

from numpy.typing import NDArray

from iceball.kernels import compiled
from iceball.space.grid import Floats

kernel = compiled(nogil=True, error_model="numpy")


@kernel
def to_nearest(points: Floats, corners: Floats, tried: NDArray[Any], away: Floats, reach: float, out: Floats) -> None:
    """The distance of each point to the nearest of the triangles that are tried for it, into `out`.

    Args:
        points: shape (n, 3).
        corners: of all triangles, shape (m, 3, 3).
        tried: which of them, for each point; shape (n, k).
        away: distance of each point to their centres, rising along k.
        reach: no triangle has a corner farther than this from its centre.
        out: shape (n,).
    """
    for n in range(points.shape[0]):
        best = math.inf
        for k in range(tried.shape[1]):
            # from here on all are farther
            if away[n, k] > reach + math.sqrt(best):
                break
            best = min(best, _distance2(points[n], corners[tried[n, k]]))
        out[n] = math.sqrt(best)


@kernel
def _distance2(point: Floats, corners: Floats) -> float:
    """Square of the distance to a triangle: to its plane if the foot lies inside, else to an edge."""
    a, b, c = corners[0], corners[1], corners[2]
    ab, ac, ap = _from(a, b), _from(a, c), _from(a, point)
    d00, d01, d11, d20, d21 = _dot(ab, ab), _dot(ab, ac), _dot(ac, ac), _dot(ap, ab), _dot(ap, ac)
    whole = d00 * d11 - d01 * d01
    # A triangle without area has no plane: only its edges count.
    if whole > 1e-12 * d00 * d11:
        v, w = (d11 * d20 - d01 * d21) / whole, (d00 * d21 - d01 * d20) / whole
        if v >= 0.0 and w >= 0.0 and v + w <= 1.0:
            foot = (
                ap[0] - v * ab[0] - w * ac[0],
                ap[1] - v * ab[1] - w * ac[1],
                ap[2] - v * ab[2] - w * ac[2],
            )
            return _dot(foot, foot)
    return min(_to_edge2(ap, ab), _to_edge2(ap, ac), _to_edge2(_from(b, point), _from(b, c)))


@kernel
def _to_edge2(start: Any, along: Any) -> float:
    t = min(max(_dot(start, along) / max(_dot(along, along), 1e-30), 0.0), 1.0)
    gap = (start[0] - t * along[0], start[1] - t * along[1], start[2] - t * along[2])
    return _dot(gap, gap)


@kernel
def _from(a: Any, b: Any) -> Any:
    return b[0] - a[0], b[1] - a[1], b[2] - a[2]


@kernel
def _dot(a: Any, b: Any) -> float:
    # in the order in which NumPy adds three products
    return a[0] * b[0] + a[2] * b[2] + a[1] * b[1]  # type: ignore[no-any-return]
