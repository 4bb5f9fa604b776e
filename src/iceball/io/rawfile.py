"""Voxels kept in a second file, named in a header: only ever one that lies beside it."""

from __future__ import annotations

from pathlib import Path

from iceball.errors import ImageError


def beside(header: Path, name: str) -> Path:
    """The data file that a header names.

    Raises:
        ImageError: if it is a path, a pattern or list of files, or not there. A header must not open other folders.
    """
    if not name or Path(name).name != name or name.upper().startswith("LIST") or "%" in name:
        raise ImageError(
            f"its voxels are in '{name[:80]}', not in one file beside it.",
            where=header.name,
            remedy="Save it as a single file.",
        )
    file = header.parent / name
    if not file.is_file() or file.resolve().parent != header.resolve().parent:
        raise ImageError(
            f"its voxels should be in '{name[:80]}' beside it, which is not there.",
            where=header.name,
            remedy="Put both files into one folder.",
        )
    return file
