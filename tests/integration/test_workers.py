"""Workers and beats as real processes: they find work whatever becomes of the hints, and stop with nothing in hand."""

import os
import signal
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import redis

from connector.domain.message import Route, State
from connector.domain.rollout import Mode
from tests import bodies
from tests.areas import set_area
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


def test_an_area_that_is_closed_is_left_alone_by_all_workers_within_two_seconds(
    world: Stage, broker: str, tmp_path: Path
) -> None:
    world.ministry.set(latency=[0.3, 0.3], rates={"latency": 1.0})
    with Roles(world, broker, tmp_path) as roles:
        roles.start("beat")
        ready(roles.start("worker"))
        codes = hand_in(world, *range(200))
        wait_for(lambda: delivered(world) >= 20, 60)
        closing = set_area(world.connector.engine, "all", Mode.OFF)
        closed_at = time.monotonic()
        wait_for(lambda: time.monotonic() > closed_at + 2.3, 10)  # two seconds, and a call that was on the line
        sent = len(world.sandboxes.effects("ministry", "submission"))
        wait_for(lambda: not set(world.states(NEW)) - {State.DELIVERED, State.HELD}, 30)

        assert sent == len(world.sandboxes.effects("ministry", "submission")) == delivered(world) < len(codes)
        assert closing.held + 20 <= len(codes)
        set_area(world.connector.engine, "all", Mode.LIVE)
        world.ministry.set(latency=[0.0, 0.001], rates={"latency": 0.0})
        wait_for(lambda: delivered(world) == len(codes), 60)

    assert len(world.sandboxes.effects("ministry", "submission")) == len(codes)
