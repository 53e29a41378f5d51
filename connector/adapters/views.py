"""Messages as people look at them: lists by filter, and one message with its whole life. Nothing here changes a row."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Uuid,
    and_,
    any_,
    bindparam,
    or_,
    select,
)

from connector.adapters import causes
from connector.adapters.ledger import read_findings
from connector.adapters.tables import attempt, body, history, message
from connector.domain.causes import CauseKey
from connector.domain.message import Hold, Move, Route, State
from schemas.findings import Finding
from schemas.values import Procedure

LONGEST_PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class Commune:
    """A place narrower than a district area: one commune code while it meant one place."""

    code: str
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which messages. What is None, or empty, does not narrow. Taken in from `since` on, and before `until`.

    `areas` is what whoever looks is limited to, beside the `area` asked for.
    """

    ids: tuple[UUID, ...] = ()
    states: tuple[State, ...] = ()
    routes: tuple[Route, ...] = ()
    procedure: Procedure | None = None
    area: str | None = None
    areas: tuple[str, ...] = ()
    commune: Commune | None = None
    subject: str | None = None
    code: str | None = None
    cause: CauseKey | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """A message without its body. `seq` grows in the order of intake; `waits_for` is set while it is held; `rule` is
    the number of the change of modes that decided about it last."""

    message_id: UUID
    seq: int
    route: Route
    procedure: Procedure | None
    subject: str
    version: int
    area: str | None
    state: State
    waits_for: Hold | None
    due_at: datetime | None
    attempts: int
    last_code: str | None
    last_text: str | None
    findings: tuple[Finding, ...]
    rule: int | None
    created_at: datetime
    updated_at: datetime
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Page:
    """Newest first. `next_after` is the `after` of the page behind it, None on the last."""

    messages: tuple[MessageView, ...]
    next_after: int | None


@dataclass(frozen=True, slots=True)
class Step:
    """One move in a message's life."""

    at: datetime
    was: State | None
    move: Move
    became: State
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt to deliver. `duration_ms` is None where no call was made or nobody knows."""

    at: datetime
    outcome: str
    http_status: int | None
    code: str | None
    duration_ms: int | None
    worker: str | None


@dataclass(frozen=True, slots=True)
class Life:
    """A message with everything that happened to it, and its body as received (None once it was purged)."""

    message: MessageView
    history: tuple[Step, ...]
    tries: tuple[Try, ...]
    body: bytes | None = field(repr=False)


def page(db: Connection, wanted: Filter, *, limit: int, after: int | None = None) -> Page:
    """At most `limit` messages behind the place `after`. What is taken in meanwhile moves no page."""
    statement = _selected(wanted).order_by(message.c.seq.desc()).limit(limit + 1)
    if after is not None:
        statement = statement.where(message.c.seq < after)
    found = [_view(row) for row in db.execute(statement).mappings()]
    more = len(found) > limit
    return Page(tuple(found[:limit]), found[limit - 1].seq if more else None)


def life(db: Connection, message_id: UUID) -> Life | None:
    """Everything about one message; None when the ledger has no such id."""
    row = db.execute(_selected(Filter(ids=(message_id,)))).mappings().one_or_none()
    if row is None:
        return None
    steps = db.execute(select(history).where(history.c.message_id == message_id).order_by(history.c.id))
    tries = db.execute(select(attempt).where(attempt.c.message_id == message_id).order_by(attempt.c.id))
    content = db.scalar(select(body.c.content).where(body.c.message_id == message_id))
    return Life(
        _view(row),
        tuple(Step(s.at, State(s.was) if s.was else None, Move(s.move), State(s.became), s.by, s.why) for s in steps),
        tuple(Try(t.at, t.outcome, t.http_status, t.code, t.duration_ms, t.worker) for t in tries),
        None if content is None else bytes(content),
    )


_COLUMNS: Final = tuple(
    message.c[name]
    for name in (
        *("id", "seq", "route", "procedure", "subject", "version", "area", "state", "hold", "due_at", "attempts"),
        *("last_code", "last_text", "findings", "rule", "created_at", "updated_at", "delivered_at"),
    )
)


def _selected(wanted: Filter) -> Select[tuple[object, ...]]:
    return select(*_COLUMNS).where(*conditions(wanted))


def conditions(wanted: Filter) -> Sequence[ColumnElement[bool]]:
    """The filter as conditions on the table `message`, for whoever selects by it."""
    m = message.c
    found: list[ColumnElement[bool]] = []
    if wanted.ids:
        found.append(m.id == any_(bindparam("wanted_ids", list(wanted.ids), ARRAY(Uuid))))
    if wanted.states:
        found.append(m.state.in_([state.value for state in wanted.states]))
    if wanted.routes:
        found.append(m.route.in_([route.value for route in wanted.routes]))
    for column, value in ((m.procedure, wanted.procedure), (m.area, wanted.area)):
        if value is not None:
            found.append(column == value)
    if wanted.areas:
        found.append(m.area.in_(wanted.areas))
    if wanted.subject is not None:
        found.append(or_(m.subject == wanted.subject, m.dossier == wanted.subject))
    if wanted.commune is not None:
        place = wanted.commune
        found.append(and_(m.office == place.code, m.received_on.between(place.first_day, place.last_day)))
    if wanted.code is not None:
        found.append(or_(m.last_code == wanted.code, m.findings.contains([{"code": wanted.code}])))
    if wanted.cause is not None:
        found.append(causes.condition(wanted.cause))
    if wanted.since is not None:
        found.append(m.created_at >= wanted.since)
    if wanted.until is not None:
        found.append(m.created_at < wanted.until)
    return found


def _view(row: RowMapping) -> MessageView:
    return MessageView(
        message_id=row["id"],
        seq=row["seq"],
        route=Route(row["route"]),
        procedure=row["procedure"],
        subject=row["subject"],
        version=row["version"],
        area=row["area"],
        state=State(row["state"]),
        waits_for=Hold(row["hold"]) if row["hold"] else None,
        due_at=row["due_at"],
        attempts=row["attempts"],
        last_code=row["last_code"],
        last_text=row["last_text"],
        findings=read_findings(row["findings"]),
        rule=row["rule"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        delivered_at=row["delivered_at"],
    )
