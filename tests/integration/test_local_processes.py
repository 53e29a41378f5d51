"""The supervisor of `up` and `demo`: its processes come back when they die, and go when it goes."""

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from connector.local.kinship import identity
from connector.local.servers import Servers, running

# Supervises the children of argv[2] in the home argv[1]; what happens goes to standard output, one JSON line each.
MACHINE = """
import json, sys
from datetime import timedelta
from pathlib import Path
import structlog
structlog.configure(
    processors=[structlog.processors.JSONRenderer()],
    logger_factory=structlog.WriteLoggerFactory(sys.stdout),
)
from connector.local.processes import Child, Supervisor
from connector.local.servers import Servers, Urls

home, wanted = Path(sys.argv[1]), json.loads(sys.argv[2])
given = (None, None) if wanted["embedded"] else ("postgresql://elsewhere/x", "redis://elsewhere")
with Supervisor(Servers(home, *given, durable=False)) as machine:
    machine.start(
        Child(
            name, [sys.executable, "-c", code],
            {"DATABASE_URL": machine.urls.database, "BROKER_URL": machine.urls.broker},
            log=Path(wanted["log"]) if wanted["log"] else None, tier=tier, grace=timedelta(seconds=grace),
        )
        for name, code, tier, grace in wanted["children"]
    )
    print(json.dumps({"event": "ready"}), flush=True)
    sys.exit(machine.run())
"""

# A child tells its story on the supervisor's standard error, a line a write: they share it.
OBEDIENT = """
import os, signal, sys
def end(*_):
    os.write(1, b"NAME ended\\n"); sys.exit()
signal.signal(signal.SIGTERM, end)
signal.signal(signal.SIGINT, signal.SIG_IGN)
os.write(1, b"NAME up\\n")
while True: signal.pause()
"""
STUBBORN = OBEDIENT.replace("def end(*_):", "def end(*_):\n    os.write(1, b'NAME heard\\n'); return")
WRITES_AT_ITS_END = """
import os, signal, sys, psycopg
connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
connection.execute("CREATE TABLE settled (at timestamptz)")
def end(*_):
    connection.execute("INSERT INTO settled VALUES (now())"); sys.exit()
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.signal(signal.SIGTERM, end)
os.write(1, b"NAME up\\n")
while True: signal.pause()
"""
# A real worker whose pool process is in the middle of a task.
BUSY_WORKER = """
import os, signal, celery
app = celery.Celery(broker=os.environ["BROKER_URL"])
@app.task(name="wait")
def wait():
    os.write(2, f"pool {os.getpid()}\\nNAME up\\n".encode())
    while True: signal.pause()
app.send_task("wait")
app.worker_main(["worker", "-c", "1", "-l", "ERROR", "--without-gossip", "--without-mingle"])
"""


class Machine:
    """A running supervisor, in a session of its own as a terminal or a test harness would give it."""

    def __init__(self, children: list[tuple[str, str, int, float]], home: Path | None, log: Path | None) -> None:
        self.told: list[str] = []
        named = [(name, code.replace("NAME", name), tier, grace) for name, code, tier, grace in children]
        wanted = {"embedded": home is not None, "log": str(log) if log else None, "children": named}
        self.process = subprocess.Popen(
            [sys.executable, "-c", MACHINE, str(home), json.dumps(wanted)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            # Under nohup it would inherit that this signal is ignored.
            preexec_fn=partial(signal.signal, signal.SIGHUP, signal.SIG_DFL),
        )

    def until(self, event: str, process: str | None = None) -> dict[str, Any]:
        """Wait for a line of the supervisor's log."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            said: dict[str, Any] = json.loads(line)
            if said["event"] == event and process in (None, said.get("process")):
                return said
        raise AssertionError(f"it ended without {event}")

    def until_told(self, line: str) -> None:
        """Wait for a line of a child."""
        assert self.process.stderr is not None
        while line not in self.told:
            said = self.process.stderr.readline()
            assert said, f"it ended without {line}"
            self.told.append(said.strip())

    def group(self) -> list[int]:
        """Live processes in the supervisor's process group."""
        return [pid for pid in live() if group_of(pid) == self.process.pid]

    def descendants(self) -> list[int]:
        """The supervisor and everything it and its children have started."""
        parents = {pid: parent_of(pid) for pid in live()}
        found = [self.process.pid]
        for pid in found:
            found += [child for child, parent in parents.items() if parent == pid]
        return found

    def ends_with(self) -> int:
        """The exit code, once everything that could write to its standard error is gone."""
        assert self.process.stderr is not None
        self.told += [line.strip() for line in self.process.stderr]
        return self.process.wait()


def live() -> list[int]:
    numbers = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in numbers if identity(pid) is not None]


def parent_of(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[1])
    except OSError:
        return 0


def group_of(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return 0


def ends(pid: int, within: float = 10) -> bool:
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([watched], [], [], within)[0])
    finally:
        os.close(watched)


