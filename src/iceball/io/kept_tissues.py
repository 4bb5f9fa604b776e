"""The tissues of a large CT, kept beside its case: one process tells them apart, and all map the same file.

`CASE/made/tissues-<key>.npy`. The key is of the image's bytes and of the program that tells tissues, so what is kept
cannot be stale; where it is missing, cannot be read or cannot be written, tissues are told anew.
"""

from __future__ import annotations

import hashlib
import io
import os
import sys
from contextlib import suppress
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path

import numpy as np

from iceball.io.once import alone
from iceball.io.text import write_whole
from iceball.space import Volume
from iceball.tissue.ct import Labels, label_of, tissues_from_ct

MADE = "made"
NICER = 5
UNREADABLE = (OSError, EOFError, ValueError)
MOST_KEPT = 2
"""Files that are kept of one case; the oldest go first."""


def tissues_of(case: Path, file: Path, image: Volume, *, in_chest: bool) -> Labels:
    """The tissues of a CT, read only.

    Args:
        case: the case's folder.
        file: the image's file.
        image: what it holds.
        in_chest: as `tissues_from_ct` takes it.
    """
    folder = case / MADE
    kept = folder / f"tissues-{_key(file, in_chest)}.npy"
    with suppress(*UNREADABLE):
        return _read(kept, image)
    try:
        with alone(folder / "tissues.lock"):
            with suppress(*UNREADABLE):  # another process has made them meanwhile
                return _read(kept, image)
            made = tissues_from_ct(image, in_chest=in_chest)
            _write(kept, made)
            return made
    except OSError:  # what is kept is a help, not the truth
        return tissues_from_ct(image, in_chest=in_chest)


def are_kept(case: Path, file: Path, *, in_chest: bool) -> bool:
    """Whether the tissues of a CT need only be read."""
    return (case / MADE / f"tissues-{_key(file, in_chest)}.npy").is_file()


def _read(kept: Path, image: Volume) -> Labels:
    found: Labels = np.load(kept, mmap_mode="r", allow_pickle=False)
    if found.shape != image.grid.shape or found.dtype != np.uint8:
        raise ValueError(f"{kept} holds other cells")
    return found


def _write(kept: Path, made: Labels) -> None:
    content = io.BytesIO()
    np.save(content, made, allow_pickle=False)
    write_whole(kept, content.getvalue())
    newest = sorted(kept.parent.glob("tissues-*.npy"), key=lambda f: -f.stat().st_mtime_ns)
    for old in newest[MOST_KEPT:]:
        old.unlink(missing_ok=True)


def _key(file: Path, in_chest: bool) -> str:
    found = file.stat()
    image = _content(file, found.st_ino, found.st_size, found.st_mtime_ns)
    return hashlib.sha256(f"{image} {in_chest} {_program()}".encode()).hexdigest()[:24]


@lru_cache(maxsize=8)
def _content(file: Path, *stamp: int) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@cache
def _program() -> str:
    """What the labels depend on beside the image: how tissues are told, by which thresholds, and their numbers."""
    told = hashlib.sha256(repr((sorted(label_of().items()), np.__version__)).encode())
    for name in ("ct.py", "segment.toml"):
        told.update((files("iceball.tissue") / name).read_bytes())
    return told.hexdigest()


def main(case: str) -> None:
    """Make the tissues of a case, so that others find them kept; what a person looks at goes first."""
    from iceball.io.case import Case

    if hasattr(os, "nice"):
        os.nice(NICER)
    Case.open(case).keep_tissues()


if __name__ == "__main__":
    main(sys.argv[1])
