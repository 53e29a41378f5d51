"""Which dossiers of shadow areas clerks have brought to the ministry by hand, and in which state they are there: rows
beside the ledger, from which nothing is ever told to the province."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    DateTime,
    ForeignKey,
    Index,
    SmallInteger,
    Table,
    Text,
    Uuid,
    and_,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert

from connector.adapters.backlog import HELD_BY_AREA, begun
from connector.adapters.shadow import LONGEST_WAY
from connector.adapters.tables import message, metadata
from connector.domain.message import Route, State
from schemas.values import DOSSIER_CODE, Procedure

_m: Final = message.c

shadow_state: Final = Table(
    "shadow_state",
    metadata,
    Column("code", Text, primary_key=True),
    Column("message_id", Uuid, ForeignKey("message.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("procedure", Text, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("ask_at", DateTime(timezone=True)),
    Column("state", SmallInteger),
    Column("state_at", DateTime(timezone=True)),
    Index("shadow_state_to_ask", "ask_at", postgresql_where=text("ask_at IS NOT NULL")),
)
_s: Final = shadow_state.c


@dataclass(frozen=True, slots=True)
class Asked:
    """A dossier as it was last seen. `changed_at` is since when nothing new was heard of it."""

    code: str
    changed_at: datetime
    state: int | None
    state_at: datetime | None


@dataclass(frozen=True, slots=True)
class Tally:
    """So many dossiers in one state at the ministry (None: not known there), by whether our checks let them pass."""

    state: int | None
    valid: bool
    number: int


def enrol(db: Connection, in_shadow: ColumnElement[bool], *, limit: int, now: datetime) -> None:
    """Begins to ask about dossiers of shadow areas that were never asked about, the first so many of them."""
    known = exists().where(_s.code == _m.subject)
    wanted = and_(_never_sent(in_shadow), _m.created_at > now - LONGEST_WAY, ~known)
    # A code that breaks the contract would spoil the answer for all that are asked about with it.
    well_formed = _m.subject.op("~")(f"^{DOSSIER_CODE.pattern}$")
    first = (
        select(_m.subject, _m.id, _m.procedure, _m.created_at, literal(now, DateTime(timezone=True)))
        .where(wanted, well_formed)
        .order_by(_m.seq)
        .limit(limit)
    )
    columns = ["code", "message_id", "procedure", "changed_at", "ask_at"]
    db.execute(upsert(shadow_state).from_select(columns, first).on_conflict_do_nothing())


def due(
    db: Connection, procedure: Procedure, in_shadow: ColumnElement[bool], *, limit: int, now: datetime, until: datetime
) -> list[Asked]:
    """Dossiers to ask about now, still in shadow and never sent. They are not handed out again before `until`."""
    found = (
        select(_s.code)
        .where(_s.ask_at <= now, _s.procedure == procedure, _is_never_sent(in_shadow))
        .order_by(_s.ask_at)
        .limit(limit)
        .with_for_update(skip_locked=True, of=shadow_state)
    )
    rows = db.execute(
        update(shadow_state)
        .where(_s.code.in_(found.scalar_subquery()))
        .values(ask_at=until)
        .returning(_s.code, _s.changed_at, _s.state, _s.state_at)
    )
    return [Asked(*row) for row in rows]


def note(
    db: Connection, seen: Sequence[Asked], ask_at: Mapping[str, datetime | None], in_shadow: ColumnElement[bool]
) -> None:
    """What an answer showed, and when each is asked about again; None: not any more.

    One that is not in shadow any more, or was sent meanwhile, keeps what was known: its state may be our own doing.
    """
    for one in sorted(seen, key=lambda one: one.code):
        changed = update(shadow_state).where(_s.code == one.code, _is_never_sent(in_shadow))
        values = {"changed_at": one.changed_at, "state": one.state, "state_at": one.state_at}
        db.execute(changed.values(ask_at=ask_at[one.code], **values))


def known_there() -> ColumnElement[bool]:
    """Applications whose dossier the ministry has from clerks' hands."""
    return and_(_m.route == Route.APPLICATION.value, exists().where(_s.code == _m.subject, _s.state.is_not(None)))


def tallies(db: Connection, wanted: ColumnElement[bool], since: datetime) -> list[Tally]:
    """The dossiers asked about, of applications taken in since then; of several versions the newest counts."""
    newest = (
        select(_m.subject, (_m.state != State.INVALID.value).label("valid"))
        .where(_m.route == Route.APPLICATION.value, _m.created_at >= since, wanted)
        .where(exists().where(_s.code == _m.subject))
        .order_by(_m.subject, _m.seq.desc())
        .ext(distinct_on(_m.subject))
        .subquery("newest")
    )
    rows = db.execute(
        select(_s.state, newest.c.valid, func.count())
        .select_from(newest.join(shadow_state, _s.code == newest.c.subject))
        .group_by(_s.state, newest.c.valid)
    )
    return [Tally(state, bool(valid), int(number)) for state, valid, number in rows]


def _never_sent(in_shadow: ColumnElement[bool]) -> ColumnElement[bool]:
    """Applications in shadow of dossiers that the ministry cannot have from us. What checks stopped is among them: a
    clerk may have registered it all the same."""
    stopped = or_(HELD_BY_AREA, _m.state == State.INVALID.value)
    return and_(
        _m.route == Route.APPLICATION.value, _m.procedure.is_not(None), stopped, in_shadow, ~begun(or_on_the_line=True)
    )


def _is_never_sent(in_shadow: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(true()).select_from(message).where(_m.subject == _s.code, _never_sent(in_shadow)).exists()
