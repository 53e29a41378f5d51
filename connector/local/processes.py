"""The processes of `up` and `demo`: started, started again when they die, and all ended however we end."""

import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from connector.local.home import LocalError
from connector.local.kinship import tied_to_parent
from connector.local.server import Server
from connector.local.servers import Servers, Urls
from connector.local.stopping import Stopping

log = structlog.get_logger(__name__)

_FIRST_PAUSE = timedelta(milliseconds=500)
_LONGEST_PAUSE = timedelta(seconds=30)
_SOUND = timedelta(seconds=60)  # who lived this long starts again with the first pause
_GLANCE = timedelta(seconds=1)  # a server whose death made no sound is noticed after this
_STANDARD_ERROR = 2


@dataclass(frozen=True, slots=True)
class Child:
    """A process to keep running.

    `environment` is added to ours. Both outputs go to the file `log` (appended) or to our standard error: standard
    output belongs to the command that supervises. Lower tiers start first and stop last. At a stop it gets SIGTERM, and
    SIGKILL after `grace`.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    log: Path | None = None
    tier: int = 0
    grace: timedelta = timedelta(seconds=30)


class Supervisor:
    """Embedded servers and children under one roof.

    ```
    with Supervisor(Servers(home, database_url, broker_url)) as machine:
        migrate(machine.urls.database)
        machine.start([Child("worker", [...]), ...])
        return machine.run()
    ```

    Inside, SIGINT, SIGTERM and SIGHUP are requests to stop, a second one to stop hard; on leaving, children end tier by
    tier, then the servers. Children stay in our process group, so that Ctrl-C and a signal to the group reach them too:
    a child has to bear being asked twice. They are killed with us when we are killed; the servers, in sessions of their
    own, then end themselves.
    """

    def __init__(self, servers: Servers) -> None:
        self._servers = servers
        self._tended: list[_Tended] = []
        self._guarded = [_Guarded(server) for server in servers.embedded]
        self._stopping = Stopping(self._strike)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self._stopping)
            stack.callback(self._stop)
            self._servers.start()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def urls(self) -> Urls:
        """Where database and broker are; the same for as long as we run."""
        return self._servers.urls

    @property
    def stopping(self) -> bool:
        """Whether somebody asked us to stop."""
        return self._stopping.asked

    def start(self, children: Iterable[Child]) -> None:
        """Start these too, lowest tier first; nothing once we were asked to stop."""
        for child in sorted(children, key=lambda child: child.tier):
            if not self.stopping:
                tended = _Tended(child)
                self._tended.append(tended)
                tended.start()

    def wait(self, longest: timedelta | None = None) -> bool:
        """Keep everything running until we are asked to stop (then True) or for `longest` (then False)."""
        end = None if longest is None else time.monotonic() + longest.total_seconds()
        while not self.stopping:
            self._mend()
            left = _GLANCE if end is None else timedelta(seconds=end - time.monotonic())
            if left <= timedelta():
                return False
            self._stopping.pause(min([left, _GLANCE, *(each.due_in() for each in self._tended)]))
        return True

    def run(self) -> int:
        """Keep everything running until we are asked to stop; the exit code of a clean end."""
        self.wait()
        return 0

    def _mend(self) -> None:
        for guarded in self._guarded:
            guarded.mend()
        for tended in self._tended:
            tended.mend()

    def _stop(self) -> None:
        log.info("local.stopping", hard=self._stopping.hard)
        for tier in sorted({each.child.tier for each in self._tended}, reverse=True):
            self._end([each for each in self._tended if each.child.tier == tier])
        self._servers.stop(hard=self._stopping.hard)

    def _end(self, tier: list["_Tended"]) -> None:
        asked_at = time.monotonic()
        for tended in tier:
            tended.send(signal.SIGTERM)
        while alive := [tended for tended in tier if tended.alive()]:
            spent = timedelta(seconds=time.monotonic() - asked_at)
            for tended in alive:
                if self._stopping.hard or spent >= tended.child.grace:
                    tended.send(signal.SIGKILL)
            self._stopping.pause(timedelta(milliseconds=100))

    def _strike(self) -> None:
        for tended in self._tended:
            tended.send(signal.SIGKILL)
        for server in self._servers.embedded:
            server.strike()


class _Patience:
    """When to try again: later after every early death."""

    def __init__(self) -> None:
        self._pause = _FIRST_PAUSE
        self._started_at = time.monotonic()
        self._due_at: float | None = None

    def started(self) -> None:
        self._started_at = time.monotonic()
        self._due_at = None

    def died(self) -> timedelta:
        """Note a death; the pause before the next start."""
        now = time.monotonic()
        if now - self._started_at >= _SOUND.total_seconds():
            self._pause = _FIRST_PAUSE
        pause, self._pause = self._pause, min(self._pause * 2, _LONGEST_PAUSE)
        self._due_at = now + pause.total_seconds()
        return pause

    def due_in(self) -> timedelta | None:
        """The rest of the pause, None outside of one."""
        return None if self._due_at is None else timedelta(seconds=max(0.0, self._due_at - time.monotonic()))


class _Tended:
    """One child and its process of the moment."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self._process: subprocess.Popen[bytes] | None = None
        self._patience = _Patience()

    def start(self) -> None:
        output = _STANDARD_ERROR
        if self.child.log is not None:
            output = os.open(self.child.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self._process = subprocess.Popen(
                list(self.child.command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=dict(os.environ) | dict(self.child.environment),
                preexec_fn=tied_to_parent(signal.SIGKILL),
            )
        finally:
            if output != _STANDARD_ERROR:
                os.close(output)
        self._patience.started()
        log.info("local.process_started", process=self.child.name, pid=self._process.pid)

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def send(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    def due_in(self) -> timedelta:
        left = self._patience.due_in()
        return _GLANCE if left is None else left

    def mend(self) -> None:
        """Note its death, or start it again when the pause after it is over."""
        left = self._patience.due_in()
        if left is None and not self.alive():
            code = self._process.returncode if self._process else None
            pause = self._patience.died()
            log.warning(
                "local.process_died", process=self.child.name, exit_code=code, wait_seconds=pause.total_seconds()
            )
        elif left is not None and not left:
            self.start()


class _Guarded:
    """One embedded server, started again at once and then, while that fails, after growing pauses."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._patience = _Patience()

    def mend(self) -> None:
        if self._server.alive() or self._patience.due_in():
            return
        log.warning("local.server_died", process=self._server.name)
        try:
            self._server.start()
        except LocalError as error:
            pause = self._patience.died()
            log.error(
                "local.server_down",
                process=self._server.name,
                reason_code=type(error).__name__,
                wait_seconds=pause.total_seconds(),
            )
        else:
            self._patience.started()
            log.info("local.process_started", process=self._server.name, pid=self._server.pid)
