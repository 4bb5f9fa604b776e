"""One image laid over another of the same patient by a rigid motion, and how far that can be trusted.

Mattes' mutual information, so that contrast medium or another scanner does not matter, from coarse to fine. It is run
again from other starts and on parts of the region: what the answers differ by is what the answer is worth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.errors import GeometryError
from iceball.space.grid import Grid
from iceball.space.resample import resample
from iceball.space.rigid import Rigid
from iceball.space.volume import Volume

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

BINS = 40
LEVELS = ((4.0, 3.0), (2.0, 1.5))
"""Cells and smoothing of each pass, mm: coarse finds it, fine places it."""
AT_MOST = 120
"""Steps of one pass."""
NUDGES = (((5.0, -4.0, 3.0), (0.04, -0.03, 0.04)), ((-4.0, 5.0, -5.0), (-0.03, 0.04, -0.05)))
"""Shifts (mm) and turns (rad) away from the answer from which it has to be found again."""
LEAST_CELLS = 2_000


@dataclass(frozen=True, eq=False)
class Registered:
    """How the moving image lies on the fixed one.

    Attributes:
        motion: from a point of the fixed image to the same point of the patient in the moving one.
        before, after: correlation of both images over the region, without the motion and with it; NaN where they do
            not overlap.
        information: mutual information after it, nats.
        overlap: share of the region that the moving image shows.
        residual_mm: farthest that any second answer takes a point of interest from where the first takes it.
        residual_deg: most that any of them is turned against the first.
        answers_mm: how far, for each second answer, by what was done differently.
    """

    motion: Rigid
    before: float
    after: float
    information: float
    overlap: float
    residual_mm: float
    residual_deg: float
    answers_mm: tuple[tuple[str, float], ...]


def register(
    fixed: Volume,
    moving: Volume,
    *,
    region: Bools,
    usable: Bools,
    about_mm: Floats,
    starts: Sequence[Rigid] = (),
) -> Registered:
    """Find the rigid motion from a fixed image to a moving one; the same input gives the same answer.

    Args:
        fixed: the image that the answer starts from.
        moving: the other image of the same patient; another scanner or modality will do.
        region: cells of `fixed` that count; what moves on its own, metal and air are left out.
        usable: cells of `moving` that count.
        about_mm: points of interest in the fixed image, shape (n, 3); the residual is told at them.
        starts: motions to begin from; none moves is always tried.

    Raises:
        GeometryError: if the region is too small, or the images do not overlap.
    """
    if fixed.data.shape != region.shape or moving.data.shape != usable.shape:
        raise GeometryError("masks have to be of the shape of their images", where="register")
    pairs = [_Pair.of(fixed, moving, region, usable, cell, blur) for cell, blur in LEVELS]
    if int(pairs[0].cells.sum()) < LEAST_CELLS / 8 or int(pairs[1].cells.sum()) < LEAST_CELLS:
        raise GeometryError(
            f"{int(pairs[1].cells.sum())} cells of 2 mm are left to compare",
            where="register",
            remedy="Give images that show more tissue around the target.",
        )
    begun = [_found(pairs[:1], start, pairs[0].cells) for start in (Rigid.still(), *starts)]
    tried = [one for one in begun if one is not None]
    if not tried:
        raise GeometryError("the images do not overlap from any start", where="register")
    best = min(tried, key=lambda one: one[1])[0]
    fine = _found(pairs[1:], best, pairs[1].cells)
    if fine is None:
        raise GeometryError("the images do not overlap", where="register")
    motion, value = fine
    answers, turns = [], []
    for number, (shift, turn) in enumerate(NUDGES, start=1):
        again = _found(pairs, _nudged(motion, shift, turn, about_mm), None)
        answers.append((f"start {number} beside it", _apart(again, motion, about_mm)))
        turns.append(_turned(again, motion))
    for name, part in _halves(pairs[1], about_mm).items():
        again = _found(pairs[1:], motion, part)
        answers.append((name, _apart(again, motion, about_mm)))
        turns.append(_turned(again, motion))
    before, _ = _likeness(pairs[1], Rigid.still())
    after, overlap = _likeness(pairs[1], motion)
    residual_mm = max(mm for _, mm in answers)
    return Registered(motion, before, after, -value, overlap, residual_mm, max(turns), tuple(answers))


@dataclass(frozen=True, eq=False)
class _Pair:
    """Both images on cells of one size, with what counts of each."""

    fixed: Volume
    moving: Volume
    cells: Bools
    usable: Bools

    @classmethod
    def of(cls, fixed: Volume, moving: Volume, region: Bools, usable: Bools, cell: float, blur: float) -> _Pair:
        a, cells = _coarse(fixed, region, cell, blur, crop=True)
        b, there = _coarse(moving, usable, cell, blur, crop=False)
        return cls(a, b, cells, there)


def _coarse(volume: Volume, mask: Bools, cell: float, blur: float, *, crop: bool) -> tuple[Volume, Bools]:
    """The image on cells of about that size, smoothed over what counts only, so that metal does not leak out."""
    from scipy import ndimage

    spacing = np.array(volume.grid.spacing_mm)
    sigma = np.sqrt(np.maximum(blur**2 - (0.4 * spacing) ** 2, 0.0)) / spacing
    weight = ndimage.gaussian_filter(mask.astype(np.float32), sigma)
    values = ndimage.gaussian_filter(np.where(mask, volume.data, 0).astype(np.float32), sigma)
    values = np.where(weight > 0.05, values / np.maximum(weight, 0.05), 0.0).astype(np.float32)
    corners = volume.grid.corners_mm
    if crop:
        at = np.argwhere(mask)
        if not len(at):
            return volume, mask
        low, high = at.min(axis=0), at.max(axis=0)
        ends = [(low[i] - 0.5, high[i] + 0.5) for i in range(3)]
        corners = volume.grid.to_mm(np.array([(i, j, k) for i in ends[0] for j in ends[1] for k in ends[2]]))
    grid = Grid.box(corners.min(axis=0), corners.max(axis=0), cell)
    image = resample(Volume(volume.grid, values, volume.quantity), grid)
    there = resample(Volume(volume.grid, weight, "mask"), grid)
    return image.volume, np.asarray((there.volume.data > 0.5) & ~there.beyond)


def _found(pairs: Sequence[_Pair], start: Rigid, cells: Bools | None) -> tuple[Rigid, float] | None:
    """The motion found from a start through all pairs, with its metric (smaller is better); None without overlap."""
    sitk = _sitk()

    motion, value = start, float("inf")
    for pair in pairs:
        mask = pair.cells if cells is None or cells.shape != pair.cells.shape else cells
        middle = pair.fixed.grid.to_mm(np.argwhere(mask).mean(axis=0))
        transform = _euler(motion, middle)
        method = sitk.ImageRegistrationMethod()
        method.SetMetricAsMattesMutualInformation(BINS)
        method.SetMetricFixedMask(_itk(pair.fixed.grid, mask.astype(np.uint8)))
        method.SetMetricMovingMask(_itk(pair.moving.grid, pair.usable.astype(np.uint8)))
        method.SetMetricSamplingStrategy(method.NONE)
        method.SetInterpolator(sitk.sitkLinear)
        method.SetOptimizerAsRegularStepGradientDescent(2.0, 0.005, AT_MOST, 0.6)
        method.SetOptimizerScalesFromPhysicalShift()
        method.SetInitialTransform(transform, inPlace=True)
        method.SetNumberOfThreads(1)  # sums in one order: the same answer every time
        try:
            method.Execute(_itk(pair.fixed.grid, pair.fixed.data), _itk(pair.moving.grid, pair.moving.data))
        except RuntimeError:  # ITK's word for too few cells in both images
            return None
        turn = np.array(transform.GetMatrix()).reshape(3, 3)
        shift = np.array(transform.GetTranslation()) + middle - turn @ middle
        motion, value = Rigid(tuple(map(tuple, turn)), tuple(shift)), float(method.GetMetricValue())
    return motion, value


def _sitk() -> Any:
    """SimpleITK, imported when first needed; it carries no types."""
    return import_module("SimpleITK")


def _euler(motion: Rigid, middle: Floats) -> Any:
    sitk = _sitk()

    transform = sitk.Euler3DTransform()
    transform.SetCenter(middle.tolist())
    transform.SetMatrix(np.array(motion.turn).ravel().tolist(), 1e-4)
    transform.SetTranslation((motion.apply(middle) - middle).tolist())
    return transform


def _itk(grid: Grid, data: NDArray[Any]) -> Any:
    sitk = _sitk()

    image = sitk.GetImageFromArray(np.ascontiguousarray(np.asarray(data).T))
    image.SetSpacing(grid.spacing_mm)
    image.SetOrigin(grid.origin_mm.tolist())
    image.SetDirection(grid.directions.ravel().tolist())
    return image


def _nudged(motion: Rigid, shift: Sequence[float], turns: Sequence[float], about_mm: Floats) -> Rigid:
    """A motion a little beside one, turned about the points of interest."""
    from scipy.spatial.transform import Rotation

    turn = Rotation.from_rotvec(turns).as_matrix() @ np.array(motion.turn)
    middle = about_mm.mean(axis=0)
    back = motion.apply(middle) + np.array(shift) - turn @ middle
    return Rigid(tuple(map(tuple, turn)), tuple(back))


def _halves(pair: _Pair, about_mm: Floats) -> dict[str, Bools]:
    """The region's cells nearer to the points of interest and farther: a body that bends moves them differently."""
    from scipy.spatial import cKDTree

    cells = np.argwhere(pair.cells)
    away, _ = cKDTree(about_mm).query(pair.fixed.grid.to_mm(cells))
    near = away <= np.median(away)
    halves = {}
    for name, which in (("on its nearer half", near), ("on its farther half", ~near)):
        part = np.zeros_like(pair.cells)
        part[tuple(cells[which].T)] = True
        halves[name] = part
    return halves


