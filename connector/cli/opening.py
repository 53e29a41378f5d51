"""The ledger as a command sees it: the settings' database, or the one that runs in LIENTHONG_HOME."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine

from connector.adapters.clock import shared_clock
from connector.adapters.database import DatabaseAway, make_engine
from connector.local.servers import running_database
from connector.settings import Settings


@dataclass(frozen=True, slots=True)
class Look:
    """An open connection, and the connector's present instant."""

    db: Connection
    now: datetime


def database_url(settings: Settings) -> str:
    """Where the database is. Raises DatabaseAway when no URL is set and none runs in LIENTHONG_HOME."""
    url = settings.database_url.get_secret_value() if settings.database_url else running_database(settings.home)
    if url is None:
        raise DatabaseAway(
            f"không có cơ sở dữ liệu nào đang chạy / no database runs in {settings.home}; "
            "start `lienthong up`, or set LIENTHONG_DATABASE_URL"
        )
    return url


@contextmanager
def ledger_engine(settings: Settings) -> Iterator[tuple[Engine, datetime]]:
    """For acts of several transactions: an engine, and the connector's present instant. Raises DatabaseAway, or
    SQLAlchemy's DBAPIError."""
    engine = make_engine(database_url(settings), pool_size=1)
    try:
        yield engine, shared_clock(engine, settings.clock)()
    finally:
        engine.dispose()


@contextmanager
def ledger(settings: Settings) -> Iterator[Look]:
    """One transaction on the ledger, committed at its end. Raises DatabaseAway, or SQLAlchemy's DBAPIError."""
    engine = make_engine(database_url(settings), pool_size=1)
    try:
        now = shared_clock(engine, settings.clock)()
        with engine.begin() as db:
            yield Look(db, now)
    finally:
        engine.dispose()
