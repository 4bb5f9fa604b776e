"""From an array and a matrix in a file to a volume: the checks that NIfTI, NRRD and MetaImage share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.errors import GeometryError, ImageError
from iceball.io.hounsfield import air_floor, smallest_type
from iceball.space.grid import Grid
from iceball.space.volume import Header, Volume

RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
MOST_VOXELS = 1_000_000_000
MM_PER_UNIT = {"m": 1000.0, "mm": 1.0, "um": 0.001}


def check_axes(shape: Sequence[int], where: str) -> tuple[int, int, int]:
    """Three sizes, none of them 1: neither a film nor a single slice.

    Raises:
        ImageError: for another number of axes, or one slice.
    """
    sizes = tuple(int(n) for n in shape)
    while len(sizes) > 3 and sizes[-1] == 1:
        sizes = sizes[:-1]
    if len(sizes) > 3:
        raise ImageError(
            f"has {len(sizes)} axes {sizes}: several images in one file.",
            where=where,
            remedy="Save the one image to plan on as a file of its own.",
        )
    if len(sizes) < 3 or min(sizes) == 1:
        raise ImageError(
            f"one slice is not a volume (size {sizes}).", where=where, remedy="Give a volume of at least two slices."
        )
    check_size(sizes, where)
    return sizes[0], sizes[1], sizes[2]


def check_size(sizes: Sequence[int], where: str) -> None:
    """Refuse an image that no planning computer could hold, before memory is asked for it."""
    if np.prod(np.array(sizes, float)) > MOST_VOXELS:
        raise ImageError(
            f"is too large: {tuple(sizes)} voxels.", where=where, remedy="Crop it to the region to plan in."
        )


def box(shape: Sequence[int], lps_mm: NDArray[np.float64], where: str) -> Grid:
    """The grid of a file's sizes and index-to-LPS matrix in mm.

    Raises:
        ImageError: for a matrix that is not finite, is sheared, or has an impossible spacing.
    """
    if not np.isfinite(lps_mm).all():
        raise ImageError("its geometry holds NaN or infinity.", where=where, remedy="Repair or export the file again.")
    if np.linalg.norm(lps_mm[:3, :3], axis=0).min() == 0:
        raise ImageError("has a spacing of zero.", where=where, remedy="Repair or export the file again.")
    try:
        return Grid.of(shape, lps_mm)
    except GeometryError as error:
        raise ImageError(error.what, where=where, remedy=error.remedy or "Repair or export the file again.") from None


def image_volume(
    grid: Grid, data: NDArray[Any], *, modality: str | None, where: str, notes: Sequence[str], description: str = ""
) -> Volume:
    """The volume of an image file that does not say by itself whether it is CT or MR.

    Raises:
        ImageError: if a voxel is NaN or infinite, or a CT has no number below that of water.
    """
    if data.dtype.kind == "f" and not np.isfinite(data).all():
        bad = np.argwhere(~np.isfinite(data))[0]
        spot = ", ".join(f"{v:.1f}" for v in grid.to_mm(bad))
        raise ImageError(
            f"holds NaN or infinity, first at voxel {tuple(int(b) for b in bad)} (LPS {spot} mm).",
            where=where,
            remedy="Repair the image first.",
        )
    said = list(notes)
    if modality == "CT":
        if data.min() >= 0:
            raise ImageError(
                f"has no value below 0 (lowest {data.min():g}, highest {data.max():g}), so these are no CT numbers: "
                "fat and air lie below 0.",
                where=where,
                remedy="Give an MR as one (--mr), or export a CT in Hounsfield units, its intercept applied.",
            )
        data = _whole(data)
        data, note = air_floor(data)
        said.append(note)
        data = smallest_type(data)
    elif modality == "MR":
        data = data.astype(np.float32, copy=False)
    header = Header(modality=modality or "", description=description, source=where, notes=tuple(n for n in said if n))
    quantity = {"CT": "HU", "MR": "MR"}.get(modality or "", "")
    # Along the first index, as most files run, or along the last: a large image is not turned over for nothing.
    return Volume(grid, data if data.flags.f_contiguous else np.ascontiguousarray(data), quantity, header)


def _whole(data: NDArray[Any]) -> NDArray[Any]:
    """Whole numbers stored as floats (as many tools do to CT) as integers."""
    if data.dtype.kind == "f" and np.array_equal(data, np.rint(data)) and np.abs(data).max() < 2**31:
        return data.astype(np.int32)
    return data
