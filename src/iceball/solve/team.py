"""Work on rows, shared among threads; the loops run without the GIL."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from pathlib import Path
from threading import Lock, Thread

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
Work = Callable[[Rows], object]

SHARES = 3
"""Pieces per thread: enough that a thread that was held up does not keep the others waiting."""
SMALL_CELLS = 250_000
"""Below this one thread is faster than waking others."""
ALLOWED = Path("/sys/fs/cgroup/cpu.max")
"""Microseconds of processor time in each period of so many, where a container sets a limit."""


def available() -> int:
    """Cores that this process may use: what it is bound to, and what a container allows it."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = ALLOWED.read_text(encoding="ascii").split()
        return min(cores, max(1, int(quota) // int(period)))
    except (OSError, ValueError):  # no such file, or "max": no limit
        return cores


class Team:
    """A few threads that wait without spinning, so a busy machine is not made busier.

    The caller works too. A helper that wakes up late finds nothing left to do, and nobody waits for it: the caller
    waits only for pieces that a helper has begun.
    """

    def __init__(self, threads: int | None, cells: int) -> None:
        self.threads = threads or (1 if cells < SMALL_CELLS else available())
        self._task: _Task | None = None
        self._gates = [Lock() for _ in range(self.threads - 1)]
        for me, gate in enumerate(self._gates, 1):
            gate.acquire()
            Thread(target=self._help, args=(gate, me), daemon=True).start()

    def run(self, work: Work, rows: Rows) -> None:
        """Call `work` with pieces of `rows` until all are done; not at all if there are none."""
        if not rows.size:
            return
        if not self._gates:
            work(rows)
            return
        task = self._task = _Task(work, rows, self.threads)
        self._wake()
        task.labour(0)
        task.wait()

    def close(self) -> None:
        """Let the threads go."""
        self._task = None
        self._wake()
        self._gates = []

    def _wake(self) -> None:
        for gate in self._gates:
            if gate.locked():  # an open gate belongs to a helper that was called before and has not come yet
                gate.release()

    def _help(self, gate: Lock, me: int) -> None:
        while True:
            gate.acquire()
            task = self._task
            if task is None:
                return
            task.labour(me)


class _Task:
    """One piece of work, cut up; each thread takes its own pieces first, then what others have left.

    So a thread finds in its own cache what it wrote the last time.
    """

    def __init__(self, work: Work, rows: Rows, threads: int) -> None:
        self.work, self.rows, self.threads = work, rows, threads
        self.pieces = min(threads * SHARES, rows.size)
        self.turns, self.ended = [itertools.count() for _ in range(threads)], itertools.count(1)
        self.over = Lock()
        if self.pieces:
            self.over.acquire()
        self.fault: BaseException | None = None

    def labour(self, me: int) -> None:
        for owner in range(me, me + self.threads):
            turn, place = self.turns[owner % self.threads], owner % self.threads * SHARES
            while (n := next(turn)) < SHARES:
                self._do(place + n)

    def _do(self, piece: int) -> None:
        pieces, size = self.pieces, self.rows.size
        if piece >= pieces:
            return
        try:
            self.work(self.rows[piece * size // pieces : (piece + 1) * size // pieces])
        except BaseException as fault:
            self.fault = fault
        if next(self.ended) == pieces:
            self.over.release()

    def wait(self) -> None:
        self.over.acquire()
        if self.fault is not None:
            raise self.fault
