"""Registers that answer with less, or other, than was agreed: nothing is lost, and nothing stands still."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from connector.adapters.ministry import Ministry
from connector.domain.breaker import LONGEST_PAUSE
from connector.domain.message import Route, State
from connector.domain.register_sweep import SIZES
from connector.intake.registers import TRIES, RegisterIntake, Report
from schemas.values import Procedure
from tests.integration.register_books import IN_FULL, LISTED, RUBBISH, ago, enter, marriage, read, revise
from tests.world import Stage

GARBLED = {"status": 200, "body": RUBBISH}
REAL = {"effect": "before"}


def subjects(world: Stage) -> list[str]:
    return [one.subject for one in world.messages(Route.REGISTER)]


def answer(value: Any) -> dict[str, Any]:
    return {"status": 200, "body": json.dumps({"status": "1", "value": value}, ensure_ascii=False)}


def lines(world: Stage, *entries: int) -> list[dict[str, Any]]:
    """These entries as the list shows them; what a line has too much is ignored."""
    found = {one["id"]: one["entry"] for one in world.ministry.each_entry()}
    return [found[entry] for entry in entries]


class Meddling:
    """The ministry's client, and something that happens before each call for entries in full."""

    def __init__(self, ministry: Ministry, before: Callable[[], None]) -> None:
        self._ministry, self._before = ministry, before

    def entries(self, *question: Any) -> Any:
        return self._ministry.entries(*question)

    def full_entries(self, procedure: Procedure, ids: Any, on: datetime) -> list[bytes]:
        self._before()
        return self._ministry.full_entries(procedure, ids, on)


def reader(world: Stage, before: Callable[[], None]) -> RegisterIntake:
    return RegisterIntake(
        world.connector.engine,
        Meddling(world.connector.ministry, before),  # type: ignore[arg-type]
        now=world.clock,
        poll_interval=timedelta(seconds=1),
        lease=timedelta(seconds=20),
        first_day=None,
        worker="may-2:9",
    )


def test_a_page_that_is_cut_off_is_asked_for_again(world: Stage) -> None:
    [entry] = enter(world, marriage())
    world.ministry_answers(LISTED, GARBLED, GARBLED, GARBLED, GARBLED)

    report = read(world)

    assert report.error is None
    assert subjects(world) == [f"KH-{entry}"]


def test_a_line_that_can_never_be_read_is_kept_as_bytes_and_the_next_ones_are_read(world: Stage) -> None:
    _, second, third = enter(world, *(marriage() for _ in range(3)))
    world.ministry_answers(LISTED, *[GARBLED] * 7)

    read(world)

    kept, *good = sorted(world.messages(Route.REGISTER), key=lambda one: one.version)
    assert [one.subject for one in good] == [f"KH-{second}", f"KH-{third}"]
    assert (kept.state, world.body(kept.id)) == (State.INVALID, RUBBISH.encode())
    assert [one["code"] for one in kept.findings] == ["CONTRACT"]


def test_when_no_page_at_all_can_be_read_the_register_waits_and_nothing_is_made_up(world: Stage) -> None:
    [entry] = enter(world, marriage())
    # Each size in turn and then a probe; afterwards one line alone and a probe.
    world.ministry_answers(LISTED, *[GARBLED] * (len(SIZES) + 1 + 2 + 2))

    reports = [read(world) for _ in range(3)]

    assert [report.error.code for report in reports if report.error] == ["ANSWER_GARBLED"] * 3
    assert subjects(world) == []
    world.clock.passes(LONGEST_PAUSE)
    read(world)
    assert subjects(world) == [f"KH-{entry}"]


def test_a_line_without_an_id_is_quarantined_and_the_others_are_read(world: Stage) -> None:
    [entry] = enter(world, marriage())
    broken = [{"id": "bảy", "phienBan": 1}, "không phải dòng", {"id": 10**30, "phienBan": 1}, None]
    world.ministry_answers(LISTED, answer({"tongSo": 5, "danhSach": [*broken, *lines(world, entry)]}))

    read(world)
    read(world)

    assert len(world.messages(Route.REGISTER)) == 5
    assert sorted(world.states(Route.REGISTER)) == [State.INVALID] * 4 + [State.READY]
    assert [one.subject for one in world.messages(Route.REGISTER) if one.state == State.READY] == [f"KH-{entry}"]


def test_an_answer_that_one_entry_spoils_is_asked_for_in_halves(world: Stage) -> None:
    ids = enter(world, *(marriage() for _ in range(4)))
    # All four; a probe; the first two; a probe; the first alone, and a probe.
    world.ministry_answers(IN_FULL, GARBLED, REAL, GARBLED, REAL, GARBLED, REAL)

    report = read(world)

    assert (report.taken, report.late) == (3, 1)
    assert subjects(world) == [f"KH-{entry}" for entry in ids[1:]]
    read(world)
    assert subjects(world) == [f"KH-{entry}" for entry in ids]


def test_when_no_entry_can_be_read_in_full_none_is_blamed(world: Stage) -> None:
    [entry] = enter(world, marriage())
    world.ministry_answers(IN_FULL, *[GARBLED] * (2 * TRIES + 2))

    for _ in range(TRIES + 1):
        error = read(world).error
        assert error is not None
        assert error.code == "ANSWER_GARBLED"
        world.clock.passes(LONGEST_PAUSE)
    assert subjects(world) == []
    read(world)
    assert subjects(world) == [f"KH-{entry}"]


