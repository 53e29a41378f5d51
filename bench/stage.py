"""Where everything is measured: durable servers of our own, a stub for both partners, and a fresh database a round."""

import itertools
import json
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import psycopg

from bench import material, processes
from bench.material import Material
from bench.processes import Failed
from connector.adapters.database import migrate
from connector.domain.message import Route
from connector.local.servers import Servers, Urls
from connector.rollout.changes import open_everywhere
from connector.settings import variable

WORKERS: Final = 2
_PATIENCE: Final = 600.0
_MIGRATED: Final = "migrated"


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much a measurement takes: messages a round, messages of the slow ones, rows of a full ledger, messages that a
    worker's memory is looked at after, events and seconds of an idle system."""

    size: int
    plain: int
    rows: int
    memory: tuple[int, int]
    events: int
    seconds: int


class Stage:
    """Made by `set_up`; one for all measurements of a run."""

    def __init__(self, home: Path, servers: Servers, sizes: Sizes, prepared: Material, stub_port: int) -> None:
        self.home = home
        self.sizes = sizes
        self.material = prepared
        self.log = home / "bench.log"
        self.stub_url = f"http://127.0.0.1:{stub_port}"
        self._servers = servers
        self._numbers = itertools.count(1)
        self._administrator = psycopg.connect(servers.urls.database, autocommit=True)
        self._administrator.execute(f"CREATE DATABASE {_MIGRATED}")
        migrate(self.database_url(_MIGRATED))
        open_everywhere(self.database_url(_MIGRATED), datetime.now(UTC), by="bench", why="a measurement")
        self._templates = {_MIGRATED}

    @property
    def broker(self) -> str:
        return self._servers.urls.broker

    @property
    def server_pids(self) -> list[int]:
        """The processes of PostgreSQL and of the broker that the others are below."""
        return [server.pid for server in self._servers.embedded if server.pid is not None]

    def spent(self) -> dict[str, float]:
        """Seconds of CPU that both servers and the stub used so far."""
        servers = [*self.server_pids, *(pid for root in self.server_pids for pid in processes.descendants(root))]
        return {"servers": processes.cpu_seconds(servers), "stub": self.counts()["cpu"]}

    def close(self) -> None:
        self._administrator.close()

    def environment(self, database: str, **settings: str) -> dict[str, str]:
        """A worker's settings over this database, with both partners at the stub."""
        partners = {
            f"{partner}_{part}": value
            for partner in ("ministry", "province")
            for part, value in (("url", self.stub_url), ("client_id", "bench"), ("client_secret", "bench"))
        }
        values = {
            "database_url": self.database_url(database),
            "broker_url": self.broker,
            "home": str(self.home),
            "concurrency": str(WORKERS),
            **partners,
            **settings,
        }
        return {variable(name): value for name, value in values.items()}

    def urls(self, database: str) -> Urls:
        return Urls(self.database_url(database), self.broker)

    def database_url(self, name: str) -> str:
        return urlunsplit(urlsplit(self._servers.urls.database)._replace(path=f"/{name}"))

    @contextmanager
    def database(self, template: str = _MIGRATED) -> Iterator[str]:
        """A database of its own, a copy of another."""
        name = f"round_{next(self._numbers)}"
        # The copy is made with a checkpoint before it, so that no round pays for the writing of another.
        self._administrator.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        try:
            yield name
        finally:
            self._administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def empty_database(self) -> Iterator[str]:
        """A database without any table."""
        with self.database("template0") as name:
            yield name

    def template(self, name: str, fill: Callable[[str], None]) -> str:
        """A database to copy from, filled at its first use. Nobody may stay connected to it."""
        if name not in self._templates:
            self._administrator.execute(f"CREATE DATABASE {name} TEMPLATE {_MIGRATED} STRATEGY file_copy")
            fill(name)
            with self.connected(name) as db:
                db.execute("VACUUM ANALYZE")
            self._templates.add(name)
        return name

    @contextmanager
    def connected(self, database: str) -> Iterator[psycopg.Connection]:
        with psycopg.connect(self.database_url(database), autocommit=True) as db:
            yield db

    def reset(self, events: int = 0, *, first: int = 0, entries: bool = False) -> None:
        """The stub begins to count anew, its feed has so many events, and its registers are full or empty."""
        self._ask("/stub/reset", {"events": events, "first": first, "entries": entries})

    def offer(self, events: int) -> None:
        """So many events more in the feed."""
        self._ask("/stub/feed", {"events": events})

    def counts(self) -> dict[str, Any]:
        """What arrived at the stub since the reset."""
        found: dict[str, Any] = json.loads(self._ask("/stub/counts"))
        return found

    def arrivals(self) -> list[float]:
        """When each application came, in their order; on the clock of `time.monotonic`."""
        found: list[float] = json.loads(self._ask("/stub/arrivals"))
        return found

    def arrived(self, name: str, number: int) -> None:
        """Raises Failed unless exactly these came, each of them once."""
        counts = self.counts()
        calls, distinct = counts["calls"][name], counts["distinct"][name]
        if distinct != number or (name != "progress" and calls != number):
            raise Failed(f"{name}: {number} expected, {calls} calls with {distinct} different ones came")

    def wait_for(self, what: str, reached: Callable[[], bool], pause: float = 0.02) -> float:
        """Waits; returns when it was seen, on the clock of `time.monotonic`. Raises Failed when it takes too long."""
        ends = time.monotonic() + _PATIENCE
        while not reached():
            if time.monotonic() > ends:
                raise Failed(f"waited {_PATIENCE:.0f} s for {what}; see {self.home}")
            time.sleep(pause)
        return time.monotonic()

    def _ask(self, path: str, body: Mapping[str, Any] | None = None) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(self.stub_url + path, data), timeout=60) as answer:
            content: bytes = answer.read()
        return content


def open_work(db: psycopg.Connection, route: Route | None = None) -> int:
    """Messages that are ready or being sent."""
    of_route = "" if route is None else f" AND route = '{route.value}'"
    row = db.execute(
        f"SELECT (SELECT count(*) FROM message WHERE state = 'ready'{of_route})"
        f" + (SELECT count(*) FROM message WHERE state = 'sending'{of_route})"
    ).fetchone()
    assert row
    return int(row[0])


@contextmanager
def set_up(home: Path, sizes: Sizes) -> Iterator[Stage]:
    """Servers with durability as in earnest, and the stub; everything ends with the block. Main thread only."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    prepared = material.make(sizes.size, sizes.size)
    path = home / "material.pickle"
    prepared.save(path)
    with ExitStack() as stack:
        servers = stack.enter_context(Servers(home / "servers", durable=True))
        command = processes.python("bench.stub", str(path))
        stub = stack.enter_context(processes.running(command, {}, home / "stub.log", talks=True))
        assert stub.stdout
        stage = Stage(home, servers, sizes, prepared, int(stub.stdout.readline()))
        stack.callback(stage.close)
        yield stage
