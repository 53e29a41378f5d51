"""The running product between two partners that were written from the contracts alone: it knows no sandbox."""

import dataclasses
import hashlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.dossier_events import changed, death, marriage, marriage_of_2025
from tests.independent.ministry import STATES, SUBMIT, Ministry, works_through
from tests.independent.product import Product
from tests.independent.province import FEED, PROGRESS, Held, Province, feed_page
from tests.independent.stage import SECRET, Call, Reply, as_json
from tests.servers import TestServers

# Of the people in every dossier here, as text and as JSON escapes it.
CITIZENS = ("Quốc Khải", "Ái Thủy", "089096999001", "351234567", "Lý Thái Tổ", "Tuổi già", SECRET)
EVERY_STEP = [4, 4, 9, 10]


@dataclasses.dataclass
class World:
    """One product for all stories of this file, each with dossiers of its own."""

    ministry: Ministry
    province: Province
    product: Product

    def publish(self, *events: dict[str, Any]) -> list[Held]:
        self.province.publish(*events)
        return [self.province.held[event["HoSo"]["MaHoSo"]] for event in events]

    def until_over(self, held: list[Held], seconds: float = 40.0) -> None:
        self.province.wait_for(lambda: all(one.status == 10 for one in held), seconds)

    def of(self, held: dict[str, Any]) -> list[dict[str, Any]]:
        return self.product.messages("--dossier", held["HoSo"]["MaHoSo"])


