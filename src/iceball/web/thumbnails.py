"""Thumbnails of cases, kept as small files: a list of cases must not read every patient anew."""

from __future__ import annotations

import shutil
from contextlib import suppress

import iceball
from iceball.io.text import write_whole
from iceball.web.patient import patient_key
from iceball.web.pictures import thumbnail_png
from iceball.web.workspace import Workspace


def thumbnail(space: Workspace, name: str) -> bytes:
    """The PNG of a case; drawn where its images or structures changed since the last one.

    Images are read for it one after another.
    """
    case = space.case(name)
    folder = space.folder / ".iceball" / "thumbnails" / name
    file = folder / f"{patient_key(case)}-{iceball.__version__}.png"
    with suppress(OSError):
        return file.read_bytes()
    with space.turn("thumbnails"):
        with suppress(OSError):
            return file.read_bytes()
        made = thumbnail_png(case.outline())
        with suppress(OSError):  # it is a help, not the truth
            shutil.rmtree(folder, ignore_errors=True)
            write_whole(file, made)
        return made
