"""How messages get into the ledger, and which rows it refuses."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from connector.adapters import lanes, ledger
from connector.domain.message import Hold, Move, MoveNotAllowed, Route, State
from schemas.findings import Code, finding
from tests.ledger_rows import NOW, Rows, draft, rows_in


@pytest.fixture
def rows(database: str) -> Iterator[Rows]:
    with rows_in(database) as found:
        yield found


def test_a_message_comes_with_its_body_and_its_first_line_of_history(rows: Rows) -> None:
    [message_id] = rows.take_in(draft(1, body=b"\xff\x00 as received"))

    with rows.engine.begin() as db:
        history = db.execute(text("SELECT was, move, became, by FROM history")).all()
        assert [tuple(line) for line in history] == [(None, "take_in", "ready", "intake")]
        assert lanes.bodies(db, [message_id]) == {message_id: b"\xff\x00 as received"}


def test_a_message_begins_as_its_findings_and_its_hold_say(rows: Rows) -> None:
    wrong = finding(Code.DATE_INVALID, "/HoSo")
    rows.take_in(draft(1), draft(2, hold=Hold.REQUEST), draft(3, findings=(wrong,), hold=Hold.REQUEST))

    assert rows.states() == [State.READY, State.HELD, State.INVALID]
    with rows.engine.begin() as db:
        holds = [row.hold for row in db.execute(text("SELECT hold FROM message ORDER BY seq"))]
    assert holds == [None, "request", None]


def test_what_is_known_is_counted_and_otherwise_ignored(rows: Rows) -> None:
    one = draft(1)
    again = one._replace(message_id=uuid4(), body=b"another")
    with rows.engine.begin() as db:
        first = ledger.take_in(db, [one, again], NOW, "intake")
        second = ledger.take_in(db, [again._replace(message_id=uuid4()), draft(2)], NOW, "intake")

    assert (first.new, first.duplicates) == (frozenset({one.message_id}), 1)
    assert (len(second.new), second.duplicates) == (1, 1)
    with rows.engine.begin() as db:
        assert db.scalar(text("SELECT count(*) FROM body")) == 2
        assert db.scalar(text("SELECT duplicates FROM message WHERE id = :id"), {"id": one.message_id}) == 2
        assert lanes.bodies(db, [one.message_id])[one.message_id] == one.body


def test_nothing_of_a_batch_stays_when_its_transaction_is_rolled_back(rows: Rows) -> None:
    with rows.engine.connect() as db:
        ledger.take_in(db, [draft(1), draft(2)], NOW, "intake")
        db.rollback()
        for table in ("message", "body", "history"):
            assert db.scalar(text(f"SELECT count(*) FROM {table}")) == 0


def test_nobody_takes_in_a_message_as_delivered(rows: Rows) -> None:
    with rows.engine.begin() as db, pytest.raises(MoveNotAllowed):
        ledger.take_in(db, [draft(1)._replace(state=State.DELIVERED)], NOW, "intake")


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("state_known", "state = 'lost', due_at = NULL"),
        ("route_known", "route = 'sideways'"),
        ("procedure_known", "procedure = 'birth'"),
        ("hold_known", "state = 'held', due_at = NULL, hold = 'weather'"),
        ("due_iff_ready", "due_at = NULL"),
        ("due_iff_ready", "state = 'refused'"),
        ("lease_iff_sending", "lease_until = now()"),
        ("lease_iff_sending", "state = 'sending', due_at = NULL"),
        ("hold_iff_held", "hold = 'area'"),
        ("hold_iff_held", "state = 'held', due_at = NULL"),
        ("instant_iff_delivered", "state = 'delivered', due_at = NULL"),
        ("instant_iff_delivered", "delivered_at = now()"),
        ("counts_positive", "attempts = -1"),
        ("counts_positive", "fence = -1"),
        ("counts_positive", "version = -1"),
    ],
)
def test_the_database_refuses_a_message_that_cannot_be(rows: Rows, constraint: str, change: str) -> None:
    rows.take_in(draft(1))
    with rows.engine.begin() as db, pytest.raises(IntegrityError, match=f"message_{constraint}"):
        db.execute(text(f"UPDATE message SET {change}"))


IMPOSSIBLE: dict[str, str] = {
    "message_source_key_key": "INSERT INTO message (id, route, subject, version, state, due_at, source_key, created_at,"
    " updated_at) SELECT gen_random_uuid(), route, subject, 9, state, due_at, source_key, now(), now() FROM message",
    "body_message_id_fkey": "INSERT INTO body VALUES (gen_random_uuid(), 'x')",
    "body_pkey": "INSERT INTO body SELECT message_id, content FROM body",
    "history_message_id_fkey": "INSERT INTO history (message_id, at, move, became, by)"
    " VALUES (gen_random_uuid(), now(), 'claim', 'sending', 'x')",
    "history_move_known": "UPDATE history SET move = 'fly'",
    "history_became_known": "UPDATE history SET became = 'lost'",
    "attempt_message_id_fkey": "INSERT INTO attempt (message_id, at, outcome, counted, maybe_done)"
    " VALUES (gen_random_uuid(), now(), 'x', true, false)",
    "dossier_procedure_known": "INSERT INTO dossier (code, procedure, office, received_on, version, planned,"
    " changed_at) VALUES ('x', 'birth', 'x', now(), 1, 1, now())",
    "dossier_counts_positive": "INSERT INTO dossier (code, procedure, office, received_on, version, planned,"
    " changed_at, submissions) VALUES ('x', 'death', 'x', now(), 1, 1, now(), -1)",
    "sighting_verdict_known": "INSERT INTO sighting (dossier_code, state, happened_at, seen_at, verdict)"
    " VALUES ('x', 1, now(), now(), 'maybe')",
}


@pytest.mark.parametrize("constraint", IMPOSSIBLE)
def test_the_database_refuses_rows_that_contradict_each_other(rows: Rows, constraint: str) -> None:
    rows.take_in(draft(1))
    with rows.engine.begin() as db, pytest.raises(IntegrityError, match=constraint):
        db.execute(text(IMPOSSIBLE[constraint]))


# -- moves of what nobody is sending ----------------------------------------------------------------------------------


def move(rows: Rows, ids: list[Any], how: Move, became: State, **more: Any) -> frozenset[Any]:
    with rows.engine.begin() as db:
        return ledger.move(db, ids, how, became, now=NOW + timedelta(minutes=1), by="lan", why="a reason", **more)


def test_a_move_leaves_a_line_with_who_and_why(rows: Rows) -> None:
    [message_id] = rows.take_in(draft(1))

    assert move(rows, [message_id], Move.CANCEL, State.CANCELLED) == {message_id}

    assert rows.states() == [State.CANCELLED]
    with rows.engine.begin() as db:
        line = db.execute(text("SELECT was, move, became, by, why FROM history ORDER BY id DESC LIMIT 1")).one()
    assert tuple(line) == ("ready", "cancel", "cancelled", "lan", "a reason")


def test_a_message_on_the_line_is_moved_by_nobody_else(rows: Rows) -> None:
    sending, ready = rows.take_in(draft(1), draft(2, due_at=NOW + timedelta(days=1)))
    rows.claim()

    assert move(rows, [sending, ready], Move.CANCEL, State.CANCELLED) == {ready}
    assert rows.states() == [State.SENDING, State.CANCELLED]


def test_a_move_that_the_table_does_not_have_changes_nothing(rows: Rows) -> None:
    [message_id] = rows.take_in(draft(1))

    assert move(rows, [message_id], Move.RELEASE, State.READY) == frozenset()
    assert move(rows, [uuid4()], Move.CANCEL, State.CANCELLED) == frozenset()
    assert rows.states() == [State.READY]


def test_what_is_released_may_go_at_once_and_what_is_held_again_says_why(rows: Rows) -> None:
    held, _ = rows.take_in(draft(1, hold=Hold.REQUEST), draft(2))

    move(rows, [held], Move.RELEASE, State.READY)

    assert {one.message_id for one in rows.claim(at=NOW + timedelta(minutes=1))} >= {held}


def test_a_replay_of_what_was_delivered_takes_the_instant_away(rows: Rows) -> None:
    [message_id] = rows.take_in(draft(1))
    rows.deliver()

    assert move(rows, [message_id], Move.REPLAY, State.READY) == {message_id}
    with rows.engine.begin() as db:
        assert db.scalar(text("SELECT delivered_at FROM message")) is None


def test_lanes_are_listed_in_their_order(rows: Rows) -> None:
    rows.take_in(draft(1, version=2), draft(1, version=1), draft(2), draft(1, route=Route.PROGRESS))
    code = draft(1).subject

    with rows.engine.begin() as db:
        found = lanes.of_subjects(db, Route.APPLICATION, [code, "nobody"])

    assert set(found) == {code}
    assert [entry.version for entry in found[code]] == [1, 2]