def _apart(again: tuple[Rigid, float] | None, motion: Rigid, about_mm: Floats) -> float:
    return float("inf") if again is None else again[0].differs_mm(motion, about_mm)


def _turned(again: tuple[Rigid, float] | None, motion: Rigid) -> float:
    return float("inf") if again is None else again[0].then(motion.inverse()).turned_deg


def _likeness(pair: _Pair, motion: Rigid) -> tuple[float, float]:
    """Correlation over the region under a motion, and the share of the region that both images show."""
    from scipy.ndimage import map_coordinates

    points = motion.apply(pair.fixed.grid.to_mm(np.argwhere(pair.cells)))
    index = pair.moving.grid.to_index(points)
    there = np.all((index >= 0) & (index <= np.array(pair.usable.shape) - 1), axis=1)
    near = np.clip(np.rint(index).astype(int), 0, np.array(pair.usable.shape) - 1)
    counts = there & pair.usable[tuple(near.T)]
    if counts.sum() < 2:
        return float("nan"), float(there.mean())
    a = pair.fixed.data[pair.cells][counts]
    b = map_coordinates(pair.moving.data, index[counts].T, order=1, mode="nearest")
    if a.std() == 0 or b.std() == 0:
        return float("nan"), float(there.mean())
    return float(np.corrcoef(a, b)[0, 1]), float(there.mean())
