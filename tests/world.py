"""The whole connector against both simulated partners, in one process, with a clock that a test can move.

What passes between them is judged by the contracts on the way; a `World` that met a violation fails its test at the
end.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Row, text

from connector import wiring
from connector.adapters.transport import Transport
from connector.domain.message import Partner, Route, State
from connector.intake import events, states
from connector.settings import Settings
from tests import bodies
from tests.contract import Contract, Exchange
from tests.partners import CLIENT, PartnerProcess, partner_process
from tests.recording import RecordingAdapter, Watch

Event = dict[str, Any]

RESTING: Final = {"latency": [0.0, 0.001], "retry_after": [1, 1], "pace": 0.05}
SUBMIT: Final = "/hotich/1.0/nhanHoSoDKHT"
STATES: Final = "/hotich/1.0/layKetQua"
WITHDRAW: Final = "/hotich/1.0/rutHoSo"
FEED: Final = "/apitthc/v1/su-kien"
PROGRESS: Final = "/apitthc/v1/tien-do"
DOSSIERS: Final = "/apitthc/v1/ho-so/"
FILES: Final = "/apitthc/v1/tep/"
FAST: Final = {
    "poll_interval": "1s",
    "http_timeout": "2s",
    "lease": "20s",
    "retry_schedule": "1s,2s,4s,8s",
}


class Clock:
    """The system's clock, and what a test has let pass on top of it."""

    def __init__(self) -> None:
        self._ahead = timedelta()
        self._stopped_at: datetime | None = None

    def __call__(self) -> datetime:
        return (self._stopped_at or datetime.now(UTC)) + self._ahead

    def stands_still(self) -> None:
        """From now on only what a test lets pass does."""
        self._stopped_at = datetime.now(UTC)

    def passes(self, by: timedelta) -> None:
        self._ahead += by


