"""What is checked of the dossier itself: contract, code, procedure, office, due instant; and of withdrawals."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.checks import applications
from schemas.findings import Severity
from schemas.province import DossierEvent
from tests.dossier_events import Event, changed, death, findings, marriage, marriage_of_2025, said

ABROAD = {"QuocGia": "US", "DiaChi": "12 Elm Street"}


def withdrawal(event: Event, changes: dict[str, Any] | None = None, **members: Any) -> dict[str, str]:
    body = {**changed(event, changes or {}), "LoaiSuKien": "Rut", **members}
    found = applications.check_withdrawal(*DossierEvent.read(json.dumps(body).encode()))
    return {one.pointer: f"{one.code} {one.severity}" for one in found}


# --- contract


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"ChuHoSo": ...}, "/HoSo/ChuHoSo"),
        ({"PhienBan": "1"}, "/HoSo/PhienBan"),
        ({"PhienBan": 0}, "/HoSo/PhienBan"),
        ({"KenhThucHien": 4}, "/HoSo/KenhThucHien"),
        ({"TrangThaiHoSo": 11}, "/HoSo/TrangThaiHoSo"),
        ({"MaHoSo": ...}, "/HoSo/MaHoSo"),
        ({"NgayTiepNhan": None}, "/HoSo/NgayTiepNhan"),
        ({"ToKhai/BenNam/HoTen": 5}, "/HoSo/ToKhai/BenNam/HoTen"),
        ({"ToKhai/BenNam/NoiCuTru/DiaChi": "x" * 251}, "/HoSo/ToKhai/BenNam/NoiCuTru/DiaChi"),
        ({"ToKhai/SoBanSao": 51}, "/HoSo/ToKhai/SoBanSao"),
        ({"ToKhai/BenNu": ...}, "/HoSo/ToKhai/BenNu"),
    ],
)
def test_a_broken_member_breaks_the_contract_at_its_place_and_only_there(changes: dict[str, Any], pointer: str) -> None:
    assert said(changed(marriage(), changes)) == {pointer: "CONTRACT E"}


@pytest.mark.parametrize(
    "changes",
    [
        {"PhienBan": 1.0},
        {"ToKhai/BenNam/NoiCuTru/DiaChi": "x" * 250},
        {"ToKhai/SoBanSao": 50},
        {"ToKhai/SoBanSao": 0},
        {"TrangThaiHoSo": 10},
        {"KhongCoTrongTaiLieu": {"a": [1]}},
    ],
)
def test_what_is_within_the_contract_is_not_reported(changes: dict[str, Any]) -> None:
    assert said(changed(marriage(), changes)) == {}


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"[]", b"null", b'"x"', b"[" * 100_000, b'{"HoSo": 1}', b"{}"]
)
def test_a_body_that_is_no_dossier_is_said_to_break_the_contract(body: bytes) -> None:
    found = applications.check(*DossierEvent.read(body))

    assert found
    assert {one.code for one in found} == {"CONTRACT"}


def test_every_finding_has_a_sentence_in_both_languages_that_quotes_nobody() -> None:
    found = findings(changed(marriage(), {"ToKhai/BenNam/HoTen": "Lê 9 Khải", "MaHoSo": "H-1", "PhienBan": "Khải"}))

    assert len(found) == 3
    for one in found:
        assert one.vi != one.en
        assert not {"Khải", "H-1"} & {*one.vi.split(), *one.en.split()}


def test_a_form_without_its_main_person_is_still_known_as_that_form() -> None:
    assert said(changed(death(), {"ToKhai/NguoiChet": ...})) == {"/HoSo/ToKhai/NguoiChet": "CONTRACT E"}


@pytest.mark.parametrize("place", ["MaTinh", "MaHuyen", "MaXa", "DiaChi"])
def test_empty_text_of_a_nullable_member_is_an_absent_one(place: str) -> None:
    abroad = {"QuocGia": "VN", "MaTinh": "79", "MaHuyen": "760", "MaXa": "26734", "DiaChi": "x"}
    with_null, with_empty = (
        said(changed(marriage(), {"ToKhai/BenNam/NoiCuTru": {**abroad, place: value}})) for value in (None, "")
    )

    assert with_null == with_empty == {}


# --- dossier code


@pytest.mark.parametrize(
    "code",
    [
        "000.00.16.H01-230704-0001",
        "H01.129-250812-0035",
        "G09.20-20260609-0092637",
        "H01-240229-1234",
        "H01-20240229-1234567",
        " H01.129-2508 12-0035\u00a0",
    ],
)
def test_dossier_codes_of_all_styles_are_taken(code: str) -> None:
    assert said(changed(marriage(), {"MaHoSo": code})) == {}


@pytest.mark.parametrize(
    "code",
    [
        "",
        "H01-230229-1234",
        "H01-20230229-1234",
        "H01-231301-1234",
        "H01-240229-123",
        "H01-240229-12345678",
        "H01-2402291-1234",
        "h01-240229-1234",
        "H01.1234-240229-1234",
        "000.00.H01-240229-1234",
        "H01-٢٤٠٢٢٩-1234",
        "H01" + ".1" * 18 + "-240229-1234",
    ],
)
def test_a_code_that_breaks_its_pattern_or_has_no_date_is_reported(code: str) -> None:
    assert said(changed(marriage(), {"MaHoSo": code})) == {"/HoSo/MaHoSo": "DOSSIER_CODE E"}


@given(
    st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    st.integers(0, 9_999_999),
    st.booleans(),
    st.lists(st.integers(0, 999), max_size=3),
)
def test_any_code_with_a_real_date_is_taken_and_the_same_with_a_13th_month_is_not(
    day: date, serial: int, long_date: bool, groups: list[int]
) -> None:
    agency = "H01" + "".join(f".{group}" for group in groups)
    digits = f"{day:%Y%m%d}" if long_date else f"{day:%y%m%d}"
    right = f"{agency}-{digits}-{serial:04d}"
    wrong = f"{agency}-{digits[:-4]}13{digits[-2:]}-{serial:04d}"

    assert "/HoSo/MaHoSo" not in said(changed(marriage(), {"MaHoSo": right}))
    assert said(changed(marriage(), {"MaHoSo": wrong}))["/HoSo/MaHoSo"] == "DOSSIER_CODE E"


# --- procedure


@pytest.mark.parametrize("code", ["1.000894", "1.000894.000.00.00.H01", " 1.000894 .01", "1.004746"])
def test_a_procedure_is_known_by_its_first_two_groups(code: str) -> None:
    due = "20230711170000" if "4746" in code else "20230704170000"

    assert said(changed(marriage(), {"MaTTHC": code, "NgayHenTra": due})) == {}


@pytest.mark.parametrize("code", ["", "1", "1.001766", "1.0008940", "11.000894", "2.000894", "1.00089"])
def test_another_procedure_is_unknown_and_its_time_limit_is_not_judged(code: str) -> None:
    event = changed(marriage(), {"MaTTHC": code, "NgayHenTra": "20231231170000"})

    assert said(event) == {"/HoSo/MaTTHC": "PROCEDURE_UNKNOWN E"}


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({}, False),
        ({"MaTTHC": "2.000806"}, True),
        ({"MaTTHC": "1.000656"}, True),
        ({"MaTTHC": "1.005461"}, True),
        ({"ToKhai/BenNam/NoiCuTru": ABROAD}, True),
        ({"ToKhai/BenNam/NoiCuTru": ABROAD, "MaTTHC": "2.000806", "NgayHenTra": "20230711170000"}, False),
        ({"ToKhai/BenNam/NoiCuTru": ABROAD, "MaTTHC": "1.004746", "NgayHenTra": "20230711170000"}, False),
        ({"ToKhai/BenNu/QuocTich": "KR", "ToKhai/BenNu/DanToc": None}, True),
    ],
)
def test_form_and_foreign_element_belong_to_the_procedure(changes: dict[str, Any], wrong: bool) -> None:
    expected = {"/HoSo/MaTTHC": "WRONG_PROCEDURE E"} if wrong else {}

    assert said(changed(marriage(), changes)) == expected


def test_a_death_form_under_a_marriage_procedure_is_reported() -> None:
    assert said(changed(death(), {"MaTTHC": "1.000894"}))["/HoSo/MaTTHC"] == "WRONG_PROCEDURE E"


def test_no_foreign_element_is_concluded_from_a_nationality_that_cannot_be_read() -> None:
    event = changed(marriage(), {"ToKhai/BenNam/QuocTich": "Hàn", "MaTTHC": "2.000806", "NgayHenTra": "20230711170000"})

    assert said(event) == {"/HoSo/ToKhai/BenNam/QuocTich": "CONTRACT E"}


# --- registration office


@pytest.mark.parametrize(
    ("base", "office", "expected"),
    [
        (marriage, "30285", None),
        (marriage, "99999", "UNIT_NOT_VALID_ON_DATE E"),
        (marriage, "3028", "UNIT_NOT_VALID_ON_DATE E"),
        (marriage, "", "UNIT_NOT_VALID_ON_DATE E"),
        (marriage, "30733", "OFFICE_OUTSIDE_PROVINCE E"),
        (marriage_of_2025, "30301", None),
        (marriage_of_2025, "30280", "UNIT_NOT_VALID_ON_DATE E"),
        (marriage_of_2025, "31078", None),
    ],
)
def test_the_office_is_judged_on_the_day_received(base: Any, office: str, expected: str | None) -> None:
    assert said(changed(base(), {"MaDonViDangKy": office})) == ({"/HoSo/MaDonViDangKy": expected} if expected else {})


@pytest.mark.parametrize(("day", "valid"), [("20241231", True), ("20250101", False)])
def test_a_merged_ward_ends_on_its_last_day(day: str, valid: bool) -> None:
    event = changed(death(), {"MaDonViDangKy": "30285", "NgayTiepNhan": f"{day}100000"})

    assert ("/HoSo/MaDonViDangKy" not in said(event)) is valid


def test_without_a_readable_instant_received_what_depends_on_it_is_left_out() -> None:
    event = changed(marriage(), {"NgayTiepNhan": "20230230084000", "MaDonViDangKy": "99999"})

    assert said(event) == {"/HoSo/NgayTiepNhan": "DATE_INVALID E"}


# --- instants and the due instant


@pytest.mark.parametrize("member", ["NgayTiepNhan", "NgayHenTra", "NgayNop"])
@pytest.mark.parametrize(
    "text",
    [
        "20230704240000",
        "20230704086000",
        "2023-07-04",
        "2023070408400",
        "20231304084000",
        "２０２３０７０４０８４０００",
    ],
)
def test_an_instant_that_cannot_be_read_is_an_invalid_date(member: str, text: str) -> None:
    assert said(changed(marriage(), {member: text})) == {f"/HoSo/{member}": "DATE_INVALID E"}


def test_the_instant_of_the_event_is_read_too() -> None:
    assert said({**marriage(), "ThoiDiem": "hôm qua"}) == {"/ThoiDiem": "DATE_INVALID E"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"NgayHenTra": "20230704170001"}, "DUE_MISMATCH W"),
        ({"NgayHenTra": "20230705170000"}, "DUE_MISMATCH W"),
        ({"NgayHenTra": "20230705170000", "NgayTiepNhan": "20230704150000"}, None),
        ({"NgayHenTra": "20230704170000", "NgayTiepNhan": "20230704145959"}, None),
        ({"NgayHenTra": "20230711170000", "CanXacMinh": True}, None),
        ({"CanXacMinh": True}, "DUE_MISMATCH W"),
    ],
)
def test_the_promised_instant_is_what_the_time_limit_gives(changes: dict[str, Any], expected: str | None) -> None:
    assert said(changed(marriage(), changes)) == ({"/HoSo/NgayHenTra": expected} if expected else {})


def test_a_supplemented_dossier_may_be_due_later_but_not_earlier() -> None:
    later, earlier = (
        {**changed(marriage(), {"PhienBan": 2, "NgayHenTra": due}), "LoaiSuKien": "BoSung"}
        for due in ("20230712170000", "20230703170000")
    )

    assert said(later) == {}
    assert said(earlier) == {"/HoSo/NgayHenTra": "DUE_MISMATCH W"}


def test_a_time_limit_that_nobody_knows_is_not_judged() -> None:
    assert "/HoSo/NgayHenTra" not in said(changed(marriage(), {"NgayTiepNhan": "99991231235959"}))


# --- withdrawals


def test_a_withdrawal_is_not_held_up_by_what_is_wrong_with_the_application() -> None:
    assert withdrawal(marriage(), {"ToKhai": {}, "ChuHoSo": 5, "NgayTiepNhan": "x", "MaDonViDangKy": "9"}) == {}


def test_a_withdrawal_needs_the_members_that_it_is_carried_out_with() -> None:
    assert withdrawal(marriage(), {"MaHoSo": "H01", "MaTTHC": "9.9"}, ThoiDiem="20230704", LyDo="x" * 501) == {
        "/HoSo/MaHoSo": "DOSSIER_CODE E",
        "/HoSo/MaTTHC": "PROCEDURE_UNKNOWN E",
        "/ThoiDiem": "DATE_INVALID E",
        "/LyDo": "CONTRACT E",
    }


def test_a_hand_over_is_judged_like_a_withdrawal() -> None:
    body = {**changed(marriage(), {"PhienBan": None, "ToKhai": None}), "LoaiSuKien": "TraKetQua"}
    found = applications.check_hand_over(*DossierEvent.read(json.dumps(body).encode()))

    assert [(one.code, one.severity, one.pointer) for one in found] == [("CONTRACT", Severity.ERROR, "/HoSo/PhienBan")]


@given(st.dates(date(2004, 1, 1), date(2025, 6, 30)))
def test_the_office_of_a_still_valid_ward_is_taken_on_any_day_of_its_epoch(day: date) -> None:
    assert "/HoSo/MaDonViDangKy" not in said(changed(marriage(), {"NgayTiepNhan": f"{day:%Y%m%d}084000"}))
    after = date(2025, 7, 1) + timedelta(days=day.toordinal() % 400)
    assert "/HoSo/MaDonViDangKy" in said(changed(marriage(), {"NgayTiepNhan": f"{after:%Y%m%d}084000"}))
