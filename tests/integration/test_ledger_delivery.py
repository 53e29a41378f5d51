"""Claims, leases, fences and lanes over a real PostgreSQL, with workers that come at the same time."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from connector.adapters import lanes, ledger
from connector.domain.attempts import delivered
from connector.domain.errors import Refused, Unreachable
from connector.domain.message import Hold, Move, Route, State
from schemas.findings import Code, finding
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


def claimed_by(own: Rows, limit: int = 100) -> list[UUID]:
    return [one.message_id for one in own.claim(limit=limit)]


# -- claims -----------------------------------------------------------------------------------------------------------


def test_of_eight_workers_one_gets_the_message(rows: Rows, database: str) -> None:
    [message_id] = rows.take_in(draft(1))

    winners = [ids for ids in at_once(database, 8, claimed_by) if ids]

    assert winners == [[message_id]]
    with rows.engine.begin() as db:
        assert db.scalar(text("SELECT fence FROM message")) == 1


def test_eight_workers_share_the_work_and_none_does_anothers(rows: Rows, database: str) -> None:
    ids = rows.take_in(*(draft(serial) for serial in range(200)))

    def until_nothing_is_left(own: Rows) -> list[UUID]:
        mine: list[UUID] = []
        while some := claimed_by(own, limit=7):
            mine += some
        return mine

    found = Counter(one for mine in at_once(database, 8, until_nothing_is_left) for one in mine)
    # A row that two claims met at the same moment may be skipped by one and taken by the other a moment later.
    found.update(claimed_by(rows))
    assert found == Counter(ids)


@pytest.mark.parametrize(("due", "taken"), [(200, 100), (150, 75), (120, 60), (20, 20)])
def test_of_few_messages_a_worker_leaves_half_to_the_next(rows: Rows, due: int, taken: int) -> None:
    rows.take_in(*(draft(serial) for serial in range(1, due + 1)))

    with rows.engine.begin() as db:
        claimed = ledger.claim(db, Route.APPLICATION, limit=100, least=60, now=NOW, lease=LEASE, worker="may-1:77")

    assert [one.subject[-4:] for one in claimed] == [f"{serial:04d}" for serial in range(1, taken + 1)]


def test_the_oldest_due_come_first_and_what_is_not_due_stays(rows: Rows) -> None:
    late, early, never = rows.take_in(
        draft(1, due_at=NOW - timedelta(minutes=1)),
        draft(2, due_at=NOW - timedelta(minutes=5)),
        draft(3, due_at=NOW + timedelta(seconds=1)),
    )

    assert claimed_by(rows, limit=1) == [early]
    assert claimed_by(rows) == [late]
    assert {one.message_id for one in rows.claim(at=NOW + timedelta(seconds=1))} == {never}


def test_a_route_is_claimed_by_itself(rows: Rows) -> None:
    rows.take_in(draft(1, route=Route.RESULT))

    assert rows.claim(Route.APPLICATION) == []
    assert len(rows.claim(Route.RESULT)) == 1


def test_a_claim_brings_what_delivery_needs_and_shows_no_body(rows: Rows) -> None:
    [message_id] = rows.take_in(draft(1, body=b"a name", event="new"))

    with rows.engine.begin() as db:
        [claimed] = ledger.claim(db, Route.APPLICATION, limit=9, now=NOW, lease=LEASE, worker="may-2:5")

    assert (claimed.message_id, claimed.body, claimed.fence, claimed.event) == (message_id, b"a name", 1, "new")
    assert "a name" not in repr(claimed)
    with rows.engine.begin() as db:
        row = db.execute(text("SELECT state, lease_until, worker, due_at FROM message")).one()
    assert tuple(row) == ("sending", NOW + LEASE, "may-2:5", None)


# -- lanes ------------------------------------------------------------------------------------------------------------


def test_version_two_never_goes_before_version_one(rows: Rows) -> None:
    second, first = rows.take_in(draft(1, version=2), draft(1, version=1))

    [claim] = rows.claim()
    assert claim.message_id == first
    assert rows.claim() == []
    rows.settle([delivered(claim, repeated=False, http_status=200)])
    assert claimed_by(rows) == [second]


def test_of_one_version_the_first_that_came_goes_first(rows: Rows) -> None:
    first, _ = rows.take_in(draft(1), draft(1)._replace(source_key=b"a copy"))
    assert claimed_by(rows) == [first]


def test_eight_workers_keep_the_order_of_every_lane(rows: Rows, database: str) -> None:
    rows.take_in(*(draft(serial, version=version) for version in (3, 1, 2) for serial in range(30)))

    def deliver_all(own: Rows) -> list[UUID]:
        while some := own.claim(limit=4):
            own.settle([delivered(one, repeated=False, http_status=200) for one in some])
        return []

    at_once(database, 8, deliver_all)
    deliver_all(rows)

    with rows.engine.begin() as db:
        order = db.execute(
            text(
                "SELECT m.subject, m.version FROM history h JOIN message m ON m.id = h.message_id"
                " WHERE h.move = 'claim' ORDER BY h.id"
            )
        ).all()
    lanes_seen: dict[str, list[int]] = {}
    for subject, version in order:
        lanes_seen.setdefault(subject, []).append(version)
    assert list(lanes_seen.values()) == [[1, 2, 3]] * 30


@pytest.mark.parametrize("hold_back", [True, False])
def test_a_lane_is_one_subject_on_one_route(rows: Rows, hold_back: bool) -> None:
    rows.take_in(draft(1, hold=Hold.REQUEST if hold_back else None))
    others = rows.take_in(draft(2), draft(1, route=Route.PROGRESS))

    assert claimed_by(rows)[-1:] == others[:1]
    assert [one.message_id for one in rows.claim(Route.PROGRESS)] == others[1:]


def test_what_is_held_or_exhausted_holds_back_its_lane(rows: Rows) -> None:
    held, exhausted = draft(1, hold=Hold.REQUEST), draft(2)
    rows.take_in(held, exhausted)
    rows.fail(AWAY)
    assert rows.states() == [State.HELD, State.EXHAUSTED]

    rows.take_in(draft(1, version=2), draft(2, version=2))

    assert rows.claim() == []


def test_what_was_invalid_refused_or_given_up_does_not(rows: Rows) -> None:
    rows.take_in(draft(1))
    rows.fail(Refused("500", "no"))
    [cancelled] = rows.take_in(draft(2))
    with rows.engine.begin() as db:
        ledger.move(db, [cancelled], Move.CANCEL, State.CANCELLED, now=NOW, by="lan", why="why")
    wrong = finding(Code.DATE_INVALID, "/HoSo")
    rows.take_in(draft(3, findings=(wrong,)))

    cures = rows.take_in(*(draft(serial, version=2) for serial in (1, 2, 3)))

    assert set(claimed_by(rows)) == set(cures)


def test_an_invalid_or_refused_version_is_found_once_a_later_one_is_delivered(rows: Rows) -> None:
    wrong = finding(Code.DATE_INVALID, "/HoSo")
    invalid, *_ = rows.take_in(
        draft(1, findings=(wrong,)), draft(1, version=3, findings=(wrong,)), draft(2, findings=(wrong,))
    )
    subject = draft(1).subject

    with rows.engine.begin() as db:
        assert lanes.outdated(db, [(Route.APPLICATION, subject, 2)]) == [invalid]
        assert lanes.outdated(db, [(Route.RESULT, subject, 2)]) == []
        assert lanes.outdated(db, [(Route.APPLICATION, draft(2).subject, 1)]) == []
