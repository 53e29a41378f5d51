"""The only place that knows all parts: builds them from settings, once per process and after any fork."""

import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final

from sqlalchemy import Connection, Engine

from connector.adapters import agenda, overview, setback, traffic
from connector.adapters import aliases as alias_rows
from connector.adapters.agenda import Agenda
from connector.adapters.aliases import AliasTable
from connector.adapters.clock import Clock, shared_clock, system_clock
from connector.adapters.database import STATEMENT, make_engine
from connector.adapters.ministry import Ministry
from connector.adapters.province import Province
from connector.adapters.transport import Credentials, Transport
from connector.delivery.batches import Delivery
from connector.delivery.senders import Senders
from connector.domain.arrivals import read_arrival
from connector.domain.entries import read_entry
from connector.domain.message import Partner, Route
from connector.intake import enrolment, writing
from connector.intake.events import EventIntake
from connector.intake.registers import RegisterIntake
from connector.intake.states import StateIntake
from connector.replay.asking import Asking
from connector.replay.control import Control
from connector.replay.plans import Plans
from connector.replay.refetching import Refetch, Sources
from connector.replay.verbs import Verbs
from connector.replay.work import Pace, Work
from connector.rollout import guard
from connector.rollout.draining import Draining
from connector.rollout.guard import Limits
from connector.rollout.hand_states import HandStates
from connector.rollout.shadow import Shadow
from connector.settings import Settings, require_partner
from schemas import ministry as ministry_forms
from schemas import province as province_forms
from schemas.values import Procedure

CALLS_AT_ONCE: Final = 8
CONNECTIONS: Final = CALLS_AT_ONCE + 4
SHORTEST_PATIENCE: Final = timedelta(seconds=5)


def worker_name() -> str:
    """This process, as history and attempts name it."""
    return f"{socket.gethostname()}:{os.getpid()}"


def ministry(settings: Settings, now: Clock = system_clock) -> Ministry:
    """The ministry's client. Raises BadSettings when its settings are absent."""
    return Ministry(_transport(settings, "ministry", ministry_forms.TOKEN_PATH, now))


def province(settings: Settings, now: Clock = system_clock) -> Province:
    """The province's client. Raises BadSettings when its settings are absent."""
    return Province(_transport(settings, "province", province_forms.TOKEN_PATH, now))


def _transport(settings: Settings, name: str, token_path: str, now: Clock) -> Transport:
    partner = require_partner(settings, Partner(name).value)
    return Transport(
        name,
        partner.url,
        token_path,
        Credentials(partner.client_id, partner.client_secret.get_secret_value()),
        timeout=settings.call_timeout,
        connections=CONNECTIONS,
        now=now,
    )


