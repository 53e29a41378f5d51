"""The embedded servers: how they start, survive, are found by others, and vanish."""

import importlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import sqlalchemy

from connector.local.binaries import PostgresProgram, find_postgres
from connector.local.home import HomeInUse, LocalError
from connector.local.kinship import identity
from connector.local.postgres import EmbeddedPostgres
from connector.local.servers import Servers, Urls, running, running_broker, running_database
from connector.local.valkey import EmbeddedValkey

NOBODY = 65534

# Runs both servers of argv[1] until its standard input closes. As user argv[2] if that is not 0: privileges are dropped
# after the imports, because an interpreter in root's home cannot be read by anybody else.
LAUNCHER = """
import json, os, sys
from pathlib import Path
import psycopg
from connector.local.binaries import PostgresProgram
from connector.local.home import LocalError
from connector.local.postgres import EmbeddedPostgres
from connector.local.valkey import EmbeddedValkey

home, user, program = Path(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3])
if user:
    os.setgroups([]); os.setgid(user); os.setuid(user)
if program:
    program = PostgresProgram(Path(program["directory"]), program["major"], tuple(program["prefix"]), program["user"])
postgres, valkey = EmbeddedPostgres(home, program=program or None), EmbeddedValkey(home)
try:
    urls = postgres.start(), valkey.start()
except LocalError as error:
    sys.exit(f"{type(error).__name__}: {error}")
print(json.dumps({"urls": urls, "pids": [postgres.pid, valkey.pid]}), flush=True)
sys.stdin.read()
valkey.stop()
postgres.stop()
"""


def readable_by_everyone(path: Path) -> bool:
    return all(step.stat().st_mode & 0o005 == 0o005 for step in (path, *path.parents))


def ways_here() -> list[str]:
    """How servers can be run on this machine: as we are; if we are root also as others who can read the programs."""
    ways = ["as_we_are"]
    if os.geteuid() == 0 and readable_by_everyone(find_postgres().directory):
        ways += ["as_another_user", "with_root_handing_over_to_another_user"]
    return ways


every_way = pytest.mark.parametrize("way", ways_here())


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory that any user can reach."""
    with tempfile.TemporaryDirectory(prefix="lt-") as made:
        Path(made).chmod(0o755)
        yield Path(made)


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A home that has been started before; tests use it one after the other, making a cluster is what takes time."""
    with tempfile.TemporaryDirectory(prefix="lt-") as made:
        with Servers(Path(made), durable=False):
            pass
        yield Path(made)


@contextmanager
def launched(home: Path, way: str = "as_we_are") -> Iterator[tuple[subprocess.Popen[str], Urls, list[int]]]:
    """A launcher process with both servers running."""
    user, program = 0, None
    if way == "as_another_user":
        home.mkdir()
        os.chown(home, NOBODY, NOBODY)
        user = NOBODY
    elif way == "with_root_handing_over_to_another_user":
        found = find_postgres()
        program = {"directory": str(found.directory), "major": found.major, "prefix": [], "user": NOBODY}
    arguments = [sys.executable, "-c", LAUNCHER, str(home), str(user), json.dumps(program)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = json.loads(process.stdout.readline())
            yield process, Urls(*said["urls"]), said["pids"]
        finally:
            process.kill()


def ends(pid: int, within: float = 10) -> bool:
    """Whether the process ends in time; waits for the event itself."""
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([watched], [], [], within)[0])
    finally:
        os.close(watched)


