"""Values that cross from the reading child to its parent: JSON for words and numbers, .npy files for voxels.

No pickle: whatever a hostile file makes of the child, the parent only ever parses JSON and plain arrays.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np

from iceball.errors import IceballError, ImageError
from iceball.io.series import Series
from iceball.space.grid import Grid
from iceball.space.volume import Header, Volume


def grid_as_json(grid: Grid) -> dict[str, Any]:
    """A grid as JSON; `grid_from_json` gives the same grid back, bit by bit."""
    return {"shape": list(grid.shape), "affine": [list(row) for row in grid.affine]}


def grid_from_json(value: dict[str, Any]) -> Grid:
    """The grid that `grid_as_json` wrote."""
    return Grid.of(value["shape"], value["affine"])


def header_as_json(header: Header) -> dict[str, Any]:
    """A header as JSON."""
    return dataclasses.asdict(header)


def header_from_json(value: dict[str, Any]) -> Header:
    """The header that `header_as_json` wrote."""
    return Header(**{**value, "notes": tuple(value["notes"])})


def pack(value: Any, folder: Path) -> Any:
    """`value` as JSON; the voxels of its volumes go to numbered .npy files in `folder`."""
    match value:
        case Volume():
            return {"volume": _pack_volume(value, folder)}
        case Series():
            return {"series": dataclasses.asdict(value)}
        case dict():
            return {"map": [[key, pack(item, folder)] for key, item in value.items()]}
        case list() | tuple():
            return {"list": [pack(item, folder) for item in value]}
        case _:
            return {"plain": value}


def unpack(value: dict[str, Any], folder: Path) -> Any:
    """The value that `pack` wrote. Sequences come back as tuples."""
    [(kind, content)] = value.items()
    match kind:
        case "volume":
            return _unpack_volume(content, folder)
        case "series":
            return Series(**{**content, "size": tuple(content["size"]), "spacing_mm": tuple(content["spacing_mm"])})
        case "map":
            return {key: unpack(item, folder) for key, item in content}
        case "list":
            return tuple(unpack(item, folder) for item in content)
        case _:
            return content


def pack_error(error: IceballError) -> dict[str, str]:
    """A refusal as JSON; its class is known by its code."""
    return error.as_json()


def unpack_error(value: dict[str, str]) -> IceballError:
    """The refusal that `pack_error` wrote, as the same class."""
    kinds = {kind.code: kind for kind in IceballError.__subclasses__()}
    kind = kinds.get(value["code"], ImageError)
    return kind(value["what"], where=value["where"], remedy=value["remedy"])


def write_json(value: Any, path: Path) -> None:
    """Write strict JSON: NaN is refused, and words from a foreign file lose what would steer a terminal."""
    path.write_text(json.dumps(_printable(value), allow_nan=False), encoding="utf-8")


def _printable(value: Any) -> Any:
    match value:
        case str():
            return "".join(c for c in value if c.isprintable())
        case dict():
            return {key: _printable(item) for key, item in value.items()}
        case list() | tuple():
            return [_printable(item) for item in value]
        case _:
            return value


def _pack_volume(volume: Volume, folder: Path) -> dict[str, Any]:
    name = f"{sum(1 for _ in folder.glob('*.npy'))}.npy"
    # A mask holds one bit a voxel: eight times less to write and to read.
    bits = volume.quantity == "mask"
    np.save(folder / name, np.packbits(volume.data.astype(bool)) if bits else volume.data, allow_pickle=False)
    return {
        "grid": grid_as_json(volume.grid),
        "quantity": volume.quantity,
        "header": header_as_json(volume.header),
        "file": name,
        "bits": bits,
    }


def _unpack_volume(value: dict[str, Any], folder: Path) -> Volume:
    grid = grid_from_json(value["grid"])
    data = np.load(folder / Path(value["file"]).name, allow_pickle=False)
    if value["bits"]:
        data = np.unpackbits(data, count=int(np.prod(grid.shape))).reshape(grid.shape)
    return Volume(grid, data, value["quantity"], header_from_json(value["header"]))
