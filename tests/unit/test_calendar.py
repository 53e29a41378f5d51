from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.calendar import is_working_day, nth_working_day_after, working_days_between

some_day = st.dates(date(2004, 1, 1), date(2040, 1, 1))
# What the government may yet decree: a handful of days about the one in question.
decrees = st.dictionaries(st.dates(date(2023, 1, 1), date(2023, 12, 31)), st.booleans(), max_size=20)


def span(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def test_the_days_off_of_2023_are_those_that_were_announced() -> None:
    off = {
        day
        for first, last in [
            (date(2023, 1, 2), date(2023, 1, 2)),
            (date(2023, 1, 20), date(2023, 1, 26)),
            (date(2023, 5, 1), date(2023, 5, 3)),
            (date(2023, 9, 1), date(2023, 9, 1)),
            (date(2023, 9, 4), date(2023, 9, 4)),
        ]
        for day in span(first, last)
    }
    year = span(date(2023, 1, 1), date(2023, 12, 31))
    assert [day for day in year if is_working_day(day)] == [d for d in year if d.weekday() < 5 and d not in off]


@pytest.mark.parametrize(
    ("off", "worked"),
    [
        (date(2024, 4, 29), date(2024, 5, 4)),
        (date(2025, 5, 2), date(2025, 4, 26)),
        (date(2026, 8, 31), date(2026, 8, 22)),
        (date(2018, 12, 31), date(2019, 1, 5)),
        (date(2015, 1, 2), date(2014, 12, 27)),
    ],
)
def test_a_decreed_saturday_is_worked_for_a_day_off_also_across_new_year(off: date, worked: date) -> None:
    assert worked.weekday() == 5
    assert is_working_day(worked)
    assert not is_working_day(worked + timedelta(days=1))
    assert not is_working_day(off)


def test_the_day_of_culture_is_off_from_2026() -> None:
    assert not is_working_day(date(2026, 11, 24))
    assert is_working_day(date(2025, 11, 24))


def test_the_table_of_overrides_wins_in_both_directions() -> None:
    monday, sunday = date(2023, 7, 3), date(2023, 7, 2)
    assert is_working_day(monday)
    assert not is_working_day(monday, {monday: False})
    assert is_working_day(sunday, {sunday: True})
    assert is_working_day(date(2023, 5, 1), {date(2023, 5, 1): True})
    assert not is_working_day(date(2024, 5, 4), {date(2024, 5, 4): False})


def test_where_no_calendar_is_known_only_the_week_counts() -> None:
    assert is_working_day(date(1900, 1, 1))
    assert is_working_day(date(9999, 12, 31))
    assert not is_working_day(date(2100, 1, 2))


def test_counting_starts_behind_the_day_and_skips_days_off() -> None:
    friday = date(2023, 6, 30)
    assert nth_working_day_after(friday, 1) == date(2023, 7, 3)
    assert nth_working_day_after(friday, 5) == date(2023, 7, 7)
    assert nth_working_day_after(date(2023, 8, 31), 1) == date(2023, 9, 5)


def test_nothing_is_counted_from_zero_or_past_the_end_of_the_calendar() -> None:
    with pytest.raises(ValueError, match="counted from 1"):
        nth_working_day_after(date(2023, 7, 3), 0)
    with pytest.raises(OverflowError):
        nth_working_day_after(date(9999, 12, 31), 1)


@given(some_day, st.integers(1, 40))
def test_the_nth_working_day_has_n_working_days_up_to_it(day: date, count: int) -> None:
    found = nth_working_day_after(day, count)
    assert is_working_day(found)
    assert working_days_between(day, found) == count
    assert working_days_between(day, found - timedelta(days=1)) == count - 1
    assert working_days_between(found, day) == 0


@given(st.dates(date(2023, 1, 1), date(2023, 12, 31)), decrees)
def test_a_decree_changes_its_own_day_and_no_other(day: date, overrides: dict[date, bool]) -> None:
    assert is_working_day(day, overrides) == overrides.get(day, is_working_day(day))
