"""Work that several processes want and one does: the others wait for it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOOK_S = 0.2


@contextmanager
def alone(file: Path) -> Iterator[None]:
    """Hold a lock that only one process has at a time; the system lets go of it when its holder dies, however it dies.

    Args:
        file: of the lock, made where it is not there; it stays.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _wait_for(handle)
        yield
    finally:
        os.close(handle)


def _wait_for(handle: int) -> None:
    if os.name != "nt":
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX)
        return None
    import msvcrt

    while True:
        try:
            return msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,no-any-return]
        except OSError:
            time.sleep(LOOK_S)
