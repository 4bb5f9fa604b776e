"""What the image alone tells: outside air on CT and MR, and on CT the tissue that a CT number stands for."""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.sources import Constant, data_file
from iceball.space import Grid, Volume
from iceball.tissue.library import tissues
from iceball.tissue.tissue import AIR, GAS

Bools = NDArray[np.bool_]
Labels = NDArray[np.uint8]

FAT_TO_MUSCLE_HU = (-150.0, 100.0)
"""Numbers are clipped to this before they are smoothed."""


def label_of() -> dict[str, int]:
    """The tissue label of air, gas and every tissue, in the order of the library."""
    return {name: i for i, name in enumerate((AIR, GAS, *tissues()))}


@cache
def thresholds() -> dict[str, float]:
    """The thresholds of the data file, by name."""
    return {c.name.removeprefix("ct."): float(c.number) for c in threshold_constants()}


@cache
def threshold_constants() -> tuple[Constant, ...]:
    """The same with range and source, under their full names."""
    data = data_file("tissue", "segment.toml")
    record = data.records("ct")["thresholds"]
    return tuple(Constant(f"ct.{field}", data.number(record, field, name="ct")) for field in record)


def tissues_from_ct(image: Volume, *, in_chest: bool = False) -> Labels:
    """Tissue labels (see `label_of`) of a CT by its numbers: air, gas, lung, fat, soft tissue, bone and skin.

    `in_chest` says that the target lies there, so that lung may be cut by a side of the image.
    """
    t, code = thresholds(), label_of()
    # Files run along their first index, scipy's answers along the last: mixed orders cost a large scan minutes.
    image = Volume(image.grid, np.ascontiguousarray(image.data), image.quantity, image.header)
    hu = image.data
    outside = outside_of_ct(image, in_chest=in_chest)
    inside = ~outside
    thin = inside & (hu < t["gas_below"])
    lung = _lung(hu, thin, image.grid)
    labels = np.full(hu.shape, code["soft_tissue"], np.uint8)
    fat = _smoothed(hu, image.grid, t["smooth_mm"]) < t["fat_below"]
    # what lies in the chest beside lung, gas included
    _tell_fat_beside(_spread(lung, thin), fat, hu, image.grid, t)
    labels[fat] = code["fat"]
    bone = _bone(hu, image.grid) & inside
    labels[bone] = code["bone_cancellous"]
    labels[bone & (hu >= t["cortex_above"])] = code["bone_cortical"]
    labels[thin] = code[GAS]
    labels[lung] = code["lung_aerated"]
    # Padding beyond the field of view is no air: the body's border there is where the image ends, not skin.
    skin = near(outside & (hu >= t["padding_below"]), t["skin_mm"], image.grid) & inside
    labels[skin & (labels != code["lung_aerated"])] = code["skin"]
    labels[outside] = code[AIR]
    return _continued(labels, hu < t["padding_below"], image.grid)


def _continued(labels: Labels, unseen: Bools, grid: Grid) -> Labels:
    """Labels in which what the scanner did not see continues its nearest seen neighbour, as beyond the image."""
    from scipy import ndimage

    if not unseen.any() or unseen.all():
        return labels
    nearest = ndimage.distance_transform_edt(unseen, grid.spacing_mm, return_distances=False, return_indices=True)
    return np.asarray(labels[tuple(nearest)])


def outside_of_ct(image: Volume, *, in_chest: bool = False) -> Bools:
    """The air around the patient, with the couch and everything else that is not the body."""
    from scipy import ndimage

    t, hu, grid = thresholds(), image.data, image.grid
    # A foam mattress reaches -880 HU, as lung does: only in the chest is a side of the image likelier lung than foam.
    open_air = t["open_air_below" if in_chest else "mattress_below"]
    dense = hu > t["body_above"]
    core = _opened(dense, grid, t["couch_mm"], axial=axial_axis(grid))
    parts, count = ndimage.label(core)
    if count == 0:
        return ~dense
    sizes = _sizes(parts)
    sizes[0] = 0
    kept = sizes >= t["body_share"] * sizes.max()
    body = dense & ndimage.maximum_filter(kept[parts].view(np.uint8), 3, mode="constant").view(np.bool_)
    outside = touching_the_sides(~body, grid)
    parts, count = ndimage.label(outside)
    for i, block in enumerate(ndimage.find_objects(parts), start=1):
        piece = parts[block] == i
        small = piece.sum() * grid.voxel_ml < t["outside_ml"]
        # Lung or bowel gas cut by the side of a cropped image is not the room's air.
        if small or np.median(hu[block][piece]) > open_air:
            outside[block][piece] = False
    return np.asarray(outside)


