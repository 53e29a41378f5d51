from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.calendar import is_working_day
from connector.domain.time_limits import CIVIL, STANDING_STILL, Pause, due_at, extend


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CIVIL)


def closing(day: str) -> datetime:
    return at(f"{day}T17:00:00")


FRIDAY = closing("2023-07-07")

moments = st.datetimes(datetime(2023, 6, 1), datetime(2023, 10, 1), timezones=st.just(CIVIL))
dues = moments.map(lambda received: due_at("1.000894", received, True))
pauses = st.tuples(moments, st.timedeltas(timedelta(0), timedelta(days=30))).map(lambda p: Pause(p[0], p[0] + p[1]))


def pause(began: str, ended: str) -> Pause:
    return Pause(at(began), at(ended))


def test_the_clock_stands_still_in_the_statuses_that_wait_for_the_citizen() -> None:
    assert frozenset({5, 6, 8}) == STANDING_STILL


@pytest.mark.parametrize(
    ("began", "ended", "due"),
    [
        ("2023-07-04T10:00:00", "2023-07-06T09:00:00", "2023-07-11"),  # three days were left: Fri, Mon, Tue
        ("2023-07-04T10:00:00", "2023-07-04T16:30:00", "2023-07-07"),  # no working day was lost
        ("2023-07-04T10:00:00", "2023-07-05T00:00:00", "2023-07-10"),
        ("2023-07-06T10:00:00", "2023-07-09T10:00:00", "2023-07-10"),  # back on a Sunday with one day left
        ("2023-07-07T09:00:00", "2023-07-07T14:59:59", "2023-07-07"),  # on the due day itself: like a receipt
        ("2023-07-07T09:00:00", "2023-07-07T15:00:00", "2023-07-10"),
        ("2023-07-07T09:00:00", "2023-07-10T14:59:59", "2023-07-10"),
        ("2023-07-07T09:00:00", "2023-07-10T15:00:00", "2023-07-11"),
        ("2023-07-07T16:59:59", "2023-08-31T15:00:00", "2023-09-05"),  # over National Day
        ("2023-07-07T17:00:00", "2023-07-20T09:00:00", "2023-07-07"),  # it was over before the pause
        ("2023-07-07T16:00:00", "2023-07-07T16:00:00", "2023-07-07"),  # no time at all
    ],
)
def test_a_pause_gives_back_what_was_left_when_it_began(began: str, ended: str, due: str) -> None:
    assert extend(FRIDAY, [pause(began, ended)]) == closing(due)


def test_two_pauses_add_up_in_whatever_order_they_are_told() -> None:
    first = pause("2023-07-04T10:00:00", "2023-07-05T09:00:00")  # due on Monday now
    second = pause("2023-07-10T10:00:00", "2023-07-12T09:00:00")
    assert extend(FRIDAY, [first, second]) == closing("2023-07-12")
    assert extend(FRIDAY, [second, first]) == closing("2023-07-12")
    assert extend(FRIDAY, [second]) == FRIDAY


def test_pauses_that_touch_or_overlap_are_one() -> None:
    whole = pause("2023-07-07T09:00:00", "2023-07-10T10:00:00")
    pieces = [pause("2023-07-07T09:00:00", "2023-07-07T16:00:00"), pause("2023-07-07T16:00:00", "2023-07-10T10:00:00")]
    assert (
        extend(FRIDAY, [whole]) == extend(FRIDAY, pieces) == extend(FRIDAY, [*pieces, whole]) == closing("2023-07-10")
    )


def test_a_day_taken_off_by_decree_counts_in_a_pause_too() -> None:
    monday_off = {closing("2023-07-10").date(): False}
    once = [pause("2023-07-06T10:00:00", "2023-07-07T10:00:00")]
    assert extend(FRIDAY, once) == closing("2023-07-10")
    assert extend(FRIDAY, once, monday_off) == closing("2023-07-11")
    thursday_off = {closing("2023-07-06").date(): False}
    long = [pause("2023-07-05T10:00:00", "2023-07-10T09:00:00")]
    assert extend(FRIDAY, long) == closing("2023-07-12")
    assert extend(FRIDAY, long, thursday_off) == closing("2023-07-11")


def test_a_due_instant_that_the_limits_would_not_give_is_never_made_earlier() -> None:
    saturday_evening = at("2023-07-08T20:00:00")
    assert extend(saturday_evening, [pause("2023-07-03T09:00:00", "2023-07-03T10:00:00")]) == saturday_evening


def test_a_pause_runs_forward_and_knows_its_offset() -> None:
    with pytest.raises(ValueError, match="before it begins"):
        pause("2023-07-04T10:00:00", "2023-07-04T09:59:59")
    with pytest.raises(ValueError, match="offset"):
        Pause(datetime(2023, 7, 4, 10), datetime(2023, 7, 4, 11))


@given(dues, st.lists(pauses, max_size=4))
def test_pauses_never_shorten_and_leave_it_at_five_on_a_working_day(due: datetime, told: list[Pause]) -> None:
    extended = extend(due, told)
    assert extended >= due
    assert is_working_day(extended.date())
    assert (extended.hour, extended.minute) == (17, 0)
    assert extend(due, reversed(told)) == extended


@given(dues, pauses, st.timedeltas(timedelta(0), timedelta(days=10)))
def test_a_longer_pause_never_makes_it_due_earlier(due: datetime, told: Pause, longer: timedelta) -> None:
    assert extend(due, [told]) <= extend(due, [Pause(told.began_at, told.ended_at + longer)])
