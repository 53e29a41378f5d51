"""`lienthong replay`, `causes`, `aliases` and the verbs on one message: what operators and scripts get, exit codes, and
what is written down."""

import json
import os
import pty
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.cli.operator import operator
from connector.domain.message import Route, State
from tests import bodies
from tests.commands import Commands
from tests.world import SUBMIT, Stage

NEW = Route.APPLICATION
ODD = "Khơ me Hạ"


@pytest.fixture
def lienthong(world: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Commands:
    url = world.settings.database_url
    assert url
    return Commands(monkeypatch, tmp_path, database_url=url.get_secret_value())


def refused(world: Stage, *serials: int, **changes: Any) -> None:
    world.submit(*(bodies.event(bodies.code(serial), **changes) for serial in serials))
    answer = {"status": 200, "body": '{"status": "0", "errorCode": "500", "value": null}'}
    world.ministry_answers(SUBMIT, *[answer] * len(serials))
    world.deliver(NEW)


def odd_groups(world: Stage, *serials: int) -> None:
    events = [bodies.event(bodies.code(serial)) for serial in serials]
    for event in events:
        event["HoSo"]["ToKhai"]["BenNam"]["DanToc"] = ODD
    world.submit(*events)
    assert {one["code"] for message in world.messages(NEW) for one in message.findings} >= {"ETHNICITY_UNKNOWN"}


def work(world: Stage, times: int = 12) -> None:
    for _ in range(times):
        world.connector.replays.work()
        world.clock.passes(timedelta(seconds=1))
        world.deliver(NEW)


COUNTS = ("planned", "sent", "skipped", "failed", "remaining")


def test_a_plan_says_what_would_happen_and_changes_nothing(world: Stage, lienthong: Commands) -> None:
    refused(world, 1, 2)
    odd_groups(world, 3)
    before = world.rows("SELECT * FROM message ORDER BY seq")

    plan = lienthong.json("replay", "plan")

    assert [one["prospect"] for one in plan["messages"]] == ["send", "send", "invalid"]
    assert plan["messages"][2]["codes"] == ["ETHNICITY_UNKNOWN"]
    assert plan["messages"][0]["cause"] == "500"
    assert plan["totals"] == {
        "messages": 3,
        "prospects": {"send": 2, "invalid": 1},
        "areas": {"long-xuyen": 3},
        "procedures": {"marriage": 3},
        "causes": {"500": 2, "ETHNICITY_UNKNOWN": 1},
        "ages": {"1h": 3},
    }
    assert world.rows("SELECT * FROM message ORDER BY seq") == before
    assert world.rows("SELECT 1 FROM replay_job") == []
    words = lienthong.run("replay", "plan", "--state", "refused").stdout
    assert "sẽ / would: send 2" in words


def test_a_plan_of_nothing_is_an_empty_plan(world: Stage, lienthong: Commands) -> None:
    assert lienthong.json("replay", "plan")["messages"] == []
    assert lienthong.json("replay", "run", "--reason", "x", "--yes") == {
        "job": None,
        "state": "done",
        **dict.fromkeys(COUNTS, 0),
    }


def test_without_yes_and_without_a_terminal_nothing_is_done(world: Stage, lienthong: Commands) -> None:
    refused(world, 1)

    result = lienthong.run("replay", "run", "--reason", "corrected", "--json", code=1)

    assert json.loads(result.stdout)["totals"]["messages"] == 1
    assert "add --yes" in result.stderr
    assert world.rows("SELECT 1 FROM replay_job") == []
    assert world.message(NEW).state == "refused"


def test_a_job_is_run_followed_and_shown(world: Stage, lienthong: Commands) -> None:
    refused(world, 1, 2, 3)

    started = lienthong.json("replay", "run", "--state", "refused", "--reason", "corrected", "--yes")
    assert {name: started[name] for name in ("state", *COUNTS)} == {
        "state": "running",
        "planned": 3,
        "sent": 0,
        "skipped": 0,
        "failed": 0,
        "remaining": 3,
    }
    assert (started["by"], started["reason"], started["verb"]) == (operator(), "corrected", "replay")
    again = lienthong.json("replay", "run", "--state", "refused", "--reason", "corrected", "--yes")
    assert again["job"] == started["job"]

    work(world)

    shown = lienthong.json("replay", "show", started["job"])
    assert {name: shown[name] for name in ("state", *COUNTS)} == {
        "state": "done",
        "planned": 3,
        "sent": 3,
        "skipped": 0,
        "failed": 0,
        "remaining": 0,
    }
    assert shown["compared"] == [
        {"prospect": "send", "state": "sent", "outcome": "delivered", "code": None, "count": 3, "as_foreseen": True}
    ]
    assert [one["move"] for one in shown["history"]] == ["freeze", "run", "wave", "wave", "end"]
    assert [one["job"] for one in lienthong.json("replay", "jobs")["jobs"]] == [started["job"]]
    assert "đã gửi / sent 3" in lienthong.run("replay", "show", started["job"]).stdout
    [line] = world.rows("SELECT who, action, reason, target FROM audit WHERE action = 'replay'")
    assert tuple(line) == (operator(), "replay", "corrected", f"replay:{started['job']}")


def test_wait_follows_a_job_until_it_is_over_or_pauses(world: Stage, lienthong: Commands) -> None:
    refused(world, 1, 2, 3)
    with lienthong.start("replay", "run", "--reason", "corrected", "--yes", "--wait", "--json") as process:
        while process.poll() is None:
            work(world, 1)
        out, _ = process.communicate()
    assert process.returncode == 0
    assert json.loads(out)["sent"] == 3

    refused(world, 4)
    answer = {"status": 200, "body": '{"status": "0", "errorCode": "500", "value": null}'}
    world.ministry_answers(SUBMIT, answer)
    refused_again = ["replay", "run", "--state", "refused", "--reason", "once more", "--yes", "--wait", "--json"]
    with lienthong.start(*refused_again) as process:
        while process.poll() is None:
            work(world, 1)
        out, _ = process.communicate()
    assert process.returncode == 1
    assert json.loads(out)["failed"] == 1


def test_a_person_at_a_terminal_is_asked(world: Stage, lienthong: Commands) -> None:
    refused(world, 1)

    assert "nothing was done" in asked(lienthong, "n", code=1)
    assert world.rows("SELECT 1 FROM replay_job") == []
    assert "tổng / in all: 1" in asked(lienthong, "y", code=0)
    assert [row.state for row in world.rows("SELECT state FROM replay_job")] == ["running"]


def asked(lienthong: Commands, answer: str, *, code: int) -> str:
    """What `replay run` says to a person who answers so."""
    person, terminal = pty.openpty()
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "connector", "replay", "run", "--reason", "corrected"],
            stdin=terminal,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            text=True,
        )
        os.write(person, f"{answer}\n".encode())
        out, _ = process.communicate(timeout=60)
    finally:
        os.close(person)
        os.close(terminal)
    assert process.returncode == code, out
    return out


