"""The sandbox province's feed, dossiers and files, and its citizens and clerks."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.bodies import code, event, progress, result, sha256
from tests.partners import Caller, PartnerProcess, partner_process, wait_for

FEED = "/apitthc/v1/su-kien"


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PartnerProcess]:
    with partner_process("province", tmp_path_factory.mktemp("province"), pace=0.01) as running:
        yield running


@pytest.fixture
def province(process: PartnerProcess) -> Iterator[Caller]:
    caller = process.fresh()
    yield caller
    assert caller.watch.violations == []


def read(province: Caller, cursor: str | None = None, size: int | None = None) -> dict[str, Any]:
    query = {"con_tro": cursor, "so_luong": size}
    answer = province.call("GET", FEED, params={k: v for k, v in query.items() if v is not None})
    assert answer.status_code == 200
    page: dict[str, Any] = answer.json()
    return page


def keys(page: dict[str, Any]) -> list[str]:
    return [item["MaSuKien"] for item in page["DuLieu"]]


def read_all(province: Caller, size: int = 500) -> list[str]:
    seen, cursor, more = [], None, True
    while more:
        page = read(province, cursor, size)
        seen += keys(page)
        cursor, more = page["ConTroTiep"], page["ConNua"]
    return seen


def push(province: Caller, *items: dict[str, Any]) -> list[str]:
    answer = province.call("POST", "/apitthc/v1/tien-do", {"data": list(items)})
    return [item["error_code"] for item in answer.json()["ket_qua"]]


# -- the feed ---------------------------------------------------------------------------------------------------------


def test_the_feed_is_read_on_from_its_cursor(province: Caller) -> None:
    events = [event(code(n)) for n in range(5)]
    province.control.add_events(events)

    first = read(province, size=3)
    second = read(province, first["ConTroTiep"], 3)
    province.control.add_events([event(code(5))])
    third = read(province, second["ConTroTiep"], 3)

    assert first["DuLieu"] + second["DuLieu"] == events
    assert (first["ConNua"], second["ConNua"]) == (True, False)
    assert keys(third) == [event(code(5))["MaSuKien"]]


def test_a_page_can_be_read_again(province: Caller) -> None:
    province.control.add_events([event(code(n)) for n in range(3)])

    assert read(province, size=2) == read(province, size=2)


def test_an_empty_page_leaves_the_cursor_as_it_was(province: Caller) -> None:
    start = read(province)
    assert start["DuLieu"] == []
    province.control.add_events([event(code(1))])
    page = read(province, start["ConTroTiep"])
    end = read(province, page["ConTroTiep"])

    assert keys(page) == [event(code(1))["MaSuKien"]]
    assert (end["DuLieu"], end["ConTroTiep"], end["ConNua"]) == ([], page["ConTroTiep"], False)


@pytest.mark.parametrize("cursor", ["nonsense", "", "YWJjOjE", "é", "AAAA"])
def test_an_unknown_cursor_is_gone(province: Caller, cursor: str) -> None:
    province.control.add_events([event(code(1))])

    answer = province.call("GET", FEED, params={"con_tro": cursor})

    assert (answer.status_code, answer.json()["error_code"]) == (410, "CURSOR")


def test_a_cursor_of_another_feed_is_gone(province: Caller) -> None:
    province.control.add_events([event(code(1))])
    cursor = read(province)["ConTroTiep"]
    province.control.reset()
    province.control.add_events([event(code(1))])

    assert province.call("GET", FEED, params={"con_tro": cursor}).status_code == 410
    assert len(read(province)["DuLieu"]) == 1


@pytest.mark.parametrize("size", ["0", "501", "-1", "x", ""])
def test_a_page_has_between_1_and_500_events(province: Caller, size: str) -> None:
    answer = province.unjudged("GET", FEED, params={"so_luong": size})

    assert (answer.status_code, answer.json()["error_code"]) == (422, "INVALID")


def test_a_hundred_events_are_a_page_where_no_size_is_asked(province: Caller) -> None:
    province.control.add_events([event(code(n)) for n in range(101)])

    assert len(read(province)["DuLieu"]) == 100


def test_raw_members_stand_in_the_feed_as_they_are(province: Caller) -> None:
    province.control.add_raw(['{"MaSuKien":"X","LoaiSuKien":7}', '"text"', "{broken"])

    text = province.unjudged("GET", FEED).text

    assert '"DuLieu":[{"MaSuKien":"X","LoaiSuKien":7},"text",{broken]' in text
    assert province.watch.violations.pop().endswith("no JSON"), "and the checker sees it"


def test_a_broken_page_is_served_once(province: Caller) -> None:
    province.control.add_events([event(code(1))])
    province.control.add_raw(broken_page='{"DuLieu":[')

    assert province.unjudged("GET", FEED).text == '{"DuLieu":['
    assert province.watch.violations.pop().endswith("no JSON")
    assert len(read(province)["DuLieu"]) == 1


def test_a_duplicated_event_comes_again_later(province: Caller) -> None:
    province.control.set_faults("calm", {"feed-duplicated": 1.0})
    province.control.add_events([event(code(n)) for n in range(6)])

    seen = read_all(province, 3)

    expected = [event(code(n))["MaSuKien"] for n in range(6)]
    assert seen[:6] == expected
    assert sorted(seen) == sorted(expected * 2)
    assert province.control.counts()["faults"]["feed-duplicated"] == 6


def test_reordered_events_all_come_but_in_another_order_and_a_page_stays_as_it_was(province: Caller) -> None:
    province.control.set_faults("calm", {"feed-reordered": 0.5})
    province.control.add_events([event(code(n)) for n in range(20)])

    first = read(province, size=10)
    again = read(province, size=10)
    seen = read_all(province, 10)

    expected = [event(code(n))["MaSuKien"] for n in range(20)]
    assert keys(again)[: len(keys(first))] == keys(first)
    assert sorted(seen) == expected
    assert seen != expected


# -- dossiers and files -----------------------------------------------------------------------------------------------


def test_a_dossier_is_told_in_its_newest_version_with_its_present_status(province: Caller) -> None:
    province.control.add_events([event(code(1)), event(code(1), "BoSung", 2, KenhThucHien=3)])
    province.control.move(code(1), 4)

    body = province.call("GET", f"/apitthc/v1/ho-so/{code(1)}").json()

    assert (body["PhienBan"], body["KenhThucHien"], body["TrangThaiHoSo"]) == (2, 3, 4)


def test_an_older_version_that_comes_late_does_not_replace_the_newer(province: Caller) -> None:
    province.control.add_events([event(code(1), "BoSung", 2, KenhThucHien=3), event(code(1))])

    assert province.call("GET", f"/apitthc/v1/ho-so/{code(1)}").json()["PhienBan"] == 2
    assert [v["PhienBan"] for v in province.control.dossier(code(1))["versions"]] == [1, 2]


def test_what_is_not_there_is_notfound(province: Caller) -> None:
    for path in (f"/apitthc/v1/ho-so/{code(1)}", "/apitthc/v1/tep/F1"):
        answer = province.call("GET", path)
        assert (answer.status_code, answer.json()["error_code"]) == (404, "NOTFOUND")


def test_a_file_comes_byte_for_byte_and_can_go(province: Caller) -> None:
    content = bytes(range(256)) * 100
    province.control.add_events([], {"F 1": content})

    answer = province.call("GET", "/apitthc/v1/tep/F%201")
    assert (answer.content, answer.headers["Content-Type"]) == (content, "application/octet-stream")

    province.control.add_events([], {"F 1": None})
    assert province.call("GET", "/apitthc/v1/tep/F%201").status_code == 404


# -- citizens and clerks ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("paper", [0.0, 1.0])
def test_a_citizen_answers_a_question_with_a_new_version(province: Caller, paper: float) -> None:
    province.control.set(supplement_paper=paper)
    province.control.add_events([event(code(1))])

    assert push(province, progress(code(1), 5, "A")) == ["0"]
    wait_for(lambda: len(province.effects("event")) == 2)

    dossier = province.call("GET", f"/apitthc/v1/ho-so/{code(1)}").json()
    [_, supplement] = read(province)["DuLieu"]
    assert (supplement["LoaiSuKien"], supplement["HoSo"]["PhienBan"]) == ("BoSung", 2)
    assert (dossier["PhienBan"], dossier["TrangThaiHoSo"]) == (2, 2)
    if paper:
        [file] = dossier["TaiLieuNop"]
        content = province.call("GET", f"/apitthc/v1/tep/{file['TepDinhKemId']}").content
        assert (sha256(content), len(content)) == (file["MaBam"], file["KichThuoc"])
    else:
        assert dossier["ToKhai"]["GhiChu"]
    [_, effect] = province.effects("event")
    assert (effect["before"], effect["after"]) == (5, 2)


def test_a_citizen_whose_dossier_moved_on_has_nothing_to_answer(province: Caller) -> None:
    province.control.set(citizens=False)
    province.control.add_events([event(code(1))])
    assert push(province, progress(code(1), 5, "A"), progress(code(1), 4, "B")) == ["0", "0"]

    province.control.set(citizens=True)

    assert province.control.counts()["working"] == 0
    assert len(province.effects("event")) == 1


def test_a_citizen_may_withdraw(province: Caller) -> None:
    province.control.set(withdraw=1.0)
    province.control.add_events([event(code(1))])
    wait_for(lambda: len(province.effects("event")) == 2)

    [_, withdrawn] = read(province)["DuLieu"]
    assert withdrawn["LoaiSuKien"] == "Rut"
    assert withdrawn["LyDo"]
    assert province.control.dossier(code(1))["status"] == 7


def test_clerks_hand_a_result_over_when_they_are_set_to(province: Caller) -> None:
    def finish(serial: int) -> None:
        province.control.add_events([event(code(serial))])
        province.call("PUT", f"/apitthc/v1/ho-so/{code(serial)}/ket-qua", result())
        assert (
            push(province, progress(code(serial), 4, f"A{serial}"), progress(code(serial), 9, f"B{serial}"))
            == ["0"] * 2
        )
        wait_for(lambda: province.control.counts()["working"] == 0)

    finish(1)
    province.control.set(clerks_hand_over=True)
    finish(2)

    assert [province.control.dossier(code(n))["status"] for n in (1, 2)] == [9, 10]
    assert [e["LoaiSuKien"] for e in read(province)["DuLieu"]] == ["HoSoMoi", "HoSoMoi", "TraKetQua"]


def test_events_in_the_feed_are_effects_in_their_order(province: Caller) -> None:
    province.control.add_events([event(code(n)) for n in (3, 1, 2)])

    assert [json.dumps(e["body"]) for e in province.effects("event")] == [json.dumps(event(code(n))) for n in (3, 1, 2)]
