"""The user's own cards: files that an environment variable names, beside those of the package."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from iceball.errors import ProbeError
from iceball.sources import DataFile

T = TypeVar("T")
Files = tuple[tuple[Path, int], ...]


def files_of(variable: str) -> Files:
    """The files that a variable names, separated as in PATH, each with when it was last written.

    Raises:
        ProbeError: naming the variable and a file that cannot be read.
    """
    return tuple(_state(variable, Path(p)) for p in os.environ.get(variable, "").split(os.pathsep) if p.strip())


def with_own(
    shipped: Mapping[str, T], files: Files, read: Callable[[DataFile], dict[str, T]], *, example: str
) -> dict[str, T]:
    """The shipped cards and those of the files.

    Raises:
        ProbeError: for a file without a card, or a name that is taken; whatever `read` raises.
    """
    found, home = dict(shipped), dict.fromkeys(shipped, "Iceball")
    for path, _ in files:
        cards = read(DataFile.at(path))
        if not cards:
            raise ProbeError("holds no card.", where=str(path), remedy=f"Write [{example}] and its fields.")
        for name, card in cards.items():
            if name in found:
                raise ProbeError(
                    f"is the name of a card of {home[name]}.",
                    where=f"{path}: {example.partition('.')[0]}.{name}",
                    remedy="Give your card a name of its own.",
                )
            found[name], home[name] = card, str(path)
    return found


def _state(variable: str, path: Path) -> tuple[Path, int]:
    """A file and when it was last written, so that a changed file is read again."""
    try:
        return path, path.stat().st_mtime_ns
    except OSError as fault:
        raise ProbeError(
            f"cannot be read: {fault.strerror}.", where=f"{variable}: {path}", remedy="Name files that exist."
        ) from None
