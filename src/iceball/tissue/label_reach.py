"""What organ labels do not tell of a target: where they end, and where the labelled organ is not beside it."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from iceball.errors import SegmentationError
from iceball.space import Grid, Volume
from iceball.space.shapes import Mask, Shape
from iceball.space.window import block_around, grid_of
from iceball.tissue.anatomy import Structure
from iceball.tissue.organs import organ_of

SAMPLES = 50
"""So many places along each axis of an image are looked at: less than one in so many is no part worth telling."""


def share_beyond(shape: Shape, grid: Grid) -> float:
    """The share of a shape's cells that a box does not hold."""
    block = block_around(grid, *shape.bounds_mm(), beyond=True)
    if block is None:
        return 1.0
    cells = shape.occupancy(grid_of(grid, block)) >= 0.5
    kept = tuple(slice(max(0, -b.start), max(0, n - b.start)) for b, n in zip(block, grid.shape, strict=True))
    return int(np.count_nonzero(cells) - np.count_nonzero(cells[kept])) / max(1, int(np.count_nonzero(cells)))


def where_labels_end(image: Volume, organ_labels: Volume, target: Shape | None) -> str:
    """The note on the part of an image for which a label map was never made; "" where it holds the whole of it.

    Raises:
        SegmentationError: if the target lies there, at least in part: no structure beside it would be known.
    """
    if organ_labels.grid.matches(image.grid):
        return ""
    ends = organ_labels.grid.corners_mm
    reach = f"from LPS {_mm(ends.min(axis=0))} to {_mm(ends.max(axis=0))} mm"
    if target is not None and share_beyond(target, organ_labels.grid) > 0:
        raise SegmentationError(
            f"do not hold the whole target: they go {reach}, and nothing beside the rest of it would be known",
            where="organ labels",
            remedy="Give the label map of this image, or none: then structures are NOT ASSESSED.",
        )
    some = [np.linspace(0, n - 1, min(n, SAMPLES)) for n in image.grid.shape]
    places = image.grid.to_mm(np.stack(np.meshgrid(*some, indexing="ij"), axis=-1).reshape(-1, 3))
    share = 1 - float(organ_labels.grid.contains(places).mean())
    if share < 1 / SAMPLES:
        return ""
    return (
        f"The organ labels go {reach}: {share:.0%} of the image has none, and what lies there is known only as far as "
        "it was drawn."
    )


def beside_its_organ(target: Shape, organ: str, structures: Mapping[str, Structure]) -> str:
    """The note on a target that does not touch its organ, which somebody drew or labelled; "" where it does."""
    if not organ:
        return ""
    drawn = {n: structures[n].shape for n in (organ, *organ_of(organ).labels) if n in structures}
    masks = {n: shape for n, shape in drawn.items() if isinstance(shape, Mask)}
    if not masks or len(masks) < len(drawn):
        return ""
    away: dict[str, float] = {}
    for name, mask in masks.items():
        away[name] = _gap_mm(target, mask)
        if away[name] == 0.0:
            return ""
    name = min(away, key=lambda n: away[n])
    cell_mm = math.hypot(*masks[name].volume.grid.spacing_mm)
    if away[name] <= cell_mm:
        return ""
    said = f"The target does not touch the {organ}: {away[name]:.0f} mm lie between it and '{name}'."
    return f"{said} Check its place (LPS mm)."


def _gap_mm(target: Shape, mask: Mask) -> float:
    """Least distance between cells of a mask and those of a target on the same cells."""
    grid = mask.volume.grid
    block = block_around(grid, *target.bounds_mm(), pad=1, beyond=True)
    assert block is not None
    part = grid_of(grid, block)
    own = target.occupancy(part) >= 0.5
    if (own & (mask.occupancy(part) > 0)).any():
        return 0.0
    from scipy.ndimage import binary_erosion
    from scipy.spatial import cKDTree

    places = part.to_mm(np.argwhere(own)) if own.any() else np.mean(target.bounds_mm(), axis=0)[np.newaxis]
    inside = mask.volume.data != 0
    border = grid.to_mm(np.argwhere(inside & ~binary_erosion(inside)))
    return float(cKDTree(border).query(places)[0].min())


def _mm(point: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> str:
    return "(" + ", ".join(f"{v:.0f}" for v in point) + ")"
