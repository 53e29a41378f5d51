"""The ministry's states become progress and results: asked 50 a call, in any order, and rubbish that stops nothing."""

import json
import random
from datetime import timedelta
from typing import Any

import pytest

from connector.domain.message import Partner, Route
from tests import bodies
from tests.world import STATES, Event, Stage

FIRST = bodies.code(1)
ONE_HOUR = timedelta(hours=1)


def shows(*states: object) -> dict[str, Any]:
    """An answer of `layKetQua`."""
    return {"status": 200, "body": json.dumps({"status": "1", "errorCode": None, "value": states}, ensure_ascii=False)}


def state(number: int, at: str = "21/11/2026 09:00:00", code: str = FIRST, **members: Any) -> Event:
    return {
        "maDonVi": "30292",
        "maTinh": "91",
        "module": "LTKH",
        "maHoSoLT": "LTKH-2026-000001",
        "maHoSoMCDT": code,
        "lanGui": 1,
        "trangThai": number,
        "thoiGianThucHien": at,
        **members,
    }


def sees(world: Stage, *states: object) -> Any:
    """What one answer with these states comes to."""
    world.ministry_answers(STATES, shows(*states))
    return world.ask_states()


def planned(world: Stage, code: str = FIRST) -> list[int]:
    """The statuses told or to be told, in their order."""
    return [message.status for message in world.messages(Route.PROGRESS, code)]


def asked_codes(world: Stage, since: int) -> list[int]:
    return [len(codes) for codes in world.asked[since:]]


# -- questions --------------------------------------------------------------------------------------------------------


def test_dossiers_are_asked_about_fifty_a_call_and_by_their_procedure(world: Stage) -> None:
    world.arrived(*range(1, 121))
    before = len(world.asked)

    report = world.ask_states()

    assert report.asked == 120
    assert sorted(asked_codes(world, before)) == [20, 50, 50]


def test_only_dossiers_that_the_ministry_has_are_asked_about(world: Stage) -> None:
    world.submit(bodies.event(FIRST))
    assert world.ask_states().asked == 0

    world.deliver(Route.APPLICATION)
    assert world.ask_states().asked == 1


def waits(world: Stage, code: str) -> timedelta:
    """Until the next question, to the second."""
    return timedelta(seconds=round((world.facts(code).ask_at - world.clock()).total_seconds()))


def test_a_quiet_dossier_is_asked_about_less_and_less_often_and_never_less_than_every_six_hours(world: Stage) -> None:
    [code] = world.arrived(1)
    seen = []
    for days in (0, 1, 2, 4, 30):
        world.clock.passes(timedelta(days=days))
        world.ask_states()
        seen.append(waits(world, code))

    assert seen == sorted(seen)
    assert seen[0] <= timedelta(seconds=2)
    assert seen[1] > ONE_HOUR
    assert seen[-1] <= 6 * ONE_HOUR


def test_a_dossier_that_changed_is_asked_about_again_at_the_next_poll(world: Stage) -> None:
    [code] = world.arrived(1)
    world.ask_states()
    world.clock.passes(timedelta(days=3))
    world.ask_states()
    assert waits(world, code) > ONE_HOUR

    world.ministry.act(code, "accept")
    world.ask_states()

    assert waits(world, code) <= timedelta(seconds=2)


def test_a_question_that_fails_is_asked_again_after_a_poll(world: Stage) -> None:
    world.arrived(*range(1, 61))
    world.ministry_answers(STATES, {"status": 502, "body": "<html>", "times": 6})
    report = world.ask_states()
    assert report.error is not None

    world.run_until_quiet()
    world.ministry.act(FIRST, "accept")
    world.ask_states()

    assert planned(world) == [4, 4]


def test_a_ministry_that_asks_for_patience_is_left_alone(world: Stage) -> None:
    world.arrived(1)
    world.ministry_answers(STATES, {"status": 429, "headers": {"Retry-After": "60"}})
    world.ask_states()

    closed = world.closed(Partner.MINISTRY)
    assert closed is not None
    assert closed[0] > timedelta(seconds=50)
    before = len(world.asked)
    assert world.ask_states().asked == 0
    assert world.asked[before:] == []


