"""Revisions of a case's plan: only ever added; where one stands is a pointer, so undo lives through a restart."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from iceball.store.database import Database
from iceball.store.tables import cases, revisions


def now() -> str:
    """The time as it is written down: UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True)
class Revision:
    """One state of a plan.

    Args:
        number: counts up within a case; 1 is the first.
        parent: the revision that was changed into this one; 0 for the first.
        document: the plan as plain tables.
        what: what was done, in a few words.
        at: when (UTC).
        can_undo: whether there is one before it.
        can_redo: whether a later one was undone and nothing was changed since.
    """

    number: int
    parent: int
    document: dict[str, Any]
    what: str
    at: str
    can_undo: bool = False
    can_redo: bool = False


class Revisions:
    """The revisions of every case of a workspace."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def current(self, folder: str, image_key: str) -> Revision | None:
        """Where the plan of a case stands; None for a case that was never opened."""
        with self._database.transaction() as c:
            case = _case(c, folder, image_key)
            return _told(c, case) if case and case.revision else None

    def add(self, folder: str, image_key: str, document: dict[str, Any], what: str) -> Revision:
        """A new revision on the one that stands; what was undone before cannot be redone any more."""
        with self._database.transaction() as c:
            case = _case(c, folder, image_key)
            if case is None:
                c.execute(insert(cases).values(folder=folder, image_key=image_key))
                case = _case(c, folder, image_key)
            last = c.execute(
                select(revisions.c.number)
                .where(revisions.c.case_id == case.id)
                .order_by(revisions.c.number.desc())
                .limit(1)
            ).scalar()
            number = (last or 0) + 1
            c.execute(
                insert(revisions).values(
                    case_id=case.id,
                    number=number,
                    parent=case.revision,
                    document=as_text(document),
                    what=what,
                    at=now(),
                )
            )
            c.execute(update(cases).where(cases.c.id == case.id).values(revision=number, newest=number))
            return _told(c, _case(c, folder, image_key))

    def back(self, folder: str, image_key: str) -> Revision | None:
        """The revision that undo leads to; None where there is none. `stand` goes there."""
        with self._database.transaction() as c:
            case = _case(c, folder, image_key)
            if case is None or not case.revision:
                return None
            parent = _row(c, case.id, case.revision).parent
            return _revision(_row(c, case.id, parent)) if parent else None

    def forward(self, folder: str, image_key: str) -> Revision | None:
        """The revision that redo leads to; None where there is none."""
        with self._database.transaction() as c:
            case = _case(c, folder, image_key)
            after = _after(c, case) if case else 0
            return _revision(_row(c, case.id, after)) if after else None

    def stand(self, folder: str, image_key: str, number: int) -> Revision:
        """Let the plan of a case stand at one of its revisions."""
        with self._database.transaction() as c:
            case = _case(c, folder, image_key)
            _row(c, case.id, number)
            c.execute(update(cases).where(cases.c.id == case.id).values(revision=number))
            return _told(c, _case(c, folder, image_key))

    def all(self, folder: str, image_key: str) -> tuple[Revision, ...]:
        """Every revision of a case, the first one first."""
        with self._database.transaction() as c:
            case = _case(c, folder, image_key)
            if case is None:
                return ()
            rows = c.execute(select(revisions).where(revisions.c.case_id == case.id).order_by(revisions.c.number))
            return tuple(_revision(row) for row in rows)


def as_text(document: Any) -> str:
    """Plain tables as text; equal tables give equal texts."""
    return json.dumps(document, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _case(c: Connection, folder: str, image_key: str) -> Any:
    return c.execute(select(cases).where(cases.c.folder == folder, cases.c.image_key == image_key)).one_or_none()


def _row(c: Connection, case_id: int, number: int) -> Any:
    return c.execute(select(revisions).where(revisions.c.case_id == case_id, revisions.c.number == number)).one()


def _after(c: Connection, case: Any) -> int:
    """The child of the current revision on the way to the newest one; 0 where it is the newest."""
    number, child = int(case.newest), 0
    while number and number != case.revision:
        number, child = _row(c, case.id, number).parent, number
    return child


def _told(c: Connection, case: Any) -> Revision:
    row = _row(c, case.id, case.revision)
    return _revision(row, can_undo=row.parent > 0, can_redo=_after(c, case) > 0)


def _revision(row: Any, *, can_undo: bool = False, can_redo: bool = False) -> Revision:
    return Revision(row.number, row.parent, json.loads(row.document), row.what, row.at, can_undo, can_redo)
