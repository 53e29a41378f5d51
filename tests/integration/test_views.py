"""Views over the ledger, as the console will use them: what they cost, and that the tables are as migrated."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from connector.adapters import audit, overview, revisions, views
from connector.adapters.audit import Action
from connector.adapters.tables import metadata
from connector.adapters.views import Filter
from connector.domain.message import Route, State
from tests.ledger_rows import NOW, Rows, draft, rows_in


@pytest.fixture
def rows(database: str) -> Iterator[Rows]:
    with rows_in(database) as found:
        yield found


@pytest.fixture
def many(rows: Rows) -> Rows:
    """Ten thousand delivered messages behind three that are open."""
    rows.take_in(draft(1))
    rows.deliver()
    with rows.engine.begin() as db:
        db.execute(_COPY)
    rows.take_in(draft(2), draft(3, route=Route.RESULT), draft(4, route=Route.RESULT))
    with rows.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        db.execute(text("VACUUM ANALYZE message"))
    return rows


_COPY = text("""
    INSERT INTO message (id, route, subject, version, state, source_key, created_at, updated_at, delivered_at)
    SELECT gen_random_uuid(), route, subject, n + 1, state, int4send(n), created_at, updated_at, delivered_at
    FROM message, generate_series(1, 10000) AS n
""")


def plan(db: Connection, statement: str) -> str:
    return "\n".join(row[0] for row in db.execute(text(f"EXPLAIN {statement}")))


def test_open_states_are_counted_without_reading_what_is_done(many: Rows) -> None:
    with many.engine.begin() as db:
        assert overview.count(db)[Route.RESULT][State.READY] == 2
        assert overview.count(db)[Route.APPLICATION][State.DELIVERED] == 10_001
        assert "Seq Scan" not in plan(db, overview.OPEN.text)


def test_a_page_is_found_without_reading_what_is_older(many: Rows) -> None:
    with many.engine.begin() as db:
        first = views.page(db, Filter(states=(State.DELIVERED,)), limit=3)
        second = views.page(db, Filter(states=(State.DELIVERED,)), limit=3, after=first.next_after)

    places = [message.seq for message in (*first.messages, *second.messages)]
    assert places == sorted(places, reverse=True)
    assert len(set(places)) == 6


def test_the_last_page_says_that_it_is(rows: Rows) -> None:
    rows.take_in(draft(1), draft(2))

    with rows.engine.begin() as db:
        assert views.page(db, Filter(), limit=2).next_after is None
        assert views.page(db, Filter(), limit=1).next_after is not None
        assert views.page(db, Filter(), limit=1, after=1) == views.Page((), None)


def test_messages_can_be_chosen_by_their_ids(rows: Rows) -> None:
    first, _, third = rows.take_in(draft(1), draft(2), draft(3))

    with rows.engine.begin() as db:
        found = views.page(db, Filter(ids=(first, third)), limit=10).messages

    assert [message.message_id for message in found] == [third, first]


def test_a_body_is_not_in_what_a_view_prints(rows: Rows) -> None:
    [message_id] = rows.take_in(draft(1))

    with rows.engine.begin() as db:
        life = views.life(db, message_id)

    assert life is not None
    assert life.body
    assert "HoTen" not in repr(life)


def test_a_trace_outlives_its_message(rows: Rows) -> None:
    [message_id] = rows.take_in(draft(1))
    with rows.engine.begin() as db:
        audit.record(db, Action.REVEAL, at=NOW, who="lan@may-1", reason="asked at the desk", message_id=message_id)
        db.execute(text("DELETE FROM message"))

    with rows.engine.begin() as db:
        assert db.scalar(text("SELECT message_id FROM audit")) == message_id


def test_the_oldest_due_message_is_not_one_that_is_due_later(rows: Rows) -> None:
    rows.take_in(draft(1, due_at=NOW + timedelta(minutes=1)))

    with rows.engine.begin() as db:
        assert overview.look(db, NOW, timedelta(days=1)).due_since is None
        assert overview.look(db, NOW + timedelta(minutes=2), timedelta(days=1)).due_since == NOW + timedelta(minutes=1)


def test_the_audit_table_is_as_it_was_migrated(rows: Rows) -> None:
    with rows.engine.begin() as db:
        context = MigrationContext.configure(
            db, opts={"include_name": lambda name, kind, _: kind != "table" or str(name).startswith("audit")}
        )
        differences = [change for change in compare_metadata(context, metadata) if "audit" in str(change)]

    assert audit.audit.metadata is metadata
    assert differences == []


def test_a_migrated_database_has_the_schema_of_this_version(rows: Rows, empty_database: str) -> None:
    with rows.engine.begin() as db:
        assert revisions.look(db).is_enough
    with rows_in(empty_database) as nothing, nothing.engine.begin() as db:
        assert revisions.look(db).found is None
