"""tien-do and ket-qua of the sandbox province."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.bodies import code, event, progress, result, signed, to_khai
from tests.partners import Caller, PartnerProcess, partner_process

# province.openapi.yaml, /tien-do, written down once more.
ALLOWED = {
    1: {2, 3, 7},
    2: {4, 5, 7, 8},
    4: {3, 5, 6, 7, 8, 9},
    5: {2, 4, 7, 8},
    6: {4, 7, 8},
    8: {4, 7, 9},
    9: {10, 4},
}


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PartnerProcess]:
    with partner_process("province", tmp_path_factory.mktemp("province"), citizens=False) as running:
        yield running


@pytest.fixture
def province(process: PartnerProcess) -> Iterator[Caller]:
    caller = process.fresh()
    caller.control.add_events([event(code(1))])
    yield caller
    assert caller.watch.violations == []


def push(province: Caller, *items: Any, good: bool = True) -> list[str]:
    call = province.call if good else province.unjudged
    answer = call("POST", "/apitthc/v1/tien-do", {"data": list(items)})
    assert answer.status_code == 200, answer.text
    return [item["error_code"] for item in answer.json()["ket_qua"]]


def put(province: Caller, body: Any, serial: int = 1, *, good: bool = True) -> requests.Response:
    return (province.call if good else province.unjudged)("PUT", f"/apitthc/v1/ho-so/{code(serial)}/ket-qua", body)


def outcome(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error_code"]


def status(province: Caller, serial: int = 1) -> int:
    return int(province.control.dossier(code(serial))["status"])


# -- tien-do ----------------------------------------------------------------------------------------------------------


def test_every_pair_of_statuses_is_allowed_or_not_as_the_table_says(province: Caller) -> None:
    province.control.add_events([event(code(2))])
    assert outcome(put(province, result(), 2)) == (200, "0")
    pairs = list(itertools.product(range(1, 11), repeat=2))

    answers = []
    for n, (before, after) in enumerate(pairs):
        province.control.move(code(2), before)
        answers += push(province, progress(code(2), after, f"K{n}"))

    allowed = [before == after or after in ALLOWED.get(before, set()) for before, after in pairs]
    assert answers == ["0" if may else "STATE" for may in allowed]
    moved = [(e["before"], e["after"]) for e in province.effects("progress")]
    assert moved == [pair for pair, may in zip(pairs, allowed, strict=True) if may]


def test_9_is_taken_only_once_a_result_is_stored(province: Caller) -> None:
    province.control.move(code(1), 4)

    assert push(province, progress(code(1), 9, "A")) == ["STATE"]
    assert outcome(put(province, result())) == (200, "0")
    assert push(province, progress(code(1), 9, "A")) == ["0"], "a denied key is free"


def test_a_move_to_the_same_status_adds_its_text(province: Caller) -> None:
    push(province, progress(code(1), 4, "A"), progress(code(1), 4, "B", NoiDungXuLy="Đang thẩm tra"))

    history = province.control.dossier(code(1))["history"]
    assert [(line["status"], line["text"]) for line in history] == [(4, "Đang xử lý"), (4, "Đang thẩm tra")]


def test_a_key_is_applied_once(province: Caller) -> None:
    item = progress(code(1), 4, "A")

    assert push(province, item, item) == ["0", "DUP"]
    assert push(province, {**item, "NoiDungXuLy": "khác"}) == ["CONFLICT"]
    province.control.move(code(1), 7)
    assert push(province, item) == ["DUP"], "also after the dossier moved on"
    assert [e["kind"] for e in province.effects("progress", "progress-repeated", "progress-denied")] == [
        "progress",
        "progress-repeated",
        "progress-denied",
        "progress-repeated",
    ]


def test_each_item_stands_for_itself_and_is_answered_in_its_place(province: Caller) -> None:
    items = [
        progress(code(1), 4, "A"),
        progress(code(9), 4, "B"),
        progress(code(1), 2, "C"),
        progress(code(1), 11, "D"),
        progress(code(1), 5, "E", HanBoSung="20261125170000"),
    ]

    assert push(province, *items, good=False) == ["0", "NOTFOUND", "STATE", "INVALID", "0"]
    assert status(province) == 5


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"TrangThai": "4"}, "/TrangThai"),
        ({"ThoiDiemXuLy": "2026-11-20"}, "/ThoiDiemXuLy"),
        ({"ThoiDiemXuLy": "20261320090000"}, "/ThoiDiemXuLy"),
        ({"NoiDungXuLy": "x" * 2001}, "/NoiDungXuLy"),
        ({"MaSuKien": "x" * 65}, "/MaSuKien"),
        ({"MaHoSo": "H01"}, "/MaHoSo"),
        ({"NguoiXuLy": None}, "/NguoiXuLy"),
        ({"GhiChu": "không có trong quy định"}, "/GhiChu"),
    ],
)
def test_a_broken_item_is_invalid_and_says_where(province: Caller, change: dict[str, Any], pointer: str) -> None:
    body = {"data": [progress(code(1), 4, "A", **change), progress(code(1), 4, "Z")]}

    first, second = province.unjudged("POST", "/apitthc/v1/tien-do", body).json()["ket_qua"]

    assert (first["error_code"], second["error_code"]) == ("INVALID", "0")
    assert pointer in [detail["truong"] for detail in first["chi_tiet"]]


def test_an_item_without_its_members_names_them(province: Caller) -> None:
    [answer] = province.unjudged("POST", "/apitthc/v1/tien-do", {"data": [{"MaSuKien": "A"}]}).json()["ket_qua"]

    assert {detail["truong"] for detail in answer["chi_tiet"]} == {
        "/MaHoSo",
        "/NguoiXuLy",
        "/ThoiDiemXuLy",
        "/NoiDungXuLy",
        "/TrangThai",
    }


@pytest.mark.parametrize("item", ["text", 7, None, []])
def test_an_item_that_is_no_object_is_invalid_by_itself(province: Caller, item: Any) -> None:
    assert push(province, item, progress(code(1), 4, "A"), good=False) == ["INVALID", "0"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff", [], {}, {"data": []}, {"data": {}}, {"data": [progress("H01-261120-0001", 4, "A")], "x": 1}],
)
def test_a_page_that_is_none_is_invalid_as_a_whole(province: Caller, body: Any) -> None:
    assert outcome(province.unjudged("POST", "/apitthc/v1/tien-do", body)) == (422, "INVALID")


def test_a_page_has_at_most_a_hundred_items(province: Caller) -> None:
    items = [progress(code(1), 4, f"K{n}") for n in range(101)]

    assert outcome(province.unjudged("POST", "/apitthc/v1/tien-do", {"data": items})) == (422, "INVALID")
    assert push(province, *items[:100]) == ["0"] * 100


def test_a_lagging_replica_does_not_find_the_dossier_yet(province: Caller) -> None:
    province.control.set_faults("calm", {"replica-lag": 1.0})
    assert push(province, progress(code(1), 4, "A")) == ["NOTFOUND"]
    province.control.set_faults("calm")
    assert push(province, progress(code(1), 4, "A")) == ["0"]


# -- ket-qua ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", range(1, 11))
def test_a_result_is_taken_in_2_4_5_and_9(province: Caller, before: int) -> None:
    province.control.move(code(1), before)

    answer = outcome(put(province, result()))

    taken = before in {2, 4, 5, 9}
    assert answer == ((200, "0") if taken else (409, "STATE"))
    assert (province.control.dossier(code(1))["result"] is not None) == taken


def test_the_same_result_again_is_a_duplicate_in_any_status(province: Caller) -> None:
    put(province, result())
    province.control.move(code(1), 10)

    assert outcome(put(province, result())) == (200, "DUP")
    assert len(province.effects("result")) == len(province.effects("result-repeated")) == 1


def test_another_result_is_a_conflict_unless_it_replaces_the_stored_one(province: Caller) -> None:
    first, second, third = result(15), result(16), result(17)
    put(province, first)

    assert outcome(put(province, second)) == (409, "CONFLICT")
    assert outcome(put(province, {**second, "ThayThe": third["DauVanTay"]})) == (409, "CONFLICT")
    assert outcome(put(province, {**second, "ThayThe": first["DauVanTay"]})) == (200, "0")
    assert outcome(put(province, {**second, "ThayThe": first["DauVanTay"]})) == (200, "DUP")
    assert outcome(put(province, first)) == (200, "DUP"), "a late repetition of what was replaced since"
    dossier = province.control.dossier(code(1))
    assert dossier["result"] == second["DauVanTay"]
    assert [r["SoDangKy"] for r in dossier["results"]] == [15, 16]
    assert [e["kind"] for e in province.effects("result", "result-replaced")] == ["result", "result-replaced"]


def test_a_replaced_result_may_come_back_by_replacing_its_successor(province: Caller) -> None:
    first, second = result(15), result(16)
    put(province, first)
    put(province, {**second, "ThayThe": first["DauVanTay"]})

    assert outcome(put(province, {**first, "ThayThe": second["DauVanTay"]})) == (200, "0")
    assert province.control.dossier(code(1))["result"] == first["DauVanTay"]


def test_a_result_for_a_dossier_that_is_not_there_is_notfound(province: Caller) -> None:
    assert outcome(put(province, result(), 9)) == (404, "NOTFOUND")


def test_null_members_do_not_count_in_the_fingerprint(province: Caller) -> None:
    body = result()
    bare = {k: v for k, v in body.items() if v is not None}

    assert outcome(put(province, bare)) == (200, "0")
    assert outcome(put(province, {**body, "NguoiThucHien": None})) == (200, "DUP")


def test_a_result_is_proved_by_its_fingerprints(province: Caller) -> None:
    good = result()
    paper = {**good["GiayToKetQua"], "MaBam": "0" * 64}
    cases = {
        "/DauVanTay": {**good, "SoDangKy": 16},
        "/GiayToKetQua/MaBam": signed({**good, "GiayToKetQua": paper}),
        "/GiayToKetQua/NoiDungTep": signed({**good, "GiayToKetQua": {**paper, "NoiDungTep": "%%%"}}),
    }

    for pointer, body in cases.items():
        answer = put(province, body)
        assert outcome(answer) == (422, "INVALID")
        assert pointer in [detail["truong"] for detail in answer.json()["chi_tiet"]]
    assert province.effects("result") == []


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"SoDangKy": "15"}, "/SoDangKy"),
        ({"SoDangKy": 0}, "/SoDangKy"),
        ({"MaKetQua": "KQ.G15.000031"}, "/MaKetQua"),
        ({"NgayDangKy": "11/2026"}, "/NgayDangKy"),
        ({"NgayDangKy": "31/02/2026"}, "/NgayDangKy"),
        ({"NguoiKy": None}, "/NguoiKy"),
        ({"GhiChu": "x"}, "/GhiChu"),
        ({"NoiDung": {**to_khai(), "Them": 1}}, "/NoiDung/Them"),
        ({"NoiDung": {**to_khai(), "BenNam": {"HoTen": "A"}}}, "/NoiDung/BenNam/NgaySinh"),
        ({"MaKetQua": "KQ.G15.000034"}, "/NoiDung/NguoiChet"),
    ],
)
def test_a_broken_result_is_invalid_and_says_where(province: Caller, change: dict[str, Any], pointer: str) -> None:
    answer = put(province, result(**change), good=False)

    assert outcome(answer) == (422, "INVALID")
    assert pointer in [detail["truong"] for detail in answer.json()["chi_tiet"]]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xc3("])
def test_a_result_that_is_no_json_object_is_invalid(province: Caller, body: bytes) -> None:
    assert outcome(put(province, body, good=False)) == (422, "INVALID")


def test_an_answer_never_quotes_what_was_sent(province: Caller) -> None:
    form = to_khai(BenNam={**to_khai()["BenNam"], "HoTen": ["Bí Mật"], "SoDinhDanh": 89098001234})

    text = put(province, result(NoiDung=form), good=False).text

    assert "Bí Mật" not in text
    assert "089098001234" not in text
    assert "89098001234" not in text
