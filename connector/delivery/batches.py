"""A batch of due messages: claimed in one transaction, sent by several calls at once, settled in one transaction."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from connector.adapters import areas, dossiers, lanes, ledger, partners
from connector.adapters.partners import Door
from connector.delivery.aftermath import Ended, follow_up
from connector.delivery.callers import Callers
from connector.delivery.gate import Gate
from connector.delivery.senders import Answer, Errand, Senders, Sent
from connector.delivery.trips import Trip, came_from, settlement
from connector.domain.attempts import Attempt, lease_ended
from connector.domain.breaker import is_failure
from connector.domain.errors import (
    AreaClosed,
    DeliveryError,
    Throttled,
    Unauthorised,
    Unreachable,
)
from connector.domain.message import DESTINATION, SOURCES, Partner, Route

# Messages that are claimed at once: as many as the partner took in a second, within these bounds. What a batch costs
# once is shared by more of them; a slow partner leaves few behind when its worker dies.
BATCH: Final = {Route.PROGRESS: (400, 800)}
USUAL_BATCH: Final = (64, 256)
# So many failures in a row, and the rest of the batch is not tried: the partner is away, and each try would be counted.
AWAY_AFTER: Final = 8

log = structlog.stdlib.get_logger(__name__)


@dataclass(slots=True)
class Report:
    """What a stretch of deliveries came to, by outcome. `routes` have new work; `more` says that this route has,
    too."""

    claimed: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    routes: set[Route] = field(default_factory=set)
    more: bool = False


@dataclass(frozen=True, slots=True)
class _Batch:
    """What was claimed and may go, of so many that were claimed. `probe`: its partner was away."""

    errands: Sequence[Errand]
    gate: Gate
    probe: bool
    claimed: int


_CLOSED: Final = AreaClosed("AREA_CLOSED", "its area was closed before its call")


class Delivery:
    """Delivers due messages of a route. Any number of processes may work on one route at once."""

    def __init__(
        self,
        engine: Engine,
        senders: Senders,
        *,
        now: Callable[[], datetime],
        schedule: Sequence[timedelta],
        lease: timedelta,
        poll_interval: timedelta,
        calls_at_once: int,
        worker: str,
    ) -> None:
        self._engine = engine
        self._senders = senders
        self._now = now
        self._schedule = schedule
        self._lease = lease
        self._poll_interval = poll_interval
        self._worker = worker
        self._callers = Callers(calls_at_once)
        self._sizes: dict[Route, int] = {}

    def deliver(self, route: Route, *, budget: timedelta = timedelta(seconds=3)) -> Report:
        """Delivers what is due until nothing is left, the partner is closed, or the budget of time is spent."""
        report = Report()
        ends = time.monotonic() + budget.total_seconds()
        suspects = True
        while True:
            # What was on the line when a worker died is sent alone: if it kills again, it kills no other message's
            # try. One of them between two batches, so that many of them hold up nobody else.
            suspects = suspects and bool(self._round(route, report, suspects=True))
            if not self._round(route, report, suspects=False) and not suspects:
                return report
            if time.monotonic() >= ends:
                report.more = True
                return report

    def expire(self) -> int:
        """Ends the leases of workers that did not come back; returns how many."""
        now = self._now()
        with self._engine.begin() as db:
            ended = [
                lease_ended(
                    Attempt(message_id=message_id, fence=fence, attempts=attempts, findings=(), at=now),
                    schedule=self._schedule,
                    now=now,
                    luck=random.random(),
                )
                for message_id, fence, attempts in ledger.expired(db, now)
            ]
            return len(ledger.settle(db, ended, now, self._worker))

    def _round(self, route: Route, report: Report, *, suspects: bool) -> int:
        """One batch, if anything is due and may go; returns how many messages it had."""
        batch = self._claim(route, suspects=suspects)
        if batch is None:
            return 0
        report.claimed += batch.claimed
        if batch.errands:
            began = time.monotonic()
            trips = self._send(route, batch)
            least, most = BATCH.get(route, USUAL_BATCH)
            self._sizes[route] = max(least, min(round(len(trips) / (time.monotonic() - began)), most))
            self._settle(route, trips, report, batch)
        return batch.claimed

    def _claim(self, route: Route, *, suspects: bool) -> _Batch | None:
        """What this worker sends next; None when nothing is due, or its partner is away."""
        now, partner = self._now(), DESTINATION[route]
        least = BATCH.get(route, USUAL_BATCH)[0]
        limit = 1 if suspects else self._sizes.get(route, least)
        with self._engine.begin() as db:
            if SOURCES.get(route) in partners.not_open(db, now):
                return None
            door = partners.door(db, partner, now=now, lease=self._lease)
            if door is Door.SHUT:
                return None
            probe = door is Door.PROBE
            claimed = ledger.claim(
                db,
                route,
                limit=1 if probe else limit,
                least=least,
                suspects=suspects,
                now=now,
                lease=self._lease,
                worker=self._worker,
            )
            if not claimed:
                partners.give_back(db, partner, door, now)
                return None
            facts = dossiers.load(db, [one.subject for one in claimed]) if route is not Route.PROGRESS else {}
            sources = [f.application_id for f in facts.values() if f.application_id] if route is Route.RESULT else []
            bodies = lanes.bodies(db, sources)
            # By the fence, not by the attempts that count: a probe's does not, and may have taken effect all the same.
            unknown = lanes.unknown_attempts(db, [one.message_id for one in claimed if one.fence > 1])
            gate = Gate(self._engine, areas.read(db), claimed, facts, unknown)
            going = gate.enter(db, now=now, by=self._worker)
            if not going:
                partners.give_back(db, partner, door, now)
        errands = []
        for message in going:
            known = facts.get(message.subject)
            application = bodies.get(known.application_id) if known and known.application_id else None
            errands.append(Errand(message, known, application, tuple(unknown.get(message.message_id, ()))))
        return _Batch(errands, gate, probe, len(claimed))

    def _send(self, route: Route, batch: _Batch) -> list[Trip]:
        """Every errand's answer. Once the partner is found closed or away, what is left of the batch stays here."""
        self._senders.prepare(route, batch.errands)
        closed_by: list[DeliveryError] = []
        away = 0
        # What was not begun by half of the lease is left: its call could outlast the lease, and be made twice.
        latest = time.monotonic() + self._lease.total_seconds() / 2

        def make(call: Sequence[Errand]) -> list[Trip]:
            nonlocal away
            at, began = self._now(), time.monotonic()
            if began > latest and not closed_by:
                closed_by.append(Unreachable("NOT_REACHED", "the calls before it took too long"))
            shut = frozenset() if closed_by else self._shut(batch, call, closed_by)
            if closed_by:
                return [Trip(errand, closed_by[0], at, 0, made=False) for errand in call]
            left = [Trip(errand, _CLOSED, at, 0, made=False) for errand in call if errand.message.message_id in shut]
            call = [errand for errand in call if errand.message.message_id not in shut] if shut else call
            if not call:
                return left
            answers = self._answers(route, call)
            for answer in answers:
                if not isinstance(answer, DeliveryError):
                    away = 0
                    continue
                away = away + 1 if is_failure(answer) else 0
                if isinstance(answer, Throttled | Unauthorised) or away >= AWAY_AFTER:
                    closed_by.append(answer)
            took = round((time.monotonic() - began) * 1000)
            return [*left, *(Trip(errand, answer, at, took) for errand, answer in zip(call, answers, strict=True))]

        made = self._callers.each(make, self._senders.calls(route, batch.errands))
        return [trip for trips in made for trip in trips]

    def _answers(self, route: Route, call: Sequence[Errand]) -> list[Answer]:
        try:
            return self._senders.send(route, call)
        except Exception as error:  # a fault of ours in one message must not cost the others of its batch their tries
            log.exception("delivery.call_failed", route=route, message_ids=[one.message.message_id for one in call[:5]])
            fault = Unreachable(
                "OUR_FAULT", f"our own fault while it was sent: {type(error).__name__}", maybe_done=True
            )
            return [fault] * len(call)

    def _shut(self, batch: _Batch, call: Sequence[Errand], closed_by: list[DeliveryError]) -> frozenset[UUID]:
        """Those of a call whose area was closed meanwhile. While nobody can tell, nothing more is sent."""
        try:
            return batch.gate.shut([errand.message for errand in call])
        except SQLAlchemyError:
            closed_by.append(Unreachable("NOT_REACHED", "the modes of areas could not be read"))
            return frozenset()

    def _settle(self, route: Route, trips: Sequence[Trip], report: Report, batch: _Batch) -> None:
        now = self._now()
        with self._engine.begin() as db:
            codes = {trip.errand.message.subject for trip in trips} if route is not Route.PROGRESS else set()
            facts = dossiers.load(db, codes, lock=True)
            shut = [trip.errand.message for trip in trips if isinstance(trip.answer, AreaClosed)]
            why = batch.gate.still_shut(db, shut) if shut else {}
            settlements = [
                settlement(trip, schedule=self._schedule, now=now, probe=batch.probe, shut=why) for trip in trips
            ]
            ours = ledger.settle(db, settlements, now, self._worker)
            ended = [
                Ended(
                    trip.errand.message,
                    settled.became,
                    trip.answer if isinstance(trip.answer, Sent) else None,
                    settled.hold,
                )
                for trip, settled in zip(trips, settlements, strict=True)
                if settled.message_id in ours
            ]
            report.routes |= follow_up(db, ended, facts, now=now, poll=self._poll_interval, by=self._worker)
            self._note(db, route, trips, now)
        for one in settlements:
            report.outcomes[one.outcome] = report.outcomes.get(one.outcome, 0) + 1

    def _note(self, db: Connection, route: Route, trips: Sequence[Trip], now: datetime) -> None:
        """How the calls went, told to the doors of the partners that they were made to."""
        # The answer of a whole call counts once, however many items the call had.
        made = {id(trip.answer): trip.answer for trip in trips if trip.made}.values()
        errors: dict[Partner, list[DeliveryError]] = {DESTINATION[route]: []}
        for answer in made:
            if isinstance(answer, DeliveryError):
                partner = Partner(answer.partner) if answer.partner else DESTINATION[route]
                errors.setdefault(partner, []).append(answer)
        answered = sum(came_from(DESTINATION[route], answer) for answer in made)
        for partner, found in sorted(errors.items()):
            good = answered if partner is DESTINATION[route] else 0
            if partners.note(db, partner, good=good, errors=found, now=now):
                log.warning("delivery.partner_closed", partner=partner)
