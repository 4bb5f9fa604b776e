"""A desk whose work ends at the next step once its job was cancelled."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

from iceball.desk import Desk
from iceball.desk.telling import Progress
from iceball.web.jobs.task import Task


@dataclass(frozen=True, eq=False)
class Stopping:
    """Tells the page, and raises Cancelled between two runs (`Telling`)."""

    task: Task

    def during(self, title: str) -> AbstractContextManager[Progress]:
        """A stretch of work."""

        def told(fraction: float, text: str) -> None:
            self.task.go_on()
            self.task.tell(fraction, f"{title}: {text}" if text else title)

        return nullcontext(told)

    def say(self, text: str) -> None:
        """What begins now."""
        self.go_on()
        self.task.say(text)

    def go_on(self) -> None:
        """Raise Cancelled where the job was cancelled."""
        self.task.go_on()


def stopping(task: Task) -> Desk:
    """The task's desk, telling through `Stopping`."""
    return replace(task.desk, telling=Stopping(task))