@pytest.fixture(scope="module")
def running(servers: TestServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home: Path = tmp_path_factory.mktemp("home")
    with (
        servers.closed_database() as database,
        servers.broker() as broker,
        Ministry() as ministry,
        Province() as province,
    ):
        ministry.officer = works_through
        with Product(home, ministry, province, database_url=database, broker_url=broker) as product:
            province.wait_for(lambda: province.of(FEED), 90)
            product.said("rollout", "set", "all", "all", "live", "--reason", "a test", "--yes")
            yield World(ministry, province, product)
        assert b"Traceback" not in product.log.read_bytes()


@pytest.fixture
def world(running: World) -> Iterator[World]:
    yield running
    for partner in (running.ministry, running.province):
        partner.restore()
    assert running.product.crashes() == []
    said = running.product.log.read_text()
    for citizen in CITIZENS:
        assert citizen not in said
        assert json.dumps(citizen)[1:-1] not in said


def several(series: int, count: int, **changes: Any) -> list[dict[str, Any]]:
    codes = [f"000.12.83.H01-230704-{series:02d}{number:04d}" for number in range(count)]
    return [changed(marriage(), {"MaHoSo": code, **changes}) | {"MaSuKien": f"sk-{code}"} for code in codes]


def test_dossiers_of_both_procedures_and_epochs_go_all_the_way(world: World) -> None:
    world.ministry.numbers_for_status = world.ministry.strange_members = True
    world.ministry.says_fingerprint = False
    late = changed(marriage(), {"MaHoSo": "H01.12-230704-0101", "NgayTiepNhan": "20230704235959"})
    partial = changed(
        marriage(),
        {
            "MaHoSo": "H01.12-230704-0102",
            "ToKhai/BenNam/NgaySinh": "1996",
            "ToKhai/BenNu/NgaySinh": "11/1998",
            "ToKhai/BenNam/GiayTo/NgayCap": "2021",
        },
    )
    held = world.publish(marriage(), death(), marriage_of_2025(), late, partial)
    world.until_over(held)

    assert [[status for status, _ in one.told] for one in held] == [EVERY_STEP] * 5
    assert [len(one.results) for one in held] == [1] * 5
    people = held[4].results[0]["NoiDung"]
    assert (people["BenNam"]["NgaySinh"], people["BenNu"]["NgaySinh"]) == ("1996", "11/1998")
    assert people["BenNam"]["GiayTo"]["NgayCap"] == "2021"
    assert set(world.ministry.effects.values()) == {1}
    assert {message["state"] for message in world.of(partial)} == {"delivered"}


@pytest.mark.parametrize("way", ["chunked", "gzip", "last"])
def test_every_way_in_which_http_carries_an_answer_is_understood(world: World, way: Any) -> None:
    for partner in (world.ministry, world.province):
        partner.way = way
    held = world.publish(*several({"chunked": 11, "gzip": 12, "last": 13}[way], 3))
    world.until_over(held)

    assert [[status for status, _ in one.told] for one in held] == [EVERY_STEP] * 3


def test_processes_that_revoke_each_others_tokens_do_not_starve_each_other(world: World) -> None:
    for partner in (world.ministry, world.province):
        partner.one_token = True
        partner.latency = 0.02
        partner.revoke()
    held = world.publish(*several(20, 60))
    world.until_over(held)

    assert {message["attempts"] for message in world.product.messages("--route", "application", "--limit", "60")} == {1}
    assert set(world.product.said("status")["breakers"].values()) == {"closed"}


def test_tokens_that_live_a_second_are_renewed_in_time(world: World) -> None:
    for partner in (world.ministry, world.province):
        partner.token_lifetime = 1
        partner.revoke()
    held = world.publish(*several(25, 20))
    world.until_over(held)


def test_a_ministry_that_accepts_nobody_is_asked_seldom_and_costs_no_attempt(world: World) -> None:
    barred = world.ministry.script(lambda call: Reply(401))
    began = len(world.ministry.calls)
    held = world.publish(*several(30, 20))
    world.product.eventually(lambda: world.product.said("status")["breakers"]["ministry"] == "open", 30)
    since = time.monotonic()
    world.ministry.wait_for(lambda: time.monotonic() - since > 4, 30)

    assert len(world.ministry.calls) - began < 40
    waiting = world.product.messages("--route", "application", "--state", "ready")
    assert [message["attempts"] for message in waiting] == [0] * 20

    world.ministry.unscript(barred)
    world.until_over(held, 60)


def test_files_are_checked_before_anything_is_sent(world: World) -> None:
    whole = b"%PDF" + bytes(10 * 1024 * 1024 - 4)
    contents = {"empty": b"", "whole": whole, "once": b"right", "wrong": b"right", "gone": b""}
    world.province.files |= contents | {"wrong": b"wrong"}
    del world.province.files["gone"]
    world.province.next_answers("/tep/once", Reply(200, b"broken on its way"))
    events = [
        changed(several(40 + at, 1)[0], {"TaiLieuNop": [_announced(key, content)]})
        for at, (key, content) in enumerate(contents.items())
    ]
    held = world.publish(*events)
    world.until_over(held[:3])
    world.product.eventually(lambda: world.of(events[4])[0]["state"] == "refused", 30)

    assert [one.files[0]["duLieuTepDinhKem"] for one in _at_ministry(world, events[:1])] == [""]
    assert len(_at_ministry(world, events)) == 3
    [wrong], [gone] = world.of(events[3]), world.of(events[4])
    assert (wrong["state"], wrong["findings"][-1]["code"]) == ("invalid", "FILE_MISMATCH")
    assert gone["last_error"]["code"] == "FILE_GONE"


def test_a_feed_of_rubbish_repeated_and_started_over_loses_nothing(world: World) -> None:
    first, second, third = several(50, 3)
    world.province.publish(b"7", b'"\\ud800"', b"\xff\xfe", b"[" * 5000 + b"]" * 5000, b'{"HoSo":{"PhienBan":1e400}}')
    held = world.publish(first, first, second, first)
    world.until_over(held)
    world.province.epoch = "e2"
    held = world.publish(third)
    world.until_over(held)

    assert world.province.of(FEED)[-1].query["con_tro"].startswith("e2|")
    codes = [event["HoSo"]["MaHoSo"] for event in (first, second, third)]
    assert [world.ministry.effects[code, 1] for code in codes] == [1, 1, 1]
    assert len(world.product.messages("--state", "invalid", "--route", "application")) >= 5


def test_a_page_of_a_hundred_megabytes_is_refused_by_its_size_and_the_feed_goes_on(world: World) -> None:
    held = world.publish(*several(55, 2))
    end = f"{world.province.epoch}|{len(world.province.events)}"
    page = feed_page([b'{"x":"' + b"a" * 100_000_000 + b'"}'], end, True)
    world.province.next_answers(FEED, *[page] * 2)
    world.until_over(held)


def test_answers_out_of_order_missing_repeated_and_of_others_are_taken_for_what_they_are(world: World) -> None:
    world.province.mangle = lambda answers: [{"MaSuKien": "ai", "error_code": "0"}, *answers[:0:-2], *answers[::-2]]

    foreign = {
        "maDonVi": "30280",
        "maTinh": "89",
        "module": "LTKH",
        "maHoSoLT": "LT.X",
        "maHoSoMCDT": "H01.12-230704-9999",
        "lanGui": 1,
        "trangThai": 3,
        "thoiGianThucHien": "28/07/2023 09:00:00",
    }

    def confused(call: Call) -> Reply | None:
        answer = world.ministry.answer(call) if call.path.endswith(STATES) else None
        items = json.loads(answer.body)["value"] if answer else None
        if not items:
            return answer
        return as_json({"status": "1", "value": [foreign, *items[1:], *items[:1], *items[: len(items) // 2]]})

    world.ministry.script(confused)
    held = world.publish(*several(60, 30))
    world.until_over(held)

    assert [[status for status, _ in one.told] for one in held] == [EVERY_STEP] * 30
    [stranger] = world.product.messages("--dossier", "H01.12-230704-9999")
    assert stranger["state"] == "invalid"
    assert [found["code"] for found in stranger["findings"]] == ["UNMATCHED_DOSSIER"]


def test_lost_answers_redirects_and_pages_of_a_gateway_end_in_one_effect(world: World) -> None:
    trouble = (
        Reply(way="nothing"),
        Reply(307, headers={"Location": "/elsewhere"}),
        Reply(503, b"<html>", {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}),
        Reply(200, b"<html>"),
        Reply(429, headers={"Retry-After": "soon"}),
    )
    left = {path: [*trouble] for path in (SUBMIT, PROGRESS)}

    def lossy(call: Call) -> Reply | None:
        """The service runs, and something else comes back."""
        waiting = next((replies for path, replies in left.items() if call.path.endswith(path)), None)
        if not waiting:
            return None
        (world.ministry if call.path.endswith(SUBMIT) else world.province).answer(call)
        return waiting.pop()

    for partner in (world.ministry, world.province):
        partner.script(lossy)
    held = world.publish(*several(70, 4))
    world.until_over(held, 60)

    assert not any(left.values())
    assert [[status for status, _ in one.told] for one in held] == [EVERY_STEP] * 4
    assert set(world.ministry.effects.values()) == {1}


def test_four_hundred_dossiers_at_fifty_milliseconds_a_call_keep_their_order(world: World) -> None:
    world.ministry.latency = world.province.latency = 0.05
    held = world.publish(*several(80, 400))
    world.until_over(held, 60)

    assert all([status for status, _ in one.told] == EVERY_STEP for one in held)
    assert set(world.ministry.effects.values()) == {1}
    assert max(len(codes) for codes in world.ministry.asked) <= 50


def _announced(key: str, content: bytes) -> dict[str, Any]:
    file = {"TepDinhKemId": key, "TenTepDinhKem": f"{key}.pdf", "LoaiGiayTo": 1, "TenGiayTo": "Tờ khai"}
    return {**file, "MaBam": hashlib.sha256(content).hexdigest(), "KichThuoc": len(content)}


def _at_ministry(world: World, events: list[dict[str, Any]]) -> list[Any]:
    codes = [event["HoSo"]["MaHoSo"] for event in events]
    return [world.ministry.dossiers[code] for code in codes if code in world.ministry.dossiers]
