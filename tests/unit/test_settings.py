"""Settings: the names and defaults that scripts rely on, and what a bad one is told."""

import os
import re
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from connector.setting_types import Bind
from connector.settings import BadSettings, Partner, Settings, load, require_partner, variable

ROOT = Path(__file__).parents[2]
MINISTRY = {
    "LIENTHONG_MINISTRY_URL": "https://ministry.example/gateway/",
    "LIENTHONG_MINISTRY_CLIENT_ID": "an-giang",
    "LIENTHONG_MINISTRY_CLIENT_SECRET": "s3cr3t",
}


def read(given: dict[str, str], directory: Path | None = None) -> Settings:
    return load(given, directory=directory or Path("/nonexistent"), warn=fail)


def fail(line: str) -> None:
    pytest.fail(f"unexpected warning: {line}")


def faults(given: dict[str, str]) -> list[str]:
    with pytest.raises(BadSettings) as refused:
        read(given)
    return refused.value.faults


def test_without_any_variable_the_defaults_hold() -> None:
    settings = read({})

    assert settings == Settings()
    assert settings.database_url is None
    assert settings.broker_url is None
    assert settings.home == Path.cwd() / ".lienthong"
    assert settings.ministry is None
    assert settings.province is None
    assert settings.poll_interval == timedelta(seconds=30)
    assert settings.http_timeout == timedelta(seconds=10)
    assert settings.lease == timedelta(minutes=2)
    assert [int(wait.total_seconds()) for wait in settings.retry_schedule] == [
        *(10, 60, 300, 900, 1800),
        *(3600, 7200, 14400, 28800, 86400),
    ]
    assert settings.register_from is None
    assert settings.concurrency == len(os.sched_getaffinity(0))
    assert str(settings.console_bind) == "127.0.0.1:8800"
    assert settings.clock is None


def test_every_setting_can_be_given() -> None:
    settings = read(
        {
            **MINISTRY,
            "LIENTHONG_DATABASE_URL": "postgresql://u:p@db/lienthong",
            "LIENTHONG_BROKER_URL": "sentinel://one:26379;sentinel://two:26379",
            "LIENTHONG_HOME": "/srv/lienthong",
            "LIENTHONG_POLL_INTERVAL": "500ms",
            "LIENTHONG_HTTP_TIMEOUT": "2s",
            "LIENTHONG_RETRY_SCHEDULE": "1s, 2s,1h30m",
            "LIENTHONG_LEASE": "4s",
            "LIENTHONG_REGISTER_FROM": "2023-06-01",
            "LIENTHONG_CONCURRENCY": "3",
            "LIENTHONG_CONSOLE_BIND": "[::1]:9000",
            "LIENTHONG_CLOCK": "2025-07-01T08:00:00Z",
        }
    )

    assert settings.database_url == SecretStr("postgresql://u:p@db/lienthong")
    assert settings.broker_url == SecretStr("sentinel://one:26379;sentinel://two:26379")
    assert settings.home == Path("/srv/lienthong")
    assert settings.ministry == Partner("https://ministry.example/gateway", "an-giang", SecretStr("s3cr3t"))
    assert settings.poll_interval == timedelta(milliseconds=500)
    assert settings.retry_schedule == (timedelta(seconds=1), timedelta(seconds=2), timedelta(minutes=90))
    assert settings.register_from == date(2023, 6, 1)
    assert settings.concurrency == 3
    assert settings.console_bind == Bind("::1", 9000)
    assert settings.clock == datetime(2025, 7, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("500ms", 0.5), ("2s", 2), ("5m", 300), ("1h30m", 5400), ("24h", 86400), ("1d", 86400), ("1.5s", 1.5)],
)
def test_a_duration_carries_its_unit(text: str, seconds: float) -> None:
    assert read({"LIENTHONG_POLL_INTERVAL": text}).poll_interval == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["30", "0s", "-1s", "1m1h", "1s1s", "s", "1 s", "5 minutes", "٣s", "999999d", "1e3s"])
