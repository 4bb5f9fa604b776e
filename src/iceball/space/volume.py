"""Voxels on a grid, and what a person must know about the image they came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.errors import GeometryError
from iceball.space.grid import Grid


@dataclass(frozen=True)
class Header:
    """What a file says of its image; "" is unknown. `notes` are repairs made while reading, shown in every output."""

    modality: str = ""
    patient_key: str = ""
    frame_of_reference: str = ""
    series: str = ""
    description: str = ""
    acquired: str = ""
    patient_position: str = ""
    source: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Volume:
    """Values on a grid. `data[i, j, k]` belongs to cell (i, j, k) of `grid`; the array is made read-only.

    Args:
        grid: where the cells are.
        data: array of the grid's shape.
        quantity: what the numbers are: "HU", "MR", "label", "mask", "degC".
        header: what the file said of the image.

    Raises:
        GeometryError: if shapes differ or a value is NaN or infinite.
    """

    grid: Grid
    data: NDArray[Any]
    quantity: str = "HU"
    header: Header = field(default_factory=Header)

    def __post_init__(self) -> None:
        if self.data.shape != self.grid.shape:
            raise GeometryError(f"data {self.data.shape} does not fit grid {self.grid.shape}", where="Volume.data")
        if np.issubdtype(self.data.dtype, np.floating) and not np.isfinite(self.data).all():
            raise GeometryError("contains NaN or infinity", where="Volume.data", remedy="Repair the image first.")
        self.data.setflags(write=False)

    @property
    def volume_ml(self) -> float:
        """Volume of the non-zero cells in mL."""
        return float(np.count_nonzero(self.data)) * self.grid.voxel_ml

    def __str__(self) -> str:
        return f"Volume of {self.quantity}, {self.grid}"
