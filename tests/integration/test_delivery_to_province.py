"""Progress and results to the province: a hundred items a call, each with its own answer, in the order of lanes."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from connector.domain.message import Partner, Route, State
from tests import bodies
from tests.world import DOSSIERS, PROGRESS, Stage

TEN_SECONDS = timedelta(seconds=10)
FIRST = bodies.code(1)


def submitted(world: Stage, *serials: int) -> list[str]:
    """Dossiers whose acceptance is still to be told."""
    codes = [bodies.code(serial) for serial in serials]
    world.submit(*(bodies.event(code) for code in codes))
    world.deliver(Route.APPLICATION)
    return codes


def registered(world: Stage) -> str:
    """A dossier whose result is due."""
    [code] = world.arrived(1)
    world.ministry.act(code, "sign")
    world.ask_states()
    return code


def answers(world: Stage, *codes: str | None, order: int = 1) -> dict[str, Any]:
    """Item by item in the order of their lanes; None leaves one out."""
    keys = [str(message.id) for message in world.messages(Route.PROGRESS) if message.state == "ready"]
    items = [{"MaSuKien": key, "error_code": code} for key, code in zip(keys, codes, strict=True) if code is not None]
    return {"status": 200, "body": json.dumps({"error_code": "0", "ket_qua": items[::order]})}


# -- progress ---------------------------------------------------------------------------------------------------------


def test_progress_goes_a_hundred_items_a_call(world: Stage) -> None:
    submitted(world, *range(1, 251))
    before = world.province.counts()["requests"].get(f"POST {PROGRESS}", 0)

    assert world.deliver(Route.PROGRESS) == {"delivered": 250}

    assert world.province.counts()["requests"][f"POST {PROGRESS}"] - before == 3
    assert len(world.sandboxes.effects("province", "progress")) == 250


def test_each_item_of_a_call_is_settled_by_its_own_answer(world: Stage) -> None:
    submitted(world, *range(1, 10))
    told = ["0", "DUP", "CONFLICT", "STATE", "NOTFOUND", "INVALID", "BUSY", "SOMETHING", None]
    world.province_answers(PROGRESS, answers(world, *told))
    world.deliver(Route.PROGRESS)

    found = world.messages(Route.PROGRESS)
    assert [message.state for message in found] == [
        "delivered", "delivered", "refused", "refused", "ready", "refused", "ready", "refused", "ready",
    ]  # fmt: skip
    assert [message.last_code for message in found[2:]] == [*told[2:8], "UNANSWERED"]
    outcomes = [world.attempts(message.id)[0].outcome for message in found]
    assert outcomes[:3] == ["delivered", "already-there", "conflict"]
    assert [world.attempts(message.id)[0].maybe_done for message in found] == [False] * 8 + [True]
    assert {message.attempts for message in found} == {1}


def test_answers_find_their_items_in_any_order(world: Stage) -> None:
    submitted(world, 1, 2, 3)
    world.province_answers(PROGRESS, answers(world, "0", "STATE", "DUP", order=-1))
    world.deliver(Route.PROGRESS)

    assert world.states(Route.PROGRESS) == [State.DELIVERED, State.REFUSED, State.DELIVERED]


@pytest.mark.parametrize(
    ("answer", "state", "code"),
    [
        ({"status": 503, "body": '{"error_code":"BUSY"}'}, "ready", "BUSY"),
        ({"status": 422, "body": '{"error_code":"INVALID"}'}, "refused", "INVALID"),
        ({"status": 502, "body": "<html>"}, "ready", "HTTP_502"),
        ({"status": 413, "body": "<html>"}, "refused", "HTTP_413"),
        ({"status": 200, "body": "<html>"}, "ready", "ANSWER_GARBLED"),
        ({"truncate_at": 5}, "ready", "CONNECTION_LOST"),
    ],
)
def test_a_call_that_fails_as_a_whole_fails_for_each_item(
    world: Stage, answer: dict[str, Any], state: str, code: str
) -> None:
    submitted(world, 1, 2)
    world.province_answers(PROGRESS, answer)
    world.deliver(Route.PROGRESS)

    assert {(m.state, m.last_code) for m in world.messages(Route.PROGRESS)} == {(state, code)}


def test_a_lost_answer_to_a_whole_call_is_settled_by_repeating_it(world: Stage) -> None:
    submitted(world, *range(1, 21))
    world.province_answers(PROGRESS, {"reset": True, "effect": "before"})
    world.deliver(Route.PROGRESS)
    world.run_until_quiet()

    assert len(world.sandboxes.effects("province", "progress")) == 20
    assert len(world.sandboxes.effects("province", "progress-repeated")) == 20
    assert set(world.states(Route.PROGRESS)) == {State.DELIVERED}


def test_a_dossier_that_the_province_does_not_see_yet_is_told_a_little_later(world: Stage) -> None:
    submitted(world, 1)
    world.province.set(rates={"replica-lag": 1.0})
    world.deliver(Route.PROGRESS)
    assert world.message(Route.PROGRESS).last_code == "NOTFOUND"

    world.province.set(rates={})
    world.run_until_quiet()
    assert world.states(Route.PROGRESS) == [State.DELIVERED]


def test_statuses_of_one_dossier_never_overtake_each_other(world: Stage) -> None:
    [code] = submitted(world, 1)
    world.province_answers(PROGRESS, *[{"status": 503, "body": ""}] * 2)
    world.deliver(Route.PROGRESS)
    for act in ("accept", "supplement", "accept"):
        world.ministry.act(code, act)
        world.ask_states()
        world.deliver(Route.PROGRESS)
    world.run_until_quiet()

    assert world.sandboxes.told(code) == [4, 4, 5, 4]
    instants = [e["body"]["ThoiDiemXuLy"] for e in world.sandboxes.effects("province", "progress")]
    assert instants == sorted(instants)


# -- results ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "http", "state"),
    [
        ("CONFLICT", 409, "refused"),
        ("STATE", 409, "refused"),
        ("NOTFOUND", 404, "ready"),
        ("INVALID", 422, "refused"),
        ("BUSY", 503, "ready"),
        ("SOMETHING", 200, "refused"),
        ("DUP", 200, "delivered"),
    ],
)
def test_a_result_does_what_its_answer_means(world: Stage, code: str, http: int, state: str) -> None:
    registered(world)
    world.province_answers(DOSSIERS, {"status": http, "body": json.dumps({"error_code": code})})
    world.deliver(Route.RESULT)

    message = world.message(Route.RESULT)
    assert message.state == state
    assert message.attempts == 1
    if state != "delivered":
        assert message.last_code == code
        assert world.messages(Route.PROGRESS)[-1].status == 4


def test_a_lost_answer_to_a_result_is_settled_by_repeating(world: Stage) -> None:
    code = registered(world)
    world.province_answers(DOSSIERS, {"reset": True, "effect": "before"})
    world.deliver(Route.RESULT)
    assert world.states(Route.RESULT) == [State.READY]

    world.run_until_quiet()

    assert len(world.sandboxes.effects("province", "result")) == 1
    assert len(world.sandboxes.effects("province", "result-repeated")) == 1
    assert world.sandboxes.told(code) == [4, 9]


def test_a_result_names_the_file_that_it_brings(world: Stage) -> None:
    registered(world)
    world.deliver(Route.RESULT)

    [effect] = world.sandboxes.effects("province", "result")
    assert effect["fingerprint"] == world.facts(FIRST).result_stored
    assert effect["body"]["MaKetQua"] == "KQ.G15.000032"


def test_a_province_that_asks_for_patience_is_left_alone_on_every_route(world: Stage) -> None:
    registered(world)
    submitted(world, 2)
    world.province_answers(DOSSIERS, {"status": 429, "headers": {"Retry-After": "50"}})
    world.deliver(Route.RESULT)

    closed = world.closed(Partner.PROVINCE)
    assert closed is not None
    assert closed[0] > 4 * TEN_SECONDS
    assert world.deliver(Route.PROGRESS, Route.RESULT) == {}
    assert world.message(Route.RESULT).attempts == 0
    world.clock.passes(closed[0] + TEN_SECONDS)
    assert world.deliver(Route.PROGRESS)["delivered"] >= 1


# -- several workers --------------------------------------------------------------------------------------------------


def test_several_workers_deliver_everything_once_and_in_order(world: Stage) -> None:
    codes = submitted(world, *range(1, 41))
    for act in ("accept", "supplement", "accept"):
        for code in codes:
            world.ministry.act(code, act)
        world.ask_states()

    def until_nothing_is_left(_: int) -> None:
        while world.connector.delivery.deliver(Route.PROGRESS).claimed:
            pass

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(until_nothing_is_left, range(6)))
    until_nothing_is_left(0)

    assert {tuple(world.sandboxes.told(code)) for code in codes} == {(4, 4, 5, 4)}
    assert world.sandboxes.effects("province", "progress-repeated") == []
