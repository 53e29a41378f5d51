"""The audit only grows, and whatever is done to it behind our back is found."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from alembic import command
from alembic.config import Config
from hypothesis import HealthCheck, given
from hypothesis import settings as tried
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from connector.adapters import audit, audit_reading
from connector.adapters.audit import Action
from connector.adapters.audit_reading import Fault, Head, Wanted
from connector.adapters.database import make_engine, migrate
from tests.commands import Commands

AT = datetime(2026, 11, 25, 8, 0, 0, 123456, tzinfo=UTC)
MESSAGE = UUID("0190a0a0-0000-7000-8000-000000000001")
LINES = 6


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    made = make_engine(database)
    with made.begin() as db:
        for number in range(LINES):
            audit.record(
                db,
                Action.REVEAL,
                at=AT + timedelta(minutes=number),
                who="lan",
                reason=f"người dân hỏi {number}",
                message_id=MESSAGE,
                target="/messages",
                allowed=number != 3,
                details={"số": number, "ok": None},
            )
    yield made
    made.dispose()


def faults(engine: Engine, noted: Head | None = None) -> list[Fault]:
    verdict = audit_reading.verify(engine, noted)
    assert verdict.sound == (not verdict.faults)
    return verdict.faults


def behind_our_back(engine: Engine, *statements: str) -> None:
    """What a database's superuser can do."""
    with engine.begin() as db:
        db.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            assert db.execute(text(statement)).rowcount > 0, statement


def test_what_nobody_touched_is_sound(engine: Engine) -> None:
    verdict = audit_reading.verify(engine)

    assert verdict.sound
    assert verdict.head.count == LINES


@pytest.mark.parametrize(
    "change",
    [
        "at = at + interval '1 microsecond'",
        "who = 'lam'",
        "who = 'Lan'",
        "action = 'search_person'",
        "message_id = '0190a0a0-0000-7000-8000-000000000002'",
        "message_id = NULL",
        "reason = reason || ' '",
        "target = ''",
        "allowed = NOT allowed",
        "details = details || ' '",
        "hash = set_byte(hash, 31, get_byte(hash, 31) # 1)",
    ],
)
@pytest.mark.parametrize("number", [1, 3, LINES])
def test_one_altered_byte_is_found_wherever_it_is(engine: Engine, change: str, number: int) -> None:
    behind_our_back(engine, f"UPDATE audit SET {change} WHERE id = {number}")

    assert Fault("altered", number) in faults(engine)


def test_a_line_that_was_altered_and_sealed_anew_is_found_by_the_next(engine: Engine) -> None:
    with engine.begin() as db:
        rows = db.execute(text("SELECT * FROM audit ORDER BY id")).mappings().all()
    forged = {**rows[2], "who": "lam"}
    seal = audit.seal(rows[1]["hash"], forged).hex()
    behind_our_back(engine, f"UPDATE audit SET who = 'lam', hash = '\\x{seal}' WHERE id = 3")

    assert faults(engine) == [Fault("altered", 4)]


def test_a_line_taken_out_is_found(engine: Engine) -> None:
    behind_our_back(engine, "DELETE FROM audit WHERE id = 3")

    assert faults(engine) == [Fault("missing", 3), Fault("altered", 4)]


def test_a_line_taken_out_whose_gap_was_closed_is_found(engine: Engine) -> None:
    behind_our_back(
        engine,
        "DELETE FROM audit WHERE id = 3",
        *(f"UPDATE audit SET id = {n - 1} WHERE id = {n}" for n in range(4, LINES + 1)),
        "UPDATE audit_head SET count = count - 1",
    )

    assert Fault("altered", 3) in faults(engine)


@pytest.mark.parametrize("number", [1, LINES])
def test_the_first_and_the_last_line_are_missed(engine: Engine, number: int) -> None:
    behind_our_back(engine, f"DELETE FROM audit WHERE id = {number}")

    assert faults(engine)


def test_a_line_added_by_hand_is_found(engine: Engine) -> None:
    behind_our_back(
        engine,
        "INSERT INTO audit SELECT id + 1, at, who, action, message_id, reason, target, allowed, details, hash"
        f" FROM audit WHERE id = {LINES}",
    )

    assert Fault("head", LINES) in faults(engine)


@pytest.mark.parametrize("number", [0, -7])
def test_a_line_put_before_the_first_is_found(engine: Engine, number: int) -> None:
    behind_our_back(
        engine,
        "INSERT INTO audit SELECT " + str(number) + ", at, who, action, message_id, reason, target, allowed, details,"
        " hash FROM audit WHERE id = 1",
    )

    assert faults(engine) == [Fault("altered", number)]


def test_two_lines_that_changed_places_are_found(engine: Engine) -> None:
    behind_our_back(
        engine,
        "UPDATE audit SET id = 100 WHERE id = 2",
        "UPDATE audit SET id = 2 WHERE id = 4",
        "UPDATE audit SET id = 4 WHERE id = 100",
    )

    assert {fault.number for fault in faults(engine)} >= {2, 4}


