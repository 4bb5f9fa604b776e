"""The tables of the database, as they are now; `migrations/` says how older ones become these."""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Integer, MetaData, Table, Text, UniqueConstraint

metadata = MetaData()

cases = Table(
    "cases",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("folder", Text, nullable=False),
    # A folder of the same name with another image is another case: nobody may undo into another patient's plan.
    Column("image_key", Text, nullable=False),
    Column("revision", Integer, nullable=False, server_default="0"),
    Column("newest", Integer, nullable=False, server_default="0"),
    UniqueConstraint("folder", "image_key"),
)

revisions = Table(
    "revisions",
    metadata,
    Column("case_id", ForeignKey("cases.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("parent", Integer, nullable=False),
    Column("document", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("at", Text, nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("options", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("fraction", Float, nullable=False, server_default="0"),
    Column("text", Text, nullable=False, server_default=""),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("deaths", Integer, nullable=False, server_default="0"),
    Column("error", Text),
    Column("result", Text),
    Column("made", Text, nullable=False),
    Column("ended", Text),
    # 0 once what it made is gone: the same key may then be worked on again.
    Column("current", Integer, nullable=False, server_default="1"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("verb", Text, nullable=False),
    Column("case_name", Text, nullable=False),
    Column("told", Text, nullable=False),
    Column("chain", Text, nullable=False),
)
