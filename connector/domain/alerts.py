"""What calls for a person, in the order of urgency. Each kind has a section in the operators' guides."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from connector.domain.message import State


class Alert(StrEnum):
    PARTNER_CLOSED = "partner-closed"  # nothing is sent to it
    AREA_FROZEN = "area-frozen"  # by the guard or by a person: also what was begun waits
    OVERDUE = "overdue"  # due for a while, and not on the line: workers, beat or broker are away, or swamped
    JOB_PAUSED = "job-paused"  # a replay job stopped by itself, or a person stopped it and left
    DOCUMENT_LATE = "document-late"  # a result has been without its signed document for too long
    INVALID = "invalid"
    REFUSED = "refused"
    EXHAUSTED = "exhausted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One alert that stands: how many it is about, whom, since when; what does not apply is None."""

    alert: Alert
    number: int | None = None
    whom: str | None = None
    since: datetime | None = None
    why: str | None = None


_OF_STATE = {Alert.INVALID: State.INVALID, Alert.REFUSED: State.REFUSED, Alert.EXHAUSTED: State.EXHAUSTED}


def alarms(
    *,
    counts: Mapping[State, int],
    closed: Mapping[str, tuple[datetime | None, str | None]],
    frozen: Mapping[str, tuple[datetime, str]],
    due_since: datetime | None,
    overdue_after: timedelta,
    paused_jobs: int,
    late_documents: int,
    now: datetime,
) -> Iterator[Alarm]:
    """The alerts that stand now. `closed`: partners whose breaker is not closed, until when, and why. `frozen`:
    areas, since when, and why."""
    for whom, (until, why) in closed.items():
        yield Alarm(alert=Alert.PARTNER_CLOSED, whom=whom, since=until, why=why)
    for whom, (since, why) in frozen.items():
        yield Alarm(alert=Alert.AREA_FROZEN, whom=whom, since=since, why=why)
    if due_since is not None and now - due_since > overdue_after:
        yield Alarm(alert=Alert.OVERDUE, since=due_since)
    if paused_jobs:
        yield Alarm(alert=Alert.JOB_PAUSED, number=paused_jobs)
    if late_documents:
        yield Alarm(alert=Alert.DOCUMENT_LATE, number=late_documents)
    for alert, state in _OF_STATE.items():
        if counts.get(state):
            yield Alarm(alert=alert, number=counts[state])
