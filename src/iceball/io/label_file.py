"""A parsed label map, whatever file it came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from iceball.space.grid import Grid


@dataclass(frozen=True)
class Segment:
    """One structure of a label map: the voxels of `layer` that hold `label`."""

    name: str
    label: int
    layer: int = 0


@dataclass(frozen=True, eq=False)
class LabelFile:
    """A parsed label map. `layers` has shape (layers, i, j, k); `segments` are the names the file itself gives."""

    grid: Grid
    layers: NDArray[Any]
    notes: tuple[str, ...]
    segments: tuple[Segment, ...] = ()
