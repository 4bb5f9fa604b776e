"""A needle on a control CT: two points set it roughly, its metal says where it really runs and where it ends."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iceball.errors import PlanError
from iceball.plan.placed.numbers import number
from iceball.space import Volume
from iceball.space.directions import across

Floats = NDArray[np.float64]
Point = tuple[float, float, float]

ALONG_MM, ACROSS_MM = 0.5, 0.4
"""Between two looks along a shaft and across it; finer than any CT."""
ROUNDS = 4
NARROW_MM = 3.5
"""After the first round metal is looked for no farther from the line: beside it lie streaks and neighbours."""
BACKGROUND = 0.3
"""Quantile of what is around a shaft that counts as tissue: bright streaks lie above it."""
RINGS_MM = (0.8, 1.2, 1.6, 2.0, 2.4, 2.8)
"""Widths of the tube that the tip is looked for in; the narrowest that is not cut off is taken."""


@dataclass(frozen=True)
class Streak:
    """A needle's metal in a control image.

    Args:
        needle: its name in the plan.
        tip_mm: at the tip, LPS mm of the control image.
        shaft_mm: on the shaft, at least 20 mm behind it.

    Raises:
        PlanError: if the points cannot be.
    """

    needle: str
    tip_mm: Point
    shaft_mm: Point

    def __post_init__(self) -> None:
        for label in ("tip_mm", "shaft_mm"):
            point = tuple(float(v) for v in getattr(self, label))
            if len(point) != 3 or not all(math.isfinite(v) and abs(v) < 5000 for v in point):
                raise PlanError(f"{point} is not a point in LPS mm", where=f"streak '{self.needle}': {label}")
            object.__setattr__(self, label, point)
        least = number("streak", "points_apart_mm").value
        if math.dist(self.tip_mm, self.shaft_mm) < least:
            raise PlanError(
                f"its two points are {math.dist(self.tip_mm, self.shaft_mm):.0f} mm apart; {least:g} mm are asked for",
                where=f"streak '{self.needle}'",
                remedy="Set the second point farther back on the shaft.",
            )


@dataclass(frozen=True)
class Found:
    """A needle as its metal shows it, LPS mm of the control image.

    Attributes:
        needle: its name in the plan.
        tip_mm: where the metal ends, at half of its height.
        out: unit vector from the tip back along the shaft.
        scatter_mm: root mean square of the metal's middles about the line.
        seen_mm: length of shaft that the line was fitted to.
        moved_mm: from the point that was set to the tip.
        width_mm: of the metal at half of its height: the needle and its blur.
        cut_off: whether the scanner cut the metal off, so that the tip was taken from its flanks.
    """

    needle: str
    tip_mm: Point
    out: Point
    scatter_mm: float
    seen_mm: float
    moved_mm: float
    width_mm: float
    cut_off: bool


def refine(streak: Streak, image: Volume) -> Found:
    """Set a streak on its metal.

    Args:
        streak: two points on it.
        image: the control CT.

    Raises:
        PlanError: where the image is no CT, where the points lie outside it, where no metal lies between them, where it
            is no straight line, or where its end is not seen.
    """
    where = f"streak '{streak.needle}'"
    if image.quantity != "HU":
        raise PlanError("metal is told from tissue on a CT only.", where=where, remedy="Give a control CT.")
    tip, back = np.array(streak.tip_mm), np.array(streak.shaft_mm)
    if not image.grid.contains(np.array([tip, back])).all():
        raise PlanError("lies outside the control image", where=where, remedy="Give LPS mm of the control image.")
    out = (back - tip) / np.linalg.norm(back - tip)
    end, reach = tip, number("streak", "beside_mm").value
    scatter = seen = width = 0.0
    cut = False
    for _ in range(ROUNDS):
        middles, width = _middles(image, end, out, max(float((back - end) @ out), 25.0), reach, where)
        centre, out, scatter = _line(middles, out)
        seen = float(np.ptp((middles - centre) @ out))
        end = centre + ((end - centre) @ out) * out
        end, cut = _end(image, end, out, where)
        reach = NARROW_MM
    if scatter > number("streak", "scatter_mm").value:
        raise PlanError(
            f"its metal lies {scatter:.1f} mm about a straight line: bent, or more than one needle",
            where=where,
            remedy="Set both points on one needle, nearer to each other.",
        )
    moved = float(np.linalg.norm(end - tip))
    return Found(streak.needle, _point(end), _point(out), scatter, seen, moved, width, cut)


def _middles(image: Volume, tip: Floats, out: Floats, length: float, reach: float, where: str) -> tuple[Floats, float]:
    """The metal's middle at each step along a rough shaft, shape (n, 3), and its width; steps without drop out."""
    first, second = across(out)
    offsets = np.arange(-reach, reach + ACROSS_MM / 2, ACROSS_MM)
    u, v = np.meshgrid(offsets, offsets, indexing="ij")
    near = np.hypot(u, v) <= reach
    u, v = u[near], v[near]
    steps = np.arange(2.0, max(length, number("streak", "fitted_mm").value), 2 * ALONG_MM)
    at = tip + steps[:, None, None] * out + u[:, None] * first + v[:, None] * second
    there = image.grid.contains(tip + steps[:, None] * out)
    steps, at = steps[there], at[there]
    if not len(steps):
        raise PlanError("its shaft lies outside the control image", where=where)
    values = sampled(image, at.reshape(-1, 3)).reshape(at.shape[:2])
    floor = np.quantile(values, BACKGROUND, axis=1)
    height = values.max(axis=1) - floor
    metal = height >= number("metal", "stands_out_hu").value
    seen = metal[steps <= length]
    if seen.size == 0 or seen.mean() < number("streak", "share_seen").value:
        share = 1.0 - float(seen.mean()) if seen.size else 1.0
        raise PlanError(
            f"no metal lies along {100 * share:.0f} % of it within {reach:g} mm",
            where=where,
            remedy="Set the points on the streak, in LPS mm of the control image; or leave this needle out.",
        )
    values, floor, height, steps = values[metal], floor[metal], height[metal], steps[metal]
    half = floor + height / 2
    weight = np.clip(values - half[:, None], 0.0, None)
    if reach > NARROW_MM:  # the strongest only: another needle may lie within reach
        peak = values.argmax(axis=1)
        weight *= np.hypot(u - u[peak][:, None], v - v[peak][:, None]) <= NARROW_MM
    total = weight.sum(axis=1)
    a, b = (weight * u).sum(axis=1) / total, (weight * v).sum(axis=1) / total
    wide = 2 * np.sqrt((values > half[:, None]).sum(axis=1) * ACROSS_MM**2 / np.pi)
    return tip + steps[:, None] * out + a[:, None] * first + b[:, None] * second, float(np.median(wide))