def outside_of_mr(image: Volume) -> Bools:
    """The air around the patient on MR: nearly black and reaching a side; nothing where no region is black enough.

    Bone, flowing blood and tissue far from the coil are dark too, so a doubtful region is tissue: a false skin inside
    the body would mislead a plan more than a missing one.
    """
    from scipy import ndimage

    t, grid = thresholds(), image.grid
    data = image.data.astype(np.float32)
    low, high = np.percentile(data, (1, 99))
    nothing = np.zeros(data.shape, np.bool_)
    if high <= low:
        return nothing
    signal = (data - low) / (high - low)
    dark = touching_the_sides(ndimage.uniform_filter(signal, 3) < t["mr_dark_share"], grid)
    outside = _opened(dark, grid, t["couch_mm"], axial=axial_axis(grid))
    parts, _ = ndimage.label(outside)
    for i, block in enumerate(ndimage.find_objects(parts), start=1):
        piece = parts[block] == i
        faint, middle, bright = np.percentile(signal[block][piece], (10, 50, 90))
        small = piece.sum() * grid.voxel_ml < t["outside_ml"]
        masked = faint == bright  # air has noise; a map cut out by software has none
        if small or masked or middle > t["mr_air_share"] or bright > t["mr_dark_share"] / 2:
            outside[block][piece] = False
    parts, count = ndimage.label(~outside)
    if count == 0 or _sizes(parts)[1:].max() < t["mr_whole_share"] * np.count_nonzero(parts):
        return nothing
    return np.asarray(outside)


def axial_axis(grid: Grid) -> int:
    """The index axis that runs most along head to feet."""
    return int(np.argmax(np.abs(grid.directions[2])))


def touching_the_sides(mask: Bools, grid: Grid) -> Bools:
    """The parts of a mask that reach a side of the image within some axial slice."""
    from scipy import ndimage

    axial = axial_axis(grid)
    in_plane = ndimage.generate_binary_structure(3, 1)
    for end in (0, 2):
        in_plane[tuple(end if a == axial else slice(None) for a in range(3))] = False
    parts, count = ndimage.label(mask, in_plane)
    reached = np.zeros(count + 1, np.bool_)
    for axis in range(3):
        if axis != axial:
            for end in (0, -1):
                reached[np.unique(parts.take(end, axis))] = True
    reached[0] = False
    return np.asarray(reached[parts])


def near(mask: Bools, reach_mm: float, grid: Grid) -> Bools:
    """Cells beside the mask whose outer part lies within `reach_mm` of it; face neighbours always count.

    Only the mask's border is looked at. That misses nothing: on the way from a cell of the mask to one beside it, along
    one axis after the other, the last cell of the mask is on the border and nowhere farther, and with an offset all
    smaller ones count (`_offsets` sees to it).
    """
    offsets = _offsets(reach_mm, grid)
    pad = np.abs(offsets).max(axis=0)
    shape = tuple(n + 2 * p for n, p in zip(mask.shape, pad, strict=True))
    inner = tuple(slice(p, p + n) for n, p in zip(mask.shape, pad, strict=True))
    found = np.zeros(shape, np.bool_)
    steps = np.array((shape[1] * shape[2], shape[2], 1))
    cells = (np.argwhere(_border(mask)) + pad) @ steps
    flat = found.reshape(-1)
    for step in offsets @ steps:
        flat[cells + step] = True
    return found[inner] & ~mask


def _offsets(reach_mm: float, grid: Grid) -> NDArray[np.int64]:
    """Index offsets of the cells whose outer part lies within reach of a cell, shape (n, 3)."""
    step = np.array(grid.spacing_mm)
    count = np.ceil(reach_mm / step + 1).astype(int)
    every = np.array(list(product(*(range(n + 1) for n in count))))
    length = np.linalg.norm(every * step, axis=1)
    half_cell = 0.5 * np.linalg.norm(every * step * step, axis=1) / np.maximum(length, 1e-9)
    within = ((length - half_cell <= reach_mm) | (every.sum(axis=1) == 1)).reshape(count + 1)
    for axis in range(3):
        within = np.flip(np.logical_or.accumulate(np.flip(within, axis), axis), axis)
    signs = np.array(list(product((-1, 1), repeat=3)))
    return np.unique((np.argwhere(within)[:, None] * signs).reshape(-1, 3), axis=0)


def _border(mask: Bools) -> Bools:
    """Cells of a mask with a face neighbour that is not of it."""
    border = np.zeros_like(mask)
    for axis in range(3):
        here = tuple(slice(None, -1) if a == axis else slice(None) for a in range(3))
        there = tuple(slice(1, None) if a == axis else slice(None) for a in range(3))
        turns = mask[here] != mask[there]
        border[here] |= turns
        border[there] |= turns
    return border & mask


