"""What happens, told to every page that listens."""

from __future__ import annotations

import asyncio
from threading import Lock
from typing import Any

MOST_WAITING = 1000


class Events:
    """A feed that any thread may tell and any page may follow."""

    def __init__(self) -> None:
        self._turn = Lock()
        self._pages: dict[asyncio.Queue[dict[str, Any] | None], asyncio.AbstractEventLoop] = {}

    def publish(self, event: dict[str, Any]) -> None:
        """Tell every page; one that does not keep up is let go, and comes back by itself."""
        with self._turn:
            pages = list(self._pages.items())
        for queue, loop in pages:
            if not loop.is_closed():
                loop.call_soon_threadsafe(_put, queue, event)

    def follow(self) -> asyncio.Queue[dict[str, Any] | None]:
        """Begin to listen, in the running event loop; a None in the queue is its end."""
        queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(MOST_WAITING)
        with self._turn:
            self._pages[queue] = asyncio.get_running_loop()
        return queue

    def leave(self, queue: asyncio.Queue[dict[str, Any] | None]) -> None:
        """Listen no more."""
        with self._turn:
            self._pages.pop(queue, None)

    def end(self) -> None:
        """Tell every page that nothing more comes."""
        with self._turn:
            pages = list(self._pages.items())
        for queue, loop in pages:
            if not loop.is_closed():
                loop.call_soon_threadsafe(_put, queue, None)


def _put(queue: asyncio.Queue[dict[str, Any] | None], event: dict[str, Any] | None) -> None:
    if queue.full():
        while not queue.empty():
            queue.get_nowait()
        event = None
    queue.put_nowait(event)
