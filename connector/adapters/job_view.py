"""A replay job's list as people look at it, and which job has a message. Nothing here changes a row."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, text

from connector.domain.message import Route, State
from connector.domain.replay import ENGAGED, ItemState, Prospect


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One message of a job: as it was foreseen, how it ended, and how it is now."""

    place: int
    message_id: UUID
    route: Route
    subject: str
    version: int
    area: str | None
    now: State
    state: ItemState
    prospect: Prospect | None
    codes: tuple[str, ...]
    waits_for: UUID | None
    note: str | None
    outcome: str | None
    code: str | None
    wave: int | None
    ended_at: datetime | None


def items(db: Connection, job_id: UUID, *, after: int, limit: int, areas: Collection[str] | None = None) -> list[Item]:
    """The items behind the place `after`, in the order in which the job goes; inside `areas`, where some are given."""
    given = {"job": job_id, "after": after, "limit": limit, "areas": sorted(areas) if areas else None}
    return [
        Item(
            place=row.place,
            message_id=row.message_id,
            route=Route(row.route),
            subject=row.subject,
            version=row.version,
            area=row.area,
            now=State(row.now),
            state=ItemState(row.state),
            prospect=Prospect(row.prospect) if row.prospect else None,
            codes=tuple(row.foreseen),
            waits_for=row.waits_for,
            note=row.note,
            outcome=row.outcome,
            code=row.code,
            wave=row.wave,
            ended_at=row.ended_at,
        )
        for row in db.execute(_ITEMS, given)
    ]


def job_of(db: Connection, message_id: UUID) -> UUID | None:
    """The job that has this message now; None when none does."""
    found: UUID | None = db.execute(_JOB_OF, {"id": message_id}).scalar()
    return found


def reaches_beyond(db: Connection, job_id: UUID, areas: Collection[str]) -> bool:
    """Whether a job has a message that lies in none of these areas."""
    return db.execute(_BEYOND, {"job": job_id, "areas": sorted(areas)}).scalar() is not None


_BEYOND: Final = text("""
    SELECT 1 FROM replay_item i JOIN message m ON m.id = i.message_id
    WHERE i.job_id = :job AND (m.area IS NULL OR m.area <> ALL(:areas)) LIMIT 1
""")
_ITEMS: Final = text("""
    SELECT i.*, m.route, m.subject, m.version, m.area, m.state AS now
    FROM replay_item i JOIN message m ON m.id = i.message_id
    WHERE i.job_id = :job AND i.place > :after AND (CAST(:areas AS text[]) IS NULL OR m.area = ANY(:areas))
    ORDER BY i.place LIMIT :limit
""")
_JOB_OF: Final = text(
    "SELECT job_id FROM replay_item WHERE message_id = :id AND state IN ("
    + ", ".join(f"'{state}'" for state in ENGAGED)
    + ")"
)
