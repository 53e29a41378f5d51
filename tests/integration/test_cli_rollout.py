"""`lienthong rollout` over a real ledger: what it says, what it asks, and how it ends."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from connector.domain.message import State
from schemas.findings import Code, finding
from tests.commands import Commands
from tests.ledger_rows import NOW, Rows, draft, rows_in

LATER = NOW + timedelta(minutes=10)
WHY = ("--reason", "QĐ 12/2023")


@pytest.fixture
def rows(closed_database: str) -> Iterator[Rows]:
    with rows_in(closed_database) as found:
        yield found


@pytest.fixture
def lienthong(closed_database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Commands:
    return Commands(monkeypatch, tmp_path, database_url=closed_database, clock=LATER.isoformat(), release_rate="2")


def modes(lienthong: Commands, *areas: str) -> dict[tuple[str, str], str]:
    found = lienthong.json("rollout", "list")["areas"]
    return {(one["area"], one["procedure"]): one["mode"] for one in found if one["area"] in areas}


def test_a_fresh_installation_is_off_everywhere(lienthong: Commands) -> None:
    found = lienthong.json("rollout", "list")["areas"]

    assert {one["mode"] for one in found} == {"off"}
    assert {(one["since"], one["by"], one["why"], one["held"]) for one in found} == {(None, None, None, 0)}
    assert {"all", "long-xuyen", "chau-doc", "tinh-bien"} <= {one["area"] for one in found}
    assert lienthong.json("status")["areas"] == found


def test_opening_says_since_when_by_whom_and_why(lienthong: Commands) -> None:
    done = lienthong.json("rollout", "set", "long-xuyen", "death", "live", *WHY)

    assert (done["done"], done["changed"], done["released"]) == (True, ["death"], 0)
    [line] = done["areas"]
    assert (line["mode"], line["why"], line["since"][:16]) == ("live", "QĐ 12/2023", "2026-11-20T09:10")
    assert "@" in line["by"]
    assert modes(lienthong, "long-xuyen", "all") == {
        ("long-xuyen", "death"): "live",
        ("long-xuyen", "marriage"): "off",
        ("all", "death"): "off",
        ("all", "marriage"): "off",
    }
    assert "QĐ 12/2023" in lienthong.run("rollout", "list").stdout
    assert "QĐ 12/2023" in lienthong.run("status").stdout


def test_every_change_stays_in_the_history_and_in_the_audit(lienthong: Commands, rows: Rows) -> None:
    lienthong.run("rollout", "set", "long-xuyen", "all", "shadow", *WHY)
    lienthong.run("rollout", "set", "long-xuyen", "all", "live", *WHY, "--yes")

    with rows.engine.begin() as db:
        changes = db.execute(text("SELECT procedure, was, mode FROM area_change ORDER BY id")).all()
        acts = db.execute(text("SELECT action, target, reason FROM audit ORDER BY id")).all()
    assert [tuple(one) for one in changes] == [
        ("marriage", "off", "shadow"),
        ("death", "off", "shadow"),
        ("marriage", "shadow", "live"),
        ("death", "shadow", "live"),
    ]
    assert [tuple(one) for one in acts] == [("change_rollout", "long-xuyen", "QĐ 12/2023")] * 2


def test_setting_what_is_set_already_changes_nothing(lienthong: Commands) -> None:
    lienthong.run("rollout", "set", "long-xuyen", "all", "live", *WHY)
    since = lienthong.json("rollout", "list")["areas"]
    lienthong.set(clock=(LATER + timedelta(days=1)).isoformat())

    assert lienthong.json("rollout", "set", "long-xuyen", "all", "live", "--reason", "again")["changed"] == []
    assert lienthong.json("rollout", "list")["areas"] == since


def test_a_backlog_is_shown_first_and_nothing_happens_unasked(lienthong: Commands, rows: Rows) -> None:
    rows.take_in(draft(1), draft(2), draft(3))

    seen = lienthong.json("rollout", "set", "long-xuyen", "all", "live", *WHY, code=2)

    assert (seen["done"], seen["released"], seen["routes"], seen["takes_seconds"]) == (False, 3, {"application": 3}, 2)
    assert seen["oldest"][:16] == "2026-11-20T09:00"
    assert modes(lienthong, "long-xuyen") == {("long-xuyen", "death"): "off", ("long-xuyen", "marriage"): "off"}
    result = lienthong.run("rollout", "set", "long-xuyen", "all", "live", *WHY, code=2)
    assert "application" in result.stdout
    assert "--backlog" in result.stderr


@pytest.mark.parametrize("words", [("--yes",), ("--backlog", "send")])
def test_a_backlog_that_is_to_be_sent_is_let_go_by_the_beat(
    lienthong: Commands, rows: Rows, words: tuple[str, ...]
) -> None:
    rows.take_in(draft(1))

    assert lienthong.json("rollout", "set", "long-xuyen", "all", "live", *WHY, *words)["released"] == 1
    with rows.engine.begin() as db:
        assert db.execute(text("SELECT draining FROM rollout_state")).scalar_one()
    assert rows.states() == [State.HELD]


def test_a_backlog_that_is_skipped_stays_listed(lienthong: Commands, rows: Rows) -> None:
    [message_id] = rows.take_in(draft(1))

    assert lienthong.json("rollout", "set", "long-xuyen", "all", "live", *WHY, "--backlog", "skip")["skipped"] == 1
    [message] = lienthong.json("messages", "list", "--state", "cancelled")["messages"]
    assert message["id"] == str(message_id)
    life = lienthong.json("messages", "show", str(message_id))
    assert "QĐ 12/2023" in life["history"][-1]["why"]


def test_closing_holds_what_is_ready(lienthong: Commands, rows: Rows) -> None:
    lienthong.run("rollout", "set", "all", "all", "live", *WHY)
    rows.take_in(draft(1), draft(2))

    assert lienthong.json("rollout", "set", "long-xuyen", "all", "off", *WHY)["held"] == 2
    [held] = {one["held"] for one in lienthong.json("rollout", "list")["areas"] if one["held"]}
    assert held == 2


def test_a_narrower_area_that_keeps_its_mode_is_told_and_needs_attention(lienthong: Commands) -> None:
    lienthong.run("rollout", "set", "long-xuyen", "death", "live", *WHY)

    done = lienthong.json("rollout", "set", "all", "all", "frozen", *WHY, code=1)

    assert done["done"]
    assert done["own_mode"] == [{"area": "long-xuyen", "procedure": "death", "mode": "live"}]


def test_a_commune_is_meant_by_its_code_and_a_day(lienthong: Commands) -> None:
    before = lienthong.json("rollout", "set", "30292@2023-06-01", "all", "live", *WHY)
    after = lienthong.json("rollout", "set", "30292", "all", "shadow", *WHY)

    assert (before["area"], after["area"]) == ("phuong-binh-khanh-long-xuyen", "phuong-binh-duc")
    assert set(modes(lienthong, "long-xuyen").values()) == {"off"}


def test_a_mode_for_a_time_says_until_when(lienthong: Commands) -> None:
    lienthong.run("rollout", "set", "long-xuyen", "all", "frozen", *WHY, "--until", "2h")

    [until] = {one["until"] for one in lienthong.json("rollout", "list")["areas"] if one["area"] == "long-xuyen"}
    assert until[:16] == "2026-11-20T11:10"


@pytest.mark.parametrize(
    "words",
    [
        ("long-xuyen", "all", "live"),
        ("long-xuyen", "all", "live", "--reason", "  "),
        ("atlantis", "all", "live", *WHY),
        ("30292@1999-13-01", "all", "live", *WHY),
        ("long-xuyen", "divorce", "live", *WHY),
        ("long-xuyen", "all", "open", *WHY),
        ("long-xuyen", "all", "off", *WHY, "--backlog", "send"),
        ("long-xuyen", "all", "live", *WHY, "--from", "2026-11-01"),
        ("long-xuyen", "all", "live", *WHY, "--backlog", "send", "--from", "yesterday"),
        ("long-xuyen", "all", "frozen", *WHY, "--until", "2020-01-01"),
        ("long-xuyen", "all", "frozen", *WHY, "--until", "9999-12-31T23:59-12:00"),
    ],
)
def test_wrong_words_change_nothing(lienthong: Commands, words: tuple[str, ...]) -> None:
    lienthong.run("rollout", "set", *words, code=2)

    assert {one["rule"] for one in lienthong.json("rollout", "list")["areas"]} == {None}


def test_readiness_of_an_area_that_is_off_says_what_would_have_gone(lienthong: Commands, rows: Rows) -> None:
    rows.take_in(draft(1), draft(2, findings=(finding(Code.ID_LENGTH, "/HoSo"),)))

    found = lienthong.json("rollout", "readiness", "long-xuyen", "--since", "7d", code=1)

    assert (found["dossiers"], found["valid"], found["would_have_gone"]) == (2, 1, 1)
    assert (found["invalid"], found["recommendation"]) == ({"ID_LENGTH": 1}, "not-ready")
    assert {one["name"]: one["met"] for one in found["criteria"]} == {
        "valid": False,
        "compared": False,
        "matching": False,
        "decided": True,
        "causes": True,
        "partners": True,
        "contact": False,
    }
    assert "ID_LENGTH" in lienthong.run("rollout", "readiness", "long-xuyen", code=1).stdout


def test_a_contact_is_named_once_and_shown(lienthong: Commands) -> None:
    lienthong.run("rollout", "contact", "long-xuyen", "Phòng Tư pháp, 0296 000 000")
    lienthong.run("rollout", "contact", "long-xuyen", " ", code=2)

    assert lienthong.json("rollout", "readiness", "long-xuyen", code=1)["contact"] == "Phòng Tư pháp, 0296 000 000"


def test_an_area_in_shadow_that_is_short_of_something_is_opened_by_yes_only(lienthong: Commands) -> None:
    lienthong.run("rollout", "set", "long-xuyen", "all", "shadow", *WHY)

    refused = lienthong.json("rollout", "set", "long-xuyen", "all", "live", *WHY, code=2)
    assert "contact" in refused["short_of"]
    assert set(modes(lienthong, "long-xuyen").values()) == {"shadow"}

    lienthong.run("rollout", "set", "long-xuyen", "all", "live", *WHY, "--yes")
    assert set(modes(lienthong, "long-xuyen").values()) == {"live"}


def planned(lienthong: Commands, file: Path, *words: str, code: int = 0) -> list[tuple[str, str, str, str]]:
    steps = lienthong.json("rollout", "apply", str(file), *words, code=code)["steps"]
    return sorted((one["area"], one["procedure"], one["mode"], one["state"]) for one in steps)


PLAN = """
[[step]]
area = "long-xuyen"
mode = "shadow"
why = "chạy bóng"
when = 2026-11-01T08:00:00+07:00

