"""The province's feed becomes messages: pages and cursors in one transaction, and rubbish that stops nothing."""

import base64
import copy
import json
import random
import threading
from collections.abc import Callable
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
    row = world.row("SELECT count(*), coalesce(sum(duplicates), 0) FROM message")
    return row[0], row[1]


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

    for word in ("UPDATE feed SET cursor", "INSERT INTO history", "INSERT INTO body"):

        def at(
            connection: Any, cursor_: Any, statement: str, *more: Any, word: str = word
        ) -> None:
            if statement.strip().startswith(word):
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
    world.connector.events._province.events = slow  # type: ignore[method-assign]
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


# -- rubbish ----------------------------------------------------------------------------------------------------------

DEEP = "[" * 3000 + "]" * 3000


def spoilt(**changes: Any) -> str:
    return json.dumps(bodies.event(FIRST, **changes), ensure_ascii=False)


RUBBISH: dict[str, str] = {
    "a number": "7",
    "a text": '"HoSoMoi"',
    "null": "null",
    "an empty object": "{}",
    "an array": "[[]]",
    "deep nesting": '{"HoSo":' + DEEP + "}",
    "deep nesting in a member": spoilt()[:-1] + ',"Thêm":' + DEEP + "}",
    "a huge text": json.dumps({"HoSo": {"MaHoSo": "x" * 300_000}}),
    "a huge number": '{"HoSo":{"PhienBan":' + "9" * 5000 + "}}",
    "a number without end": '{"HoSo":{"PhienBan":1e400}}',
    "NUL in the code": spoilt().replace(FIRST, "H01\\u0000"),
    "NUL in a name": spoilt().replace("Nguyễn Văn Thử", "Nguyễn\\u0000Thử"),
    "half a surrogate": spoilt().replace("Nguyễn Văn Thử", "\\ud800"),
    "a version above all numbers": spoilt().replace('"PhienBan": 1', '"PhienBan": 99999999999999999999'),
    "a negative version": spoilt().replace('"PhienBan": 1', '"PhienBan": -1'),
    "a version that is text": spoilt().replace('"PhienBan": 1', '"PhienBan": "1"'),
    "a status above all": spoilt(TrangThaiHoSo=99_999),
    "an unknown kind": spoilt().replace("HoSoMoi", "HoSoLa"),
    "an unknown procedure": spoilt(MaTTHC="9.999999"),
    "an unknown office": spoilt(MaDonViDangKy="99999"),
    "a day before all days": spoilt(NgayTiepNhan="00010101000000"),
    "a day that is none": spoilt(NgayTiepNhan="20260230000000"),
    "a form of another kind": spoilt(ToKhai={"NguoiChet": {}}),
    "a form that is a text": spoilt(ToKhai="Lê Văn A"),
    "files that are none": spoilt(TaiLieuNop=[7, None, {"TepDinhKemId": []}]),
    "members twice": '{"HoSo":{"MaHoSo":"a"},"HoSo":{"MaHoSo":"b"}}',
    "a withdrawal of nothing": '{"LoaiSuKien":"Rut","HoSo":{}}',
    "a hand-over of nothing": '{"LoaiSuKien":"TraKetQua","HoSo":null}',
}


def test_rubbish_becomes_invalid_messages_with_their_bytes_and_the_feed_goes_on(world: Stage) -> None:
    items = {kind: text.replace(FIRST, bodies.code(100 + n)) for n, (kind, text) in enumerate(RUBBISH.items())}
    world.feed_holds(*items.values())
    world.province.add_events([bodies.event(SECOND)])

    until_quiet(world, world.read_events)

    kept = world.rows("SELECT content, state, findings FROM message JOIN body ON message_id = id")
    assert len(kept) == len(RUBBISH) + 1
    for kind, text in items.items():
        # One that no parser takes apart is kept with the page that it came in alone.
        [found] = [row for row in kept if text.encode() in bytes(row.content)]
        assert found.state == "invalid", kind
        assert found.findings, kind
    assert world.states(NEW, SECOND) == [State.READY]


def pages_of(*items: bytes, cursor: str = "next") -> bytes:
    return b'{"DuLieu":[' + b",".join(items) + b'],"ConTroTiep":"%s","ConNua":false}' % cursor.encode()


def encoded(body: bytes, **more: Any) -> dict[str, Any]:
    return {"status": 200, "body_base64": base64.b64encode(body).decode(), **more}


