"""`lienthong doctor` against real servers and both simulated partners."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.adapters import partners
from connector.adapters.database import make_engine
from connector.adapters.revisions import SchemaState
from connector.cli import checkup
from connector.domain.errors import Unauthorised
from connector.domain.message import Partner
from tests.commands import Commands
from tests.partners import CLIENT, PartnerProcess, partner_process

AWAY = "http://127.0.0.1:1"


@pytest.fixture(scope="module")
def ministry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PartnerProcess]:
    with partner_process("ministry", tmp_path_factory.mktemp("ministry")) as process:
        yield process


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PartnerProcess]:
    with partner_process("province", tmp_path_factory.mktemp("province")) as process:
        yield process


@pytest.fixture
def lienthong(
    database: str,
    broker: str,
    ministry: PartnerProcess,
    province: PartnerProcess,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Commands:
    known = {"client_id": CLIENT[0], "client_secret": CLIENT[1]}
    partners = {f"{process.partner}_{name}": value for process in (ministry, province) for name, value in known.items()}
    partners |= {"ministry_url": ministry.url, "province_url": province.url}
    return Commands(
        monkeypatch, tmp_path, database_url=database, broker_url=broker, http_timeout="2s", lease="10s", **partners
    )


def failed(found: Any) -> dict[str, str]:
    return {check["name"]: check["text"] for check in found["checks"] if not check["ok"]}


def test_a_sound_machine_passes_every_check(lienthong: Commands) -> None:
    found = lienthong.json("doctor")

    assert failed(found) == {}
    assert found["ok"] is True
    names = [check["name"] for check in found["checks"]]
    database = ["settings", "database", "schema", "clocks", "breakers", "console"]
    assert names == [*database, "broker", "ministry", "province", "disk"]


def test_people_get_one_line_for_each_check(lienthong: Commands) -> None:
    lines = lienthong.run("doctor").stdout.splitlines()

    assert len(lines) == 10
    assert all(line.startswith("✓ ") for line in lines)


def test_a_console_that_would_send_passwords_in_the_clear_is_a_failed_check(lienthong: Commands) -> None:
    lienthong.set(console_bind="0.0.0.0:8800")
    open_to_all = failed(lienthong.json("doctor", code=1))
    lienthong.set(console_url="https://lienthong.example")

    assert "LIENTHONG_CONSOLE_URL" in open_to_all["console"]
    assert failed(lienthong.json("doctor")) == {}


def test_a_clock_of_our_own_is_said(lienthong: Commands) -> None:
    lienthong.set(clock="2023-06-01T08:00:00+07:00")

    [own] = [check["text"] for check in lienthong.json("doctor")["checks"] if check["name"] == "own clock"]

    assert "01/06/2023 08:00" in own


def test_a_wrong_secret_is_told_apart_from_a_partner_that_is_away(lienthong: Commands) -> None:
    lienthong.set(ministry_client_secret="not-the-secret", province_url=AWAY)

    found = failed(lienthong.json("doctor", code=1))

    assert found.keys() == {"ministry", "province"}
    assert "LIENTHONG_MINISTRY_CLIENT_SECRET" in found["ministry"]
    assert "not-the-secret" not in found["ministry"]
    assert "LIENTHONG_PROVINCE_URL" in found["province"]


def test_a_partner_that_paused_us_is_said_though_it_gives_tokens(lienthong: Commands, database: str) -> None:
    now = datetime.now(UTC)
    engine = make_engine(database)
    with engine.begin() as db:
        partners.note(db, Partner.MINISTRY, good=0, errors=[Unauthorised("101", "not our address")], now=now)
    engine.dispose()

    found = failed(lienthong.json("doctor", code=1))

    assert list(found) == ["breakers"]
    assert "ministry" in found["breakers"]
    assert "unauthorised" in found["breakers"]
    assert "LIENTHONG_MINISTRY_CLIENT_SECRET" in found["breakers"]
    assert "province" not in found["breakers"]


def test_a_partner_without_settings_is_a_failed_check(lienthong: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("URL", "CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.delenv(f"LIENTHONG_MINISTRY_{name}")

    assert "LIENTHONG_MINISTRY_URL" in failed(lienthong.json("doctor", code=1))["ministry"]


@pytest.mark.parametrize(
    "url",
    [
        "redis://127.0.0.1:1/0",
        "redis+socket:///nowhere/valkey.sock?virtual_host=0",
        "sentinel://127.0.0.1:1;sentinel://127.0.0.1:2",
    ],
)
def test_a_broker_that_is_away_is_a_failed_check(lienthong: Commands, url: str) -> None:
    lienthong.set(broker_url=url)

    assert "LIENTHONG_BROKER_URL" in failed(lienthong.json("doctor", code=1))["broker"]


def test_a_database_that_is_away_ends_with_69_after_all_other_checks(lienthong: Commands) -> None:
    lienthong.set(database_url="postgresql://lienthong:hushhush@127.0.0.1:1/x")

    found = lienthong.json("doctor", code=69)

    assert failed(found).keys() == {"database"}
    assert "hushhush" not in str(found)
    assert [check["name"] for check in found["checks"]][-1] == "disk"


def test_a_database_without_our_tables_asks_for_a_migration(lienthong: Commands, empty_database: str) -> None:
    lienthong.set(database_url=empty_database)

    assert "lienthong migrate" in failed(lienthong.json("doctor", code=1))["schema"]


def test_bad_settings_are_the_only_check_and_end_with_78(lienthong: Commands) -> None:
    lienthong.set(lease="soon", poll_interval="often")

    result = lienthong.run("doctor", code=78)
    found = lienthong.json("doctor", code=78)

    assert [check["name"] for check in found["checks"]] == ["settings"]
    assert [line.split(":")[1].strip() for line in result.stderr.splitlines()] == [
        "LIENTHONG_LEASE",
        "LIENTHONG_POLL_INTERVAL",
    ]


@pytest.mark.parametrize(("seconds", "ok"), [(0.0, True), (2.0, True), (-2.0, True), (2.1, False), (-2.1, False)])
def test_clocks_may_differ_by_two_seconds(seconds: float, ok: bool) -> None:
    assert checkup.clock_check(timedelta(seconds=seconds)).ok is ok


def test_a_newer_schema_is_enough_and_an_older_one_is_not() -> None:
    assert SchemaState("9999", "0002", is_newer=True).is_enough
    assert SchemaState("0002", "0002", is_newer=False).is_enough
    assert not SchemaState("0001", "0002", is_newer=False).is_enough
    assert not SchemaState(None, "0002", is_newer=False).is_enough
