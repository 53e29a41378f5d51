"""A message that kills its worker each time it is sent: it ends alone, and only its lane waits for it."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from connector.domain.message import Route, State
from tests import bodies
from tests.partners import wait_for
from tests.roles import Roles
from tests.world import SUBMIT, Sandboxes, Stage, stage_over

NEW = Route.APPLICATION
POISON = bodies.code(7)


@pytest.fixture
def world(database: str, sandboxes: Sandboxes) -> Iterator[Stage]:
    with stage_over(database, sandboxes, lease="3s", retry_schedule="1s,1s,1s") as stage:
        yield stage


@contextmanager
def killing_whoever_sends(world: Stage, subject: str) -> Iterator[list[int]]:
    """kill -9 of every process that has this dossier's application on the line."""
    killed: list[int] = []
    over = threading.Event()

    def kill() -> None:
        while not over.wait(0.02):
            for row in world.rows(
                "SELECT worker FROM message WHERE state = 'sending' AND subject = :subject AND version = 1",
                subject=subject,
            ):
                pid = int(row.worker.rsplit(":", 1)[1])
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    killed.append(pid)
                    over.wait(0.2)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield killed
    finally:
        over.set()
        killer.join()


@pytest.mark.timeout(240)
def test_a_message_that_kills_each_of_its_workers_ends_exhausted_alone_and_holds_up_only_its_lane(
    world: Stage, broker: str, tmp_path: Path
) -> None:
    world.ministry.script([{"path": SUBMIT, "delay": 0.2, "times": 1000}])
    with Roles(world, broker, tmp_path) as roles, killing_whoever_sends(world, POISON) as killed:
        roles.start("beat")
        worker = roles.start("worker")
        wait_for(lambda: worker.says("ready."), 60)
        world.province.add_events([bodies.event(bodies.code(serial)) for serial in range(30)])
        world.province.add_events([bodies.event(POISON, "BoSung", 2)])
        wait_for(lambda: State.EXHAUSTED in world.states(NEW), 120)
        wait_for(lambda: world.states(NEW).count(State.DELIVERED) == 29, 60)

        # Afterwards nothing dies any more, and the others go on.
        deaths = len(set(killed))
        world.province.add_events([bodies.event(bodies.code(serial)) for serial in range(40, 60)])
        wait_for(lambda: world.states(NEW).count(State.DELIVERED) == 49, 60)
        assert len(set(killed)) == deaths
        assert worker.process.poll() is None

    poison, behind = world.messages(NEW, POISON)
    assert (poison.state, poison.attempts, poison.last_code) == ("exhausted", 4, "LEASE_ENDED")
    assert [one.outcome for one in world.attempts(poison.id)] == ["lost"] * 4
    assert behind.state in ("held", "ready")
    assert "claim" not in world.history(behind.id)
    others = [message for message in world.messages(NEW) if message.subject != POISON]
    # At most once with it in one batch: after that it was alone on the line.
    assert max(message.attempts for message in others) <= 2
    assert {message.state for message in others} == {"delivered"}
    assert len(world.sandboxes.effects("ministry", "submission")) in (49, 50)