@pytest.fixture
def place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="lt-") as made:
        yield Path(made)


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A home for embedded servers that has been started before: making a cluster is what takes time."""
    with tempfile.TemporaryDirectory(prefix="lt-") as made:
        with Servers(Path(made), durable=False):
            pass
        yield Path(made)


@contextmanager
def machine(
    *children: tuple[str, str, int, float], home: Path | None = None, log: Path | None = None
) -> Iterator[Machine]:
    """A supervisor with these children (name, program, tier, grace in seconds), and with servers if a home is given."""
    started = Machine(list(children), home, log)
    with started.process:
        try:
            yield started
        finally:
            started.process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_everything_tier_by_tier_with_success(number: signal.Signals) -> None:
    with machine(("partner", OBEDIENT, 0, 10), ("worker", OBEDIENT, 1, 10)) as up:
        up.until("ready")
        up.until_told("partner up")
        up.until_told("worker up")
        family = up.descendants()
        assert len(family) == 3
        up.process.send_signal(number)
        assert up.ends_with() == 0
    assert up.told[-2:] == ["worker ended", "partner ended"]
    assert all(ends(pid, within=0) for pid in family)


def test_its_processes_are_one_group_and_ctrl_c_lets_them_settle_before_the_servers_go(home: Path) -> None:
    with machine(("worker", WRITES_AT_ITS_END, 1, 10), home=home) as up:
        up.until("ready")
        up.until_told("worker up")
        assert len(up.group()) == 2  # it and the worker; the servers are not for Ctrl-C to reach
        family = up.descendants()
        assert len(family) > 6
        os.killpg(up.process.pid, signal.SIGINT)
        assert up.ends_with() == 0
    assert all(ends(pid, within=0) for pid in family)
    with Servers(home) as servers, psycopg.connect(servers.urls.database) as connection:
        assert connection.execute("SELECT count(*) FROM settled").fetchone() == (1,)


def test_a_child_that_dies_is_started_again_after_growing_pauses() -> None:
    with machine(("steady", OBEDIENT, 0, 10), ("frail", "raise SystemExit(3)", 0, 10)) as up:
        deaths = [up.until("local.process_died", "frail") for _ in range(3)]
        assert [death["exit_code"] for death in deaths] == [3, 3, 3]
        assert [death["wait_seconds"] for death in deaths] == [0.5, 1.0, 2.0]
        up.process.terminate()
        assert up.ends_with() == 0
    assert up.told.count("steady up") == 1


def test_a_killed_child_comes_back_as_a_new_process() -> None:
    with machine(("worker", OBEDIENT, 0, 10)) as up:
        first = up.until("local.process_started", "worker")["pid"]
        up.until_told("worker up")
        os.kill(first, signal.SIGKILL)
        assert up.until("local.process_died", "worker")["exit_code"] == -signal.SIGKILL
        second = up.until("local.process_started", "worker")["pid"]
        assert second != first
        assert ends(first, within=0)


def test_a_child_that_does_not_listen_is_killed_when_its_grace_is_over() -> None:
    with machine(("deaf", STUBBORN, 0, 0.3)) as up:
        up.until_told("deaf up")
        family = up.descendants()
        up.process.terminate()
        assert up.ends_with() == 0
    assert "deaf heard" in up.told
    assert all(ends(pid, within=0) for pid in family)


def test_a_second_signal_does_not_wait_for_grace(home: Path) -> None:
    with machine(("deaf", STUBBORN, 0, 3600), home=home) as up:
        up.until("ready")
        up.until_told("deaf up")
        family = up.descendants()
        up.process.terminate()
        up.until_told("deaf heard")
        up.process.terminate()
        assert up.ends_with() == 0
    assert all(ends(pid, within=5) for pid in family)


def test_a_child_may_have_a_log_file_of_its_own(place: Path) -> None:
    log = place / "child.log"
    log.write_text("from before\n")
    with machine(("worker", OBEDIENT.replace("signal.pause()", "sys.exit()"), 0, 10), log=log) as up:
        up.until("local.process_died", "worker")
        up.process.terminate()
        assert up.ends_with() == 0
    assert log.read_text().splitlines()[:2] == ["from before", "worker up"]


def test_a_killed_supervisor_leaves_nothing_not_even_a_busy_pool_process(home: Path) -> None:
    with machine(("worker", BUSY_WORKER, 1, 10), home=home) as up:
        up.until("ready")
        up.until_told("worker up")
        family = up.descendants()
        pool = int(next(line for line in up.told if line.startswith("pool")).split()[1])
        assert pool in family
        up.process.kill()
        assert all(ends(pid) for pid in family)
    assert running(home) is None


def test_a_killed_group_leaves_no_server(home: Path) -> None:
    with machine(home=home) as up:
        up.until("ready")
        family = up.descendants()
        os.killpg(up.process.pid, signal.SIGKILL)
        assert all(ends(pid) for pid in family)


def test_a_server_that_dies_comes_back_under_the_same_url(home: Path) -> None:
    with machine(home=home) as up:
        up.until("ready")
        before = running(home)
        assert before is not None
        for name in ("postgres", "valkey"):
            os.kill(json.loads((home / "run" / f"{name}.json").read_text())["pid"], signal.SIGKILL)
            up.until("local.process_started", name)
        assert running(home) == before
        with psycopg.connect(before.database) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        up.process.terminate()
        assert up.ends_with() == 0


def test_a_signal_while_the_servers_start_is_not_lost(place: Path) -> None:
    with machine(("worker", OBEDIENT, 0, 10), home=place) as up:
        first_sign = place / "run" / "postgres.lock"
        while not first_sign.exists():
            assert up.process.poll() is None
        up.process.terminate()
        assert up.ends_with() == 0
    assert up.told == []
    assert running(place) is None
