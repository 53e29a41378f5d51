"""What the ledger can tell of an area's traffic: what came and was valid, why not, and what failed since it was
opened."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Subquery,
    Table,
    Text,
    and_,
    func,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from connector.adapters.tables import history, message, metadata
from connector.domain.message import Move, Route, State

_m: Final = message.c
# Lines of history: some thousand messages, in a few dozen milliseconds.
LINES: Final = 20_000

area_contact: Final = Table(
    "area_contact",
    metadata,
    Column("area", Text, primary_key=True),
    Column("contact", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("by", Text, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Intake:
    """Applications taken in: how many, how many of them valid, and the codes of what was wrong, most frequent first."""

    taken: int
    valid: int
    causes: dict[str, int]


def intake(db: Connection, wanted: ColumnElement[bool], since: datetime) -> Intake:
    """The applications taken in since then."""
    mine = and_(_m.route == Route.APPLICATION.value, _m.created_at >= since, wanted)
    invalid = _m.state == State.INVALID.value
    taken, broken = db.execute(
        select(func.count(), func.count().filter(invalid)).select_from(message).where(mine)
    ).one()
    one = func.jsonb_array_elements(_m.findings).table_valued("value").alias("one")
    code, severity = one.c.value.op("->>")("code"), one.c.value.op("->>")("severity")
    rows = db.execute(
        select(code, func.count(_m.id.distinct()).label("number"))
        .select_from(message.join(one, true()))
        .where(mine, invalid, severity != "W")
        .group_by(code)
        .order_by(func.count(_m.id.distinct()).desc(), code)
    )
    return Intake(int(taken), int(taken) - int(broken), {name: int(number) for name, number in rows})


def outcomes(db: Connection, wanted: ColumnElement[bool], since: datetime) -> tuple[int, int]:
    """How many messages arrived since then, and how many a partner refused, no try could bring, or broke at delivery.

    Only the latest lines of history are looked at: a ledger grows for ever, and what failed long ago is no alarm.
    """
    line = _latest()
    arrived, failed = db.execute(
        select(*_counts(line))
        .select_from(line.join(message, _m.id == line.c.message_id))
        .where(line.c.at >= since, wanted)
    ).one()
    return int(arrived), int(failed)


def _latest() -> Subquery:
    latest = select(history.c.message_id, history.c.move, history.c.at).order_by(history.c.id.desc()).limit(LINES)
    return latest.subquery("line")


def _counts(line: Subquery) -> tuple[ColumnElement[int], ColumnElement[int]]:
    failed = [Move.REFUSE.value, Move.EXHAUST.value, Move.QUARANTINE.value]
    return (
        func.count().filter(line.c.move == Move.DELIVER.value),
        func.count().filter(line.c.move.in_(failed)),
    )


def by_place(db: Connection, since: datetime) -> dict[tuple[str | None, str | None], tuple[int, int]]:
    """The same for every district area and procedure: (arrived, failed)."""
    line = _latest()
    rows = db.execute(
        select(_m.area, _m.procedure, *_counts(line))
        .select_from(line.join(message, _m.id == line.c.message_id))
        .where(line.c.at >= since)
        .group_by(_m.area, _m.procedure)
    )
    return {(area, procedure): (int(arrived), int(failed)) for area, procedure, arrived, failed in rows}


def contact(db: Connection, area: str) -> str | None:
    """Whom to call there."""
    return db.execute(select(area_contact.c.contact).where(area_contact.c.area == area)).scalar_one_or_none()


def name_contact(db: Connection, area: str, who: str, *, now: datetime, by: str) -> None:
    """Writes down whom to call there."""
    row = {"area": area, "contact": who, "at": now, "by": by}
    db.execute(upsert(area_contact).values(row).on_conflict_do_update(index_elements=["area"], set_=row))
