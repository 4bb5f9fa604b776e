"""The doors to foreign files. Each call parses in a child process; what comes back is checked and in LPS mm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from iceball.errors import ImageError
from iceball.io import wire
from iceball.io.kind import kind_of
from iceball.io.sandbox import in_child
from iceball.io.series import Series
from iceball.space.volume import Volume

MODALITIES = ("CT", "MR")


def read_image(path: str | Path, *, series: str | None = None, modality: str | None = None) -> Volume:
    """Read an image from a DICOM folder or file, or a .nii, .nii.gz, .nrrd, .nhdr, .mha or .mhd file.

    Args:
        path: file or folder.
        series: which one, where a folder holds several: a key that `list_series` shows.
        modality: "CT" or "MR". In a folder it narrows the choice; for files that do not say what they hold
            (all but DICOM) it declares it: only then are values taken as Hounsfield units.

    Raises:
        ImageError: says what is wrong, in which file, and what to do.
    """
    volume: Volume = in_child("image", _existing(path), series=series, modality=_known(modality))
    return volume


def read_dicom(path: str | Path, *, series: str | None = None, modality: str | None = None) -> Volume:
    """Read one DICOM CT or MR series, by geometry; see `read_image`."""
    found = _existing(path)
    if kind_of(found) != "dicom":
        raise ImageError("is not DICOM.", where=found.name, remedy="Use read_image for other formats.")
    return read_image(found, series=series, modality=modality)


def list_series(path: str | Path) -> tuple[Series, ...]:
    """The CT and MR images in a DICOM folder, sub-series apart, each with the key that names it."""
    found: tuple[Series, ...] = in_child("list", _existing(path))
    return found


def read_structures(
    path: str | Path, *, on: Volume, names: Mapping[int, str] | None = None, only: Sequence[str] | None = None
) -> dict[str, Volume]:
    """Read the structures of an RTSTRUCT, a DICOM SEG or a label map (NIfTI, NRRD, .seg.nrrd, MetaImage) as masks.

    An RTSTRUCT comes on the grid of `on`; the others on their own grid in the same space. They are tied to the image
    by patient, frame of reference and geometry.

    Args:
        path: the file.
        on: the image it was drawn on.
        names: what the numbers of a label map mean; one without a name is called "label_7".
        only: the structures to read; all if None. Named ones must be there and not be empty.

    Raises:
        SegmentationError: another patient or frame of reference, contours off the image, empty, or name not found.
        ImageError: if the file cannot be read.
    """
    masks: dict[str, Volume] = in_child(
        "structures",
        _existing(path),
        grid=wire.grid_as_json(on.grid),
        header=wire.header_as_json(on.header),
        names=_pairs(names),
        only=None if only is None else list(only),
    )
    return masks


def read_label_map(
    path: str | Path, names: str | Path | Mapping[int, str] | None = None
) -> tuple[Volume, dict[int, str]]:
    """Read a label map as one volume of numbers, with the names of the labels that occur in it.

    Args:
        path: NIfTI, NRRD or MetaImage file.
        names: a CSV file with the columns `label` and `name`, or a mapping; without it "label_7" and so on.
    """
    table = None if names is None or isinstance(names, Mapping) else _existing(names)
    volume, found = in_child(
        "labels",
        _existing(path),
        names=_pairs(names) if isinstance(names, Mapping) else None,
        names_file=str(table) if table else None,
    )
    return volume, {int(k): str(v) for k, v in found.items()}


def read_points(path: str | Path) -> dict[str, tuple[tuple[float, float, float], ...]]:
    """Read the points of a 3D Slicer .mrk.json file, LPS mm, in the file's order, by the name of their list."""
    found: dict[str, tuple[tuple[float, float, float], ...]] = in_child("points", _existing(path))
    return found


def _pairs(names: Mapping[int, str] | None) -> list[list[object]] | None:
    return [[int(k), str(v)] for k, v in names.items()] if names else None


def _existing(path: str | Path) -> Path:
    found = Path(path).expanduser()
    if not found.exists():
        raise ImageError("there is no such file or folder.", where=str(path), remedy="Check the path.")
    return found.resolve()


def _known(modality: str | None) -> str | None:
    if modality is not None and modality.upper() not in MODALITIES:
        raise ImageError(f"'{modality}' is not a modality Iceball plans on.", where="modality", remedy="Use CT or MR.")
    return modality.upper() if modality else None
