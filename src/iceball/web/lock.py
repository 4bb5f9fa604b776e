"""One server a folder: two would each believe to know how the plans stand."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from iceball.errors import CaseError


@dataclass(frozen=True)
class FolderLock:
    """A lock that the system lets go of when its holder dies, however it dies."""

    handle: int

    @classmethod
    def take(cls, folder: Path) -> FolderLock:
        """Take the lock of a folder; raises CaseError where another server holds it."""
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / "serving", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _lock(handle)
        except OSError:
            who = os.read(handle, 40).decode(errors="replace").strip()
            os.close(handle)
            raise CaseError(
                f"is served by another `iceball serve` already{f' (process {who})' if who else ''}.",
                where=str(folder.parent),
                remedy="Use that one, or stop it first.",
            ) from None
        os.ftruncate(handle, 0)
        os.write(handle, str(os.getpid()).encode())
        return cls(handle)

    def release(self) -> None:
        """Let it go."""
        os.close(self.handle)


def _lock(handle: int) -> None:
    if os.name == "nt":
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
