"""The province's feed becomes messages: pages and cursors in one transaction, and rubbish that stops nothing."""

import copy
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event as sqlalchemy_events

from connector.adapters import feeds
from connector.domain.message import Hold, Partner, Route, State
from tests import bodies
from tests.world import FEED, Event, Stage

NEW, FIRST, SECOND = Route.APPLICATION, bodies.code(1), bodies.code(2)


def supplement(code: str, version: int = 2, **changes: Any) -> Event:
    form = bodies.to_khai(GhiChu=f"bản {version}")
    return bodies.event(code, "BoSung", version, **{"ToKhai": form, "TrangThaiHoSo": 2, **changes})


def cursor(world: Stage) -> str | None:
    rows = world.rows("SELECT cursor FROM feed")
    return rows[0].cursor if rows else None


def counted(world: Stage) -> tuple[int, int]:
    """Messages and duplicates."""
    row = world.row("SELECT count(*) AS messages, coalesce(sum(duplicates), 0) AS duplicates FROM message")
    return row.messages, row.duplicates


# -- pages and cursors ------------------------------------------------------------------------------------------------


def test_an_event_becomes_a_message_that_may_go_at_once(world: Stage) -> None:
    world.submit(bodies.event(FIRST))

    message = world.message(NEW)
    assert (message.subject, message.version, message.state) == (FIRST, 1, "ready")
    assert (message.procedure, message.office, str(message.received_on)) == ("marriage", "30292", "2026-11-20")
    assert json.loads(world.body(message.id)) == bodies.event(FIRST)
    assert world.codes(NEW) == [{"PARTIAL_DATE"}]


def test_more_events_than_a_page_holds_are_read_in_one_go(world: Stage) -> None:
    world.submit(*(bodies.event(bodies.code(serial)) for serial in range(450)))

    assert counted(world) == (450, 0)


def test_the_feed_is_read_on_from_where_it_was_left(world: Stage) -> None:
    world.submit(bodies.event(FIRST))
    before = cursor(world)
    report = world.read_events()
    assert (report.taken, report.duplicates, cursor(world)) == (0, 0, before)

    world.submit(bodies.event(SECOND))

    assert counted(world) == (2, 0)
    assert cursor(world) != before


def test_a_page_and_its_cursor_are_one_transaction(world: Stage) -> None:
    world.province.add_events([bodies.event(bodies.code(serial)) for serial in range(5)])

    def dies(*_: object) -> None:
        raise InterruptedError

    for word in ("UPDATE feed SET cursor", "INSERT INTO dossier", "INSERT INTO body"):

        def at(connection: Any, cursor_: Any, statement: str, *more: Any, word: str = word) -> None:
            if word in statement:
                dies()

        sqlalchemy_events.listen(world.connector.engine, "before_cursor_execute", at)
        try:
            with pytest.raises(InterruptedError):
                world.read_events()
        finally:
            sqlalchemy_events.remove(world.connector.engine, "before_cursor_execute", at)
        assert (counted(world), cursor(world)) == ((0, 0), None)
        world.clock.passes(world.settings.lease + timedelta(seconds=1))

    world.read_events()
    assert counted(world) == (5, 0)


def test_others_hear_of_work_after_each_page_and_soon_of_the_first(world: Stage) -> None:
    world.province.add_events([bodies.event(bodies.code(serial)) for serial in range(450)])
    heard: list[tuple[set[Route], int]] = []

    report = world.connector.events.read(tell=lambda routes: heard.append((set(routes), counted(world)[0])))

    assert report.taken == 450
    assert heard == [({Route.APPLICATION}, written_down) for written_down in (50, 150, 350, 450)]


def test_a_page_that_brings_no_work_is_told_to_nobody(world: Stage) -> None:
    world.province.add_events([bodies.event(FIRST), *[bodies.event(FIRST)] * 60])
    heard: list[set[Route]] = []

    report = world.connector.events.read(tell=lambda routes: heard.append(set(routes)))

    assert (report.pages, report.taken, heard) == (2, 1, [{Route.APPLICATION}])


def test_a_page_whose_reader_lost_the_feed_changes_nothing(world: Stage) -> None:
    """A reader that hung for longer than its lease comes back: another has read the page since."""
    world.province.add_events([bodies.event(FIRST)])
    asked, read = threading.Event(), threading.Event()
    original = world.connector.province.events

    def slow(*args: Any) -> Any:
        page = original(*args)
        asked.set()
        assert read.wait(10)
        return page

    world.connector.events._province = copy.copy(world.connector.province)
    world.connector.events._province.events = slow  # type: ignore[method-assign, assignment]
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(world.connector.events.read)
        assert asked.wait(10)
        world.clock.passes(world.settings.lease + timedelta(seconds=1))
        with world.connector.engine.begin() as db:
            other = feeds.claim(db, feeds.PROVINCE_EVENTS, now=world.clock(), lease=world.settings.lease)
        assert other is not None
        read.set()
        assert hanging.result(10).taken == 0

    assert counted(world) == (0, 0)
    assert world.row("SELECT fence FROM feed").fence == other.fence


def test_the_feed_is_read_by_one_worker_at_a_time(world: Stage) -> None:
    with world.connector.engine.begin() as db:
        first = feeds.claim(db, "x", now=world.clock(), lease=timedelta(seconds=20))
        second = feeds.claim(db, "x", now=world.clock(), lease=timedelta(seconds=20))
    assert first is not None
    assert second is None


