"""One errand with its answer, and what that makes of its message."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from connector.delivery.senders import Answer, Errand, Sent
from connector.domain.attempts import Attempt, Settlement, delivered, failed, held_again, held_by_area, put_back
from connector.domain.breaker import is_failure
from connector.domain.errors import DeliveryError, Invalid, NotExpectedNow
from connector.domain.message import Hold, Partner


@dataclass(slots=True)
class Trip:
    """One errand with its answer and its times. `made` is false when no call was made."""

    errand: Errand
    answer: Answer
    at: datetime
    duration_ms: int
    made: bool = True

    @property
    def attempt(self) -> Attempt:
        message = self.errand.message
        return Attempt(
            message_id=message.message_id,
            fence=message.fence,
            attempts=message.tries,
            findings=message.findings,
            at=self.at,
            duration_ms=self.duration_ms,
            ordinal=self.errand.ordinal,
            sent=self.errand.sent,
        )


def settlement(
    trip: Trip, *, schedule: Sequence[timedelta], now: datetime, probe: bool, shut: Mapping[UUID, str]
) -> Settlement:
    """How its message goes on. `shut`: why it stays, for each message whose area was closed before its call."""
    answer, attempt = trip.answer, trip.attempt
    if isinstance(answer, Sent):
        return delivered(attempt, repeated=answer.repeated, http_status=answer.http_status)
    if attempt.message_id in shut:
        return held_by_area(attempt, shut[attempt.message_id])
    if not trip.made:
        return put_back(attempt, answer, now)
    if isinstance(answer, NotExpectedNow) and (trip.errand.ordinal or 0) > 1:
        return held_again(attempt, answer, Hold.REQUEST, "the ministry does not expect it now")
    return failed(attempt, answer, schedule=schedule, now=now, luck=random.random(), probe=probe)


def came_from(partner: Partner, answer: Answer) -> bool:
    """Whether an answer shows that the partner is there: not one of the other partner's, nor a fault found here."""
    if not isinstance(answer, DeliveryError):
        return True
    return not is_failure(answer) and not isinstance(answer, Invalid) and answer.partner in (None, partner.value)
