"""Readable files: TOML and JSON in and out, strict about unknown fields, whole or not at all on disk."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

import tomli_w
from pydantic import TypeAdapter, ValidationError

from iceball.errors import CaseError

T = TypeVar("T")


def write_whole(path: Path, content: bytes) -> Path:
    """Write a file so that it is there whole or not at all: temporary file, fsync, rename, fsync of the folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)
    return path


def _sync_folder(folder: Path) -> None:
    """Let a file's new name outlast a power cut too; Windows, where no folder can be opened, has no such call."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def must_write(folder: Path) -> None:
    """Find out before long work whether its result can be kept; raises OSError where nothing can be written."""
    there = folder.is_dir()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass
    if not there:  # work that is cancelled leaves no empty folder
        folder.rmdir()


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A folder to fill that appears under its name only when the block ends well; it replaces an older one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    try:
        yield making
        if path.exists():
            shutil.rmtree(path)
        making.chmod(0o755)
        os.replace(making, path)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Like `whole_folder`, for a folder that must not exist yet or be empty; raises CaseError where it is not."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise CaseError(
            "already exists and is not empty.", where=str(path), remedy="Choose another name, or remove it."
        )
    with whole_folder(path) as making:
        yield making


def write_json(path: Path, value: Any) -> Path:
    """Write JSON that a person can read; NaN and infinity are refused."""
    return write_whole(path, (json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode())


def read_json(path: Path) -> Any:
    """Read JSON; raises CaseError with the place of the fault."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise CaseError(f"could not be read: {fault}", where=str(path)) from None


def write_toml(path: Path, value: Any, kind: Any, *, heading: str = "") -> Path:
    """Write a value of dataclass `kind` as TOML; fields that are None are left out, and so are lists that are empty
    unless one says otherwise: a person may then begin such a list at the end of the file (`[[vessels]]`).
    """
    table = _adapter(kind).dump_python(value, mode="json", exclude_none=True)
    empty = {field.name for field in fields(kind) if field.default == ()} if is_dataclass(kind) else set()
    table = {name: part for name, part in table.items() if part != [] or name not in empty}
    comment = "".join(f"# {line}\n" for line in heading.splitlines())
    return write_whole(path, (comment + tomli_w.dumps(table)).encode())


def read_toml(path: Path, kind: type[T]) -> T:
    """Read a TOML file as dataclass `kind`.

    Raises:
        CaseError: if the file is absent, is no TOML, or has an unknown, missing or wrong field (which is named).
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))  # some editors begin a file with a mark
    except (OSError, ValueError) as fault:
        raise CaseError(f"could not be read: {fault}", where=str(path)) from None
    return from_table(table, kind, where=path.name)


def from_table(table: Mapping[str, Any], kind: type[T], *, where: str) -> T:
    """A value of dataclass `kind` from plain tables; unknown fields are refused by name."""
    adapter = _adapter(cast(Any, kind))
    try:
        value: T = adapter.validate_python(table)
    except ValidationError as fault:
        first = fault.errors()[0]
        place = ".".join(str(p) for p in first["loc"])
        raise CaseError(f"{first['msg']}.", where=f"{where}: {place}", remedy="See `iceball schema`.") from None
    read = adapter.dump_python(value, mode="json")
    if other := _of_another_kind(table, read, ()):
        raise CaseError("is of the wrong kind.", where=f"{where}: {other}", remedy="See `iceball schema`.")
    unknown = _unknown(table, read, ())
    if unknown:
        raise CaseError("is not a field of this file.", where=f"{where}: {unknown}", remedy="See `iceball schema`.")
    return value


@lru_cache(maxsize=64)
def _adapter(kind: Any) -> TypeAdapter[Any]:
    """Making one takes longer than reading a file with it."""
    return TypeAdapter(kind)


def _of_another_kind(given: Any, read: Any, place: tuple[str, ...]) -> str:
    """Where a text or a truth value was taken for a number, or the other way round."""
    if isinstance(given, Mapping) and isinstance(read, Mapping):
        pairs = [(name, value, read[name]) for name, value in given.items() if name in read]
    elif isinstance(given, (list, tuple)) and isinstance(read, (list, tuple)):
        pairs = [(str(i), a, b) for i, (a, b) in enumerate(zip(given, read, strict=False))]
    else:
        other = any(isinstance(given, kind) != isinstance(read, kind) for kind in (bool, str))
        return ".".join(place) if other else ""
    return next((found for name, a, b in pairs if (found := _of_another_kind(a, b, (*place, name)))), "")


def _unknown(given: Any, known: Any, place: tuple[str, ...]) -> str:
    if isinstance(given, Mapping) and isinstance(known, Mapping):
        for name, value in given.items():
            if name not in known:
                return ".".join((*place, name))
            if found := _unknown(value, known[name], (*place, name)):
                return found
    if isinstance(given, (list, tuple)) and isinstance(known, (list, tuple)):
        for i, (a, b) in enumerate(zip(given, known, strict=False)):
            if found := _unknown(a, b, (*place, str(i))):
                return found
    return ""
