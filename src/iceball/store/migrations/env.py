"""How alembic reaches the open database: the connection is handed in."""

from alembic import context

from iceball.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
