"""Applications to the ministry: what each answer does to a message, and what an unknown outcome is settled by."""

import json
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from connector.adapters import ledger
from connector.domain.message import Partner, Route, State
from tests import bodies
from tests.world import SUBMIT, Stage

FIRST, SECOND = bodies.code(1), bodies.code(2)
NEW = Route.APPLICATION
SECONDS = timedelta(seconds=1)


def envelope(code: str | None, value: object = None, status: str = "0") -> dict[str, Any]:
    return {"status": 200, "body": json.dumps({"status": status, "errorCode": code, "value": value})}


def after(world: Stage, *answers: dict[str, Any]) -> Any:
    """The first application, after these answers to its submission."""
    world.submit(bodies.event(FIRST))
    world.ministry_answers(SUBMIT, *answers)
    world.deliver(NEW)
    return world.message(NEW, FIRST)


def submissions(world: Stage, *kinds: str) -> list[dict[str, Any]]:
    return world.sandboxes.effects("ministry", *(kinds or ("submission",)))


# -- done -------------------------------------------------------------------------------------------------------------


def test_an_application_that_was_taken_is_delivered_and_told(world: Stage) -> None:
    world.submit(bodies.event(FIRST))
    assert world.deliver(NEW) == {"delivered": 1}

    message = world.message(NEW)
    [attempt] = world.attempts(message.id)
    [effect] = submissions(world)
    assert world.history(message.id) == ["take_in", "claim", "deliver"]
    assert (attempt.outcome, attempt.http_status, attempt.counted) == ("delivered", 200, True)
    assert (attempt.sent, message.ordinal, message.attempts) == (effect["fingerprint"], 1, 1)
    assert world.states(Route.PROGRESS) == [State.READY]
    assert world.facts(FIRST).ministry_code == "LTKH-2026-000001"


def test_an_acceptance_is_told_with_the_instant_of_the_ministry(world: Stage) -> None:
    world.arrived(1)

    [told] = world.sandboxes.effects("province", "progress")
    [state] = world.sandboxes.effects("ministry", "state")
    day, clock = state["body"]["thoiGianThucHien"].split()
    assert told["body"]["ThoiDiemXuLy"] == "".join(reversed(day.split("/"))) + clock.replace(":", "")
    assert told["body"]["TrangThai"] == 4
    assert told["body"]["MaHoSoLienThong"] == "LTKH-2026-000001"


# -- 110 --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lost", [{"reset": True}, {"truncate_at": 20}, {"status": 502, "body": "<html>"}], ids=str)
def test_a_lost_answer_is_settled_by_repeating(world: Stage, lost: dict[str, Any]) -> None:
    message = after(world, {**lost, "effect": "before"})
    assert (message.state, message.attempts) == ("ready", 1)
    assert [one.maybe_done for one in world.attempts(message.id)] == [True]

    world.run_until_quiet()

    assert len(submissions(world)) == 1
    assert len(submissions(world, "submission-repeated")) == 1
    assert [one.outcome for one in world.attempts(message.id)] == ["unreachable", "already-there"]
    assert world.sandboxes.told(FIRST) == [4]


def test_an_answer_that_is_no_envelope_is_settled_by_repeating(world: Stage) -> None:
    message = after(world, {"truncate_at": 20, "honest_length": True})
    assert (message.state, message.last_code) == ("ready", "ANSWER_GARBLED")

    world.run_until_quiet()
    assert [one.outcome for one in world.attempts(message.id)] == ["garbled", "already-there"]


def test_110_with_another_fingerprint_is_a_conflict_for_a_person(world: Stage) -> None:
    message = after(world, envelope("110", {"maHoSoLT": "LT-9", "dauVanTay": "b" * 64}))

    assert (message.state, message.last_code) == ("refused", "110")
    assert world.attempts(message.id)[0].outcome == "conflict"


def test_110_without_a_fingerprint_and_without_a_try_of_ours_is_a_conflict(world: Stage) -> None:
    message = after(world, envelope("110"))

    assert (message.state, world.attempts(message.id)[0].outcome) == ("refused", "conflict")


def test_110_without_a_fingerprint_is_ours_when_an_unknown_try_of_the_same_content_explains_it(world: Stage) -> None:
    world.ministry.set(send_fingerprint=False)
    message = after(world, {"reset": True, "effect": "before"})

    world.run_until_quiet()

    assert [one.outcome for one in world.attempts(message.id)] == ["unreachable", "already-there"]
    assert world.sandboxes.told(FIRST) == [4]


