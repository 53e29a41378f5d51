"""Workers and beats as real processes: they find work whatever becomes of the hints, and stop with nothing in hand."""

import os
import signal
import threading
from pathlib import Path
from urllib.parse import urlsplit

import redis

from connector.domain.message import Route, State
from tests import bodies
from tests.partners import wait_for
from tests.roles import Role, Roles
from tests.world import SUBMIT, Stage

NEW = Route.APPLICATION


def hand_in(world: Stage, *serials: int) -> list[str]:
    codes = [bodies.code(serial) for serial in serials]
    world.province.add_events([bodies.event(code) for code in codes])
    return codes


def delivered(world: Stage) -> int:
    return world.states(NEW).count(State.DELIVERED)


def ready(role: Role) -> Role:
    wait_for(lambda: role.says("ready."), 60)
    return role


def test_hints_that_are_lost_and_beats_that_are_two_or_die_change_nothing(
    world: Stage, broker: str, tmp_path: Path
) -> None:
    over = threading.Event()

    def flush() -> None:
        with redis.Redis(unix_socket_path=urlsplit(broker).path) as client:
            while not over.wait(0.2):
                client.flushall()

    with Roles(world, broker, tmp_path) as roles:
        one, other = roles.start("beat"), roles.start("beat")
        ready(roles.start("worker"))
        wait_for(lambda: one.says("beat.leads") or other.says("beat.leads"), 60)
        leader, follower = (one, other) if one.says("beat.leads") else (other, one)

        hand_in(world, *range(40))
        wait_for(lambda: delivered(world) == 40, 60)
        assert not follower.says("beat.leads")

        leader.kill()
        wait_for(lambda: follower.says("beat.leads"), 60)
        flushing = threading.Thread(target=flush)
        flushing.start()
        try:
            hand_in(world, *range(40, 80))
            wait_for(lambda: delivered(world) == 80, 60)
        finally:
            over.set()
            flushing.join()

    assert len(world.sandboxes.effects("ministry", "submission")) == 80
    assert world.sandboxes.effects("ministry", "submission-repeated") == []
    assert world.rows("SELECT 1 FROM attempt WHERE outcome <> 'delivered'") == []


def test_a_worker_that_is_told_to_stop_finishes_what_it_holds(world: Stage, broker: str, tmp_path: Path) -> None:
    world.ministry.script([{"path": SUBMIT, "delay": 0.4, "times": 100}])
    with Roles(world, broker, tmp_path) as roles:
        roles.start("beat")
        worker = ready(roles.start("worker"))
        hand_in(world, *range(12))
        wait_for(lambda: State.SENDING in world.states(NEW), 60)

        assert worker.end() == 0

    assert State.SENDING not in world.states(NEW)
    done = len(world.sandboxes.effects("ministry", "submission"))
    assert done >= 1
    assert delivered(world) == done
    assert {row.outcome for row in world.rows("SELECT outcome FROM attempt")} == {"delivered"}


def test_a_beat_that_is_frozen_gives_way_to_another(world: Stage, broker: str, tmp_path: Path) -> None:
    with Roles(world, broker, tmp_path) as roles:
        one, other = roles.start("beat"), roles.start("beat")
        wait_for(lambda: one.says("beat.leads") or other.says("beat.leads"), 60)
        leader, follower = (one, other) if one.says("beat.leads") else (other, one)

        os.killpg(leader.process.pid, signal.SIGSTOP)
        try:
            wait_for(lambda: follower.says("beat.leads"), 60)
        finally:
            os.killpg(leader.process.pid, signal.SIGCONT)

        wait_for(lambda: leader.says("beat.database_away"), 30)  # its session was ended, and the lock is another's
        assert leader.said().count("beat.leads") == 1
