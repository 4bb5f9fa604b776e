"""Cases, plan revisions, jobs and the audit trail."""

from alembic import op

revision = "0001"
down_revision = None

STATEMENTS = (
    """CREATE TABLE cases (
        id INTEGER PRIMARY KEY, folder TEXT NOT NULL, image_key TEXT NOT NULL,
        revision INTEGER NOT NULL DEFAULT 0, newest INTEGER NOT NULL DEFAULT 0,
        UNIQUE (folder, image_key))""",
    """CREATE TABLE revisions (
        case_id INTEGER NOT NULL REFERENCES cases(id), number INTEGER NOT NULL, parent INTEGER NOT NULL,
        document TEXT NOT NULL, what TEXT NOT NULL, at TEXT NOT NULL,
        PRIMARY KEY (case_id, number))""",
    """CREATE TABLE jobs (
        id INTEGER PRIMARY KEY AUTOINCREMENT, case_name TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL,
        options TEXT NOT NULL, document TEXT NOT NULL, state TEXT NOT NULL
            CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
        fraction REAL NOT NULL DEFAULT 0, text TEXT NOT NULL DEFAULT '', attempts INTEGER NOT NULL DEFAULT 0,
        deaths INTEGER NOT NULL DEFAULT 0, error TEXT, result TEXT,
        made TEXT NOT NULL, ended TEXT, current INTEGER NOT NULL DEFAULT 1)""",
    # One result for one question, whatever is killed and however often it is asked.
    """CREATE UNIQUE INDEX one_job_a_key ON jobs (case_name, kind, key)
        WHERE current = 1 AND state IN ('queued', 'running', 'done')""",
    """CREATE TABLE audit (
        id INTEGER PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, verb TEXT NOT NULL, case_name TEXT NOT NULL,
        told TEXT NOT NULL, chain TEXT NOT NULL)""",
    """CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END""",
    """CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END""",
    """CREATE TRIGGER revisions_are_not_changed BEFORE UPDATE ON revisions
        BEGIN SELECT RAISE(ABORT, 'revisions are only added to'); END""",
    """CREATE TRIGGER revisions_are_not_deleted BEFORE DELETE ON revisions
        BEGIN SELECT RAISE(ABORT, 'revisions are only added to'); END""",
)


def upgrade() -> None:
    """Make the first tables."""
    for statement in STATEMENTS:
        op.execute(statement)
