"""`lienthong console` as a process: its link, its end, and a database that goes and comes back."""

import contextlib
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from sqlalchemy import make_url, text

from connector.adapters.database import make_engine
from tests.commands import Commands
from tests.consoles import PASSWORD, Browser


@pytest.fixture
def lienthong(database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Commands:
    return Commands(monkeypatch, tmp_path, database_url=database, console_bind="127.0.0.1:0")


@contextlib.contextmanager
def running(lienthong: Commands) -> Iterator["subprocess.Popen[str]"]:
    with lienthong.start("console") as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def found(process: "subprocess.Popen[str]", pattern: str) -> str:
    """What the pattern's group holds in the next line on standard error that has it."""
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if match := re.search(pattern, line):
            return match[1]
    raise AssertionError("".join(said))


def test_the_first_start_prints_a_link_that_works_and_the_next_prints_none(lienthong: Commands) -> None:
    with running(lienthong) as process:
        url = found(process, r"console: (http://127\.0\.0\.1:\d+)$")
        link = found(process, r"(http://\S+/link/\S+)$")
        browser = Browser(url)
        chosen = {"name": "admin", "password": PASSWORD, "again": PASSWORD}
        assert link.startswith(url)
        assert browser.post(link.removeprefix(url), chosen).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    with running(lienthong) as process:
        url = found(process, r"console: (http://127\.0\.0\.1:\d+)$")
        assert Browser(url).log_in("admin").status_code == 200
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        assert "/link/" not in process.stderr.read()
        assert process.wait(20) == 0


def test_an_address_that_is_taken_ends_with_69_and_a_sentence(lienthong: Commands) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        lienthong.set(console_bind=f"127.0.0.1:{taken.getsockname()[1]}")
        code, out, err = lienthong.finished("console")

    assert (code, out) == (69, "")
    assert "LIENTHONG_CONSOLE_BIND" in err


def test_while_the_database_is_away_it_says_so_in_both_languages_and_works_again_by_itself(
    lienthong: Commands, database: str
) -> None:
    here = make_url(database)
    name = here.database
    away = make_engine(here.set(database="postgres").render_as_string(hide_password=False), pool_size=1)
    with running(lienthong) as process:
        url = found(process, r"console: (http://127\.0\.0\.1:\d+)$")
        found(process, r"(/link/)")
        with away.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
            db.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
            db.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :n"), {"n": name})
            try:
                health = requests.get(url + "/healthz", timeout=30)
                browser = Browser(url)
                answers = [
                    browser.session.get(url + path, timeout=30) for path in ("/link/x", "/language/en", "/link/x")
                ]
            finally:
                db.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
        assert health.status_code == 503
        assert [answers[0].status_code, answers[2].status_code] == [503, 503]
        assert "Không có gì bị mất" in answers[0].text
        assert "Nothing is lost" in answers[2].text
        assert answers[0].headers["Retry-After"]
        assert requests.get(url + "/healthz", timeout=30).status_code == 200
        assert browser.get("/link/x").status_code == 410
    away.dispose()