def test_letters_that_are_no_utf8_are_kept_and_spoil_no_other_event(world: Stage) -> None:
    broken = json.dumps(bodies.event(FIRST), ensure_ascii=False).encode().replace("Nguyễn".encode(), b"Nguy\xd4n")
    good = json.dumps(bodies.event(SECOND)).encode()
    world.province_answers(FEED, encoded(pages_of(broken, good)))

    world.read_events()

    assert world.states(NEW, SECOND) == [State.READY]
    [kept] = world.rows("SELECT * FROM message WHERE state = 'invalid'")
    assert world.body(kept.id) == broken


SPOILERS: list[Any] = [None, "", "\x00", 7, -1, 2**70, 1.5, True, [], {}, [None], "x" * 5000, "99999999999999", "Ð\u0300"]


def spoil(value: Any, rng: random.Random) -> Any:
    """The same, with something else in some places."""
    if rng.random() < 0.05:
        return rng.choice(SPOILERS)
    if isinstance(value, dict):
        kept = {name: spoil(item, rng) for name, item in value.items() if rng.random() > 0.02}
        return kept | ({rng.choice(list(value)): rng.choice(SPOILERS)} if value and rng.random() < 0.1 else {})
    if isinstance(value, list):
        return [spoil(item, rng) for item in value]
    return value


def spoilt_members(event: Event, rng: random.Random) -> Event:
    return {name: spoil(value, rng) for name, value in event.items()}


def test_whatever_events_hold_none_is_lost_and_none_stops_the_feed(world: Stage) -> None:
    seed = random.randrange(1_000_000)
    rng = random.Random(seed)
    kinds = ("HoSoMoi", "BoSung", "Rut", "TraKetQua")
    items = [
        json.dumps({"n": serial, **spoilt_members(bodies.event(bodies.code(serial), rng.choice(kinds)), rng)})
        for serial in range(300)
    ]
    world.feed_holds(*items)
    world.province.add_events([bodies.event(bodies.code(9999))])

    report = world.read_events()

    assert report.error is None, seed
    assert world.states(NEW, bodies.code(9999)) == [State.READY], seed
    stored = {bytes(row.content) for row in world.rows("SELECT content FROM body")}
    lost = [one for one in items if one.encode() not in stored and not is_hand_over(one)]
    assert lost == [], seed


def is_hand_over(item: str) -> bool:
    """Says where the dossier stands, and becomes no message."""
    return bool(json.loads(item).get("LoaiSuKien") == "TraKetQua")


def test_a_page_that_is_no_json_once_is_asked_for_again(world: Stage) -> None:
    world.feed_holds(broken_page="<html>Service Unavailable</html>")
    world.province.add_events([bodies.event(FIRST)])

    world.read_events()
    world.run_until_quiet()

    assert world.states(NEW) == [State.DELIVERED]
    assert counted(world)[1] == 0
    assert world.rows("SELECT 1 FROM message WHERE state = 'invalid'") == []


def until_quiet(world: Stage, read: Callable[[], object]) -> None:
    for _ in range(10):
        read()
        world.clock.passes(timedelta(seconds=2))


def test_events_that_break_their_page_are_kept_as_bytes_and_the_feed_goes_on_behind_them(world: Stage) -> None:
    breakers = ["{", '{"HoSo":}', "tru", '{"a":"\t', "'x'", '{"HoSo":"\x00"}']
    for serial, item in enumerate(breakers):
        world.province.add_events([bodies.event(bodies.code(serial))])
        world.feed_holds(item)
    world.province.add_events([bodies.event(bodies.code(99))])

    for _ in breakers:
        until_quiet(world, world.read_events)

    good = world.rows("SELECT subject FROM message WHERE state = 'ready'")
    assert {row.subject for row in good} == {bodies.code(serial) for serial in (*range(len(breakers)), 99)}
    kept = world.rows("SELECT subject, content FROM message JOIN body ON message_id = id WHERE state = 'invalid'")
    for item in breakers:
        assert any(b"[" + item.encode() + b"]" in bytes(row.content) for row in kept), item
    assert {row.subject.partition("-")[0] for row in kept} == {"unreadable"}


def test_a_page_without_any_cursor_stops_nothing_for_ever(world: Stage) -> None:
    world.province.add_events([bodies.event(FIRST)])
    world.province_answers(FEED, {"status": 200, "body": "no page at all", "times": 40})

    until_quiet(world, world.read_events)
    assert counted(world) == (0, 0)
    world.province.script([])
    until_quiet(world, world.read_events)

    assert world.states(NEW, FIRST) == [State.READY]


