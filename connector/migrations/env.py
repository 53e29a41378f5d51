"""Alembic's entry: runs on the connection that `connector.adapters.database.migrate` hands over, which holds the
lock."""

from alembic import context
from sqlalchemy import Connection, text

# Their tables belong to the schema.
from connector.adapters import areas, audit, job_tables, readiness, sessions, shadow, shadow_states  # noqa: F401
from connector.adapters.tables import metadata


def run(connection: Connection) -> None:
    # No ALTER may queue in front of the workers for longer than this.
    connection.execute(text("SET lock_timeout = '5s'"))
    context.configure(connection=connection, target_metadata=metadata, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
