"""Patients with large images are read behind the page, which shows the image meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from iceball.errors import IceballError
from iceball.io.case import Case

if TYPE_CHECKING:
    from iceball.web.workspace import Workspace


class Reader:
    """Reads one patient after another. Tissues are told apart in a process of its own: it takes a core for a minute,
    and more memory than all else that the server does.
    """

    def __init__(self, space: Workspace) -> None:
        self._space = space
        self._turn, self._line = threading.Lock(), threading.Lock()
        self._reading: set[str] = set()
        self._failed: set[str] = set()
        self._child: subprocess.Popen[bytes] | None = None
        self._over = False

    def begin(self, name: str) -> bool:
        """Read the patient of a case; False where that was tried with these files and cannot be done."""
        key = self._space.patient_key(name)
        with self._turn:
            if key in self._failed:
                return False
            if key in self._reading or self._over:
                return True
            self._reading.add(key)
        threading.Thread(target=self._read, args=(name, key), name=f"reader of {name}", daemon=True).start()
        return True

    def stop(self) -> None:
        """Read no more."""
        with self._turn:
            self._over = True
            if self._child is not None:
                self._child.kill()

    def tell_tissues(self, case: Case) -> None:
        """Have the tissues of a large image told, and wait until they are; at once where that was done before."""
        with self._line:
            if not case.tissues_kept:
                self._tell(case.folder)

    def _read(self, name: str, key: str) -> None:
        try:
            if not self._over:
                self._space.patient(name)
        except IceballError:  # told to whoever asks for the case next
            with self._turn:
                self._failed.add(key)
        finally:
            with self._turn:
                self._reading.discard(key)
        if not self._over:
            self._space.events.publish({"type": "case", "case": name})

    def _tell(self, folder: Path) -> None:
        package = str(Path(__file__).resolve().parents[2])
        inherited = os.environ.get("PYTHONPATH", "")
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([package, *([inherited] if inherited else [])])}
        with self._turn:
            if self._over:
                return
            command = [sys.executable, "-m", "iceball.io.kept_tissues", str(folder)]
            self._child = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL)
        with suppress(OSError):
            self._child.wait()  # where it fails, reading the patient says why
