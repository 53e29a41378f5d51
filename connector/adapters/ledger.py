"""The ledger: every message, and the only code that writes a message's state.

Each function takes an open connection and does its part of the caller's transaction. Batches go as arrays in one
statement, so that a hundred messages cost a round trip, not a hundred.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import Final, NamedTuple
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Connection, text

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


class Claimed(NamedTuple):
    """A message one worker holds until its lease ends. `fence` must be shown when it is settled.

    In the order of the claim's columns.
    """

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
    tries_from: int
    again: bool
    ordinal: int | None
    findings: tuple[Finding, ...]
    body: bytes

    def __repr__(self) -> str:
        return f"Claimed({self.message_id})"  # without the body, which is about citizens

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
    values = _columns(rows) | {"rule": array(rules), "duplicates": array(twice), "now": now, "by": by}
    new = frozenset(db.execute(statements.TAKE_IN, values).scalars().all())
    return Taken(new, copies.total() - len(new))


def _columns(drafts: Sequence[Draft]) -> dict[str, object]:
    columns: dict[str, Sequence[object]] = dict(zip(Draft._fields, zip(*drafts, strict=True), strict=True))
    columns["hold"] = [d.hold if d.state is State.HELD and d.hold else None for d in drafts]
    columns["due_at"] = [d.due_at if d.state is State.READY else None for d in drafts]
    columns["findings"] = [_written(d.findings) for d in drafts]
    # All bodies as one value: the driver sends it as it is, and takes a list of them apart.
    del columns["body"]
    columns["size"] = [len(d.body) for d in drafts]
    columns["start"] = list(accumulate(columns["size"], initial=1))[:-1]
    bodies = b"".join([d.body for d in drafts])
    return {name: array(column) for name, column in columns.items()} | {"bodies": bodies}


def claim(
    db: Connection,
    route: Route,
    *,
    limit: int,
    least: int | None = None,
    now: datetime,
    lease: timedelta,
    worker: str,
    suspects: bool = False,
) -> list[Claimed]:
    """Takes the messages that are due, at most `limit`, oldest first, and only the first of each lane. When fewer than
    twice as many are due it takes half of them, but at least `least` (else `limit`).

    `suspects` are those whose last worker died with them; they are taken when asked for, and only then.

    What another worker is claiming at this moment is skipped. Each gets a new fence, and a lease that ends by itself.
    """
    rows = db.execute(
        statements.CLAIM_SUSPECTS if suspects else statements.CLAIM,
        {
            "route": route.value,
            "limit": limit,
            "least": limit if least is None else min(least, limit),
            "now": now,
            "until": now + lease,
            "worker": worker,
        },
    )
    return [
        Claimed._make((message_id, route, *told, read_findings(findings), body))
        for message_id, *told, findings, body in rows.all()
    ]


def settle(db: Connection, settlements: Sequence[Settlement], now: datetime, by: str) -> frozenset[UUID]:
    """Ends attempts: the new states, the attempts and the history in one statement.

    Returns the ids that were still ours. One with an old fence changes nothing: another worker has it by now.
    """
    if not settlements:
        return frozenset()
    for one in settlements:
        check_move(State.SENDING, one.move, one.became)
    columns: dict[str, Sequence[object]] = dict(zip(Settlement._fields, zip(*settlements, strict=True), strict=True))
    columns["findings"] = [one.findings if one.findings is None else _written(one.findings) for one in settlements]
    values = {name: array(column) for name, column in columns.items()}
    rows = db.execute(statements.SETTLE, {**values, "now": now, "by": by})
    return frozenset(rows.scalars().all())


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
        "findings": [None if one.findings is None else _written(one.findings) for one, _ in able],
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


def _written(findings: tuple[Finding, ...]) -> str:
    return _FINDINGS.dump_json(findings).decode() if findings else "[]"


def read_findings(value: object) -> tuple[Finding, ...]:
    """Findings as the ledger keeps them."""
    return _FINDINGS.validate_python(value) if value else ()
