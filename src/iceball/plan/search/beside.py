"""A second process that does a search's work beside this one: two threads share one interpreter, and a run on coarse
cells is half interpreter, a sketch's looks nearly all.

It is a program of its own that is given a job and what to do it with, and gives back answers, through its pipes. It
ends when they close, so it outlives nobody; where it cannot be had, whoever asks does the work himself.
"""

from __future__ import annotations

import os
import pickle  # noqa: TID251  (only what its own twin process says through a pipe, never a file)
import select
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Lock
from typing import IO, Any, cast

from iceball.plan.search.coarse import Coarse, drawn_run
from iceball.solve.scene import Scene
from iceball.solve.team import available

READY = b"r"
WORTH_S = 20.0
"""A search of less is over before the process has loaded its kernels, which takes some three seconds of a core."""


class Beside:
    """The second process; begins at once, and is used from when it is ready.

    It ends with `close`, or when nobody holds this any more. On a machine with one core there is none.
    """

    def __init__(self) -> None:
        self._turn = Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._ready = False
        self._gone = available() < 2
        if not self._gone:
            try:
                self._child = _begun()
            except (OSError, TypeError):  # no interpreter to begin, or no room for another
                self._gone = True
            else:
                weakref.finalize(self, _ended, self._child)

    def close(self) -> None:
        """End the process; whoever asks from now on does his work himself."""
        with self._turn:
            self._end()

    @contextmanager
    def lent(self, job: Callable[[Any], Any]) -> Iterator[Lent | None]:
        """The process, to do one job with whatever it is given; None where it is busy, not ready yet or gone.

        Args:
            job: what can be pickled, and called with one value.
        """
        if self._gone or not self._turn.acquire(blocking=False):
            yield None
            return
        other = None
        try:
            other = Lent(self, job) if self._is_ready() else None
            yield other
        finally:
            if other is not None and other.owed:  # nobody else may take its answer for his own
                self._end()
            self._turn.release()

    def run(self, scene: Scene) -> Coarse | None:
        """The run of a draw's scene; None where nobody is there to make it."""
        with self.lent(_run) as other:
            if other is None:
                return None
            other.begin(scene)
            return cast("Coarse | None", other.ended())

    def _is_ready(self) -> bool:
        out = self._pipe("stdout")
        if not self._ready and select.select([out], [], [], 0.0)[0]:
            self._ready = out.read(1) == READY
            if not self._ready:
                self._end()
        return self._ready

    def _pipe(self, name: str) -> IO[bytes]:
        return cast(IO[bytes], getattr(self._child, name))

    def _end(self) -> None:
        self._gone = True
        if self._child is not None:
            _ended(self._child)


class Lent:
    """The second process while it does one job."""

    def __init__(self, owner: Beside, job: Callable[[Any], Any]) -> None:
        self._owner, self._job, self._known, self.owed = owner, job, False, False

    def begin(self, value: object) -> None:
        """Let it do the job with a value."""
        self.owed = True
        with self._lost_if_broken():
            into = self._owner._pipe("stdin")
            pickle.dump((None if self._known else self._job, value), into, pickle.HIGHEST_PROTOCOL)
            into.flush()
            self._known = True

    def ended(self) -> object:
        """What came of it; None where the process was lost. What the job raises is raised here."""
        answer = None
        with self._lost_if_broken():
            answer = None if self._owner._gone else pickle.load(self._owner._pipe("stdout"))
        self.owed = False
        if isinstance(answer, Exception):
            raise answer
        return answer

    @contextmanager
    def _lost_if_broken(self) -> Iterator[None]:
        try:
            yield
        except (OSError, EOFError, ValueError, pickle.UnpicklingError):
            self._owner._end()


def beside(budget_s: float) -> Beside | None:
    """A second process for a search of so many seconds; None where it would hardly have begun before the end."""
    return Beside() if budget_s >= WORTH_S else None


def _ended(child: subprocess.Popen[bytes]) -> None:
    for pipe in (child.stdin, child.stdout):
        with suppress(OSError):
            cast(IO[bytes], pipe).close()
    child.kill()
    child.wait()


def _begun() -> subprocess.Popen[bytes]:
    path = os.pathsep.join([*(p for p in sys.path if p), *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.Popen(
        [sys.executable, "-m", "iceball.plan.search.beside"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
    )


def _run(scene: Scene) -> Coarse:
    return drawn_run(scene, time.perf_counter())


def serve(source: IO[bytes], out: IO[bytes]) -> None:
    """Do what comes until nothing comes any more."""
    out.write(READY)
    out.flush()
    job: Callable[[Any], Any] = _run
    while True:
        try:
            other, value = pickle.load(source)
        except EOFError:
            return
        job, answer = other or job, None
        try:
            answer = job(value)
        except Exception as fault:
            answer = fault
        pickle.dump(answer, out, pickle.HIGHEST_PROTOCOL)
        out.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who asked: this process ends with its pipes
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever prints must not speak among answers
    with suppress(BrokenPipeError):
        serve(sys.stdin.buffer, answers)
