"""What is checked of results and register entries."""

import unicodedata
from datetime import date
from typing import Any

import pytest

from schemas.ministry import DeathEntry
from schemas.province import DossierEvent
from tests.dossier_events import changed, death, marriage
from tests.ministry_answers import (
    DEATH_ADDRESS,
    death_result,
    entry,
    findings_of_result,
    marriage_result,
    said_of_entry,
    said_of_result,
    state,
    without,
)

PLACE = "/ketQuaXuLy/"


def of_marriage(**members: Any) -> dict[str, str]:
    said = said_of_result(state(result=marriage_result(**members)), marriage())
    return {pointer.removeprefix(PLACE): codes for pointer, codes in said.items()}


def of_death(instant: str = "06/07/2023 10:00:00", **members: Any) -> dict[str, str]:
    body = state("LTKT", result=death_result(**members), thoiGianThucHien=instant)
    return {pointer.removeprefix(PLACE): codes for pointer, codes in said_of_result(body, death()).items()}


def changes(**members: Any) -> str:
    """The sentence about the members that differ from the application."""
    found = findings_of_result(state(result=marriage_result(**members)), marriage())
    assert [(one.code, one.severity, one.pointer) for one in found] == [("DATA_CHANGED", "W", "/ketQuaXuLy")]
    return found[0].en.partition("(")[2].rstrip(")")


# --- the document


@pytest.mark.parametrize("number", [4, 5])
@pytest.mark.parametrize("document", [None, "", ...])
def test_without_its_document_it_is_not_yet_a_result(number: int, document: object) -> None:
    marriage_body = {name: value for name, value in marriage_result(giayKetHon=document).items() if value is not ...}
    death_body = {name: value for name, value in death_result(giayKhaiTu=document).items() if value is not ...}
    found = {
        **said_of_result(state(number=number, result=marriage_body)),
        **said_of_result(state("LTKT", number=number, result=death_body)),
    }

    assert found == {
        "/ketQuaXuLy/giayKetHon": "RESULT_WITHOUT_FILE W",
        "/ketQuaXuLy/giayKhaiTu": "RESULT_WITHOUT_FILE W",
    }


@pytest.mark.parametrize("text", [None, ""])
def test_without_any_text_it_is_not_yet_a_result_either(text: str | None) -> None:
    assert said_of_result(state(result=text)) == {"/ketQuaXuLy": "RESULT_WITHOUT_FILE W"}


@pytest.mark.parametrize("number", [1, 2, 3, 6])
def test_other_states_have_no_result_to_judge(number: int) -> None:
    assert said_of_result(state(number=number, result=None)) == {}


def test_complete_results_have_no_finding() -> None:
    assert of_marriage() == {}
    assert of_death() == {}
    assert said_of_result(state(result=marriage_result()), None) == {}


@pytest.mark.parametrize("text", ["{", "kết quả", "[]", "12"])
def test_a_text_that_is_no_form_breaks_the_contract(text: str) -> None:
    assert said_of_result(state(result=text)) == {"/ketQuaXuLy": "CONTRACT E"}


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"giayKetHon": "không phải base64"}, "giayKetHon"),
        ({"giayKetHon": "JVBERg"}, "giayKetHon"),
        ({"maGiayToKetQua": "KQ.G15.000034"}, "maGiayToKetQua"),
        ({"nguoiKy": None}, "nguoiKy"),
        ({"chongQuocTich": "Việt Nam"}, "chongQuocTich"),
        ({"voNoiCuTru": {"maXa": "30283"}}, "voNoiCuTru/dcChiTiet"),
        ({"voNoiCuTru": {"maXa": "x", "dcChiTiet": ""}}, "voNoiCuTru/maXa"),
        ({"chongSoDDCN": "89"}, "chongSoDDCN"),
    ],
)
def test_a_broken_member_breaks_the_contract_at_its_flat_place(members: dict[str, Any], pointer: str) -> None:
    assert of_marriage(**members)[pointer] == "CONTRACT E"


