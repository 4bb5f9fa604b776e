"""The crew: worker processes, and who does what. It is the only one that begins, loses and ends jobs."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from queue import Empty, Queue
from typing import IO, Any, cast

from iceball.store import Job, Jobs

log = logging.getLogger("iceball.web")
LEASE_S = 60.0
"""A worker that says nothing for so long is taken for dead (it speaks every second)."""
GRACE_S = 5.0
"""So long a cancelled job may take to end by itself."""
PAUSE_S = 10.0
"""Where a worker cannot even begin, the next one is tried after so long."""
COMPILING = "Compiling once on this machine (about a minute)"
TICK_S = 0.25
WARM_AFTER_S = 2.0
"""A case that was just opened is drawn first; then a worker reads it."""
Publish = Callable[[dict[str, Any]], None]


class Hand:
    """One worker process, as the crew sees it."""

    def __init__(
        self, inbox: Queue[tuple[Hand | None, dict[str, Any]]], *, keeps_free: bool, compiles: bool = False
    ) -> None:
        self.keeps_free, self.compiles = keeps_free, compiles
        self.job: Job | None = None
        self.heard = time.monotonic()
        self.kill_at: float | None = None
        self.ready = False
        environment = {**os.environ, "PYTHONPATH": _path()}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "iceball.web.jobs.worker", str(os.getpid()), *(["compile"] if compiles else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
            encoding="utf-8",
        )
        threading.Thread(target=self._listen, args=(inbox,), daemon=True).start()

    def say(self, message: dict[str, Any]) -> None:
        """Give the worker one message; one that is dead is noticed elsewhere."""
        pipe = cast(IO[str], self.process.stdin)
        with suppress(OSError):
            pipe.write(json.dumps(message) + "\n")
            pipe.flush()

    def _listen(self, inbox: Queue[tuple[Hand | None, dict[str, Any]]]) -> None:
        for line in cast(IO[str], self.process.stdout):
            with suppress(ValueError):  # half a line of a worker that was killed
                inbox.put((self, json.loads(line)))
        self.process.wait()
        inbox.put((self, {"gone": True}))


class Crew:
    """Workers for the jobs of one workspace. Its own thread does everything; others only put into its inbox."""

    def __init__(
        self,
        jobs: Jobs,
        folder: Path,
        publish: Publish,
        *,
        kinds: Mapping[str, str],
        workers: int = 2,
        ended: Callable[[Job], None] = lambda job: None,
        compile_first: bool = False,
    ) -> None:
        self.kinds = kinds
        self._jobs, self._folder, self._publish, self._size = jobs, folder, publish, workers
        self._write_down, self._compile_first = ended, compile_first
        self._inbox: Queue[tuple[Hand | None, dict[str, Any]]] = Queue()
        self._hands: list[Hand] = []
        self._progress: dict[int, tuple[float, str]] = {}
        self._none_before = 0.0
        self._warm: tuple[float, dict[str, Any]] | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to work; what ran when the last server ended is taken up again."""
        for job in self._jobs.take_back():
            self._tell(job)
        self._thread = threading.Thread(target=self._lead, name="crew", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End all workers. What they did is taken up again by the next server."""
        if self._thread is not None:
            self._inbox.put((None, {"stop": True}))
            self._thread.join(10)
            self._thread = None

    def wake(self) -> None:
        """There is something to do."""
        self._inbox.put((None, {}))

    def warm(self, case: str) -> None:
        """Somebody looks at a case: the worker for what comes first reads it, if it has nothing to do."""
        self._inbox.put((None, {"warm": str(self._folder / case)}))

    def cancel(self, number: int) -> Job | None:
        """Cancel a job; None where it has ended or is not there."""
        job = self._jobs.cancel(number)
        if job is not None:
            self._inbox.put((None, {"cancel": number}))
            self._tell(job)
        return job

    @property
    def compiling(self) -> bool:
        """Whether the kernels are being compiled: once on a machine and for a version, and nothing runs before."""
        return any(hand.compiles and not hand.ready for hand in list(self._hands))

    def told(self, job: Job) -> Job:
        """A job with how far it is."""
        if job.state == "queued" and self.compiling:
            return replace(job, text=COMPILING)
        if job.state != "running" or job.id not in self._progress:
            return job
        fraction, text = self._progress[job.id]
        return replace(job, fraction=fraction, text=text)

    def pids(self) -> list[int]:
        """The worker processes."""
        return [hand.process.pid for hand in list(self._hands)]

    def _lead(self) -> None:
        while True:
            with suppress(Empty):
                hand, message = self._inbox.get(timeout=TICK_S)
                if "stop" in message:
                    break
                try:
                    self._hear(hand, message)
                except Exception:  # a full disk: what a worker has done is not lost, it is heard again
                    log.exception("The crew stumbled")
                    time.sleep(TICK_S)
                    self._inbox.put((hand, message))
            try:
                self._look_after()
            except Exception:
                log.exception("The crew stumbled")
                time.sleep(TICK_S)
        for one in self._hands:
            one.process.kill()
            one.process.wait()
        self._hands.clear()

    def _hear(self, hand: Hand | None, message: dict[str, Any]) -> None:
        if hand is None:
            if "warm" in message:
                self._warm = time.monotonic() + WARM_AFTER_S, message
            for one in self._hands:
                if one.job is not None and one.job.id == message.get("cancel"):
                    one.say({"cancel": one.job.id})
                    one.kill_at = time.monotonic() + GRACE_S
            return
        hand.heard, job = time.monotonic(), hand.job
        hand.ready = hand.ready or "ready" in message
        if "gone" in message:
            if hand in self._hands:
                self._hands.remove(hand)
                if not hand.ready:
                    log.warning("A worker could not begin.")
                    self._none_before = time.monotonic() + PAUSE_S
            if job is not None:
                log.warning("A worker died while it did job %d (%s).", job.id, job.kind)
                now = self._jobs.lost(job.id, job.attempts)
                hand.job = None
                self._ended(job, now)
            return
        if job is None or message.get("id") != job.id or message.get("attempt") != job.attempts:
            return
        if "progress" in message:
            if hand.kill_at is not None:  # cancelled: nobody asks any more how far it is
                return
            fraction, text = message["progress"]
            before = self._progress.get(job.id, (0.0, ""))[0]
            self._progress[job.id] = (before if fraction is None else fraction, text)
            self._tell(job)
        elif "publish" in message:
            self._publish(message["publish"])
        else:
            if "done" in message:
                now = self._jobs.finish(job.id, job.attempts, message["done"])
            elif "failed" in message:
                now = self._jobs.fail(job.id, job.attempts, message["failed"])
            else:
                now = self._jobs.cancel(job.id)
            hand.job, hand.kill_at = None, None
            self._ended(job, now)

    def _ended(self, job: Job, now: Job | None) -> None:
        self._progress.pop(job.id, None)
        if now is not None:
            if now.state in ("done", "failed"):
                self._write_down(now)
            self._tell(now)

    def _look_after(self) -> None:
        """Kill who is silent or does not stop, fill the crew, and give out what waits."""
        now = time.monotonic()
        for hand in self._hands:
            if now - hand.heard > LEASE_S or (hand.kill_at is not None and now > hand.kill_at):
                hand.process.kill()
        while len(self._hands) < self._size and now > self._none_before and not self.compiling:
            keeps = self._size > 1 and not any(h.keeps_free for h in self._hands)
            self._hands.append(Hand(self._inbox, keeps_free=keeps, compiles=self._compile_first))
            self._compile_first = False
        if self.compiling:
            return
        idle = [h for h in self._hands if h.job is None and h.process.poll() is None]
        if self._warm is not None and now > self._warm[0]:
            for hand in (h for h in idle if h.keeps_free or self._size == 1):
                hand.say(self._warm[1])
            self._warm = None
        if not idle:
            return
        for job in self._jobs.waiting():
            first = self.is_first(job.kind)
            free = [h for h in idle if first or not h.keeps_free]
            if free:
                self._give(min(free, key=lambda h: not h.keeps_free), job)
                idle = [h for h in idle if h.job is None]

    def is_first(self, kind: str) -> bool:
        """Whether a kind may take the worker that is kept free."""
        return kind in self.kinds and bool(getattr(import_module(self.kinds[kind]), "FIRST", False))

    def _give(self, hand: Hand, job: Job) -> None:
        taken = self._jobs.begin(job.id)
        if taken is None:
            return
        if taken.kind not in self.kinds:
            what = f"This server knows no job called '{taken.kind}'."
            error = {"code": "job", "what": what, "where": "", "remedy": "Ask for it again with this version."}
            self._ended(taken, self._jobs.fail(taken.id, taken.attempts, error))
            return
        hand.job, hand.heard = taken, time.monotonic()
        hand.say({
            "id": taken.id, "attempt": taken.attempts, "kind": taken.kind, "module": self.kinds[taken.kind],
            "folder": str(self._folder / taken.case), "document": taken.document, "options": taken.options,
        })  # fmt: skip
        self._tell(taken)

    def _tell(self, job: Job) -> None:
        told = self.told(job).as_json()
        self._publish({"type": "job", "job": told})
        if job.state == "done":
            self._publish({"type": "results", "case": job.case})


def _path() -> str:
    """Where the workers find this very package, and what else the server finds."""
    package = str(Path(__file__).resolve().parents[3])
    inherited = os.environ.get("PYTHONPATH", "")
    return os.pathsep.join([package, inherited] if inherited else [package])
