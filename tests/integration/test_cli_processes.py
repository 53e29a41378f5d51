"""Commands as processes of their own: exit codes, what stands on standard output, and the roles that Celery plays."""

import contextlib
import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from sqlalchemy import text

from connector.adapters.database import make_engine
from tests.commands import Commands


@pytest.fixture
def lienthong(database: str, broker: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Commands:
    return Commands(monkeypatch, tmp_path, database_url=database, broker_url=broker, concurrency="1")


@contextlib.contextmanager
def ended(process: "subprocess.Popen[str]") -> Iterator["subprocess.Popen[str]"]:
    """A process that is gone afterwards, however the test went."""
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def line_with(process: "subprocess.Popen[str]", word: str) -> str:
    """The next line on standard error that has the word; the process may end before it says so."""
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if word in line:
            return line
    raise AssertionError("".join(said))


def test_json_is_all_that_stands_on_standard_output(lienthong: Commands) -> None:
    code, out, err = lienthong.finished("status", "--json", environment={"LIENTHONG_UNHEARD_OF": "1"})

    assert code == 0
    assert json.loads(out)["areas"]
    assert "LIENTHONG_UNHEARD_OF" in err


def test_bad_settings_end_with_78_and_one_line_a_fault(lienthong: Commands) -> None:
    lienthong.set(ministry_client_secret="hushhush", lease="hushhush")

    code, out, err = lienthong.finished("status", "--json")

    assert (code, out) == (78, "")
    names = [line.split(":")[1].strip() for line in err.splitlines()]
    assert names == ["LIENTHONG_LEASE", "LIENTHONG_MINISTRY_CLIENT_ID", "LIENTHONG_MINISTRY_URL"]
    assert "hushhush" not in err


def test_no_server_ends_with_69_and_a_sentence_in_a_locale_without_vietnamese(lienthong: Commands) -> None:
    lienthong.set(database_url="postgresql://127.0.0.1:1/x")

    code, out, err = lienthong.finished(
        "messages", "list", environment={"LC_ALL": "POSIX", "PYTHONIOENCODING": "ascii"}
    )

    assert (code, out) == (69, "")
    assert len(err.splitlines()) == 1
    assert "cơ sở dữ liệu" in err


def test_an_unknown_command_is_wrong_usage(lienthong: Commands) -> None:
    result = lienthong.run("replicate", code=2)

    assert result.stdout == ""
    assert "replicate" in result.stderr


def test_a_fault_of_ours_shows_no_data_in_its_trace(lienthong: Commands, database: str) -> None:
    engine = make_engine(database)
    with engine.begin() as db:
        db.execute(text("ALTER TABLE message ALTER COLUMN findings TYPE text"))
    engine.dispose()

    code, out, err = lienthong.finished("messages", "list", "--code", "SECRET_WORD")

    assert (code, out) == (1, "")
    assert "process.crashed" in err
    assert "SECRET_WORD" not in err


def test_two_machines_may_migrate_at_once(lienthong: Commands, empty_database: str) -> None:
    lienthong.set(database_url=empty_database)

    with ended(lienthong.start("migrate")) as one, ended(lienthong.start("migrate")) as other:
        said = {process.communicate(timeout=60)[0] for process in (one, other)}
        assert (one.returncode, other.returncode) == (0, 0)

    assert len(said) == 1
    assert lienthong.json("status")["oldest_waiting_seconds"] is None


def test_a_worker_waits_for_the_schema_and_then_becomes_celery(lienthong: Commands, empty_database: str) -> None:
    lienthong.set(database_url=empty_database)

    with ended(lienthong.start("worker")) as worker:
        assert "lienthong migrate" in line_with(worker, "waiting")
        lienthong.run("migrate")
        line_with(worker, "ready")
        with open(f"/proc/{worker.pid}/cmdline") as file:
            assert f"worker-{worker.pid}@" in file.read()
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0


def test_a_beat_becomes_celery_over_the_ledger(lienthong: Commands) -> None:
    with ended(lienthong.start("beat")) as beat:
        line_with(beat, "beat.leads")
        beat.send_signal(signal.SIGTERM)
        assert beat.wait(30) == 0


def test_a_role_that_waits_for_its_servers_ends_when_told_to(lienthong: Commands) -> None:
    lienthong.set(broker_url="redis://:hushhush@127.0.0.1:1/0")

    with ended(lienthong.start("beat")) as beat:
        assert "hushhush" not in line_with(beat, "waiting")
        beat.send_signal(signal.SIGTERM)
        assert beat.wait(30) == 0


def test_a_sandbox_answers_under_the_credentials_of_its_settings(lienthong: Commands, tmp_path: Path) -> None:
    lienthong.set(ministry_url="http://127.0.0.1:9", ministry_client_id="an-giang", ministry_client_secret="s3cret")
    words = ["--bind", "127.0.0.1:0", "--store", str(tmp_path / "new" / "m.db"), "--faults", "calm", "--pace", "500ms"]

    with ended(lienthong.start("sandbox", "ministry", *words)) as sandbox:
        url = line_with(sandbox, "listens on").split()[-1]
        answers = [
            requests.post(
                f"{url}/token", data={"grant_type": "client_credentials"}, auth=("an-giang", secret), timeout=10
            )
            for secret in ("s3cret", "another")
        ]
        sandbox.send_signal(signal.SIGTERM)
        assert sandbox.wait(30) == 0

    assert [answer.status_code for answer in answers] == [200, 401]


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        (["nation"], "province"),
        (["ministry", "--bind", "nowhere"], "HOST:PORT"),
        (["ministry", "--pace", "3"], "500ms"),
        (["ministry", "--faults", "wild"], "rough"),
        (["ministry", "--bind", "203.0.113.1:80"], "--bind"),
    ],
)
def test_a_sandbox_that_cannot_be_as_asked_is_wrong_usage(lienthong: Commands, words: list[str], allowed: str) -> None:
    assert allowed in lienthong.run("sandbox", *words, code=2).stderr


def test_every_command_explains_itself(lienthong: Commands) -> None:
    listed = lienthong.run("--help").stdout
    for command in ("status", "messages", "doctor", "migrate", "worker", "beat", "sandbox"):
        assert f"  {command} " in listed
        assert "/" in lienthong.run(command, "--help").stdout
    for command in ("list", "show"):
        assert "--json" in lienthong.run("messages", command, "--help").stdout


def test_a_reader_that_goes_away_is_no_crash(lienthong: Commands) -> None:
    with ended(lienthong.start("status", "--json")) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()

    assert said == ""
