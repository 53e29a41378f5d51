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
    latest = select(history.c.message_id, history.c.move, history.c.at).order_by(history.c.id.desc()).limit(LINES)
    line = latest.subquery("line")
    arrived, failed = db.execute(
        select(
            func.count().filter(line.c.move == Move.DELIVER.value),
            func.count().filter(line.c.move.in_([Move.REFUSE.value, Move.EXHAUST.value, Move.QUARANTINE.value])),
        )
        .select_from(line.join(message, _m.id == line.c.message_id))
        .where(line.c.at >= since, wanted)
    ).one()
    return int(arrived), int(failed)


def contact(db: Connection, area: str) -> str | None:
    """Whom to call there."""
    return db.execute(select(area_contact.c.contact).where(area_contact.c.area == area)).scalar_one_or_none()


def name_contact(db: Connection, area: str, who: str, *, now: datetime, by: str) -> None:
    """Writes down whom to call there."""
    row = {"area": area, "contact": who, "at": now, "by": by}
    db.execute(upsert(area_contact).values(row).on_conflict_do_update(index_elements=["area"], set_=row))
