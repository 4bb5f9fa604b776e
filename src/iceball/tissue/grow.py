"""A region grown from one point: the connected cells whose number is near the point's, or a sentence why it is none.

A region that runs into the whole organ is worse than none: where it passes a volume it is refused, never cut off.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.errors import SegmentationError
from iceball.space import Grid, Volume
from iceball.space.window import Block, grid_of
from iceball.units import MM3_PER_ML

LONGEST = 2.5
"""A region may reach this many times as far from its seed as a ball of the largest volume would."""
MOST_LIMIT_ML = 2_000.0
MOST_TOLERANCE = 1_000.0
LADDER = (60.0, 50.0, 42.0, 35.0, 29.0, 24.0, 20.0, 16.0, 13.0, 10.0, 7.0, 5.0)
"""Tolerances to try, HU; on MR hundredths of the seed's number."""
LEAST_FILL = 0.2
"""A lump fills at least this share of the ball around it (an ellipsoid twice as long as wide fills 0.25)."""
OTHERWISE = "Lower the tolerance, raise the limit, or use the ellipsoid or the brush."


@dataclass(frozen=True, eq=False)
class Grown:
    """What grew: its cells on a part of the image's grid, and the numbers it holds.

    Args:
        mask: 0 and 1 on the smallest box around the region.
        low, high: the numbers taken (HU on CT), both included.
        centre: the seed's number, smoothed.
        volume_ml: of the cells.
    """

    mask: Volume
    low: float
    high: float
    centre: float
    volume_ml: float


@dataclass(frozen=True, eq=False)
class Ground:
    """What a region may grow over: the smoothed image within reach of its seed.

    Args:
        image: CT or MR.
        block: the part of it within reach.
        at: the seed's cell in that part.
        smooth: its numbers, each the median of 3 x 3 x 3 cells.
    """

    image: Volume
    block: Block
    at: tuple[int, int, int]
    smooth: NDArray[np.float32]

    @classmethod
    def around(cls, image: Volume, seed_mm: tuple[float, float, float], most_ml: float) -> Ground:
        """The ground of a seed for regions of up to a volume; raises SegmentationError outside the image."""
        from scipy.ndimage import median_filter

        if not 0 < most_ml <= MOST_LIMIT_ML:
            what = f"{most_ml:g} mL is outside 0 to {MOST_LIMIT_ML:g} mL."
            raise SegmentationError(what, where="grow: most_ml", remedy="Give mL, such as 60.")
        if not image.grid.contains(np.array(seed_mm, float)):
            raise SegmentationError("lies outside the image.", where="seed", remedy="Click inside the image.")
        block, at = _around(image.grid, np.array(seed_mm, float), LONGEST * _ball_mm(most_ml))
        part = image.data[block].astype(np.float32)
        return cls(image, block, at, median_filter(part, size=tuple(min(3, n) for n in part.shape)))

    @property
    def centre(self) -> float:
        """The seed's number."""
        return float(self.smooth[self.at])

    def region(self, tolerance: float) -> NDArray[np.bool_]:
        """The cells that grow: opened by one cell, so that a thread of cells does not lead into the next organ, and
        with holes filled.
        """
        from scipy.ndimage import binary_fill_holes, binary_opening, label

        near = np.abs(self.smooth - self.centre) <= tolerance
        parts, _ = label(binary_opening(near, _cross(near.shape)))
        beside = _beside(parts, self.at)
        if not beside.any():  # all that is near is thin, such as a plaque
            parts, _ = label(near)
            beside = _beside(parts, self.at)
        return np.asarray(binary_fill_holes(parts == np.bincount(beside[beside > 0]).argmax()))

    def volume_ml(self, region: NDArray[np.bool_]) -> float:
        """Of a region."""
        return float(np.count_nonzero(region)) * self.image.grid.voxel_ml

    def leaks(self, region: NDArray[np.bool_], most_ml: float) -> str:
        """In what way a region is more than a target; "" where it is not."""
        volume = self.volume_ml(region)
        if volume > most_ml:
            return f"has {volume:.0f} mL"
        far = _reaches_side(region, self.block, self.image.grid.shape)
        return "reaches farther than a target of that volume would" if far else ""

    def grown(self, region: NDArray[np.bool_], tolerance: float) -> Grown:
        """A region as it is told."""
        mask = _cropped(region, grid_of(self.image.grid, self.block))
        numbers = self.centre - tolerance, self.centre + tolerance, self.centre
        return Grown(mask, *numbers, self.volume_ml(region))


