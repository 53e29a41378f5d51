"""Plans: what would happen if messages went again. A rehearsal writes nothing; a frozen plan is a job that can be
run as it was shown."""

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, select

from connector.adapters import aliases as alias_rows
from connector.adapters import job_items, jobs, surroundings
from connector.adapters.job_items import Foreseen
from connector.adapters.jobs import Job, NewJob
from connector.adapters.tables import message
from connector.adapters.views import Filter, conditions
from connector.domain.aliases import NO_ALIASES, Aliases
from connector.domain.causes import FAILURES
from connector.domain.rehearsal import Rehearsal, rehearse
from connector.domain.replay import JobState, Verb
from connector.domain.stored import Stored

BATCH: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a person wants to be done: with which messages, by whom and why. `click` makes two clicks one; without it
    the same wish of the same person is."""

    wanted: Filter
    by: str
    reason: str = ""
    verb: Verb = Verb.REPLAY
    insist: bool = False
    click: str | None = None

    @property
    def key(self) -> bytes:
        """Equal for two clicks that mean the same."""
        if self.click is not None:
            return hashlib.sha256(f"click\n{self.by}\n{self.click}".encode()).digest()
        ids = " ".join(sorted(str(one) for one in self.wanted.ids))
        parts = (self.by, self.verb, str(self.insist), self.reason, described(self.wanted), ids)
        return hashlib.sha256("\n".join(parts).encode()).digest()


class Plans:
    """Rehearses messages, and freezes lists of them."""

    def __init__(self, engine: Engine, *, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    def rehearse(
        self, wanted: Filter, *, more_aliases: Aliases = NO_ALIASES, insist: bool = False
    ) -> Iterator[tuple[Stored, Rehearsal]]:
        """What would happen with each message of the filter, oldest first; with these aliases as well, if any are
        given. Writes nothing. Memory does not grow with their number."""
        wanted = failures_of(wanted)
        after = 0
        while True:
            with self._engine.begin() as db:
                m = message.c
                rows = db.execute(
                    select(m.id, m.seq).where(*conditions(wanted), m.seq > after).order_by(m.seq).limit(BATCH)
                ).all()
                found = self._rehearsed(db, [row.id for row in rows], more_aliases, insist=insist)
            yield from found
            if len(rows) < BATCH:
                return
            after = rows[-1].seq

    def freeze(self, request: Request) -> tuple[UUID, bool]:
        """Writes down which messages are meant, at this moment and for good. Returns the job's id, and whether it is
        new: the same click gets the same job."""
        wanted = failures_of(request.wanted)
        now = self._now()
        with self._engine.begin() as db:
            known = jobs.same_request(db, request.key, now)
            if known is not None:
                return known, False
            new = NewJob(
                job_id=uuid4(),
                verb=request.verb,
                by=request.by,
                reason=request.reason,
                request_key=request.key,
                wanted=described(wanted),
                insist=request.insist,
            )
            jobs.create(db, new, now)
            job_items.freeze(db, new.job_id, wanted)
        return new.job_id, True

    def prepare(self, job_id: UUID, *, budget: timedelta = timedelta(days=1)) -> Job | None:
        """Works out what would happen with the job's messages, until all are done or the budget of time is spent.
        Any number of processes may help."""
        ends = time.monotonic() + budget.total_seconds()
        while True:
            with self._engine.begin() as db:
                job = jobs.lock(db, job_id)
                if job is None or job.state is not JobState.PLANNING:
                    return job
                places = job_items.blank(db, job_id, BATCH)
                if not places:
                    jobs.know_codes(db, job_id)
                    jobs.change(db, job_id, state=JobState.PLANNED.value)
                    return replace(job, state=JobState.PLANNED)
                place_of = {one.message_id: one.place for one in places}
                found = self._rehearsed(db, list(place_of), NO_ALIASES, insist=job.insist)
                rows = [Foreseen(place_of[one.message_id], result, cause_of(one)) for one, result in found]
                job_items.foresee(db, job_id, rows)
            if time.monotonic() >= ends:
                return job

    def discard(self, job_id: UUID) -> bool:
        """Forgets a plan that was never run."""
        with self._engine.begin() as db:
            return jobs.discard(db, job_id)

    def _rehearsed(
        self, db: Connection, ids: list[UUID], more: Aliases, *, insist: bool
    ) -> list[tuple[Stored, Rehearsal]]:
        known = alias_rows.load(db) | more
        pairs = surroundings.load(db, ids, aliases=known)
        return [(stored, rehearse(stored, around, insist=insist)) for stored, around in pairs]


def failures_of(wanted: Filter) -> Filter:
    """The filter; one that names neither states nor messages means those that stopped."""
    return wanted if wanted.ids or wanted.states else replace(wanted, states=FAILURES)


def cause_of(stored: Stored) -> str | None:
    """The code for which a message stands: its first blocking finding, or the partner's last word."""
    blocking = next((one.code.value for one in stored.findings if one.blocks), None)
    return blocking or stored.last_code


def described(wanted: Filter) -> str:
    """A filter in words: `states=invalid code=ID_LENGTH`."""
    words = []
    for part in fields(wanted):
        value = getattr(wanted, part.name)
        if value in (None, ()):
            continue
        if part.name == "ids":
            value = f"{len(value)} chosen"
        elif isinstance(value, tuple):
            value = ",".join(str(one) for one in value)
        elif part.name == "cause":
            value = value.cause_id
        words.append(f"{part.name}={value}")
    return " ".join(words)
