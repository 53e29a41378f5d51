"""What starting, watching and ending an embedded server have in common."""

import os
import signal
import subprocess
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import IO, ClassVar

from connector.local.home import Home, LocalError, Running
from connector.local.kinship import identity, tied_to_parent

_PATIENCE = timedelta(seconds=10)  # for old backends to leave shared memory, and for a clean end
_START = timedelta(seconds=60)  # recovery after a crash reads the log since the last checkpoint
_GLANCE = 0.01


class Server(ABC):
    """One server process of one home, owned by the process that called `start`.

    It has a session of its own, so that Ctrl-C at the terminal does not reach it before the workers have settled
    what they hold; the parent-death signal ends it when its launcher is killed.
    """

    name: ClassVar[str]
    socket_name: ClassVar[str]
    gentle: ClassVar[signal.Signals]
    at_once: ClassVar[signal.Signals]

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self.home = Home(home)
        self.durable = durable
        self.user: int | None = None
        self.data = self.home.root / self.name
        self.log = self.data / "server.log"
        self._sockets: Path | None = None
        self._struck = False
        self._owner = os.getpid()
        self._lock: int | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def prepare(self) -> None:
        """Make the data directory ready, once per launcher."""

    @abstractmethod
    def command(self, sockets: Path) -> Sequence[str]:
        """The server's command line."""

    @abstractmethod
    def environment(self) -> Mapping[str, str]:
        """The server's whole environment."""

    @abstractmethod
    def ready(self, sockets: Path, pid: int) -> bool:
        """Whether it takes work."""

    @abstractmethod
    def url(self, sockets: Path) -> str:
        """How clients reach it."""

    def furnish(self) -> None:  # noqa: B027
        """What a server that has just come up still needs."""

    def worth_another_try(self, said: str) -> bool:
        """Whether what it said when it ended at its start may pass by itself within seconds."""
        return False

    @property
    def pid(self) -> int | None:
        """The server's process, also when it is dead; None before the first start."""
        return self._process.pid if self._process else None

    @property
    def sockets(self) -> Path:
        """The directory of its socket, once started."""
        if self._sockets is None:
            raise LocalError(f"{self.name} was not started")
        return self._sockets

    def start(self) -> str:
        """Start it, or start it again after its death, and give its URL, which stays the same.

        Only from the main thread (see `tied_to_parent`). HomeInUse when another launcher runs it, LocalError with
        the server's own words when it does not come up.
        """
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("embedded servers die with the thread that started them: start them in the main thread")
        if self._sockets is None:
            try:
                self._settle_in()
            except BaseException:
                self.stop()
                raise
        elif not self.alive():
            self._launch(self.sockets)
        return self.url(self.sockets)

    def alive(self) -> bool:
        """Whether the process runs; a zombie does not (asking also reaps it)."""
        return self._process is not None and self._process.poll() is None

    def stop(self, *, hard: bool = False) -> None:
        """End it: cleanly, or with `hard` at once (it recovers at its next start). Nothing of it is left behind."""
        if self._lock is None or os.getpid() != self._owner:
            return  # not started, or a forked copy of the launcher
        if self._process is not None:
            for sent in (self.at_once, signal.SIGKILL) if hard else (self.gentle, self.at_once, signal.SIGKILL):
                if _ends(self._process, sent):
                    break
        self.home.withdraw(self.name)
        self._process, self._sockets = None, None
        os.close(self._lock)
        self._lock = None

    def strike(self) -> None:
        """Send the signal of a hard end and return; safe in a signal handler."""
        self._struck = True
        if self._process is not None and os.getpid() == self._owner:
            self._process.send_signal(self.at_once)

    def _settle_in(self) -> None:
        self.home.make()
        if self._lock is None:
            self._lock = self.home.hold(self.name)
        self._end_orphan()
        self.home.withdraw(self.name)
        try:
            self.prepare()
        except PermissionError as error:
            raise LocalError(f"{self.data} belongs to another user: set LIENTHONG_HOME to another place") from error
        self._sockets = self.home.sockets(self.name, self.user)
        self._launch(self._sockets)
        self.furnish()

    def _end_orphan(self) -> None:
        # We hold the lock, so its launcher is dead: it is about to end (Linux), or nobody told it to (elsewhere).
        orphan = self.home.alive(self.name)
        if orphan is None:
            return
        for sent in (self.gentle, self.at_once, signal.SIGKILL):
            os.kill(orphan.pid, sent)
            for _ in _glances(_PATIENCE):
                if identity(orphan.pid) != orphan.started:
                    return

    def _launch(self, sockets: Path) -> None:
        if self.log.exists():  # why the last one died is worth keeping
            self.log.replace(self.log.with_name("server.previous.log"))
        for _ in _glances(_PATIENCE, pause=0.1):
            if self._struck:
                break
            process = self._spawn(sockets)
            if self._comes_up(process, sockets):
                return
            if process.poll() is None or not self.worth_another_try(self._last_words()):
                break
        raise LocalError(f"{self.name} does not start: {self._last_words()} (log: {self.log})")

    def _spawn(self, sockets: Path) -> subprocess.Popen[bytes]:
        with self.log.open("wb") as log:
            try:
                process = self.run(self.command(sockets), log)
            except (OSError, subprocess.SubprocessError) as error:
                raise LocalError(f"{self.name} cannot be started: {error}") from error
        self._process = process
        self.home.announce(
            self.name, Running(process.pid, identity(process.pid) or "", self.url(sockets), str(sockets))
        )
        return process

    def run(self, command: Sequence[str], log: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start one process of the server's software, tied to us, saying what it says into `log`."""
        return subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=self.data,
            env=dict(self.environment()),
            user=self.user,
            group=self.user,
            extra_groups=[] if self.user is not None else None,
            umask=0o077,
            start_new_session=True,
            preexec_fn=tied_to_parent(self.gentle),
        )

    def _comes_up(self, process: subprocess.Popen[bytes], sockets: Path) -> bool:
        for _ in _glances(_START):
            if process.poll() is not None:
                return False
            if self.ready(sockets, process.pid):
                return True
        return False

    def _last_words(self) -> str:
        said = self.log.read_text(errors="replace").strip().splitlines() if self.log.exists() else []
        return " / ".join(said[-3:]) or "it said nothing"


def _ends(process: subprocess.Popen[bytes], sent: signal.Signals) -> bool:
    process.send_signal(sent)
    try:
        process.wait(_PATIENCE.total_seconds())
    except subprocess.TimeoutExpired:
        return False
    return True


def _glances(patience: timedelta, pause: float = _GLANCE) -> Iterator[None]:
    """Yield at once and then after every pause until patience is spent."""
    end = time.monotonic() + patience.total_seconds()
    yield
    while time.monotonic() < end:
        time.sleep(pause)
        yield
