"""One page's wishes for previews: what it sends laid into the plan as it stands, and the newest answer for it."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from starlette.requests import HTTPConnection

from iceball.errors import CaseError, IceballError
from iceball.web.live import NOBODY, Live
from iceball.web.plans import standing
from iceball.web.workspace import Workspace

FRESH_S = 0.5
"""For so long the rest of the plan is taken as it was: while a needle is dragged nothing else of it changes."""


def live_of(connection: HTTPConnection) -> Live:
    """The previews of the app, begun with the first page."""
    state = connection.app.state
    if not hasattr(state, "live"):
        state.live = Live()
    found = state.live
    assert isinstance(found, Live)
    return found


class Wishes:
    """Between one page and the process that makes previews; made in the event loop."""

    def __init__(self, space: Workspace, live: Live, case: str) -> None:
        self._space, self._live, self._case = space, live, case
        self._loop, self._came = asyncio.get_running_loop(), asyncio.Event()
        self._newest: bytes | str | None = None
        self._base: tuple[float, dict[str, Any], str] | None = None
        self._page = live.open(self._deliver)

    def leave(self) -> None:
        """The page is gone."""
        self._live.leave(self._page)

    def warm(self) -> None:
        """Let the process read the patient and make a first run, before anything is dragged.

        Of a large image that waits until its tissues are kept: the process would tell them once more.
        """
        try:
            self._space.reader.tell_tissues(self._space.case(self._case))
            document, patient = self._standing()
        except IceballError:
            return  # the first wish says what is wrong
        self._live.ask(NOBODY, -1, self._space.case(self._case).folder, patient, document)

    def ask(self, asked: dict[str, Any]) -> None:
        """Pass a wish on; one that cannot be is refused."""
        seq = asked.get("seq")
        seq = seq if isinstance(seq, int) else -1
        try:
            if unknown := sorted(set(asked) - {"seq", "probes", "protocol"}):
                raise CaseError("is not part of a wish for a preview.", where=unknown[0])
            document, patient = self._standing()
            given = {name: asked[name] for name in ("probes", "protocol") if asked.get(name) is not None}
            self._live.ask(self._page, seq, self._space.case(self._case).folder, patient, {**document, **given})
        except IceballError as refusal:
            self._put(json.dumps({"seq": seq, "error": refusal.as_json()}))

    async def next(self) -> bytes | str:
        """The next answer; those that came before it and were not fetched are dropped."""
        await self._came.wait()
        self._came.clear()
        assert self._newest is not None
        return self._newest

    def _standing(self) -> tuple[dict[str, Any], str]:
        """The plan as it stands, and the key of the patient."""
        now = time.monotonic()
        if self._base is None or now - self._base[0] > FRESH_S:
            at = standing(self._space, self._case)
            self._base = (now, at.revision.document, self._space.patient_key(self._case))
        return self._base[1], self._base[2]

    def _deliver(self, content: bytes | None, refusal: str) -> None:
        """From the thread that listens to the process."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._put_now, refusal if content is None else content)

    def _put(self, content: str) -> None:
        self._loop.call_soon_threadsafe(self._put_now, content)

    def _put_now(self, content: bytes | str) -> None:
        self._newest = content
        self._came.set()
