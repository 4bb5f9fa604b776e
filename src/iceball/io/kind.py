"""Which reader a path is for."""

from __future__ import annotations

from pathlib import Path

SUFFIXES = {".nii": "nifti", ".nii.gz": "nifti", ".nrrd": "nrrd", ".nhdr": "nrrd", ".mha": "meta", ".mhd": "meta"}


def kind_of(path: Path) -> str:
    """The reader for a path, by the ending of its name: dicom, nifti, nrrd or meta."""
    name = path.name.lower()
    return next((kind for suffix, kind in SUFFIXES.items() if path.is_file() and name.endswith(suffix)), "dicom")
