"""A verdict that went stale while its run is valid is made again by itself: nobody has to press for it.

Goals and limits may change while bounds of a run are being made, in another window, or in an editor: whoever changes
a plan, and whatever ends a run, is seen here.
"""

from __future__ import annotations

import logging
import threading
import time
from queue import Empty, Queue
from typing import TYPE_CHECKING

from iceball.errors import IceballError

if TYPE_CHECKING:
    from iceball.web.workspace import Workspace

log = logging.getLogger("iceball.web")
SETTLE_S = 0.3
"""Changes that follow one another so fast are judged once; what a person waits for is answered first."""


class Judge:
    """Its own thread looks at a case after each change of its plan and after each of its runs."""

    def __init__(self, space: Workspace) -> None:
        self._space = space
        self._asked: Queue[str | None] = Queue()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look."""
        self._thread = threading.Thread(target=self._go_on, name="judge", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._asked.put(None)
        if self._thread is not None:
            self._thread.join(5)

    def look_at(self, name: str) -> None:
        """The plan of a case changed, or a run of it ended."""
        self._asked.put(name)

    def judge(self, name: str) -> bool:
        """Ask for a verdict where the run is valid and its verdict is stale; whether it was asked for."""
        from iceball.web.jobs.asked import ask
        from iceball.web.plans import standing as plan_standing
        from iceball.web.stale import standing

        space = self._space
        if "assess" not in space.crew.kinds or not any(space.case(name).runs.glob("[!.]*/run.json")):
            return False
        plan = plan_standing(space, name).plan
        found = standing(space.case(name), plan, space.patient(name).scenes)
        if (found.run, found.assessment) != ("valid", "stale"):
            return False
        ask(space, name, "assess", {})
        return True

    def _go_on(self) -> None:
        while (name := self._asked.get()) is not None:
            time.sleep(SETTLE_S)
            names = {name, *self._rest()}
            for one in sorted(n for n in names if n is not None):
                try:
                    self.judge(one)
                except IceballError as refusal:  # a draft, a plan half-edited: told to whoever asks for it
                    log.debug("%s is not judged: %s", one, refusal)
                except Exception:
                    log.exception("The judge stumbled")
            if None in names:
                return

    def _rest(self) -> set[str | None]:
        found: set[str | None] = set()
        while True:
            try:
                found.add(self._asked.get_nowait())
            except Empty:
                return found
