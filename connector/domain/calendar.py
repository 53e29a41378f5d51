"""Working days in Việt Nam: Monday to Friday, less public holidays and their substitutes, plus decreed Saturdays.

The days come from `holidays` 0.109, which knows the swaps decreed so far; next year's are decreed each autumn, so every
question takes `overrides` (day → is it a working day) that wins over the library. Contract: validation.md, Time limits.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from types import MappingProxyType

import holidays

Overrides = Mapping[date, bool]
NO_OVERRIDES: Overrides = MappingProxyType({})

# The library has no lunar calendar outside these years; there only the week counts.
_FIRST_YEAR, _LAST_YEAR = 1901, 2099
_DAY = timedelta(days=1)


def is_working_day(day: date, overrides: Overrides = NO_OVERRIDES) -> bool:
    """Whether offices work on this day. Takes a civil day; an instant has to be turned into one first."""
    decided = overrides.get(day)
    if decided is None:
        decided = _irregular_days(day.year).get(day)
    return day.weekday() < 5 if decided is None else decided


def nth_working_day_after(day: date, count: int, overrides: Overrides = NO_OVERRIDES) -> date:
    """The working day number `count` (from 1) behind this day, which itself is never counted.

    Raises:
        ValueError: `count` is below 1.
        OverflowError: the calendar ends (in the year 9999) before that day.
    """
    if count < 1:
        raise ValueError("working days are counted from 1")
    while count:
        day += _DAY
        count -= is_working_day(day, overrides)
    return day


def working_days_between(after: date, until: date, overrides: Overrides = NO_OVERRIDES) -> int:
    """How many working days lie behind `after`, up to and with `until`; 0 when `until` is not later."""
    span = (until - after).days
    return sum(is_working_day(after + n * _DAY, overrides) for n in range(1, span + 1))


@cache
def _irregular_days(year: int) -> Mapping[date, bool]:
    """Days that are not what their day of the week says; about twenty a year, so all years together stay small."""
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return NO_OVERRIDES
    library = holidays.country_holidays("VN", years=year, expand=False)
    first = date(year, 1, 1)
    days = (first + n * _DAY for n in range((date(year + 1, 1, 1) - first).days))
    return {day: not regular for day in days if library.is_working_day(day) != (regular := day.weekday() < 5)}