class World:
    """A connector over a fresh ledger, and the partners it speaks with."""

    def __init__(self, database: str, ministry: str, province: str, **settings: str) -> None:
        urls = {"ministry": ministry, "province": province}
        self.settings = Settings.model_validate(
            FAST
            | settings
            | {"database_url": database}
            | {f"{name}_url": url for name, url in urls.items()}
            | {f"{name}_client_id": CLIENT[0] for name in urls}
            | {f"{name}_client_secret": CLIENT[1] for name in urls}
        )
        self.clock = Clock()
        self.connector = wiring.connect(self.settings, database)
        self.connector.__dict__["now"] = self.clock  # where the cached property would keep the system's
        self.watches = {"ministry": Watch(_contract("ministry")), "province": Watch(_contract("province"))}
        self.asked: list[list[str]] = []
        """The codes of each question about states that was answered."""
        for name, transport in self.transports().items():
            transport._wire = RecordingAdapter(partial(self._saw, name))

    def _saw(self, partner: str, exchange: Exchange) -> None:
        if exchange.path == STATES:
            self.asked.append(json.loads(exchange.request_body)["maDinhDanhHoSo"])
        self.watches[partner].saw(exchange)

    def transports(self) -> dict[str, Transport]:
        return {"ministry": self.connector.ministry._transport, "province": self.connector.province._transport}

    def close(self) -> None:
        for transport in self.transports().values():
            transport.close()
        self.connector.delivery._callers.close()
        self.connector.engine.dispose()
        assert [v for watch in self.watches.values() for v in watch.violations] == []

    # -- what worker and beat do --------------------------------------------------------------------------------------

    def read_events(self) -> events.Report:
        """The feed, as if its next poll had come."""
        self.change("UPDATE feed SET next_at = :now", now=self.clock())
        return self.connector.events.read()

    def ask_states(self) -> states.Report:
        """Every dossier that is asked about at all, as if its next question had come."""
        self.change("UPDATE dossier SET ask_at = :now WHERE ask_at IS NOT NULL", now=self.clock())
        return self.connector.states.ask()

    def deliver(self, *routes: Route) -> dict[str, int]:
        """What is due on these routes (or on all); the outcomes."""
        outcomes: dict[str, int] = {}
        for route in routes or tuple(Route):
            for outcome, count in self.connector.delivery.deliver(route).outcomes.items():
                outcomes[outcome] = outcomes.get(outcome, 0) + count
        return outcomes

    def beat(self) -> None:
        """Whatever is due now, once."""
        agenda = self.connector.agenda()
        if agenda.expire:
            self.connector.delivery.expire()
        if agenda.drain:
            self.connector.draining.look()
        if agenda.read_events:
            self.connector.events.read()
        if agenda.ask_states:
            self.connector.states.ask()
        if agenda.replay:
            self.connector.replays.work()
        for route in agenda.routes:
            self.connector.delivery.deliver(route)

    def run_until_quiet(self, seconds: float = 60.0, *, at_rest: Any = lambda: True) -> None:
        """Beats until nothing moves any more; when all only wait, time passes. `at_rest` tells whether the partners
        rest."""
        ends, still = time.monotonic() + seconds, 0
        while still < 3:
            assert time.monotonic() < ends, self.rows("SELECT route, state, last_code, due_at FROM message")
            before = self._movement()
            self.beat()
            if self._movement() != before or not at_rest():
                still = 0
                continue
            still += 1
            self.clock.passes(self._next_wait())

    def _movement(self) -> tuple[Any, ...]:
        return tuple(
            self.row(
                "SELECT (SELECT max(id) FROM history), (SELECT max(id) FROM sighting), (SELECT max(cursor) FROM feed),"
                " (SELECT sum(duplicates) FROM message)"
            )
        )

    def _next_wait(self) -> timedelta:
        """To the next message or the next opening of a partner, and at least to the next poll."""
        moment = self.row(
            "SELECT least((SELECT min(due_at) FROM message WHERE state = 'ready' AND due_at > :now),"
            " (SELECT min(closed_until) FROM partner WHERE closed_until > :now)) AS next",
            now=self.clock(),
        ).next
        wait = moment - self.clock() if moment else timedelta()
        return max(wait, self.settings.poll_interval) + timedelta(milliseconds=1)

    # -- what the ledger says -----------------------------------------------------------------------------------------

    def rows(self, statement: str, **values: Any) -> Sequence[Row[Any]]:
        with self.connector.engine.begin() as db:
            return db.execute(text(statement), values).all()

    def row(self, statement: str, **values: Any) -> Row[Any]:
        return self.rows(statement, **values)[0]

    def change(self, statement: str, **values: Any) -> None:
        with self.connector.engine.begin() as db:
            db.execute(text(statement), values)

    def messages(self, route: Route, subject: str | None = None) -> Sequence[Row[Any]]:
        """All columns, in the order of their lanes."""
        where = "WHERE route = :route AND (CAST(:subject AS text) IS NULL OR subject = :subject)"
        return self.rows(
            f"SELECT * FROM message {where} ORDER BY subject, version, seq", route=route.value, subject=subject
        )

    def message(self, route: Route, subject: str | None = None) -> Row[Any]:
        found = self.messages(route, subject)
        assert len(found) == 1, [(one.subject, one.version, one.state) for one in found]
        return found[0]

    def states(self, route: Route, subject: str | None = None) -> list[State]:
        return [State(one.state) for one in self.messages(route, subject)]

    def codes(self, route: Route, subject: str | None = None) -> list[set[str]]:
        """The codes of the findings of each message."""
        return [{one["code"] for one in message.findings} for message in self.messages(route, subject)]

    def attempts(self, message_id: UUID) -> Sequence[Row[Any]]:
        return self.rows("SELECT * FROM attempt WHERE message_id = :id ORDER BY id", id=message_id)

    def history(self, message_id: UUID) -> list[str]:
        """The moves of one message, in their order."""
        rows = self.rows("SELECT move FROM history WHERE message_id = :id ORDER BY id", id=message_id)
        return [row.move for row in rows]

    def body(self, message_id: UUID) -> bytes:
        return bytes(self.row("SELECT content FROM body WHERE message_id = :id", id=message_id).content)

    def facts(self, code: str) -> Row[Any]:
        return self.row("SELECT * FROM dossier WHERE code = :code", code=code)

    def closed(self, partner: Partner) -> tuple[timedelta, str] | None:
        """For how long still a partner is left alone, and why."""
        for row in self.rows(
            "SELECT * FROM partner WHERE name = :name AND closed_until > :now", name=partner.value, now=self.clock()
        ):
            return row.closed_until - self.clock(), row.why
        return None