def test_110_without_a_fingerprint_is_not_ours_when_our_try_never_left(world: Stage) -> None:
    message = after(world, envelope("503"), envelope("110"))
    world.clock.passes(2 * SECONDS)
    world.deliver(NEW)

    assert [one.outcome for one in world.attempts(message.id)] == ["unreachable", "conflict"]


def test_110_without_a_fingerprint_is_not_ours_when_we_sent_another_content(world: Stage) -> None:
    message = after(world, {"reset": True, "effect": "before"}, envelope("110"))
    world.change("UPDATE attempt SET sent = repeat('0', 64)")
    world.clock.passes(2 * SECONDS)
    world.deliver(NEW)

    assert world.attempts(message.id)[-1].outcome == "conflict"


def test_the_same_after_a_worker_died_on_the_line_is_ours(world: Stage) -> None:
    world.ministry.set(send_fingerprint=False)
    world.submit(bodies.event(FIRST))
    world.deliver(NEW)
    # As it would stand if the worker had been killed between the answer and its settlement.
    world.change("DELETE FROM attempt")
    world.change("UPDATE dossier SET submissions = 0, ask_at = NULL, ask_until = NULL")
    world.change("DELETE FROM message WHERE route = 'progress'")
    world.change("UPDATE dossier SET steps = 0, planned = 2")
    world.change(
        "UPDATE message SET state = 'sending', delivered_at = NULL, attempts = 0, lease_until = :ends",
        ends=world.clock() - SECONDS,
    )

    world.run_until_quiet()

    message = world.message(NEW)
    assert [one.outcome for one in world.attempts(message.id)] == ["lost", "already-there"]
    assert world.sandboxes.told(FIRST)[-1] == 4


# -- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("106", "refused"),
        ("108", "refused"),
        ("111", "refused"),
        ("201", "refused"),
        ("302", "refused"),
        ("500", "refused"),
        ("999", "refused"),
        ("200", "ready"),
        ("503", "ready"),
        ("100", "ready"),
        ("101", "ready"),
    ],
)
def test_an_error_code_does_what_its_meaning_says(world: Stage, code: str, state: str) -> None:
    message = after(world, envelope(code))

    assert (message.state, message.last_code) == (state, code)
    counted = code not in ("100", "101")
    assert message.attempts == counted
    closed = world.closed(Partner.MINISTRY)
    assert (closed is not None and closed[1] == "unauthorised") == (not counted)


def test_a_refused_version_is_superseded_once_its_cure_is_delivered(world: Stage) -> None:
    world.ministry_answers(SUBMIT, envelope("500"))
    world.submit(bodies.event(FIRST))
    world.deliver(NEW)
    world.submit(bodies.event(FIRST, "BoSung", 2, ToKhai=bodies.to_khai(GhiChu="sửa")))
    assert world.states(NEW) == [State.REFUSED, State.READY]
    world.deliver(NEW)

    assert world.states(NEW) == [State.SUPERSEDED, State.DELIVERED]
    assert [effect["body"]["lanGui"] for effect in submissions(world)] == [1]


# -- tokens, patience, absence ----------------------------------------------------------------------------------------


def test_a_revoked_token_is_renewed_and_costs_no_attempt(world: Stage) -> None:
    world.arrived(1)
    world.ministry.revoke_tokens()
    world.submit(bodies.event(SECOND))
    world.deliver(NEW)

    message = world.message(NEW, SECOND)
    assert (message.state, message.attempts) == ("delivered", 1)


@pytest.mark.parametrize("status", [401, 403])
def test_a_ministry_that_does_not_accept_us_is_paused_and_no_attempt_is_burned(world: Stage, status: int) -> None:
    message = after(world, {"status": status, "times": 20})
    world.submit(*(bodies.event(bodies.code(serial)) for serial in range(2, 30)))
    for _ in range(3):
        world.clock.passes(20 * SECONDS)
        world.deliver(NEW)

    closed = world.closed(Partner.MINISTRY)
    assert closed is not None
    assert closed[1] == "unauthorised"
    assert {(row.state, row.attempts) for row in world.messages(NEW)} == {("ready", 0)}
    assert not any(one.counted for one in world.attempts(message.id))
    world.ministry.script([])


