from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.calendar import is_working_day, working_days_between
from connector.domain.time_limits import CIVIL, LIMITS, NoTimeLimit, due_at, judge, limit_of

MARRIAGE, DEATH, FOREIGN, MARRIAGE_AGAIN, DEATH_AGAIN = "1.000894", "1.000656", "2.000806", "1.004746", "1.005461"

procedures = st.sampled_from([limit.procedure_code for limit in LIMITS])
instants = st.datetimes(datetime(2004, 1, 1), datetime(2040, 1, 1), timezones=st.just(CIVIL))
decrees = st.dictionaries(st.dates(date(2023, 1, 1), date(2023, 12, 31)), st.booleans(), max_size=30)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CIVIL)


def closing(day: str) -> datetime:
    return at(f"{day}T17:00:00")


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2023-07-04T08:40:00", "2023-07-04"),
        ("2023-07-04T00:00:00", "2023-07-04"),
        ("2023-07-04T14:59:59", "2023-07-04"),
        ("2023-07-04T14:59:59.999999", "2023-07-04"),
        ("2023-07-04T15:00:00", "2023-07-05"),
        ("2023-07-04T15:20:00", "2023-07-05"),
        ("2023-07-04T23:59:59", "2023-07-05"),
        ("2023-07-07T15:00:00", "2023-07-10"),  # Friday afternoon
        ("2023-07-08T09:00:00", "2023-07-10"),  # Saturday
        ("2023-07-09T16:00:00", "2023-07-10"),  # Sunday
        ("2023-01-19T14:59:59", "2023-01-19"),  # the last hour before Tết
        ("2023-01-19T15:00:00", "2023-01-27"),
        ("2023-01-22T10:00:00", "2023-01-27"),  # the first day of Tết
        ("2023-08-31T15:00:00", "2023-09-05"),  # over National Day
        ("2024-05-04T09:00:00", "2024-05-04"),  # a decreed working Saturday
        ("2024-05-03T15:00:00", "2024-05-04"),
        ("2024-05-04T15:00:00", "2024-05-06"),
        ("2024-04-29T09:00:00", "2024-05-02"),  # the Monday it was swapped for
    ],
)
@pytest.mark.parametrize("procedure", [MARRIAGE, DEATH])
def test_what_comes_before_three_is_due_at_five_and_later_on_the_next_working_day(
    procedure: str, received: str, due: str
) -> None:
    assert due_at(procedure, at(received), False) == closing(due)


@pytest.mark.parametrize(
    ("procedure", "verification", "due"),
    [
        (MARRIAGE, True, "2023-07-11"),
        (DEATH, True, "2023-07-07"),
        (FOREIGN, False, "2023-07-11"),
        (FOREIGN, True, "2023-07-11"),
        (MARRIAGE_AGAIN, False, "2023-07-11"),
        (DEATH_AGAIN, False, "2023-07-11"),
        (MARRIAGE_AGAIN, True, "2023-08-08"),
        (DEATH_AGAIN, True, "2023-07-18"),
    ],
)
@pytest.mark.parametrize("hour", ["08:00:00", "14:59:59", "15:00:00", "22:00:00"])
def test_a_limit_of_days_counts_from_the_next_working_day_whatever_the_hour(
    procedure: str, verification: bool, due: str, hour: str
) -> None:
    assert due_at(procedure, at(f"2023-07-04T{hour}"), verification) == closing(due)


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2023-07-08T09:00:00", "2023-07-14"),  # Saturday: Monday is the first day
        ("2023-07-07T09:00:00", "2023-07-14"),  # and so it is for the Friday before
        ("2023-01-18T09:00:00", "2023-02-01"),  # Thursday, then Tết, then four more
        ("2024-04-26T09:00:00", "2024-05-07"),  # 2, 3, the decreed Saturday 4, 6 and 7 May
    ],
)
def test_days_off_do_not_count_towards_a_limit_of_days(received: str, due: str) -> None:
    assert due_at(MARRIAGE, at(received), True) == closing(due)


def test_the_foreign_element_has_five_days_before_and_after_the_law_said_so() -> None:
    assert due_at(FOREIGN, at("2025-06-23T09:00:00"), False) == closing("2025-06-30")
    assert due_at(FOREIGN, at("2025-07-01T09:00:00"), False) == closing("2025-07-08")


