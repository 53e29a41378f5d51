"""The schema: what two machines do that migrate at once, and that models and migrations say the same."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from connector.adapters import audit, job_tables, revisions, sessions
from connector.adapters.database import DatabaseAway, is_away, make_engine, migrate, own_database
from connector.adapters.locks import Lock
from connector.adapters.tables import metadata
from tests.ledger_rows import Rows, draft, rows_in


@contextmanager
def connection(url: str) -> Iterator[Connection]:
    engine = make_engine(url, pool_size=1)
    try:
        with engine.begin() as db:
            yield db
    finally:
        engine.dispose()


def constraints(db: Connection) -> list[tuple[str, str]]:
    rows = db.execute(
        text(
            "SELECT conrelid::regclass::text || '.' || conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace AND conrelid <> 'alembic_version'::regclass ORDER BY 1"
        )
    )
    return [(row[0], row[1]) for row in rows]


def indexes(db: Connection) -> list[tuple[str, str]]:
    rows = db.execute(
        text(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
        )
    )
    return sorted((row[0], row[1]) for row in rows)


def test_four_machines_that_migrate_at_once_all_end_at_the_same_schema(empty_database: str) -> None:
    begin = threading.Barrier(4)

    def one(_: int) -> str:
        begin.wait()
        return migrate(empty_database)

    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(one, range(4)))

    with connection(empty_database) as db:
        state = revisions.look(db)
        assert db.scalar(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")) == 0
    assert found == {state.wanted}
    assert state.is_enough


def test_a_second_machine_waits_for_as_long_as_the_first_migrates(empty_database: str) -> None:
    with connection(empty_database) as first, ThreadPoolExecutor(1) as pool:
        first.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": Lock.MIGRATION.value})
        second = pool.submit(migrate, empty_database)
        waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        while not first.scalar(waiting):
            assert not second.done()
        first.commit()
        assert second.result(30)


def test_a_migrated_database_is_migrated_again_without_harm(database: str) -> None:
    with rows_in(database) as rows:
        rows.take_in(draft(1))
    migrate(database)
    with rows_in(database) as rows:
        assert len(rows.states()) == 1


def test_models_and_migrations_agree(database: str, empty_database: str) -> None:
    assert audit.audit.metadata is sessions.session.metadata is job_tables.replay_job.metadata is metadata
    with connection(database) as db, connection(empty_database) as bare:
        assert compare_metadata(MigrationContext.configure(db, opts={"compare_type": True}), metadata) == []
        # What Alembic does not compare: checks, and what makes an index partial.
        metadata.create_all(bare)
        assert constraints(db) == constraints(_without_versions(bare))
        assert indexes(db) == indexes(bare)


def _without_versions(db: Connection) -> Connection:
    db.execute(text("CREATE TABLE alembic_version (version_num text)"))
    return db


def test_a_schema_can_be_taken_back_to_nothing(database: str) -> None:
    with connection(database) as db:
        config = Config()
        config.set_main_option("script_location", "connector:migrations")
        config.attributes["connection"] = db
        command.downgrade(config, "base")
        left = [row[0] for row in db.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))]
    assert left == ["alembic_version"]


def test_every_index_that_finds_work_is_partial(database: str) -> None:
    with connection(database) as db:
        found = dict(indexes(db))
    for name in ("message_due", "message_lane", "message_leased", "message_outdated", "dossier_to_ask"):
        assert " WHERE " in found[name], name


def test_a_schema_of_a_later_version_is_enough(database: str) -> None:
    with connection(database) as db:
        db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        state = revisions.look(db)
    assert state.is_newer
    assert state.is_enough


def test_a_database_of_its_own_is_gone_afterwards(database: str) -> None:
    with own_database(database, "demo") as url:
        migrate(url)
        with rows_in(url) as rows:
            assert isinstance(rows, Rows)
            assert rows.states() == []
    with pytest.raises(OperationalError) as gone, connection(url):
        pass
    assert is_away(gone.value)


def test_a_server_that_is_away_is_named_without_its_password() -> None:
    url = "postgresql://lienthong:hushhush@127.0.0.1:1/lienthong"
    with pytest.raises(DatabaseAway) as away, own_database(url, "demo"):
        pass
    assert "hushhush" not in str(away.value)