class Sandboxes:
    """Both partners as processes, emptied before each test, and short words for what tests do with them."""

    def __init__(self, ministry: PartnerProcess, province: PartnerProcess) -> None:
        self.processes = {"ministry": ministry, "province": province}
        self.ministry, self.province = ministry.control, province.control

    def begin(self) -> None:
        """Empty partners whose people rest: only what a test lets them do happens."""
        self.ministry.reset()
        self.ministry.set(officers=False, **RESTING)
        self.province.reset()
        self.province.set(citizens=False, **RESTING)

    def at_work(self, **ministry: Any) -> None:
        """Officers and clerks go through their dossiers by themselves."""
        self.ministry.set(officers=True, **ministry)
        self.province.set(citizens=True, clerks_hand_over=True)

    def at_rest(self) -> bool:
        return not any(control.counts()["working"] for control in (self.ministry, self.province))

    def effects(self, partner: str, *kinds: str) -> list[dict[str, Any]]:
        control = self.processes[partner].control
        return [effect for effect in control.each_effect() if effect["kind"] in kinds]

    def status(self, code: str) -> int:
        """At the province."""
        return int(self.province.dossier(code)["status"])

    def told(self, code: str) -> list[int]:
        """The statuses that progress made effective at the province, in their order."""
        found = self.effects("province", "progress")
        return [effect["body"]["TrangThai"] for effect in found if effect["subject"] == code]


class Stage(World):
    """A world with the sandboxes in it."""

    def __init__(self, database: str, sandboxes: Sandboxes, **settings: str) -> None:
        urls = {name: process.url for name, process in sandboxes.processes.items()}
        super().__init__(database, urls["ministry"], urls["province"], **settings)
        self.sandboxes = sandboxes
        self.ministry, self.province = sandboxes.ministry, sandboxes.province

    def submit(self, *events: Event, files: Mapping[str, bytes | None] | None = None) -> None:
        """Puts events into the province's feed, and reads them."""
        self.province.add_events(events, files)
        self.read_events()

    def arrived(self, *serials: int, **changes: Any) -> list[str]:
        """Dossiers that the ministry has already, and whose acceptance the province knows; their codes."""
        codes = [bodies.code(serial) for serial in serials]
        self.submit(*(bodies.event(code, **changes) for code in codes))
        self.deliver(Route.APPLICATION)
        self.deliver(Route.PROGRESS)
        assert {str(self.facts(code).submissions) for code in codes} == {"1"}
        return codes

    def ministry_answers(self, path: str, *answers: Mapping[str, Any]) -> None:
        """Odd answers for the next calls; from here on only our side is judged."""
        self.watches["ministry"].sides = "request"
        self.ministry.script([{"path": path, **answer} for answer in answers])

    def province_answers(self, path: str, *answers: Mapping[str, Any]) -> None:
        self.watches["province"].sides = "request"
        self.province.script([{"path": path, **answer} for answer in answers])

    def feed_holds(self, *items: str, broken_page: str | None = None) -> None:
        """Puts texts into the feed that are no events."""
        self.watches["province"].sides = "request"
        self.province.add_raw(items, broken_page)


@contextmanager
def sandboxes_in(home: Path) -> Iterator[Sandboxes]:
    """Both partners, started once and emptied before each test."""
    with partner_process("ministry", home) as ministry, partner_process("province", home) as province:
        yield Sandboxes(ministry, province)


@contextmanager
def stage_over(database: str, sandboxes: Sandboxes, **settings: str) -> Iterator[Stage]:
    sandboxes.begin()
    stage = Stage(database, sandboxes, **settings)
    try:
        yield stage
    finally:
        stage.close()


@cache
def _contract(partner: Literal["ministry", "province"]) -> Contract:
    return Contract(partner)
