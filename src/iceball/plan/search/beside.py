"""A second process that runs draws: two threads share one interpreter, and a run on coarse cells is half interpreter.

It is a program of its own that is given scenes and gives back runs through its pipes. It ends when they close, so it
outlives nobody; where it cannot be had, whoever asks makes the run himself.
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
from contextlib import suppress
from threading import Lock
from typing import IO, Any, cast

from iceball.plan.search.coarse import Coarse, drawn_run
from iceball.solve.scene import Scene

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
        self._gone = (os.cpu_count() or 1) < 2
        if not self._gone:
            self._child = _begun()
            weakref.finalize(self, _ended, self._child)

    def close(self) -> None:
        """End the process; whoever asks from now on makes his runs himself."""
        with self._turn:
            self._end()

    def run(self, scene: Scene) -> Coarse | None:
        """The run of a draw's scene; None where the process is busy, not ready yet or gone."""
        if self._gone or not self._turn.acquire(blocking=False):
            return None
        try:
            return self._asked(scene) if self._is_ready() else None
        except (OSError, EOFError, ValueError, pickle.UnpicklingError):
            self._end()
            return None
        finally:
            self._turn.release()

    def _asked(self, scene: Scene) -> Coarse:
        child = cast("subprocess.Popen[bytes]", self._child)
        pickle.dump(scene, cast(IO[bytes], child.stdin), pickle.HIGHEST_PROTOCOL)
        cast(IO[bytes], child.stdin).flush()
        answer = pickle.load(cast(IO[bytes], child.stdout))
        if isinstance(answer, Exception):
            raise answer
        return cast(Coarse, answer)

    def _is_ready(self) -> bool:
        out = cast(IO[bytes], cast("subprocess.Popen[bytes]", self._child).stdout)
        if not self._ready and select.select([out], [], [], 0.0)[0]:
            self._ready = out.read(1) == READY
            if not self._ready:
                raise EOFError
        return self._ready

    def _end(self) -> None:
        self._gone = True
        if self._child is not None:
            _ended(self._child)


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


def serve(source: IO[bytes], out: IO[bytes]) -> None:
    """Run what comes until nothing comes any more."""
    out.write(READY)
    out.flush()
    while True:
        try:
            scene = pickle.load(source)
        except EOFError:
            return
        began = time.perf_counter()
        answer: Any
        try:
            answer = drawn_run(scene, began)
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