# --- number, book, day, office


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("15", None),
        ("015/2023", None),
        ("15/2022", "REGISTER_YEAR_MISMATCH E"),
        ("15/2024", "REGISTER_YEAR_MISMATCH E"),
        ("07/TLKT-BS", "REGISTER_NUMBER E"),
        ("15/23", "REGISTER_NUMBER E"),
        ("0", "REGISTER_NUMBER E"),
        ("", "REGISTER_NUMBER E"),
    ],
)
def test_the_number_is_one_of_the_register_in_the_year_of_registration(number: str, expected: str | None) -> None:
    assert of_marriage(soDangKy=number) == ({"soDangKy": expected} if expected else {})
    assert of_death(soDangKy=number) == ({"soDangKy": expected} if expected else {})


@pytest.mark.parametrize(
    ("book", "fits"),
    [("01/2023", True), ("01-2023", True), ("01-TP/HT-2023-KH", True), ("01", True), ("01/2022", False)],
)
def test_the_year_of_the_book_is_the_year_of_registration(book: str, fits: bool) -> None:
    assert of_marriage(quyenSo=book) == ({} if fits else {"quyenSo": "REGISTER_YEAR_MISMATCH E"})


def test_a_death_is_registered_on_the_day_of_the_state_or_on_the_day_that_is_known() -> None:
    body = state("LTKT", number=5, result=death_result(soDangKy="7/2023"), thoiGianThucHien="02/01/2024 08:00:00")

    assert set(said_of_result(body).values()) == {"REGISTER_YEAR_MISMATCH E"}
    assert said_of_result(body, registered_on=date(2023, 7, 6)) == {}


@pytest.mark.parametrize("day", ["31.06.2023", "06/07/2023", "07.2023", "2023"])
def test_a_marriage_result_says_the_full_day_of_registration(day: str) -> None:
    assert of_marriage(ngayDangKy=day, soDangKy="15/1999") == {"ngayDangKy": "DATE_INVALID E"}


@pytest.mark.parametrize(
    ("day", "office", "valid"),
    [
        ("30.06.2025", "30283", True),
        ("01.07.2025", "30283", False),
        ("01.07.2025", "30307", True),
        ("31.12.2024", "30285", True),
        ("01.01.2025", "30285", False),
        ("06.07.2023", "99999", False),
    ],
)
def test_the_office_exists_on_the_day_of_registration(day: str, office: str, valid: bool) -> None:
    said = of_marriage(ngayDangKy=day, noiDangKy=office, soDangKy="15", quyenSo="1")

    assert said == ({} if valid else {"noiDangKy": "UNIT_NOT_VALID_ON_DATE E"})


def test_dates_and_times_of_the_persons_are_real() -> None:
    assert of_marriage(chongNgaySinh="30.02.1996", ngayXacLapQuanHeHonNhan="x") == {
        "chongNgaySinh": "DATE_INVALID E",
        "ngayXacLapQuanHeHonNhan": "DATE_INVALID E",
    }
    assert of_death(nktGioPhutChet="25:00", gbtNgay="1.1.2023", nktNgayChet="00.07.2023") == {
        "nktGioPhutChet": "DATE_INVALID E",
        "gbtNgay": "DATE_INVALID E",
        "nktNgayChet": "DATE_INVALID E",
    }


# --- what was changed


