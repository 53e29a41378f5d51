"""`lienthong messages list` and `messages show` over a real ledger."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from connector.domain.errors import Refused, Unreachable
from connector.domain.message import Hold, Route
from schemas.findings import Code, finding
from tests.commands import Commands
from tests.dossier_events import marriage
from tests.ledger_rows import NOW, WORKER, Rows, draft, rows_in
from tests.servers import TestServers

LATER = NOW + timedelta(hours=3)
NAME = marriage()["HoSo"]["ToKhai"]["BenNam"]["HoTen"]


@pytest.fixture
def rows(database: str) -> Iterator[Rows]:
    with rows_in(database) as found:
        yield found


@pytest.fixture
def lienthong(database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Commands:
    return Commands(monkeypatch, tmp_path, database_url=database, clock=LATER.isoformat())


def subjects(found: Any) -> list[int]:
    return [int(message["subject"][-4:]) for message in found["messages"]]


def test_a_message_has_the_members_that_scripts_rely_on(lienthong: Commands, rows: Rows) -> None:
    [message_id] = rows.take_in(draft(1, findings=(finding(Code.ID_LENGTH, "/HoSo/ToKhai/BenNam/SoDinhDanh"),)))

    found = lienthong.json("messages", "list")

    assert found == {
        "messages": [
            {
                "id": str(message_id),
                "route": "application",
                "procedure": "marriage",
                "subject": "000.12.83.H01-261120-0001",
                "version": 1,
                "area": "long-xuyen",
                "state": "invalid",
                "waits_for": None,
                "rule": 1,
                "due_at": None,
                "attempts": 0,
                "last_error": None,
                "findings": [
                    {
                        "code": "ID_LENGTH",
                        "severity": "E",
                        "pointer": "/HoSo/ToKhai/BenNam/SoDinhDanh",
                        "vi": finding(Code.ID_LENGTH).vi,
                        "en": finding(Code.ID_LENGTH).en,
                        "overridden_by": None,
                    }
                ],
                "created_at": "2026-11-20T09:00:00.000+07:00",
                "updated_at": "2026-11-20T09:00:00.000+07:00",
                "delivered_at": None,
            }
        ],
        "next": None,
    }


def test_a_failed_message_says_its_last_error_and_when_it_is_due(lienthong: Commands, rows: Rows) -> None:
    rows.take_in(draft(1))
    rows.fail(Unreachable("HTTP_503", "the partner is away", http_status=503), [timedelta(minutes=1)] * 2)

    [message] = lienthong.json("messages", "list")["messages"]

    assert message["last_error"] == {"code": "HTTP_503", "text": "the partner is away"}
    assert (message["state"], message["attempts"]) == ("ready", 1)
    assert message["due_at"].startswith("2026-11-20T09:0")


@pytest.fixture(scope="module")
def mixed_database(servers: TestServers) -> Iterator[str]:
    """1 delivered · 2 refused 102 · 3 invalid · 4 held, a death, of Chau Doc · 5 progress · 6 three hours later.

    Nobody changes it: it is made once.
    """
    with servers.database() as url, rows_in(url) as rows:
        fill(rows)
        yield url


@pytest.fixture
def mixed(mixed_database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Commands:
    return Commands(monkeypatch, tmp_path, database_url=mixed_database, clock=LATER.isoformat())


def fill(rows: Rows) -> None:
    rows.take_in(draft(1))
    rows.deliver()
    rows.take_in(draft(2))
    rows.fail(Refused("102", "no"))
    rows.take_in(
        draft(3, findings=(finding(Code.ID_LENGTH),), office="30292", received_on=NOW.date().replace(year=2023)),
        draft(4, hold=Hold.AREA, procedure="death", area="chau-doc", office="30292", received_on=NOW.date()),
        draft(5, route=Route.PROGRESS),
    )
    rows.take_in(draft(6, area=None, procedure=None), at=LATER)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], [6, 5, 4, 3, 2, 1]),
        (["--state", "delivered"], [1]),
        (["--state", "held", "--state", "invalid"], [4, 3]),
        (["--route", "progress"], [5]),
        (["--procedure", "death"], [4]),
        (["--area", "chau-doc"], [4]),
        (["--area", "all"], [6, 5, 4, 3, 2, 1]),
        (["--area", "30292"], [4]),
        (["--area", "30292@2023-06-01"], [3]),
        (["--area", "phuong-binh-khanh-long-xuyen"], [3]),
        (["--dossier", "000.12.83.H01-261120-0002"], [2]),
        (["--code", "102"], [2]),
        (["--code", "ID_LENGTH"], [3]),
        (["--since", "2026-11-20T10:00"], [6]),
        (["--until", "2026-11-20T10:00"], [5, 4, 3, 2, 1]),
        (["--since", "2026-11-20T03:00:00Z"], [6]),
        (["--since", "2h"], [6]),
        (["--until", "1h30m", "--state", "held"], [4]),
        (["--limit", "2"], [6, 5]),
    ],
)
def test_each_filter_narrows(mixed: Commands, words: list[str], expected: list[int]) -> None:
    assert subjects(mixed.json("messages", "list", *words)) == expected


def test_pages_follow_each_other_while_new_messages_come(lienthong: Commands, rows: Rows) -> None:
    rows.take_in(*(draft(serial) for serial in range(1, 6)))
    first = lienthong.json("messages", "list", "--limit", "2")
    rows.take_in(draft(6))

    second = lienthong.json("messages", "list", "--limit", "2", "--after", first["next"])
    third = lienthong.json("messages", "list", "--limit", "2", "--after", second["next"])

    assert subjects(first) + subjects(second) + subjects(third) == [5, 4, 3, 2, 1]
    assert third["next"] is None


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        (["--state", "lost"], "superseded"),
        (["--route", "post"], "withdrawal"),
        (["--procedure", "birth"], "marriage"),
        (["--area", "sai-gon"], "long-xuyen"),
        (["--since", "yesterday"], "2023-06-01T08:00"),
        (["--until", "5"], "30m"),
        (["--limit", "1001"], "1000"),
        (["--limit", "0"], "equal to 1"),
        (["--after", "zzz"], "next"),
        (["--code", "Nguyễn Văn A"], "ID_LENGTH"),
        (["--colour", "red"], "--colour"),
    ],
)
def test_a_wrong_value_is_answered_with_what_is_allowed(mixed: Commands, words: list[str], allowed: str) -> None:
    result = mixed.run("messages", "list", "--json", *words, code=2)

    assert result.stdout == ""
    assert allowed in result.stderr


def test_people_get_a_table_and_the_way_to_the_next_page(mixed: Commands) -> None:
    said = mixed.run("messages", "list", "--limit", "3").stdout

    assert "held (area)" in said
    assert "--after" in said.splitlines()[-1]


def test_a_message_shows_its_whole_life(lienthong: Commands, rows: Rows) -> None:
    [message_id] = rows.take_in(draft(1))
    rows.fail(Unreachable("HTTP_503", "the partner is away", http_status=503), [timedelta(minutes=1)] * 2)
    rows.deliver(at=NOW + timedelta(hours=1))

    found = lienthong.json("messages", "show", str(message_id))

    assert found["delivered_at"] == "2026-11-20T10:00:00.000+07:00"
    assert [(step["from"], step["move"], step["to"], step["by"]) for step in found["history"]] == [
        (None, "take_in", "ready", "intake"),
        ("ready", "claim", "sending", WORKER),
        ("sending", "postpone", "ready", WORKER),
        ("ready", "claim", "sending", WORKER),
        ("sending", "deliver", "delivered", WORKER),
    ]
    assert found["tries"] == [
        {
            "at": "2026-11-20T09:00:00.000+07:00",
            "outcome": "unreachable",
            "http_status": 503,
            "code": "HTTP_503",
            "duration_ms": 120,
            "worker": WORKER,
        },
        {
            "at": "2026-11-20T10:00:00.000+07:00",
            "outcome": "delivered",
            "http_status": 200,
            "code": None,
            "duration_ms": 120,
            "worker": WORKER,
        },
    ]


def test_the_content_is_masked(lienthong: Commands, rows: Rows) -> None:
    [message_id] = rows.take_in(draft(1))

    found = lienthong.json("messages", "show", str(message_id))
    said = lienthong.run("messages", "show", str(message_id)).stdout

    assert found["content"]["HoSo"]["MaHoSo"] == marriage()["HoSo"]["MaHoSo"]
    assert NAME not in json.dumps(found, ensure_ascii=False)
    assert NAME not in said
    assert "•••" in said


def test_a_body_that_is_no_json_shows_only_its_size_and_hash(lienthong: Commands, rows: Rows) -> None:
    [message_id] = rows.take_in(draft(1, body=NAME.encode(), findings=(finding(Code.CONTRACT),)))

    content = lienthong.json("messages", "show", str(message_id))["content"]

    assert content.keys() == {"bytes", "sha256"}
    assert content["bytes"] == len(NAME.encode())


def test_a_purged_body_is_null(lienthong: Commands, rows: Rows) -> None:
    [message_id] = rows.take_in(draft(1))
    with rows.engine.begin() as db:
        db.execute(text("DELETE FROM body"))

    assert lienthong.json("messages", "show", str(message_id))["content"] is None


def test_personal_data_is_shown_with_a_reason_and_leaves_a_trace(lienthong: Commands, rows: Rows) -> None:
    [message_id] = rows.take_in(draft(1))

    found = lienthong.json("messages", "show", str(message_id), "--reveal", "--reason", "citizen asked at the desk")

    assert found["content"] == marriage()
    with rows.engine.begin() as db:
        [trace] = db.execute(text("SELECT * FROM audit")).mappings().all()
    assert (trace["action"], trace["message_id"], trace["reason"]) == (
        "reveal",
        message_id,
        "citizen asked at the desk",
    )
    assert "@" in trace["who"]
    assert timedelta(0) <= trace["at"] - LATER < timedelta(minutes=1)


@pytest.mark.parametrize("words", [["--reveal"], ["--reveal", "--reason", "  "], ["--reason", "for nothing"]])
def test_a_reason_and_revealing_belong_together(lienthong: Commands, rows: Rows, words: list[str]) -> None:
    [message_id] = rows.take_in(draft(1))

    assert lienthong.run("messages", "show", str(message_id), *words, code=2).stdout == ""
    with rows.engine.begin() as db:
        assert db.scalar(text("SELECT count(*) FROM audit")) == 0


def test_nothing_is_shown_when_no_trace_can_be_left(lienthong: Commands, rows: Rows) -> None:
    [message_id] = rows.take_in(draft(1))
    with rows.engine.begin() as db:
        db.execute(text("DROP TABLE audit"))

    assert lienthong.run("messages", "show", str(message_id), "--reveal", "--reason", "why not", code=69).stdout == ""


def test_a_body_that_is_no_json_is_revealed_byte_for_byte(lienthong: Commands, rows: Rows) -> None:
    [message_id] = rows.take_in(draft(1, body=b"\x1b[2J\xff"))

    found = lienthong.json("messages", "show", str(message_id), "--reveal", "--reason", "looking for the fault")

    assert found["content"]["base64"] == "G1sySv8="


def test_control_characters_in_a_body_do_not_reach_the_terminal(lienthong: Commands, rows: Rows) -> None:
    [message_id] = rows.take_in(draft(1, body='{"GhiChu": "\u009b2J \u202e"}'.encode()))

    said = lienthong.run("messages", "show", str(message_id), "--reveal", "--reason", "a look").stdout

    assert "\u009b" not in said
    assert "\u202e" not in said
    assert "\\x9b2J" in said


def test_an_unknown_id_is_said_plainly(lienthong: Commands) -> None:
    result = lienthong.run("messages", "show", str(uuid4()), "--json", code=1)

    assert result.stdout == ""
    assert "no message" in result.stderr


def test_an_id_that_is_none_is_wrong_usage(lienthong: Commands) -> None:
    assert "UUID" in lienthong.run("messages", "show", "7", code=2).stderr
