"""The workers' side of replay jobs: one short step at a time, each in one transaction, until a job is over.

Whoever dies in a step leaves it undone, and the next worker makes it. A job is in one worker's hands at a time, by its
row's lock, which goes with its connection.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, Engine

from connector.adapters import aliases as alias_rows
from connector.adapters import job_items, jobs, surroundings
from connector.adapters.job_items import Ended, Outcome, Place
from connector.adapters.jobs import Job
from connector.domain.message import Route, State
from connector.domain.replay import (
    ItemState,
    JobState,
    Prospect,
    Verb,
    Wave,
    ending_of,
    is_over,
    room,
    wave_size,
    why_news,
    why_pause,
)
from connector.replay.asking import Asking, Item
from connector.replay.consequences import carry_out
from connector.replay.control import end_if_empty
from connector.replay.decisions import BEHIND, decide
from connector.replay.plans import Plans
from connector.replay.refetching import Fetched

# Items looked at in one step at least, and steps that may follow each other while items need no place on the line.
A_LOOK: Final = 25
STEPS_AT_ONCE: Final = 8
PLANNING: Final = timedelta(seconds=2)
BY: Final = "lienthong"

log = structlog.stdlib.get_logger(__name__)


@dataclass(slots=True)
class Report:
    """What a round over all jobs came to. `routes` have new work."""

    released: int = 0
    ended: int = 0
    routes: set[Route] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Pace:
    """How a job goes: messages a second, the largest share of failures of a wave (0 to 1), and how long a message may
    only fail before it counts as one."""

    rate: int
    failures: float
    patience: timedelta


class Work:
    """Takes jobs a step further. Any number of processes may."""

    def __init__(
        self,
        engine: Engine,
        plans: Plans,
        asking: Asking,
        *,
        now: Callable[[], datetime],
        pace: Pace,
    ) -> None:
        self._engine = engine
        self._plans = plans
        self._asking = asking
        self._now = now
        self._pace = pace

    def work(self) -> Report:
        """One step of every job that has something to do."""
        report = Report()
        with self._engine.begin() as db:
            found = jobs.to_work_on(db)
        for job_id in found:
            self._step(job_id, report)
        return report

    def forget_plans(self) -> int:
        """Removes plans that nobody ran for a day; returns how many."""
        with self._engine.begin() as db:
            return jobs.forget_plans(db, self._now())

    def _step(self, job_id: UUID, report: Report) -> None:
        with self._engine.begin() as db:
            job = jobs.look(db, job_id)
        if job is None:
            return
        if job.state is JobState.PLANNING:
            self._plans.prepare(job_id, budget=PLANNING)
            return
        answers = self._asking.ask(job) if job.verb is Verb.REFETCH and job.state is JobState.RUNNING else {}
        for _ in range(STEPS_AT_ONCE):
            # A transaction each: dossiers are locked in the order of their codes within one only.
            if not self._stepped(job_id, answers, report):
                return

    def _stepped(self, job_id: UUID, answers: Mapping[UUID, Fetched], report: Report) -> bool:
        """One transaction; whether another may follow at once."""
        with self._engine.begin() as db:
            job = jobs.lock(db, job_id, wait=False)
            if job is None:
                return False
            step = _Step(self._now(), answers, report)
            job, news = self._sweep(db, job, step)
            if job.state is JobState.STOPPING:
                end_if_empty(db, job_id, step.now)
            if job.state is JobState.RUNNING:
                self._go_on(db, job, news, step)
            return step.goes_on

    def _sweep(self, db: Connection, job: Job, step: "_Step") -> tuple[Job, frozenset[str]]:
        """Writes down what became of messages on the line. Returns the job as it is then, and codes of failures that
        nobody foresaw."""
        found = [(outcome, _ended(outcome)) for outcome in job_items.outcomes(db, job.job_id)]
        if not found:
            return job, frozenset()
        job_items.end(db, job.job_id, [ended for _, ended in found], wave=job.wave, now=step.now)
        step.report.ended += len(found)
        failures = [
            ended
            for outcome, ended in found
            if ended.state is ItemState.FAILED and outcome.prospect is not Prospect.INVALID
        ]
        sent = sum(ended.state is ItemState.SENT for _, ended in found)
        job = replace(job, wave_sent=job.wave_sent + sent, wave_failed=job.wave_failed + len(failures))
        jobs.change(db, job.job_id, wave_sent=job.wave_sent, wave_failed=job.wave_failed)
        return job, frozenset(one.code for one in failures if one.code) - job.known_codes

    def _go_on(self, db: Connection, job: Job, news: frozenset[str], step: "_Step") -> None:
        pending = job_items.has_pending(db, job.job_id)
        on_the_line, troubled = job_items.on_the_line(db, job.job_id, before=step.now - self._pace.patience)
        wave = Wave(
            size=wave_size(job.wave_step),
            released=job.wave_released,
            open=on_the_line - troubled,
            sent=job.wave_sent,
            failed=job.wave_failed + troubled,
        )
        why = why_news(news) if news else why_pause(wave, pending=pending, largest_share=self._pace.failures)
        if why is not None and (pending or on_the_line):
            self._pause(db, job, why, step.now)
        elif not pending and on_the_line == 0:
            jobs.change(db, job.job_id, state=JobState.DONE.value, ended_at=step.now)
            jobs.note(db, job.job_id, "end", now=step.now, by=BY)
        elif pending:
            if job.wave == 0 or (wave.released and is_over(wave, pending=pending)):
                job = self._next_wave(db, job, step.now)
                wave = Wave(size=wave_size(job.wave_step), released=0, open=wave.open, sent=0, failed=0)
            self._release(db, job, wave, step)

    def _next_wave(self, db: Connection, job: Job, now: datetime) -> Job:
        step = 0 if job.wave == 0 else job.wave_step + 1
        job = replace(job, wave=job.wave + 1, wave_step=step, wave_released=0, wave_sent=0, wave_failed=0)
        names = ("wave", "wave_step", "wave_released", "wave_sent", "wave_failed")
        jobs.change(db, job.job_id, **{name: getattr(job, name) for name in names})
        size = wave_size(step)
        jobs.note(db, job.job_id, "wave", now=now, by=BY, why="the rest" if size is None else str(size))
        return job

    def _release(self, db: Connection, job: Job, wave: Wave, step: "_Step") -> None:
        """Puts on the line what wave and rate allow. Items that end without are passed over; when there were such,
        the next step follows at once."""
        since = None if job.released_at is None else step.now - job.released_at
        places = room(wave, rate=self._pace.rate, since_last=since)
        items = self._next_items(db, job, step, limit=max(places, A_LOOK)) if places else []
        if items:
            after = self._go(db, job, items, places, step)
            gone = after.wave_released - job.wave_released
            step.goes_on = after.state is JobState.RUNNING and job.verb is Verb.REPLAY and gone < places

    def _go(self, db: Connection, job: Job, items: list[Item], places: int, step: "_Step") -> Job:
        """Some items: which go on the line, which end without. Returns the job as it is then."""
        ended: list[Ended] = []
        foretold = {place.place for place, _, _ in items if place.prospect is Prospect.INVALID}
        if job.verb is Verb.REFETCH:
            taken = self._asking.take(db, job, items, step.answers, step.now)
            step.report.routes |= taken.routes
            ended = taken.ended
            over = {one.place for one in ended}
            items = self._loaded(db, [place for place, _, _ in items if place.place not in over])
        decided = decide(items, insist=job.insist, room=places, why=job.reason)
        _, routes = carry_out(db, decided.rulings, now=step.now, by=job.by)
        step.report.routes |= routes
        if decided.released:
            count = len(decided.released)
            job_items.release(db, job.job_id, decided.released, wave=job.wave, now=step.now)
            job = replace(job, released_at=step.now, wave_released=job.wave_released + count)
            jobs.change(db, job.job_id, released_at=step.now, wave_released=job.wave_released)
            step.report.released += count
        return self._end(db, job, [*ended, *decided.ended], foretold, step)

    def _next_items(self, db: Connection, job: Job, step: "_Step", *, limit: int) -> list[Item]:
        """What goes next, with all that decides about it; locked until commit."""
        places = job_items.next_pending(db, job.job_id, limit)
        return self._loaded(db, [one for one in places if job.verb is Verb.REPLAY or one.message_id in step.answers])

    def _loaded(self, db: Connection, places: Sequence[Place]) -> list[Item]:
        place_of = {one.message_id: one for one in places}
        pairs = surroundings.load(db, list(place_of), aliases=alias_rows.load(db), lock=True)
        return [(place_of[stored.message_id], stored, around) for stored, around in pairs]

    def _end(self, db: Connection, job: Job, ended: Sequence[Ended], foretold: set[int], step: "_Step") -> Job:
        """Items that are over without having been on the line. A failure that nobody foretold counts in its wave."""
        job_items.end(db, job.job_id, ended, wave=job.wave, now=step.now)
        step.report.ended += len(ended)
        failed = [one for one in ended if one.state is ItemState.FAILED and one.place not in foretold]
        if not failed:
            return job
        job = replace(job, wave_failed=job.wave_failed + len(failed))
        jobs.change(db, job.job_id, wave_failed=job.wave_failed)
        news = frozenset(one.code for one in failed if one.code) - job.known_codes
        if news and job_items.has_pending(db, job.job_id):
            self._pause(db, job, why_news(news), step.now)
            return replace(job, state=JobState.PAUSED)
        return job

    def _pause(self, db: Connection, job: Job, why: str, now: datetime) -> None:
        jobs.change(db, job.job_id, state=JobState.PAUSED.value, paused_why=why)
        jobs.note(db, job.job_id, "pause", now=now, by=BY, why=why)
        log.warning("replay.paused", job=job.job_id)


@dataclass(slots=True)
class _Step:
    """What one step has to do with: its instant, what sources said before it, and the report it adds to. `goes_on`:
    another may follow at once."""

    now: datetime
    answers: Mapping[UUID, Fetched]
    report: Report
    goes_on: bool = False


def _ended(outcome: Outcome) -> Ended:
    """How the item of a message that is not on its way any more ends."""
    if outcome.last_code == job_items.WAITS_BEHIND:
        return Ended(outcome.place, ItemState.SKIPPED, BEHIND)
    ending = ending_of(outcome.state)
    assert ending is not None
    code = outcome.codes[0] if outcome.state is State.INVALID and outcome.codes else outcome.last_code
    return Ended(outcome.place, ending.state, ending.outcome, code if ending.state is ItemState.FAILED else None)
