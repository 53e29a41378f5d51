"""A message's id: random behind the instant, so that new ones lie side by side in every index."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from connector.domain.message import new_id

INSTANTS = st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC))


@given(INSTANTS)
def test_it_is_a_uuid_of_version_7_at_its_instant(now: datetime) -> None:
    made = new_id(now)
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert made.int >> 80 == int(now.timestamp() * 1000)


@given(INSTANTS.filter(lambda now: now.year < 9000), st.timedeltas(timedelta(milliseconds=2), timedelta(days=900)))
def test_a_later_one_comes_behind(now: datetime, later: timedelta) -> None:
    assert new_id(now) < new_id(now + later)


def test_no_two_are_the_same() -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    assert len({new_id(now) for _ in range(10_000)}) == 10_000
