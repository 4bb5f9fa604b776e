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

SHARES = 6
"""Pieces per thread: enough that a thread that was held up does not keep the others waiting."""
SMALL_CELLS = 40_000
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
        for gate in self._gates:
            gate.acquire()
            Thread(target=self._help, args=(gate,), daemon=True).start()

    def run(self, work: Work, rows: Rows) -> None:
        """Call `work` with pieces of `rows` until all are done; not at all if there are none."""
        if not rows.size:
            return
        if not self._gates:
            work(rows)
            return
        task = self._task = _Task(work, rows, self.threads * SHARES)
        self._wake()
        task.labour()
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

    def _help(self, gate: Lock) -> None:
        while True:
            gate.acquire()
            task = self._task
            if task is None:
                return
            task.labour()


class _Task:
    """One piece of work, cut up; whoever is free takes the next piece."""

    def __init__(self, work: Work, rows: Rows, pieces: int) -> None:
        self.work, self.rows = work, rows
        self.pieces = min(pieces, rows.size)
        self.turn, self.ended = itertools.count(), itertools.count(1)
        self.over = Lock()
        if self.pieces:
            self.over.acquire()
        self.fault: BaseException | None = None

    def labour(self) -> None:
        pieces, size = self.pieces, self.rows.size
        while (n := next(self.turn)) < pieces:
            try:
                self.work(self.rows[n * size // pieces : (n + 1) * size // pieces])
            except BaseException as fault:
                self.fault = fault
            if next(self.ended) == pieces:
                self.over.release()

    def wait(self) -> None:
        self.over.acquire()
        if self.fault is not None:
            raise self.fault
