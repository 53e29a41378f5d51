"""How much passed when: five-minute sums per route, written a little late and read in a moment.

A chart over the attempts themselves would need an index on their instants, which the hot path would pay for; the sums
cost one pass over rows that are new. They are for looking at: nothing is decided by them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import BigInteger, Column, Connection, DateTime, Integer, RowMapping, Table, Text, text

from connector.adapters.tables import metadata
from connector.domain.message import Route

STEP: Final = timedelta(minutes=5)
KEPT_FOR: Final = timedelta(days=8)
# Rows summed in one transaction: some hundred milliseconds.
AT_ONCE: Final = 50_000

traffic: Final = Table(
    "traffic",
    metadata,
    Column("at", DateTime(timezone=True), primary_key=True),
    Column("route", Text, primary_key=True),
    Column("taken_in", Integer, nullable=False, server_default="0"),
    Column("delivered", Integer, nullable=False, server_default="0"),
    Column("failed", Integer, nullable=False, server_default="0"),
)

# Up to which row each table is summed. An identity's numbers become visible out of order, so a row is summed only when
# every transaction has ended that ran when `seen` was noted: `horizon` was the next transaction's number then.
traffic_mark: Final = Table(
    "traffic_mark",
    metadata,
    Column("source", Text, primary_key=True),
    Column("summed", BigInteger, nullable=False, server_default="0"),
    Column("seen", BigInteger, nullable=False, server_default="0"),
    Column("horizon", BigInteger, nullable=False, server_default="0"),
)


@dataclass(frozen=True, slots=True)
class Point:
    """What one route did from `at` on, for the width that was asked for. `failed` are attempts, not messages."""

    at: datetime
    taken_in: int = 0
    delivered: int = 0
    failed: int = 0


def sum_up(db: Connection, now: datetime, *, at_once: int = AT_ONCE) -> bool:
    """Adds what is new to the sums; returns whether more is left that could be added now. One caller at a time; a
    second one does nothing."""
    marks = db.execute(_MARKS).mappings().all()
    more = [_advance(db, mark, at_once) for mark in marks]
    if marks:
        db.execute(text("DELETE FROM traffic WHERE at < :before"), {"before": now - KEPT_FOR})
    return any(more)


def series(db: Connection, now: datetime, *, back: timedelta, width: timedelta) -> dict[Route, list[Point]]:
    """Per route the points of the time `back` from now, oldest first, without a gap; the last one is not over yet.

    `width` is a multiple of five minutes, and divides a day.
    """
    begins = list(_instants(now, back, width))
    rows = db.execute(_SERIES, {"since": begins[0], "width": width}).mappings()
    found = {(Route(row["route"]), row["at"]): _point(row) for row in rows}
    return {route: [found.get((route, at), Point(at)) for at in begins] for route in Route}


def rates(db: Connection, now: datetime, *, back: timedelta = 3 * STEP) -> dict[Route, Point]:
    """Per route what passed in the last whole steps, `back` or up to one step more, until now."""
    since = now - back
    rows = db.execute(_SUMS, {"since": _begin(since, STEP)}).mappings()
    found = {Route(row["route"]): _point(row) for row in rows}
    return {route: found.get(route, Point(_begin(since, STEP))) for route in Route}


def _advance(db: Connection, mark: RowMapping, at_once: int) -> bool:
    """Sums one table on, and notes how far it could be summed next time."""
    statement, newest = _SOURCES[mark["source"]]
    summed, seen, horizon = mark["summed"], mark["seen"], mark["horizon"]
    ended = db.execute(text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")).scalar_one()
    if seen > summed and ended >= horizon:
        upto = min(seen, summed + at_once)
        db.execute(statement, {"after": summed, "upto": upto})
        summed = upto
    if summed == seen:
        latest = db.execute(newest).one()
        seen, horizon = max(latest.newest or 0, seen), latest.horizon
    db.execute(_MARK, {"source": mark["source"], "summed": summed, "seen": seen, "horizon": horizon})
    return bool(seen > summed and mark["summed"] != summed)


def _point(row: RowMapping) -> Point:
    return Point(row["at"], row["taken_in"], row["delivered"], row["failed"])


def _instants(now: datetime, back: timedelta, width: timedelta) -> Iterator[datetime]:
    at = _begin(now - back, width)
    while at <= now:
        yield at
        at += width


def _begin(at: datetime, width: timedelta) -> datetime:
    """The beginning of the step in which an instant lies."""
    epoch = datetime(2000, 1, 1, tzinfo=UTC)
    return at - (at - epoch) % width


_MARKS: Final = text("SELECT * FROM traffic_mark ORDER BY source FOR UPDATE SKIP LOCKED")
_MARK: Final = text("UPDATE traffic_mark SET summed = :summed, seen = :seen, horizon = :horizon WHERE source = :source")
_ADD: Final = """
    INSERT INTO traffic AS t (at, route, taken_in, delivered, failed)
    SELECT date_bin('5 minutes', {at}, TIMESTAMPTZ '2000-01-01 00:00:00+00'), m.route, {sums}
    FROM {rows} GROUP BY 1, 2
    ON CONFLICT (at, route) DO UPDATE SET taken_in = t.taken_in + excluded.taken_in,
        delivered = t.delivered + excluded.delivered, failed = t.failed + excluded.failed
"""
_SOURCES: Final = {
    "message": (
        text(
            _ADD.format(
                at="m.created_at", sums="count(*), 0, 0", rows="message m WHERE m.seq > :after AND m.seq <= :upto"
            )
        ),
        text(
            "SELECT max(seq) AS newest, pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS horizon FROM message"
        ),
    ),
    "attempt": (
        text(
            _ADD.format(
                at="a.at",
                sums="0, count(*) FILTER (WHERE a.outcome IN ('delivered', 'already-there')),"
                " count(*) FILTER (WHERE a.outcome NOT IN ('delivered', 'already-there'))",
                rows="attempt a JOIN message m ON m.id = a.message_id WHERE a.id > :after AND a.id <= :upto",
            )
        ),
        text("SELECT max(id) AS newest, pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS horizon FROM attempt"),
    ),
}

_SERIES: Final = text("""
    SELECT date_bin(:width, at, TIMESTAMPTZ '2000-01-01 00:00:00+00') AS at, route,
           sum(taken_in) AS taken_in, sum(delivered) AS delivered, sum(failed) AS failed
    FROM traffic WHERE at >= :since GROUP BY 1, 2
""")
_SUMS: Final = text("""
    SELECT min(at) AS at, route, sum(taken_in) AS taken_in, sum(delivered) AS delivered, sum(failed) AS failed
    FROM traffic WHERE at >= :since GROUP BY route
""")
