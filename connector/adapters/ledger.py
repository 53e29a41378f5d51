"""The ledger: every message, and the only code that writes a message's state.

Each function takes an open connection and does its part of the caller's transaction. Batches go as arrays in one
statement, so that a hundred messages cost a round trip, not a hundred.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, text

from connector.adapters import ledger_statements as statements
from connector.adapters.admission import admit
from connector.adapters.arrays import array
from connector.domain.attempts import Settlement
from connector.domain.message import Draft, Hold, Move, Route, Ruling, State, allowed, check_move
from schemas.findings import Finding
from schemas.values import Procedure

_FINDINGS: Final = TypeAdapter(tuple[Finding, ...])


@dataclass(frozen=True, slots=True)
class Taken:
    """What a batch of drafts came to: the ids that are new, and how many were known already."""

    new: frozenset[UUID]
    duplicates: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A message one worker holds until its lease ends. `fence` must be shown when it is settled."""

    message_id: UUID
    route: Route
    procedure: Procedure
    subject: str
    version: int
    event: str
    status: int | None
    attempts: int
    fence: int
    area: str | None
    office: str | None
    received_on: date | None
    dossier: str | None
    rule: int | None
    last_code: str | None
    findings: tuple[Finding, ...]
    tries_from: int = 0
    again: bool = False
    ordinal: int | None = None
    body: bytes = field(repr=False)

    @property
    def tries(self) -> int:
        """The attempts that the schedule counts: those since it began, anew with each replay."""
        return self.attempts - self.tries_from


def take_in(db: Connection, drafts: Iterable[Draft], now: datetime, by: str) -> Taken:
    """Writes new messages with their bodies and their first line of history, as the modes of their areas let them in. A
    known `source_key` is counted, no more."""
    wanted: dict[bytes, Draft] = {}
    copies: Counter[bytes] = Counter()
    for draft in drafts:
        check_move(None, Move.TAKE_IN, draft.state)
        wanted.setdefault(draft.source_key, draft)
        copies[draft.source_key] += 1
    if not wanted:
        return Taken(frozenset(), 0)
    rows, rules = admit(db, list(wanted.values()))
    twice = [copies[key] - 1 for key in wanted]
    values = _columns(rows) | {"rules": array(rules), "twice": array(twice), "now": now, "by": by}
    new = frozenset(row.id for row in db.execute(statements.TAKE_IN, values))
    return Taken(new, copies.total() - len(new))


def _columns(drafts: Sequence[Draft]) -> dict[str, object]:
    return {
        "ids": array(d.message_id for d in drafts),
        "routes": array(d.route for d in drafts),
        "procedures": array(d.procedure for d in drafts),
        "subjects": array(d.subject for d in drafts),
        "versions": array(d.version for d in drafts),
        "events": array(d.event for d in drafts),
        "areas": array(d.area for d in drafts),
        "offices": array(d.office for d in drafts),
        "days": array(d.received_on for d in drafts),
        "states": array(d.state for d in drafts),
        "holds": array(d.hold if d.state is State.HELD and d.hold else None for d in drafts),
        "dues": array(d.due_at if d.state is State.READY else None for d in drafts),
        "statuses": array(d.status for d in drafts),
        "findings": array(_FINDINGS.dump_json(d.findings).decode() if d.findings else "[]" for d in drafts),
        "source_keys": array(d.source_key for d in drafts),
        "content_keys": array(d.content_key for d in drafts),
        "dossiers": array(d.dossier for d in drafts),
        "whys": array(d.why for d in drafts),
        "contents": [d.body for d in drafts],  # the driver sends bytes as they are; a literal would double them
    }


def claim(
    db: Connection,
    route: Route,
    *,
    limit: int,
    now: datetime,
    lease: timedelta,
    worker: str,
    suspects: bool = False,
) -> list[Claimed]:
    """Takes the messages that are due, at most `limit`, oldest first, and only the first of each lane.

    `suspects` are those whose last worker died with them; they are taken when asked for, and only then.

    What another worker is claiming at this moment is skipped. Each gets a new fence, and a lease that ends by itself.
    """
    rows = db.execute(
        statements.CLAIM_SUSPECTS if suspects else statements.CLAIM,
        {
            "route": route.value,
            "limit": limit,
            "now": now,
            "until": now + lease,
            "worker": worker,
        },
    )
    return [_claimed(row) for row in rows]


def _claimed(row: Row[Any]) -> Claimed:
    return Claimed(
        message_id=row.id,
        route=Route(row.route),
        procedure=row.procedure,
        subject=row.subject,
        version=row.version,
        event=row.event,
        status=row.status,
        attempts=row.attempts,
        fence=row.fence,
        area=row.area,
        office=row.office,
        dossier=row.dossier,
        rule=row.rule,
        received_on=row.received_on,
        last_code=row.last_code,
        findings=read_findings(row.findings),
        tries_from=row.tries_from,
        again=row.again,
        ordinal=row.ordinal,
        body=bytes(row.content),
    )


