"""Reading the audit: page by page, and all of it to see whether anybody altered it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, select

from connector.adapters.audit import ORIGIN, Action, audit, head, seal

LONGEST_PAGE: Final = 500
_AT_ONCE: Final = 1000
_MOST_FAULTS: Final = 20


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the audit."""

    number: int
    at: datetime
    who: str
    action: str
    allowed: bool
    message_id: UUID | None
    target: str
    reason: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines; what is None does not matter."""

    who: str | None = None
    action: Action | None = None
    message_id: UUID | None = None
    allowed: bool | None = None
    since: datetime | None = None
    until: datetime | None = None


def page(db: Connection, wanted: Wanted, *, limit: int, before: int | None = None) -> Sequence[Line]:
    """The newest `limit` lines with a number below `before`."""
    query = select(audit).order_by(audit.c.id.desc()).limit(min(limit, LONGEST_PAGE))
    for column in ("who", "action", "message_id", "allowed"):
        given = getattr(wanted, column)
        if given is not None:
            query = query.where(audit.c[column] == given)
    if wanted.since is not None:
        query = query.where(audit.c.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(audit.c.at < wanted.until)
    if before is not None:
        query = query.where(audit.c.id < before)
    return [_line(row) for row in db.execute(query)]


@dataclass(frozen=True, slots=True)
class Head:
    """How many lines there are, and the seal of the last: worth noting somewhere else."""

    count: int
    seal: str

    def __str__(self) -> str:
        return f"{self.count}:{self.seal}"


@dataclass(frozen=True, slots=True)
class Fault:
    """`kind`: `altered` (a line, or its seal), `missing` (no such line), `head` (lines are gone at the end, or
    there are more than were written by us), `noted` (the audit of then is not the beginning of this one)."""

    kind: str
    number: int


@dataclass
class Verdict:
    """What a look at the whole audit found; `faults` has the first few of `count_of_faults`."""

    head: Head
    faults: list[Fault] = field(default_factory=list)
    count_of_faults: int = 0

    @property
    def sound(self) -> bool:
        return not self.count_of_faults

    def add(self, kind: str, number: int) -> None:
        self.count_of_faults += 1
        if len(self.faults) < _MOST_FAULTS:
            self.faults.append(Fault(kind, number))


def read_head(db: Connection) -> Head:
    """The head as it stands."""
    found = db.execute(select(head.c.count, head.c.hash)).one()
    return Head(found[0], bytes(found[1]).hex())


def verify(engine: Engine, noted: Head | None = None) -> Verdict:
    """Seals every line anew and compares. `noted`: a head that was written down earlier, outside this database.

    It sees the audit of one instant while others write on, and needs the memory of some lines, however many there are.
    """
    with engine.connect() as connection:
        db = connection.execution_options(isolation_level="REPEATABLE READ")
        verdict = Verdict(read_head(db))
        number, last = 0, ORIGIN
        noted_is_there = noted is None or str(noted) == str(Head(0, ORIGIN.hex()))
        for row in _rows(db):
            if row.id < 1:  # we count from one
                verdict.add("altered", row.id)
                continue
            for missing in range(number + 1, min(row.id, number + 1 + _MOST_FAULTS)):
                verdict.add("missing", missing)
            number = row.id
            if seal(last, row._asdict()) != bytes(row.hash):
                verdict.add("altered", number)
            # Goes on from what stands there, so that one altered line is one fault.
            last = bytes(row.hash)
            noted_is_there = noted_is_there or str(noted) == f"{number}:{last.hex()}"
        if (number, last.hex()) != (verdict.head.count, verdict.head.seal):
            verdict.add("head", verdict.head.count)
        if noted is not None and not noted_is_there:
            verdict.add("noted", noted.count)
        db.rollback()
    return verdict


def _rows(db: Connection) -> Iterator[Row[Any]]:
    """All lines in their order, a thousand at a time."""
    lines = select(audit).order_by(audit.c.id).limit(_AT_ONCE)
    rows = db.execute(lines).all()
    while rows:
        yield from rows
        rows = db.execute(lines.where(audit.c.id > rows[-1].id)).all()


def _line(row: Row[Any]) -> Line:
    return Line(
        row.id,
        row.at,
        row.who,
        row.action,
        row.allowed,
        row.message_id,
        row.target,
        row.reason,
        json.loads(row.details),
    )
