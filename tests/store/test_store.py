"""The database keeps what it was given, refuses what it must, and is never half-written."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from iceball.store import Audit, Database, Jobs, Revisions
from iceball.store.database import NEWEST, StoreError
from iceball.store.tables import metadata


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("store") / "store.sqlite3"
    Database.open(file).close()
    return file


@pytest.fixture
def database(made: Path, tmp_path: Path) -> Database:
    return Database.open(Path(shutil.copy(made, tmp_path)))


def test_the_steps_of_migration_make_the_tables_that_the_program_knows(database: Database) -> None:
    with database.transaction() as c:
        for table in metadata.sorted_tables:
            rows = c.execute(text(f"PRAGMA table_info({table.name})"))
            assert {row.name for row in rows} == {column.name for column in table.columns}, table.name
        assert c.execute(text("SELECT version_num FROM alembic_version")).scalar() == NEWEST


def test_what_is_acknowledged_is_on_the_disk_and_no_write_ahead_log_is_used(database: Database) -> None:
    with database.transaction() as c:
        assert c.execute(text("PRAGMA synchronous")).scalar() == 2  # FULL
        assert c.execute(text("PRAGMA journal_mode")).scalar() == "delete"
        assert c.execute(text("PRAGMA foreign_keys")).scalar() == 1
    assert database.sound() == "ok"


def test_a_block_that_fails_leaves_nothing_behind_also_of_blocks_within_it(database: Database) -> None:
    kept = Revisions(database)

    def fail() -> None:
        with database.transaction():
            kept.add("a", "image", {"n": 1}, "one")
            Audit(database).add("change", case="a")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert kept.current("a", "image") is None
    assert Audit(database).rows() == []


def test_rows_of_the_trail_and_revisions_can_neither_be_changed_nor_deleted(database: Database) -> None:
    Audit(database).add("one")
    Revisions(database).add("a", "image", {}, "one")
    for table in ("audit", "revisions"):
        for statement in (f"UPDATE {table} SET at = 'never'", f"DELETE FROM {table}"):
            with pytest.raises(IntegrityError, match="only added to"), database.transaction() as c:
                c.execute(text(statement))


def test_a_row_that_was_changed_behind_the_programs_back_is_found(database: Database) -> None:
    trail = Audit(database)
    for n in range(5):
        trail.add("change", case="a", n=n)
    assert trail.broken_at() is None
    with database.transaction() as c:
        c.execute(text("DROP TRIGGER audit_is_not_changed"))
        c.execute(text("UPDATE audit SET who = 'another' WHERE id = 3"))
    assert trail.broken_at() == 3


def test_a_later_or_broken_database_is_refused_and_left_as_it_is(made: Path, tmp_path: Path) -> None:
    later = Path(shutil.copy(made, tmp_path / "later.sqlite3"))
    with sqlite3.connect(later) as c:
        c.execute("UPDATE alembic_version SET version_num = '9999'")
    broken = tmp_path / "broken.sqlite3"
    broken.write_bytes(b"no database" * 1000)
    for file, words in ((later, "later version"), (broken, "cannot be used")):
        before = file.read_bytes()
        with pytest.raises(StoreError, match=words):
            Database.open(file)
        assert file.read_bytes() == before


def test_a_key_has_one_job_until_it_fails_or_its_result_is_gone(database: Database) -> None:
    jobs = Jobs(database)
    first, new = jobs.ask("a", "run", "key", {}, {})
    assert new
    assert jobs.ask("a", "run", "key", {}, {}) == (first, False)
    assert jobs.ask("b", "run", "key", {}, {})[1]
    begun = jobs.begin(first.id)
    assert begun is not None
    assert jobs.begin(first.id) is None
    assert jobs.finish(first.id, 7, "of another attempt") is None
    done = jobs.finish(first.id, 1, {"n": 1})
    assert done is not None
    assert (done.state, done.result) == ("done", {"n": 1})
    assert jobs.finish(first.id, 1, {"n": 2}) is None
    assert jobs.fail(first.id, 1, {}) is None
    assert jobs.cancel(first.id) is None
    assert jobs.ask("a", "run", "key", {}, {}) == (done, False)
    jobs.set_aside(first.id)
    assert jobs.ask("a", "run", "key", {}, {})[1]


def test_three_deaths_end_a_job_and_the_end_of_a_server_is_not_one(database: Database) -> None:
    jobs = Jobs(database)
    job, _ = jobs.ask("a", "run", "key", {}, {})
    for _ in range(5):
        assert jobs.begin(job.id) is not None
        assert [j.state for j in jobs.take_back()] == ["queued"]
    states = []
    for _ in range(3):
        begun = jobs.begin(job.id)
        assert begun is not None
        lost = jobs.lost(job.id, begun.attempts)
        assert lost is not None
        states.append(lost.state)
    assert states == ["queued", "queued", "failed"]
    assert jobs.ask("a", "run", "key", {}, {})[1]