def test_pause_resume_and_stop(world: Stage, lienthong: Commands) -> None:
    refused(world, *range(1, 5))
    job = lienthong.json("replay", "run", "--reason", "corrected", "--yes")["job"]

    assert lienthong.json("replay", "pause", job, "--reason", "a look")["state"] == "paused"
    assert lienthong.json("replay", "show", job)["paused_why"] == "a look"
    assert lienthong.json("replay", "resume", job, "--reason", "go on")["state"] == "running"
    stopped = lienthong.json("replay", "stop", job, "--reason", "enough")
    assert (stopped["state"], stopped["skipped"], stopped["remaining"]) == ("stopped", 4, 0)
    assert "over already" in lienthong.run("replay", "pause", job, "--reason", "x", code=1).stderr
    lienthong.run("replay", "pause", job, code=2)


@pytest.mark.parametrize(
    "words",
    [
        ("replay", "run", "--yes"),
        ("replay", "run", "--yes", "--reason", " "),
        ("replay", "plan", "not-an-id"),
        ("replay", "plan", "--alias", "nonsense"),
        ("aliases", "set", "ethnicity:Kinh=05", "--reason", "x"),
        ("messages", "cancel", "00000000-0000-0000-0000-000000000000"),
    ],
)
def test_wrong_usage_ends_with_two(world: Stage, lienthong: Commands, words: tuple[str, ...]) -> None:
    lienthong.run(*words, code=2)


def test_what_is_not_there_is_said(world: Stage, lienthong: Commands) -> None:
    nobody = "00000000-0000-0000-0000-000000000001"
    assert "no such job" in lienthong.run("replay", "show", nobody, code=1).stderr
    assert "no such job" in lienthong.run("replay", "stop", nobody, "--reason", "x", code=1).stderr
    assert "no such message" in lienthong.run("messages", "cancel", nobody, "--reason", "x", code=1).stderr
    assert "no open failure" in lienthong.run("replay", "plan", "--cause", "abc", code=1).stderr


