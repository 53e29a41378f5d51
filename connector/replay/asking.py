"""The part of a job's step that asks sources: what they say of the next items, and what is written of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, Engine

from connector.adapters import aliases, job_items, partners, surroundings
from connector.adapters.job_items import Ended, Place
from connector.adapters.jobs import Job
from connector.domain.message import DESTINATION, Partner, Route
from connector.domain.replay import ItemState
from connector.domain.stored import Around, Stored
from connector.replay.refetching import ASKED, NEWER, Fetched, Refetch

# Sources are asked one after the other, while the job's row is free: a pause is heard within a call.
AT_ONCE: Final = 5

Item = tuple[Place, Stored, Around]


@dataclass(frozen=True, slots=True)
class Taken:
    """Items that end by what their source gave, and the routes that have new work by it."""

    ended: list[Ended]
    routes: set[Route]


class Asking:
    """Asks before the step's transaction, and writes within it."""

    def __init__(self, engine: Engine, refetch: Refetch, *, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._refetch = refetch
        self._now = now

    def ask(self, job: Job) -> dict[UUID, Fetched]:
        """What the sources say of the next items. A source that is closed is not asked; its items wait."""
        with self._engine.begin() as db:
            closed = partners.not_open(db, self._now())
            wanted = [one.message_id for one in job_items.next_pending(db, job.job_id, AT_ONCE)]
            found = surroundings.load(db, wanted, aliases=aliases.load(db))
        return {one.message_id: self._refetch.ask(one) for one, _ in found if _source(one.route) not in closed}

    def take(
        self, db: Connection, job: Job, items: Sequence[Item], answers: Mapping[UUID, Fetched], now: datetime
    ) -> Taken:
        """Writes what the sources gave. What is not among the ended can go as it is."""
        taken = Taken([], set())
        for place, stored, _ in items:
            outcome = self._refetch.take(db, stored, answers[stored.message_id], now=now, by=job.by)
            taken.routes.update(outcome.routes)
            if not outcome.same:
                state = ItemState.SKIPPED if outcome.outcome in (NEWER, ASKED) else ItemState.FAILED
                taken.ended.append(Ended(place.place, state, outcome.outcome, outcome.code))
        return taken


def _source(route: Route) -> Partner:
    """Who is asked about a message: the other one than it goes to."""
    return Partner.PROVINCE if DESTINATION[route] is Partner.MINISTRY else Partner.MINISTRY