def settle(db: Connection, settlements: Sequence[Settlement], now: datetime, by: str) -> frozenset[UUID]:
    """Ends attempts: the new states, the attempts and the history in one statement.

    Returns the ids that were still ours. One with an old fence changes nothing: another worker has it by now.
    """
    if not settlements:
        return frozenset()
    for one in settlements:
        check_move(State.SENDING, one.move, one.became)
    rows = db.execute(
        statements.SETTLE,
        {
            "now": now,
            "by": by,
            "ids": array(s.message_id for s in settlements),
            "fences": array(s.fence for s in settlements),
            "moves": array(s.move for s in settlements),
            "became": array(s.became for s in settlements),
            "whys": array(s.why for s in settlements),
            "dues": array(s.due_at for s in settlements),
            "holds": array(s.hold for s in settlements),
            "codes": array(s.code for s in settlements),
            "texts": array(s.text for s in settlements),
            "findings": array(
                None if s.findings is None else _FINDINGS.dump_json(s.findings).decode() for s in settlements
            ),
            "ordinals": array(s.ordinal for s in settlements),
            "made": array(s.made for s in settlements),
            "counted": array(s.counted for s in settlements),
            "maybe_done": array(s.maybe_done for s in settlements),
            "ats": array(s.at for s in settlements),
            "outcomes": array(s.outcome for s in settlements),
            "http": array(s.http_status for s in settlements),
            "durations": array(s.duration_ms for s in settlements),
            "sent": array(s.sent for s in settlements),
        },
    )
    return frozenset(row.id for row in rows)


def expired(db: Connection, now: datetime, limit: int = 500) -> list[tuple[UUID, int, int]]:
    """Messages whose worker let its lease end: (id, fence, attempts since its schedule began), locked until they are
    settled."""
    rows = db.execute(
        text(
            "SELECT id, fence, attempts - tries_from AS tries FROM message"
            " WHERE state = 'sending' AND lease_until < :now ORDER BY lease_until LIMIT :limit FOR UPDATE SKIP LOCKED"
        ),
        {"now": now, "limit": limit},
    )
    return [(row.id, row.fence, row.tries) for row in rows]


def move(
    db: Connection,
    ids: Sequence[UUID],
    move: Move,
    became: State,
    *,
    now: datetime,
    by: str,
    why: str,
    hold: Hold | None = None,
) -> frozenset[UUID]:
    """Moves messages that nobody is sending. Those from whose state the table has no such line stay; returns the
    moved."""
    return rule(db, [Ruling(message_id, move, became, why=why, hold=hold) for message_id in ids], now=now, by=by)


def rule(db: Connection, rulings: Sequence[Ruling], *, now: datetime, by: str) -> frozenset[UUID]:
    """Moves messages that nobody is sending, each as it was decided; what is ready may go from now on. Those from whose
    state the table has no such line stay; returns the moved."""
    if not rulings:
        return frozenset()
    ids = [ruling.message_id for ruling in rulings]
    rows = db.execute(text("SELECT id, state FROM message WHERE id = ANY(:ids) ORDER BY id FOR UPDATE"), {"ids": ids})
    states = {row.id: State(row.state) for row in rows}
    able = [
        (one, was)
        for one in rulings
        if (was := states.get(one.message_id)) not in (None, State.SENDING) and allowed(was, one.move, one.became)
    ]
    if able:
        db.execute(statements.RULE, _ruled(able) | {"now": now, "by": by})
    return frozenset(one.message_id for one, _ in able)


def _ruled(able: Sequence[tuple[Ruling, State | None]]) -> dict[str, object]:
    return {
        "ids": [one.message_id for one, _ in able],
        "was": [was.value if was else None for _, was in able],
        "moves": [one.move.value for one, _ in able],
        "became": [one.became.value for one, _ in able],
        "whys": [one.why for one, _ in able],
        "holds": [one.hold.value if one.hold and one.became is State.HELD else None for one, _ in able],
        "findings": [None if one.findings is None else _FINDINGS.dump_json(one.findings).decode() for one, _ in able],
        "anew": [one.anew for one, _ in able],
    }


def restore_body(db: Connection, message_id: UUID, content: bytes) -> None:
    """Puts back the content of a message whose body was purged."""
    db.execute(statements.INSERT_BODY, {"ids": [message_id], "contents": [content]})


def note_rules(db: Connection, rules: Mapping[UUID, int | None]) -> None:
    """Which rules decided about these messages when they were claimed, where it is not the one of their intake."""
    if rules:
        db.execute(statements.NOTE_RULES, {"ids": list(rules), "rules": list(rules.values())})


def pull_forward(db: Connection, *, future: datetime, now: datetime, lease: timedelta) -> int:
    """Waits and leases that were written in a future that is no more end now; states stay. Returns how many there
    were."""
    ready, sending = statements.PULL_FORWARD
    rows = db.execute(ready, {"future": future, "now": now}).rowcount
    return rows + db.execute(sending, {"latest": future + lease, "now": now}).rowcount


def read_findings(value: object) -> tuple[Finding, ...]:
    """Findings as the ledger keeps them."""
    return _FINDINGS.validate_python(value) if value else ()
