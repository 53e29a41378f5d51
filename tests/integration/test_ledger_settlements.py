"""How attempts end in the ledger: settlements, leases that expire, and fences that are old."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from connector.adapters import lanes, ledger
from connector.adapters.database import make_engine
from connector.domain.attempts import Attempt, delivered, failed, held_again, lease_ended
from connector.domain.errors import NotExpectedNow, Refused, Throttled, Unreachable
from connector.domain.message import Hold, Route, State
from tests.ledger_rows import NOW, Rows, draft, rows_in

LEASE = timedelta(minutes=2)
AWAY = Unreachable("HTTP_503", "away")
LOST = Unreachable("READ_TIMEOUT", "no answer", maybe_done=True)


@pytest.fixture
def rows(database: str) -> Iterator[Rows]:
    with rows_in(database) as found:
        yield found


def at_once(database: str, workers: int, work: Callable[[Rows], list[UUID]]) -> list[list[UUID]]:
    """The same work by several workers, each over a connection of its own, begun at one moment."""
    begin = threading.Barrier(workers)

    def one(_: int) -> list[UUID]:
        with rows_in(database) as own:
            with own.engine.connect():
                pass  # connected before the start
            begin.wait()
            return work(own)

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(one, range(workers)))


def test_a_settlement_leaves_state_attempt_and_history_together(rows: Rows) -> None:
    [message_id] = rows.take_in(draft(1))
    rows.fail(LOST, [timedelta(minutes=5)])

    with rows.engine.begin() as db:
        message = db.execute(text("SELECT state, due_at, attempts, last_code, lease_until FROM message")).one()
        attempt = db.execute(text("SELECT message_id, outcome, counted, maybe_done, code FROM attempt")).one()
        moves = [row.move for row in db.execute(text("SELECT move FROM history ORDER BY id"))]
    assert tuple(message) == ("ready", NOW + timedelta(minutes=5), 1, "READ_TIMEOUT", None)
    assert tuple(attempt) == (message_id, "unreachable", True, True, "READ_TIMEOUT")
    assert moves == ["take_in", "claim", "postpone"]


def test_a_throttled_call_is_kept_and_not_counted(rows: Rows) -> None:
    rows.take_in(draft(1))
    rows.fail(Throttled("HTTP_429", "patience"))

    with rows.engine.begin() as db:
        assert db.scalar(text("SELECT attempts FROM message")) == 0
        assert db.scalar(text("SELECT counted FROM attempt")) is False


def test_what_is_held_again_waits_without_a_date(rows: Rows) -> None:
    rows.take_in(draft(1))
    [claim] = rows.claim()
    rows.settle([held_again(claim, NotExpectedNow("111", "not now"), Hold.REQUEST, "not asked for")])

    assert rows.states() == [State.HELD]
    assert rows.claim(at=NOW + timedelta(days=9)) == []


def expire(rows: Rows, at: timedelta, schedule: tuple[timedelta, ...] = (timedelta(seconds=10),) * 3) -> int:
    """What the sweep does."""
    with rows.engine.begin() as db:
        ended = [
            lease_ended(
                Attempt(message_id=message_id, fence=fence, attempts=attempts, findings=(), at=NOW + at),
                schedule=schedule,
                now=NOW + at,
                luck=0.5,
            )
            for message_id, fence, attempts in ledger.expired(db, NOW + at)
        ]
        return len(ledger.settle(db, ended, NOW + at, "sweeper"))


def test_a_lease_that_has_not_ended_is_left_alone(rows: Rows) -> None:
    rows.take_in(draft(1))
    rows.claim()

    assert expire(rows, LEASE) == 0
    assert rows.states() == [State.SENDING]


def test_an_expired_lease_counts_as_a_failed_attempt_of_unknown_outcome(rows: Rows) -> None:
    [message_id] = rows.take_in(draft(1))
    rows.claim()

    assert expire(rows, LEASE + timedelta(seconds=1)) == 1

    assert rows.states() == [State.READY]
    with rows.engine.begin() as db:
        assert db.scalar(text("SELECT attempts FROM message")) == 1
        [unknown] = lanes.unknown_attempts(db, [message_id])[message_id]
    assert unknown.sent is None


def test_a_message_that_kills_its_worker_each_time_ends_exhausted(rows: Rows) -> None:
    rows.take_in(draft(1))
    passed = timedelta()
    for _ in range(4):
        passed += timedelta(minutes=10)
        # Two claims: one for what is usual, one for what a worker died with.
        with rows.engine.begin() as db:
            taken = [
                one
                for suspects in (False, True)
                for one in ledger.claim(
                    db, Route.APPLICATION, limit=9, now=NOW + passed, lease=LEASE, worker="w", suspects=suspects
                )
            ]
        assert len(taken) == 1
        passed += 2 * LEASE
        expire(rows, passed)

    assert rows.states() == [State.EXHAUSTED]


def test_an_old_fence_settles_nothing(rows: Rows) -> None:
    rows.take_in(draft(1))
    [old] = rows.claim()
    expire(rows, 2 * LEASE)
    with rows.engine.begin() as db:
        [new] = ledger.claim(
            db, Route.APPLICATION, limit=1, now=NOW + 2 * LEASE, lease=LEASE, worker="may-2:8", suspects=True
        )

    with rows.engine.begin() as db:
        late = delivered(old, repeated=False, http_status=200)
        assert ledger.settle(db, [late], NOW + 2 * LEASE, "may-1:77") == frozenset()

    assert rows.states() == [State.SENDING]
    assert new.fence == old.fence + 1
    with rows.engine.begin() as db:
        assert db.scalar(text("SELECT count(*) FROM attempt WHERE outcome = 'delivered'")) == 0


def test_a_settlement_that_comes_twice_counts_once(rows: Rows) -> None:
    rows.take_in(draft(1))
    [claim] = rows.claim()
    done = delivered(claim, repeated=False, http_status=200)
    rows.settle([done])

    with rows.engine.begin() as db:
        assert ledger.settle(db, [done], NOW, "may-1:77") == frozenset()
        assert db.scalar(text("SELECT count(*) FROM attempt")) == 1


def test_a_batch_is_settled_for_those_that_are_still_ours(rows: Rows) -> None:
    rows.take_in(draft(1), draft(2))
    one, other = rows.claim()
    with rows.engine.begin() as db:
        db.execute(text("UPDATE message SET fence = fence + 1 WHERE id = :id"), {"id": one.message_id})
        settled = ledger.settle(
            db, [failed(a, Refused("500", "no"), schedule=(), now=NOW, luck=0) for a in (one, other)], NOW, "w"
        )

    assert settled == {other.message_id}
    assert rows.states() == [State.SENDING, State.REFUSED]


def test_two_sweeps_at_once_end_a_lease_once(rows: Rows, database: str) -> None:
    rows.take_in(*(draft(serial) for serial in range(40)))
    rows.claim()

    def sweep(own: Rows) -> list[UUID]:
        expire(own, 2 * LEASE)
        return []

    at_once(database, 4, sweep)

    with rows.engine.begin() as db:
        assert db.scalar(text("SELECT count(*) FROM attempt")) == 40
        assert db.scalar(text("SELECT max(attempts) FROM message")) == 1


def test_a_connection_that_breaks_in_a_settlement_leaves_all_or_nothing(rows: Rows, database: str) -> None:
    rows.take_in(draft(1), draft(2))
    claims = rows.claim()
    engine = make_engine(database, pool_size=1)
    with engine.connect() as db:
        ledger.settle(db, [delivered(one, repeated=False, http_status=200) for one in claims], NOW, "w")
        mine = db.scalar(text("SELECT pg_backend_pid()"))
        with rows.engine.begin() as killer:
            killer.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": mine})
        with pytest.raises(OperationalError):
            db.commit()
    engine.dispose()

    assert rows.states() == [State.SENDING, State.SENDING]
