"""Foreign files are parsed in a child process with limits on memory and time, which can be killed.

A file may crash a decoder, fill the memory or never end. Here that costs one child process and one typed error.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

from iceball.errors import IceballError, ImageError
from iceball.io import wire

# What the child can be asked to do, as module:function.
TASKS = {
    "image": "iceball.io.image:load_image",
    "list": "iceball.io.image:load_series",
    "structures": "iceball.io.structures:load_structures",
    "labels": "iceball.io.labels:load_label_map",
    "points": "iceball.io.points:load_points",
    "unpack": "iceball.io.archive:unpack_archive",
    "upload": "iceball.io.uploaded:look_through",
}
GIGABYTE = 1 << 30
# Someone may give a whole disk: its files are not counted to the end before the clock runs.
MOST_COUNTED = 20_000


@dataclass(frozen=True)
class Limits:
    """What one reading child may use."""

    memory_gb: float = 8.0
    seconds: float = 60.0

    @classmethod
    def for_files(cls, path: Path) -> Limits:
        """Time grows with the size of what is read: 60 s and one more second a megabyte."""
        return cls(seconds=60.0 + _size_mb(path))


def in_child(task: str, path: Path, *, limits: Limits | None = None, **arguments: Any) -> Any:
    """Run one reading task on `path` in a child process and give its value back.

    Raises:
        IceballError: the child's own refusal, as the same class.
        ImageError: if the child crashed, ran out of memory or time, or met an error of another kind.
    """
    limits = limits or Limits.for_files(path)
    with tempfile.TemporaryDirectory(prefix="iceball-read-") as scratch:
        folder = Path(scratch)
        request = {
            "task": task,
            "path": str(path),
            "arguments": arguments,
            "memory_gb": limits.memory_gb,
            "seconds": limits.seconds,
            "folder": scratch,
        }
        try:
            child = subprocess.run(
                [sys.executable, "-P", "-m", "iceball.io.sandbox"],
                input=json.dumps(request, allow_nan=False).encode(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=limits.seconds,
                env=_environment(),
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise _unreadable(path, f"reading took more than {limits.seconds:.0f} s and was stopped") from None
        answer = folder / "answer.json"
        if child.returncode != 0 or not answer.is_file():
            raise _unreadable(path, f"the reader stopped with code {child.returncode} (crash, or a limit reached)")
        reply = json.loads(answer.read_text(encoding="utf-8"))
        if "error" in reply:
            raise wire.unpack_error(reply["error"])
        return wire.unpack(reply["value"], folder)


def answer_request(request: dict[str, Any]) -> None:
    """The child's side: limit itself, do the task, write the answer."""
    _limit(request["memory_gb"], request["seconds"])
    wire.write_json(reply_to(request), Path(request["folder"]) / "answer.json")


def reply_to(request: dict[str, Any]) -> dict[str, Any]:
    """Do the task: a value or a refusal, never an exception of another kind."""
    folder, path = Path(request["folder"]), Path(request["path"])
    try:
        module, function = TASKS[request["task"]].split(":")
        load: Callable[..., Any] = getattr(import_module(module), function)
        return {"value": wire.pack(load(path, **request["arguments"]), folder)}
    except IceballError as error:
        return {"error": wire.pack_error(error)}
    except Exception as error:
        # Under the limit even a library may fail to load, which is then no MemoryError.
        if isinstance(error, MemoryError) or "failed to map segment" in str(error):
            reason = f"it needs more than {request['memory_gb']:g} GB of memory"
            return {"error": wire.pack_error(_unreadable(path, reason))}
        # Whatever a parser throws at a strange file: one sentence for a person, never a traceback.
        reason = " ".join(str(error).split())[:200] or "no reason was given"
        return {"error": wire.pack_error(_unreadable(path, f"{type(error).__name__}: {reason}"))}


def _unreadable(path: Path, reason: str) -> ImageError:
    return ImageError(
        f"could not be read: {reason}.",
        where=path.name,
        remedy="Export it again from its source, or give another file.",
    )


def _limit(memory_gb: float, seconds: float) -> None:
    # POSIX only; elsewhere the parent's clock alone guards.
    with contextlib.suppress(ImportError):
        import resource

        for kind, amount in (
            (resource.RLIMIT_AS, int(memory_gb * GIGABYTE)),
            (resource.RLIMIT_CPU, int(seconds) + 1),
            (resource.RLIMIT_CORE, 0),
        ):
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(kind, (amount, amount))


def _environment() -> dict[str, str]:
    environment = dict(os.environ)
    package = str(Path(__file__).resolve().parents[2])
    inherited = environment.get("PYTHONPATH", "")
    environment["PYTHONPATH"] = os.pathsep.join([package, inherited] if inherited else [package])
    # Each thread of a linear-algebra library reserves memory that nothing here uses.
    environment.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
    return environment


def _size_mb(path: Path) -> float:
    files = [path] if path.is_file() else islice(path.rglob("*"), MOST_COUNTED)
    return sum(p.stat().st_size for p in files if p.is_file()) / 1e6


if __name__ == "__main__":
    answer_request(json.load(sys.stdin))
