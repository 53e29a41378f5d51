"""What becomes of a withdrawal, and of the application it withdraws."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from connector.domain.message import LaneEntry, State

NEVER_SENT = "withdrawn before it was sent"
NEVER_TAKEN = "withdrawn, and the ministry had not taken it"
NOTHING_TO_WITHDRAW = "nothing reached the ministry: there is nothing to withdraw"
APPLICATION_IS_THERE = "the application is at the ministry"

_UNSENT = (State.HELD, State.READY, State.INVALID, State.REFUSED, State.EXHAUSTED)


@dataclass(frozen=True, slots=True)
class Decision:
    """`became` is READY (send the withdrawal), CANCELLED (neither is sent) or HELD (not known yet)."""

    became: State
    why: str = ""
    superseded: tuple[UUID, ...] = ()


def decide(applications: Sequence[LaneEntry], submissions: int, maybe_sent: Collection[UUID]) -> Decision:
    """Looks at the dossier's applications, the submissions the ministry took, and those whose outcome is unknown.

    While an application is on the line, or will be asked about again, the withdrawal waits for the answer. A dossier
    that was never seen may still come: a feed can show its events out of order.
    """
    if not applications:
        return Decision(State.HELD)
    if any(a.state is State.SENDING or (a.state is State.READY and a.message_id in maybe_sent) for a in applications):
        return Decision(State.HELD)
    unsent = tuple(a.message_id for a in applications if a.state in _UNSENT)
    if submissions > 0 or any(a.message_id in maybe_sent for a in applications):
        return Decision(State.READY, APPLICATION_IS_THERE, unsent)
    return Decision(State.CANCELLED, NOTHING_TO_WITHDRAW, unsent)
