"""The way to PostgreSQL: engines, and migrations that several machines may start at once."""

from importlib.resources import as_file, files
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import NullPool

# One number for everybody who migrates this schema; any constant would do.
MIGRATION_LOCK: Final = 88_010_316


class DatabaseAway(Exception):
    """PostgreSQL cannot be reached. Nothing was changed."""


def make_engine(url: str, *, pool_size: int = 4) -> Engine:
    """An engine for `postgresql://…`, by psycopg 3. Create it after a fork, never before: a connection belongs to one process."""
    return create_engine(
        _with_driver(url),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        pool_recycle=1800,
        connect_args={
            "connect_timeout": 5,
            "application_name": "lienthong",
            "options": "-c statement_timeout=60000 -c idle_in_transaction_session_timeout=60000 -c timezone=UTC",
        },
    )


def migrate(url: str) -> str:
    """Brings the schema up to date and returns its revision. A second machine waits for the first, then finds nothing to do."""
    engine = create_engine(_with_driver(url), poolclass=NullPool, connect_args={"connect_timeout": 5})
    with as_file(files("connector.migrations")) as folder, engine.connect() as db:
        # Taken before any time-out is set: lock_timeout would cut this wait short as well.
        db.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
        db.commit()
        try:
            config = Config()
            config.set_main_option("script_location", str(folder))
            config.attributes["connection"] = db
            command.upgrade(config, "head")
            db.commit()
            return str(db.scalar(text("SELECT version_num FROM alembic_version")))
        finally:
            db.rollback()
            db.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": MIGRATION_LOCK})
            db.commit()
            engine.dispose()


def is_away(error: DBAPIError) -> bool:
    """Whether the error says that the server is gone, not that the statement was wrong."""
    return error.connection_invalidated or isinstance(error, OperationalError)


def _with_driver(url: str) -> str:
    parsed = make_url(url)
    return parsed.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