def _line(points: Floats, out: Floats) -> tuple[Floats, Floats, float]:
    """A point on the line through points, its direction (as `out` runs), and their scatter about it; outliers go."""
    kept = points
    for _ in range(3):
        centre = kept.mean(axis=0)
        axis = np.linalg.svd(kept - centre, full_matrices=False)[2][0]
        axis = axis if axis @ out > 0 else -axis
        off = points - centre
        gap = np.linalg.norm(off - (off @ axis)[:, None] * axis, axis=1)
        kept = points[gap <= max(2.5 * float(np.median(gap)), 0.3)]
    off = kept - centre
    gap = np.linalg.norm(off - (off @ axis)[:, None] * axis, axis=1)
    return centre, axis, float(np.sqrt((gap**2).mean()))


def _end(image: Volume, tip: Floats, out: Floats, where: str) -> tuple[Floats, bool]:
    """Where the metal ends: half way between shaft and tissue beyond it.

    A scanner's blur takes as much from the metal's end as it gives, so half of the height is at its border: unless the
    height is cut off. Then the flanks beside the shaft are taken, which are as long as the shaft and not cut off.
    """
    beyond = number("streak", "beyond_tip_mm").value
    steps = np.arange(-beyond, 2 * beyond, ALONG_MM / 2)
    first, second = across(out)
    turns = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    cut = False
    for ring in RINGS_MM:
        sides = ring * (np.cos(turns)[:, None] * first + np.sin(turns)[:, None] * second)
        if ring == RINGS_MM[0]:
            sides = np.concatenate([[np.zeros(3)], sides])
        at = tip + steps[:, None, None] * out + sides
        inside = image.grid.contains(tip + steps[:, None] * out)
        values = sampled(image, at.reshape(-1, 3)).reshape(at.shape[:2])
        behind = inside & (steps > beyond / 2)
        if not behind.any():
            raise PlanError("its shaft lies outside the control image", where=where)
        top = float(np.median(values[behind].max(axis=1)))
        if top < number("metal", "cut_off_hu").value:
            break
        cut = True
    profile = values.mean(axis=1)
    full = float(np.median(profile[behind]))
    free = inside & (steps < -beyond / 3)
    floor = float(np.median(profile[free])) if free.any() else float(profile[inside].min())
    if full - floor < number("metal", "stands_out_hu").value / 4:
        raise PlanError(
            f"its metal does not end within {beyond:g} mm of the point at its tip",
            where=where,
            remedy="Set the first point on the tip.",
        )
    low = profile < (full + floor) / 2
    inner = np.flatnonzero(low & inside & (steps < beyond / 2))
    if not len(inner) or not free.any():
        raise PlanError(
            f"its end is not seen within {beyond:g} mm of the point at its tip",
            where=where,
            remedy="Set the first point on the tip; the image has to reach beyond it.",
        )
    last = int(inner.max())
    here, after = profile[last], profile[min(last + 1, len(profile) - 1)]
    share = ((full + floor) / 2 - here) / max(after - here, 1e-6)
    return tip + (steps[last] + share * (ALONG_MM / 2)) * out, cut


def sampled(image: Volume, points_mm: Floats) -> Floats:
    """The image's values at points (n, 3), linear between cells; its edge goes on beyond it."""
    from scipy.ndimage import map_coordinates

    index = image.grid.to_index(points_mm)
    return np.asarray(map_coordinates(image.data, index.T, output=np.float64, order=1, mode="nearest"))


def metal_cells(image: Volume) -> NDArray[np.bool_]:
    """Cells of a CT that hold metal or lie within its glare."""
    from scipy import ndimage

    metal = image.data > number("metal", "masked_above_hu").value
    if not metal.any():
        return np.asarray(metal)
    far = ndimage.distance_transform_edt(~metal, sampling=image.grid.spacing_mm)
    return np.asarray(far <= number("metal", "masked_around_mm").value)


def _point(values: Floats) -> Point:
    return float(values[0]), float(values[1]), float(values[2])
