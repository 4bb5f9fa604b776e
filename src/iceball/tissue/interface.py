"""Where a tumour lies against bone: what hurts, and what a palliative freeze is meant for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from iceball.sources import Constant, data_file
from iceball.space import Volume
from iceball.space.shapes import Mask, Shape
from iceball.space.window import block_around, grid_of

BONE_INTERFACE = "bone_interface"
"""The name under which plans and people ask for it."""
FROM = "DERIVED from the target and the bone beside it, unreviewed"


@cache
def interface_constants() -> tuple[Constant, ...]:
    """How near to bone the target's interface reaches, with range and source."""
    data = data_file("tissue", "segment.toml")
    record = data.records("interface")["bone"]
    return tuple(Constant(f"interface.{field}", data.number(record, field, name="interface")) for field in record)


def interface_mm() -> float:
    """What of the target lies so near to bone is its interface with it."""
    return next(float(c.number) for c in interface_constants())


def bone_interface(target: Shape, labels: Volume, tissues: Mapping[int, str]) -> Shape | None:
    """The part of a target that lies within `interface_mm` of bone, on cells of the label map; None without bone there.

    Args:
        target: its shape.
        labels: tissue labels, uint8.
        tissues: label to name of a tissue; those that begin with "bone_" are bone.
    """
    from scipy.ndimage import distance_transform_edt

    grid, near = labels.grid, interface_mm()
    low, high = target.bounds_mm()
    block = block_around(grid, low - 2 * near, high + 2 * near)
    if block is None:
        return None
    there = grid_of(grid, block)
    bone = np.isin(labels.data[block], [n for n, name in tissues.items() if name.startswith("bone_")])
    if not bone.any():
        return None
    # from a cell's centre to the bone's face it is half a cell less than to its next cell's centre
    gap = distance_transform_edt(~bone, sampling=there.spacing_mm) - min(there.spacing_mm) / 2
    found = (target.occupancy(there) >= 0.5) & (gap <= near)
    return Mask(Volume(there, found.astype(np.uint8), "mask")) if found.any() else None
