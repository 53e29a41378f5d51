"""Whether the life of a message explains its state: pure rules over the ledger's rows, apart from the ledger's code."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from connector.domain.message import MOVES, Move, State

Kind = Literal["unexplained", "doubled", "out_of_order"]
DELIVERING: Final = ("delivered", "already-there")
NO: Final = ("refused", "conflict")
# In these a message is not at its end, and something has to be known that will move it.
OPEN: Final = ("held", "ready", "sending")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A message, without its content. `blocked` says that one of its findings quarantines it."""

    message_id: str
    route: str
    subject: str
    version: int
    seq: int
    state: str
    hold: str | None = None
    due_at: datetime | None = None
    lease_until: datetime | None = None
    fence: int = 0
    attempts: int = 0
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A line of history; `place` grows with time over all messages."""

    place: int
    was: str | None
    move: str
    became: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Try:
    outcome: str
    counted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """A message with everything that was written about it, each list in the order in which it was written."""

    row: Row
    steps: Sequence[Step]
    tries: Sequence[Try]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A dossier as the ledger knows it, for what waits on it."""

    submissions: int = 0
    asked_for: int | None = None
    awaits_document: bool = False
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Flaw:
    """A message, or a lane, that the rules do not explain. Names ids and states, never a subject's data."""

    kind: Kind
    subject: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """When the ledger was read, how late things may be on a busy machine, how many counted attempts exhaust."""

    now: datetime
    patience: timedelta
    tries: int


def flaws(lives: Sequence[Life], standing: Standing | None, terms: Terms) -> Iterator[Flaw]:
    """Everything that is wrong with the messages of one subject."""
    for life in lives:
        for kind, why in _of_one(life):
            yield _flaw(kind, life.row, why)
        for why in (*_of_its_end(life, terms), *_of_its_waiting(life, lives, standing, terms)):
            yield _flaw("unexplained", life.row, why)
    for route in sorted({life.row.route for life in lives}):
        yield from _of_a_lane([life for life in lives if life.row.route == route])


def _flaw(kind: Kind, row: Row, why: str) -> Flaw:
    return Flaw(kind, row.subject, f"{row.route} {row.message_id} ({row.state}): {why}")


def _of_one(life: Life) -> Iterator[tuple[Kind, str]]:
    """The chain of moves, and the counts that must agree with it."""
    row, steps, tries = life.row, life.steps, life.tries
    if not steps:
        yield "unexplained", "no history"
        return
    before: str | None = None
    for step in steps:
        if step.was != before:
            yield "unexplained", f"{step.move} from {step.was}, but it was {before}"
        if not _in_the_table(step):
            yield "unexplained", f"no such move: {step.was} {step.move} {step.became}"
        before = step.became
    if before != row.state:
        yield "unexplained", f"the history ends as {before}"
    claims = sum(step.move == Move.CLAIM for step in steps)
    if claims != row.fence:
        yield "unexplained", f"fence {row.fence} after {claims} claims"
    counted = sum(one.counted for one in tries)
    if counted != row.attempts:
        yield "unexplained", f"{row.attempts} attempts, but {counted} counted ones are kept"
    if len(tries) > claims:
        yield "unexplained", f"{len(tries)} attempts kept of {claims} claims"
    ends = sum(step.move == Move.DELIVER for step in steps)
    good = sum(one.outcome in DELIVERING for one in tries)
    if ends != good:
        yield "unexplained", f"delivered {ends} times by {good} delivering attempts"
    replays = sum(step.move in (Move.REPLAY, Move.RESTORE) for step in steps)
    if ends > 1 + replays:
        yield "doubled", f"delivered {ends} times"


def _in_the_table(step: Step) -> bool:
    try:
        starts, ends = MOVES[Move(step.move)]
        return (None if step.was is None else State(step.was)) in starts and State(step.became) in ends
    except ValueError:
        return False


def _of_its_end(life: Life, terms: Terms) -> Iterator[str]:
    """A state at rest has its reason in what came before."""
    row, last = life.row, life.tries[-1].outcome if life.tries else None
    if row.state == State.DELIVERED and last not in DELIVERING:
        yield f"delivered, and its last attempt was {last}"
    if row.state == State.REFUSED and last not in NO:
        yield f"refused, and its last attempt was {last}"
    if row.state == State.EXHAUSTED and row.attempts < terms.tries:
        yield f"exhausted after {row.attempts} of {terms.tries} attempts"
    if row.state == State.INVALID and not row.blocked:
        yield "invalid without a finding that stops it"
    if row.state in (State.CANCELLED, State.SUPERSEDED) and life.steps and not life.steps[-1].why:
        yield "given up without a reason"


def _of_its_waiting(life: Life, lives: Sequence[Life], standing: Standing | None, terms: Terms) -> Iterator[str]:
    """What is not at its end must have something that will move it."""
    row, late = life.row, terms.now - terms.patience
    if row.state == State.READY and row.due_at is not None and row.due_at < late and not _is_behind(row, lives):
        yield "due, and nobody takes it"
    if row.state == State.SENDING and row.lease_until is not None and row.lease_until < late:
        yield "its lease has ended, and nobody notices"
    if row.state == State.HELD and not _is_held_rightly(row, lives, standing):
        yield f"held for its {row.hold}, which is no reason any more"


def _is_behind(row: Row, lives: Sequence[Life]) -> bool:
    """Whether an earlier message of its lane is still on its way."""
    return any(
        other.row.route == row.route
        and (other.row.version, other.row.seq) < (row.version, row.seq)
        and other.row.state in (*OPEN, State.EXHAUSTED)
        for other in lives
    )


def _is_held_rightly(row: Row, lives: Sequence[Life], standing: Standing | None) -> bool:
    applications = [life.row for life in lives if life.row.route == "application"]
    if row.hold == "document":
        return standing is not None and standing.awaits_document
    if row.hold == "application":
        return not applications or any(one.state in ("ready", "sending") for one in applications)
    if row.hold == "request" and standing is not None:
        if standing.submissions == 0:
            return standing.withdrawn or not any(one.version < row.version for one in applications)
        return standing.withdrawn or standing.asked_for != standing.submissions or _is_behind(row, lives)
    return False


def _of_a_lane(lane: Sequence[Life]) -> Iterator[Flaw]:
    """Deliveries of one lane come in its order. A replay of an old version is a person's wish and no overtaking."""
    delivered = []
    for life in lane:
        first = next((step.place for step in life.steps if step.move == Move.DELIVER), None)
        if first is not None:
            delivered.append((life.row.version, life.row.seq, first, life.row))
    delivered.sort(key=lambda one: one[:2])
    newest = 0
    for version, _, place, row in delivered:
        if place < newest:
            yield _flaw("out_of_order", row, f"version {version} was delivered before an earlier one")
        newest = max(newest, place)
