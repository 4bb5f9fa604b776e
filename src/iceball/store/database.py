"""The workbench's database: one SQLite file, one connection, whole transactions.

The rollback journal is used, not WAL: SQLite 3.7.0 to 3.51.2 can corrupt a database in WAL mode when it is reset, and
many Pythons link one of these (3.40.1 was found). Synchronous is FULL, so that what was acknowledged is on the disk.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import StaticPool

from iceball.errors import IceballError

NEWEST = "0001"
"""The last step of `migrations/`."""


class StoreError(IceballError):
    """A database that cannot be used."""

    code = "store"


class Database:
    """An open database. Every thread may use it; transactions wait for each other."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._turn = threading.RLock()
        self._engine = create_engine(
            f"sqlite:///{file}", poolclass=StaticPool, connect_args={"check_same_thread": False}
        )
        event.listen(self._engine, "connect", _prepare)
        event.listen(self._engine, "begin", _begin)
        self._open: Connection | None = None

    @classmethod
    def open(cls, file: Path) -> Database:
        """Open the database, make it where there is none, and bring an older one up to date.

        Raises:
            StoreError: for a file that is no database, or one of a later version.
        """
        file.parent.mkdir(parents=True, exist_ok=True)
        made = cls(file)
        try:
            made._migrate()
        except DatabaseError as fault:
            made.close()
            raise StoreError(
                f"cannot be used as a database: {fault.orig}.",
                where=str(file),
                remedy="Move it away: plans, images and results lie in the case folders, not in it. What is lost with "
                "it is the history of changes.",
            ) from None
        except BaseException:
            made.close()
            raise
        return made

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Everything in the block is written, or nothing. A block within a block belongs to the outer one."""
        with self._turn:
            if self._open is not None:
                yield self._open
                return
            with self._engine.begin() as connection:
                self._open = connection
                try:
                    yield connection
                finally:
                    self._open = None

    def sound(self) -> str:
        """What SQLite says of the whole file: "ok", or what is wrong."""
        with self.transaction() as connection:
            return str(connection.execute(text("PRAGMA integrity_check")).scalar_one())

    def close(self) -> None:
        """Close the file."""
        with self._turn:
            self._engine.dispose()

    def _migrate(self) -> None:
        with self.transaction() as connection:
            there = connection.execute(
                text("SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'")
            ).scalar_one()
            version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar() if there else None
            if version == NEWEST:
                return
            if version is not None and str(version) > NEWEST:
                raise StoreError(
                    "was written by a later version of Iceball.",
                    where=str(self.file),
                    remedy="Start that version, or serve another folder.",
                )
            from alembic import command
            from alembic.config import Config

            config = Config()
            config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def _prepare(connection: Any, record: object) -> None:
    connection.isolation_level = None  # transactions are begun here, not by the driver at its own time
    for pragma in ("journal_mode = DELETE", "synchronous = FULL", "foreign_keys = ON", "busy_timeout = 5000"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
