"""PostgreSQL's disk is filled to its last byte in the middle of deliveries, and freed again."""

import resource
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.exc import SQLAlchemyError

from campaign.disk import SmallDisk, small_disk
from connector.adapters.database import migrate
from connector.domain.message import Route, State
from connector.local.home import LocalError
from connector.local.servers import Servers
from tests import bodies
from tests.areas import opened
from tests.roles import Roles
from tests.world import SUBMIT, Sandboxes, Stage, stage_over

NEW = Route.APPLICATION
LEASE = 5.0
# PostgreSQL may have to recover first.
WITHIN = 10 + 2 * LEASE


class Machine:
    """PostgreSQL on a disk of its own, started again when it ends, as a service manager does."""

    def __init__(self, disk: SmallDisk, servers: Servers) -> None:
        self._disk, self._servers = disk, servers
        self.url, self.broker = servers.urls

    def fill(self) -> None:
        """Where this user may not mount a disk, PostgreSQL's processes may make no file longer instead."""
        if self._disk.is_there:
            self._disk.fill()
            return
        self._limit(0)

    def free(self) -> None:
        if self._disk.is_there:
            self._disk.free()
        else:
            self._limit(resource.RLIM_INFINITY)

    def _limit(self, size: int) -> None:
        postmaster = self._servers.embedded[0].pid
        for status in Path("/proc").glob("[0-9]*/status"):
            with suppress(OSError):
                if status.parent.name == str(postmaster) or f"PPid:\t{postmaster}\n" in status.read_text():
                    resource.prlimit(int(status.parent.name), resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def until(self, condition: Callable[[], object], seconds: float) -> float:
        """Looks again and again, whatever the database does meanwhile; how long it took."""
        began = time.monotonic()
        while True:
            with suppress(SQLAlchemyError, psycopg.Error):
                if condition():
                    return time.monotonic() - began
            assert time.monotonic() - began < seconds, "it did not happen in time"
            with suppress(LocalError):
                self._servers.start()
            time.sleep(0.05)

    def takes_no_more(self) -> str:
        """Writes until that fails; how PostgreSQL says it."""
        with psycopg.connect(self.url, autocommit=True) as db:
            try:
                while True:
                    db.execute(
                        "INSERT INTO ballast SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 9000)"
                    )
            except psycopg.Error as error:
                return type(error).__name__


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    home = tmp_path / "home"
    with small_disk(home / "postgres", 400) as disk, Servers(home, durable=True) as servers:
        migrate(servers.urls.database)
        opened(servers.urls.database)
        with psycopg.connect(servers.urls.database, autocommit=True) as db:
            db.execute("CREATE UNLOGGED TABLE ballast (filling text)")
        yield Machine(disk, servers)


def hand_in(world: Stage, serials: range) -> None:
    world.province.add_events([bodies.event(bodies.code(serial)) for serial in serials])


def delivered(world: Stage) -> int:
    return world.states(NEW).count(State.DELIVERED)


def submitted(world: Stage) -> int:
    return len(world.sandboxes.effects("ministry", "submission"))


@pytest.mark.timeout(300)
def test_a_full_disk_loses_nothing_and_work_goes_on_by_itself_once_there_is_room(
    machine: Machine, sandboxes: Sandboxes, tmp_path: Path
) -> None:
    with (
        stage_over(machine.url, sandboxes, lease=f"{LEASE:g}s") as world,
        Roles(world, machine.broker, tmp_path) as roles,
    ):
        roles.start("beat")
        worker = roles.start("worker")
        world.ministry.script([{"path": SUBMIT, "delay": 0.1, "times": 2000}])
        hand_in(world, range(150))
        machine.until(lambda: delivered(world) > 5, 90)

        machine.fill()
        said = machine.takes_no_more()
        hand_in(world, range(200, 230))
        ends = time.monotonic() + 3
        machine.until(lambda: time.monotonic() > ends, 60)
        before = submitted(world)
        machine.free()
        with suppress(psycopg.Error), psycopg.connect(machine.url, autocommit=True) as db:
            db.execute("TRUNCATE ballast")
        first = machine.until(lambda: submitted(world) > before or before == 180, 60)
        machine.until(lambda: delivered(world) == 180, 90)

        print(f"{said} while it was full; {first:.1f} s from there being room to the next submission")
        assert worker.process.poll() is None
        assert first < WITHIN
        assert submitted(world) == 180
