"""A volume on another grid: nearest or linear, and which cells lie beyond the image."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from iceball.errors import GeometryError
from iceball.space.grid import Grid
from iceball.space.shapes import CHUNK_CELLS
from iceball.space.volume import Volume
from iceball.space.window import grid_of, index_map

Method = Literal["nearest", "linear"]


@dataclass(frozen=True, eq=False)
class Resampled:
    """A volume on its new grid, and the cells whose centre lies beyond the image."""

    volume: Volume
    beyond: NDArray[np.bool_]

    @property
    def beyond_fraction(self) -> float:
        """Share of the cells that lie beyond the image, 0 to 1."""
        return float(self.beyond.mean())


def resample(volume: Volume, grid: Grid, *, method: Method = "linear", fill: float | None = None) -> Resampled:
    """The volume's values at the centres of another grid's cells.

    Args:
        volume: what to resample; any orientation.
        grid: the new cells.
        method: "nearest" keeps the values and their type (labels, masks); "linear" gives float32.
        fill: value beyond the image; None continues the value at its edge.

    Raises:
        GeometryError: for an unknown method, or a fill value that the type of the volume cannot hold.
    """
    from scipy.ndimage import affine_transform

    if method not in ("nearest", "linear"):
        raise GeometryError(f"no method called '{method}'.", where="resample", remedy="Known: nearest, linear.")
    linear = method == "linear"
    kind = np.dtype(np.float32) if linear else volume.data.dtype
    source = volume.data.astype(np.float32) if linear else volume.data
    if source.dtype == np.bool_:
        source = source.astype(np.uint8)
    order = 1 if linear else 0
    values = affine_transform(source, *index_map(volume.grid, grid), grid.shape, source.dtype, order, "nearest")
    outside = beyond(volume.grid, grid)
    if fill is not None:
        if kind.type(fill) != fill and not linear:
            raise GeometryError(f"{fill} does not fit values of type {kind}", where="resample.fill")
        values[outside] = fill
    return Resampled(replace(volume, grid=grid, data=values.astype(kind, copy=False)), outside)


def beyond(image: Grid, grid: Grid) -> NDArray[np.bool_]:
    """True for each cell of `grid` whose centre lies in no cell of `image`."""
    out = np.empty(grid.shape, bool)
    rows = max(1, CHUNK_CELLS // (grid.shape[1] * grid.shape[2]))
    for start in range(0, grid.shape[0], rows):
        slab = (slice(start, min(start + rows, grid.shape[0])), slice(0, grid.shape[1]), slice(0, grid.shape[2]))
        out[slab] = ~image.contains(grid_of(grid, slab).centres_mm())
    return out
