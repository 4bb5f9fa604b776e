"""How the newest results of each case stand to its plan, kept: a list of cases must not read every patient anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock

import iceball
from iceball.desk.keys import Status
from iceball.io.case import Case
from iceball.io.text import write_json
from iceball.web.patient import patient_key, stamp


class Statuses:
    """A small file of what was found before; without it all is found again."""

    def __init__(self, file: Path) -> None:
        self._file, self._turn = file, Lock()
        self._kept: dict[str, list[str]] = {}
        with suppress(OSError, ValueError):
            found = json.loads(file.read_text(encoding="utf-8"))
            self._kept = {name: row for name, row in found.items() if isinstance(row, list) and len(row) == 2}

    def of(self, case: Case, find: Callable[[], Status]) -> Status:
        """The status of a case's run; `find` is asked where any of its files changed."""
        name, mark = case.folder.name, _mark(case)
        with self._turn:
            kept, status = self._kept.get(name, ["", ""])
        if kept == mark and status in ("valid", "stale", "none"):
            return status  # type: ignore[return-value]
        found = find()
        with self._turn:
            self._kept[name] = [mark, found]
            with suppress(OSError):  # it is a help, not the truth
                write_json(self._file, self._kept)
        return found


def _mark(case: Case) -> str:
    """Changes with everything that the status hangs on."""
    runs = sorted((file.parent.name, *stamp(file)) for file in case.runs.glob("[!.]*/run.json"))
    return repr((iceball.__version__, patient_key(case), stamp(case.folder / "plan.toml"), runs))
