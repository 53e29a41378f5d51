"""kill -9 in the middle of a rollout: nothing is lost, nothing goes or is given up twice, and the next one goes on."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from connector.domain.message import Route, State
from connector.domain.rollout import Mode
from connector.rollout.changes import BATCH
from tests import bodies
from tests.areas import set_area
from tests.commands import Commands
from tests.partners import wait_for
from tests.roles import Roles
from tests.world import Sandboxes, Stage, stage_over

NEW = Route.APPLICATION
HERE = "long-xuyen"
SKIP = ("rollout", "set", HERE, "all", "live", "--backlog", "skip", "--yes", "--reason", "đã nhập tay / by hand")


@pytest.fixture
def world(closed_database: str, sandboxes: Sandboxes) -> Iterator[Stage]:
    with stage_over(closed_database, sandboxes, lease="8s") as stage:
        yield stage


def hand_in(world: Stage, number: int) -> list[str]:
    codes = [bodies.code(serial) for serial in range(1, number + 1)]
    world.submit(*(bodies.event(code) for code in codes))
    assert set(world.states(NEW)) == {State.HELD}
    return codes


@contextmanager
def nobody_passes(world: Stage, code: str) -> Iterator[None]:
    """Whoever wants to move this dossier's application waits, with all that it moves in the same transaction."""
    with world.connector.engine.connect() as db, db.begin() as held:
        db.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        db.execute(text("SELECT 1 FROM message WHERE subject = :code FOR UPDATE"), {"code": code})
        yield
        held.rollback()


def somebody_waits(world: Stage) -> bool:
    waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    return bool(world.rows(waiting))


def sent(world: Stage) -> list[str]:
    return sorted(effect["subject"] for effect in world.sandboxes.effects("ministry", "submission"))


def times_moved(world: Stage, move: str) -> set[int]:
    """How often each application was moved so."""
    rows = world.rows(
        "SELECT (SELECT count(*) FROM history h WHERE h.message_id = m.id AND h.move = :move) AS number"
        " FROM message m WHERE m.route = 'application'",
        move=move,
    )
    return {row.number for row in rows}


def test_a_worker_and_a_beat_killed_in_a_wave_lose_nothing_and_the_next_go_on(
    world: Stage, broker: str, tmp_path: Path
) -> None:
    codes = hand_in(world, 60)
    world.ministry.set(latency=[0.2, 0.2], rates={"latency": 1.0})
    set_area(world.connector.engine, HERE, Mode.LIVE)

    with Roles(world, broker, tmp_path) as roles:
        with nobody_passes(world, codes[39]):
            killed = [roles.start(name, LIENTHONG_RELEASE_RATE="12") for name in ("beat", "worker")]
            wait_for(lambda: somebody_waits(world) and State.DELIVERED in world.states(NEW), 60)
            for one in killed:
                one.kill()
        # The wave that did not end let nothing go.
        gone = [row.subject for row in world.messages(NEW) if row.state != State.HELD]
        assert gone == codes[: len(gone)]
        assert 0 < len(gone) < 40
        assert set(sent(world)) <= set(gone)

        for name in ("beat", "worker"):
            roles.start(name, LIENTHONG_RELEASE_RATE="12")
        wait_for(lambda: set(world.states(NEW)) == {State.DELIVERED}, 90)

    assert sent(world) == codes
    assert times_moved(world, "release") == {1}


def test_a_skip_killed_on_its_way_leaves_the_area_closed_and_is_finished_by_the_next(
    world: Stage, closed_database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    number = BATCH + 100
    codes = hand_in(world, number)
    lienthong = Commands(monkeypatch, tmp_path, database_url=closed_database)

    with nobody_passes(world, codes[BATCH + 50]):
        command = lienthong.start(*SKIP)
        try:
            wait_for(lambda: somebody_waits(world) and State.CANCELLED in world.states(NEW), 60)
        finally:
            command.kill()
            command.communicate()
    # What was given up so far is; the rest is held, and the area closed: nothing goes in between.
    assert [row.state for row in world.messages(NEW)] == [State.CANCELLED] * BATCH + [State.HELD] * 100
    world.connector.draining.look()
    assert world.deliver() == {}

    done = lienthong.json(*SKIP)
    world.connector.draining.look()
    world.deliver()

    assert (done["skipped"], done["released"]) == (100, 0)
    assert times_moved(world, "cancel") == {1}
    assert set(world.states(NEW)) == {State.CANCELLED}
    assert sent(world) == []

    world.submit(bodies.event(bodies.code(number + 1)))
    world.deliver(NEW)
    assert sent(world) == [bodies.code(number + 1)]
