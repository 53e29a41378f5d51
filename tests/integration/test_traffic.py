"""Sums of what passed: none is missed, none counted twice, and a look at them costs nothing."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import text

from connector.adapters import ledger, traffic
from connector.domain.errors import Unreachable
from connector.domain.message import Route
from tests.ledger_rows import NOW, Rows, draft, rows_in

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def rows(database: str) -> Iterator[Rows]:
    with rows_in(database) as found:
        yield found


def sum_all(rows: Rows, **more: int) -> None:
    """Two looks: the first sees how far the rows go, the second sums them."""
    for _ in range(2):
        left = True
        while left:
            with rows.engine.begin() as db:
                left = traffic.sum_up(db, NOW, **more)


def total(rows: Rows, route: Route = Route.APPLICATION) -> tuple[int, int, int]:
    with rows.engine.begin() as db:
        points = traffic.series(db, NOW, back=DAY, width=HOUR)[route]
    return sum(p.taken_in for p in points), sum(p.delivered for p in points), sum(p.failed for p in points)


def test_what_was_taken_in_delivered_and_failed_is_summed_per_route(rows: Rows) -> None:
    rows.take_in(draft(1), draft(2), draft(3, route=Route.RESULT))
    rows.fail(Unreachable("CONNECT", "away"), [timedelta(0)])
    rows.deliver()
    sum_all(rows)

    assert total(rows) == (2, 2, 2)
    assert total(rows, Route.RESULT) == (1, 0, 0)
    assert total(rows, Route.REGISTER) == (0, 0, 0)


def test_summing_again_adds_nothing(rows: Rows) -> None:
    rows.take_in(draft(1))
    for _ in range(3):
        sum_all(rows)

    assert total(rows) == (1, 0, 0)


def test_a_large_backlog_is_summed_in_pieces(rows: Rows) -> None:
    rows.take_in(*(draft(serial) for serial in range(25)))
    rows.deliver()
    sum_all(rows, at_once=4)

    assert total(rows) == (25, 25, 0)


def test_a_row_that_is_committed_late_is_not_missed(rows: Rows, database: str) -> None:
    with rows_in(database) as other, other.engine.connect() as late:
        begun = late.begin()
        ledger.take_in(late, [draft(1)], NOW, by="intake")  # has the lower number, and is not there yet
        rows.take_in(draft(2))
        for _ in range(3):
            sum_all(rows)
        assert total(rows) == (0, 0, 0)
        begun.commit()
    sum_all(rows)

    assert total(rows) == (2, 0, 0)


def test_two_that_sum_at_once_count_once(rows: Rows, database: str) -> None:
    rows.take_in(draft(1))
    with rows.engine.begin() as db:
        traffic.sum_up(db, NOW)
    with rows_in(database) as other, rows.engine.begin() as first, other.engine.begin() as second:
        traffic.sum_up(first, NOW)
        assert traffic.sum_up(second, NOW) is False
    sum_all(rows)

    assert total(rows) == (1, 0, 0)


def test_a_series_has_no_gap_and_ends_now(rows: Rows) -> None:
    rows.take_in(draft(1), at=NOW - timedelta(minutes=50))
    rows.take_in(draft(2), at=NOW - timedelta(hours=30))
    sum_all(rows)

    with rows.engine.begin() as db:
        points = traffic.series(db, NOW, back=DAY, width=HOUR)[Route.APPLICATION]

    assert len(points) == 25
    assert {later.at - earlier.at for earlier, later in pairwise(points)} == {HOUR}
    assert points[-1].at <= NOW < points[-1].at + HOUR
    assert [p.taken_in for p in points[-3:]] == [0, 1, 0]
    assert sum(p.taken_in for p in points) == 1


def test_rates_speak_of_the_last_minutes(rows: Rows) -> None:
    rows.take_in(draft(1), at=NOW - timedelta(minutes=5))
    rows.take_in(draft(2), at=NOW - timedelta(minutes=40))
    sum_all(rows)

    with rows.engine.begin() as db:
        found = traffic.rates(db, NOW)

    assert found[Route.APPLICATION].taken_in == 1
    assert NOW - timedelta(minutes=20) <= found[Route.APPLICATION].at <= NOW
    assert found[Route.RESULT].taken_in == 0


def test_old_sums_go(rows: Rows) -> None:
    rows.take_in(draft(1), at=NOW - timedelta(days=30))
    sum_all(rows)

    with rows.engine.begin() as db:
        assert db.scalar(text("SELECT count(*) FROM traffic")) == 0


def test_a_ledger_that_was_there_before_is_not_summed_at_once(rows: Rows) -> None:
    """As the migration leaves the marks."""
    rows.take_in(draft(1))
    with rows.engine.begin() as db:
        db.execute(text("UPDATE traffic_mark SET summed = (SELECT max(seq) FROM message) WHERE source = 'message'"))
        db.execute(text("UPDATE traffic_mark SET seen = summed"))
    rows.take_in(draft(2))
    sum_all(rows)

    assert total(rows) == (1, 0, 0)
