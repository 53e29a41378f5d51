"""The connector's parts in this process, between two partners: each step is made when a test says so."""

import time
from collections.abc import Callable
from typing import Any, Self

from sqlalchemy import text

from connector import settings, wiring
from tests.independent.ministry import Ministry
from tests.independent.province import Province
from tests.independent.stage import CLIENT, SECRET

QUICK = {"poll_interval": "20ms", "http_timeout": "2s", "lease": "10s", "retry_schedule": ",".join(["30ms"] * 60)}


class Bench:
    """What the beat would find due is done here, one thing after the other; what nobody expected is raised here."""

    def __init__(self, database: str, **changes: str) -> None:
        self.ministry, self.province = Ministry(), Province()
        given = {**QUICK, **changes}
        for name, partner in (("ministry", self.ministry), ("province", self.province)):
            given |= {f"{name}_url": partner.url, f"{name}_client_id": CLIENT, f"{name}_client_secret": SECRET}
        environment = {f"LIENTHONG_{name.upper()}": value for name, value in given.items()}
        self._connector = wiring.connect(settings.load(environment), database)

    def __enter__(self) -> Self:
        self.ministry.__enter__()
        self.province.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._connector.engine.dispose()
        self.ministry.__exit__()
        self.province.__exit__()

    def step(self) -> None:
        """All that is due now."""
        agenda = self._connector.agenda()
        if agenda.expire:
            self._connector.delivery.expire()
        if agenda.read_events:
            self._connector.events.read()
        if agenda.ask_states:
            self._connector.states.ask()
        for route in agenda.routes:
            self._connector.delivery.deliver(route)

    def until(self, done: Callable[[], object], seconds: float = 10.0) -> None:
        """Steps until it holds."""
        ends = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < ends, self.messages()
            self.step()

    def settle(self) -> None:
        """Steps until every dossier was asked about anew, and what came of that is delivered."""
        asked = len(self.ministry.asked)
        self.rows("UPDATE dossier SET ask_at = now() WHERE ask_at IS NOT NULL RETURNING code")
        self.until(lambda: len(self.ministry.asked) > asked)
        self.until(lambda: not self.rows("SELECT 1 FROM message WHERE state IN ('ready', 'sending')"))

    def rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        with self._connector.engine.begin() as db:
            return [tuple(row) for row in db.execute(text(statement), values)]

    def messages(self, route: str = "") -> list[tuple[Any, ...]]:
        """(route, version, state, counted attempts, last code), oldest first."""
        return self.rows(
            "SELECT route, version, state, attempts, last_code FROM message"
            " WHERE route = :route OR :route = '' ORDER BY seq",
            route=route,
        )
