"""When a partner is left alone, for how long, and what opens the door again. One breaker a partner, shared by all
workers.

Only a partner that is away, or that does not accept us, trips it; what it refuses is an answer like any other.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from connector.domain.attempts import patience_of
from connector.domain.errors import DeliveryError, NotYet, Throttled, Unauthorised, Unreachable

# A sample is worth half after this long, so that yesterday's calls say nothing of today.
HALF_LIFE: Final = timedelta(seconds=15)
SMALLEST_SAMPLE: Final = 10.0
FAILING_SHARE: Final = 0.5
FIRST_PAUSE: Final = timedelta(seconds=5)
LONGEST_PAUSE: Final = timedelta(seconds=30)
AWAY: Final = "unreachable"
# Clocks of several machines differ a little; that is no setback.
TOLERANCE: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Breaker:
    """`good` and `bad` are calls, weighed by their age at `sampled_at`, which is when this was written.

    While `tripped`, one probe at a time may go after `closed_until`.

    `closed_until` is also set, without tripping, by a partner that asks for patience.
    """

    good: float = 0.0
    bad: float = 0.0
    sampled_at: datetime | None = None
    tripped: bool = False
    trips: int = 0
    closed_until: datetime | None = None
    why: str | None = None


def in_the_present(breaker: Breaker, now: datetime) -> Breaker:
    """A pause that was begun by a clock ahead of ours has no length that we know: it ends."""
    if breaker.sampled_at is None or breaker.sampled_at <= now + TOLERANCE:
        return breaker
    return replace(breaker, sampled_at=now, closed_until=breaker.closed_until and now)


def after_calls(breaker: Breaker, *, good: int, bad: int, now: datetime) -> Breaker:
    """What calls came to. A success closes a tripped breaker; a failure of its probe keeps it open for longer."""
    if breaker.tripped:
        if good:
            return Breaker(good=float(good), sampled_at=now)
        return tripped(breaker, breaker.why or AWAY, now) if bad else breaker
    weight = 1.0 if breaker.sampled_at is None else 0.5 ** ((now - breaker.sampled_at) / HALF_LIFE)
    weight = min(max(weight, 0.0), 1.0)  # a clock that was set back makes no sample heavier
    sampled = replace(breaker, good=breaker.good * weight + good, bad=breaker.bad * weight + bad, sampled_at=now)
    total = sampled.good + sampled.bad
    if bad and total >= SMALLEST_SAMPLE and sampled.bad >= FAILING_SHARE * total:
        return tripped(sampled, AWAY, now)
    return sampled


def after_error(breaker: Breaker, error: DeliveryError, now: datetime) -> Breaker:
    """What one error says of the partner beyond the sample: it asks for patience, or it does not accept us."""
    if isinstance(error, Unauthorised):
        if breaker.tripped and breaker.closed_until is not None and breaker.closed_until > now:
            return replace(breaker, why=error.outcome)  # calls made at once meet the same door: one trip
        return tripped(breaker, error.outcome, now)
    if isinstance(error, Throttled):
        until = now + patience_of(error)
        if breaker.closed_until is None or breaker.closed_until < until:
            why = breaker.why if breaker.tripped else error.outcome
            return replace(breaker, closed_until=until, why=why, sampled_at=now)
    return breaker


def tripped(breaker: Breaker, why: str, now: datetime) -> Breaker:
    """Open, for a pause that doubles each time until a success."""
    pause = min(FIRST_PAUSE * 2 ** min(breaker.trips, 10), LONGEST_PAUSE)
    return replace(breaker, tripped=True, trips=breaker.trips + 1, closed_until=now + pause, why=why, sampled_at=now)


def is_failure(error: DeliveryError) -> bool:
    """Whether an error speaks against the partner's health."""
    return isinstance(error, Unreachable) and not isinstance(error, NotYet)
