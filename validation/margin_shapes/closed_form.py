"""Distances, surfaces and shares of simple shapes in closed form; nothing here is the package's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
POINTS = 20_000
LATTICE_MM = 0.25


@dataclass(frozen=True, eq=False)
class Exact:
    """A shape: signed distance at points (n, 3), negative inside; points on its surface, with area each; its box."""

    distance: Callable[[Floats], Floats]
    surface: Callable[[], tuple[Floats, Floats]]
    low: Floats
    high: Floats


def directions(count: int = POINTS) -> Floats:
    """Unit vectors spread evenly over the sphere (a golden spiral)."""
    n = np.arange(count) + 0.5
    z, turn = 1 - 2 * n / count, np.pi * (1 + 5**0.5) * n
    flat = np.sqrt(1 - z**2)
    return np.stack([flat * np.cos(turn), flat * np.sin(turn), z], axis=1)


def sphere(centre: Floats, radius: float) -> Exact:
    def surface() -> tuple[Floats, Floats]:
        return centre + radius * directions(), np.ones(POINTS)

    return Exact(lambda p: np.linalg.norm(p - centre, axis=-1) - radius, surface, centre - radius, centre + radius)


def ellipsoid(centre: Floats, half: Floats, turn: Floats) -> Exact:
    """Half axes along the columns of `turn`."""

    def distance(points: Floats) -> Floats:
        y = np.abs((points - centre) @ turn)
        # the nearest point is half^2 y / (half^2 + t); the sum of its squared shares falls with t
        low = np.full(y.shape[:-1], -(half.min() ** 2) * (1 - 1e-12))
        high = np.full(y.shape[:-1], float(np.linalg.norm(half) * (np.abs(y).max() + half.max())))
        for _ in range(90):
            t = (low + high) / 2
            outside = ((half * y / (half**2 + t[..., None])) ** 2).sum(axis=-1) > 1
            low, high = np.where(outside, t, low), np.where(outside, high, t)
        nearest = half**2 * y / (half**2 + low[..., None])
        inside = ((y / half) ** 2).sum(axis=-1) < 1
        return np.where(inside, -1.0, 1.0) * np.linalg.norm(nearest - y, axis=-1)

    def surface() -> tuple[Floats, Floats]:
        unit = directions()
        # area of an affine map of the sphere: the determinant times how far the normal is stretched
        return centre + (unit * half) @ turn.T, np.prod(half) * np.linalg.norm(unit / half, axis=1)

    reach = np.sqrt(((turn * half) ** 2).sum(axis=1))
    return Exact(distance, surface, centre - reach, centre + reach)


def tube(start: Floats, end: Floats, radius: float) -> Exact:
    """With round ends."""
    length = float(np.linalg.norm(end - start))
    along = (end - start) / length

    def distance(points: Floats) -> Floats:
        at = np.clip((points - start) @ along, 0.0, length)
        return np.linalg.norm(points - start - at[..., None] * along, axis=-1) - radius

    def surface() -> tuple[Floats, Floats]:
        side = np.linalg.svd(along[None, :])[2][1:]
        count = POINTS // 2
        # evenly over the wall: a spiral whose pitch is as wide as its points are apart
        turn, height = np.pi * (1 + 5**0.5) * np.arange(count), (np.arange(count) + 0.5) / count * length
        wall = start + height[:, None] * along
        wall = wall + radius * (np.cos(turn)[:, None] * side[0] + np.sin(turn)[:, None] * side[1])
        unit = directions(count)
        ends = np.where((unit @ along > 0)[:, None], end, start) + radius * unit
        areas = np.repeat([2 * np.pi * radius * length / count, 4 * np.pi * radius**2 / count], count)
        return np.concatenate([wall, ends]), areas

    return Exact(distance, surface, np.minimum(start, end) - radius, np.maximum(start, end) + radius)


def cylinder(start: Floats, end: Floats, radius: float) -> Exact:
    """With flat ends."""
    length = float(np.linalg.norm(end - start))
    along = (end - start) / length

    def distance(points: Floats) -> Floats:
        height = (points - start) @ along - length / 2
        across = np.linalg.norm(points - start - ((points - start) @ along)[..., None] * along, axis=-1) - radius
        up = np.abs(height) - length / 2
        outside = np.hypot(np.maximum(across, 0), np.maximum(up, 0))
        return outside + np.minimum(np.maximum(across, up), 0)

    def surface() -> tuple[Floats, Floats]:
        raise ValueError("a cylinder is ice here, never the target: its surface is not asked for")

    return Exact(distance, surface, np.minimum(start, end) - radius, np.maximum(start, end) + radius)


def margins(target: Exact, ice: Exact) -> tuple[Floats, Floats, Floats]:
    """Points on the target's surface, the margin there, and the area that each stands for."""
    points, areas = target.surface()
    return points, -ice.distance(points), areas


def percentile(values: Floats, areas: Floats, share: float) -> float:
    """The value that `share` of the area lies at or below."""
    order = np.argsort(values)
    at = (np.cumsum(areas[order]) - areas[order] / 2) / areas.sum()
    return float(np.interp(share, at, values[order]))


def coverage(target: Exact, ice: Exact) -> tuple[float, float, float]:
    """Share of the target in the ice, the target's volume (mm3), and the area of ice surface within it (mm2)."""
    axes = [
        np.arange(low + LATTICE_MM / 2, high, LATTICE_MM) for low, high in zip(target.low, target.high, strict=True)
    ]
    inside = whole = shell = 0
    for x in axes[0]:  # a slab at a time, for the memory
        points = np.stack(np.meshgrid([x], axes[1], axes[2], indexing="ij"), axis=-1).reshape(-1, 3)
        points = points[target.distance(points) <= 0]
        depth = ice.distance(points) if len(points) else np.empty(0)
        whole, inside = whole + len(depth), inside + int((depth <= 0).sum())
        shell += int((np.abs(depth) < 0.5).sum())  # a shell of 1 mm around the ice's surface
    cell = LATTICE_MM**3
    return inside / whole, whole * cell, shell * cell