@pytest.mark.parametrize(
    ("members", "listed"),
    [
        ({"chongHoTen": "Lê Quốc Khảy"}, "chongHoTen"),
        ({"voNgaySinh": "29.11.1998", "chongSoLanKH": 2}, "chongSoLanKH, voNgaySinh"),
        ({"chongDanToc": "05"}, "chongDanToc"),
        ({"chongSoDDCN": "089096999009"}, "chongSoDDCN"),
        ({"voLoaiGiayToTuyThan": 5}, "voLoaiGiayToTuyThan"),
        ({"voSoGiayToTuyThan": "089198999003"}, "voSoGiayToTuyThan"),
        ({"chongNoiCuTru": {"maTinh": "89", "maXa": "30280", "dcChiTiet": ""}}, "chongNoiCuTru"),
        ({"chongNoiCuTru": {"quocGia": "US", "dcChiTiet": "12 Elm Street"}}, "chongNoiCuTru"),
        ({"voLoaiTinhTrangHonNhan": 3}, "voLoaiTinhTrangHonNhan"),
    ],
)
def test_a_person_registered_otherwise_than_applied_for_is_listed_by_members(
    members: dict[str, Any], listed: str
) -> None:
    assert changes(**members) == listed


@pytest.mark.parametrize(
    "members",
    [
        {"chongHoTen": unicodedata.normalize("NFD", "Lê  Quốc Khải ")},
        {"voHoTen": "Nguyễn Thị Ái Thuỷ"},
        {"chongNgaySinh": "1996"},
        {"chongNoiCuTru": {"dcChiTiet": ""}},
        {"chongNoiCuTru": None, "chongDanToc": None, "voSoDDCN": None, "voSoGiayToTuyThan": None},
        {"chongSoGiayToTuyThan": "089 096 999 001"},
        {"voTinhTrangHonNhan": "Chưa đăng ký kết hôn với ai"},
        {"soLuongBanSao": 3, "ghiChu": "đã trao"},
    ],
)
def test_another_spelling_or_silence_is_no_change(members: dict[str, Any]) -> None:
    assert of_marriage(**members) == {}


@pytest.mark.parametrize(
    ("applied", "registered"),
    [
        ({"Loai": 7, "So": "1"}, {"LoaiGiayToTuyThan": 3, "GiayToKhac": "Sổ hộ khẩu"}),
        (
            {"Loai": 8, "TenLoaiKhac": "Giấy phép lái xe", "So": "1"},
            {"LoaiGiayToTuyThan": 3, "GiayToKhac": "Giấy phép lái xe"},
        ),
        ({"Loai": 3, "So": "1"}, {"LoaiGiayToTuyThan": 7}),
        ({"Loai": 4, "So": "1"}, {"LoaiGiayToTuyThan": 8}),
        ({"Loai": 6, "So": "c123456"}, {"LoaiGiayToTuyThan": 1, "SoGiayToTuyThan": "C123456"}),
        ({"Loai": 9, "So": "089198999002"}, {"LoaiGiayToTuyThan": 5, "SoGiayToTuyThan": "089198999002"}),
        ({"Loai": 10, "So": "089198999002"}, {"LoaiGiayToTuyThan": 6, "SoGiayToTuyThan": "089198999002"}),
    ],
)
def test_papers_are_compared_across_both_lists(applied: dict[str, Any], registered: dict[str, Any]) -> None:
    paper = {"SoGiayToTuyThan": "1", "NgayCapGiayToTuyThan": None, "NoiCapGiayToTuyThan": None, **registered}
    body = marriage_result(**{f"vo{name}": value for name, value in paper.items()})

    assert said_of_result(state(result=body), changed(marriage(), {"ToKhai/BenNu/GiayTo": applied})) == {}


def test_the_number_on_the_card_is_the_number_that_is_registered() -> None:
    application = changed(marriage(), {"ToKhai/BenNam/SoDinhDanh": None})

    assert said_of_result(state(result=marriage_result()), application) == {}


def test_ethnic_groups_are_compared_by_their_codes() -> None:
    application = changed(marriage(), {"ToKhai/BenNam/DanToc": "Khmer"})

    assert said_of_result(state(result=marriage_result(chongDanToc="05")), application) == {}