def test_override_cancel_and_restore(world: Stage, lienthong: Commands) -> None:
    event = bodies.event(bodies.code(1))
    event["HoSo"]["ToKhai"]["BenNam"]["TinhTrangHonNhan"] = 6
    world.submit(event)
    one = str(world.message(NEW).id)

    assert (
        "no such finding"
        in lienthong.run("messages", "override", one, "--code", "NAME_FORM", "--reason", "x", code=1).stderr
    )
    done = lienthong.json("messages", "override", one, "--code", "MANUAL_CHECK", "--reason", "seen")
    assert (done["state"], done["findings"][0]["overridden_by"]) == ("ready", operator())
    assert lienthong.json("messages", "cancel", one, "--reason", "a mistake")["state"] == "cancelled"
    assert lienthong.json("messages", "restore", one, "--reason", "none after all")["state"] == "ready"
    audited = world.rows("SELECT action, message_id FROM audit ORDER BY id")
    assert [row.action for row in audited] == ["override", "cancel", "restore"]
    assert {str(row.message_id) for row in audited} == {one}


# -- causes and aliases -----------------------------------------------------------------------------------------------


def test_a_cause_is_found_rehearsed_with_an_alias_and_replayed_as_one(world: Stage, lienthong: Commands) -> None:
    odd_groups(world, 1, 2, 3)
    refused(world, 4)

    causes = {one["code"]: one for one in lienthong.json("causes")["causes"]}
    odd = causes["ETHNICITY_UNKNOWN"]
    assert (odd["count"], odd["value"], odd["route"], odd["states"]) == (3, ODD, "application", {"invalid": 3})
    assert odd["pointer"].endswith("/DanToc")
    assert "aliases set" in odd["advice"]["en"]
    assert causes["500"]["count"] == 1
    assert ODD in lienthong.run("causes").stdout

    alone = lienthong.json("replay", "plan", "--cause", odd["cause"])
    with_alias = lienthong.json("replay", "plan", "--cause", odd["cause"], "--alias", f"ethnicity:{ODD}=05")
    assert alone["totals"]["prospects"] == {"invalid": 3}
    assert with_alias["totals"]["prospects"] == {"send": 3}

    lienthong.run("aliases", "set", f"ethnicity:{ODD}=05", "--reason", "decision of the department")
    [known] = lienthong.json("aliases", "list")["aliases"]
    assert (known["name"], known["value"], known["by"]) == (ODD, "05", operator())
    lienthong.json("replay", "run", "--cause", odd["cause"], "--reason", "the name is known now", "--yes")
    work(world)

    assert [world.states(NEW, bodies.code(serial)) for serial in (1, 2, 3, 4)] == [
        [State.DELIVERED],
        [State.DELIVERED],
        [State.DELIVERED],
        [State.REFUSED],
    ]
    sent = world.sandboxes.effects("ministry", "submission")
    assert {json.loads(one["body"]["data"])["chongDanToc"] for one in sent} == {"05"}
    assert [one["code"] for one in lienthong.json("causes")["causes"]] == ["500"]


def test_what_comes_after_an_alias_was_adopted_needs_no_replay(world: Stage, lienthong: Commands) -> None:
    lienthong.run("aliases", "set", f"ethnicity:{ODD}=05", "--reason", "decision")
    event = bodies.event(bodies.code(1))
    event["HoSo"]["ToKhai"]["BenNam"]["DanToc"] = ODD
    world.submit(event)

    assert world.deliver(NEW) == {"delivered": 1}
    assert ODD in world.body(world.message(NEW).id).decode()  # as received, still


def test_an_alias_that_is_dropped_is_known_no_more(world: Stage, lienthong: Commands) -> None:
    lienthong.run("aliases", "set", f"ethnicity:{ODD}=05", "--reason", "decision")
    lienthong.run("aliases", "drop", f"ethnicity:{ODD}=05", "--reason", "withdrawn")
    odd_groups(world, 1)

    assert world.message(NEW).state == "invalid"
    lienthong.run("aliases", "drop", f"ethnicity:{ODD}=05", "--reason", "again", code=1)
    acts = world.rows("SELECT details FROM audit WHERE action = 'change_aliases' ORDER BY id")
    assert [json.loads(row.details)["act"] for row in acts] == ["set", "drop"]
