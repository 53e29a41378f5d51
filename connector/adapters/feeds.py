"""Feeds that are read by one worker at a time, and partners that are closed for a while."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, text

from connector.domain.attempts import UNAUTHORISED_PAUSE, patience_of
from connector.domain.errors import DeliveryError, Throttled, Unauthorised
from connector.domain.message import Partner

PROVINCE_EVENTS: Final = "province-events"


@dataclass(frozen=True, slots=True)
class Reading:
    """The right to read a feed until the lease ends. `fence` must be shown when the cursor is moved."""

    name: str
    cursor: str | None
    fence: int
    garbled: int


def claim(db: Connection, name: str, *, now: datetime, lease: timedelta) -> Reading | None:
    """Takes a feed that is due and that nobody reads; None otherwise."""
    db.execute(
        text("INSERT INTO feed (name, next_at) VALUES (:name, :now) ON CONFLICT DO NOTHING"), {"name": name, "now": now}
    )
    row = db.execute(
        text(
            "UPDATE feed SET lease_until = :until, fence = fence + 1"
            " WHERE name = :name AND next_at <= :now AND (lease_until IS NULL OR lease_until < :now)"
            " RETURNING cursor, fence, garbled"
        ),
        {"name": name, "now": now, "until": now + lease},
    ).one_or_none()
    return None if row is None else Reading(name, row.cursor, row.fence, row.garbled)


def still_ours(db: Connection, reading: Reading) -> bool:
    """Locks the feed for this transaction; false when another worker has taken it since."""
    fence = db.scalar(text("SELECT fence FROM feed WHERE name = :name FOR UPDATE"), {"name": reading.name})
    return bool(fence == reading.fence)


def advance(
    db: Connection, reading: Reading, *, now: datetime, next_at: datetime | None = None, lease: timedelta
) -> None:
    """Writes the reading's cursor. With `next_at` the feed is given back until then; without, this worker reads on."""
    db.execute(
        text(
            "UPDATE feed SET cursor = :cursor, read_at = :now, garbled = :garbled,"
            " next_at = coalesce(CAST(:next_at AS timestamptz), next_at),"
            " lease_until = CASE WHEN CAST(:next_at AS timestamptz) IS NULL THEN CAST(:until AS timestamptz) END"
            " WHERE name = :name AND fence = :fence"
        ),
        {
            "name": reading.name,
            "fence": reading.fence,
            "cursor": reading.cursor,
            "garbled": reading.garbled,
            "now": now,
            "next_at": next_at,
            "until": now + lease,
        },
    )


def close_partner(db: Connection, partner: Partner, *, until: datetime, why: str) -> None:
    """Nothing is claimed for the partner until then, by any worker. A longer closing stays."""
    db.execute(
        text(
            "INSERT INTO partner (name, closed_until, why) VALUES (:name, :until, :why)"
            " ON CONFLICT (name) DO UPDATE SET closed_until = excluded.closed_until, why = excluded.why"
            " WHERE partner.closed_until IS NULL OR partner.closed_until < excluded.closed_until"
        ),
        {"name": partner.value, "until": until, "why": why},
    )


def close_for(db: Connection, partner: Partner, error: DeliveryError, now: datetime) -> None:
    """Closes a partner that asks for patience or does not accept us; any other error closes nothing."""
    if isinstance(error, Throttled):
        close_partner(db, partner, until=now + patience_of(error), why=error.outcome)
    elif isinstance(error, Unauthorised):
        close_partner(db, partner, until=now + UNAUTHORISED_PAUSE, why=error.outcome)


def open_partner(db: Connection, partner: Partner) -> None:
    """The partner answered again."""
    db.execute(
        text("UPDATE partner SET closed_until = NULL, why = NULL WHERE name = :name AND closed_until IS NOT NULL"),
        {"name": partner.value},
    )


def closed_partners(db: Connection, now: datetime) -> dict[Partner, tuple[datetime, str]]:
    """Partners that are closed now: until when, and why."""
    rows = db.execute(text("SELECT name, closed_until, why FROM partner WHERE closed_until > :now"), {"now": now})
    return {Partner(row.name): (row.closed_until, row.why) for row in rows}
