"""The process that makes previews: wishes come in as lines of JSON, boxes go out with their length before them.

It is a process of its own so that neither the page nor a job ever waits for it, and stays warm with the last patient.
Nothing is written by it. It ends when the server does: its input then ends.
"""

from __future__ import annotations

import json
import struct
import sys
import threading
import time
from pathlib import Path
from typing import Any, BinaryIO

HEAD = struct.Struct("<IBI")
"""Of each message out: page, kind and length of what follows."""
BOX, REFUSED = 0, 1


def main() -> None:
    """Serve until the input ends."""
    out = sys.stdout.buffer
    sys.stdout = sys.stderr  # nothing else may speak on that pipe
    Worker(sys.stdin.buffer, out).work()


class Worker:
    """Reads wishes, keeps the newest, and sends what comes of it."""

    def __init__(self, wishes: BinaryIO, out: BinaryIO) -> None:
        self._wishes, self._out = wishes, out
        self._news, self._speaking = threading.Condition(), threading.Lock()
        self._newest: dict[str, Any] | None = None
        self._over = False
        self._patient: tuple[str, Any] | None = None

    def work(self) -> None:
        """One wish after another; what came in between is dropped."""
        from iceball.web.preview import Previews

        threading.Thread(target=self._listen, daemon=True).start()
        previews = Previews(
            lambda asked, box: self._send(asked.page, BOX, box),
            lambda asked, refusal: self._refuse(asked.page, asked.seq, refusal),
        )
        while True:
            with self._news:
                self._news.wait_for(lambda: self._over or self._newest is not None)
                if self._over:
                    return
                wish, self._newest = self._newest, None
            assert wish is not None
            self._ask(previews, wish)

    def _listen(self) -> None:
        for line in self._wishes:
            wish = json.loads(line)
            wish["came_s"] = time.perf_counter()
            with self._news:
                self._newest = wish
                self._news.notify()
        with self._news:
            self._over = True
            self._news.notify()

    def _ask(self, previews: Any, wish: dict[str, Any]) -> None:
        from iceball.errors import IceballError
        from iceball.io.text import from_table
        from iceball.plan.plan import Plan
        from iceball.web.preview import Asked

        try:
            plan = from_table(wish["document"], Plan, where="plan")
            previews.ask(Asked(wish["seq"], plan, self._anatomy(wish), wish["came_s"], wish["page"]))
        except IceballError as refusal:
            self._refuse(wish["page"], wish["seq"], refusal)

    def _anatomy(self, wish: dict[str, Any]) -> Any:
        from iceball.io.case import Case

        if self._patient is None or self._patient[0] != wish["patient"]:
            self._patient = (wish["patient"], Case.open(Path(wish["folder"])).anatomy())
        return self._patient[1]

    def _refuse(self, page: int, seq: int, refusal: Any) -> None:
        self._send(page, REFUSED, json.dumps({"seq": seq, "error": refusal.as_json()}).encode())

    def _send(self, page: int, kind: int, content: bytes) -> None:
        with self._speaking:
            self._out.write(HEAD.pack(page, kind, len(content)))
            self._out.write(content)
            self._out.flush()


if __name__ == "__main__":
    main()
