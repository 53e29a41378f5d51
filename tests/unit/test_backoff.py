"""When to try again, and how often a quiet dossier is asked about."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.backoff import LONGEST_PATIENCE, SLOWEST_QUESTION, wait_before_next, wait_before_question
from connector.settings import Settings

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
SCHEDULES = st.lists(st.timedeltas(min_value=SECOND, max_value=24 * HOUR), min_size=1, max_size=12)
LUCK = st.floats(0, 1, exclude_max=True)
ASKED = st.none() | st.timedeltas(min_value=timedelta(0), max_value=72 * HOUR)


@given(SCHEDULES, st.data(), LUCK, ASKED)
def test_each_wait_is_the_planned_one_within_a_tenth_unless_more_was_asked(
    schedule: list[timedelta], data: st.DataObject, luck: float, asked: timedelta | None
) -> None:
    failures = data.draw(st.integers(1, len(schedule)))
    planned = schedule[failures - 1]
    wait = wait_before_next(failures, schedule, asked=asked, luck=luck)

    assert wait is not None
    assert wait >= planned * 0.9
    assert wait <= max(planned * 1.1, min(asked or planned, planned + LONGEST_PATIENCE))
    if asked is not None and asked <= planned + LONGEST_PATIENCE:
        assert wait >= asked


@given(SCHEDULES, st.integers(1, 50), LUCK, ASKED)
def test_a_spent_schedule_ends_whatever_is_asked(
    schedule: list[timedelta], more: int, luck: float, asked: timedelta | None
) -> None:
    assert wait_before_next(len(schedule) + more, schedule, asked=asked, luck=luck) is None
    assert wait_before_next(len(schedule), schedule, asked=asked, luck=luck) is not None


@given(SCHEDULES, LUCK, ASKED, ASKED)
def test_who_asks_for_more_patience_never_gets_less(
    schedule: list[timedelta], luck: float, one: timedelta | None, other: timedelta | None
) -> None:
    less, more = sorted((one or timedelta(0), other or timedelta(0)))
    first = wait_before_next(1, schedule, asked=less, luck=luck)
    second = wait_before_next(1, schedule, asked=more, luck=luck)
    assert first is not None
    assert second is not None
    assert first <= second


@given(SCHEDULES.map(sorted), LUCK)
def test_a_rising_schedule_gives_rising_waits(schedule: list[timedelta], luck: float) -> None:
    waits = [wait_before_next(failures, schedule, luck=luck) for failures in range(1, len(schedule) + 1)]
    assert waits == sorted(wait for wait in waits if wait is not None)


def test_what_failed_together_does_not_come_back_together() -> None:
    waits = {wait_before_next(1, [MINUTE], luck=luck / 10) for luck in range(10)}
    assert len(waits) == 10


def test_a_partner_cannot_hold_a_message_for_longer_than_an_hour_beyond_the_plan() -> None:
    assert wait_before_next(1, [10 * SECOND], asked=24 * HOUR) == 10 * SECOND + HOUR


def test_a_message_without_luck_is_tried_eleven_times_in_about_two_days() -> None:
    schedule = Settings().retry_schedule
    waits = [wait_before_next(failures, schedule) for failures in range(1, len(schedule) + 2)]

    assert waits[-1] is None
    assert len(waits) == 11
    assert 39 * HOUR < sum((wait for wait in waits if wait), timedelta()) < 40 * HOUR


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=400)), st.timedeltas(SECOND, 24 * HOUR))
def test_a_quiet_dossier_is_asked_about_at_least_every_six_hours(quiet: timedelta, poll: timedelta) -> None:
    wait = wait_before_question(quiet, poll)

    assert wait <= timedelta(hours=6)
    assert wait >= min(poll, SLOWEST_QUESTION)


@given(
    st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=60)),
    st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=60)),
)
def test_the_longer_a_dossier_is_quiet_the_less_often_it_is_asked_about(one: timedelta, other: timedelta) -> None:
    shorter, longer = sorted((one, other))
    assert wait_before_question(shorter, 30 * SECOND) <= wait_before_question(longer, 30 * SECOND)


@pytest.mark.parametrize(
    ("quiet", "wait"),
    [(timedelta(0), 30 * SECOND), (HOUR, 6 * MINUTE), (24 * HOUR, 144 * MINUTE), (timedelta(days=30), 6 * HOUR)],
)
def test_a_dossier_that_just_changed_is_asked_about_at_the_next_poll(quiet: timedelta, wait: timedelta) -> None:
    assert wait_before_question(quiet, 30 * SECOND) == wait