def grow(image: Volume, seed_mm: tuple[float, float, float], *, tolerance: float, most_ml: float = 60.0) -> Grown:
    """Grow a region from a point over what is nearly as bright.

    Args:
        image: CT or MR.
        seed_mm: LPS mm.
        tolerance: how far a cell's number may lie from the seed's, in the image's unit (HU on CT).
        most_ml: the volume above which nothing is given back.

    Raises:
        SegmentationError: if the seed lies outside the image, or the region passes the volume.
    """
    if not 0 < tolerance <= MOST_TOLERANCE:
        what = f"{tolerance:g} is outside 0 to {MOST_TOLERANCE:g}."
        raise SegmentationError(what, where="grow: tolerance", remedy="Give HU, such as 25.")
    ground = Ground.around(image, seed_mm, most_ml)
    region = ground.region(tolerance)
    if leak := ground.leaks(region, most_ml):
        raise SegmentationError(
            f"at {ground.centre:.0f} ± {tolerance:g} the region {leak}; at most {most_ml:g} mL are taken: it runs into"
            " what lies around the target.",
            where="grow",
            remedy=OTHERWISE,
        )
    return ground.grown(region, tolerance)


def grow_as_far(image: Volume, seed_mm: tuple[float, float, float], *, most_ml: float = 60.0) -> Grown:
    """Grow a region with the largest tolerance of a ladder at which it stays within the volume and in one lump.

    A proposal for a person to correct: what is a lump (`LEAST_FILL`) and the ladder are assumed.

    Raises:
        SegmentationError: if the seed lies outside the image, or every tolerance leads too far.
    """
    ground = Ground.around(image, seed_mm, most_ml)
    unit = 1.0 if image.quantity == "HU" else max(abs(ground.centre) / 100, 1e-6)
    for step in LADDER:
        region = ground.region(step * unit)
        if not ground.leaks(region, most_ml) and _fill(region, ground.image.grid) >= LEAST_FILL:
            return ground.grown(region, step * unit)
    raise SegmentationError(
        f"at {ground.centre:.0f} every tolerance leads into what lies around the target.",
        where="grow",
        remedy=OTHERWISE,
    )


def _fill(region: NDArray[np.bool_], grid: Grid) -> float:
    """Volume of a region as a share of the ball around its middle that holds it: small where it sprawls."""
    cells = np.argwhere(region) * np.array(grid.spacing_mm)
    reach = float(np.linalg.norm(cells - cells.mean(axis=0), axis=1).max()) + min(grid.spacing_mm) / 2
    return len(cells) * grid.voxel_ml * MM3_PER_ML / (4 / 3 * math.pi * reach**3)


def _ball_mm(ml: float) -> float:
    """Radius of a ball of that volume."""
    return float((3 * ml * MM3_PER_ML / (4 * math.pi)) ** (1 / 3))


def _around(grid: Grid, seed_mm: NDArray[np.float64], reach_mm: float) -> tuple[Block, tuple[int, int, int]]:
    """The block of cells within a reach of the seed, and the seed's cell in it."""
    seed = np.clip(np.rint(grid.to_index(seed_mm)), 0, np.array(grid.shape) - 1).astype(int)
    cells = np.ceil(reach_mm / np.array(grid.spacing_mm)).astype(int)
    first = np.maximum(seed - cells, 0)
    last = np.minimum(seed + cells, np.array(grid.shape) - 1)
    i, j, k = (slice(int(a), int(b) + 1) for a, b in zip(first, last, strict=True))
    at = seed - first
    return (i, j, k), (int(at[0]), int(at[1]), int(at[2]))


def _cross(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """A cell and its neighbours along the axes; an axis of one cell has none, so that a single slice can be opened."""
    cross = np.zeros([3 if n > 1 else 1 for n in shape], bool)
    middle = tuple(n // 2 for n in cross.shape)
    for axis in range(cross.ndim):
        cross[(*middle[:axis], slice(None), *middle[axis + 1 :])] = True
    return cross


def _beside(parts: NDArray[Any], centre: tuple[int, int, int]) -> NDArray[Any]:
    """The part that holds the seed's cell, or those of the cells next to it."""
    if parts[centre]:
        return np.array([parts[centre]])
    around = tuple(slice(max(0, c - 1), c + 2) for c in centre)
    return np.asarray(parts[around]).reshape(-1)


def _reaches_side(region: NDArray[np.bool_], block: Block, shape: tuple[int, int, int]) -> bool:
    """Whether the region touches a side of the block that is no side of the image."""
    for axis, (part, count) in enumerate(zip(block, shape, strict=True)):
        if part.start > 0 and region.take(0, axis).any():
            return True
        if part.stop < count and region.take(-1, axis).any():
            return True
    return False


def _cropped(region: NDArray[np.bool_], grid: Grid) -> Volume:
    from scipy.ndimage import find_objects

    (block,) = find_objects(region.view(np.uint8))
    return Volume(grid_of(grid, block), region[block].astype(np.uint8), "mask")
