"""A worker process: takes one job after another, stays warm, and never outlives the server.

Lines of JSON come in on standard input and go out on what was standard output; whatever a library prints goes to
standard error. No pickle: what a job is given and gives are plain tables.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import traceback
from contextlib import suppress
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from queue import Queue
from typing import IO, Any

BEAT_S = 1.0
NICER = 5
"""By so much a job gives way to the server and to previews, which a hand waits for."""


def main(parent: int, *, compile_first: bool = False) -> None:
    """Work until the server is gone; with `compile_first` all kernels are compiled before any work is taken."""
    die_with(parent)
    if hasattr(os, "nice"):
        os.nice(NICER)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's, which ends its workers
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    worker = Worker(out)
    threading.Thread(target=worker.listen, args=(sys.stdin,), daemon=True).start()
    threading.Thread(target=worker.beat, daemon=True).start()
    if compile_first:
        with suppress(Exception):  # what cannot be compiled is told by the first run
            every_kernel()
    worker.work()


def die_with(parent: int) -> None:
    """End when the server ends, however it ends (Linux; elsewhere the end of the input tells)."""
    if sys.platform != "linux":
        return
    import ctypes

    ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # 1 is PR_SET_PDEATHSIG
    if os.getppid() != parent:  # it died before this was asked for
        os._exit(1)


def warm_up(folder: Path) -> None:
    """Read the patient of a case and load all kernels, so that the first run need not: about two seconds of it."""
    from iceball.web.jobs.task import Task

    with suppress(Exception):  # what is wrong with the case is told to whoever asks for it
        every_kernel()
        Task(folder, {}, {}, lambda message: None, lambda: False).anatomy  # noqa: B018


@lru_cache(maxsize=1)
def every_kernel() -> None:
    """Load every kernel, once a process."""
    from iceball.assessment.died import every_kernel as assessing
    from iceball.plan.search.looks import every_kernel as looking
    from iceball.solve.prepare import prepare

    looking()
    prepare(assessing)


class Worker:
    """The child's side."""

    def __init__(self, out: IO[str]) -> None:
        self._out, self._turn = out, threading.Lock()
        self._waiting: Queue[dict[str, Any]] = Queue()
        self._cancelled: set[int] = set()

    def send(self, message: dict[str, Any]) -> None:
        """Give the server one message."""
        line = json.dumps(message, allow_nan=False) + "\n"
        with self._turn, suppress(BrokenPipeError):
            self._out.write(line)
            self._out.flush()

    def listen(self, lines: IO[str]) -> None:
        """Take what the server says; the end of it is the end of this process."""
        for line in lines:
            message = json.loads(line)
            if "cancel" in message:
                self._cancelled.add(message["cancel"])
            else:
                self._waiting.put(message)
        os._exit(0)

    def beat(self) -> None:
        """Say that this process lives, while it computes too."""
        pause = threading.Event()
        while not pause.wait(BEAT_S):
            self.send({"beat": True})

    def work(self) -> None:
        """One job after another."""
        self.send({"ready": True})
        while True:
            job = self._waiting.get()
            if "warm" in job:
                warm_up(Path(job["warm"]))
                continue
            about = {"id": job["id"], "attempt": job["attempt"]}
            self.send({**about, **self._ended(job, about)})

    def _ended(self, job: dict[str, Any], about: dict[str, int]) -> dict[str, Any]:
        """Do a job; how it ended, never an exception."""
        from iceball.errors import IceballError
        from iceball.web.jobs.task import Cancelled, Task

        def cancelled() -> bool:
            return job["id"] in self._cancelled

        task = Task(
            Path(job["folder"]), job["document"], job["options"], lambda m: self.send({**about, **m}), cancelled
        )
        try:
            result = import_module(job["module"]).run(task)
            json.dumps(result, allow_nan=False)
        except Cancelled:
            return {"cancelled": True}
        except IceballError as refusal:
            return {"failed": refusal.as_json()}
        except MemoryError:
            remedy = "Close other programs, or take coarser cells."
            return {"failed": {"code": "memory", "what": "There is not memory enough.", "where": "", "remedy": remedy}}
        except OSError as fault:
            what = f"{fault.strerror or fault}."
            remedy = "Check that the folder exists, may be written, and has room."
            return {"failed": {"code": "file", "what": what, "where": str(fault.filename or ""), "remedy": remedy}}
        except Exception as fault:
            traceback.print_exc()
            remedy = "This is a fault of Iceball, not of your input. Please report what `iceball serve` printed."
            told = {"code": "fault", "what": f"{type(fault).__name__}: {fault}", "where": job["kind"], "remedy": remedy}
            return {"failed": told}
        return {"done": result}


if __name__ == "__main__":
    main(int(sys.argv[1]), compile_first="compile" in sys.argv[2:])
