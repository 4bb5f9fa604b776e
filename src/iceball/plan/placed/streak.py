"""A needle on a control CT: two points set it roughly, its metal says where it really runs and where it ends."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iceball.errors import PlanError
from iceball.plan.placed.numbers import number
from iceball.plan.placed.streak_fit import fit_needle
from iceball.space import Volume
from iceball.space.directions import across

Floats = NDArray[np.float64]
Point = tuple[float, float, float]

ALONG_MM, ACROSS_MM = 1.0, 0.5
"""Between two looks along a shaft and across it."""
NARROW_MM = 3.5
"""From the brightest point of a cross-section: farther off lies another needle."""
BACKGROUND = 0.3
"""Quantile of what is around a shaft that counts as tissue: bright streaks lie above it."""
BEFORE_MM = (4.0, 8.0)
"""Before the tip, where the metal must have ended."""


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
        explained: share of the variance around it that one straight needle explains.
        blur_mm: standard deviation of the scanner's blur.
        moved_mm: from the point that was set to the tip.
        cut_off: whether the scanner cut the metal off.
    """

    needle: str
    tip_mm: Point
    out: Point
    explained: float
    blur_mm: float
    moved_mm: float
    cut_off: bool


def refine(streak: Streak, image: Volume, *, radius_mm: float) -> Found:
    """Set a streak on its metal.

    Args:
        streak: two points on it.
        image: the control CT.
        radius_mm: of the needle.

    Raises:
        PlanError: where the image is no CT, where the points lie outside it, where no metal lies between them, where it
            is not one straight needle, or where its end is not seen near the first point.
    """
    where = f"streak '{streak.needle}'"
    if image.quantity != "HU":
        raise PlanError("metal is told from tissue on a CT only.", where=where, remedy="Give a control CT.")
    tip, back = np.array(streak.tip_mm), np.array(streak.shaft_mm)
    if not image.grid.contains(np.array([tip, back])).all():
        raise PlanError("lies outside the control image", where=where, remedy="Give LPS mm of the control image.")
    length = float(np.linalg.norm(back - tip))
    out = (back - tip) / length
    middles = _middles(image, tip, out, length, where)
    found = fit_needle(image, tip, out, radius_mm=radius_mm)
    if found.explained < number("streak", "surely_explained").value:
        centre, axis = _line(middles, out)
        again = fit_needle(image, centre + ((tip - centre) @ axis) * axis, axis, radius_mm=radius_mm)
        found = max(found, again, key=lambda one: one.explained)
    if found.explained < number("streak", "explained").value:
        raise PlanError(
            f"one straight needle explains only {found.explained:.0%} of what is around it: bent, or more than one",
            where=where,
            remedy="Set both points on one needle, nearer to each other; or leave this needle out.",
        )
    moved = float(np.linalg.norm(found.tip_mm - tip))
    if moved > number("streak", "moved_mm").value or _goes_on(image, found.tip_mm, found.out):
        raise PlanError(
            f"its metal does not end near the point at its tip (nearest end {moved:.0f} mm off)",
            where=where,
            remedy="Set the first point on the tip; the image has to reach beyond it.",
        )
    cut = bool(image.data.max() >= number("metal", "cut_off_hu").value)
    return Found(streak.needle, _point(found.tip_mm), _point(found.out), found.explained, found.blur_mm, moved, cut)


def _middles(image: Volume, tip: Floats, out: Floats, length: float, where: str) -> Floats:
    """The brightest metal's middle at each step along a rough shaft, shape (n, 3); steps without metal drop out."""
    first, second = across(out)
    reach = number("streak", "beside_mm").value
    offsets = np.arange(-reach, reach + ACROSS_MM / 2, ACROSS_MM)
    u, v = np.meshgrid(offsets, offsets, indexing="ij")
    near = np.hypot(u, v) <= reach
    u, v = u[near], v[near]
    steps = np.arange(2.0, length, ALONG_MM)
    at = tip + steps[:, None, None] * out + u[:, None] * first + v[:, None] * second
    values = sampled(image, at.reshape(-1, 3)).reshape(at.shape[:2])
    floor = np.quantile(values, BACKGROUND, axis=1)
    height = values.max(axis=1) - floor
    metal = height >= number("metal", "stands_out_hu").value
    if metal.mean() < number("streak", "share_seen").value:
        raise PlanError(
            f"no metal lies along {100 * (1 - metal.mean()):.0f} % of it within {reach:g} mm",
            where=where,
            remedy="Set the points on the streak, in LPS mm of the control image; or leave this needle out.",
        )
    values, floor, height, steps = values[metal], floor[metal], height[metal], steps[metal]
    weight = np.clip(values - (floor + height / 2)[:, None], 0.0, None)
    # the strongest only: another needle may lie within reach
    peak = values.argmax(axis=1)
    weight *= np.hypot(u - u[peak][:, None], v - v[peak][:, None]) <= NARROW_MM
    total = weight.sum(axis=1)
    a, b = (weight * u).sum(axis=1) / total, (weight * v).sum(axis=1) / total
    return np.asarray(tip + steps[:, None] * out + a[:, None] * first + b[:, None] * second)


def _line(points: Floats, out: Floats) -> tuple[Floats, Floats]:
    """A point on the line through points and its direction, as `out` runs; outliers go."""
    kept = points
    for _ in range(3):
        centre = kept.mean(axis=0)
        axis = np.linalg.svd(kept - centre, full_matrices=False)[2][0]
        axis = axis if axis @ out > 0 else -axis
        off = points - centre
        gap = np.linalg.norm(off - (off @ axis)[:, None] * axis, axis=1)
        kept = points[gap <= max(2.5 * float(np.median(gap)), 0.3)]
    return centre, axis


def _goes_on(image: Volume, tip: Floats, out: Floats) -> bool:
    """Whether there is metal before a tip, or nothing is seen there."""
    at = tip - np.arange(BEFORE_MM[0], BEFORE_MM[1], 0.5)[:, None] * out
    if not image.grid.contains(at).all():
        return True
    return bool(np.median(sampled(image, at)) > number("metal", "masked_above_hu").value)


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
