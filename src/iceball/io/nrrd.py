"""NRRD in: images, label maps, and 3D Slicer's .seg.nrrd with its segment names and layers."""

from __future__ import annotations

import bz2
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.errors import ImageError
from iceball.io.boxes import MM_PER_UNIT, box, check_axes, image_volume
from iceball.io.label_file import LabelFile, Segment
from iceball.io.rawfile import beside
from iceball.space.grid import Grid
from iceball.space.volume import Volume

TYPES = {
    "i1": ("signed char", "int8", "int8_t"),
    "u1": ("uchar", "unsigned char", "uint8", "uint8_t"),
    "i2": ("short", "short int", "signed short", "signed short int", "int16", "int16_t"),
    "u2": ("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"),
    "i4": ("int", "signed int", "int32", "int32_t"),
    "u4": ("uint", "unsigned int", "uint32", "uint32_t"),
    "i8": ("longlong", "long long", "long long int", "signed long long", "signed long long int", "int64", "int64_t"),
    "u8": ("ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"),
    "f4": ("float",),
    "f8": ("double",),
}
# The sign each axis of a named space has in LPS.
SPACES = {
    "left-posterior-superior": (1, 1, 1),
    "lps": (1, 1, 1),
    "right-anterior-superior": (-1, -1, 1),
    "ras": (-1, -1, 1),
    "left-anterior-superior": (1, -1, 1),
    "las": (1, -1, 1),
}
LONGEST_HEADER = 10_000_000
ALONG_SPACE = ("domain", "space", "???", "none", "")


@dataclass(frozen=True, eq=False)
class Nrrd:
    """A parsed file: `data` has the layers first, shape (layers, i, j, k)."""

    grid: Grid
    data: NDArray[Any]
    keys: dict[str, str]
    layered: bool


def load_nrrd(path: Path, *, modality: str | None) -> Volume:
    """Inside the child: parse an image."""
    file = parse(path)
    if file.layered:
        raise ImageError(
            "holds several images (a list axis).", where=path.name, remedy="Save the one to plan on alone."
        )
    return image_volume(file.grid, file.data[0], modality=modality, where=path.name, notes=())


def load_label_file(path: Path) -> LabelFile:
    """Inside the child: parse a label map, with the segments that 3D Slicer names in it."""
    file = parse(path)
    return LabelFile(file.grid, file.data, (), _segments(file.keys, len(file.data), path.name))


def parse(path: Path) -> Nrrd:
    """Header, voxels and key-value pairs.

    Raises:
        ImageError: if it is no NRRD, does not say how the patient lies, or is truncated.
    """
    where = path.name
    fields, keys, start = _header(path)
    sizes = _whole_numbers(fields, "sizes", where)
    if len(sizes) != _whole_numbers(fields, "dimension", where)[0]:
        raise ImageError("its sizes and dimension disagree.", where=where, remedy="Export the file again.")
    kinds = fields.get("kinds", " ".join(["domain"] * len(sizes))).lower().split()
    vectors = re.findall(r"none|\([^)]*\)", fields.get("space directions", "").lower())
    layered = len(sizes) == 4 and len(vectors) == 4 and vectors[0] == "none"
    if layered:
        sizes, vectors, kinds, layers = sizes[1:], vectors[1:], kinds[1:], sizes[0]
    else:
        layers = 1
    shape = check_axes(sizes, where)
    if any(kind not in ALONG_SPACE for kind in kinds) or len(kinds) != 3:
        raise ImageError(f"its axes are {', '.join(kinds)}: not a box in space.", where=where, remedy="Give a volume.")
    grid = box(shape, _lps_mm(fields, vectors, where), where)
    data = _voxels(path, fields, start, layers * int(np.prod(shape)))
    # The fastest axis comes first in the file.
    ordered = data.reshape(*shape[::-1], layers).transpose(3, 2, 1, 0)
    return Nrrd(grid, ordered, keys, layered)


def _header(path: Path) -> tuple[dict[str, str], dict[str, str], int]:
    fields: dict[str, str] = {}
    keys: dict[str, str] = {}
    with path.open("rb") as stream:
        if not stream.readline(20).startswith(b"NRRD000"):
            raise ImageError("is not an NRRD file.", where=path.name, remedy="Check the file and its ending.")
        while line := stream.readline(LONGEST_HEADER):
            text = line.decode("utf-8", "replace").strip("\r\n")
            if not text:
                break
            if text.startswith("#"):
                continue
            if ":=" in text:
                key, value = text.split(":=", 1)
                keys[key.strip()] = value.strip()
            elif ":" in text:
                key, value = text.split(":", 1)
                fields[key.strip().lower()] = value.strip()
        return fields, keys, stream.tell()


