"""NIfTI in and out. Its world is RAS; Iceball's is LPS: the two turn into each other here and nowhere else."""

from __future__ import annotations

import gzip
import os
import sys
import threading
import warnings
import zlib
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.errors import ImageError
from iceball.io.boxes import RAS_TO_LPS, box, check_axes, image_volume
from iceball.space.grid import Grid
from iceball.space.volume import Volume

UNITS_MM = {1: 1000.0, 2: 1.0, 3: 0.001}
DISAGREEMENT_MM = 0.1


def write_nifti(volume: Volume, path: str | Path) -> Path:
    """Write a volume as .nii or .nii.gz (RAS, mm, both affines); whole or not at all. Gives the path back."""
    nibabel = _nibabel()
    target = Path(path)
    data = volume.data.astype(np.uint8) if volume.data.dtype == bool else volume.data
    if data.dtype.kind in "iu" and data.dtype.itemsize == 8:
        data = data.astype(np.int32)
    image = nibabel.Nifti1Image(data, RAS_TO_LPS @ volume.grid.matrix)
    image.set_sform(image.affine, code=1)
    image.set_qform(image.affine, code=1)
    image.header.set_xyzt_units("mm")
    image.header["intent_name"] = volume.quantity[:15].encode("ascii", "replace")
    content = image.to_bytes()
    if target.name.endswith(".gz"):
        # No time stamp: the same volume gives the same bytes.
        content = gzip.compress(content, compresslevel=4, mtime=0)
    # The suffix keeps half-written files from being taken for images.
    half = target.with_name(target.name + ".part")
    with half.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    half.replace(target)
    return target


def load_nifti(path: Path, *, modality: str | None) -> Volume:
    """Inside the child: parse an image."""
    grid, data, notes = load_box(path)
    return image_volume(grid, data, modality=modality, where=path.name, notes=notes)


def load_box(path: Path) -> tuple[Grid, NDArray[Any], list[str]]:
    """Grid, voxels and repair notes of a NIfTI file.

    Raises:
        ImageError: if it is no NIfTI, has no usable affine, or is not one volume.
    """
    nibabel = _nibabel()
    from nibabel.filebasedimages import ImageFileError
    from nibabel.spatialimages import HeaderDataError

    where = path.name
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = nibabel.load(path)
    except (ImageFileError, gzip.BadGzipFile):
        raise ImageError("is not a NIfTI file.", where=where, remedy="Check the file and its ending.") from None
    except (HeaderDataError, ValueError, OverflowError, EOFError, zlib.error) as error:
        reason = " ".join(str(error).split())[:160]
        raise ImageError(f"its header is damaged ({reason}).", where=where, remedy="Fetch it again.") from None
    if not isinstance(image, nibabel.Nifti1Image):
        raise ImageError(
            "is an older Analyze file, which does not say how the patient lies.",
            where=where,
            remedy="Convert it to NIfTI from its source.",
        )
    header: Any = image.header
    shape = check_axes(header.get_data_shape(), where)
    matrix, notes = _ras_mm(_as_written(path, type(header)), shape, where)
    grid = box(shape, RAS_TO_LPS @ matrix, where)
    if header.get_data_dtype().kind not in "iuf":
        raise ImageError(
            f"holds {header.get_data_dtype()} values, not one number a voxel.",
            where=where,
            remedy="Export a grey-value image.",
        )
    try:
        data = np.asanyarray(image.dataobj).reshape(shape)
    except (EOFError, OSError, OverflowError, ValueError, zlib.error):
        raise ImageError("is truncated or damaged.", where=where, remedy="Fetch it again.") from None
    return grid, (data.astype(np.float32) if data.dtype == np.float64 else data), notes


class _Hidden:
    """Lets one thread find no module of a name."""

    def __init__(self, name: str) -> None:
        self.name, self.thread = name, threading.get_ident()

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        """Nothing; for that thread and name there is nothing elsewhere either."""
        if name == self.name and threading.get_ident() == self.thread:
            raise ModuleNotFoundError(name=name)


def _nibabel() -> Any:
    """The library, loaded without pydicom: a fifth of a second for a header extension that nobody here reads."""
    hidden: Any = _Hidden("pydicom")
    sys.meta_path.insert(0, hidden)
    try:
        return import_module("nibabel")
    finally:
        sys.meta_path.remove(hidden)


def _as_written(path: Path, kind: Any) -> Any:
    """The header as it is in the file: nibabel mends a zero or negative pixdim in silence when it loads an image."""
    from nibabel.openers import ImageOpener

    with ImageOpener(str(path)) as stream:
        return kind(stream.read(kind.template_dtype.itemsize), check=False)


def _ras_mm(header: Any, shape: tuple[int, int, int], where: str) -> tuple[NDArray[np.float64], list[str]]:
    """Index to RAS mm: the sform where it is set, else the qform; both where both are set must agree."""
    spacing = np.asarray(header["pixdim"], float)[1:4]
    if not np.isfinite(spacing).all() or (spacing <= 0).any():
        raise ImageError(
            f"pixdim {spacing.tolist()} is not positive and finite.",
            where=where,
            remedy="Repair or export the file again.",
        )
    code_q, code_s = int(header["qform_code"]), int(header["sform_code"])
    if code_q <= 0 and code_s <= 0:
        raise ImageError(
            "has no affine (qform_code and sform_code are 0): nothing says how the patient lies.",
            where=where,
            remedy="Convert it again from DICOM.",
        )
    unit = int(header["xyzt_units"]) & 7
    notes = []
    if unit not in UNITS_MM:
        notes.append("The file does not name its unit of length; millimetres were taken.")
    elif unit != 2:
        notes.append(f"Lengths were converted from {'metres' if unit == 1 else 'micrometres'} to millimetres.")
    scale = np.diag([UNITS_MM.get(unit, 1.0)] * 3 + [1.0])
    qform = sform = None
    if code_q > 0:
        try:
            qform = np.asarray(scale @ header.get_qform())
        except Exception:
            raise ImageError(
                "its qform is not a rotation.", where=where, remedy="Convert it again from DICOM."
            ) from None
    if code_s > 0:
        sform = np.asarray(scale @ np.asarray(header.get_sform(), float))
    if qform is not None and sform is not None:
        corners = np.array(
            [(i, j, k, 1) for i in (0, shape[0] - 1) for j in (0, shape[1] - 1) for k in (0, shape[2] - 1)]
        )
        apart = float(np.linalg.norm(((qform - sform) @ corners.T)[:3], axis=0).max())
        if not apart <= DISAGREEMENT_MM:
            raise ImageError(
                f"its two affines (qform and sform) disagree by {apart:.2f} mm.",
                where=where,
                remedy="Convert it again from DICOM, or clear the wrong one.",
            )
    chosen = sform if sform is not None else qform
    assert chosen is not None
    return chosen, notes