def test_a_dossier_is_asked_about_no_more_once_it_was_refused(world: Stage) -> None:
    [code] = world.arrived(1)
    world.ministry.act(code, "refuse")
    world.ask_states()

    assert world.facts(code).ask_at is None


# -- states -----------------------------------------------------------------------------------------------------------


def test_a_state_is_told_once_however_often_it_is_shown(world: Stage) -> None:
    [code] = world.arrived(1)
    world.ministry.act(code, "accept")
    for _ in range(3):
        world.ask_states()

    assert planned(world) == [4, 4]


def test_a_stale_answer_is_ignored_and_kept_in_the_dossiers_history(world: Stage) -> None:
    world.arrived(1)
    sees(world, state(3, "21/11/2026 10:00:00"))
    report = sees(world, state(1, "21/11/2026 09:00:00"))
    sees(world, state(1, "21/11/2026 10:00:00"))
    sees(world, state(1, "21/11/2026 09:00:00"))

    assert report.stale == 1
    assert planned(world) == [4, 4]
    assert world.facts(FIRST).state == 3
    verdicts = world.rows("SELECT state, verdict FROM sighting ORDER BY id")
    assert [tuple(row) for row in verdicts] == [(3, "applied"), (1, "stale"), (1, "stale")]


def test_of_two_states_in_one_second_the_higher_rank_is_the_newer(world: Stage) -> None:
    world.arrived(1)
    for number in (3, 2, 3):
        sees(world, state(number))

    assert planned(world) == [4, 4, 5]


def test_a_question_of_the_ministry_tells_what_and_until_when(world: Stage) -> None:
    [code] = world.arrived(1)
    world.ministry.act(code, "supplement", ghiChu="Thiếu giấy báo tử", hanBoSungHoSo="25/11/2026 17:00:00")
    world.ask_states()
    world.deliver(Route.PROGRESS)

    told = world.sandboxes.effects("province", "progress")[-1]["body"]
    assert (told["TrangThai"], told["NoiDungXuLy"], told["HanBoSung"]) == (5, "Thiếu giấy báo tử", "20261125170000")


@pytest.mark.parametrize("kind", ["never seen", "never sent"])
def test_a_state_of_a_dossier_that_is_none_of_ours_is_kept_for_a_person(world: Stage, kind: str) -> None:
    world.arrived(2)
    if kind == "never sent":
        world.submit(bodies.event(FIRST))
    for _ in range(2):
        sees(world, state(3))

    message = world.message(Route.PROGRESS, FIRST)
    assert (message.state, world.codes(Route.PROGRESS, FIRST)) == ("invalid", [{"UNMATCHED_DOSSIER"}])


RUBBISH: dict[str, tuple[object, set[str]]] = {
    "a state above six": (state(7), {"STATUS_UNKNOWN"}),
    "a state of nothing": (state(0), {"STATUS_UNKNOWN"}),
    "an instant that is none": (state(3, "31/02/2026 10:00:00"), {"TIME_INVALID"}),
    "an instant in another form": (state(3, "2026-11-21T10:00:00"), {"TIME_INVALID"}),
    "a deadline that is none": (state(2, hanBoSungHoSo="99/99/9999 00:00:00"), {"TIME_INVALID"}),
    "a state that is text": (state("3"), {"CONTRACT"}),  # type: ignore[arg-type]
    "a number": (7, {"CONTRACT"}),
    "null": (None, {"CONTRACT"}),
    "an array": ([[]], {"CONTRACT"}),
    "no state": ({k: v for k, v in state(3).items() if k != "trangThai"}, {"CONTRACT"}),
    "a result that is no JSON": (state(4, ketQuaXuLy="{"), {"CONTRACT"}),
    "a result that is a number": (state(4, ketQuaXuLy="7"), {"CONTRACT"}),
    "a code of another shape": (state(3, code="x\x00y"), {"CONTRACT"}),
}


