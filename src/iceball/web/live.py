"""The server's end of the previews: one warm process for all pages, begun when a page first asks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from threading import Lock, Thread
from typing import IO, Any, cast

from iceball.web.live_worker import BOX, HEAD

Deliver = Callable[[bytes | None, str], None]
"""Called with a box, or with None and a refusal as JSON."""
NOBODY = 0
"""The page that warms the process up; what it asks for is delivered to nobody."""


class Live:
    """Gives wishes to the process and its answers to the pages."""

    def __init__(self) -> None:
        self._turn = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers, self._pages = count(NOBODY + 1), dict[int, Deliver]()

    def open(self, deliver: Deliver) -> int:
        """A page comes; its number."""
        with self._turn:
            page = next(self._numbers)
            self._pages[page] = deliver
        return page

    def leave(self, page: int) -> None:
        """A page goes."""
        with self._turn:
            self._pages.pop(page, None)

    def ask(self, page: int, seq: int, folder: Path, patient: str, document: dict[str, Any]) -> None:
        """Wish for a preview of a plan; a newer wish takes its place. A process that has died is begun anew.

        Args:
            page: who asks.
            seq: the page's number for the wish.
            folder: of the case.
            patient: changes with everything that the anatomy is built from.
            document: the plan.
        """
        wish = {"page": page, "seq": seq, "folder": str(folder), "patient": patient, "document": document}
        line = json.dumps(wish).encode() + b"\n"
        with self._turn:
            if self._process is None or self._process.poll() is not None:
                self._process = _begin()
                Thread(target=self._listen, args=(self._process,), daemon=True).start()
            with suppress(OSError):
                pipe = cast(IO[bytes], self._process.stdin)
                pipe.write(line)
                pipe.flush()

    def end(self) -> None:
        """Let the process go."""
        with self._turn:
            if self._process is not None:
                self._process.kill()
                self._process.wait()
                self._process = None

    @property
    def pid(self) -> int | None:
        """Of the process; None before the first wish."""
        return None if self._process is None else self._process.pid

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        pipe = cast(IO[bytes], process.stdout)
        while len(head := pipe.read(HEAD.size)) == HEAD.size:
            page, kind, size = HEAD.unpack(head)
            content = pipe.read(size)
            with self._turn:
                deliver = self._pages.get(page)
            if deliver is not None and len(content) == size:
                deliver(content if kind == BOX else None, "" if kind == BOX else content.decode())
        process.wait()


def _begin() -> subprocess.Popen[bytes]:
    package = str(Path(__file__).resolve().parents[2])
    inherited = os.environ.get("PYTHONPATH", "")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([package, *([inherited] if inherited else [])])}
    command = [sys.executable, "-m", "iceball.web.live_worker"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
