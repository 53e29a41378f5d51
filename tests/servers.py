"""The servers tests stand on: PostgreSQL and Valkey per pytest process, a clean database and broker per test."""

import itertools
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis

from connector.adapters.database import migrate
from connector.local.servers import Servers
from tests.areas import opened

TEMPLATE = "migrated"
OPENED = "opened"


class TestServers:
    """Both servers without durability, in a directory of their own that goes with them."""

    __test__ = False

    def __init__(self) -> None:
        self._home = tempfile.TemporaryDirectory(prefix="lt-")
        self._servers = Servers(Path(self._home.name), durable=False)
        self._numbers = itertools.count(1)
        self._migrated = False

    def __enter__(self) -> Self:
        self._servers.start()
        self._administrator = psycopg.connect(self._servers.urls.database, autocommit=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._administrator.close()
        self._servers.stop(hard=True)
        self._home.cleanup()

    @contextmanager
    def empty_database(self) -> Iterator[str]:
        """The URL of a database without any table, dropped at the end whoever is still connected."""
        with self._database(f"empty_{next(self._numbers)}", "template0") as url:
            yield url

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a database with our schema where every area is live, a copy made in some 20 ms, dropped at the end
        even when in use."""
        self._migrate_once()
        with self._database(f"test_{next(self._numbers)}", OPENED) as url:
            yield url

    @contextmanager
    def closed_database(self) -> Iterator[str]:
        """Likewise, of a fresh installation: nobody has opened an area."""
        self._migrate_once()
        with self._database(f"test_{next(self._numbers)}", TEMPLATE) as url:
            yield url

    @contextmanager
    def broker(self) -> Iterator[str]:
        """The URL of an empty broker."""
        url = self._servers.urls.broker
        path = urlsplit(url).path
        with redis.Redis(unix_socket_path=path) as client:
            client.flushall()
        yield url

    @contextmanager
    def _database(self, name: str, template: str) -> Iterator[str]:
        self._administrator.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        try:
            yield self._url(name)
        finally:
            self._administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _migrate_once(self) -> None:
        if self._migrated:
            return
        self._administrator.execute(f"CREATE DATABASE {TEMPLATE}")
        migrate(self._url(TEMPLATE))
        self._leave_alone(TEMPLATE)
        self._administrator.execute(f"CREATE DATABASE {OPENED} TEMPLATE {TEMPLATE} STRATEGY file_copy")
        opened(self._url(OPENED))
        self._leave_alone(OPENED)
        self._migrated = True

    def _leave_alone(self, template: str) -> None:
        """Whoever forgets a connection to a template would make every copy of it fail."""
        self._administrator.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (template,)
        )

    def _url(self, database: str) -> str:
        return urlunsplit(urlsplit(self._servers.urls.database)._replace(path=f"/{database}"))