def test_the_facts_of_a_death_and_its_declarant_are_compared_too() -> None:
    body = state(
        "LTKT",
        result=death_result(
            nktNgayChet="01.07.2023",
            nktNoiChet={**DEATH_ADDRESS, "maXa": "30280"},
            nktNguyenNhanChet="Không rõ",
            nycQuanHe="Cháu",
            nycSoGiayToTuyThan="089165999009",
        ),
    )

    (found,) = findings_of_result(body, death())
    assert found.vi.endswith("(nktNgayChet, nktNoiChet, nktNguyenNhanChet, nycQuanHe, nycSoGiayToTuyThan)")


def test_a_result_of_another_kind_than_the_application_is_not_compared() -> None:
    assert said_of_result(state(result=marriage_result()), death()) == {}


# --- register entries


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, {}),
        ({"ngayDangKy": "05.2015"}, {}),
        ({"ngayDangKy": "31.04.2015"}, {"/ngayDangKy": "DATE_INVALID E"}),
        ({"so": "015/2015"}, {}),
        ({"so": "15/2016"}, {"/so": "REGISTER_YEAR_MISMATCH E"}),
        ({"so": "24/TLKT-BS"}, {"/so": "REGISTER_NUMBER E"}),
        ({"quyenSo": "01-TP/HT-2014-KH"}, {"/quyenSo": "REGISTER_YEAR_MISMATCH E"}),
        ({"ngayCapNhat": "hôm qua"}, {"/ngayCapNhat": "TIME_INVALID E"}),
        ({"maDonVi": "99999"}, {"/maDonVi": "UNIT_NOT_VALID_ON_DATE E"}),
        ({"phienBan": 0}, {"/phienBan": "CONTRACT E"}),
        ({"noiDangKy": "30283"}, {}),
        ({"noiDangKy": "883"}, {"/noiDangKy": "CONTRACT E"}),
        ({"chongNgaySinh": "1970", "voNgaySinh": "1.1.1970"}, {"/voNgaySinh": "DATE_INVALID E"}),
        ({"voHoTen": 5}, {"/voHoTen": "CONTRACT E"}),
        ({"trangThaiBanGhi": 3}, {"/trangThaiBanGhi": "CONTRACT E"}),
    ],
)
def test_an_entry_is_judged_by_what_it_knows(members: dict[str, Any], expected: dict[str, str]) -> None:
    assert said_of_entry(entry(**members)) == expected


def test_an_entry_of_kien_giang_is_valid_before_the_merger() -> None:
    assert said_of_entry(entry(maDonVi="30733")) == {}


def test_the_names_of_an_entry_are_required() -> None:
    death_entry = without(entry(quyenSo="01/2015"), "chongHoTen", "voHoTen")

    assert said_of_entry(without(entry(), "chongHoTen")) == {"/chongHoTen": "CONTRACT E"}
    assert said_of_entry(death_entry, DeathEntry) == {"/nktHoTen": "CONTRACT E"}
    assert said_of_entry({**death_entry, "nktHoTen": "Lê Văn Năm"}, DeathEntry) == {}


def test_the_annotations_of_an_entry_are_judged_each_at_its_place() -> None:
    notes = [
        {"loai": "LY_HON", "canCu": "QĐ 1", "ngayGhiChu": "01.01.2020"},
        {"loai": "LY_HON", "canCu": "QĐ 2", "ngayGhiChu": "01.13.2020"},
        {"loai": "KHAC", "canCu": "QĐ 3", "ngayGhiChu": "2020"},
    ]

    assert said_of_entry(entry(ghiChuBienDong=notes)) == {
        "/ghiChuBienDong/1/ngayGhiChu": "DATE_INVALID E",
        "/ghiChuBienDong/2/loai": "CONTRACT E",
    }


def test_an_unreadable_application_is_not_compared() -> None:
    application = changed(marriage(), {"ToKhai/BenNam/NgaySinh": "x"})

    assert DossierEvent.read_value(application)[0] is not None
    assert said_of_result(state(result=marriage_result(chongHoTen="Khác")), application) == {}
