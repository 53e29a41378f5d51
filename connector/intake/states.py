"""The ministry's states of open dossiers become progress and results, and the dossier is asked about again later."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine

from connector.adapters import dossiers, partners
from connector.adapters.ministry import Ministry
from connector.adapters.partners import Door
from connector.domain.errors import DeliveryError, Garbled
from connector.domain.message import Partner, Route
from connector.intake.answers import Answers, record
from schemas.ministry import CODES_PER_CALL
from schemas.values import Procedure

PROCEDURES: Final[tuple[Procedure, ...]] = ("marriage", "death")
CALLS_AT_ONCE: Final = 4


@dataclass(slots=True)
class Report:
    """What a round of questions came to."""

    asked: int = 0
    changed: int = 0
    stale: int = 0
    invalid: int = 0
    error: DeliveryError | None = None
    routes: set[Route] = field(default_factory=set)


class StateIntake:
    """Asks the ministry about dossiers that are due. Several processes share the work: none asks what another is
    asking."""

    def __init__(
        self,
        engine: Engine,
        ministry: Ministry,
        *,
        now: Callable[[], datetime],
        poll_interval: timedelta,
        patience: timedelta,
        worker: str,
    ) -> None:
        self._engine = engine
        self._ministry = ministry
        self._now = now
        self._poll_interval = poll_interval
        self._patience = patience
        self._worker = worker

    def ask(self, *, rounds: int = 10) -> Report:
        """Asks until nothing is due, at most so many rounds of several calls at once.

        Dossiers whose question failed are due again after a poll interval; the report has the error.
        """
        report = Report()
        for procedure in PROCEDURES:
            for _ in range(rounds):
                codes, door = self._due(procedure)
                self._round(procedure, codes, report)
                if codes and door is Door.PROBE:
                    return report
                if report.error or len(codes) < CODES_PER_CALL * CALLS_AT_ONCE:
                    break
        return report

    def _due(self, procedure: Procedure) -> tuple[list[str], Door]:
        """Dossiers to ask about now; those of one call where it is to be seen whether the ministry is back."""
        now = self._now()
        with self._engine.begin() as db:
            door = partners.door(db, Partner.MINISTRY, now=now, lease=self._patience)
            if door is Door.SHUT:
                return [], door
            limit = CODES_PER_CALL * (1 if door is Door.PROBE else CALLS_AT_ONCE)
            codes = dossiers.due_for_question(db, procedure, limit=limit, now=now, patience=self._patience)
            if not codes:
                partners.give_back(db, Partner.MINISTRY, door, now)
            return codes, door

    def _round(self, procedure: Procedure, codes: Sequence[str], report: Report) -> None:
        calls = [codes[start : start + CODES_PER_CALL] for start in range(0, len(codes), CODES_PER_CALL)]
        if not calls:
            return
        with ThreadPoolExecutor(len(calls)) as pool:
            futures = [(some, pool.submit(self._question, procedure, some)) for some in calls]
        answered = 0
        for some, future in futures:
            try:
                self._record(future.result(), report)
                answered += 1
            except DeliveryError as error:
                report.error = error
                self._later(some, error)
        with self._engine.begin() as db:
            partners.note(db, Partner.MINISTRY, good=answered, errors=[], now=self._now())

    def _question(self, procedure: Procedure, codes: Sequence[str]) -> list[Answers]:
        """One call, and more where its answer cannot be read."""
        return [
            Answers(some, (), garbled=told.body) if isinstance(told, Garbled) else Answers(some, tuple(told))
            for some, told in self._ministry.states_apart(procedure, codes, self._now())
        ]

    def _record(self, answered: Sequence[Answers], report: Report) -> None:
        for answers in answered:
            with self._engine.begin() as db:
                outcome = record(db, answers, now=self._now(), poll=self._poll_interval, by=self._worker)
            report.asked += len(answers.codes)
            report.changed += outcome.changed
            report.stale += outcome.stale
            report.invalid += outcome.invalid
            report.routes |= outcome.routes

    def _later(self, codes: Sequence[str], error: DeliveryError) -> None:
        now = self._now()
        with self._engine.begin() as db:
            dossiers.ask_again(db, codes, at=now + self._poll_interval)
            partners.note(db, Partner.MINISTRY, good=0, errors=[error], now=now)
