"""nhanHoSoDKHT and rutHoSo of the sandbox ministry."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.bodies import attachment, code, death_form, marriage_form, sha256, submission
from tests.partners import Caller, PartnerProcess, partner_process


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PartnerProcess]:
    with partner_process("ministry", tmp_path_factory.mktemp("ministry"), officers=False) as running:
        yield running


@pytest.fixture
def ministry(process: PartnerProcess) -> Iterator[Caller]:
    caller = process.fresh()
    yield caller
    assert caller.watch.violations == []


def fingerprint(body: dict[str, Any]) -> str:
    return sha256(body["data"].encode())


def withdrawal(dossier: str, **changes: Any) -> dict[str, Any]:
    body = {"maHoSoMCDT": dossier, "module": "LTKH", "lyDo": "Công dân rút hồ sơ", "thoiDiem": "21/11/2026 09:00:00"}
    return {**body, **changes}


def test_a_new_key_is_taken_and_gets_the_ministrys_own_code(ministry: Caller) -> None:
    body = submission(code(1))

    answer = ministry.service("nhanHoSoDKHT", body)

    assert answer["status"] == "1"
    assert answer["value"]["dauVanTay"] == fingerprint(body)
    assert ministry.control.dossier(code(1))["lt_code"] == answer["value"]["maHoSoLT"]
    [effect] = ministry.effects("submission")
    assert effect["key"] == f"{code(1)}#1"
    assert effect["fingerprint"] == fingerprint(body)
    assert effect["body"]["data"] == body["data"]
    assert [(f["id"], f["sha256"], f["huyGiayTo"]) for f in effect["body"]["files"]] == [
        (1, sha256(b"%PDF-1.4 to khai"), 0)
    ]


def test_a_known_key_is_answered_110_with_what_is_stored(ministry: Caller) -> None:
    first = submission(code(1))
    ministry.service("nhanHoSoDKHT", first)

    again = ministry.service("nhanHoSoDKHT", first)
    other = ministry.service("nhanHoSoDKHT", submission(code(1), marriage_form(soLuongBanSao=3)))

    assert (again["status"], again["errorCode"]) == ("0", "110")
    assert again["value"]["dauVanTay"] == other["value"]["dauVanTay"] == fingerprint(first)
    assert len(ministry.effects("submission")) == 1
    assert len(ministry.effects("submission-repeated")) == 1
    [denied] = ministry.effects("submission-denied")
    assert denied["answer"] == "110"
    assert json.loads(ministry.control.dossier(code(1))["submissions"][0]["data"])["soLuongBanSao"] == 2


def test_a_key_that_is_known_is_told_so_whatever_the_new_content_is(ministry: Caller) -> None:
    ministry.service("nhanHoSoDKHT", submission(code(1)))

    answer = ministry.service("nhanHoSoDKHT", submission(code(1), data="{}"), good=False)

    assert answer["errorCode"] == "110"


def test_a_build_without_fingerprints_sends_none(ministry: Caller) -> None:
    ministry.control.set(send_fingerprint=False)

    first = ministry.service("nhanHoSoDKHT", submission(code(1)))
    again = ministry.service("nhanHoSoDKHT", submission(code(1)))

    assert "dauVanTay" not in first["value"]
    assert again["errorCode"] == "110"
    assert set(again["value"]) == {"maHoSoLT", "thoiGianTiepNhan"}


def test_some_builds_send_numbers_for_the_status(ministry: Caller) -> None:
    ministry.control.set(numeric_status=True)

    assert ministry.service("nhanHoSoDKHT", submission(code(1)))["status"] == 1
    assert ministry.service("nhanHoSoDKHT", submission(code(1)))["status"] == 0


def test_a_supplement_is_taken_only_when_it_was_asked_for_and_is_the_next(ministry: Caller) -> None:
    def send(round_: int) -> Any:
        return ministry.service("nhanHoSoDKHT", submission(code(1), round_=round_))["errorCode"]

    assert send(2) == "111", "no first submission yet"
    assert send(1) is None
    assert send(2) == "111", "nobody asked"
    ministry.control.act(code(1), "supplement")
    assert send(3) == "111", "not the next one"
    assert send(2) is None
    assert send(3) == "111", "the answer to the first question is in"
    dossier = ministry.control.dossier(code(1))
    assert (dossier["state"], dossier["round"]) == (3, 2)
    assert [s["lanGui"] for s in dossier["submissions"]] == [1, 2]


def test_a_death_is_taken_with_its_partial_dates(ministry: Caller) -> None:
    answer = ministry.service("nhanHoSoDKHT", submission(code(2), module="LTKT"))

    assert answer["status"] == "1"
    assert json.loads(ministry.effects("submission")[0]["body"]["data"])["nktNgaySinh"] == "1938"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"chongHoTen": "A" * 101}, "chongHoTen có độ dài vượt quá số lượng cho phép"),
        ({"voHoTen": None}, "voHoTen có định dạng không đúng"),
        ({"chongNgaySinh": "5/7/1998"}, "chongNgaySinh có định dạng không đúng"),
        ({"chongNgaySinh": "31.02.1998"}, "chongNgaySinh có định dạng không đúng"),
        ({"voSoDDCN": "12345"}, "voSoDDCN có định dạng không đúng"),
        ({"chongLoaiTinhTrangHonNhan": 1}, "chongLoaiTinhTrangHonNhan có định dạng không đúng"),
        ({"voLoaiTinhTrangHonNhan": 5}, "voLoaiTinhTrangHonNhan có định dạng không đúng"),
        ({"voNoiCuTru": {"maTinh": "91"}}, "voNoiCuTru.dcChiTiet không tồn tại"),
    ],
)
def test_a_broken_field_is_named_in_its_sentence(ministry: Caller, change: dict[str, Any], sentence: str) -> None:
    answer = ministry.service("nhanHoSoDKHT", submission(code(1), marriage_form(**change)), good=False)

    assert (answer["errorCode"], answer["errorDescription"]) == ("500", sentence)
    assert ministry.effects("submission") == []


def test_all_broken_fields_stand_in_one_text(ministry: Caller) -> None:
    form = death_form(nktGioiTinh=4, nktNguyenNhanChet="x" * 501)
    del form["nycHoTen"]

    answer = ministry.service("nhanHoSoDKHT", submission(code(1), form, module="LTKT"), good=False)

    assert set(answer["errorDescription"].split("; ")) == {
        "nktGioiTinh có định dạng không đúng",
        "nktNguyenNhanChet có độ dài vượt quá số lượng cho phép",
        "nycHoTen không tồn tại",
    }


@pytest.mark.parametrize("data", ["", "{", "[]", "null", '{"a": NaN}', "[" * 5000])
def test_data_that_is_no_form_is_refused(ministry: Caller, data: str) -> None:
    answer = ministry.service("nhanHoSoDKHT", submission(code(1), data=data), good=False)

    assert answer["errorCode"] == "500"
    assert "data có định dạng không đúng" in answer["errorDescription"]


@pytest.mark.parametrize(
    ("change", "number"),
    [
        ({"maDonVi": "302"}, "106"),
        ({"maDonVi": None}, "106"),
        ({"module": "LTKS"}, "500"),
        ({"lanGui": 0}, "500"),
        ({"lanGui": "1"}, "500"),
        ({"lanGui": 10**30}, "111"),
        ({"ngayTiepNhan": "2026-11-20"}, "500"),
        ({"ngayTiepNhan": "31/02/2026 08:00:00"}, "500"),
        ({"maHoSoMCDT": "H01-1"}, "500"),
    ],
)
def test_a_broken_envelope_is_refused(ministry: Caller, change: dict[str, Any], number: str) -> None:
    assert ministry.service("nhanHoSoDKHT", submission(code(1), **change), good=False)["errorCode"] == number
    assert ministry.effects("submission") == []


def test_an_office_that_the_ministry_does_not_know_is_refused_with_106(ministry: Caller) -> None:
    ministry.control.set(offices=["30280"])

    assert ministry.service("nhanHoSoDKHT", submission(code(1)))["errorCode"] == "106"
    assert ministry.service("nhanHoSoDKHT", submission(code(1), maDonVi="30280"))["status"] == "1"


NO_SUBMISSIONS = [b"", b"{", b"\xff\xfe", b"[1]", b'"x"', b'{"data":"\\ud800"}', b"\x00", b'{"lanGui":1e999}']
DEEP = [b"[" * depth + b"]" * depth for depth in (99, 101, 900, 5000, 200_000)]


@pytest.mark.parametrize("body", [*NO_SUBMISSIONS, *DEEP], ids=range(13))
def test_a_body_that_is_no_submission_is_refused_and_the_service_goes_on(ministry: Caller, body: bytes) -> None:
    assert ministry.service("nhanHoSoDKHT", body, good=False)["errorCode"] in {"302", "500"}
    assert ministry.service("nhanHoSoDKHT", submission(code(1)))["status"] == "1"


def test_a_cancelled_attachment_has_no_bytes(ministry: Caller) -> None:
    files = [attachment(1), attachment(2, b"", huyGiayTo=1)]

    assert ministry.service("nhanHoSoDKHT", submission(code(1), fileDinhKem=files))["status"] == "1"


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (attachment(1, duLieuTepDinhKem="không phải base64"), "có định dạng không đúng"),
        (attachment(1, b""), "không tồn tại"),
        (attachment(1, bytes(10 * 1024 * 1024 + 1)), "có độ dài vượt quá số lượng cho phép"),
    ],
)
def test_an_attachment_is_decoded_and_measured(ministry: Caller, file: dict[str, Any], sentence: str) -> None:
    answer = ministry.service("nhanHoSoDKHT", submission(code(1), fileDinhKem=[file]), good=False)

    assert answer["errorCode"] == "500"
    assert answer["errorDescription"] == f"fileDinhKem.0.duLieuTepDinhKem {sentence}"


def test_ten_mebibytes_are_just_small_enough(ministry: Caller) -> None:
    largest = bytes(10 * 1024 * 1024)

    ministry.service("nhanHoSoDKHT", submission(code(1), fileDinhKem=[attachment(1, largest)]))

    [effect] = ministry.effects("submission")
    assert effect["body"]["files"][0]["size"] == len(largest)
    assert base64.b64encode(largest[:30]).decode() not in json.dumps(effect), "no bytes are kept"


def test_attachments_of_one_submission_have_different_ids(ministry: Caller) -> None:
    answer = ministry.service("nhanHoSoDKHT", submission(code(1), fileDinhKem=[attachment(1), attachment(1)]))

    assert answer["errorDescription"] == "fileDinhKem.1.id có định dạng không đúng"


@pytest.mark.parametrize("act", [None, "accept", "supplement"])
def test_a_dossier_can_be_withdrawn_until_it_has_a_result_and_is_then_not_reported(
    ministry: Caller, act: str | None
) -> None:
    ministry.service("nhanHoSoDKHT", submission(code(1)))
    if act is not None:
        ministry.control.act(code(1), act)

    first = ministry.service("rutHoSo", withdrawal(code(1)))
    again = ministry.service("rutHoSo", withdrawal(code(1)))

    assert (first["status"], again["status"]) == ("1", "1")
    assert len(ministry.effects("withdrawal")) == 1
    assert len(ministry.effects("withdrawal-repeated")) == 1
    question = {"maTinh": "91", "module": "LTKH", "maDinhDanhHoSo": [code(1)]}
    assert ministry.service("layKetQua", question)["value"] == []
    assert ministry.service("nhanHoSoDKHT", submission(code(1), round_=2))["errorCode"] == "111"


@pytest.mark.parametrize("act", ["register", "sign", "hand_over", "refuse"])
def test_it_is_too_late_to_withdraw_what_is_decided(ministry: Caller, act: str) -> None:
    ministry.service("nhanHoSoDKHT", submission(code(1)))
    ministry.control.act(code(1), act)

    assert ministry.service("rutHoSo", withdrawal(code(1)))["errorCode"] == "111"
    assert not ministry.control.dossier(code(1))["withdrawn"]


def test_withdrawing_what_the_ministry_does_not_know_is_201(ministry: Caller) -> None:
    ministry.service("nhanHoSoDKHT", submission(code(1)))

    assert ministry.service("rutHoSo", withdrawal(code(9)))["errorCode"] == "201"
    assert ministry.service("rutHoSo", withdrawal(code(1), module="LTKT"))["errorCode"] == "201"


@pytest.mark.parametrize("change", [{"lyDo": "x" * 501}, {"thoiDiem": "hôm nay"}, {"thoiDiem": "32/01/2026 00:00:00"}])
def test_a_broken_withdrawal_is_302(ministry: Caller, change: dict[str, Any]) -> None:
    assert ministry.service("rutHoSo", withdrawal(code(1), **change), good=False)["errorCode"] == "302"
