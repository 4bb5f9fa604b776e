"""Parse an image file or folder, whatever its format. Runs inside the reading child."""

from __future__ import annotations

from pathlib import Path

from iceball.errors import ImageError
from iceball.io.kind import kind_of
from iceball.io.series import Series
from iceball.space.volume import Volume


def load_image(path: Path, *, series: str | None, modality: str | None) -> Volume:
    """Inside the child: parse the image."""
    kind = kind_of(path)
    if kind == "dicom":
        from iceball.io.dicom_scan import scan
        from iceball.io.dicom_series import choose, group
        from iceball.io.dicom_volume import stack

        found = scan(path)
        chosen = choose(group(found), series=series, modality=modality, where=path.name)
        found.check(chosen.uid)
        return stack(chosen, source=path.name, notes=[found.note])
    if series is not None:
        raise ImageError("holds one image, so no series can be named.", where=path.name, remedy="Leave --series out.")
    if kind == "nifti":
        from iceball.io.nifti import load_nifti

        return load_nifti(path, modality=modality)
    if kind == "nrrd":
        from iceball.io.nrrd import load_nrrd

        return load_nrrd(path, modality=modality)
    from iceball.io.meta_image import load_meta_image

    return load_meta_image(path, modality=modality)


def load_series(path: Path) -> tuple[Series, ...]:
    """Inside the child: list the images of a folder."""
    from iceball.io.dicom_scan import scan
    from iceball.io.dicom_series import group

    return tuple(g.describe() for g in group(scan(path)))
