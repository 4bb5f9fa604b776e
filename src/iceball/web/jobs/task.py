"""What a worker is given to do, and how it tells of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from iceball.desk import Desk
from iceball.desk.telling import Progress
from iceball.io.case import Case
from iceball.io.text import from_table
from iceball.plan.plan import Plan
from iceball.plan.treated import as_treated
from iceball.tissue import Anatomy
from iceball.web.patient import patient_key

EVERY_S = 0.2
"""Progress is told at most this often."""

_kept: tuple[str, Anatomy] | None = None


class Cancelled(Exception):
    """The work was cancelled in the middle."""


@dataclass(frozen=True, eq=False)
class Task:
    """One job, as the worker sees it.

    Args:
        desk_folder: the case's folder.
        document: the plan of the revision it was asked for, as plain tables.
        options: as asked, with every default filled in.
        send: gives a message to the server.
        cancelled: whether it was cancelled; ask it now and then.
    """

    desk_folder: Path
    document: dict[str, Any]
    options: dict[str, Any]
    send: Callable[[dict[str, Any]], None]
    cancelled: Callable[[], bool]

    @cached_property
    def plan(self) -> Plan:
        """The plan to work on."""
        return from_table(self.document, Plan, where="plan")

    @cached_property
    def case(self) -> Case:
        """The case to work on."""
        return Case.open(self.desk_folder)

    @cached_property
    def anatomy(self) -> Anatomy:
        """The patient as imaged; the worker keeps the last one."""
        global _kept
        key = f"{self.desk_folder}/{patient_key(self.case)}"
        if _kept is None or _kept[0] != key:
            _kept = (key, self.case.anatomy())
        return _kept[1]

    @cached_property
    def desk(self) -> Desk:
        """The case with that plan on the desk, its progress told to the page."""
        return Desk(self.case, self.plan, as_treated(self.plan, self.anatomy), self)

    @cached_property
    def _told(self) -> list[float]:
        return [0.0]

    def tell(self, fraction: float, text: str) -> None:
        """How far it is (0 to 1), and what it does now."""
        now = time.monotonic()
        if now - self._told[0] >= EVERY_S:
            self._told[0] = now
            self.send({"progress": [min(max(fraction, 0.0), 1.0), text]})

    def publish(self, event: dict[str, Any]) -> None:
        """Tell every page something; types are those of Event in frontend/src/api/types.ts."""
        self.send({"publish": event})

    def go_on(self) -> None:
        """Raise Cancelled where the job was cancelled."""
        if self.cancelled():
            raise Cancelled

    def during(self, title: str) -> AbstractContextManager[Progress]:
        """A stretch of work (`Telling`)."""
        return nullcontext(lambda fraction, text: self.tell(fraction, f"{title}: {text}" if text else title))

    def say(self, text: str) -> None:
        """What begins now (`Telling`)."""
        self.send({"progress": [None, text]})
