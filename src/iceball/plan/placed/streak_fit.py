"""The needle whose picture, cut off where a scanner cuts metal off, is most like the voxels around a rough line.

A needle within one thick slice is as bright as can be all over that slice: its middle says little. What tells where it
lies is how much of it the slices beside it hold. So a thin cylinder is averaged over each voxel, blurred and cut off;
its place, tip, blur and brightness are fitted by least squares, with a loss that rays and neighbours pull little at.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iceball.plan.placed.numbers import number
from iceball.space import Volume
from iceball.space.directions import across

Floats = NDArray[np.float64]

ROUNDS = 2
TUBE_MM, BEFORE_MM = 5.0, 10.0
"""Voxels so far from the rough line are looked at, and so far before its tip."""
PART_MM = 0.7
"""A voxel is looked at in parts no larger than this."""
FAR_MM = 50.0
"""The line is turned by how far it moves at its tip and so far behind it."""
LOSS_HU = 150.0
BLUR_MM, LEAST_BLUR_MM, MOST_BLUR_MM = 0.6, 0.3, 2.0
BRIGHT_HU, LEAST_BRIGHT_HU, MOST_BRIGHT_HU = 9_000.0, 500.0, 60_000.0
AT_MOST = 60


@dataclass(frozen=True)
class Fitted:
    """A needle's line and tip.

    Attributes:
        tip_mm: where it ends, shape (3,).
        out: unit vector from the tip back.
        blur_mm: standard deviation of the scanner's blur.
        explained: share of the voxels' variance that the needle explains.
    """

    tip_mm: Floats
    out: Floats
    blur_mm: float
    explained: float


def fit_needle(image: Volume, tip_mm: Floats, out: Floats, *, radius_mm: float) -> Fitted:
    """Fit a straight needle to the voxels around a rough one.

    Args:
        image: the control CT.
        tip_mm: rough tip, LPS, shape (3,).
        out: rough unit vector from the tip back.
        radius_mm: of the needle.
    """
    from scipy.optimize import least_squares

    found = Fitted(tip_mm, out, BLUR_MM, 0.0)
    bright = BRIGHT_HU
    for _ in range(ROUNDS):
        first, second = across(found.out)
        parts, values = _around(image, found.tip_mm, found.out)
        floor = float(np.quantile(values, 0.2))
        top = float(image.data.max())
        top = top if top >= number("metal", "cut_off_hu").value else np.inf
        base = (found.tip_mm, found.out, first, second)

        def picture(x: Floats, base: tuple[Floats, ...] = base, parts: Floats = parts, floor: float = floor,
                    top: float = top) -> Floats:  # fmt: skip
            tip, axis = _line(x, base)
            away = parts - tip
            along = away @ axis
            square = (away * away).sum(axis=-1) - along * along
            blur = float(np.exp(x[5]))
            width = blur**2 + radius_mm**2 / 4
            share = radius_mm**2 / (2 * width) * np.exp(-square / (2 * width)) * _step(along / blur)
            return np.asarray(np.minimum(floor + np.exp(x[6]) * share.mean(axis=1), top))

        start = np.array([0.0, 0.0, 0.0, 0.0, 0.0, np.log(found.blur_mm), np.log(bright)])
        low = np.array([-6, -6, -9, -9, -10, np.log(LEAST_BLUR_MM), np.log(LEAST_BRIGHT_HU)])
        high = np.array([6, 6, 9, 9, 10, np.log(MOST_BLUR_MM), np.log(MOST_BRIGHT_HU)])
        done = least_squares(
            lambda x, f=picture, v=values: (f(x) - v) / LOSS_HU, start, bounds=(low, high), loss="soft_l1",
            x_scale=np.array([1, 1, 1, 1, 1, 0.3, 0.5]), max_nfev=AT_MOST, diff_step=1e-3,
        )  # fmt: skip
        tip, axis = _line(done.x, base)
        off = picture(done.x) - values
        explained = 1.0 - float((off**2).sum() / max(((values - values.mean()) ** 2).sum(), 1e-9))
        bright = float(np.exp(done.x[6]))
        found = Fitted(tip, axis, float(np.exp(done.x[5])), explained)
    return found


def _line(x: Floats, base: tuple[Floats, ...]) -> tuple[Floats, Floats]:
    """Tip and direction of a line that is moved across at its tip and behind it, and along itself."""
    tip, out, first, second = base
    near = tip + x[0] * first + x[1] * second
    far = tip + FAR_MM * out + x[2] * first + x[3] * second
    axis = (far - near) / np.linalg.norm(far - near)
    return near + x[4] * axis, axis


def _around(image: Volume, tip: Floats, out: Floats) -> tuple[Floats, Floats]:
    """Voxels about a line: their parts' middles, shape (n, parts, 3), and their values."""
    length = number("streak", "fitted_mm").value
    ends = np.array([tip - BEFORE_MM * out, tip + length * out])
    low, high = ends.min(axis=0) - TUBE_MM, ends.max(axis=0) + TUBE_MM
    box = np.array([(x, y, z) for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])
    index = image.grid.to_index(box)
    top = np.array(image.grid.shape) - 1
    first = np.clip(np.floor(index.min(axis=0)).astype(int), 0, top)
    last = np.clip(np.ceil(index.max(axis=0)).astype(int), 0, top)
    cells = np.indices(tuple(last - first + 1)).reshape(3, -1).T + first
    at = image.grid.to_mm(cells)
    along = (at - tip) @ out
    gap = np.linalg.norm(at - tip - along[:, None] * out, axis=1)
    kept = (gap <= TUBE_MM) & (along > -BEFORE_MM) & (along < length)
    cells, at = cells[kept], at[kept]
    counts = [max(1, int(np.ceil(mm / PART_MM))) for mm in image.grid.spacing_mm]
    steps = [(np.arange(n) + 0.5) / n - 0.5 for n in counts]
    part = np.stack(np.meshgrid(*steps, indexing="ij"), axis=-1).reshape(-1, 3)
    offsets = part @ image.grid.matrix[:3, :3].T
    return at[:, None, :] + offsets[None], image.data[tuple(cells.T)].astype(float)


def _step(x: Floats) -> Floats:
    """From 0 before the tip to 1 behind it, as a blurred edge has it."""
    from scipy.special import ndtr

    return np.asarray(ndtr(x))
