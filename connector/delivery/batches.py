"""A batch of due messages: claimed in one transaction, sent by several calls at once, settled in one transaction."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import Connection, Engine

from connector.adapters import dossiers, lanes, ledger, partners
from connector.adapters.partners import Door
from connector.delivery.aftermath import Ended, follow_up
from connector.delivery.callers import Callers
from connector.delivery.senders import Answer, Errand, Senders, Sent
from connector.domain.attempts import (
    Attempt,
    Settlement,
    delivered,
    failed,
    held_again,
    lease_ended,
    put_back,
)
from connector.domain.breaker import is_failure
from connector.domain.errors import DeliveryError, Invalid, NotExpectedNow, Throttled, Unauthorised, Unreachable
from connector.domain.message import DESTINATION, SOURCES, Hold, Partner, Route

BATCH: Final = {Route.PROGRESS: 400}
USUAL_BATCH: Final = 64
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


@dataclass(slots=True)
class _Trip:
    """One errand with its answer and its times."""

    errand: Errand
    answer: Answer
    at: datetime
    duration_ms: int
    made: bool = True

    @property
    def attempt(self) -> Attempt:
        message = self.errand.message
        return Attempt(
            message_id=message.message_id,
            fence=message.fence,
            attempts=message.attempts,
            findings=message.findings,
            at=self.at,
            duration_ms=self.duration_ms,
            ordinal=self.errand.ordinal,
            sent=self.errand.sent,
        )


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

    def deliver(self, route: Route, *, budget: timedelta = timedelta(seconds=3)) -> Report:
        """Delivers what is due until nothing is left, the partner is closed, or the budget of time is spent."""
        report = Report()
        ends = time.monotonic() + budget.total_seconds()
        # What was on the line when a worker died is sent alone: if it kills again, it kills no other message's try.
        for suspects in (True, False):
            while self._round(route, report, suspects=suspects):
                if time.monotonic() >= ends:
                    report.more = True
                    break
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
        errands, probe = self._claim(route, suspects=suspects)
        if errands:
            report.claimed += len(errands)
            self._settle(route, self._send(route, errands), report, probe=probe)
        return len(errands)

    def _claim(self, route: Route, *, suspects: bool) -> tuple[list[Errand], bool]:
        """What this worker sends next, and whether it is a probe of a partner that was away."""
        now, partner = self._now(), DESTINATION[route]
        limit = 1 if suspects else BATCH.get(route, USUAL_BATCH)
        with self._engine.begin() as db:
            if SOURCES.get(route) in partners.not_open(db, now):
                return [], False
            door = partners.door(db, partner, now=now, lease=self._lease)
            if door is Door.SHUT:
                return [], False
            probe = door is Door.PROBE
            claimed = ledger.claim(
                db,
                route,
                limit=1 if probe else limit,
                suspects=suspects,
                now=now,
                lease=self._lease,
                worker=self._worker,
            )
            if not claimed:
                partners.give_back(db, partner, door, now)
            facts = dossiers.load(db, [one.subject for one in claimed]) if route is not Route.PROGRESS else {}
            sources = [f.application_id for f in facts.values() if f.application_id] if route is Route.RESULT else []
            bodies = lanes.bodies(db, sources)
            unknown = lanes.unknown_attempts(db, [one.message_id for one in claimed if one.attempts])
        errands = []
        for message in claimed:
            known = facts.get(message.subject)
            source = known.application_id if known else None
            application = bodies.get(source) if source else None
            errands.append(Errand(message, known, application, tuple(unknown.get(message.message_id, ()))))
        return errands, probe

    def _send(self, route: Route, errands: Sequence[Errand]) -> list[_Trip]:
        """Every errand's answer. Once the partner is found closed or away, what is left of the batch stays here."""
        closed_by: list[DeliveryError] = []
        away = 0
        # What was not begun by half of the lease is left: its call could outlast the lease, and be made twice.
        latest = time.monotonic() + self._lease.total_seconds() / 2

        def make(call: Sequence[Errand]) -> list[_Trip]:
            nonlocal away
            at, began = self._now(), time.monotonic()
            if began > latest and not closed_by:
                closed_by.append(Unreachable("NOT_REACHED", "the calls before it took too long"))
            if closed_by:
                return [_Trip(errand, closed_by[0], at, 0, made=False) for errand in call]
            answers = self._answers(route, call)
            for answer in answers:
                if not isinstance(answer, DeliveryError):
                    away = 0
                    continue
                away = away + 1 if is_failure(answer) else 0
                if isinstance(answer, Throttled | Unauthorised) or away >= AWAY_AFTER:
                    closed_by.append(answer)
            took = round((time.monotonic() - began) * 1000)
            return [_Trip(errand, answer, at, took) for errand, answer in zip(call, answers, strict=True)]

        made = self._callers.each(make, self._senders.calls(route, errands))
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

    def _settle(self, route: Route, trips: Sequence[_Trip], report: Report, *, probe: bool) -> None:
        now = self._now()
        with self._engine.begin() as db:
            codes = {trip.errand.message.subject for trip in trips} if route is not Route.PROGRESS else set()
            facts = dossiers.load(db, codes, lock=True)
            settlements = {trip.errand.message.message_id: self._settlement(trip, now, probe) for trip in trips}
            ours = ledger.settle(db, list(settlements.values()), now, self._worker)
            ended = [
                Ended(
                    trip.errand.message,
                    settlements[trip.errand.message.message_id].became,
                    trip.answer if isinstance(trip.answer, Sent) else None,
                )
                for trip in trips
                if trip.errand.message.message_id in ours
            ]
            report.routes |= follow_up(db, ended, facts, now=now, poll=self._poll_interval, by=self._worker)
            self._note(db, route, trips, now)
        for settlement in settlements.values():
            report.outcomes[settlement.outcome] = report.outcomes.get(settlement.outcome, 0) + 1

    def _note(self, db: Connection, route: Route, trips: Sequence[_Trip], now: datetime) -> None:
        """How the calls went, told to the doors of the partners that they were made to."""
        # The answer of a whole call counts once, however many items the call had.
        made = {id(trip.answer): trip.answer for trip in trips if trip.made}.values()
        errors: dict[Partner, list[DeliveryError]] = {DESTINATION[route]: []}
        for answer in made:
            if isinstance(answer, DeliveryError):
                partner = Partner(answer.partner) if answer.partner else DESTINATION[route]
                errors.setdefault(partner, []).append(answer)
        answered = sum(_came_from(DESTINATION[route], answer) for answer in made)
        for partner, found in sorted(errors.items()):
            good = answered if partner is DESTINATION[route] else 0
            if partners.note(db, partner, good=good, errors=found, now=now):
                log.warning("delivery.partner_closed", partner=partner)

    def _settlement(self, trip: _Trip, now: datetime, probe: bool) -> Settlement:
        answer = trip.answer
        if isinstance(answer, Sent):
            return delivered(trip.attempt, repeated=answer.repeated, http_status=answer.http_status)
        if not trip.made:
            return put_back(trip.attempt, answer, now)
        if isinstance(answer, NotExpectedNow) and (trip.errand.ordinal or 0) > 1:
            return held_again(trip.attempt, answer, Hold.REQUEST, "the ministry does not expect it now")
        return failed(trip.attempt, answer, schedule=self._schedule, now=now, luck=random.random(), probe=probe)


def _came_from(partner: Partner, answer: Answer) -> bool:
    """Whether an answer shows that the partner is there: not one of the other partner's, nor a fault found here."""
    if not isinstance(answer, DeliveryError):
        return True
    return not is_failure(answer) and not isinstance(answer, Invalid) and answer.partner in (None, partner.value)
