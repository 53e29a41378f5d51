"""When a dossier is due, as the province promises it: the time limits of the validation contract, local time UTC+7."""

from datetime import date, datetime, timedelta
from functools import lru_cache

import holidays

_CLOSE = 17
_LAST_HOUR_FOR_TODAY = 15
# (procedure) → working days without and with verification; 0 is the same-day rule.
_LIMITS = {
    "1.000894": (0, 5),
    "1.000656": (0, 3),
    "2.000806": (5, 5),
    "1.004746": (5, 25),
    "1.005461": (5, 10),
}
_VIETNAM = holidays.country_holidays("VN")


@lru_cache(maxsize=4096)
def is_working(day: date) -> bool:
    return bool(_VIETNAM.is_working_day(day))


def nth_working_day(after: date, count: int) -> date:
    """The count-th working day after the given day (count ≥ 1)."""
    day = after
    while count:
        day += timedelta(days=1)
        count -= is_working(day)
    return day


def due_at(procedure: str, received: datetime, *, verified: bool) -> datetime:
    """The promised instant. `procedure` is the first two dot groups of its code; an unknown one counts as same-day."""
    days = _LIMITS.get(procedure, (0, 0))[verified]
    if days:
        day = nth_working_day(received.date(), days)
    elif is_working(received.date()) and received.hour < _LAST_HOUR_FOR_TODAY:
        day = received.date()
    else:
        day = nth_working_day(received.date(), 1)
    return datetime(day.year, day.month, day.day, _CLOSE)