def test_an_audit_written_anew_is_found_by_a_head_that_was_noted(engine: Engine) -> None:
    noted = audit_reading.verify(engine).head
    with engine.begin() as db:
        audit.record(db, Action.LOG_IN, at=AT, who="hoa")
    assert faults(engine, noted) == []
    with engine.begin() as db:
        db.execute(text("SET LOCAL session_replication_role = replica"))
        db.execute(text("DELETE FROM audit"))
        db.execute(text("UPDATE audit_head SET count = 0, hash = :zero"), {"zero": audit.ORIGIN})
        for _ in range(LINES):
            audit.record(db, Action.LOG_IN, at=AT, who="hoa")

    assert faults(engine) == []
    assert faults(engine, noted) == [Fault("noted", LINES)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET who = 'lam' WHERE id = 1",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "DELETE FROM audit_head",
        "TRUNCATE audit_head",
        "UPDATE audit_head SET count = count - 1",
    ],
)
def test_the_database_refuses_to_alter_it(engine: Engine, statement: str) -> None:
    with pytest.raises(IntegrityError, match="only grows"), engine.begin() as db:
        db.execute(text(statement))

    assert faults(engine) == []


def test_many_who_write_at_once_make_one_chain(engine: Engine) -> None:
    begin = threading.Barrier(8)
    wrong: list[BaseException] = []

    def write(who: str) -> None:
        try:
            begin.wait(20)
            for _ in range(20):
                with engine.begin() as db:
                    audit.record(db, Action.OWN, at=AT, who=who)
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=write, args=(f"lan{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    verdict = audit_reading.verify(engine)

    assert wrong == []
    assert (verdict.sound, verdict.head.count) == (True, LINES + 160)


def test_what_was_rolled_back_leaves_no_gap(engine: Engine) -> None:
    with engine.connect() as db:
        audit.record(db, Action.OWN, at=AT, who="lan")
        db.rollback()
    with engine.begin() as db:
        number = audit.record(db, Action.OWN, at=AT, who="lan")

    assert number == LINES + 1
    assert faults(engine) == []


@tried(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(who=st.text(min_size=1).filter(lambda s: s.strip("\0")), reason=st.text(), key=st.text(), value=st.text())
def test_whatever_is_written_reads_back_sound(engine: Engine, who: str, reason: str, key: str, value: str) -> None:
    with engine.begin() as db:
        audit.record(db, Action.CANCEL, at=AT, who=who, reason=reason, target=value, details={key: value})

    assert faults(engine) == []


def test_a_reveal_without_a_reason_cannot_be_written(engine: Engine) -> None:
    with pytest.raises(IntegrityError), engine.begin() as db:
        audit.record(db, Action.REVEAL, at=AT, who="lan", reason=" \n", message_id=MESSAGE)


def test_verifying_needs_little_memory_and_takes_all_lines(engine: Engine) -> None:
    """More lines than are held at once, so that the seams are crossed."""
    with engine.begin() as db:
        for _ in range(2500):
            audit.record(db, Action.OWN, at=AT, who="lan")
    behind_our_back(engine, "UPDATE audit SET who = 'lam' WHERE id = 2001")

    assert faults(engine) == [Fault("altered", 2001)]


def test_lines_of_before_the_chain_are_sealed_by_the_migration(empty_database: str) -> None:
    engine = make_engine(empty_database, pool_size=1)
    with engine.begin() as db:
        config = Config()
        config.set_main_option("script_location", "connector:migrations")
        config.attributes["connection"] = db
        command.upgrade(config, "0003")
        for number in (1, 2, 3):
            db.execute(
                text(
                    "INSERT INTO audit (at, who, action, message_id, reason) VALUES (:at, 'lan', 'reveal', :id, :why)"
                ),
                {"at": AT, "id": MESSAGE, "why": f"lý do {number}"},
            )
        db.execute(text("DELETE FROM audit WHERE id = 2"))
    migrate(empty_database)
    with engine.begin() as db:
        audit.record(db, Action.OWN, at=AT, who="lan")
        reasons = [line.reason for line in audit_reading.page(db, Wanted(), limit=10)]
    verdict = audit_reading.verify(engine)
    engine.dispose()

    assert reasons == ["", "lý do 3", "lý do 1"]
    assert (verdict.sound, verdict.head.count) == (True, 3)


# The commands


@pytest.fixture
def lienthong(database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Commands:
    return Commands(monkeypatch, tmp_path, database_url=database)


def test_the_command_finds_what_was_altered(lienthong: Commands, engine: Engine) -> None:
    sound = lienthong.json("audit", "verify")
    head = f"{sound['count']}:{sound['seal']}"
    lienthong.run("audit", "verify", "--noted", head)
    behind_our_back(engine, "UPDATE audit SET reason = 'khác' WHERE id = 2")
    broken: Any = lienthong.json("audit", "verify", code=1)
    said = lienthong.run("audit", "verify", "--noted", f"{LINES}:{'0' * 64}", code=1)

    assert sound["sound"]
    assert broken["faults"] == [{"kind": "altered", "line": 2}]
    assert "line 2" in said.stderr
    assert "noted" in said.stderr
    assert head in said.stdout
    lienthong.run("audit", "verify", "--noted", "nonsense", code=2)


def test_the_command_lists_lines_and_writes_down_that_they_were_read(lienthong: Commands, engine: Engine) -> None:
    refused = lienthong.json("audit", "list", "--refused")
    first = lienthong.json("audit", "list", "--limit", "2", "--action", "reveal")
    second = lienthong.json("audit", "list", "--limit", "5", "--action", "reveal", "--before", str(first["next"]))
    reads = lienthong.json("audit", "list", "--action", "read_audit")

    assert [line["number"] for line in refused["lines"]] == [4]
    assert [line["number"] for line in first["lines"] + second["lines"]] == [6, 5, 4, 3, 2, 1]
    assert len(reads["lines"]) == 3
    assert all("@" in line["who"] for line in reads["lines"])
    assert "người dân hỏi 0" in lienthong.run("audit", "list").stdout
    assert json.dumps(refused)
