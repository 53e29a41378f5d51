"""When a dossier is due, whether it was in time, and what a pause does to it. Contract: validation.md, Time limits.

Sources of the limits: Luật Hộ tịch 2014 Điều 18 (marriage) and 32-34 (death), NĐ 120/2025/NĐ-CP (05 working
days for a foreign element), NĐ 123/2015/NĐ-CP (registration again). All instants are aware; the civil day is UTC+7's.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Literal

from connector.domain.calendar import (
    NO_OVERRIDES,
    Overrides,
    is_working_day,
    nth_working_day_after,
    working_days_between,
)

CIVIL = timezone(timedelta(hours=7))
"""Việt Nam's civil time; it has no summer time."""
CUT_OFF = time(15)
CLOSING = time(17)
STANDING_STILL = frozenset({5, 6, 8})
"""National statuses in which the clock of a dossier does not run."""

Judgement = Literal["early", "on-time", "late"]


class NoTimeLimit(LookupError):
    """No limit holds for this procedure on the day received, or the calendar ends before the day it is due."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One procedure's limits, in working days, for what was received from `valid_from` to `valid_to` (None: until now).

    `days` 0 is the same-day rule: by 15:00 on a working day due that day, later or on a day off the next working day.
    """

    procedure_code: str
    days: int
    days_with_verification: int
    valid_from: date
    valid_to: date | None = None


_SINCE = date(2004, 1, 1)
LIMITS = (
    Limit("1.000894", 0, 5, _SINCE),  # marriage
    Limit("1.000656", 0, 3, _SINCE),  # death
    # The law gave 15 days until 2025-06-30; the contract promises 5 working days for every date.
    Limit("2.000806", 5, 5, _SINCE),  # marriage with a foreign element
    Limit("1.004746", 5, 25, _SINCE),  # marriage again
    Limit("1.005461", 5, 10, _SINCE),  # death again
)
_BY_PROCEDURE = {
    code: tuple(each for each in LIMITS if each.procedure_code == code)
    for code in {each.procedure_code for each in LIMITS}
}


@dataclass(frozen=True, slots=True)
class Pause:
    """A closed stretch in a status of STANDING_STILL; both ends aware.

    Raises:
        ValueError: it ends before it begins, or an end is naive.
    """

    began_at: datetime
    ended_at: datetime

    def __post_init__(self) -> None:
        if _civil(self.ended_at) < _civil(self.began_at):
            raise ValueError("a pause cannot end before it begins")


def limit_of(procedure_code: str, received_on: date) -> Limit | None:
    """The limit that holds for a procedure code of two dot groups (`1.000894`) on a civil day; None when none does."""
    for limit in _BY_PROCEDURE.get(procedure_code, ()):
        if limit.valid_from <= received_on and (limit.valid_to is None or received_on <= limit.valid_to):
            return limit
    return None


def due_at(
    procedure_code: str, received_at: datetime, needs_verification: bool, overrides: Overrides = NO_OVERRIDES
) -> datetime:
    """The instant a dossier is due: 17:00, UTC+7, on a working day.

    Raises:
        NoTimeLimit: nothing is known for this procedure and day.
        ValueError: `received_at` is naive.
    """
    try:
        received = _civil(received_at)
        limit = limit_of(procedure_code, received.date())
        if limit is None:
            raise NoTimeLimit("no time limit holds for this procedure on the day received")
        return _due(received, limit.days_with_verification if needs_verification else limit.days, overrides)
    except OverflowError:
        raise NoTimeLimit("the calendar ends before the day it is due") from None


def judge(finished_at: datetime, due_at: datetime) -> Judgement:
    """trước hạn, đúng hạn or quá hạn, compared by the minute: 17:00:59 is still on time for 17:00."""
    finished, due = (_civil(instant).replace(second=0, microsecond=0) for instant in (finished_at, due_at))
    if finished < due:
        return "early"
    return "on-time" if finished == due else "late"


def extend(due_at: datetime, pauses: Iterable[Pause], overrides: Overrides = NO_OVERRIDES) -> datetime:
    """The due instant once the clock has stood still.

    What was left when a pause began is given again from its end, in the units limits are made of: the whole working
    days still to come are counted from the next working day, and when it was due that very day, its end is treated
    like a receipt (by 15:00 that day, else the next working day). So it stays 17:00 on a working day, never becomes
    earlier, and a pause that began after the due instant moves nothing. Pauses that touch or overlap are one.

    Raises:
        OverflowError: the calendar ends before the new day.
        ValueError: an instant is naive.
    """
    due = _civil(due_at)
    for pause in _merged(pauses):
        began, ended = _civil(pause.began_at), _civil(pause.ended_at)
        if began < min(due, ended):
            left = working_days_between(began.date(), due.date(), overrides)
            due = max(due, _due(ended, left, overrides))
    return due


def _due(start: datetime, days: int, overrides: Overrides) -> datetime:
    day = start.date()
    if days or start.time() >= CUT_OFF or not is_working_day(day, overrides):
        day = nth_working_day_after(day, days or 1, overrides)
    return datetime.combine(day, CLOSING, CIVIL)


def _merged(pauses: Iterable[Pause]) -> list[Pause]:
    merged: list[Pause] = []
    for pause in sorted(pauses, key=lambda pause: pause.began_at):
        if merged and pause.began_at <= merged[-1].ended_at:
            merged[-1] = Pause(merged[-1].began_at, max(merged[-1].ended_at, pause.ended_at))
        else:
            merged.append(pause)
    return merged


def _civil(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant needs its offset")
    return instant.astimezone(CIVIL)
