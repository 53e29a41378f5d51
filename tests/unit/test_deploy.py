"""The files of deploy/ name commands, settings and paths that exist."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from connector.cli.main import COMMANDS
from connector.settings import EXIT_CODE, Settings, variable

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
OURS = {variable(field) for field in Settings.model_fields}
ROLES = {"migrate", "worker", "beat", "console"}


def lines_of(unit: Path) -> list[tuple[str, str]]:
    text = unit.read_text(encoding="utf-8")
    return [
        (key, value)
        for key, mark, value in (line.partition("=") for line in text.splitlines())
        if mark and not key.startswith("#")
    ]


@pytest.fixture(scope="module")
def compose() -> Any:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))


def test_there_is_a_unit_for_each_role() -> None:
    assert {unit.stem for unit in UNITS} == {f"lienthong-{role}" for role in ROLES}


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_starts_a_command_that_is_there(unit: Path) -> None:
    [command] = [value.split() for key, value in lines_of(unit) if key == "ExecStart"]

    assert command == ["/opt/lienthong/.venv/bin/lienthong", unit.stem.removeprefix("lienthong-")]
    assert command[1] in COMMANDS


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_sets_only_what_is_a_setting(unit: Path) -> None:
    given = [value.split("=")[0] for key, value in lines_of(unit) if key == "Environment"]

    assert given
    assert set(given) <= OURS


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_does_not_try_bad_settings_again(unit: Path) -> None:
    said = dict(lines_of(unit))

    assert said.get("Restart") is None or said["RestartPreventExitStatus"] == str(EXIT_CODE)


def test_compose_runs_commands_that_are_there(compose: Any) -> None:
    ours = {name: service for name, service in compose["services"].items() if service["image"] == "lienthong"}

    assert ours.keys() == ROLES
    assert {name: service["command"] for name, service in ours.items()} == {role: [role] for role in ROLES}
    assert COMMANDS.keys() >= ROLES


def test_compose_gives_settings_that_are_there_and_asks_for_those_it_cannot_know(compose: Any) -> None:
    for role in ROLES:
        given: dict[str, str] = compose["services"][role]["environment"]
        assert given.keys() <= OURS
        assert {name for name, value in given.items() if value == f"${{{name}:?}}"} == {
            variable(f"{partner}_{part}")
            for partner in ("ministry", "province")
            for part in ("url", "client_id", "client_secret")
        }


def test_compose_keeps_no_secret(compose: Any) -> None:
    given = [
        (name, value)
        for service in compose["services"].values()
        for name, value in service.get("environment", {}).items()
        if re.search("PASSWORD|SECRET|DATABASE_URL", name)
    ]

    assert given
    assert [name for name, value in given if ":?}" not in value] == []


def test_the_image_is_made_of_what_is_there_and_sees_nothing_else() -> None:
    copies = re.findall(r"^COPY (.*)$", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"), re.M)
    copied = {word for line in copies for word in line.split()[:-1]}
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in ignored if not line.startswith("#")]

    assert all((ROOT / name).exists() for name in copied)
    assert {"schemas", "connector", "workers", "run", "requirements.lock"} <= copied
    assert rules[0] == "*"
    assert {rule.removeprefix("!") for rule in rules if rule.startswith("!")} == copied
