"""Work on rows, shared among threads; the loops run without the GIL."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]

SHARES = 6
"""Pieces per thread: enough that a thread that was held up does not keep the others waiting."""
SMALL_CELLS = 40_000
"""Below this one thread is faster than waking others."""


class Team:
    """A few threads that wait without spinning, so a busy machine is not made busier."""

    def __init__(self, threads: int | None, cells: int) -> None:
        available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        self.threads = threads or (1 if cells < SMALL_CELLS else available)
        self._pool = ThreadPoolExecutor(self.threads - 1) if self.threads > 1 else None

    def run(self, work: Callable[[Rows], object], rows: Rows) -> None:
        """Call `work` with pieces of `rows` until all are done."""
        if self._pool is None:
            work(rows)
            return
        pieces = np.array_split(rows, self.threads * SHARES)
        turn = itertools.count()

        def labour() -> None:
            while (n := next(turn)) < len(pieces):
                work(pieces[n])

        helpers = [self._pool.submit(labour) for _ in range(self.threads - 1)]
        labour()
        for helper in helpers:
            helper.result()

    def close(self) -> None:
        """Let the threads go."""
        if self._pool is not None:
            self._pool.shutdown()
