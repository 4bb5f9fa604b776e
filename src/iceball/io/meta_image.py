"""MetaImage (.mha, .mhd) in."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.errors import ImageError
from iceball.io.boxes import box, check_axes, image_volume
from iceball.io.rawfile import beside
from iceball.space.grid import Grid
from iceball.space.volume import Volume

TYPES = {
    "MET_CHAR": "i1",
    "MET_UCHAR": "u1",
    "MET_SHORT": "i2",
    "MET_USHORT": "u2",
    "MET_INT": "i4",
    "MET_UINT": "u4",
    "MET_LONG_LONG": "i8",
    "MET_ULONG_LONG": "u8",
    "MET_FLOAT": "f4",
    "MET_DOUBLE": "f8",
}
MOST_LINES = 10_000
AGAIN = "Export the file again."


def load_meta_image(path: Path, *, modality: str | None) -> Volume:
    """Inside the child: parse an image."""
    grid, data, notes = load_box(path)
    return image_volume(grid, data, modality=modality, where=path.name, notes=notes)


def load_box(path: Path) -> tuple[Grid, NDArray[Any], list[str]]:
    """Grid, voxels and repair notes.

    Raises:
        ImageError: if it is no MetaImage, is a sequence of frames, does not say how the patient lies, or is truncated.
    """
    where = path.name
    fields, start = _header(path)
    if any(key.startswith("seq_frame") for key in fields):
        raise ImageError(
            "is a sequence of tracked frames: its third axis is time.",
            where=where,
            remedy="Give a reconstructed volume.",
        )
    if (
        _flag(fields, "binarydata", True) is False
        or int(_numbers(fields, "elementnumberofchannels", where, [1.0])[0]) != 1
    ):
        raise ImageError(
            "holds text or several values a voxel.", where=where, remedy="Save a grey-value image, binary."
        )
    sizes = [int(n) for n in _numbers(fields, "dimsize", where)]
    if min(sizes) < 1:
        raise ImageError("DimSize is impossible.", where=where, remedy=AGAIN)
    shape = check_axes(sizes, where)
    grid = box(shape, _lps_mm(fields, where), where)
    return grid, _voxels(path, fields, start, shape), []


def _header(path: Path) -> tuple[dict[str, str], int]:
    fields: dict[str, str] = {}
    with path.open("rb") as stream:
        for _ in range(MOST_LINES):
            line = stream.readline(100_000).decode("latin-1")
            if "=" not in line:
                break
            key, value = line.split("=", 1)
            fields[key.strip().lower()] = value.strip()
            if key.strip().lower() == "elementdatafile":
                return fields, stream.tell()
    raise ImageError("is not a MetaImage file.", where=path.name, remedy="Check the file and its ending.")


def _numbers(fields: dict[str, str], name: str, where: str, default: list[float] | None = None) -> list[float]:
    if name not in fields and default is not None:
        return default
    try:
        values = [float(v) for v in fields[name].split()]
    except (KeyError, ValueError):
        values = []
    if not values or not np.isfinite(values).all():
        raise ImageError(f"'{name}' is missing or not finite.", where=where, remedy=AGAIN)
    return values


def _flag(fields: dict[str, str], name: str, default: bool) -> bool:
    return fields.get(name, str(default)).lower() in ("true", "1")


def _lps_mm(fields: dict[str, str], where: str) -> NDArray[np.float64]:
    turn = next((n for n in ("transformmatrix", "rotation", "orientation") if n in fields), None)
    origin = next((n for n in ("offset", "position", "origin") if n in fields), None)
    if turn is None or origin is None:
        raise ImageError(
            "does not say how the patient lies (TransformMatrix, Offset).",
            where=where,
            remedy="Export it from a tool that keeps the geometry.",
        )
    axes, place = _numbers(fields, turn, where), _numbers(fields, origin, where)
    spacing = _numbers(fields, "elementspacing", where)
    if len(axes) != 9 or len(place) != 3 or len(spacing) != 3 or min(spacing) <= 0:
        raise ImageError("TransformMatrix, Offset or ElementSpacing is impossible.", where=where, remedy=AGAIN)
    # The file lists one index axis after the other; they are the columns of our matrix.
    turned = np.array(axes).reshape(3, 3).T
    if np.abs(np.linalg.norm(turned, axis=0) - 1).max() > 1e-3:
        raise ImageError("TransformMatrix is not made of unit vectors.", where=where, remedy=AGAIN)
    matrix = np.eye(4)
    matrix[:3, :3] = turned * np.array(spacing)
    matrix[:3, 3] = place
    return matrix


def _voxels(path: Path, fields: dict[str, str], start: int, shape: tuple[int, int, int]) -> NDArray[Any]:
    where = path.name
    if fields.get("elementtype", "").upper() not in TYPES:
        raise ImageError(f"values of type '{fields.get('elementtype', '')}' are not read.", where=where, remedy=AGAIN)
    msb = _flag(fields, "binarydatabyteordermsb", False) or _flag(fields, "elementbyteordermsb", False)
    kind = np.dtype((">" if msb else "<") + TYPES[fields["elementtype"].upper()])
    local = fields["elementdatafile"].upper() == "LOCAL"
    content = path.read_bytes()[start:] if local else beside(path, fields["elementdatafile"]).read_bytes()
    count = int(np.prod(shape))
    needed = count * kind.itemsize
    if _flag(fields, "compresseddata", False):
        # Never more than the header promises: a small file cannot fill the memory.
        content = zlib.decompressobj().decompress(content, needed)
    elif "headersize" in fields:
        skip = int(_numbers(fields, "headersize", where)[0])
        content = content[len(content) - needed :] if skip == -1 else content[max(skip, 0) :]
    if len(content) < needed:
        raise ImageError(
            f"is truncated: {len(content)} of {needed} bytes of voxels.", where=where, remedy="Fetch it again."
        )
    return np.frombuffer(content, kind, count).astype(kind.newbyteorder("=")).reshape(shape[::-1]).transpose(2, 1, 0)
