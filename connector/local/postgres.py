"""PostgreSQL for one machine: made at its first start, reached over a socket with a password, never over TCP."""

import os
import secrets
import shutil
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

import psycopg

from connector.local.binaries import PostgresProgram, find_postgres
from connector.local.home import LocalError, Running, answers
from connector.local.server import Server

USER = DATABASE = "lienthong"

_SETTINGS = {
    "listen_addresses": "",
    "port": "5432",  # it names the socket
    "unix_socket_permissions": "0700",
    "cluster_name": USER,
    "max_connections": "200",
    "shared_buffers": "128MB",
    "jit": "off",  # our queries are short: compiling them costs more than running them
    "wal_level": "minimal",  # no replicas read from an embedded server
    "max_wal_senders": "0",
    "min_wal_size": "80MB",
    "max_wal_size": "512MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # The log is outside the ledger: no statements, and no DETAIL lines, which repeat the row a constraint refused.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}
_CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedPostgres(Server):
    """PostgreSQL under `home/postgres`; `durable=False` is for tests, whose data may vanish with the power.

    As root it runs in a user namespace, or where that is forbidden as uid 65534 (then `home` must be reachable for
    that user).
    """

    name = "postgres"
    socket_name = ".s.PGSQL.5432"
    gentle = signal.SIGINT  # "fast": clients are cut off; SIGTERM would wait for the last of them to leave
    at_once = signal.SIGQUIT

    def __init__(self, home: Path, *, durable: bool = True, program: PostgresProgram | None = None) -> None:
        super().__init__(home, durable=durable)
        self._program = program
        self._password = ""

    @property
    def program(self) -> PostgresProgram:
        """The programs in use, found at the first call."""
        if self._program is None:
            self._program = find_postgres()
        return self._program

    @property
    def cluster(self) -> Path:
        """PostgreSQL's data directory."""
        return self.data / "data"

    def prepare(self) -> None:
        """Make the cluster if there is none; refuse one that another major version made."""
        self.user = self.program.user
        self.data.mkdir(mode=0o700, exist_ok=True)
        self._give_away()
        password = self.data / "password"
        if not password.exists():
            _write_secret(password, secrets.token_urlsafe(32), self.user)
        self._password = password.read_text().strip()
        if not self.cluster.exists():
            self._make_cluster(password)
        made_by = (self.cluster / "PG_VERSION").read_text().strip()
        if made_by != str(self.program.major):
            raise LocalError(
                f"{self.cluster} was made by PostgreSQL {made_by}, here is {self.program.major}: "
                "dump it with the old one, or set LIENTHONG_HOME to a new place"
            )

    def command(self, sockets: Path) -> Sequence[str]:
        """The postmaster, told everything on its command line: a cluster holds data and no settings."""
        settings = _SETTINGS | {"unix_socket_directories": _quoted_in_list(sockets)}
        settings |= {} if self.durable else _CARELESS
        told = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        return self.program.command("postgres", "-D", str(self.cluster), *told)

    def environment(self) -> Mapping[str, str]:
        """Nothing of ours but the paths: a stray PGDATA or PGOPTIONS must not reach it."""
        ours = {key: os.environ[key] for key in ("PATH", "LD_LIBRARY_PATH", "TMPDIR") if key in os.environ}
        mistaken = self._number_of_a_stranger()
        # PostgreSQL takes any live process with the number in a left-over lock file for its own, unless it is told that
        # it is a relative. In containers low numbers come back after every restart.
        return ours | {"LC_ALL": "C"} | ({"PG_GRANDPARENT_PID": mistaken} if mistaken else {})

    def ready(self, sockets: Path, pid: int) -> bool:
        """The postmaster writes its state into the eighth line of its lock file."""
        lines = self._lock_file()
        return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"

    def url(self, sockets: Path) -> str:
        """`postgresql://user:password@/database?host=/directory`, understood by libpq and SQLAlchemy."""
        return f"postgresql://{USER}:{self._password}@/{DATABASE}?host={quote(str(sockets))}"

    def furnish(self) -> None:
        """Make the database at the first start."""
        with psycopg.connect(
            host=str(self.sockets), user=USER, password=self._password, dbname="postgres", autocommit=True
        ) as administrator:
            known = administrator.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
            if known is None:
                administrator.execute(f"CREATE DATABASE {DATABASE}")

    def worth_another_try(self, said: str) -> bool:
        """After kill -9 of the postmaster its backends hold the shared memory until they notice."""
        return "pre-existing shared memory" in said or ("lock file" in said and "already exists" in said)

    def _lock_file(self) -> list[str]:
        try:
            return (self.cluster / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []

    def _number_of_a_stranger(self) -> str | None:
        # We hold the home's lock and have ended its last server, so a number in the lock file is nobody's of ours. A
        # postmaster works in its data directory; only where that can be seen to be untrue is the number a stranger's.
        number = next(iter(self._lock_file()), "")
        if not number.isdigit():
            return None
        try:
            return number if Path(f"/proc/{number}/cwd").resolve(strict=True) != self.cluster.resolve() else None
        except OSError:
            return None

    def _give_away(self) -> None:
        # The files may be from a start in the other way (as another user): PostgreSQL wants to own them.
        if os.geteuid() != 0:
            return
        owner = self.user or 0
        for ours in (self.home.root, self.home.run):
            if ours.stat().st_uid != owner:  # in a namespace even root is a stranger in somebody else's directory
                ours.chmod(0o711)
        if self.data.stat().st_uid == owner and not _owned_otherwise(self.cluster, owner):
            return
        for directory, _, files in os.walk(self.data):
            for path in (directory, *(os.path.join(directory, file) for file in files)):
                os.chown(path, owner, owner, follow_symlinks=False)

    def _make_cluster(self, password: Path) -> None:
        # Made beside and renamed: a first start that was killed half-way leaves nothing that looks like a cluster.
        unfinished = self.data / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        locale = ["--locale=C"]
        if self.program.major >= 17:  # right upper and lower case for Vietnamese; order is by code point everywhere
            locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        arguments = [f"--pgdata={unfinished}", f"--username={USER}", f"--pwfile={password}", "--auth=scram-sha-256"]
        arguments += ["--encoding=UTF8", "--no-instructions", *locale, *([] if self.durable else ["--no-sync"])]
        with self.log.open("wb") as log:
            code = self.run(self.program.command("initdb", *arguments), log).wait()
        if code != 0:
            said = self.log.read_text(errors="replace").strip().splitlines()
            raise LocalError(f"initdb failed: {said[-1] if said else code} (log: {self.log})")
        unfinished.rename(self.cluster)


def reachable(server: Running) -> bool:
    """Whether the announced server takes connections."""
    return answers(Path(server.sockets) / EmbeddedPostgres.socket_name)


def _owned_otherwise(directory: Path, owner: int) -> bool:
    return directory.exists() and directory.stat().st_uid != owner


def _quoted_in_list(path: Path) -> str:
    # unix_socket_directories is a comma-separated list; double quotes keep a comma or blank in a name.
    return '"' + str(path).replace('"', '""') + '"'


def _write_secret(path: Path, text: str, owner: int | None) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    if owner is not None:
        os.chown(path, owner, owner)
