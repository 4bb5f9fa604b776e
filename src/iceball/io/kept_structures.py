"""How a structure lies in a case: a mask file named by what it holds, or an analytic shape written out in case.toml.

A mask's name is the hash of its cells, so a file never changes: whoever still names it finds what was drawn then.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from iceball.errors import CaseError
from iceball.io.nifti import load_box, write_nifti
from iceball.space import Grid, Header, Volume
from iceball.space.box import Box
from iceball.space.shapes import Ellipsoid, Mask, Points, Polyline, Shape, Sphere
from iceball.tissue import Structure

MASK = "mask-"


@dataclass(frozen=True)
class StructureRecord:
    """One structure of the case: a mask file, or an analytic shape written out."""

    name: str
    origin: str
    mask: str = ""
    sphere: tuple[float, float, float, float] | None = None
    """x, y, z, diameter."""
    ellipsoid: tuple[float, float, float, float, float, float] | None = None
    """x, y, z and the diameters along x, y, z."""
    box: tuple[float, float, float, float, float, float] | None = None
    """Its lowest and its highest corner."""
    points: tuple[tuple[float, float, float], ...] = ()
    polyline: tuple[tuple[float, float, float], ...] = ()
    radius_mm: float = 0.0


def store(structure: Structure, images: Path) -> StructureRecord:
    """Write a structure down; a mask goes to a file of the images folder. Raises CaseError for any other shape."""
    shape = structure.shape
    base = StructureRecord(structure.name, structure.origin)
    if isinstance(shape, Sphere):
        x, y, z = shape.centre_mm
        return replace(base, sphere=(x, y, z, shape.diameter_mm))
    if isinstance(shape, Ellipsoid):
        x, y, z = shape.centre_mm
        a, b, c = shape.diameters_mm
        return replace(base, ellipsoid=(x, y, z, a, b, c))
    if isinstance(shape, Box):
        return replace(base, box=(*shape.low_mm, *shape.high_mm))
    if isinstance(shape, Points):
        return replace(base, points=_rows(shape.points_mm), radius_mm=shape.radius_mm)
    if isinstance(shape, Polyline):
        return replace(base, polyline=_rows(shape.points_mm), radius_mm=shape.radius_mm)
    if isinstance(shape, Mask):
        mask = _thick(shape.volume)
        name = f"{MASK}{_content(mask)}.nii.gz"
        if not (images / name).is_file():
            write_nifti(mask, images / name)
        return replace(base, mask=name)
    raise CaseError(f"a {type(shape).__name__} cannot be stored", where=structure.name)


def _thick(mask: Volume) -> Volume:
    """The mask with a second, empty layer where it has one only: a file of one layer is no volume."""
    missing = [(0, 1 if n < 2 else 0) for n in mask.grid.shape]
    if not any(end for _, end in missing):
        return mask
    data = np.pad(mask.data, missing)
    return Volume(Grid.of(data.shape, mask.grid.affine), data, mask.quantity, mask.header)


def _content(mask: Volume) -> str:
    """Hash of a mask's cells and of where they lie."""
    told = hashlib.sha256(repr((mask.grid.shape, mask.grid.affine)).encode())
    told.update(np.packbits(mask.data != 0).tobytes())
    return told.hexdigest()[:24]


def _rows(points: object) -> tuple[tuple[float, float, float], ...]:
    return tuple((float(p[0]), float(p[1]), float(p[2])) for p in np.asarray(points, float))


def load(record: StructureRecord, images: Path) -> Structure:
    """The structure of a record; raises CaseError where its mask file is missing or lies elsewhere."""
    return Structure(record.name, _shape(record, images), record.origin)


def _shape(record: StructureRecord, images: Path) -> Shape:
    if record.sphere is not None:
        x, y, z, diameter = record.sphere
        return Sphere((x, y, z), diameter)
    if record.ellipsoid is not None:
        x, y, z, a, b, c = record.ellipsoid
        return Ellipsoid((x, y, z), (a, b, c))
    if record.box is not None:
        return Box(record.box[:3], record.box[3:])
    if record.points:
        return Points(np.array(record.points), record.radius_mm)
    if record.polyline:
        return Polyline(np.array(record.polyline), record.radius_mm)
    if not record.mask or Path(record.mask).name != record.mask:
        raise CaseError(
            "names neither a shape nor a mask file of its images folder", where=f"case.toml: structure {record.name}"
        )
    return Mask(stored(images / record.mask, "mask"))


def stored(file: Path, quantity: str, header: Header | None = None) -> Volume:
    """A volume of the case's own images folder; raises CaseError where it is missing."""
    if not file.is_file():
        raise CaseError("is missing from the case.", where=str(file), remedy="Make the case again with `iceball new`.")
    grid, data, _ = load_box(file)
    return Volume(grid, data, quantity, header or Header())