@dataclass(frozen=True)
class Connector:
    """All parts of one process. Nothing is connected before it is used."""

    settings: Settings
    engine: Engine

    @cached_property
    def now(self) -> Clock:
        return shared_clock(self.engine, self.settings.clock)

    @cached_property
    def ministry(self) -> Ministry:
        return ministry(self.settings, self.now)

    @cached_property
    def province(self) -> Province:
        return province(self.settings, self.now)

    @cached_property
    def events(self) -> EventIntake:
        return EventIntake(
            self.engine,
            self.province,
            now=self.now,
            poll_interval=self.settings.poll_interval,
            lease=self.settings.lease,
            worker=worker_name(),
            aliases=self.aliases,
        )

    @cached_property
    def states(self) -> StateIntake:
        return StateIntake(
            self.engine,
            self.ministry,
            now=self.now,
            poll_interval=self.settings.poll_interval,
            patience=self._patience,
            worker=worker_name(),
        )

    @property
    def _patience(self) -> timedelta:
        """A question whose worker died is asked again after this."""
        return max(self.settings.poll_interval, 3 * self.settings.call_timeout + timedelta(seconds=5))

    @cached_property
    def registers(self) -> RegisterIntake:
        return RegisterIntake(
            self.engine,
            self.ministry,
            now=self.now,
            poll_interval=self.settings.poll_interval,
            lease=self.settings.lease,
            first_day=self.settings.register_from,
            worker=worker_name(),
        )

    @cached_property
    def delivery(self) -> Delivery:
        return Delivery(
            self.engine,
            Senders(self.ministry, self.province, now=self.now, aliases=self.aliases),
            now=self.now,
            schedule=self.settings.retry_schedule,
            lease=self.settings.lease,
            poll_interval=self.settings.poll_interval,
            calls_at_once=CALLS_AT_ONCE,
            worker=worker_name(),
        )

    @cached_property
    def draining(self) -> Draining:
        return Draining(self.engine, now=self.now, rate=self.settings.release_rate, worker=worker_name())

    @cached_property
    def aliases(self) -> AliasTable:
        return AliasTable(self.engine)

    @cached_property
    def plans(self) -> Plans:
        return Plans(self.engine, now=self.now)

    @cached_property
    def jobs(self) -> Control:
        return Control(self.engine, now=self.now)

    @cached_property
    def verbs(self) -> Verbs:
        return Verbs(self.engine, now=self.now)

    @cached_property
    def replays(self) -> Work:
        sources = Sources(lambda: self.province, lambda: self.ministry, _take_event, _take_entry)
        return Work(
            self.engine,
            self.plans,
            Asking(self.engine, Refetch(sources, now=self.now), now=self.now),
            now=self.now,
            pace=Pace(self.settings.replay_rate, self.settings.replay_failures / 100, self.settings.replay_patience),
        )

    @cached_property
    def shadow(self) -> Shadow:
        return Shadow(self.engine, now=self.now)

    @cached_property
    def hand_states(self) -> HandStates:
        return HandStates(
            self.engine,
            lambda: self.ministry,
            now=self.now,
            poll_interval=self.settings.poll_interval,
            patience=self._patience,
        )

    def guard(self) -> tuple[str, ...]:
        """Freezes areas in their first days of which too much fails; which they are."""
        given = self.settings
        limits = Limits(given.guard_watch, given.guard_least, given.guard_failures / 100)
        return guard.watch(self.engine, limits, self.now())

    def mend_clock(self) -> int:
        """Where clocks were wrong and are right again; returns how many rows spoke of a future that is no more.

        A machine whose own clock is not the database's does nothing: it may be the wrong one.
        """
        with self.engine.begin() as db:
            if not setback.is_trusted(db, system_clock()):
                return 0
            return setback.mend(
                db,
                now=self.now(),
                lease=self.settings.lease,
                poll_interval=self.settings.poll_interval,
                patience=self._patience,
            )

    def late_documents(self) -> int:
        """Results that have waited for their signed document for too long."""
        with self.engine.begin() as db:
            return overview.late_documents(db, self.now(), self.settings.document_alert)

    def sum_traffic(self) -> None:
        """Adds what passed since the last time to the sums that the console draws, and makes the tally short."""
        with self.engine.begin() as db:
            overview.sum_up(db)
        more = True
        while more:
            with self.engine.begin() as db:
                more = traffic.sum_up(db, self.now())

    def agenda(self) -> Agenda:
        """What is due now."""
        with self.engine.begin() as db:
            return agenda.look(db, self.now())


def _take_event(db: Connection, body: bytes, now: datetime, by: str) -> set[Route]:
    """What a source gave again comes in as what it sends by itself."""
    return writing.write(db, [read_arrival(body, alias_rows.load(db))], now=now, by=by).routes


def _take_entry(db: Connection, procedure: Procedure, body: bytes, now: datetime, by: str) -> set[Route]:
    entry = read_entry(procedure, body)
    if entry.entry_id is None or entry.version is None:
        return set()
    return enrolment.enrol(db, procedure, [entry], now=now, by=by).routes


def connect(settings: Settings, database_url: str) -> Connector:
    """The parts of this process over a database that is there already."""
    # What cannot be written within a lease is another worker's by then.
    patience = max(min(settings.lease, STATEMENT), SHORTEST_PATIENCE)
    return Connector(settings, make_engine(database_url, patience=patience))
