"""What every command shares: the program, its exit codes, and how it speaks.

Exit codes: 0 done, 1 refused (a typed error), 2 wrong use, 3 a fault of ours, 130 cancelled.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from iceball.errors import IceballError

app = typer.Typer(
    name="iceball",
    help="Plan and simulate cryoablation with physics. RESEARCH USE ONLY: never for a decision about a patient.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
stderr = Console(stderr=True)

Json = Annotated[bool, typer.Option("--json", help="Print exactly one JSON object on standard output.")]
CANCELLED = 130


def main() -> None:
    """Run the command line; every refusal is one sentence, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # what a poor terminal cannot show must not end a run
    try:
        code = app(standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
        if code == CANCELLED:  # Typer turns Ctrl-C into this code and says nothing.
            raise KeyboardInterrupt
    except IceballError as refusal:
        _end(1, refusal.as_json(), str(refusal))
    except (KeyboardInterrupt, typer.Abort):
        _end(CANCELLED, {"code": "cancelled", "what": "Cancelled.", "where": "", "remedy": ""}, "nothing half-written.")
    except BrokenPipeError:
        _let_go_of_output()
        sys.exit(0)
    except OSError as refusal:
        # The disk said no: full, read-only, not there, not allowed.
        remedy = "Check that the folder exists, may be written, and has room."
        where, what = str(refusal.filename or ""), f"{refusal.strerror or refusal}."
        _end(
            1,
            {"code": "file", "what": what, "where": where, "remedy": remedy},
            f"{where}: {what} {remedy}".lstrip(": "),
        )
    except Exception as fault:
        if hasattr(fault, "format_message") and hasattr(fault, "exit_code"):
            message = fault.format_message()
            _end(2, {"code": "usage", "what": message, "where": "", "remedy": "See `iceball --help`."}, message)
        if "ICEBALL_TRACEBACK" in os.environ:
            raise
        what = f"{type(fault).__name__}: {fault}"
        remedy = "This is a fault of Iceball, not of your input. Set ICEBALL_TRACEBACK=1, run again and report it."
        _end(3, {"code": "fault", "what": what, "where": "", "remedy": remedy}, f"{what}. {remedy}")
    sys.exit(code if isinstance(code, int) else 0)


def _end(code: int, error: dict[str, str], sentence: str) -> NoReturn:
    if "--json" in sys.argv:
        with suppress(OSError):  # a full or closed output may be what is refused
            print(json_text({"error": error}), flush=True)
    stderr.print(f"[bold red]{error['code']}[/]: {escape(sentence)}", highlight=False, soft_wrap=True)
    _let_go_of_output()
    sys.exit(code)


def _let_go_of_output() -> None:
    """Drop what a full or closed output did not take: Python would try again and end with a code of its own."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(json_wanted: bool, table: dict[str, Any], text: str) -> None:
    """Print a result, as one JSON object where that is wanted."""
    print(json_text(table) if json_wanted else text)


def json_text(table: Any, *, indent: int | None = None) -> str:
    """JSON that stays JSON where the output cannot carry every letter."""
    utf8 = (getattr(sys.stdout, "encoding", None) or "").lower().startswith("utf")
    return json.dumps(table, ensure_ascii=not utf8, allow_nan=False, indent=indent)


@contextmanager
def stoppable() -> Iterator[Callable[[], bool]]:
    """Work that ends in good order at the first Ctrl-C, asked now and then, and at once at the second."""
    asked = Event()

    def ask(number: int, frame: object) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()
        stderr.print("Stopping after this run; Ctrl-C again stops at once.")

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def progress(title: str) -> Iterator[Callable[[float, str], None]]:
    """How far a job has come: a bar on a terminal, a line at each tenth elsewhere."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    if not stderr.is_terminal:
        yield _plain_progress(title)
        return
    with Progress(*columns, console=stderr) as bar:
        task = bar.add_task(title, total=1.0)
        yield lambda fraction, text: bar.update(task, completed=fraction, description=f"{title}: {text}")


def _plain_progress(title: str) -> Callable[[float, str], None]:
    """A line at each tenth of the way, with the time left: for logs and pipes."""
    stderr.print(f"{title} …", highlight=False)
    begun, told = time.monotonic(), [0]
    lock = Lock()

    def advance(fraction: float, text: str) -> None:
        with lock:
            tenths = int(10 * fraction)
            if tenths <= told[0]:
                return
            told[0] = tenths
        left = (time.monotonic() - begun) * (1 - fraction) / fraction
        stderr.print(f"{title}: {tenths * 10} %, about {left:.0f} s left", highlight=False)

    return advance
