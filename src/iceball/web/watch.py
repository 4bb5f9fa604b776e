"""Sees what other hands do in the folder meanwhile, an editor or the shell, and tells the pages."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from iceball.errors import IceballError
from iceball.web.patient import stamp

if TYPE_CHECKING:
    from iceball.web.workspace import Workspace

log = logging.getLogger("iceball.web")
EVERY_S = 1.0
Stamp = tuple[int, int, int]
NOTHING: tuple[Stamp, Stamp, Stamp] = ((0, 0, 0),) * 3


class Watch:
    """Looks at the folder once a second."""

    def __init__(self, space: Workspace) -> None:
        self._space = space
        self._seen = self._look()
        self._end = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look."""
        self._thread = threading.Thread(target=self._go_on, name="watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._end.set()
        if self._thread is not None:
            self._thread.join(5)

    def look(self) -> None:
        """Tell what changed since the last look."""
        before, self._seen = self._seen, self._look()
        for name in sorted({*before, *self._seen}):
            record, plan, runs = self._seen.get(name, NOTHING)
            old_record, old_plan, old_runs = before.get(name, NOTHING)
            if record != old_record:
                self._space.events.publish({"type": "case", "case": name})
            if NOTHING in (self._seen.get(name, NOTHING), before.get(name, NOTHING)):
                continue  # the case came or went, which says all
            if plan != old_plan:
                self._read(name)
            if runs != old_runs:
                self._space.events.publish({"type": "results", "case": name})

    def _read(self, name: str) -> None:
        """A plan.toml that another hand wrote becomes a revision, and the pages are told."""
        from iceball.web.plans import standing

        try:
            if self._space.is_open(name):
                standing(self._space, name)
        except IceballError:  # half-edited: the page is told when it asks
            self._space.events.publish({"type": "case", "case": name})

    def _look(self) -> dict[str, tuple[Stamp, Stamp, Stamp]]:
        folder, files = self._space.folder, ("case.toml", "plan.toml", "runs")
        return {n: (*(stamp(folder / n / file) for file in files),) for n in self._space.names()}  # type: ignore[misc]

    def _go_on(self) -> None:
        while not self._end.wait(EVERY_S):
            try:
                self.look()
            except Exception:  # a folder that is just being removed
                log.debug("The watch stumbled", exc_info=True)
