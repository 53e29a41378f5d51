"""A broker behind Redis Sentinel: its master dies in the middle of deliveries, and work goes on with the next one."""

import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import redis

from connector.domain.message import Route, State
from connector.local.binaries import find_valkey
from tests import bodies
from tests.partners import wait_for
from tests.roles import Roles
from tests.world import SUBMIT, Sandboxes, Stage, stage_over

NEW = Route.APPLICATION
MASTER = "lienthong-broker"
# Sentinel takes a second to notice and some more to agree; a worker that has lost its broker asks again every few.
WITHIN = 40.0


@pytest.fixture
def world(database: str, sandboxes: Sandboxes) -> Iterator[Stage]:
    with stage_over(database, sandboxes, lease="5s") as stage:
        yield stage


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


@contextmanager
def server(port: int, home: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    home.mkdir()
    usual = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(home), "--save", ""]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen([str(find_valkey()), *words, *usual], stdout=log, stderr=log, cwd=home)
    try:
        wait_for(lambda: answers(port), 20)
        yield process
    finally:
        process.kill()
        process.wait(10)


def answers(port: int) -> bool:
    try:
        with redis.Redis(port=port, socket_timeout=1) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


@pytest.mark.timeout(240)
def test_the_master_dies_in_the_middle_of_deliveries_and_the_next_one_serves(world: Stage, tmp_path: Path) -> None:
    first, second, watcher = free_port(), free_port(), free_port()
    (tmp_path / "sentinel.conf").write_text(
        f"sentinel monitor {MASTER} 127.0.0.1 {first} 1\n"
        f"sentinel down-after-milliseconds {MASTER} 1000\nsentinel failover-timeout {MASTER} 3000\n"
    )
    with ExitStack() as stack:
        master = stack.enter_context(server(first, tmp_path / "first"))
        stack.enter_context(server(second, tmp_path / "second", "--replicaof", "127.0.0.1", str(first)))
        stack.enter_context(server(watcher, tmp_path / "watcher", str(tmp_path / "sentinel.conf"), "--sentinel"))
        with redis.Redis(port=watcher) as sentinel:
            wait_for(lambda: sentinel.execute_command("SENTINEL", "REPLICAS", MASTER), 30)

        url = f"sentinel://127.0.0.1:{watcher}/0"
        roles = stack.enter_context(Roles(world, url, tmp_path))
        roles.start("beat", LIENTHONG_BROKER_MASTER=MASTER)
        worker = roles.start("worker", LIENTHONG_BROKER_MASTER=MASTER)
        wait_for(lambda: worker.says("ready."), 60)
        world.ministry.script([{"path": SUBMIT, "delay": 0.2, "times": 1000}])
        world.province.add_events([bodies.event(bodies.code(serial)) for serial in range(60)])
        wait_for(lambda: State.SENDING in world.states(NEW), 60)

        master.send_signal(signal.SIGKILL)
        killed_at = time.monotonic()
        world.province.add_events([bodies.event(bodies.code(serial)) for serial in range(100, 130)])
        wait_for(lambda: world.states(NEW).count(State.DELIVERED) == 90, 90)
        took = time.monotonic() - killed_at

        assert worker.process.poll() is None
        print(f"{took:.1f} s from the master's death to everything delivered")
    assert took < WITHIN
    assert len(world.sandboxes.effects("ministry", "submission")) == 90