def test_a_cursor_that_the_province_forgot_starts_over_without_doubling(world: Stage) -> None:
    world.submit(bodies.event(FIRST), bodies.event(SECOND))
    world.province_answers(FEED, {"status": 410, "body": '{"error_code":"CURSOR"}'})

    report = world.read_events()

    assert report.restarted
    assert (report.taken, report.duplicates) == (0, 2)
    assert counted(world) == (2, 2)
    assert cursor(world) is not None


def test_a_feed_that_always_says_410_is_left_until_the_next_poll(world: Stage) -> None:
    world.submit(bodies.event(FIRST))
    world.province_answers(FEED, {"status": 410, "body": '{"error_code":"CURSOR"}', "times": 9})

    assert world.read_events().pages <= 3

    assert world.connector.events.read().pages == 0
    assert counted(world) == (1, 0)


def test_a_province_that_is_away_moves_no_cursor_and_is_read_at_the_next_poll(world: Stage) -> None:
    world.submit(bodies.event(FIRST))
    before = cursor(world)
    world.province.add_events([bodies.event(SECOND)])
    world.watches["province"].sides = "request"
    world.province.outage("503")

    report = world.read_events()

    assert report.error is not None
    assert (report.error.code, cursor(world)) == ("HTTP_503", before)
    world.province.outage("off")
    assert world.connector.events.read().pages == 0
    world.run_until_quiet()
    assert world.states(NEW, SECOND) == [State.DELIVERED]


def test_a_throttled_feed_is_left_alone_for_as_long_as_was_asked(world: Stage) -> None:
    world.province.add_events([bodies.event(FIRST)])
    world.province_answers(FEED, {"status": 429, "headers": {"Retry-After": "120"}})

    world.read_events()

    closed = world.closed(Partner.PROVINCE)
    assert closed is not None
    assert timedelta(seconds=110) < closed[0] <= timedelta(seconds=120)
    assert world.read_events().pages == 0
    world.clock.passes(timedelta(seconds=121))
    assert world.read_events().taken == 1


# -- events twice and out of order ------------------------------------------------------------------------------------


def test_an_event_that_comes_twice_is_counted(world: Stage) -> None:
    one = bodies.event(FIRST)
    world.submit(one, one)
    world.submit(one | {"MaSuKien": "another id"})

    assert counted(world) == (1, 2)


def test_a_copy_that_differs_in_spelling_only_is_a_duplicate(world: Stage) -> None:
    form = bodies.to_khai()
    form["BenNam"]["HoTen"] = "  Nguyễn   Văn\u00a0Thử "
    world.submit(bodies.event(FIRST), bodies.event(FIRST, ToKhai=form))

    assert counted(world) == (1, 1)


def test_a_copy_with_another_content_is_a_conflict_and_the_first_goes_on(world: Stage) -> None:
    form = bodies.to_khai(SoBanSao=9)
    world.submit(bodies.event(FIRST), bodies.event(FIRST, ToKhai=form))
    world.submit(bodies.event(FIRST, ToKhai=form))

    assert world.states(NEW) == [State.READY, State.INVALID]
    assert "PAYLOAD_CONFLICT" in world.codes(NEW)[1]
    assert counted(world) == (2, 1)
    world.deliver(NEW)
    assert world.states(NEW)[0] is State.DELIVERED
    assert len(world.sandboxes.effects("ministry", "submission")) == 1


def test_a_supplement_before_its_dossier_waits_for_it(world: Stage) -> None:
    world.submit(supplement(FIRST))
    assert world.message(NEW).hold == Hold.REQUEST

    world.submit(bodies.event(FIRST))

    first, second = world.messages(NEW)
    assert (first.version, first.state) == (1, "ready")
    assert (second.version, second.event) == (2, "supplement")
    world.deliver(NEW)
    sent = world.sandboxes.effects("ministry", "submission")
    assert [effect["body"]["lanGui"] for effect in sent] == [1]
    assert world.states(NEW) == [State.DELIVERED, State.HELD]


@pytest.mark.parametrize("together", [True, False])
def test_versions_that_come_in_the_wrong_order_go_in_the_right_one(world: Stage, together: bool) -> None:
    events = [supplement(FIRST, 3), supplement(FIRST, 2), bodies.event(FIRST)]
    if together:
        world.submit(*events)
    else:
        for one in events:
            world.submit(one)
    world.deliver(NEW)

    for expected in ([1], [1, 2], [1, 2, 3]):
        sent = world.sandboxes.effects("ministry", "submission")
        assert [effect["body"]["lanGui"] for effect in sent] == expected
        world.ministry.act(FIRST, "supplement")
        world.ask_states()
        world.deliver(NEW)
    notes = [json.loads(effect["body"]["data"]).get("ghiChu") for effect in sent]
    assert notes == [None, "bản 2", "bản 3"]


def test_a_dossier_whose_first_version_was_invalid_goes_with_its_cure(world: Stage) -> None:
    world.submit(bodies.event(FIRST, NgayTiepNhan="20261399999999"))
    assert world.states(NEW) == [State.INVALID]

    world.submit(supplement(FIRST))
    world.deliver(NEW)

    assert world.states(NEW) == [State.SUPERSEDED, State.DELIVERED]
    [sent] = world.sandboxes.effects("ministry", "submission")
    assert sent["body"]["lanGui"] == 1


def test_a_hand_over_at_the_province_is_no_message(world: Stage) -> None:
    world.submit(bodies.event(FIRST))
    world.submit(bodies.event(FIRST, "TraKetQua", 1, TrangThaiHoSo=10))

    assert counted(world) == (1, 0)
    assert world.facts(FIRST).planned == 10
