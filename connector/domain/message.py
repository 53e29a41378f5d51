"""What a message can be and how it gets there: the one table of states and moves.

The ledger, the console, the commands and docs/journey.md read this table; the database repeats it as constraints.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID, uuid4

from schemas.findings import Finding
from schemas.values import Procedure


class Route(StrEnum):
    APPLICATION = "application"
    WITHDRAWAL = "withdrawal"
    PROGRESS = "progress"
    RESULT = "result"
    REGISTER = "register"


class Partner(StrEnum):
    MINISTRY = "ministry"
    PROVINCE = "province"


DESTINATION: Final[dict[Route, Partner]] = {
    Route.APPLICATION: Partner.MINISTRY,
    Route.WITHDRAWAL: Partner.MINISTRY,
    Route.PROGRESS: Partner.PROVINCE,
    Route.RESULT: Partner.PROVINCE,
    Route.REGISTER: Partner.PROVINCE,
}

# Whom a delivery also asks: an application's files are fetched when it goes. While that partner is away none goes, or
# each would spend its attempts on files that nobody gives. The price: one without files waits, too.
SOURCES: Final[dict[Route, Partner]] = {Route.APPLICATION: Partner.PROVINCE}


class State(StrEnum):
    HELD = "held"  # may not go yet; `Hold` says what it waits for
    INVALID = "invalid"  # a check failed; the source must correct it, or a person override it
    READY = "ready"  # may be sent from `due_at` on
    SENDING = "sending"  # one worker holds it until `lease_until`
    DELIVERED = "delivered"  # the partner has it
    REFUSED = "refused"  # the partner said no, and would say no again
    EXHAUSTED = "exhausted"  # the retry schedule is spent
    CANCELLED = "cancelled"  # a person gave up, with a reason; can be restored
    SUPERSEDED = "superseded"  # something newer made it pointless before it was sent


class Move(StrEnum):
    TAKE_IN = "take_in"
    CLAIM = "claim"
    DELIVER = "deliver"
    POSTPONE = "postpone"
    EXPIRE = "expire"
    EXHAUST = "exhaust"
    REFUSE = "refuse"
    QUARANTINE = "quarantine"
    HOLD = "hold"
    RELEASE = "release"
    SUPERSEDE = "supersede"
    CANCEL = "cancel"
    RESTORE = "restore"
    REPLAY = "replay"
    OVERRIDE = "override"


class Hold(StrEnum):
    """What a held message waits for."""

    AREA = "area"  # its area is not live
    REQUEST = "request"  # the ministry has not asked for this supplement yet
    DOCUMENT = "document"  # the ministry's result has no signed document yet
    APPLICATION = "application"  # the application it withdraws is on the line


MOVES: Final[dict[Move, tuple[tuple[State | None, ...], tuple[State, ...]]]] = {
    Move.TAKE_IN: ((None,), (State.READY, State.HELD, State.INVALID, State.CANCELLED)),
    Move.CLAIM: ((State.READY,), (State.SENDING,)),
    Move.DELIVER: ((State.SENDING,), (State.DELIVERED,)),
    Move.POSTPONE: ((State.SENDING,), (State.READY,)),
    Move.EXPIRE: ((State.SENDING,), (State.READY,)),
    Move.EXHAUST: ((State.SENDING,), (State.EXHAUSTED,)),
    Move.REFUSE: ((State.SENDING,), (State.REFUSED,)),
    Move.QUARANTINE: ((State.SENDING,), (State.INVALID,)),
    Move.HOLD: ((State.READY, State.SENDING), (State.HELD,)),
    Move.RELEASE: ((State.HELD,), (State.READY,)),
    Move.SUPERSEDE: ((State.HELD, State.READY, State.INVALID, State.REFUSED, State.EXHAUSTED), (State.SUPERSEDED,)),
    Move.CANCEL: ((State.HELD, State.INVALID, State.READY, State.REFUSED, State.EXHAUSTED), (State.CANCELLED,)),
    Move.RESTORE: ((State.CANCELLED,), (State.READY, State.HELD, State.INVALID)),
    Move.REPLAY: (
        (State.INVALID, State.REFUSED, State.EXHAUSTED, State.DELIVERED),
        (State.READY, State.HELD, State.INVALID),
    ),
    Move.OVERRIDE: ((State.INVALID,), (State.READY, State.HELD, State.INVALID)),
}

# While one of these stands, what came later in the same lane waits.
BLOCKS_ITS_LANE: Final = (State.HELD, State.READY, State.SENDING, State.EXHAUSTED)


class MoveNotAllowed(Exception):
    """The table has no such move. What was asked for did not happen."""

    def __init__(self, was: State | None, move: Move, to: State) -> None:
        super().__init__(f"a message that is {was or 'not there'} cannot {move} to {to}")


def allowed(was: State | None, move: Move, to: State) -> bool:
    starts, ends = MOVES[move]
    return was in starts and to in ends


def check_move(was: State | None, move: Move, to: State) -> None:
    """Raises MoveNotAllowed when the table has no such line."""
    if not allowed(was, move, to):
        raise MoveNotAllowed(was, move, to)


def as_mermaid() -> str:
    """The table as docs/journey.md draws it."""
    lines = ["stateDiagram-v2"]
    for move, (starts, ends) in MOVES.items():
        lines += [f"    {start or '[*]'} --> {end}: {move}" for start in starts for end in ends]
    return "\n".join(lines)


class Draft(NamedTuple):
    """A message before the ledger has it.

    `source_key` knows a message again: a second draft with the same key is a duplicate, counted and otherwise ignored.
    """

    message_id: UUID
    route: Route
    subject: str
    version: int
    source_key: bytes
    body: bytes
    state: State
    event: str = ""
    procedure: Procedure | None = None
    area: str | None = None
    office: str | None = None
    received_on: date | None = None
    content_key: bytes | None = None
    due_at: datetime | None = None
    hold: Hold | None = None
    status: int | None = None
    findings: tuple[Finding, ...] = ()
    dossier: str | None = None  # whose code the subject is not, and which it was born of
    why: str = ""

    def __repr__(self) -> str:
        return f"Draft({self.message_id})"  # without the body, which is about citizens


@dataclass(frozen=True, slots=True)
class Ruling:
    """What becomes of one message that nobody is sending. `anew`: its retry schedule begins again."""

    message_id: UUID
    move: Move
    became: State
    why: str = ""
    hold: Hold | None = None
    findings: tuple[Finding, ...] | None = None  # None: as they are
    anew: bool = False


@dataclass(frozen=True, slots=True)
class LaneEntry:
    """A message as its lane sees it, without its body."""

    message_id: UUID
    subject: str
    version: int
    event: str
    state: State
    hold: Hold | None
    attempts: int
    content_key: bytes | None


def new_id(now: datetime) -> UUID:
    """A message's id: random behind the instant (RFC 9562, version 7), so that new ones lie side by side in every
    index. Quite random ones touch a page each, and each page goes into PostgreSQL's log whole."""
    milliseconds = int(now.timestamp() * 1000) & (1 << 48) - 1
    random = uuid4().int & (1 << 74) - 1
    return UUID(int=milliseconds << 80 | 7 << 76 | (random >> 62) << 64 | 2 << 62 | random & (1 << 62) - 1)


def source_key(*parts: str) -> bytes:
    """The key under which a draft is known again."""
    return hashlib.sha256("\n".join(parts).encode()).digest()


def first_state(findings: Iterable[Finding], hold: Hold | None) -> State:
    """Where a message begins: quarantined by a finding, held by what it waits for, or ready."""
    if any(finding.blocks for finding in findings):
        return State.INVALID
    return State.HELD if hold else State.READY
