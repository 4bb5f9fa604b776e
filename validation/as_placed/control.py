"""A control CT made from a planning image: the body moved, needles in it, and what metal does to a CT."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from iceball.plan import Placement
from iceball.plan.placed.streak import Streak
from iceball.space import Grid, Header, Volume
from iceball.space.rigid import Rigid

Floats = NDArray[np.float64]

METAL_HU = 12_000.0
"""Far above what a scanner writes: it is cut off at 3071, as in reality."""
TOP_HU, BOTTOM_HU = 3071, -1024
BLUR_MM = 0.55
NOISE_HU = 22.0
POINTS_PER_MM3 = 400
RAYS = 9
RAY_HU, SHADOW_HU, FADES_MM = 260.0, 350.0, 22.0
BREATH_MM, CALM_MM = 5.0, 45.0
"""Far from the target the body deforms by up to so much; nearer than this it does not."""
CLICK_MM = 1.5
"""Standard deviation of a person's point in each direction."""


def control_image(
    image: Volume,
    needles: Sequence[Placement],
    motion: Rigid,
    *,
    centre_mm: Floats,
    size_mm: Sequence[float],
    spacing_mm: Sequence[float],
    seed: int,
) -> Volume:
    """The patient as a later CT shows them.

    Args:
        image: the planning CT.
        needles: where they truly lie, in the planning image's mm.
        motion: from the planning image to the control image.
        centre_mm: of the target, in the planning image; around it nothing deforms.
        size_mm, spacing_mm: of the control image.
        seed: of noise, rays and breath.
    """
    dice = np.random.default_rng(seed)
    middle = motion.apply(centre_mm)
    half = np.asarray(size_mm) / 2
    grid = Grid.box(middle - half, middle + half, spacing_mm)
    data = np.empty(grid.shape, np.float32)
    back = motion.inverse()
    push = BREATH_MM * _unit(dice.normal(size=3))
    for k in range(grid.shape[2]):
        ij = np.indices((*grid.shape[:2], 1)).reshape(3, -1).T + np.array([0, 0, k])
        at = back.apply(grid.to_mm(ij))
        far = np.linalg.norm(at - centre_mm, axis=1)
        at = at + np.clip((far - CALM_MM) / 40.0, 0.0, 1.0)[:, None] * push
        index = image.grid.to_index(at)
        values = ndimage.map_coordinates(image.data, index.T, output=np.float32, order=1, mode="nearest")
        data[:, :, k] = values.reshape(grid.shape[:2])
    shafts = [(motion.apply(p.tip_mm), motion.apply(p.entry_mm), p.kind.radius_mm.value) for p in needles]
    data = data + _rays(grid, shafts, dice)
    data += ndimage.gaussian_filter(dice.normal(size=grid.shape).astype(np.float32), (0.6, 0.6, 0.3)) * NOISE_HU * 1.9
    share = _share(grid, shafts, dice)
    data += share * (METAL_HU - data)
    clipped = np.clip(np.rint(data), BOTTOM_HU, TOP_HU).astype(np.int16)
    return Volume(grid, clipped, "HU", Header(modality="CT", description="synthetic control CT"))


def _share(
    grid: Grid, shafts: Sequence[tuple[Floats, Floats, float]], dice: np.random.Generator
) -> NDArray[np.float32]:
    """Share of metal in each voxel, blurred as a scanner does."""
    total = np.zeros(grid.shape, np.float32)
    spacing = np.array(grid.spacing_mm)
    for tip, entry, radius in shafts:
        length = float(np.linalg.norm(entry - tip)) + 60.0
        out = _unit(entry - tip)
        first = _unit(np.cross(out, (1.0, 0.3, 0.2)))
        second = np.cross(out, first)
        count = int(np.pi * radius**2 * length * POINTS_PER_MM3)
        r, turn = radius * np.sqrt(dice.random(count)), 2 * np.pi * dice.random(count)
        points = (
            tip + (length * dice.random(count))[:, None] * out
            + (r * np.cos(turn))[:, None] * first + (r * np.sin(turn))[:, None] * second
        )  # fmt: skip
        index = np.rint(grid.to_index(points)).astype(int)
        index = index[((index >= 0) & (index < np.array(grid.shape))).all(axis=1)]
        np.add.at(total, tuple(index.T), 1.0 / POINTS_PER_MM3 / float(np.prod(spacing)))
    return np.minimum(ndimage.gaussian_filter(total, BLUR_MM / spacing), 1.0)


def _rays(grid: Grid, shafts: Sequence[tuple[Floats, Floats, float]], dice: np.random.Generator) -> NDArray[np.float32]:
    """Bright and dark rays from the metal in each slice, and a dark shadow in front of a tip."""
    total = np.zeros(grid.shape, np.float32)
    x, y = (np.arange(n) for n in grid.shape[:2])
    for tip, entry, _ in shafts:
        out = _unit(entry - tip)
        middle = tip + 30.0 * out
        for k in range(grid.shape[2]):
            z = float(grid.to_mm((0, 0, k))[2])
            if abs(out[2]) < 0.15:  # nearly within the slice: rays along the whole of it come from its middle
                if abs(z - middle[2]) > 4.0:
                    continue
                at = middle
            else:
                s = (z - tip[2]) / out[2]
                if not -2.0 <= s <= 150.0:
                    continue
                at = tip + s * out
            i, j = grid.to_index(at)[:2]
            dx, dy = (x - i)[:, None] * grid.spacing_mm[0], (y - j)[None, :] * grid.spacing_mm[1]
            r, turn = np.hypot(dx, dy), np.arctan2(dy, dx)
            phase, sign = dice.uniform(0, 2 * np.pi), dice.choice((-1.0, 1.0))
            total[:, :, k] += (sign * RAY_HU * np.cos(RAYS * turn + phase) ** 5 * np.exp(-r / FADES_MM)).astype(
                np.float32
            )
        for step in np.arange(1.0, 20.0, 0.5):
            i, j, k = np.rint(grid.to_index(tip - step * out)).astype(int)
            if all(1 <= n < m - 1 for n, m in zip((i, j, k), grid.shape, strict=True)):
                total[i - 1 : i + 2, j - 1 : j + 2, k] = np.minimum(
                    total[i - 1 : i + 2, j - 1 : j + 2, k], -SHADOW_HU * np.exp(-step / 10.0)
                )
    return total


def clicked(needle: Placement, name: str, motion: Rigid, dice: np.random.Generator) -> Streak:
    """The two points that a person would set on a needle's streak."""
    tip, out = motion.apply(needle.tip_mm), -np.array(motion.turn) @ np.array(needle.direction)
    shaft = tip + 45.0 * out
    a, b = (p + CLICK_MM * dice.normal(size=3) for p in (tip, shaft))
    return Streak(name, tuple(a), tuple(b))


def beside(needle: Placement, dice: np.random.Generator, *, tip_mm: float, tilt_deg: float) -> Placement:
    """The needle as it went in: its tip that far off and its shaft tilted by that angle."""
    from dataclasses import replace

    out = -np.array(needle.direction)
    side = _unit(np.cross(out, dice.normal(size=3)))
    tilted = np.cos(np.radians(tilt_deg)) * out + np.sin(np.radians(tilt_deg)) * side
    tip = np.array(needle.tip_mm) + tip_mm * _unit(dice.normal(size=3))
    entry = tip + needle.depth_mm * tilted
    return replace(needle, tip_mm=tuple(tip), entry_mm=tuple(entry))


def _unit(vector: Floats) -> Floats:
    return np.asarray(vector / np.linalg.norm(vector))