def processes_of(home: Path) -> list[int]:
    """Live processes that name the home on their command line or work in it."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid() or identity(int(entry.name)) is None:
            continue
        try:
            named = os.fsencode(home) in (entry / "cmdline").read_bytes()
            if named or os.readlink(entry / "cwd").startswith(str(home)):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def connected_broker(url: str) -> Any:
    """A connection as Celery makes it; kombu has no types."""
    return importlib.import_module("kombu").Connection(url)


def counted(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM kept").fetchone()
    assert row is not None
    return int(row[0])


def write_rows(url: str, many: int) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("DROP TABLE IF EXISTS kept")
        connection.execute("CREATE TABLE kept (number int)")
        connection.execute("INSERT INTO kept SELECT generate_series(1, %s)", (many,))


@every_way
def test_a_first_start_serves_and_a_stop_leaves_only_data(place: Path, way: str) -> None:
    home = place / "home"
    with launched(home, way) as (process, urls, _):
        write_rows(urls.database, 10)
        with connected_broker(urls.broker) as broker:
            broker.SimpleQueue("names").put({"id": 1})
        process.communicate(timeout=20)
        assert process.returncode == 0
    assert processes_of(home) == []
    assert sorted(path.name for path in (home / "run").iterdir()) == ["postgres.lock", "valkey.lock"]

    with Servers(home) as again:
        assert counted(again.urls.database) == 10
        with connected_broker(again.urls.broker) as broker:
            assert broker.SimpleQueue("names").get(timeout=5).payload == {"id": 1}


@every_way
def test_a_killed_launcher_leaves_no_server_behind(home: Path, place: Path, way: str) -> None:
    home = place / "home" if way == "as_another_user" else home
    with launched(home, way) as (process, urls, _), psycopg.connect(urls.database, autocommit=True):
        write_rows(urls.database, 10)
        left = processes_of(home)
        assert len(left) > 3
        process.kill()
        assert all(ends(pid) for pid in left)
    assert processes_of(home) == []
    assert running(home) is None
    with Servers(home) as again:
        assert counted(again.urls.database) == 10


def counted_tables(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert row is not None
    return int(row[0])


def test_committed_rows_survive_a_killed_postmaster_and_the_url_stays(home: Path) -> None:
    postgres = EmbeddedPostgres(home)
    url = postgres.start()
    try:
        write_rows(url, 1000)
        with psycopg.connect(url) as in_use:
            assert postgres.pid is not None
            os.kill(postgres.pid, signal.SIGKILL)
            assert ends(postgres.pid)
            assert identity(postgres.pid) is None  # a zombie: nobody has asked after it yet
            assert postgres.start() == url
            assert postgres.alive()
            with pytest.raises(psycopg.OperationalError):
                in_use.execute("SELECT 1")
        assert counted(url) == 1000
    finally:
        postgres.stop()


def test_what_the_broker_took_survives_its_being_killed(home: Path) -> None:
    valkey = EmbeddedValkey(home)
    url = valkey.start()
    try:
        with connected_broker(url) as broker:
            broker.SimpleQueue("names").put({"id": 7})
        assert valkey.pid is not None
        os.kill(valkey.pid, signal.SIGKILL)
        assert ends(valkey.pid)
        assert valkey.start() == url
        with connected_broker(url) as broker:
            assert broker.SimpleQueue("names").get(timeout=5).payload == {"id": 7}
    finally:
        valkey.stop()


def test_two_homes_serve_at_once(home: Path, place: Path) -> None:
    with Servers(home, durable=False) as one, Servers(place, durable=False) as two:
        write_rows(one.urls.database, 1)
        write_rows(two.urls.database, 2)
        assert (counted(one.urls.database), counted(two.urls.database)) == (1, 2)
        assert one.urls.broker != two.urls.broker


@pytest.mark.parametrize("name", ["n" * 120, "a home, with ünusual+%2F&?#'\" signs"], ids=["long", "odd"])
def test_a_home_may_have_any_name(place: Path, name: str) -> None:
    home = place / name
    with Servers(home, durable=False) as servers:
        engine = sqlalchemy.create_engine(servers.urls.database)
        with engine.connect() as connection:
            assert connection.scalar(sqlalchemy.text("SELECT upper('đặng thị ẩn')")) == "ĐẶNG THỊ ẨN"
        engine.dispose()
        with connected_broker(servers.urls.broker) as broker:
            broker.SimpleQueue("names").put({"id": 1})
        assert running(home) == servers.urls
        sockets = [server.sockets for server in servers.embedded]
    assert not [path for path in sockets if path.exists() and home not in path.parents]


def test_another_process_finds_the_servers_and_may_not_run_them_too(home: Path) -> None:
    assert running(home) is None
    with launched(home) as (process, urls, _):
        assert running(home) == urls
        assert running(home, database_url="postgresql://elsewhere/x") == Urls("postgresql://elsewhere/x", urls.broker)
        with pytest.raises(HomeInUse):
            Servers(home).start()
        assert running(home) == urls  # the refused one has taken nothing with it
        process.communicate(timeout=20)
    assert running(home) is None


def test_only_its_owner_may_read_how_to_reach_the_servers(home: Path) -> None:
    with Servers(home, durable=False):
        secrets = [*(home / "run").glob("*.json"), home / "postgres" / "password"]
        assert len(secrets) == 3
        assert all(path.stat().st_mode & 0o077 == 0 for path in secrets)


@pytest.mark.parametrize(
    "left",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"pid": "many", "started": "1", "url": "u", "sockets": "/"}',
        b'{"pid": -1, "started": "1", "url": "u", "sockets": "/"}',
        b'{"pid": 999999999999999999999, "started": "1", "url": "u", "sockets": "/"}',
        b'{"pid": 1, "started": "an earlier boot", "url": "u", "sockets": "/"}',
    ],
)
def test_a_spoilt_or_stale_announcement_is_ignored(place: Path, left: bytes) -> None:
    (place / "run").mkdir()
    for name in ("postgres", "valkey"):
        (place / "run" / f"{name}.json").write_bytes(left)
    assert running(place) is None
    valkey = EmbeddedValkey(place, durable=False)
    url = valkey.start()
    assert running_broker(place) == url
    valkey.stop()


def test_an_announced_process_that_takes_no_connections_is_not_a_server(place: Path) -> None:
    (place / "run").mkdir()
    said = {"pid": os.getpid(), "started": identity(os.getpid()), "url": "u", "sockets": str(place)}
    (place / "run" / "postgres.json").write_text(json.dumps(said))
    assert running_database(place) is None


def test_a_stop_does_not_wait_for_clients(home: Path) -> None:
    postgres = EmbeddedPostgres(home, durable=False)
    with psycopg.connect(postgres.start(), autocommit=True) as client:
        client.execute("SELECT 1")
        pid = postgres.pid
        assert pid is not None
        postgres.stop()
        assert ends(pid, within=0)
    assert processes_of(home) == []


def test_the_number_in_a_left_over_lock_file_may_be_a_strangers_by_now(home: Path) -> None:
    postgres = EmbeddedPostgres(home, durable=False)
    url = postgres.start()
    with subprocess.Popen(["sleep", "60"]) as stranger:
        assert postgres.pid is not None
        os.kill(postgres.pid, signal.SIGKILL)
        assert ends(postgres.pid)
        lock = postgres.cluster / "postmaster.pid"
        _, *rest = lock.read_text().splitlines(keepends=True)
        lock.write_text("".join([f"{stranger.pid}\n", *rest]))
        try:
            assert postgres.start() == url
        finally:
            postgres.stop()
            stranger.kill()


def test_nothing_listens_on_the_network_and_the_password_counts(home: Path) -> None:
    with Servers(home, durable=False) as servers:
        with psycopg.connect(servers.urls.database) as connection:
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        guessed = servers.urls.database.replace(f":{urlsplit(servers.urls.database).password}@", ":guessed@")
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(guessed)
        with connected_broker(servers.urls.broker) as broker:
            assert broker.default_channel.client.config_get("port") == {"port": "0"}


def test_the_servers_log_repeats_nothing_of_a_refused_row(home: Path) -> None:
    postgres = EmbeddedPostgres(home, durable=False)
    try:
        with psycopg.connect(postgres.start(), autocommit=True) as connection:
            connection.execute("CREATE TEMP TABLE person (name text CHECK (name = ''))")
            with pytest.raises(psycopg.errors.CheckViolation):
                connection.execute("INSERT INTO person VALUES ('Trần Văn Thử')")
            with pytest.raises(psycopg.errors.CheckViolation):
                connection.execute("INSERT INTO person VALUES (%s)", ("Trần Văn Thử",))
    finally:
        postgres.stop()
    said = postgres.log.read_text()
    assert "person" in said  # the refusals themselves are there
    assert "Thử" not in said


def test_a_first_start_that_was_cut_short_is_made_up_for(place: Path) -> None:
    half_made = place / "postgres" / "data.new"
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n")
    with Servers(place, durable=False) as servers:
        assert counted_tables(servers.urls.database) == 0


def test_data_of_another_major_version_is_refused_with_advice(place: Path) -> None:
    (place / "postgres" / "data").mkdir(parents=True)
    (place / "postgres" / "data" / "PG_VERSION").write_text("9\n")
    with pytest.raises(LocalError, match="LIENTHONG_HOME"):
        Servers(place).start()
    assert processes_of(place) == []


def test_a_home_that_cannot_be_is_refused_with_advice(place: Path) -> None:
    (place / "file").touch()
    with pytest.raises(LocalError, match="LIENTHONG_HOME"):
        Servers(place / "file").start()


def test_programs_that_do_not_run_are_refused_with_advice(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIENTHONG_PG_BIN", str(place))
    with pytest.raises(LocalError, match="LIENTHONG_DATABASE_URL"):
        find_postgres()


def test_a_server_that_cannot_start_says_why_and_gives_the_home_back(home: Path) -> None:
    control = home / "postgres" / "data" / "global" / "pg_control"
    kept = control.read_bytes()
    control.write_bytes(b"")
    with pytest.raises(LocalError, match="pg_control"):
        Servers(home, durable=False).start()
    control.write_bytes(kept)
    with Servers(home, durable=False):
        assert running(home) is not None


def test_a_server_is_not_tied_to_a_passing_thread(place: Path) -> None:
    refused: list[BaseException] = []

    def start() -> None:
        try:
            EmbeddedValkey(place).start()
        except RuntimeError as error:
            refused.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert len(refused) == 1


def test_given_urls_start_no_server(place: Path) -> None:
    given = Urls("postgresql://elsewhere/x", "redis://elsewhere")
    with Servers(place / "home", *given) as servers:
        assert servers.urls == given
    assert not (place / "home").exists()


@pytest.mark.parametrize("user", [NOBODY if "with_root_handing_over_to_another_user" in ways_here() else None])
def test_where_no_namespace_can_be_made_root_hands_over(monkeypatch: pytest.MonkeyPatch, user: int | None) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    found = find_postgres()
    assert (found.prefix, found.user) == ((), user)


def test_a_program_of_another_place_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    found = find_postgres()
    monkeypatch.setenv("LIENTHONG_PG_BIN", str(found.directory))
    assert find_postgres() == PostgresProgram(found.directory, 18, found.prefix, found.user)