def _whole_numbers(fields: dict[str, str], name: str, where: str) -> list[int]:
    try:
        values = [int(v) for v in fields[name].split()]
    except (KeyError, ValueError):
        values = []
    if not values or min(values) < 1:
        raise ImageError(f"'{name}' is missing or impossible.", where=where, remedy="Export the file again.")
    return values


def _lps_mm(fields: dict[str, str], vectors: list[str], where: str) -> NDArray[np.float64]:
    signs = SPACES.get(fields.get("space", "").lower())
    if signs is None or len(vectors) != 3:
        raise ImageError(
            "does not say how the patient lies (space, space directions).",
            where=where,
            remedy="Export it from a tool that keeps the geometry.",
        )
    matrix = np.eye(4)
    try:
        for column, vector in enumerate(vectors):
            matrix[:3, column] = _vector(vector)
        matrix[:3, 3] = _vector(fields["space origin"])
    except (KeyError, ValueError):
        raise ImageError(
            "its space directions or origin are not three numbers each.", where=where, remedy="Export the file again."
        ) from None
    units = set(re.findall(r'"([^"]*)"', fields.get("space units", ""))) or {"mm"}
    if len(units) != 1 or not units <= set(MM_PER_UNIT):
        raise ImageError(f"its unit of length is {', '.join(sorted(units))}.", where=where, remedy="Use mm.")
    scale = MM_PER_UNIT[units.pop()]
    return np.diag([signs[0] * scale, signs[1] * scale, signs[2] * scale, 1.0]) @ matrix


def _vector(text: str) -> list[float]:
    values = [float(v) for v in text.strip("() ").split(",")]
    if len(values) != 3:
        raise ValueError(text)
    return values


def _voxels(path: Path, fields: dict[str, str], start: int, count: int) -> NDArray[Any]:
    where = path.name
    code = next((c for c, names in TYPES.items() if fields.get("type", "").lower() in names), None)
    if code is None:
        raise ImageError(
            f"values of type '{fields.get('type', '')}' are not read.", where=where, remedy="Save as numbers."
        )
    order = ">" if fields.get("endian", "little").lower() == "big" else "<"
    kind = np.dtype(order + code)
    encoding = fields.get("encoding", "raw").lower()
    detached = fields.get("data file", fields.get("datafile"))
    content = beside(path, detached).read_bytes() if detached else path.read_bytes()[start:]
    needed = count * kind.itemsize
    try:
        skip = int(fields.get("byte skip", fields.get("byteskip", "0")))
        lines = int(fields.get("line skip", fields.get("lineskip", "0")))
    except ValueError:
        skip, lines = -2, 0
    if skip < -1 or lines < 0 or (skip == -1 and encoding != "raw"):
        raise ImageError("its byte skip or line skip is impossible.", where=where, remedy="Export the file again.")
    for _ in range(lines):
        content = content[content.find(b"\n") + 1 :]
    content = content[len(content) - needed :] if skip == -1 else content[skip:]
    if encoding in ("gzip", "gz"):
        # Never more than the header promises: a small file cannot fill the memory.
        content = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(content, needed)
    elif encoding in ("bzip2", "bz2"):
        content = bz2.BZ2Decompressor().decompress(content, needed)
    elif encoding in ("ascii", "text", "txt"):
        content = np.array(content.split()[:count], kind).tobytes()
    elif encoding != "raw":
        raise ImageError(f"the encoding '{encoding}' is not read.", where=where, remedy="Save it as gzip or raw.")
    if len(content) < needed:
        raise ImageError(
            f"is truncated: {len(content)} of {needed} bytes of voxels.", where=where, remedy="Fetch it again."
        )
    return np.frombuffer(content, kind, count).astype(kind.newbyteorder("="))


def _segments(keys: dict[str, str], layers: int, where: str) -> tuple[Segment, ...]:
    segments = []
    for number in range(len(keys)):
        prefix = f"Segment{number}_"
        if not any(key.startswith(prefix) for key in keys):
            break
        try:
            label, layer = int(keys.get(prefix + "LabelValue", "1")), int(keys.get(prefix + "Layer", str(number)))
        except ValueError:
            label, layer = -1, 0
        if label < 1 or not 0 <= layer < layers:
            raise ImageError(
                f"segment {number} has an impossible label or layer.", where=where, remedy="Save it again."
            )
        name = keys.get(prefix + "Name") or keys.get(prefix + "ID") or f"segment_{number}"
        segments.append(Segment(name, label, layer))
    return tuple(segments)
