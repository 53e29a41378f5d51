"""The directory of the embedded servers: who holds it, where the sockets are, which servers run."""

import fcntl
import json
import os
import shutil
import socket
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from connector.local.kinship import identity

_PREFIX = "lienthong-"
# As long as the longest name a server puts there (.s.PGSQL.5432): the whole path may have 107 bytes (unix(7)).
_PROBE = ".s.probe.0000"


class LocalError(Exception):
    """An embedded server cannot serve; the text says what to do and names no secret."""


class HomeInUse(LocalError):
    """Another process runs the embedded servers of this home."""


@dataclass(frozen=True, slots=True)
class Running:
    """A server as its launcher announced it: process number, its start, URL with password, directory of its socket."""

    pid: int
    started: str
    url: str
    sockets: str


class Home:
    """Paths and announcements of one LIENTHONG_HOME.

    `run/NAME.lock` is held by the launcher as long as it lives, `run/NAME.json` (0600) says how to reach the server.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.run = self.root / "run"

    def make(self) -> None:
        """Create the directories, for our eyes only. LocalError when this user may not."""
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.run.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise LocalError(f"{self.root} cannot be used ({error.strerror}): set LIENTHONG_HOME") from error

    def hold(self, name: str) -> int:
        """The lock of one server as a file descriptor; closing it, or dying, gives it back. HomeInUse when held."""
        try:
            lock = os.open(self.run / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise LocalError(f"{self.run} cannot be used ({error.strerror}): set LIENTHONG_HOME") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(lock)
            raise HomeInUse(f"another process runs the servers of {self.root}") from error
        return lock

    def announce(self, name: str, server: Running) -> None:
        """Tell other processes how to reach the server; readers see the old text or the new, never half of one."""
        fresh = self.run / f"{name}.json.new"
        fresh.unlink(missing_ok=True)
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(asdict(server), file)
        fresh.replace(self.run / f"{name}.json")

    def announced(self, name: str) -> Running | None:
        """What was announced, alive or not; None when nothing was or it cannot be understood."""
        try:
            said = json.loads((self.run / f"{name}.json").read_bytes())
            return Running(int(said["pid"]), str(said["started"]), str(said["url"]), str(said["sockets"]))
        except PermissionError as error:
            raise LocalError(f"{self.root} belongs to another user") from error
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def alive(self, name: str) -> Running | None:
        """The announced server if its very process still lives."""
        server = self.announced(name)
        return server if server and server.pid > 0 and identity(server.pid) == server.started else None

    def withdraw(self, name: str) -> None:
        """Forget the announcement, and remove the socket directory it names if that was made here."""
        server = self.announced(name)
        if server is not None:
            directory = Path(server.sockets)
            if directory.parent == self.run or directory.name.startswith(_PREFIX):
                shutil.rmtree(directory, ignore_errors=True)
        (self.run / f"{name}.json").unlink(missing_ok=True)

    def sockets(self, name: str, owner: int | None) -> Path:
        """A directory (0700, of user `owner`) whose sockets have short enough paths: in the home, else a temporary."""
        near = self.run / f"{name}.sockets"
        near.mkdir(mode=0o700, exist_ok=True)
        if not _takes_sockets(near):
            near.rmdir()
            near = _short_directory(private=owner is None)
        if os.geteuid() == 0:  # the last start may have been another user's
            os.chown(near, owner or 0, owner or 0)
        return near


def _short_directory(*, private: bool) -> Path:
    # A runtime directory of root's is closed to the user a server runs as: then only the world's own will do.
    mine = [os.environ.get("XDG_RUNTIME_DIR", "")] if private else []
    for base in [*mine, tempfile.gettempdir(), "/tmp"]:
        if base and os.access(base, os.W_OK):
            made = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
            if _takes_sockets(made):
                return made
            made.rmdir()
    raise LocalError("no directory with a short enough path takes sockets: set TMPDIR to one")


def _takes_sockets(directory: Path) -> bool:
    if "," in str(directory):  # libpq reads a list of hosts
        return False
    probe = directory / _PROBE
    probe.unlink(missing_ok=True)
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(os.fsencode(probe))
    except OSError:  # too long, or a file system without sockets
        return False
    probe.unlink()
    return True


def answers(path: Path) -> bool:
    """Whether somebody accepts connections at the socket."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        try:
            client.connect(os.fsencode(path))
        except OSError:
            return False
    return True
