"""Voxels for the page: a JSON header, then numbers with the first index fastest (frontend/src/api/box.ts reads it).

Layout: 4 bytes (little-endian) length of the header, the header (UTF-8 JSON, padded with spaces so that the numbers
begin at a multiple of 8), the numbers. value = raw * scale + offset.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, distance_transform_edt

from iceball.errors import GeometryError
from iceball.space import Grid, Volume
from iceball.space.shapes import Shape
from iceball.space.window import block_around, grid_of

Celsius = NDArray[np.floating[Any]]
Bools = NDArray[np.bool_]

PER_KELVIN = 100
"""Temperatures are sent in hundredths of a degree: as fine as the page shows them, and two bytes a cell."""
WARM_C = 37.0
"""What stands deep in gas, where there is no temperature: nothing is cold there."""
MOST_INT16 = 32_000
AT_ONCE = 8_000_000
"""So many cells of a structure are told at once."""
LAYERS = 8
"""So many slices of an image are sent at once."""
KINDS = {"int16": np.int16, "uint8": np.uint8, "float32": np.float32}


def box(raw: NDArray[Any], grid: Grid, quantity: str, *, scale: float = 1.0, offset: float = 0.0, **more: Any) -> bytes:
    """A box of raw numbers.

    Args:
        raw: int16, uint8 or float32, shape of the grid.
        grid: where the cells lie.
        quantity: what the numbers are: "HU", "MR", "degC", "occupancy", "label".
        scale: value = raw * scale + offset.
        offset: as above.
        more: rides in the header.

    Raises:
        GeometryError: for numbers of another kind or shape.
    """
    kind = raw.dtype.name
    if kind not in KINDS or raw.shape != grid.shape:
        raise GeometryError(f"{kind} numbers of shape {raw.shape} do not make a box on {grid}", where="box")
    head = _head(kind, grid, quantity, scale=scale, offset=offset, **more)
    return head + raw.astype(raw.dtype.newbyteorder("<"), copy=False).tobytes(order="F")


def _head(kind: str, grid: Grid, quantity: str, *, scale: float, offset: float, **more: Any) -> bytes:
    header = {
        "shape": list(grid.shape),
        "affine": [list(row) for row in grid.affine],
        "dtype": kind,
        "scale": scale,
        "offset": offset,
        "quantity": quantity,
        **more,
    }
    told = json.dumps(header, allow_nan=False).encode()
    told += b" " * (-(4 + len(told)) % 8)
    return struct.pack("<I", len(told)) + told


def read_box(content: bytes) -> tuple[dict[str, Any], NDArray[Any]]:
    """Header and values of a box.

    Raises:
        GeometryError: where it is not whole.
    """
    (length,) = struct.unpack_from("<I", content)
    header = json.loads(content[4 : 4 + length])
    kind = np.dtype(KINDS[header["dtype"]]).newbyteorder("<")
    if len(content) != 4 + length + int(np.prod(header["shape"])) * kind.itemsize:
        raise GeometryError("is not whole", where="box")
    raw = np.frombuffer(content, kind, offset=4 + length).reshape(header["shape"], order="F")
    return header, raw * header["scale"] + header["offset"]


@dataclass(frozen=True, eq=False)
class Parts:
    """A box in parts that are made as they are sent, and its size in bytes."""

    content: Iterator[bytes]
    size: int


def image_box(image: Volume) -> bytes:
    """A whole image: CT numbers as they are; what does not fit 16 bits in as many steps."""
    return b"".join(image_parts(image).content)


def image_parts(image: Volume) -> Parts:
    """The same layer by layer: a large image is never in memory a second time."""
    data, grid = image.data, image.grid
    low, high = float(data.min()), float(data.max())
    fits = low >= -MOST_INT16 and high <= MOST_INT16
    as_is = fits and (image.quantity == "HU" or np.issubdtype(data.dtype, np.integer))
    scale, offset = (1.0, 0.0) if as_is else (max(high - low, 1e-6) / (2 * MOST_INT16), (high + low) / 2)
    head = _head("int16", grid, image.quantity, scale=scale, offset=offset)

    def layers() -> Iterator[bytes]:
        yield head
        for k in range(0, grid.shape[2], LAYERS):
            part = data[:, :, k : k + LAYERS]
            if not as_is:
                part = (part.astype(np.float64) - offset) / scale
            if not np.issubdtype(part.dtype, np.integer):
                part = np.rint(part)
            yield part.astype("<i2").tobytes(order="F")

    return Parts(layers(), len(head) + 2 * data.size)


@dataclass(frozen=True, eq=False)
class GasFill:
    """What stands in gas, which has no temperature: beside tissue the tissue's, so that lines of equal temperature run
    up to the border; deeper in it body temperature.

    Attributes:
        gas: cells of gas, shape of the grid.
        beside: those beside tissue.
        tissue: of each of these the nearest tissue, indices of shape (3, n).
    """

    gas: Bools
    beside: Bools
    tissue: tuple[NDArray[np.int32], ...]

    @classmethod
    def of(cls, field: Celsius) -> GasFill:
        """The gas of a field of temperatures, where it is NaN."""
        gas = np.isnan(field)
        beside = gas & binary_dilation(~gas, np.ones((3, 3, 3), bool)) if gas.any() else gas
        place = distance_transform_edt(gas, return_distances=False, return_indices=True) if beside.any() else None
        tissue = () if place is None else tuple(axis[beside] for axis in place)
        return cls(gas, beside, tissue)

    def hundredths(self, field: Celsius) -> NDArray[np.int16]:
        """Temperatures of the same cells as the page gets them: hundredths of a degree."""
        raw = np.where(self.gas, WARM_C, field)
        if self.tissue:
            raw[self.beside] = field[self.tissue]
        return np.asarray(np.rint(np.clip(raw * PER_KELVIN, -MOST_INT16, MOST_INT16)), np.int16)


def celsius_box(field: Celsius, grid: Grid, *, fill: GasFill | None = None, **more: Any) -> bytes:
    """A field of temperatures (NaN in gas), in hundredths of a degree.

    Args:
        field: °C, shape of the grid.
        grid: where the cells lie.
        fill: for its gas, where that was made before.
        more: rides in the header.
    """
    return box((fill or GasFill.of(field)).hundredths(field), grid, "degC", scale=1 / PER_KELVIN, **more)


def occupancy_box(shape: Shape, grid: Grid) -> bytes:
    """How much of each cell of an image a structure fills, 0 to 255, on the cells around it."""
    block = block_around(grid, *shape.bounds_mm(), pad=2)
    if block is None:
        raise GeometryError("lies outside the image", where="structure")
    cells = grid_of(grid, block)
    raw = np.empty(cells.shape, np.uint8)
    # Of a whole skin each step would be hundreds of megabytes.
    layers = max(1, AT_ONCE // (cells.shape[0] * cells.shape[1]))
    for start in range(0, cells.shape[2], layers):
        slab = (slice(0, cells.shape[0]), slice(0, cells.shape[1]), slice(start, min(start + layers, cells.shape[2])))
        raw[slab] = np.rint(np.clip(shape.occupancy(grid_of(cells, slab)), 0, 1) * 255)
    return box(raw, cells, "occupancy", scale=1 / 255)
