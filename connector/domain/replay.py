"""Replay jobs: what would become of a message, how a job goes on, and when it stops by itself."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from connector.domain.message import State


class Verb(StrEnum):
    """What a job does with each of its messages."""

    REPLAY = "replay"  # the stored body, with today's checks and mapping
    REFETCH = "refetch"  # the source is asked again first


class JobState(StrEnum):
    PLANNING = "planning"  # its list is frozen; what would happen is still being worked out
    PLANNED = "planned"  # it can be run as it was shown
    RUNNING = "running"
    PAUSED = "paused"  # by a person, or by itself; `paused_why` says
    STOPPING = "stopping"  # nothing more is put on the line; what is there is awaited
    STOPPED = "stopped"
    DONE = "done"


class ItemState(StrEnum):
    LISTED = "listed"  # in a plan that does not run
    PENDING = "pending"  # in a job that runs, not yet put on the line
    RELEASED = "released"  # on the line; its outcome is awaited
    SENT = "sent"
    SKIPPED = "skipped"  # was not put on the line, or not needed any more; `outcome` says why
    FAILED = "failed"  # stopped again


class Prospect(StrEnum):
    """What would become of a message if it were replayed now."""

    SEND = "send"
    INVALID = "invalid"  # a check or the mapping still fails
    HELD = "held"  # its area is not live, or it waits for something else that has to happen
    WAITS = "waits"  # behind another message of its lane
    DELIVERED = "delivered"  # the partner has it; only sent again when a person insists
    ASK = "ask"  # there is no body to send: the source has to be asked again
    CANNOT = "cannot"  # its state has no replay, or a later version has gone already


ACTIVE: Final = (JobState.RUNNING, JobState.PAUSED, JobState.STOPPING)
ENDED: Final = (JobState.STOPPED, JobState.DONE)
OPEN_ITEMS: Final = (ItemState.LISTED, ItemState.PENDING, ItemState.RELEASED)
# While an item is one of these, no other job may have its message.
ENGAGED: Final = (ItemState.PENDING, ItemState.RELEASED)

# Messages put on the line before the next wave waits for what became of them; None: all that is left.
WAVES: Final[tuple[int | None, ...]] = (1, 5, 50, None)
# Of a long wave the share of failures is judged once so many have ended.
ENOUGH_TO_JUDGE: Final = 10
# So many are on the line at most: what is there when a person stops a job goes out.
ON_THE_LINE: Final = 200


@dataclass(frozen=True, slots=True)
class Wave:
    """How the wave that is on the line stands. `size` None: the rest. `open` are those whose outcome is awaited;
    `failed` those that stopped although no plan foretold it, or that keep failing."""

    size: int | None
    released: int
    open: int
    sent: int
    failed: int


def wave_size(step: int) -> int | None:
    """The size of the wave with this place in the sequence."""
    return WAVES[min(step, len(WAVES) - 1)]


def is_over(wave: Wave, *, pending: bool) -> bool:
    """Whether all of it went on the line and ended."""
    return wave.open == 0 and (not pending or (wave.size is not None and wave.released >= wave.size))


def why_pause(wave: Wave, *, pending: bool, largest_share: float) -> str | None:
    """Why a job has to wait for a person now; None when it may go on."""
    ended = wave.sent + wave.failed
    if not wave.failed or not (is_over(wave, pending=pending) or ended >= ENOUGH_TO_JUDGE):
        return None
    share = wave.failed / ended
    return f"failures: {wave.failed} of {ended}" if share > largest_share else None


def why_news(codes: Collection[str]) -> str:
    """Why a job waits for a person when messages stopped in a way that its plan did not show."""
    return f"unknown-error: {', '.join(sorted(codes))}"


def room(wave: Wave, *, rate: int, since_last: timedelta | None) -> int:
    """How many may go on the line now: what the wave and the rate leave, and never more than are awaited at once."""
    seconds = 1.0 if since_last is None else since_last.total_seconds()
    # Less than nothing: the clock was set back.
    earned = int(rate * (min(seconds, 1.0) if seconds >= 0 else 1.0))
    left = ON_THE_LINE - wave.open if wave.size is None else wave.size - wave.released
    return max(min(earned, left, ON_THE_LINE - wave.open), 0)


@dataclass(frozen=True, slots=True)
class Ending:
    """How an item ends: its state, and the word for it (`delivered`, `exhausted`, `cancelled`, …)."""

    state: ItemState
    outcome: str


def ending_of(state: State) -> Ending | None:
    """What the state of its message makes of an item that was put on the line; None while it is on its way."""
    if state in (State.READY, State.SENDING):
        return None
    if state is State.DELIVERED:
        return Ending(ItemState.SENT, "delivered")
    if state in (State.HELD, State.CANCELLED, State.SUPERSEDED):
        return Ending(ItemState.SKIPPED, state.value)
    return Ending(ItemState.FAILED, state.value)


def agrees(prospect: Prospect | None, item: ItemState) -> bool | None:
    """Whether an item ended as its rehearsal said; None while it is open."""
    if item in OPEN_ITEMS:
        return None
    expected: Mapping[Prospect, Collection[ItemState]] = {
        Prospect.SEND: (ItemState.SENT,),
        Prospect.WAITS: (ItemState.SENT, ItemState.SKIPPED),
        Prospect.INVALID: (ItemState.FAILED,),
    }
    return prospect is not None and item in expected.get(prospect, (ItemState.SKIPPED,))


def age_of(since: datetime, now: datetime) -> str:
    """The class of age in which a plan counts a message: `1h`, `1d`, `7d`, `30d` at most, or `older`."""
    for name, limit in (("1h", 3600), ("1d", 86400), ("7d", 7 * 86400), ("30d", 30 * 86400)):
        if (now - since).total_seconds() <= limit:
            return name
    return "older"
