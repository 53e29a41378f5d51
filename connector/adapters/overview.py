"""How the ledger stands as a whole: counts, what waits, since when, and when it will be done."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, text

from connector.adapters import partners
from connector.adapters.partners import Standing
from connector.domain.message import Hold, Partner, Route, State

Counts = dict[Route, dict[State, int]]

CLOSED: Final = (State.DELIVERED, State.CANCELLED, State.SUPERSEDED)
WAITING: Final = (State.READY, State.SENDING)
NEEDS_PERSON: Final = (State.INVALID, State.REFUSED, State.EXHAUSTED)
RATE_WINDOW: Final = timedelta(minutes=15)
# A rate measured over less than this says nothing.
_SHORTEST_SPAN: Final = timedelta(seconds=10)
# Lines of history looked at for the rate: a few milliseconds, and at the highest load still some minutes of it.
_LINES: Final = 20_000
OVERDUE_AFTER: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Overview:
    """`waiting_since`: intake of the oldest message that is ready or being sent. `due_since`: since when the first of
    the due ones is. `empty_at`: when nothing will wait any more at the present rate; None when nothing waits or no
    rate is known. `partners`: how their breakers stand. `held_by_area`: by an area's mode. `late_documents`: results
    that have been without their signed document for too long.
    """

    counts: Counts
    waiting_since: datetime | None
    due_since: datetime | None
    empty_at: datetime | None
    partners: dict[Partner, Standing]
    held_by_area: int
    late_documents: int

    def total(self, states: Iterable[State]) -> int:
        """Messages of all routes in these states."""
        wanted = tuple(states)
        return sum(self.counts[route][state] for route in self.counts for state in wanted)


def look(db: Connection, now: datetime, document_alert: timedelta) -> Overview:
    """The ledger at this instant. Raises SQLAlchemy's DBAPIError."""
    counts = count(db)
    waiting = sum(counts[route][state] for route in counts for state in WAITING)
    row = db.execute(_WAITING, {"hold": Hold.AREA.value}).one()
    return Overview(
        counts=counts,
        waiting_since=row.waiting_since,
        due_since=row.due_since if row.due_since and row.due_since < now else None,
        empty_at=_forecast(db, waiting, now),
        partners=partners.standing(db, now),
        held_by_area=row.held,
        late_documents=late_documents(db, now, document_alert),
    )


def count(db: Connection) -> Counts:
    """Messages by route and state, exactly, with 0 where there are none.

    Open states are counted by their partial indexes. The closed ones grow for ever and are kept count of in `tally`.
    """
    counts: Counts = {route: dict.fromkeys(State, 0) for route in Route}
    for statement in (OPEN, _CLOSED):
        for row in db.execute(statement):
            counts[Route(row.route)][State(row.state)] = row.number
    return counts


def sum_up(db: Connection) -> None:
    """Makes one line of the tally's many, for each route and state. Its sums stay as they are, for every reader."""
    db.execute(_SUM_UP)


def late_documents(db: Connection, now: datetime, after: timedelta) -> int:
    """Results that have waited for their signed document for longer than this."""
    values = {"hold": Hold.DOCUMENT.value, "since": now - after}
    number: int = db.execute(_LATE, values).scalar_one()
    return number


def _forecast(db: Connection, waiting: int, now: datetime) -> datetime | None:
    if not waiting:
        return None
    row = db.execute(_RATE, {"since": now - RATE_WINDOW, "lines": _LINES}).one()
    if not row.number:
        return None
    span = max(now - row.first, _SHORTEST_SPAN)
    left: timedelta = span * (waiting / row.number)
    return now + left


def _words(states: Iterable[State]) -> str:
    return "(" + ", ".join(f"'{state}'" for state in states) + ")"


def _counting(states: Iterable[State]) -> str:
    return f"SELECT route, state, count(*) AS number FROM message WHERE state IN {_words(states)} GROUP BY route, state"


# One part for each partial index, because the planner takes none that covers only some of the states asked for.
OPEN: Final = text(
    " UNION ALL ".join(
        _counting(states)
        for states in ((State.READY,), (State.SENDING,), (State.HELD, State.EXHAUSTED), (State.INVALID, State.REFUSED))
    )
)
_CLOSED: Final = text("SELECT route, state, sum(number) AS number FROM tally GROUP BY route, state")

# What others add at this moment is not seen yet, and stays for the next time.
_SUM_UP: Final = text("""
    WITH summed AS (DELETE FROM tally RETURNING route, state, number)
    INSERT INTO tally (route, state, number)
    SELECT route, state, sum(number) FROM summed GROUP BY route, state HAVING sum(number) <> 0
""")

_WAITING: Final = text("""
    SELECT least((SELECT min(created_at) FROM message WHERE state = 'ready'),
                 (SELECT min(created_at) FROM message WHERE state = 'sending')) AS waiting_since,
           (SELECT min(due_at) FROM message WHERE state = 'ready') AS due_since,
           (SELECT count(*) FROM message WHERE state = 'held' AND hold = :hold) AS held
""")

_LATE: Final = text("SELECT count(*) FROM message WHERE state = 'held' AND hold = :hold AND created_at < :since")

_RATE: Final = text("""
    SELECT count(*) AS number, min(at) AS first
    FROM (SELECT at, move FROM history ORDER BY id DESC LIMIT :lines) AS latest
    WHERE move = 'deliver' AND at > :since
""")
