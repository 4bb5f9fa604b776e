"""Compiled kernels, and where they are kept from one run to the next.

Numba looks only at the file a kernel stands in when it decides whether what it has kept is still good; a kernel that
inlines a law from another file would stay as it was when the law changes. So the folder is named after the contents of
every file that kernels are made of. It lies with the user, never in the package, which may be read-only.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

ROOMS = ("space", "physics", "solve", "assessment", "plan")
MARK = "prepared"
KEPT = 8
"""So many folders are kept, those used last: each change of a kernel makes a new one."""
UNUSED_S = 6 * 3600.0
"""A folder that a process opened within this time is kept as well: its run may still need it."""
_IMPORT = re.compile(rf"^\s*from iceball\.((?:{'|'.join(ROOMS)})[\w.]*) import (.+)$", re.MULTILINE)


def compiled(**options: Any) -> Callable[[F], F]:
    """Mark a function for compilation with numba's options, kept; the plain function where numba is absent."""
    njit = _numba()
    if njit is None:
        return lambda function: function
    made: Callable[[F], F] = njit(cache=True, **options)
    return lambda function: _kept_where_possible(made(function))


def _kept_where_possible(kernel: F) -> F:
    """Let a kernel run that cannot be kept: its folder may vanish in mid-run, or the disk be full."""
    store = getattr(kernel, "_cache", None)  # none where compilation is switched off
    if store is not None:
        save = store.save_overload

        def save_or_not(*what: Any) -> None:
            with suppress(OSError):
                save(*what)

        store.save_overload = save_or_not
    return kernel


@cache
def _numba() -> Any:
    """Its compiler, told where to keep kernels, or None."""
    try:
        from numba import config, njit
    except ImportError:
        return None
    if not config.DISABLE_JIT:
        config.CACHE_DIR = str(folder(config.CACHE_DIR) or "")
    return njit


@cache
def folder(wanted: str = "") -> Path | None:
    """The folder of this version's kernels, made if need be; None where nothing can be written.

    Args:
        wanted: where the user wants them (NUMBA_CACHE_DIR), "" for the user's own cache.
    """
    name = f"kernels-{fingerprint()}"
    if wanted and (made := _made(Path(wanted) / name)) is not None:
        return made
    for home in _homes():
        if _ours(home) and (made := _made(home / name)) is not None:
            return made
    return None


def are_prepared() -> bool:
    """Whether all kernels of this version were compiled here before (`iceball.solve.prepare`)."""
    place = folder(os.environ.get("NUMBA_CACHE_DIR", ""))
    return place is not None and (place / MARK).is_file()


def say_prepared() -> None:
    """Remember that all kernels of this version are compiled."""
    place = folder(os.environ.get("NUMBA_CACHE_DIR", ""))
    if place is not None:
        with suppress(OSError):
            (place / MARK).touch()


def fingerprint() -> str:
    """A hash of every file that compiled kernels are made of."""
    home = Path(__file__).resolve().parent
    files = [p for room in ROOMS for p in (home / room).rglob("*.py")]
    texts = {".".join(p.relative_to(home).with_suffix("").parts): p.read_text(encoding="utf-8") for p in files}
    digest = hashlib.sha256()
    for name in sorted(_reached(texts)):
        digest.update(f"{name}\0{texts[name]}\0".encode())
    return digest.hexdigest()[:16]


def _reached(texts: dict[str, str]) -> set[str]:
    """Files with compiled functions, and all that they import."""
    waiting = {name for name, text in texts.items() if "njit" in text or "compiled(" in text or "@law" in text}
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        reached.add(name)
        for place, names in _IMPORT.findall(texts[name]):
            within = {f"{place}.{n.split(' as ')[0].strip(' ()')}" for n in names.split(",")}
            waiting |= {place, *within} & texts.keys() - reached
    return reached


def _homes() -> Iterator[Path]:
    """The user's cache, and a folder for temporary files where there is no home or none that can be written."""
    home = os.path.expanduser("~")
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "")
    elif sys.platform == "darwin":
        base = f"{home}/Library/Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME", "") or ("" if home == "/" else f"{home}/.cache")
    if os.path.isabs(base):
        yield Path(base) / "iceball"
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "")
    yield Path(tempfile.gettempdir()) / f"iceball-{user}"


def _ours(place: Path) -> bool:
    """Whether `place` is a folder that nobody else may write. Kernels are code: nobody else may lay them there."""
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        told = place.lstat()
    except OSError:
        return False
    if not hasattr(os, "getuid"):
        return True
    return stat.S_ISDIR(told.st_mode) and told.st_uid == os.getuid() and not told.st_mode & 0o022


def _made(place: Path) -> Path | None:
    """`place`, if it can be made and written."""
    fresh = not place.exists()
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=place):
            pass
        os.utime(place)
        if fresh:
            _prune(place.parent)
    except OSError:
        return None
    return place


def _prune(home: Path) -> None:
    """Remove what nobody has used for long; another process may be doing the same."""
    used = []
    for place in home.glob("kernels-*"):
        with suppress(OSError):
            used.append((place.stat().st_mtime, place))
    for last, place in sorted(used, reverse=True)[KEPT:]:
        if time.time() - last > UNUSED_S:
            shutil.rmtree(place, ignore_errors=True)
