"""Rows for tests, written as the connector writes them: through the ledger."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Engine

from connector.adapters import ledger
from connector.adapters.database import make_engine
from connector.domain.attempts import Attempt, Settlement, delivered, failed
from connector.domain.errors import DeliveryError
from connector.domain.message import Draft, Hold, Route, State, first_state
from schemas.findings import Finding
from tests.dossier_events import marriage

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
WORKER = "may-1:77"


def draft(
    serial: int,
    *,
    route: Route = Route.APPLICATION,
    findings: tuple[Finding, ...] = (),
    hold: Hold | None = None,
    body: bytes | None = None,
    due_at: datetime = NOW,
    **more: Any,
) -> Draft:
    """A message of the dossier with this serial number; what its findings and hold make of it is its state."""
    code = f"000.12.83.H01-261120-{serial:04d}"
    key = f"{route} {serial} {more.get('version', 1)}"
    usual: dict[str, Any] = {"subject": code, "version": 1, "procedure": "marriage", "area": "long-xuyen"}
    return Draft(
        message_id=uuid4(),
        route=route,
        source_key=key.encode(),
        body=json.dumps(marriage()).encode() if body is None else body,
        state=first_state(findings, hold),
        hold=hold,
        due_at=due_at,
        findings=findings,
        **usual | more,
    )


class Rows:
    """A database of the connector, and the hand that fills it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def take_in(self, *drafts: Draft, at: datetime = NOW) -> list[UUID]:
        """Their ids, in the order given."""
        with self.engine.begin() as db:
            ledger.take_in(db, drafts, at, by="intake")
        return [one.message_id for one in drafts]

    def claim(self, route: Route = Route.APPLICATION, *, at: datetime = NOW, limit: int = 100) -> list[Attempt]:
        """Takes what is due, for one worker."""
        with self.engine.begin() as db:
            claimed = ledger.claim(db, route, limit=limit, now=at, lease=timedelta(minutes=2), worker=WORKER)
        return [
            Attempt(
                message_id=one.message_id,
                fence=one.fence,
                attempts=one.attempts,
                findings=one.findings,
                at=at,
                duration_ms=120,
            )
            for one in claimed
        ]

    def settle(self, settlements: Sequence[Settlement], at: datetime = NOW) -> None:
        with self.engine.begin() as db:
            assert len(ledger.settle(db, settlements, at, WORKER)) == len(settlements)

    def deliver(self, route: Route = Route.APPLICATION, *, at: datetime = NOW) -> None:
        """Everything that is due arrives."""
        self.settle([delivered(one, repeated=False, http_status=200) for one in self.claim(route, at=at)], at)

    def fail(self, error: DeliveryError, schedule: Sequence[timedelta] = (), *, at: datetime = NOW) -> None:
        """Everything that is due for the ministry fails like this."""
        self.settle([failed(one, error, schedule=schedule, now=at, luck=0.5) for one in self.claim(at=at)], at)

    def states(self) -> list[State]:
        """In the order of intake."""
        with self.engine.begin() as db:
            return [State(row.state) for row in db.exec_driver_sql("SELECT state FROM message ORDER BY seq")]


@contextmanager
def rows_in(database: str) -> Iterator[Rows]:
    engine = make_engine(database, pool_size=1)
    try:
        yield Rows(engine)
    finally:
        engine.dispose()