def test_states_that_cannot_be_read_are_kept_and_spoil_no_other(world: Stage) -> None:
    codes = world.arrived(*range(1, len(RUBBISH) + 1), 99)
    items = []
    for code, (item, _) in zip(codes, RUBBISH.values(), strict=False):
        ours = isinstance(item, dict) and item["maHoSoMCDT"] == FIRST
        items.append(item | {"maHoSoMCDT": code} if isinstance(item, dict) and ours else item)
    good = state(3, code=codes[-1])

    for _ in range(2):
        sees(world, *items, good)

    invalid = world.rows("SELECT findings, content FROM message JOIN body ON message_id = id WHERE state = 'invalid'")
    for item, (kind, (_, expected)) in zip(items, RUBBISH.items(), strict=True):
        found = next((row for row in invalid if json.loads(bytes(row.content)) == item), None)
        assert found is not None, kind
        assert expected <= {one["code"] for one in found.findings}, kind
    assert len(invalid) == len(RUBBISH)
    assert planned(world, codes[-1]) == [4, 4]


def test_an_answer_that_is_no_json_spoils_nothing_but_the_dossier_that_it_is_about(world: Stage) -> None:
    """Asked about together, then in halves: only the one whose own answer is broken is left."""
    codes = world.arrived(*range(1, 9))
    for code in codes:
        world.ministry.act(code, "accept")
    spoilt = codes[5]
    original = world.connector.ministry._transport.read

    def broken(method: str, path: str, **call: Any) -> Any:
        answer = original(method, path, **call)
        if spoilt.encode() in call["json_body"]:
            object.__setattr__(answer, "body", answer.body[:-5])
        return answer

    world.connector.ministry._transport.read = broken  # type: ignore[method-assign]
    for _ in range(4):
        world.ask_states()

    assert all(planned(world, code) == [4, 4] for code in codes if code != spoilt)
    kept = [message for message in world.messages(Route.PROGRESS, spoilt) if message.state == "invalid"]
    assert len(kept) == 1
    assert spoilt.encode() in world.body(kept[0].id)

    world.connector.ministry._transport.read = original  # type: ignore[method-assign]
    world.ask_states()
    assert [m.status for m in world.messages(Route.PROGRESS, spoilt) if m.state != "invalid"] == [4, 4]


SPOILERS: list[Any] = [
    None,
    "",
    "\x00",
    "\ud7ff",
    7,
    -1,
    2**70,
    1.5,
    True,
    [],
    {},
    "x" * 5000,
    "99",
    "01/01/0001 00:00:00",
]


def test_whatever_states_hold_none_stops_the_questions(world: Stage) -> None:
    codes = world.arrived(*range(1, 41))
    seed = random.randrange(1_000_000)
    rng = random.Random(seed)
    registered = json.dumps({"quyenSo": "01/2026\x00", "soDangKy": "15\x00", "noiDangKy": "30292"})
    for _ in range(12):
        states: list[Any] = []
        for code in codes[:-1]:
            item = state(rng.randint(1, 6), code=code, ketQuaXuLy=rng.choice([None, "{}", registered]), ghiChu="x")
            for member in rng.sample(list(item), 2):
                item[member] = rng.choice(SPOILERS)
            states.append(item)
        rng.shuffle(states)
        report = sees(world, *states, state(3, code=codes[-1]))
        assert report.error is None, seed
    world.deliver()

    assert planned(world, codes[-1]) == [4, 4], seed


def test_an_instant_before_all_calendars_is_one_that_cannot_be_read(world: Stage) -> None:
    world.arrived(1)
    sees(world, state(3, "01/01/0001 00:00:00"))
    sees(world, state(3))

    assert world.codes(Route.PROGRESS, FIRST)[0] == {"TIME_INVALID"}
    assert [m.status for m in world.messages(Route.PROGRESS) if m.state != "invalid"] == [4, 4]
