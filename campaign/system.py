"""The whole system as processes that may be killed, frozen and started again: servers, partners, workers, beats."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import structlog

from campaign.disk import small_disk
from campaign.surroundings import Surroundings, surrounded
from connector.adapters.database import migrate
from connector.local import machine
from connector.local.home import LocalError
from connector.local.kinship import tied_to_parent
from connector.local.processes import Child
from connector.local.server import Server
from connector.local.servers import Servers, Urls
from connector.rollout.changes import open_everywhere
from connector.sandbox.control import Control
from connector.settings import variable

# Seconds instead of minutes, so that a campaign sees whole lives; the schedule is long enough for every outage.
QUICK: Final = {
    "poll_interval": "1s",
    "http_timeout": "5s",
    "lease": "10s",
    "retry_schedule": ",".join(["1s"] * 4 + ["2s"] * 8 + ["4s"] * 40),
    "concurrency": "2",
    "console_bind": "127.0.0.1:0",
}
LEASE: Final = 10.0
TRIES: Final = 53
PACE: Final = "500ms"
# Megabytes of PostgreSQL's own disk: some hundred thousand messages and the log of changes.
DISK: Final = 6144
_PAUSE: Final = 0.3
_GRACE: Final = 25.0


log = structlog.get_logger(__name__)


class Role:
    """One process of the system, in a session of its own with whatever it starts."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.name = child.name
        self.frozen = False
        self.unasked = 0
        self._asked = False
        self._died_at: float | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        assert self.child.log
        with open(os.open(self.child.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as output:
            self._process = subprocess.Popen(
                list(self.child.command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=dict(os.environ) | dict(self.child.environment),
                start_new_session=True,
                preexec_fn=tied_to_parent(signal.SIGKILL),
            )
        self._asked, self._died_at, self.frozen = False, None, False
        log.info("campaign.started", process=self.name, pid=self.pid)

    @property
    def pid(self) -> int:
        """The process that was started; its session has the same number."""
        assert self._process
        return self._process.pid

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def members(self) -> list[int]:
        """The processes of this role's session, the first one excluded."""
        return [pid for pid in _of_session(self.pid) if pid != self.pid]

    def send(self, number: signal.Signals, *, everyone: bool) -> None:
        """To the first process, or to the whole group. A SIGKILL is noted, so that this death is no surprise."""
        self._asked |= number in (signal.SIGKILL, signal.SIGTERM)
        with suppress(ProcessLookupError):
            if everyone:
                os.killpg(self.pid, number)
            elif self.alive():
                os.kill(self.pid, number)

    def freeze(self) -> None:
        self.frozen = True
        self.send(signal.SIGSTOP, everyone=True)

    def thaw(self) -> None:
        if self.frozen:
            log.info("campaign.thawed", process=self.name)
        self.frozen = False
        self.send(signal.SIGCONT, everyone=True)

    def mend(self) -> None:
        """Start it again, a moment after its death."""
        if self.alive():
            return
        now = time.monotonic()
        if self._died_at is None:
            self._died_at = now
            self.unasked += not self._asked
            log.info("campaign.died", process=self.name, exit_code=self._process and self._process.returncode)
        elif now - self._died_at >= _PAUSE:
            self.start()


class System:
    """Everything that runs during a campaign. Made by `started`."""

    def __init__(
        self, servers: Servers, roles: Mapping[str, Role], ports: Mapping[str, int], surroundings: Surroundings
    ) -> None:
        self.surroundings = surroundings
        self._servers = servers
        self.roles = roles
        self.controls = {name: Control(f"http://127.0.0.1:{port}", timeout=5.0) for name, port in ports.items()}
        self.server_restarts = 0

    @property
    def urls(self) -> Urls:
        return self._servers.urls

    @property
    def postgres(self) -> Server:
        return self._servers.embedded[0]

    @property
    def broker(self) -> Server:
        return self._servers.embedded[1]

    def workers(self) -> list[Role]:
        return [role for name, role in self.roles.items() if name.startswith("worker")]

    def beats(self) -> list[Role]:
        return [role for name, role in self.roles.items() if name.startswith("beat")]

    def consoles(self) -> list[Role]:
        return [role for name, role in self.roles.items() if name.startswith("console")]

    def partner(self, name: str) -> Role:
        return self.roles[f"sandbox-{name}"]

    def mend(self) -> None:
        """Starts again whatever died. A server that does not come up is tried again at the next look."""
        for server in self._servers.embedded:
            if not server.alive():
                self.server_restarts += 1
                with suppress(LocalError):
                    server.start()
        for role in self.roles.values():
            role.mend()

    def unasked_deaths(self) -> dict[str, int]:
        """Roles that ended although nobody killed them."""
        return {name: role.unasked for name, role in self.roles.items() if role.unasked}

    def stop(self) -> None:
        """Workers and beats first and gently, the partners last."""
        for tier in ("worker", "beat", "console", "sandbox"):
            group = [role for name, role in self.roles.items() if name.startswith(tier)]
            for role in group:
                role.thaw()
                role.send(signal.SIGTERM, everyone=False)
            ends = time.monotonic() + _GRACE
            while any(role.alive() for role in group) and time.monotonic() < ends:
                time.sleep(0.05)
            for role in group:
                role.send(signal.SIGKILL, everyone=True)


@contextmanager
def started(home: Path, *, workers: int, beats: int, faults: str, seed: int) -> Iterator[System]:
    """The running system, its schema made and its partners answering; everything ends with the block.

    PostgreSQL is durable: what it says is committed survives the kill -9 of its postmaster. Of several workers and
    beats the last is on another machine. Main thread only.
    """
    with ExitStack() as stack:
        disk = stack.enter_context(small_disk(home / "postgres", DISK))
        servers = stack.enter_context(Servers(home, durable=True))
        migrate(servers.urls.database)
        open_everywhere(servers.urls.database, datetime.now(UTC), by="campaign", why="a campaign")
        ports = machine.sandbox_ports()
        surroundings = stack.enter_context(surrounded(home, servers.urls, ports, disk))
        environment = machine.partner_environment(ports) | {variable(name): value for name, value in QUICK.items()}
        words = ("--faults", faults, "--seed", str(seed), "--pace", PACE)
        children = machine.sandboxes(home, ports, environment, words=words, logs=home)
        near = environment | surroundings.environment("near")
        ours = machine.roles(servers.urls, near, ("worker", "beat", "console"), logs=home)
        children += _copies(ours, {"worker": workers, "beat": beats})
        far = surroundings.far_urls(servers.urls) | surroundings.environment("far")
        roles = {child.name: Role(_moved(child, far, workers, beats)) for child in children}
        system = System(servers, roles, ports, surroundings)
        try:
            for role in system.roles.values():
                role.start()
            _wait_for(system.controls)
            yield system
        finally:
            system.stop()


def _copies(children: Sequence[Child], numbers: Mapping[str, int]) -> list[Child]:
    return [
        replace(child, name=f"{child.name}-{n}") for child in children for n in range(1, numbers.get(child.name, 1) + 1)
    ]


def _moved(child: Child, far: Mapping[str, str], workers: int, beats: int) -> Child:
    """The last of several workers, and of several beats, to the far machine."""
    moves = child.name in {f"{role}-{number}" for role, number in (("worker", workers), ("beat", beats)) if number > 1}
    return replace(child, environment={**child.environment, **far}) if moves else child


def _wait_for(controls: Mapping[str, Control], seconds: float = 60.0) -> None:
    ends = time.monotonic() + seconds
    for control in controls.values():
        while True:
            try:
                control.health()
                break
            except OSError:
                if time.monotonic() > ends:
                    raise
                time.sleep(0.1)


def _of_session(session: int) -> list[int]:
    """Processes of a session, as /proc shows them; zombies excluded."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with suppress(OSError, ValueError, IndexError):
            state, *rest = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
            if state != "Z" and int(rest[2]) == session:
                found.append(int(entry.name))
    return found
