"""Directions and points: evenly over the sphere, across an axis, and as a plan writes them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def over_sphere(count: int) -> Floats:
    """Unit vectors evenly over the sphere (a Fibonacci spiral), shape (count, 3)."""
    i = np.arange(count) + 0.5
    z = 1 - 2 * i / count
    turn = np.pi * (1 + np.sqrt(5)) * i
    r = np.sqrt(1 - z**2)
    return np.column_stack([r * np.cos(turn), r * np.sin(turn), z])


def across(axis: Floats) -> tuple[Floats, Floats]:
    """Two unit vectors that stand on `axis` and on each other."""
    helper = np.eye(3)[int(np.argmin(np.abs(axis)))]
    first = _cross(axis, helper)
    first /= np.sqrt(first @ first)
    return first, _cross(axis, first)


def _cross(a: Floats, b: Floats) -> Floats:
    """np.cross of two vectors, which takes ten times as long to find out that they are two vectors."""
    (ax, ay, az), (bx, by, bz) = a.tolist(), b.tolist()
    return np.array([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx])


def written(point_mm: Floats) -> tuple[float, float, float]:
    """A point as plans hold it: LPS mm, to a hundredth."""
    x, y, z = (round(float(v), 2) for v in point_mm)
    return x, y, z
