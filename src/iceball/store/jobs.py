"""Jobs: what was asked, how far it is, and how it ended. One result for one key, whatever is killed in between."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, insert, select, update

from iceball.store.database import Database
from iceball.store.revisions import as_text, now
from iceball.store.tables import jobs

State = Literal["queued", "running", "done", "failed", "cancelled"]
MOST_DEATHS = 3
LIVE = ("queued", "running", "done")


@dataclass(frozen=True)
class Job:
    """One piece of work.

    Args:
        id: its number.
        case: the case's folder.
        kind: what is done, such as "simulate".
        key: the hash of everything that its result depends on.
        options: as asked, with every default filled in.
        document: the plan it works on, as plain tables.
        state: where it stands.
        fraction: how far it is, 0 to 1.
        text: what it does now, in a few words.
        attempts: how often it was begun.
        error: the refusal it ended with.
        result: what it gave.
    """

    id: int
    case: str
    kind: str
    key: str
    options: dict[str, Any]
    document: dict[str, Any]
    state: State
    fraction: float
    text: str
    attempts: int
    error: dict[str, str] | None
    result: Any

    def as_json(self) -> dict[str, Any]:
        """The job as the page is told of it."""
        names = ("id", "case", "kind", "key", "state", "fraction", "text", "attempts", "error", "result", "options")
        return {name: getattr(self, name) for name in names}


class Jobs:
    """The jobs of a workspace."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(
        self, case: str, kind: str, key: str, options: dict[str, Any], document: dict[str, Any]
    ) -> tuple[Job, bool]:
        """The job for a key, and whether it is new: one that is waiting, running or done is given back as it is."""
        with self._database.transaction() as c:
            row = c.execute(
                select(jobs).where(
                    jobs.c.case_name == case,
                    jobs.c.kind == kind,
                    jobs.c.key == key,
                    jobs.c.current == 1,
                    jobs.c.state.in_(LIVE),
                )
            ).one_or_none()
            if row is not None:
                return _job(row), False
            made = c.execute(
                insert(jobs).values(
                    case_name=case,
                    kind=kind,
                    key=key,
                    options=as_text(options),
                    document=as_text(document),
                    state="queued",
                    made=now(),
                )
            )
            assert made.inserted_primary_key is not None
            return _job(_row(c, made.inserted_primary_key[0])), True

    def set_aside(self, number: int) -> None:
        """A done job whose result is gone answers no more."""
        with self._database.transaction() as c:
            c.execute(update(jobs).where(jobs.c.id == number).values(current=0))

    def get(self, number: int) -> Job | None:
        """A job by its number."""
        with self._database.transaction() as c:
            row = c.execute(select(jobs).where(jobs.c.id == number)).one_or_none()
            return _job(row) if row else None

    def of(self, case: str = "", *, most: int = 100) -> tuple[Job, ...]:
        """The newest jobs, newest first; of one case where one is named."""
        asked = select(jobs).order_by(jobs.c.id.desc()).limit(most)
        with self._database.transaction() as c:
            rows = c.execute(asked.where(jobs.c.case_name == case) if case else asked)
            return tuple(_job(row) for row in rows)

    def waiting(self) -> tuple[Job, ...]:
        """Queued jobs, the oldest first."""
        with self._database.transaction() as c:
            return tuple(_job(r) for r in c.execute(select(jobs).where(jobs.c.state == "queued").order_by(jobs.c.id)))

    def begin(self, number: int) -> Job | None:
        """Take a queued job; None where it is queued no more."""
        with self._database.transaction() as c:
            row = c.execute(select(jobs).where(jobs.c.id == number, jobs.c.state == "queued")).one_or_none()
            if row is None:
                return None
            c.execute(
                update(jobs)
                .where(jobs.c.id == number)
                .values(state="running", attempts=row.attempts + 1, fraction=0.0, text="")
            )
            return _job(_row(c, number))

    def finish(self, number: int, attempt: int, result: Any) -> Job | None:
        """A job is done; None where it is not this attempt's to finish."""
        return self._end(number, attempt, state="done", fraction=1.0, text="", result=as_text(result))

    def fail(self, number: int, attempt: int, error: dict[str, str]) -> Job | None:
        """A job has failed, and why."""
        return self._end(number, attempt, state="failed", error=as_text(error))

    def lost(self, number: int, attempt: int) -> Job | None:
        """Whoever worked on a job has died: it is queued again, or fails where that happened too often."""
        with self._database.transaction() as c:
            deaths = _row(c, number).deaths + 1
            if deaths < MOST_DEATHS:
                return self._end(number, attempt, state="queued", text="Begins again", fraction=0.0, deaths=deaths)
            what = f"The worker died {deaths} times while it did this."
            remedy = "Is there memory enough? Coarser cells need less. Ask for it again to try once more."
            return self.fail(number, attempt, {"code": "lost", "what": what, "where": "", "remedy": remedy})

    def cancel(self, number: int) -> Job | None:
        """A job that waits or runs is cancelled; None where it does neither."""
        with self._database.transaction() as c:
            changed = c.execute(
                update(jobs)
                .where(jobs.c.id == number, jobs.c.state.in_(("queued", "running")))
                .values(state="cancelled", ended=now())
            )
            return _job(_row(c, number)) if changed.rowcount else None

    def take_back(self) -> tuple[Job, ...]:
        """What ran when the server ended is queued again; that the server ended is not held against the job."""
        with self._database.transaction() as c:
            running = [_job(r) for r in c.execute(select(jobs).where(jobs.c.state == "running"))]
            again = (self._end(r.id, r.attempts, state="queued", text="Begins again", fraction=0.0) for r in running)
            return tuple(job for job in again if job)

    def _end(self, number: int, attempt: int, **values: Any) -> Job | None:
        with self._database.transaction() as c:
            changed = c.execute(
                update(jobs)
                .where(jobs.c.id == number, jobs.c.state == "running", jobs.c.attempts == attempt)
                .values(**values, **({} if values["state"] == "queued" else {"ended": now()}))
            )
            return _job(_row(c, number)) if changed.rowcount else None


def _row(c: Connection, number: int) -> Any:
    return c.execute(select(jobs).where(jobs.c.id == number)).one()


def _job(row: Any) -> Job:
    return Job(
        row.id,
        row.case_name,
        row.kind,
        row.key,
        json.loads(row.options),
        json.loads(row.document),
        row.state,
        row.fraction,
        row.text,
        row.attempts,
        json.loads(row.error) if row.error else None,
        json.loads(row.result) if row.result else None,
    )
