"""The modes of areas, as rows: the rules that hold, and every change with who and why.

Whoever would hold a message back decides under the shared lock (`steady`), and a change is written under the exclusive
one (`alone`): so no message is held by a mode that has just ended, and none stays held where an area was opened.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    DateTime,
    Engine,
    ForeignKey,
    Identity,
    Integer,
    Row,
    SmallInteger,
    Table,
    Text,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from connector.adapters.locks import Lock
from connector.adapters.tables import metadata
from connector.domain.rollout import Mode, Modes, Rule
from schemas.values import Procedure

_MODE_KNOWN: Final = f"mode IN ({', '.join(repr(mode.value) for mode in Mode)})"

area_change: Final = Table(
    "area_change",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("area", Text, nullable=False),
    Column("procedure", Text, nullable=False),
    Column("was", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("until", DateTime(timezone=True)),
    Column("released", Integer, nullable=False, server_default="0"),
    Column("skipped", Integer, nullable=False, server_default="0"),
    CheckConstraint("procedure IN ('marriage', 'death')", "procedure_known"),
    CheckConstraint(_MODE_KNOWN, "mode_known"),
    CheckConstraint("by <> '' AND btrim(why) <> ''", "reason_said"),
)

area_mode: Final = Table(
    "area_mode",
    metadata,
    Column("area", Text, primary_key=True),
    Column("procedure", Text, primary_key=True),
    Column("mode", Text, nullable=False),
    Column("change", BigInteger, ForeignKey("area_change.id"), nullable=False),
    Column("since", DateTime(timezone=True), nullable=False),
    Column("by", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("until", DateTime(timezone=True)),
    Column("then", Text),
    CheckConstraint("procedure IN ('marriage', 'death')", "procedure_known"),
    CheckConstraint(_MODE_KNOWN, "mode_known"),
    CheckConstraint('(until IS NULL) = ("then" IS NULL)', "then_iff_until"),
)

# One row. `version` counts the changes; while `draining`, what is held may be free to go, and the beat looks.
rollout_state: Final = Table(
    "rollout_state",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
    Column("draining", Boolean, nullable=False),
    Column("drained_at", DateTime(timezone=True)),
    CheckConstraint("id = 1", "one_row"),
)

_read: Final[WeakKeyDictionary[Engine, Modes]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A mode that is to hold from now on. `released` and `skipped` are what its backlog came to."""

    area: str
    procedure: Procedure
    was: Mode
    mode: Mode
    by: str
    why: str
    until: datetime | None = None
    then: Mode | None = None
    released: int = 0
    skipped: int = 0


def read(db: Connection) -> Modes:
    """The modes as they are committed. They are kept by version: a look costs one row."""
    version = db.execute(_VERSION).scalar_one()
    known = _read.get(db.engine)
    if known is None or known.version != version:
        # With the version once more, by one statement: a change may have come between.
        rows = db.execute(_RULES).all()
        rules = [_rule(row) for row in rows if row.area is not None]
        known = Modes(rows[0].version, {(rule.area, rule.procedure): rule for rule in rules})
        _read[db.engine] = known
    return known


def steady(db: Connection) -> Modes:
    """The modes, which nobody changes before the caller's transaction ends."""
    db.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": Lock.MODES.value})
    return read(db)


def alone(db: Connection) -> Modes:
    """The modes for whoever changes them: nobody else changes them, or holds a message by them, meanwhile. Keep it
    short."""
    db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": Lock.MODES.value})
    return read(db)


def write(db: Connection, changes: Sequence[Change], now: datetime) -> list[int]:
    """Makes changes, under `alone`; returns their numbers. What is held is looked at again after that."""
    numbers = []
    for change in changes:
        line = {"at": now} | {name: getattr(change, name) for name in _LINE}
        number = db.execute(insert(area_change).values(line).returning(area_change.c.id)).scalar_one()
        row = {"change": number, "since": now} | {name: getattr(change, name) for name in _ROW}
        statement = upsert(area_mode).values(row)
        db.execute(statement.on_conflict_do_update(index_elements=["area", "procedure"], set_=row))
        numbers.append(number)
    db.execute(update(rollout_state).values(version=rollout_state.c.version + 1, draining=True))
    return numbers


def changes(db: Connection, area: str, *, limit: int) -> Sequence[Row[Any]]:
    """The latest changes of an area, newest first."""
    statement = select(area_change).where(area_change.c.area == area).order_by(area_change.c.id.desc()).limit(limit)
    return db.execute(statement).all()


def begun(db: Connection, codes: Iterable[str], *, or_on_the_line: bool = False) -> frozenset[str]:
    """Those of these dossiers that the ministry has from us, or may have: a call was made, and its answer was lost."""
    wanted = sorted(set(codes))
    if not wanted:
        return frozenset()
    rows = db.execute(_BEGUN, {"codes": wanted, "line": "sending" if or_on_the_line else ""})
    return frozenset(row.code for row in rows)


def _rule(row: object) -> Rule:
    values = {name: getattr(row, name) for name in _RULE}
    values["mode"] = Mode(values["mode"])
    values["then"] = Mode(values["then"]) if values["then"] else None
    return Rule(**values)


_LINE: Final = ("area", "procedure", "was", "mode", "by", "why", "until", "released", "skipped")
_ROW: Final = ("area", "procedure", "mode", "by", "why", "until", "then")
_RULE: Final = ("area", "procedure", "mode", "change", "since", "by", "why", "until", "then")
_VERSION: Final = text("SELECT version FROM rollout_state")
_RULES: Final = select(rollout_state.c.version, *(area_mode.c[name] for name in _RULE)).select_from(
    rollout_state.outerjoin(area_mode, text("true"))
)

_BEGUN: Final = text("""
    SELECT code FROM dossier WHERE code = ANY(:codes) AND submissions > 0
    UNION
    SELECT m.subject FROM message m
    WHERE m.subject = ANY(:codes) AND m.route = 'application'
      AND (m.state = :line OR EXISTS (SELECT FROM attempt a WHERE a.message_id = m.id AND a.maybe_done))
""")
