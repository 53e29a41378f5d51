"""The way to PostgreSQL: engines, and migrations that several machines may start at once."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
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
    """An engine for `postgresql://…`, by psycopg 3. Create it after a fork, never before: a connection belongs to one
    process."""
    return create_engine(
        _with_driver(url),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        pool_recycle=1800,
        connect_args={
            "connect_timeout": 5,
            "application_name": "lienthong",
            "options": "-c statement_timeout=60000 -c idle_in_transaction_session_timeout=15000 -c timezone=UTC",
        },
    )


def migrate(url: str) -> str:
    """Brings the schema up to date and returns its revision. A second machine waits for the first, then finds nothing
    to do."""
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


@contextmanager
def own_database(url: str, name: str) -> Iterator[str]:
    """A database of its own on the server of this URL, dropped at the end. Needs the right to create one
    (DatabaseAway)."""
    parsed = make_url(_with_driver(url))
    made = f"{name}_{secrets.token_hex(4)}"
    engine = create_engine(
        parsed, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 5}
    )
    try:
        with engine.connect() as db:
            db.execute(text(f"CREATE DATABASE {made}"))
    except DBAPIError as error:
        raise DatabaseAway(
            "không tạo được cơ sở dữ liệu riêng / no database of its own could be made on the given server; nothing "
            "was changed; the user of LIENTHONG_DATABASE_URL needs the right CREATEDB, or leave the variable out"
        ) from error
    try:
        yield parsed.set(drivername="postgresql", database=made).render_as_string(hide_password=False)
    finally:
        with engine.connect() as db:
            db.execute(text(f"DROP DATABASE IF EXISTS {made} WITH (FORCE)"))


def is_away(error: DBAPIError) -> bool:
    """Whether the error says that the server is gone, not that the statement was wrong."""
    return error.connection_invalidated or isinstance(error, OperationalError)


def _with_driver(url: str) -> str:
    parsed = make_url(url)
    return parsed.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
