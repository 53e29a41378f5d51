"""Closed messages are kept count of: the tally says what a count of the rows would."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from connector.adapters import ledger, overview
from connector.domain.errors import Refused
from connector.domain.message import Hold, Move, Route, State
from tests.ledger_rows import NOW, Rows, draft, rows_in


@pytest.fixture
def rows(database: str) -> Iterator[Rows]:
    with rows_in(database) as found:
        yield found


def kept_and_real(db: Connection) -> tuple[dict[tuple[str, str], int], dict[tuple[str, str], int]]:
    kept = {
        (route.value, state.value): number
        for route, states in overview.count(db).items()
        for state, number in states.items()
        if number
    }
    real = db.execute(text("SELECT route, state, count(*) FROM message GROUP BY route, state"))
    return kept, {(route, state): number for route, state, number in real}


def a_little_of_everything(rows: Rows) -> None:
    ids = rows.take_in(*(draft(serial) for serial in range(1, 9)), draft(9, hold=Hold.REQUEST))
    rows.deliver()
    rows.take_in(draft(1), draft(10), draft(11), draft(12, route=Route.PROGRESS))  # the first is a repetition
    rows.fail(Refused("104", "no"))
    rows.deliver(Route.PROGRESS)
    with rows.engine.begin() as db:
        ledger.move(db, ids[-1:], Move.CANCEL, State.CANCELLED, now=NOW, by="x", why="y")
        ledger.move(db, ids[:3], Move.REPLAY, State.READY, now=NOW, by="x", why="y")


def test_it_agrees_with_the_rows_through_every_move(rows: Rows) -> None:
    a_little_of_everything(rows)
    with rows.engine.begin() as db:
        kept, real = kept_and_real(db)
    assert kept == real
    assert real["application", "delivered"] == 5
    assert real["application", "cancelled"] == 1


def test_it_agrees_whoever_writes(rows: Rows) -> None:
    a_little_of_everything(rows)
    with rows.engine.begin() as db:
        db.execute(text("DELETE FROM message WHERE route = 'progress'"))
        db.execute(text("UPDATE message SET route = 'result' WHERE state = 'cancelled'"))
        kept, real = kept_and_real(db)
    assert kept == real


def test_what_is_rolled_back_is_not_counted(rows: Rows) -> None:
    [message_id] = rows.take_in(draft(1))
    with rows.engine.connect() as db:
        ledger.move(db, [message_id], Move.CANCEL, State.CANCELLED, now=NOW, by="x", why="y")
        db.rollback()
        assert kept_and_real(db)[0] == {("application", "ready"): 1}


def test_it_is_made_short_while_others_count_on(rows: Rows) -> None:
    a_little_of_everything(rows)
    late = rows.take_in(draft(20))
    with rows.engine.connect() as other, rows.engine.connect() as db:
        ledger.move(other, late, Move.CANCEL, State.CANCELLED, now=NOW, by="x", why="y")
        overview.sum_up(db)
        overview.sum_up(db)
        assert db.scalar(text("SELECT count(*) FROM tally")) == 3  # what the other adds is not there yet
        db.commit()
        other.commit()
        kept, real = kept_and_real(db)
    assert kept == real


def test_the_rows_that_were_there_before_it_are_counted(rows: Rows) -> None:
    """As a migration of a ledger in use leaves it."""
    rows.take_in(*(draft(serial) for serial in range(5)), at=NOW - timedelta(days=1))
    rows.deliver()
    with rows.engine.connect() as db:
        config = Config()
        config.set_main_option("script_location", "connector:migrations")
        config.attributes["connection"] = db
        command.downgrade(config, "0008")
        command.upgrade(config, "head")
        db.commit()
        kept, real = kept_and_real(db)
    assert kept == real == {("application", "delivered"): 5}