def test_an_entry_that_is_listed_and_not_given_is_waited_for(world: Stage) -> None:
    first, second = enter(world, marriage(), marriage())
    world.ministry_answers(IN_FULL, answer(lines(world, second)), answer([]))

    assert [read(world).late for _ in range(3)] == [1, 1, 0]

    assert subjects(world) == [f"KH-{first}", f"KH-{second}"]


def test_an_entry_that_never_comes_holds_nothing_up_and_is_cured_when_it_does(world: Stage) -> None:
    [entry] = enter(world, marriage())
    world.ministry_answers(IN_FULL, *[answer([])] * (TRIES + 1))
    for _ in range(TRIES + 1):
        read(world)
    [missing] = world.messages(Route.REGISTER)
    assert (missing.subject, missing.version, missing.state) == (f"KH-{entry}", 0, State.INVALID)

    read(world)
    world.deliver(Route.REGISTER)

    assert world.states(Route.REGISTER) == [State.SUPERSEDED, State.DELIVERED]


def test_an_entry_that_was_given_up_holds_the_page_up_no_more(world: Stage) -> None:
    first, _ = enter(world, marriage(), marriage())
    world.ministry_answers(IN_FULL, *[answer(lines(world, first + 1))] * (TRIES + 1))
    for _ in range(TRIES + 1):
        read(world)
    world.ministry_answers(IN_FULL, answer([]))

    report = read(world)

    assert (report.late, report.invalid) == (1, 0)
    assert world.row("SELECT cursor::json ->> 'goal' AS goal FROM feed").goal is None


def test_an_older_version_than_the_listed_one_is_not_taken_for_it(world: Stage) -> None:
    [entry] = enter(world, marriage())
    old = lines(world, entry)
    revise(world, entry, changes={"voHoTen": "Trần Thị Mẫu Đơn"})
    world.ministry_answers(IN_FULL, answer(old))

    assert read(world).late == 1
    read(world)
    world.deliver(Route.REGISTER)
    world.deliver(Route.REGISTER)

    assert [(one.version, one.state) for one in world.messages(Route.REGISTER)] == [
        (1, State.DELIVERED),
        (2, State.DELIVERED),
    ]


@pytest.mark.parametrize("rubbish", ["chữ", [1], {"id": "x"}, None, {"phienBan": 99**9}])
def test_an_entry_that_is_none_is_quarantined_under_its_id(world: Stage, rubbish: Any) -> None:
    [entry] = enter(world, marriage())
    world.ministry_answers(IN_FULL, answer([rubbish]))

    read(world)
    read(world)

    [message] = world.messages(Route.REGISTER)
    assert (message.subject, message.version, message.state) == (f"KH-{entry}", 1, State.INVALID)
    assert json.loads(world.body(message.id)) == rubbish


def test_what_nobody_asked_for_is_left_alone(world: Stage) -> None:
    [entry] = enter(world, marriage())
    stranger = lines(world, entry)[0] | {"id": 4711}
    world.ministry_answers(IN_FULL, answer([stranger, *lines(world, entry)]))

    read(world)

    assert subjects(world) == [f"KH-{entry}"]


def test_a_register_that_another_process_reads_is_left_to_it(world: Stage) -> None:
    enter(world, marriage())
    read(world)
    soon = world.clock() + timedelta(seconds=10)
    world.change("UPDATE feed SET next_at = :now, lease_until = :soon", now=world.clock(), soon=soon)

    assert world.connector.registers.read("marriage") == Report()


def test_a_reader_that_lost_its_lease_writes_nothing_any_more(world: Stage) -> None:
    enter(world, marriage())
    world.clock.passes(timedelta(seconds=1))

    report = reader(world, lambda: world.change("UPDATE feed SET fence = fence + 1")).read("marriage")

    assert (report.taken, subjects(world)) == (0, [])
    assert world.row("SELECT cursor FROM feed").cursor is None
    world.change("UPDATE feed SET lease_until = NULL")
    assert read(world).taken == 1


def test_a_reader_that_dies_between_two_parts_is_gone_on_from(world: Stage) -> None:
    ids = enter(world, *(marriage() for _ in range(150)))
    world.clock.passes(timedelta(seconds=1))
    calls = iter((None, KeyboardInterrupt()))

    def dies_at_the_second() -> None:
        if (error := next(calls)) is not None:
            raise error

    with pytest.raises(KeyboardInterrupt):
        reader(world, dies_at_the_second).read("marriage")
    assert len(subjects(world)) == 100
    world.clock.passes(timedelta(seconds=21))

    assert read(world).taken == 50
    assert len(subjects(world)) == len(ids)


def test_entries_that_change_while_pages_are_read_are_not_lost(world: Stage) -> None:
    """Each change takes an entry out of the window, and the one behind the page's end moves onto the page before."""
    instant = ago(minutes=1)
    ids = enter(world, *(marriage(ngayCapNhat=instant) for _ in range(520)))
    left = iter(ids[:30])

    def change_one() -> None:
        revise(world, next(left))

    world.clock.passes(timedelta(seconds=1))
    reader(world, change_one).read("marriage")
    read(world)

    newest = {one["id"]: one["entry"]["phienBan"] for one in world.ministry.each_entry()}
    taken = {one.subject: one.version for one in world.messages(Route.REGISTER)}
    assert taken == {f"KH-{entry}": version for entry, version in newest.items()}
