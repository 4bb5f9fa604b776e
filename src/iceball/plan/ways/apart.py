"""How near two straight needles come to each other."""

from __future__ import annotations

import math

Point = tuple[float, float, float]


def apart_mm(a: tuple[Point, Point], b: tuple[Point, Point]) -> float:
    """Smallest distance between two straight segments, each given by its ends.

    The distance of two points, one on each segment, is convex in both places: either the lines' nearest points lie on
    the segments, or one of the ends does it.
    """
    (p, p_end), (q, q_end) = a, b
    u, v, w = _minus(p_end, p), _minus(q_end, q), _minus(p, q)
    uu, uv, vv, uw, vw = _dot(u, u), _dot(u, v), _dot(v, v), _dot(u, w), _dot(v, w)
    slant = uu * vv - uv * uv
    tried = [math.dist(end, _nearest(end, q, v)) for end in (p, p_end)]
    tried += [math.dist(end, _nearest(end, p, u)) for end in (q, q_end)]
    if slant > 1e-12 * uu * vv:
        s, t = (uv * vw - vv * uw) / slant, (uu * vw - uv * uw) / slant
        if 0 <= s <= 1 and 0 <= t <= 1:
            tried.append(math.dist(_on(p, u, s), _on(q, v, t)))
    return min(tried)


def _nearest(point: Point, start: Point, along: Point) -> Point:
    square = _dot(along, along)
    share = 0.0 if square == 0 else _dot(_minus(point, start), along) / square
    return _on(start, along, min(1.0, max(0.0, share)))


def _on(start: Point, along: Point, share: float) -> Point:
    return start[0] + share * along[0], start[1] + share * along[1], start[2] + share * along[2]


def _minus(a: Point, b: Point) -> Point:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


def _dot(a: Point, b: Point) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
