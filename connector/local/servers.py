"""Both embedded servers of a home together: started where no URL is given, or found where they already run."""

from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from connector.local import postgres, valkey
from connector.local.home import Home, LocalError
from connector.local.postgres import EmbeddedPostgres
from connector.local.server import Server
from connector.local.valkey import EmbeddedValkey


class Urls(NamedTuple):
    """`database`: `postgresql://…`; `broker`: as Celery takes it."""

    database: str
    broker: str


class Servers:
    """The servers this process runs for itself and others in the same home: those whose URL is None.

    As a context manager it starts and stops them. Raises HomeInUse when another process runs them (see `running`),
    LocalError when one does not start.
    """

    def __init__(
        self, home: Path, database_url: str | None = None, broker_url: str | None = None, *, durable: bool = True
    ) -> None:
        self._postgres = None if database_url else EmbeddedPostgres(home, durable=durable)
        self._valkey = None if broker_url else EmbeddedValkey(home, durable=durable)
        self._database_url = database_url
        self._broker_url = broker_url
        self._urls: Urls | None = None

    @property
    def embedded(self) -> list[Server]:
        """The servers that are ours, in the order they start."""
        return [server for server in (self._postgres, self._valkey) if server is not None]

    def start(self) -> Urls:
        """Start what is ours, or start it again after its death; the URLs stay the same as long as we live."""
        try:
            database = self._postgres.start() if self._postgres else self._database_url or ""
            broker = self._valkey.start() if self._valkey else self._broker_url or ""
        except BaseException:
            self.stop()
            raise
        self._urls = Urls(database, broker)
        return self._urls

    def stop(self, *, hard: bool = False) -> None:
        """Stop what is ours, last started first."""
        for server in reversed(self.embedded):
            server.stop(hard=hard)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def urls(self) -> Urls:
        """Where they are, once started."""
        if self._urls is None:
            raise LocalError("the servers were not started")
        return self._urls


def running(home: Path, database_url: str | None = None, broker_url: str | None = None) -> Urls | None:
    """The URLs given, and for those not given the servers another process runs in this home; None when one is missing.

    A left-over announcement counts as nothing: the very process it names must live and take connections. LocalError
    when the home belongs to another user.
    """
    database = database_url or running_database(home)
    broker = broker_url or running_broker(home)
    return Urls(database, broker) if database and broker else None


def running_database(home: Path) -> str | None:
    """The URL of the PostgreSQL another process runs in this home, or None."""
    server = Home(home).alive(EmbeddedPostgres.name)
    return server.url if server and postgres.reachable(server) else None


def running_broker(home: Path) -> str | None:
    """The URL of the Valkey another process runs in this home, or None."""
    server = Home(home).alive(EmbeddedValkey.name)
    return server.url if server and valkey.reachable(server) else None
