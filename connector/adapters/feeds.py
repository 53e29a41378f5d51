"""Feeds: each is read by one worker at a time, from where the last page was written."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, text

from schemas import ministry
from schemas.values import Procedure

PROVINCE_EVENTS: Final = "province-events"
REGISTERS: Final[dict[Procedure, str]] = {
    procedure: f"register-{register}" for procedure, register in ministry.REGISTERS.items()
}


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