def test_a_page_over_the_limit_is_refused_by_its_size_and_the_feed_goes_on(world: Stage) -> None:
    world.province.add_events([bodies.event(FIRST)])
    world.feed_holds(json.dumps({"HoSo": "x" * 400_000}))
    world.province.add_events([bodies.event(SECOND)])
    world.transports()["province"]._body_limit = 200_000

    until_quiet(world, world.read_events)

    assert world.states(NEW, FIRST) == [State.READY]
    assert world.states(NEW, SECOND) == [State.READY]
    [kept] = world.rows("SELECT * FROM message WHERE state = 'invalid'")
    assert len(world.body(kept.id)) < 200_000


# -- withdrawals ------------------------------------------------------------------------------------------------------


def withdrawal(code: str, **more: Any) -> Event:
    return bodies.event(code, "Rut", 1, TrangThaiHoSo=7) | {"ThoiDiem": "20261120100000", **more}


def test_withdrawn_before_it_was_sent_neither_is_sent(world: Stage) -> None:
    world.submit(bodies.event(FIRST))
    world.submit(withdrawal(FIRST))
    world.deliver()

    application, rut = world.message(NEW), world.message(Route.WITHDRAWAL)
    assert (application.state, rut.state) == ("superseded", "cancelled")
    assert "supersede" in world.history(application.id)
    assert world.row("SELECT why FROM history WHERE move = 'supersede'").why == "withdrawn before it was sent"
    assert world.sandboxes.effects("ministry", "submission", "withdrawal", "withdrawal-denied") == []


def test_withdrawn_in_the_same_page_neither_is_sent(world: Stage) -> None:
    world.submit(bodies.event(FIRST), withdrawal(FIRST))
    world.deliver()

    assert (world.message(NEW).state, world.message(Route.WITHDRAWAL).state) == ("superseded", "cancelled")
    assert world.sandboxes.effects("ministry", "submission") == []


def test_a_withdrawal_that_comes_before_its_dossier_waits_and_then_stops_it(world: Stage) -> None:
    world.submit(withdrawal(FIRST))
    assert world.message(Route.WITHDRAWAL).state == "held"
    world.submit(bodies.event(FIRST))
    world.deliver()

    assert (world.message(NEW).state, world.message(Route.WITHDRAWAL).state) == ("superseded", "cancelled")
    assert world.sandboxes.effects("ministry", "submission") == []


def test_withdrawn_after_it_was_sent_the_ministry_hears_of_it(world: Stage) -> None:
    [code] = world.arrived(1)
    world.submit(withdrawal(code, LyDo="Đổi ý"))
    world.deliver()

    [effect] = world.sandboxes.effects("ministry", "withdrawal")
    assert effect["body"]["lyDo"] == "Đổi ý"
    assert effect["body"]["thoiDiem"] == "20/11/2026 10:00:00"
    assert world.message(Route.WITHDRAWAL).state == "delivered"
    assert world.facts(code).ask_at is None


def test_a_withdrawal_without_a_reason_says_what_a_citizen_would(world: Stage) -> None:
    [code] = world.arrived(1)
    world.submit(withdrawal(code))
    world.deliver()

    [effect] = world.sandboxes.effects("ministry", "withdrawal")
    assert effect["body"]["lyDo"] == "Công dân rút hồ sơ"


def test_a_withdrawal_that_comes_too_late_is_for_a_person(world: Stage) -> None:
    [code] = world.arrived(1)
    world.ministry.act(code, "refuse")
    world.submit(withdrawal(code))
    world.deliver()

    message = world.message(Route.WITHDRAWAL)
    assert (message.state, message.last_code) == ("refused", "111")


def test_a_withdrawal_waits_for_the_answer_that_was_lost(world: Stage) -> None:
    world.submit(bodies.event(FIRST))
    world.ministry.script([{"path": "/hotich/1.0/nhanHoSoDKHT", "reset": True, "effect": "before"}])
    world.deliver(NEW)
    world.submit(withdrawal(FIRST))
    assert world.message(Route.WITHDRAWAL).state == "held"

    world.run_until_quiet()

    assert (world.message(NEW).state, world.message(Route.WITHDRAWAL).state) == ("delivered", "delivered")
    assert len(world.sandboxes.effects("ministry", "submission")) == 1
    assert len(world.sandboxes.effects("ministry", "withdrawal")) == 1
