"""Processes that answer line by line: ours and the peers, kept alive so that their runs can alternate."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


class Absent(Exception):
    """What was to be compared is not installed, or cannot run; the sentence says why."""


@dataclass(frozen=True)
class Kind:
    """A peer: its file, where it runs, the finest grid it is measured on, and how to get it."""

    file: str
    explicit: bool
    finest_mm: float
    get: str = "pip install 'iceball[bench]'"
    system: bool = False


PEERS = {
    "naive-numba": Kind("naive_numba.py", True, 0.0, ""),
    "numpy": Kind("numpy_explicit.py", True, 0.0, ""),
    "jax": Kind("jax_explicit.py", True, 0.0),
    "jax-tuned": Kind("jax_tuned.py", True, 0.0),
    "py-pde": Kind("pypde_explicit.py", True, 2.0),
    "fipy": Kind("fipy_implicit.py", False, 2.0),
    "dolfinx": Kind("dolfinx_implicit.py", False, 2.0, "apt install python3-dolfinx (Debian 12)", system=True),
}


class Worker:
    """One such process."""

    def __init__(self, words: list[str]) -> None:
        # a pipe that nobody reads would stop a talkative process
        self.said = tempfile.TemporaryFile()  # noqa: SIM115
        self.process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.said, text=True
        )
        self.ready = self._answer()

    def ask(self, line: str) -> dict[str, Any]:
        """Its answer to a line."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if line:
            answer: dict[str, Any] = json.loads(line)
            return answer
        self.process.communicate()
        self.said.seek(0)
        said = self.said.read().decode(errors="replace").strip().splitlines()
        raise Absent(said[-1] if said else f"ended with {self.process.returncode}")

    def close(self) -> None:
        """Let it end."""
        self.process.communicate()
        self.said.close()


@contextmanager
def ours() -> Iterator[Worker]:
    """Iceball in a process of its own."""
    worker = Worker([sys.executable, str(HERE / "ours.py")])
    try:
        yield worker
    finally:
        worker.close()


def peer(name: str, spacing_mm: float) -> Worker:
    """A peer on a grid.

    Raises:
        Absent: with the reason and how to get it.
    """
    kind = PEERS[name]
    python = shutil.which("python3", path="/usr/bin") if kind.system else sys.executable
    try:
        if python is None:
            raise Absent("no system Python")
        return Worker([python, str(HERE / "peers" / kind.file), str(spacing_mm)])
    except Absent as reason:
        if "ModuleNotFoundError" in str(reason) or python is None:
            raise Absent(f"not installed: {kind.get}") from None
        raise Absent(f"cannot run: {reason}") from None


@contextmanager
def busy(loops: int) -> Iterator[None]:
    """So many neighbours that never rest."""
    neighbours = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(loops)]
    try:
        yield
    finally:
        for neighbour in neighbours:
            neighbour.kill()
            neighbour.wait()