[[step]]
area = "long-xuyen"
procedure = "death"
mode = "live"
why = "QĐ 12"
who = "lan@so-tu-phap"
when = 2026-11-15T08:00:00+07:00

[[step]]
area = "chau-doc"
mode = "live"
why = "QĐ 13"
when = 2026-12-01T08:00:00
"""


def test_a_plan_makes_what_is_due_and_applied_again_nothing(lienthong: Commands, tmp_path: Path) -> None:
    file = tmp_path / "plan.toml"
    file.write_text(PLAN, encoding="utf-8")
    later = [("chau-doc", "death", "live", "later"), ("chau-doc", "marriage", "live", "later")]

    seen = planned(lienthong, file, "--dry-run")
    assert seen == [*later, ("long-xuyen", "death", "live", "due"), ("long-xuyen", "marriage", "shadow", "due")]
    assert set(modes(lienthong, "long-xuyen").values()) == {"off"}

    assert [state for *_, state in planned(lienthong, file)] == ["later", "later", "made", "made"]
    assert modes(lienthong, "long-xuyen") == {("long-xuyen", "death"): "live", ("long-xuyen", "marriage"): "shadow"}
    assert "decided by lan@so-tu-phap" in lienthong.run("rollout", "list").stdout
    assert [state for *_, state in planned(lienthong, file)] == ["later", "later", "as-it-is", "as-it-is"]

    lienthong.set(clock="2026-12-02T08:00:00+07:00")
    assert [state for *_, state in planned(lienthong, file)] == ["made", "made", "as-it-is", "as-it-is"]


def test_what_was_exported_is_as_it_is(lienthong: Commands, tmp_path: Path) -> None:
    lienthong.run("rollout", "set", "long-xuyen", "all", "live", "--reason", 'một "lý do" \\ hai')
    lienthong.run("rollout", "set", "30292@2023-06-01", "death", "frozen", *WHY, "--until", "2h")
    file = tmp_path / "plan.toml"
    file.write_text(lienthong.run("rollout", "export").stdout, encoding="utf-8")

    assert {state for *_, state in planned(lienthong, file)} == {"as-it-is"}


def test_a_plan_lets_no_backlog_go_unasked(lienthong: Commands, rows: Rows, tmp_path: Path) -> None:
    rows.take_in(draft(1))
    file = tmp_path / "plan.toml"
    file.write_text('[[step]]\narea = "long-xuyen"\nmode = "live"\nwhy = "QĐ"\n')

    assert ("long-xuyen", "marriage", "live", "left") in planned(lienthong, file, code=1)
    assert modes(lienthong, "long-xuyen")["long-xuyen", "marriage"] == "off"
    planned(lienthong, file, "--yes")
    assert set(modes(lienthong, "long-xuyen").values()) == {"live"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        '[[step]]\narea = "atlantis"\nmode = "live"\nwhy = "x"',
        '[[step]]\narea = "all"\nmode = "open"\nwhy = "x"',
        '[[step]]\narea = "all"\nmode = "live"\nwhy = " "',
        '[[step]]\narea = "all"\nmode = "live"\nwhy = "x"\nwhen = "tomorrow"',
        '[[step]]\narea = "all"\nmode = "off"\nwhy = "x"\nbacklog = "send"',
        '[[step]]\narea = "all"\nmode = "off"\nwhy = "x"\nunheard = 1',
        '[[step]]\narea = "all"\nmode = "off"\nwhy = "x"\nprocedure = "divorce"',
        '[[step]]\narea = "all"\nmode = "frozen"\nwhy = "x"\nuntil = 9999-12-31T23:59:59-12:00',
    ],
)
def test_what_is_no_plan_changes_nothing(lienthong: Commands, tmp_path: Path, text: str) -> None:
    file = tmp_path / "plan.toml"
    file.write_text(text)

    lienthong.run("rollout", "apply", str(file), code=2)
    lienthong.run("rollout", "apply", str(tmp_path / "absent.toml"), code=2)

    assert {one["rule"] for one in lienthong.json("rollout", "list")["areas"]} == {None}
