"""What no contract allows, in the province's feed: nothing of it is lost, and nothing of it stops the feed."""

import base64
import json
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from connector.domain.message import Route, State
from tests import bodies
from tests.world import FEED, Event, Stage

NEW, FIRST, SECOND = Route.APPLICATION, bodies.code(1), bodies.code(2)


def counted(world: Stage) -> tuple[int, int]:
    """Messages and duplicates."""
    row = world.row("SELECT count(*) AS messages, coalesce(sum(duplicates), 0) AS duplicates FROM message")
    return row.messages, row.duplicates


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
        forms = (text.encode(), b'{"DuLieu":[' + text.encode() + b"],")
        found = [row for row in kept if bytes(row.content) == forms[0] or bytes(row.content).startswith(forms[1])]
        assert [row.state for row in found] == ["invalid"], kind
        assert found[0].findings, kind
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


SPOILERS: list[Any] = [
    None,
    "",
    "\x00",
    7,
    -1,
    2**70,
    1.5,
    True,
    [],
    {},
    [None],
    "x" * 5000,
    "99999999999999",
    "Ð\u0300",
]


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
