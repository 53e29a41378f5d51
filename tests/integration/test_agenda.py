"""What is due now: found by a few probes of partial indexes, whatever lies behind."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from connector.adapters import agenda, feeds
from connector.adapters.agenda import LONGEST_WAIT, SHORTEST_WAIT, Agenda
from connector.domain.message import Hold, Route
from tests.ledger_rows import NOW, Rows, draft, rows_in

SECONDS = timedelta(seconds=1)


@pytest.fixture
def rows(database: str) -> Iterator[Rows]:
    with rows_in(database) as found:
        yield found


def look(rows: Rows, after: timedelta = timedelta()) -> Agenda:
    with rows.engine.begin() as db:
        return agenda.look(db, NOW + after)


def change(rows: Rows, statement: str, **values: object) -> None:
    with rows.engine.begin() as db:
        db.execute(text(statement), {"now": NOW, **values})


def test_an_empty_ledger_has_the_feed_to_read_and_nothing_else(rows: Rows) -> None:
    found = look(rows)

    assert (found.read_events, found.ask_states, found.expire, found.routes) == (True, False, False, ())


def test_the_feed_is_due_when_its_time_has_come_and_nobody_reads_it(rows: Rows) -> None:
    with rows.engine.begin() as db:
        reading = feeds.claim(db, feeds.PROVINCE_EVENTS, now=NOW, lease=20 * SECONDS)
        assert reading is not None
    assert not look(rows, 19 * SECONDS).read_events
    assert look(rows, 21 * SECONDS).read_events

    with rows.engine.begin() as db:
        feeds.advance(db, reading, now=NOW, next_at=NOW + 30 * SECONDS, lease=20 * SECONDS)
    assert not look(rows, 29 * SECONDS).read_events
    assert look(rows, 30 * SECONDS).read_events


def test_routes_are_due_that_have_something_due(rows: Rows) -> None:
    rows.take_in(
        draft(1, route=Route.RESULT),
        draft(2, route=Route.PROGRESS, due_at=NOW + 5 * SECONDS),
        draft(3, hold=Hold.REQUEST),
    )

    assert look(rows).routes == (Route.RESULT,)
    assert set(look(rows, 5 * SECONDS).routes) == {Route.RESULT, Route.PROGRESS}


def test_a_lease_that_ended_is_due(rows: Rows) -> None:
    rows.take_in(draft(1))
    rows.claim()

    assert not look(rows, timedelta(minutes=2)).expire
    assert look(rows, timedelta(minutes=2, seconds=1)).expire


def test_a_question_is_due_when_a_dossier_is(rows: Rows) -> None:
    change(
        rows,
        "INSERT INTO dossier (code, procedure, office, received_on, version, planned, changed_at, ask_at)"
        " VALUES ('a', 'death', '30292', now(), 1, 4, now(), :at), ('b', 'death', '30292', now(), 1, 4, now(), NULL)",
        at=NOW + 3 * SECONDS,
    )

    assert not look(rows).ask_states
    assert look(rows, 3 * SECONDS).ask_states


@pytest.mark.parametrize("partner", ["ministry", "province"])
def test_a_partner_that_is_closed_has_nothing_due(rows: Rows, partner: str) -> None:
    rows.take_in(draft(1), draft(1, route=Route.RESULT))
    change(
        rows,
        "INSERT INTO dossier (code, procedure, office, received_on, version, planned, changed_at, ask_at)"
        " VALUES ('a', 'death', '30292', now(), 1, 4, now(), :now)",
    )
    change(
        rows,
        "INSERT INTO partner (name, closed_until, why) VALUES (:name, :until, 'throttled')",
        name=partner,
        until=NOW + 9 * SECONDS,
    )
    found, later = look(rows), look(rows, 10 * SECONDS)

    if partner == "ministry":
        assert (found.routes, found.ask_states, found.read_events) == ((Route.RESULT,), False, True)
    else:
        assert (found.routes, found.ask_states, found.read_events) == ((), True, False)
    assert set(later.routes) == {Route.APPLICATION, Route.RESULT}
    assert later.ask_states
    assert later.read_events


def test_it_says_how_long_nothing_else_will_be_due_at_most_a_second(rows: Rows) -> None:
    assert look(rows).wait <= LONGEST_WAIT
    change(rows, "INSERT INTO feed (name, next_at) VALUES (:name, :at)", name=feeds.PROVINCE_EVENTS, at=NOW + SECONDS)
    rows.take_in(draft(1, due_at=NOW + 0.4 * SECONDS))

    assert look(rows).wait == 0.4 * SECONDS
    assert look(rows, 0.39 * SECONDS).wait == SHORTEST_WAIT
    rows.take_in(draft(2, due_at=NOW + 60 * SECONDS))
    assert look(rows, 2 * SECONDS).wait == LONGEST_WAIT


def test_a_look_costs_the_same_however_much_is_done(rows: Rows) -> None:
    rows.take_in(draft(1))
    rows.deliver()
    with rows.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        db.execute(
            text(
                "INSERT INTO message (id, route, subject, version, state, source_key, created_at, updated_at,"
                " delivered_at) SELECT gen_random_uuid(), route, subject || n, 1, state, int4send(n), created_at,"
                " updated_at, delivered_at"
                " FROM message, generate_series(1, 20000) AS n"
            )
        )
        db.execute(text("VACUUM ANALYZE message"))
        plan = "\n".join(
            row[0] for row in db.execute(text(f"EXPLAIN {agenda._LOOK.text}"), {"feed": feeds.PROVINCE_EVENTS})
        )
    assert "message_due" in plan
    assert "Seq Scan on message" not in plan
