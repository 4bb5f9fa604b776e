"""Surfaces for the page: 4 bytes length, a JSON header, xyz (float32, LPS mm), triangles (uint32), colours (rgba)."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.assessment.assessment import MarginMap
from iceball.errors import GeometryError
from iceball.reporting.figures_margin import BOUNDS_MM, COLOURS, NOT_ASSESSABLE
from iceball.space import Grid
from iceball.space.shapes import Shape
from iceball.space.surface import Surface, surface_of
from iceball.space.window import block_around, grid_of

MOST_CELLS = 400_000
"""A structure is marched through on at most so many cells; larger ones on coarser cells."""
SMALLEST_MM = 1.0


def mesh(points_mm: NDArray[Any], triangles: NDArray[Any], *, colours: NDArray[np.uint8] | None = None) -> bytes:
    """A surface of points (n, 3), triangles (m, 3) and, where given, a colour (n, 4) of each point."""
    if colours is not None and colours.shape != (len(points_mm), 4):
        raise GeometryError(f"colours {colours.shape} do not fit {len(points_mm)} points", where="mesh")
    header = {"vertices": len(points_mm), "faces": len(triangles), "colours": colours is not None, "unit": "mm LPS"}
    told = json.dumps(header).encode()
    told += b" " * (-(4 + len(told)) % 8)
    parts = [struct.pack("<I", len(told)), told]
    parts += [np.ascontiguousarray(points_mm, "<f4").tobytes(), np.ascontiguousarray(triangles, "<u4").tobytes()]
    return b"".join([*parts, b"" if colours is None else np.ascontiguousarray(colours).tobytes()])


def read_mesh(content: bytes) -> tuple[NDArray[np.float32], NDArray[np.uint32], NDArray[np.uint8] | None]:
    """Points, triangles and colours (or None) of a mesh."""
    (length,) = struct.unpack_from("<I", content)
    header = json.loads(content[4 : 4 + length])
    vertices, faces, at = header["vertices"], header["faces"], 4 + length
    points = np.frombuffer(content, "<f4", 3 * vertices, at).reshape(-1, 3)
    triangles = np.frombuffer(content, "<u4", 3 * faces, at + points.nbytes).reshape(-1, 3)
    colours = np.frombuffer(content, np.uint8, offset=at + points.nbytes + triangles.nbytes).reshape(-1, 4)
    return points, triangles, colours if header["colours"] else None


def surface_mesh(surface: Surface | None) -> bytes:
    """A surface; a mesh without a point where there is none."""
    if surface is None:
        return mesh(np.empty((0, 3)), np.empty((0, 3)))
    return mesh(surface.points_mm, surface.triangles)


def margin_mesh(found: MarginMap | None) -> bytes:
    """The target's surface, each point in the colour of its margin (as in the report's margin map)."""
    if found is None or not len(found.triangles):
        return surface_mesh(None)
    bands = np.searchsorted(np.array(BOUNDS_MM[1:-1]), np.nan_to_num(found.margin_mm, nan=-1.0), side="right")
    palette = np.array([_rgba(c) for c in (*COLOURS, NOT_ASSESSABLE)], np.uint8)
    return mesh(
        found.points_mm, found.triangles, colours=palette[np.where(np.isnan(found.margin_mm), len(COLOURS), bands)]
    )


def shape_mesh(shape: Shape, image: Grid) -> bytes:
    """A structure's surface, on cells as fine as the image's where it is not large."""
    if shape.volume_ml == 0:
        return surface_mesh(None)
    low, high = shape.bounds_mm()
    step = max(SMALLEST_MM, min(image.spacing_mm), float(np.cbrt(np.prod(high - low + 4) / MOST_CELLS)))
    grid = Grid.box(low - 2 * step, high + 2 * step, step)
    return surface_mesh(surface_of(shape.occupancy(grid), grid, 0.5))


def cropped(celsius: NDArray[Any], grid: Grid, below_c: float) -> tuple[NDArray[Any], Grid]:
    """The cells around all that is colder than a temperature, and their grid; one cell where nothing is."""
    cold = np.argwhere(np.nan_to_num(celsius, nan=np.inf) < below_c)
    if not len(cold):
        cold = np.zeros((1, 3), int)
    ends = grid.to_mm(np.array([cold.min(axis=0), cold.max(axis=0)]))
    block = block_around(grid, ends.min(axis=0), ends.max(axis=0), pad=1)
    assert block is not None
    return celsius[block], grid_of(grid, block)


def _rgba(colour: str) -> tuple[int, int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16), 255