def test_an_override_moves_the_due_day() -> None:
    received = at("2023-07-04T09:00:00")
    off, saturday = {date(2023, 7, 4): False}, {date(2023, 7, 8): True}
    assert due_at(MARRIAGE, received, False, overrides=off) == closing("2023-07-05")
    assert due_at(MARRIAGE, received, True, overrides=saturday) == closing("2023-07-10")


def test_the_civil_day_decides_not_the_offset_an_instant_is_written_in() -> None:
    # 08:00 UTC is 15:00 in Việt Nam.
    assert due_at(MARRIAGE, datetime(2023, 7, 4, 7, 59, 59, tzinfo=UTC), False) == closing("2023-07-04")
    assert due_at(MARRIAGE, datetime(2023, 7, 4, 8, 0, tzinfo=UTC), False) == closing("2023-07-05")
    assert due_at(MARRIAGE, datetime(2023, 7, 3, 17, 0, tzinfo=UTC), False) == closing("2023-07-04")


def test_an_instant_without_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        due_at(MARRIAGE, datetime(2023, 7, 4, 8, 40), False)
    with pytest.raises(ValueError, match="offset"):
        judge(datetime(2023, 7, 4, 8, 40), closing("2023-07-04"))


@pytest.mark.parametrize(
    ("procedure", "received"),
    [
        ("1.000593", at("2023-07-04T09:00:00")),
        ("1.000894.000.00.00.H01", at("2023-07-04T09:00:00")),
        (MARRIAGE, at("2003-12-31T09:00:00")),
        (MARRIAGE, at("9999-12-31T15:00:00")),
        (MARRIAGE, datetime(1, 1, 1, tzinfo=CIVIL).replace(tzinfo=UTC)),
        (MARRIAGE, datetime.max.replace(tzinfo=UTC)),
    ],
)
def test_without_a_known_limit_nothing_is_guessed(procedure: str, received: datetime) -> None:
    with pytest.raises(NoTimeLimit):
        due_at(procedure, received, False)


def test_no_two_limits_of_a_procedure_hold_on_the_same_day() -> None:
    for limit in LIMITS:
        others = [each for each in LIMITS if each is not limit and each.procedure_code == limit.procedure_code]
        for day in (limit.valid_from, limit.valid_to or date(2040, 1, 1)):
            assert limit_of(limit.procedure_code, day) is limit
            assert not [each for each in others if each.valid_from <= day <= (each.valid_to or date.max)]


@pytest.mark.parametrize(
    ("finished", "verdict"),
    [
        ("2023-07-04T09:00:00", "early"),
        ("2023-07-04T16:59:59.999999", "early"),
        ("2023-07-04T17:00:00", "on-time"),
        ("2023-07-04T17:00:59.999999", "on-time"),
        ("2023-07-04T17:01:00", "late"),
        ("2023-07-05T08:00:00", "late"),
    ],
)
def test_a_dossier_is_judged_by_the_minute(finished: str, verdict: str) -> None:
    assert judge(at(finished), closing("2023-07-04")) == verdict
    assert judge(at(finished).astimezone(UTC), closing("2023-07-04")) == verdict


def test_the_minute_counts_also_when_the_due_instant_has_seconds() -> None:
    assert judge(at("2023-07-04T17:00:10"), at("2023-07-04T17:00:30")) == "on-time"


@given(procedures, instants, st.booleans(), decrees)
def test_a_dossier_is_always_due_at_five_on_a_working_day_after_it_came(
    procedure: str, received: datetime, verification: bool, overrides: dict[date, bool]
) -> None:
    due = due_at(procedure, received, verification, overrides)
    assert (due.hour, due.minute, due.second, due.microsecond, due.utcoffset()) == (17, 0, 0, 0, timedelta(hours=7))
    assert is_working_day(due.date(), overrides)
    assert due - received > timedelta(hours=2)


@given(procedures, instants, st.timedeltas(timedelta(0), timedelta(days=30)), st.booleans(), decrees)
def test_what_comes_later_is_never_due_earlier(
    procedure: str, received: datetime, later: timedelta, verification: bool, overrides: dict[date, bool]
) -> None:
    assert due_at(procedure, received, verification, overrides) <= due_at(
        procedure, received + later, verification, overrides
    )


@given(procedures, instants)
def test_a_limit_of_n_days_has_n_working_days_behind_the_receipt(procedure: str, received: datetime) -> None:
    limit = limit_of(procedure, received.date())
    assert limit is not None
    due = due_at(procedure, received, True)
    assert working_days_between(received.date(), due.date()) == limit.days_with_verification
