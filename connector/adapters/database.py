"""The way to PostgreSQL: engines, and migrations that several machines may start at once."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib.resources import as_file, files
from typing import Any, Final

import psycopg
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import NullPool

from connector.adapters.locks import Lock

# The longest that one statement may take, and so the longest that a process waits for a server it cannot reach.
STATEMENT: Final = timedelta(seconds=60)
# A transaction whose process is frozen or gone holds its locks for so long at most.
IDLE_TRANSACTION: Final = timedelta(seconds=15)
# What the server's own time-out is given to arrive, before the connection is taken for dead.
_ON_THE_WAY: Final = timedelta(seconds=3)
# Both ends let go of a connection whose other end is not there any more, though no packet says so.
_ALIVE: Final = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 15_000}


class DatabaseAway(Exception):
    """PostgreSQL cannot be reached. Nothing was changed."""


def make_engine(url: str, *, pool_size: int = 4, patience: timedelta = STATEMENT) -> Engine:
    """An engine for `postgresql://…`, by psycopg 3. Create it after a fork, never before: a connection belongs to one
    process.

    No statement lasts longer than `patience`; where the network swallows everything it ends a little later, as a lost
    connection.
    """
    engine = create_engine(
        _with_driver(url),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        pool_recycle=1800,
        connect_args={"connect_timeout": 5, "application_name": "lienthong", "options": _options(patience), **_ALIVE},
    )
    longest = (patience + _ON_THE_WAY).total_seconds()

    @event.listens_for(engine, "do_connect")
    def bounded(_dialect: Any, _record: Any, words: Any, settings: Any) -> Any:
        connection = _Bounded.connect(*words, **settings)
        connection.longest = longest
        return connection

    return engine


class _Bounded(psycopg.Connection[Any]):
    """A connection that is given up when no answer comes: the server's own time-outs need a network."""

    longest: float | None = None  # seconds

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        began = time.monotonic()
        limit = self.longest if timeout is None else timeout
        try:
            return super().wait(gen, interval, limit)
        except psycopg.OperationalError:
            if limit is not None and time.monotonic() - began >= limit:
                self.pgconn.finish()  # nobody knows what the server does with it: it is of no use any more
            raise


def _options(patience: timedelta) -> str:
    settings = {
        "statement_timeout": round(patience.total_seconds() * 1000),
        "idle_in_transaction_session_timeout": round(min(patience, IDLE_TRANSACTION).total_seconds() * 1000),
        "tcp_keepalives_idle": _ALIVE["keepalives_idle"],
        "tcp_keepalives_interval": _ALIVE["keepalives_interval"],
        "tcp_keepalives_count": _ALIVE["keepalives_count"],
        "tcp_user_timeout": _ALIVE["tcp_user_timeout"],
        "timezone": "UTC",
    }
    return " ".join(f"-c {name}={value}" for name, value in settings.items())


def migrate(url: str) -> str:
    """Brings the schema up to date and returns its revision. A second machine waits for the first, then finds nothing
    to do."""
    engine = create_engine(_with_driver(url), poolclass=NullPool, connect_args={"connect_timeout": 5})
    with as_file(files("connector.migrations")) as folder, engine.connect() as db:
        # Taken before any time-out is set: lock_timeout would cut this wait short as well.
        db.execute(text("SELECT pg_advisory_lock(:key)"), {"key": Lock.MIGRATION.value})
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
            db.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": Lock.MIGRATION.value})
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