def _sizes(parts: NDArray[Any], least: int = 0) -> NDArray[np.int64]:
    """How many cells each part has, the rest first. Numpy widens what it counts, so it is given one layer at a time."""
    found = np.zeros(max(least, int(parts.max()) + 1), np.int64)
    for layer in parts:
        counts = np.bincount(layer.ravel())
        found[: len(counts)] += counts
    return found


def _smoothed(hu: NDArray[Any], grid: Grid, width_mm: float) -> NDArray[np.float32]:
    """Mean over a few millimetres: noise would otherwise sprinkle fat through muscle."""
    from scipy import ndimage

    sizes = [max(1, round(width_mm / s)) for s in grid.spacing_mm]
    # Bone and gas next door must not turn muscle into fat or fat into muscle.
    plain = np.clip(hu.astype(np.float32), *FAT_TO_MUSCLE_HU)
    return np.asarray(ndimage.uniform_filter(plain, sizes, mode="nearest"))


def _spread(seeds: Bools, mask: Bools) -> Bools:
    """The connected parts of a mask that hold a seed."""
    from scipy import ndimage

    return np.asarray(ndimage.binary_propagation(seeds, mask=mask)) if seeds.any() else seeds


def _tell_fat_beside(lung: Bools, fat: Bools, hu: NDArray[Any], grid: Grid, t: dict[str, float]) -> None:
    """Tell fat from muscle again round the lung and the gas beside it, by the wall's cells alone.

    The mean over lung and wall, and the half-filled cells between them, have the numbers of fat: they would line every
    pleura with a millimetre or two of it.
    """
    from scipy import ndimage

    sizes = [max(1, round(t["smooth_mm"] / s)) for s in grid.spacing_mm]
    for found in ndimage.find_objects(lung.view(np.uint8)):
        block = tuple(slice(max(0, b.start - n - 2), b.stop + n + 2) for b, n in zip(found, sizes, strict=True))
        here = lung[block]
        wall = ~ndimage.maximum_filter(here, 3)
        weight = ndimage.uniform_filter(wall.astype(np.float32), sizes, mode="nearest")
        numbers = np.where(wall, np.clip(hu[block].astype(np.float32), *FAT_TO_MUSCLE_HU), 0)
        mean = ndimage.uniform_filter(numbers, sizes, mode="nearest") / np.maximum(weight, 1e-6)
        near = ndimage.maximum_filter(here, [n + 2 for n in sizes])
        # Where no cell of the wall is near, it is a vessel or a septum within the lung.
        fat[block] = np.where(near, (mean < t["fat_below"]) & (weight > 1e-3), fat[block])


def _lung(hu: NDArray[Any], thin: Bools, grid: Grid) -> Bools:
    """Aerated lung among the air-dense cells inside the body: large pieces neither empty nor a mere border of gas.

    What is empty and as thick as the lung's core (a pneumothorax, a large airway) is gas, though it touches lung.
    """
    from scipy import ndimage

    t = thresholds()
    core = _opened(thin & (hu > t["lung_above"]), grid, t["couch_mm"])
    parts, count = ndimage.label(core)
    large = _sizes(parts, count + 1) * grid.voxel_ml >= t["lung_ml"]
    large[0] = False
    if not large.any():
        return np.zeros(hu.shape, np.bool_)
    empty = _opened(thin & (hu <= t["lung_above"]), grid, t["couch_mm"])
    # The half-filled cells that line it are no lung either.
    lining = ndimage.maximum_filter(empty.view(np.uint8), 3).view(np.bool_) & ~core
    return _spread(large[parts], thin & ~empty & ~lining)


def _bone(hu: NDArray[Any], grid: Grid) -> Bools:
    """Pieces above the threshold of cancellous bone with a share of dense bone; a kidney full of contrast has none."""
    from scipy import ndimage

    t = thresholds()
    parts, count = ndimage.label(hu >= t["bone_above"])
    cells = _sizes(parts, count + 1)
    dense = np.bincount(parts[hu >= t["bone_dense"]], minlength=count + 1)
    is_bone = (dense >= t["bone_dense_share"] * cells) & (cells * grid.voxel_ml >= t["bone_ml"])
    is_bone[0] = False
    return np.asarray(is_bone[parts])


def _opened(mask: Bools, grid: Grid, width_mm: float, *, axial: int | None = None) -> Bools:
    """The mask without its parts thinner than `width_mm`; only within axial slices where `axial` names their axis."""
    from scipy import ndimage

    sizes = [1 if a == axial else max(2, round(width_mm / s)) for a, s in enumerate(grid.spacing_mm)]
    # Beyond the image the mask is taken to go on, so that a cropped body keeps its edge.
    eroded = ndimage.minimum_filter(mask.view(np.uint8), sizes, mode="nearest")
    origin = [-1 if n % 2 == 0 else 0 for n in sizes]
    return np.asarray(ndimage.maximum_filter(eroded, sizes, mode="nearest", origin=origin), np.bool_)
