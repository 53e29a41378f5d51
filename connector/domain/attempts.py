"""How an attempt ends: what its error, its count and the schedule make of the message."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from connector.domain.backoff import LONGEST_PATIENCE, wait_before_next
from connector.domain.errors import Conflict, DeliveryError, Invalid, Refused, Throttled, Unauthorised, Unreachable
from connector.domain.message import Hold, Move, State
from schemas.findings import Finding

# A message whose partner was found closed is looked at again after this; the partner's door says whether it goes.
CLOSED_PAUSE: Final = timedelta(seconds=1)
DEFAULT_PATIENCE: Final = timedelta(seconds=5)
LEASE_ENDED: Final = "LEASE_ENDED"


class Settlement(NamedTuple):
    """How one claimed message came out of its attempt, and what the attempt was.

    `made` is false when the partner was closed before this message's call: no attempt is kept. `counted` is false for
    401, 403 and 429 as well. `maybe_done` says that the outcome is unknown.
    """

    message_id: UUID
    fence: int
    move: Move
    became: State
    at: datetime
    outcome: str
    why: str = ""
    due_at: datetime | None = None
    hold: Hold | None = None
    code: str | None = None
    text: str | None = None
    findings: tuple[Finding, ...] | None = None
    ordinal: int | None = None
    made: bool = True
    counted: bool = True
    maybe_done: bool = False
    http_status: int | None = None
    duration_ms: int | None = None
    sent: str | None = None


class Attempt(NamedTuple):
    """One message on its way out. `attempts` are those counted before this one; `sent` is what was sent, as a
    fingerprint."""

    message_id: UUID
    fence: int
    attempts: int
    findings: tuple[Finding, ...]
    at: datetime
    duration_ms: int | None = None
    ordinal: int | None = None
    sent: str | None = None


def delivered(attempt: Attempt, *, repeated: bool, http_status: int | None) -> Settlement:
    """The partner has it, by this call or by an earlier one whose answer was lost."""
    return Settlement(
        message_id=attempt.message_id,
        fence=attempt.fence,
        move=Move.DELIVER,
        became=State.DELIVERED,
        at=attempt.at,
        outcome="already-there" if repeated else "delivered",
        why="the partner had it already" if repeated else "",
        ordinal=attempt.ordinal,
        http_status=http_status,
        duration_ms=attempt.duration_ms,
        sent=attempt.sent,
    )


def failed(
    attempt: Attempt,
    error: DeliveryError,
    *,
    schedule: Sequence[timedelta],
    now: datetime,
    luck: float,
    probe: bool = False,
) -> Settlement:
    """What happens next to a message whose attempt ended in an error.

    A probe is made while the breaker is open, for the sake of all: that it failed is not counted against its message.
    """
    spared = probe and isinstance(error, Unreachable)
    move, became, due_at = (
        (Move.POSTPONE, State.READY, now + CLOSED_PAUSE) if spared else _next(attempt, error, schedule, now, luck)
    )
    found = (*attempt.findings, error.finding) if isinstance(error, Invalid) else None
    return Settlement(
        message_id=attempt.message_id,
        fence=attempt.fence,
        move=move,
        became=became,
        at=attempt.at,
        outcome=error.outcome,
        why=error.code,
        due_at=due_at,
        code=error.code,
        text=error.text,
        findings=found,
        counted=not (spared or isinstance(error, Throttled | Unauthorised | Invalid)),
        maybe_done=isinstance(error, Unreachable) and error.maybe_done,
        http_status=error.http_status,
        duration_ms=attempt.duration_ms,
        sent=attempt.sent,
    )


def put_back(attempt: Attempt, closed_by: DeliveryError, now: datetime) -> Settlement:
    """Claimed, and not sent, because another call of the batch found the partner closed."""
    return Settlement(
        message_id=attempt.message_id,
        fence=attempt.fence,
        move=Move.POSTPONE,
        became=State.READY,
        at=attempt.at,
        outcome="put-back",
        why=closed_by.code,
        due_at=now + (patience_of(closed_by) if isinstance(closed_by, Throttled) else CLOSED_PAUSE),
        code=closed_by.code,
        text=closed_by.text,
        made=False,
        counted=False,
    )


def held_by_area(attempt: Attempt, why: str) -> Settlement:
    """Claimed, and not sent: its area is not live, or was closed meanwhile."""
    return Settlement(
        message_id=attempt.message_id,
        fence=attempt.fence,
        move=Move.HOLD,
        became=State.HELD,
        at=attempt.at,
        outcome="area-closed",
        why=why,
        hold=Hold.AREA,
        made=False,
        counted=False,
    )


def lease_ended(attempt: Attempt, *, schedule: Sequence[timedelta], now: datetime, luck: float) -> Settlement:
    """The worker is gone, and with it the answer: a counted attempt of unknown outcome, so that no message kills for
    ever."""
    wait = wait_before_next(attempt.attempts + 1, schedule, luck=luck)
    return Settlement(
        message_id=attempt.message_id,
        fence=attempt.fence,
        move=Move.EXHAUST if wait is None else Move.EXPIRE,
        became=State.EXHAUSTED if wait is None else State.READY,
        at=attempt.at,
        outcome="lost",
        why=LEASE_ENDED,
        # What a dead worker held is tried again at once the first time: the message is not to blame for one death.
        due_at=None if wait is None else now + (wait if attempt.attempts else timedelta(0)),
        code=LEASE_ENDED,
        text="the worker that held it did not come back; whether its call took effect is unknown",
        maybe_done=True,
    )


def held_again(attempt: Attempt, error: DeliveryError, hold: Hold, why: str) -> Settlement:
    """The partner does not expect it yet: it waits until it does."""
    return Settlement(
        message_id=attempt.message_id,
        fence=attempt.fence,
        move=Move.HOLD,
        became=State.HELD,
        at=attempt.at,
        outcome=error.outcome,
        why=why,
        hold=hold,
        code=error.code,
        text=error.text,
        http_status=error.http_status,
        duration_ms=attempt.duration_ms,
        sent=attempt.sent,
    )


def patience_of(error: Throttled) -> timedelta:
    """How long a partner that throttles us is left alone."""
    return min(error.asked or DEFAULT_PATIENCE, LONGEST_PATIENCE)


def _next(
    attempt: Attempt, error: DeliveryError, schedule: Sequence[timedelta], now: datetime, luck: float
) -> tuple[Move, State, datetime | None]:
    if isinstance(error, Throttled):
        return Move.POSTPONE, State.READY, now + patience_of(error)
    if isinstance(error, Unauthorised):
        return Move.POSTPONE, State.READY, now + CLOSED_PAUSE
    if isinstance(error, Invalid):
        return Move.QUARANTINE, State.INVALID, None
    if isinstance(error, Refused | Conflict):
        return Move.REFUSE, State.REFUSED, None
    wait = wait_before_next(attempt.attempts + 1, schedule, asked=error.asked, luck=luck)
    if wait is None:
        return Move.EXHAUST, State.EXHAUSTED, None
    return Move.POSTPONE, State.READY, now + wait