def test_a_duration_that_could_be_misread_is_refused(text: str) -> None:
    [fault] = faults({"LIENTHONG_POLL_INTERVAL": text})
    assert fault == "LIENTHONG_POLL_INTERVAL: expected a duration such as 500ms, 30s, 5m or 1h30m"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("DATABASE_URL", "mysql://u:hunter2@db/x"),
        ("DATABASE_URL", "postgresql://u:hunter2@db/with space"),
        ("BROKER_URL", "amqp://u:hunter2@broker"),
        ("BROKER_URL", "redis://u:hunter2@a;amqp://b"),
        ("HOME", "~nobody-has-this-name-hunter2/x"),
        ("RETRY_SCHEDULE", "1s,,hunter2"),
        ("RETRY_SCHEDULE", "1s,"),
        ("HTTP_TIMEOUT", "hunter2"),
        ("LEASE", "hunter2"),
        ("REGISTER_FROM", "2023-02-30"),
        ("REGISTER_FROM", "01/06/2023"),
        ("CONCURRENCY", "0"),
        ("CONCURRENCY", "-1"),
        ("CONCURRENCY", "two"),
        ("CONCURRENCY", "10000000000"),
        ("CONSOLE_BIND", "8801"),
        ("CONSOLE_BIND", ":8801"),
        ("CONSOLE_BIND", "127.0.0.1:65536"),
        ("CONSOLE_BIND", "::1:8801"),
        ("CLOCK", "yesterday"),
        ("CLOCK", "1700000000"),
    ],
)
def test_a_bad_value_is_named_and_never_quoted(name: str, text: str) -> None:
    [fault] = faults({f"LIENTHONG_{name}": text})

    assert fault.startswith(f"LIENTHONG_{name}: expected ")
    assert "hunter2" not in fault
    assert text not in fault


@pytest.mark.parametrize(
    "url",
    [
        "ftp://partner.example",
        "https://",
        "partner.example",
        "https://u:hunter2@partner.example",
        "https://p/?key=hunter2",
        "https://partner.example:port",
        "https://partner .example",
        "https://[half",
    ],
)
def test_a_partner_s_url_may_carry_nothing_secret(url: str) -> None:
    [fault] = faults({**MINISTRY, "LIENTHONG_MINISTRY_URL": url})
    assert fault == (
        "LIENTHONG_MINISTRY_URL: expected a URL such as https://host/path, without user name, password or query"
    )


def test_all_faults_are_told_at_once_one_line_each() -> None:
    told = faults(
        {
            "LIENTHONG_CONCURRENCY": "many",
            "LIENTHONG_CLOCK": "noon",
            "LIENTHONG_PROVINCE_URL": "https://province.example",
        }
    )

    assert told == [
        "LIENTHONG_CLOCK: expected an instant in ISO 8601 such as 2023-06-01T08:00:00+07:00",
        "LIENTHONG_CONCURRENCY: expected a whole number, 1 or more",
        "LIENTHONG_PROVINCE_CLIENT_ID: missing; it belongs to LIENTHONG_PROVINCE_URL",
        "LIENTHONG_PROVINCE_CLIENT_SECRET: missing; it belongs to LIENTHONG_PROVINCE_URL",
    ]


def test_the_error_itself_carries_no_value() -> None:
    with pytest.raises(BadSettings) as refused:
        read({"LIENTHONG_DATABASE_URL": "mysql://u:hunter2@db/x"})

    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("missing", sorted(MINISTRY))
def test_a_partner_s_settings_belong_together(missing: str) -> None:
    [fault] = faults({name: text for name, text in MINISTRY.items() if name != missing})
    assert fault.startswith(f"{missing}: missing; it belongs to LIENTHONG_MINISTRY_")


def test_settings_built_in_part_do_not_pass_as_no_partner() -> None:
    settings = Settings(ministry_url="https://ministry.example")
    with pytest.raises(BadSettings, match="LIENTHONG_MINISTRY_CLIENT_ID: missing"):
        _ = settings.ministry


def test_a_command_that_needs_a_partner_says_which_variables_are_missing() -> None:
    settings = read(MINISTRY)

    assert require_partner(settings, "ministry") == settings.ministry
    with pytest.raises(BadSettings) as refused:
        require_partner(settings, "province")
    assert refused.value.faults == [
        "LIENTHONG_PROVINCE_URL: missing; this command needs the province",
        "LIENTHONG_PROVINCE_CLIENT_ID: missing; this command needs the province",
        "LIENTHONG_PROVINCE_CLIENT_SECRET: missing; this command needs the province",
    ]


