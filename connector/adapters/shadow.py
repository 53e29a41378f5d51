"""What would have been sent, and what clerks entered by hand instead: rows without any value of a form."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    DateTime,
    ForeignKey,
    RowMapping,
    Table,
    Text,
    Uuid,
    and_,
    delete,
    exists,
    func,
    not_,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert

from connector.adapters.backlog import HELD_BY_AREA
from connector.adapters.tables import body, message, metadata
from connector.domain.message import Route
from schemas.values import Procedure

# Clerks register a dossier within this time after it was handed in, and never before.
LONGEST_WAY: Final = timedelta(days=90)
# Entries that came before their dossier are looked at again for so long.
EARLY: Final = timedelta(days=1)

_m: Final = message.c

shadow_application: Final = Table(
    "shadow_application",
    metadata,
    Column("message_id", Uuid, ForeignKey("message.id", ondelete="CASCADE"), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("digest", Text),
    Column("fault", Text),
)

shadow_entry: Final = Table(
    "shadow_entry",
    metadata,
    Column("message_id", Uuid, ForeignKey("message.id", ondelete="CASCADE"), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("application_id", Uuid, ForeignKey("message.id", ondelete="CASCADE"), index=True),
    Column("found_by", Text),
    Column("fields", JSONB(none_as_null=True)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A held message with its body."""

    message_id: UUID
    procedure: Procedure
    subject: str
    dossier: str | None
    area: str | None
    office: str | None
    on: date | None
    body: bytes = field(repr=False)


def unmapped(db: Connection, wanted: ColumnElement[bool], limit: int) -> list[Held]:
    """Held applications of which nobody has looked yet what would be sent."""
    looked = exists().where(shadow_application.c.message_id == _m.id)
    return _held(db, and_(_m.route == Route.APPLICATION.value, wanted, not_(looked)), limit)


def unmatched_entries(db: Connection, in_shadow: ColumnElement[bool], limit: int) -> list[Held]:
    """Held register entries nobody has looked for the dossier of; those found while their area was off are looked at
    again once it is in shadow, to be compared."""
    mine = shadow_entry.c.message_id == _m.id
    uncompared = and_(mine, shadow_entry.c.application_id.is_not(None), shadow_entry.c.fields.is_(None))
    wanted = or_(not_(exists().where(mine)), and_(in_shadow, exists().where(uncompared)))
    return _held(db, and_(_m.route == Route.REGISTER.value, wanted), limit)


def candidates(db: Connection, entries: Sequence[Held], limit: int) -> list[Held]:
    """Held applications of these entries' procedure, area and time that no entry was found for; the newest
    first. All entries are of one procedure and area."""
    days = [entry.on for entry in entries if entry.on is not None]
    if not days:
        return []
    others = shadow_entry.c.message_id.not_in([entry.message_id for entry in entries])
    taken = exists().where(shadow_entry.c.application_id == _m.id, others)
    place = and_(_m.area == entries[0].area, _m.received_on.between(min(days) - LONGEST_WAY, max(days)))
    wanted = and_(_m.route == Route.APPLICATION.value, _m.procedure == entries[0].procedure, place, not_(taken))
    return _held(db, wanted, limit, newest=True)


def of_dossiers(db: Connection, codes: Iterable[str]) -> dict[str, Held]:
    """The newest held application of each of these dossiers."""
    wanted = and_(_m.route == Route.APPLICATION.value, _m.subject.in_(sorted(set(codes))))
    return {one.subject: one for one in _held(db, wanted, 10_000)}


def note_sendings(db: Connection, rows: Sequence[dict[str, Any]], now: datetime) -> None:
    """What would be sent of applications: `message_id` with `digest` or `fault`."""
    if not rows:
        return
    db.execute(upsert(shadow_application).on_conflict_do_nothing(), [{**row, "at": now} for row in rows])


def forget_early_entries(db: Connection, now: datetime) -> None:
    """Entries of the last day that no dossier was found for are looked at again."""
    young = select(_m.id).where(HELD_BY_AREA, _m.route == Route.REGISTER.value, _m.created_at > now - EARLY)
    db.execute(
        delete(shadow_entry).where(shadow_entry.c.application_id.is_(None), shadow_entry.c.message_id.in_(young))
    )


def note_match(
    db: Connection,
    entry_id: UUID,
    *,
    application_id: UUID | None,
    found_by: str | None,
    fields: dict[str, str] | None,
    now: datetime,
) -> None:
    """Which held application an entry is the registration of (None: of none), and how their members compare."""
    row = {
        "message_id": entry_id,
        "at": now,
        "application_id": application_id,
        "found_by": found_by,
        "fields": fields,
    }
    db.execute(upsert(shadow_entry).values(row).on_conflict_do_update(index_elements=["message_id"], set_=row))


def entered_by_hand() -> ColumnElement[bool]:
    """Applications whose dossier clerks have registered themselves."""
    other = message.alias("registered")
    return exists().where(
        shadow_entry.c.application_id == other.c.id,
        other.c.subject == _m.subject,
        _m.route == Route.APPLICATION.value,
    )


def seen_entries(db: Connection, wanted: ColumnElement[bool], since: datetime) -> list[RowMapping]:
    """Held register entries taken in since then: `found_by` and `fields` where a dossier was found."""
    statement = (
        select(shadow_entry.c.found_by, shadow_entry.c.fields)
        .select_from(message.outerjoin(shadow_entry, shadow_entry.c.message_id == _m.id))
        .where(_m.route == Route.REGISTER.value, HELD_BY_AREA, _m.created_at >= since, wanted)
    )
    return list(db.execute(statement).mappings())


def sendings(db: Connection, wanted: ColumnElement[bool], since: datetime) -> tuple[int, dict[str, int]]:
    """How many held applications taken in since then could be sent, and the faults of the others with their number."""
    rows = db.execute(
        select(shadow_application.c.fault, func.count())
        .join(message, shadow_application.c.message_id == _m.id)
        .where(_m.created_at >= since, wanted)
        .group_by(shadow_application.c.fault)
    ).all()
    found: dict[str | None, int] = {fault: int(number) for fault, number in rows}
    return found.get(None, 0), {fault: number for fault, number in found.items() if fault is not None}


def _held(db: Connection, wanted: ColumnElement[bool], limit: int, *, newest: bool = False) -> list[Held]:
    order = _m.seq.desc() if newest else _m.seq
    rows = db.execute(
        select(_m.id, _m.procedure, _m.subject, _m.dossier, _m.area, _m.office, _m.received_on, body.c.content)
        .join(body, body.c.message_id == _m.id)
        .where(HELD_BY_AREA, _m.procedure.is_not(None), wanted)
        .order_by(order)
        .limit(limit)
    )
    return [
        Held(
            message_id=row.id,
            procedure=row.procedure,
            subject=row.subject,
            dossier=row.dossier,
            area=row.area,
            office=row.office,
            on=row.received_on,
            body=bytes(row.content),
        )
        for row in rows
    ]