def test_it_goes_on_by_itself_once_a_fresh_token_works(world: Stage) -> None:
    message = after(world, {"status": 401, "times": 2})
    assert message.state == "ready"

    world.run_until_quiet()

    assert world.message(NEW).state == "delivered"
    assert world.closed(Partner.MINISTRY) is None


@pytest.mark.parametrize("how", ["seconds", "date", "absent"])
def test_a_429_is_repeated_when_the_ministry_says_and_slows_everybody(world: Stage, how: str) -> None:
    date = format_datetime(world.clock() + 90 * SECONDS, usegmt=True)
    headers = {"seconds": {"Retry-After": "90"}, "date": {"Retry-After": date}, "absent": {}}[how]
    message = after(world, {"status": 429, "headers": headers})

    assert (message.state, message.attempts) == ("ready", 0)
    closed = world.closed(Partner.MINISTRY)
    assert closed is not None
    assert (closed[0] > 30 * SECONDS) == (how != "absent")
    assert closed[0] <= 91 * SECONDS
    world.submit(bodies.event(SECOND))
    assert world.deliver(NEW) == {}
    world.clock.passes(closed[0] + SECONDS)
    assert world.deliver(NEW) == {"delivered": 2}


def test_a_503_waits_for_as_long_as_was_asked(world: Stage) -> None:
    message = after(world, {"status": 503, "body": "<html>", "headers": {"Retry-After": "60"}})

    assert (message.state, message.attempts, message.last_code) == ("ready", 1, "HTTP_503")
    assert message.due_at > world.clock() + 55 * SECONDS


def test_a_spent_schedule_leaves_the_message_to_an_operator_and_holds_its_lane(world: Stage) -> None:
    message = after(world, *[envelope("503")] * 5)
    world.submit(bodies.event(FIRST, "BoSung", 2, ToKhai=bodies.to_khai(GhiChu="2")))
    for _ in range(4):
        world.clock.passes(10 * SECONDS)
        world.deliver(NEW)

    first, second = world.messages(NEW)
    assert (first.id, first.state, first.attempts) == (message.id, "exhausted", 5)
    assert "claim" not in world.history(second.id)
    assert submissions(world) == []


def test_waits_between_tries_follow_the_schedule(world: Stage) -> None:
    after(world, *[envelope("503")] * 4)
    for planned in (1, 2, 4, 8):
        message = world.message(NEW)
        wait = (message.due_at - message.updated_at).total_seconds()
        assert planned * 0.9 <= wait <= planned * 1.1
        world.clock.passes(timedelta(seconds=wait))
        world.deliver(NEW)
    assert world.message(NEW).state == "delivered"


def test_an_outage_delays_an_application_and_neither_loses_nor_doubles_it(world: Stage) -> None:
    world.watches["ministry"].sides = "request"
    world.submit(*(bodies.event(bodies.code(serial)) for serial in range(30)))
    world.ministry.outage("close")
    for _ in range(10):
        world.deliver(NEW)
        world.clock.passes(10 * SECONDS)
    assert submissions(world) == []
    assert not {State.DELIVERED, State.REFUSED} & set(world.states(NEW))
    world.ministry.outage("off")
    world.run_until_quiet()

    exhausted = world.states(NEW).count(State.EXHAUSTED)
    assert len(submissions(world)) == 30 - exhausted
    assert exhausted <= 10
    assert submissions(world, "submission-repeated") == []


def test_many_that_died_with_their_worker_hold_up_nobody_else(world: Stage) -> None:
    world.submit(*(bodies.event(bodies.code(serial)) for serial in range(40)))
    with world.connector.engine.begin() as db:
        ledger.claim(db, NEW, limit=40, now=world.clock(), lease=world.settings.lease, worker="gone")
    world.clock.passes(world.settings.lease + SECONDS)
    assert world.connector.delivery.expire() == 40
    world.submit(*(bodies.event(bodies.code(serial)) for serial in range(50, 60)))
    world.ministry_answers(SUBMIT, {"delay": 0.05, "times": 100})

    report = world.connector.delivery.deliver(NEW, budget=timedelta())

    assert report.more
    assert world.row("SELECT count(*) AS n FROM message WHERE state = 'delivered' AND attempts = 1").n == 10
    assert world.row("SELECT count(*) AS n FROM message WHERE state = 'delivered' AND attempts = 2").n == 1
    world.connector.delivery.deliver(NEW, budget=60 * SECONDS)
    assert set(world.states(NEW)) == {State.DELIVERED}
