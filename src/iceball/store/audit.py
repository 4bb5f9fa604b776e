"""The audit trail: who did what and when. Rows are only added, and each carries a hash of all before it."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import insert, select

from iceball.store.database import Database
from iceball.store.revisions import as_text, now
from iceball.store.tables import audit

FIRST = "0" * 64


class Audit:
    """The trail of a workspace."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, verb: str, *, case: str = "", who: str = "local", **told: Any) -> None:
        """Write down one act.

        Args:
            verb: what was done, such as "simulate" or "change plan".
            case: on which case.
            who: by whom; there is one local user.
            told: what else belongs to it, as plain values.
        """
        with self._database.transaction() as c:
            before = c.execute(select(audit.c.chain).order_by(audit.c.id.desc()).limit(1)).scalar()
            row = {"at": now(), "who": who, "verb": verb, "case_name": case, "told": as_text(told)}
            c.execute(insert(audit).values(**row, chain=_link(before or FIRST, row)))

    def rows(self, case: str = "", *, most: int = 500) -> list[dict[str, Any]]:
        """The newest acts, newest first; of one case where one is named."""
        asked = select(audit).order_by(audit.c.id.desc()).limit(most)
        with self._database.transaction() as c:
            found = c.execute(asked.where(audit.c.case_name == case) if case else asked)
            return [dict(row._mapping) for row in found]

    def broken_at(self) -> int | None:
        """The first row that does not follow from those before it; None where the trail is whole."""
        chain = FIRST
        with self._database.transaction() as c:
            for row in c.execute(select(audit).order_by(audit.c.id)):
                told = {name: getattr(row, name) for name in ("at", "who", "verb", "case_name", "told")}
                if row.chain != (chain := _link(chain, told)):
                    return int(row.id)
        return None


def _link(before: str, row: dict[str, Any]) -> str:
    return hashlib.sha256((before + as_text(row)).encode()).hexdigest()
