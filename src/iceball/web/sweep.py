"""What a killed process left behind: files and folders that were being written under a passing name."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PASSING = re.compile(r"\..+\.[a-z0-9_]{8}")
"""As `write_whole` and `whole_folder` name what is not whole yet."""
OLD_S = 3600.0
"""Nothing is being written for so long: what is younger may be a command's at work."""


def sweep(folder: Path, *, now: float | None = None) -> list[Path]:
    """Remove what is left half-made in a folder of cases, if it is an hour old; returns what was removed."""
    now = time.time() if now is None else now
    removed = []
    for path in _passing(folder):
        with suppress(OSError):
            if now - path.stat().st_mtime > OLD_S:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
                removed.append(path)
    return removed


def _passing(folder: Path) -> Iterator[Path]:
    places = [folder, *(record.parent for record in folder.glob("[!.]*/case.toml"))]
    for place in (*places, *(p / "runs" for p in places[1:])):
        yield from (p for p in place.glob(".*") if PASSING.fullmatch(p.name))