def test_a_lease_outlasts_connecting_and_reading() -> None:
    enough = read({"LIENTHONG_HTTP_TIMEOUT": "5s", "LIENTHONG_LEASE": "10s"})
    assert enough.call_timeout == timedelta(seconds=5)

    warnings: list[str] = []
    short = load({"LIENTHONG_LEASE": "6s"}, directory=Path("/nonexistent"), warn=warnings.append)
    assert (short.lease, short.call_timeout) == (timedelta(seconds=6), timedelta(seconds=3))
    assert [line.split(";")[0] for line in warnings] == [
        "warning: LIENTHONG_LEASE is shorter than twice LIENTHONG_HTTP_TIMEOUT"
    ]


def test_an_instant_without_offset_is_vietnam_s() -> None:
    clock = read({"LIENTHONG_CLOCK": "2025-06-30T23:59:00"}).clock
    assert clock == datetime(2025, 6, 30, 23, 59, tzinfo=timezone(timedelta(hours=7)))


def test_the_short_scheme_of_postgresql_is_understood_and_spelled_out() -> None:
    url = read({"LIENTHONG_DATABASE_URL": "postgres://u:p@/db?host=/run/pg"}).database_url
    assert url == SecretStr("postgresql://u:p@/db?host=/run/pg")


def test_a_variable_set_to_nothing_is_absent() -> None:
    assert read({"LIENTHONG_DATABASE_URL": "", "LIENTHONG_LEASE": "  ", "LIENTHONG_MINISTRY_URL": ""}) == Settings()


def test_a_file_is_read_and_the_environment_goes_before_it(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("LIENTHONG_CONCURRENCY=5\nLIENTHONG_POLL_INTERVAL='7s' # quiet\nOTHER=1\n")

    settings = read({"LIENTHONG_CONCURRENCY": "6"}, tmp_path)

    assert settings.concurrency == 6
    assert settings.poll_interval == timedelta(seconds=7)


def test_a_file_that_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"LIENTHONG_CONCURRENCY=\xff\xfe\n")
    with pytest.raises(BadSettings, match=r"^\.env: expected a readable text file in UTF-8$"):
        read({}, tmp_path)


def test_an_unknown_variable_is_a_warning_with_a_guess(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("LIENTHONG_SITE=an-giang\n")
    told: list[str] = []

    load({"LIENTHONG_LEAES": "secret-3m"}, directory=tmp_path, warn=told.append)

    assert told == [
        "warning: LIENTHONG_LEAES is no setting and is not used; did you mean LIENTHONG_LEASE?",
        "warning: LIENTHONG_SITE is no setting and is not used",
    ]


def test_warnings_leave_standard_output_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    load({"LIENTHONG_SITE": "x"}, directory=tmp_path)

    out, err = capsys.readouterr()
    assert out == ""
    assert err == "lienthong: warning: LIENTHONG_SITE is no setting and is not used\n"


def test_settings_built_by_hand_see_nothing_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIENTHONG_CONCURRENCY", "77")

    assert Settings().concurrency != 77
    assert load(directory=Path("/nonexistent")).concurrency == 77


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        setattr(Settings(), "concurrency", 3)  # noqa: B010 - the type checker refuses the plain form too


def test_no_secret_is_printed() -> None:
    settings = read({**MINISTRY, "LIENTHONG_DATABASE_URL": "postgresql://u:hunter2@db/x"})

    assert "hunter2" not in repr(settings)
    assert "s3cr3t" not in f"{settings!r} {settings.ministry}"


def test_every_setting_is_explained_with_its_default() -> None:
    text = (ROOT / ".env.example").read_text()
    given = dict(re.findall(r"^#(LIENTHONG_\w+)=(.*)$", text, re.MULTILINE))

    assert given.keys() == {variable(field) for field in Settings.model_fields}
    assert given["LIENTHONG_HOME"] == "./.lienthong"
    fixed = ("POLL_INTERVAL", "HTTP_TIMEOUT", "RETRY_SCHEDULE", "LEASE", "CONSOLE_BIND")
    assert read({f"LIENTHONG_{name}": given[f"LIENTHONG_{name}"] for name in fixed}) == Settings()
