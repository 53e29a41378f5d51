"""What is checked of the marriage form."""

import unicodedata
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.dossier_events import changed, marriage, said_below

DECISION = {"So": "41/2019/QĐST-HNGĐ", "Ngay": "12/11/2019", "CoQuan": "Tòa án nhân dân thành phố Long Xuyên"}
PASSPORT = {"Loai": 6, "So": "C1234567"}


def of_form(**members: Any) -> dict[str, str]:
    """What is said with other members of the form (`BenNam__NgaySinh`)."""
    return said_below(
        changed(marriage(), {"ToKhai/" + name.replace("__", "/"): value for name, value in members.items()})
    )


def of_wife(**members: Any) -> dict[str, str]:
    said = of_form(**{f"BenNu__{name}": value for name, value in members.items()})
    return {pointer.removeprefix("BenNu/"): codes for pointer, codes in said.items()}


@pytest.mark.parametrize(
    ("side", "born", "planned", "expected"),
    [
        ("BenNam", "04/07/2003", None, None),
        ("BenNam", "05/07/2003", None, "AGE_HUSBAND E"),
        ("BenNam", "05/07/2003", "05/07/2023", None),
        ("BenNam", "06/07/2003", "05/07/2023", "AGE_HUSBAND E"),
        ("BenNu", "04/07/2005", "", None),
        ("BenNu", "05/07/2005", None, "AGE_WIFE E"),
        ("BenNu", "05/07/2005", "05/07/2023", None),
        ("BenNu", "2005", None, "PARTIAL_DATE W"),
        ("BenNu", "07/2005", None, "PARTIAL_DATE W"),
        ("BenNu", "08/2005", None, "AGE_WIFE E, PARTIAL_DATE W"),
        ("BenNam", "2004", None, "AGE_HUSBAND E, PARTIAL_DATE W"),
        ("BenNam", "04/07/1892", None, "AGE_IMPLAUSIBLE O"),
        ("BenNam", "05/07/1892", None, None),
        ("BenNam", "29/02/2004", "28/02/2024", "AGE_HUSBAND E"),
        ("BenNam", "29/02/2004", "29/02/2024", None),
    ],
)
def test_age_is_counted_in_completed_years_on_the_day_of_registration(
    side: str, born: str, planned: str | None, expected: str | None
) -> None:
    members = {"NgaySinh": born, "SoDinhDanh": None, "GiayTo": PASSPORT}
    said = of_form(NgayDuKienDangKy=planned, **{f"{side}__{name}": value for name, value in members.items()})

    assert said == ({f"{side}/NgaySinh": expected} if expected else {})


@pytest.mark.parametrize("planned", ["07/2023", "2023", "31/06/2023", "mai"])
def test_a_planned_day_must_be_a_full_date_and_no_age_is_judged_without_it(planned: str) -> None:
    said = of_form(
        NgayDuKienDangKy=planned, BenNam__NgaySinh="01/01/2010", BenNam__SoDinhDanh=None, BenNam__GiayTo=PASSPORT
    )

    assert said == {"NgayDuKienDangKy": "DATE_INVALID E"}


@given(st.dates(date(1930, 1, 1), date(2023, 7, 4)))
def test_the_minimum_ages_hold_for_every_day_of_birth(born: date) -> None:
    members = {"NgaySinh": f"{born:%d/%m/%Y}", "SoDinhDanh": None, "GiayTo": PASSPORT}
    said = of_form(**{f"{side}__{name}": value for side in ("BenNam", "BenNu") for name, value in members.items()})
    lived = (2023 - born.year) * 10_000 + 704 - born.month * 100 - born.day

    assert ("AGE_HUSBAND" in said.get("BenNam/NgaySinh", "")) == (lived < 200_000)
    assert ("AGE_WIFE" in said.get("BenNu/NgaySinh", "")) == (lived < 180_000)


@pytest.mark.parametrize(
    ("status", "ordinal", "papers", "expected"),
    [
        (2, 1, {}, {}),
        (2, 2, {}, {"LanKetHon": "STATUS_ORDINAL_CONFLICT E"}),
        (3, 2, {"LyHon": DECISION}, {}),
        (3, 1, {"LyHon": DECISION}, {"LanKetHon": "STATUS_ORDINAL_CONFLICT E"}),
        (3, 2, {}, {"LyHon": "DIVORCE_DOC_REQUIRED E"}),
        (3, 2, {"VoChongTruocChet": DECISION}, {"LyHon": "DIVORCE_DOC_REQUIRED E"}),
        (4, 2, {"VoChongTruocChet": DECISION}, {}),
        (4, 1, {"VoChongTruocChet": DECISION}, {"LanKetHon": "STATUS_ORDINAL_CONFLICT E"}),
        (4, 3, {"LyHon": None}, {"VoChongTruocChet": "SPOUSE_DEATH_DOC_REQUIRED E"}),
        (1, 1, {}, {"TinhTrangHonNhan": "ALREADY_MARRIED E"}),
        (5, 2, {}, {"TinhTrangHonNhan": "ALREADY_MARRIED E"}),
        (6, 1, {}, {"TinhTrangHonNhan": "MANUAL_CHECK O"}),
        (6, 2, {}, {"TinhTrangHonNhan": "MANUAL_CHECK O"}),
        (7, 1, {}, {"TinhTrangHonNhan": "CONTRACT E"}),
    ],
)
def test_marital_status_ordinal_and_papers_agree(
    status: int, ordinal: int, papers: dict[str, Any], expected: dict[str, str]
) -> None:
    assert of_wife(TinhTrangHonNhan=status, LanKetHon=ordinal, **papers) == expected


def test_a_broken_paper_is_not_a_missing_one() -> None:
    assert of_wife(TinhTrangHonNhan=3, LanKetHon=2, LyHon="có") == {"LyHon": "CONTRACT E"}
    assert of_wife(TinhTrangHonNhan=4, LanKetHon=2, VoChongTruocChet=[]) == {"VoChongTruocChet": "CONTRACT E"}
    assert of_form(LoaiDangKy=2, NgayXacLapQuanHe=1990) == {"NgayXacLapQuanHe": "CONTRACT E"}


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("04/07/2023", None),
        ("05/07/2023", "DATE_FUTURE E"),
        ("2024", "DATE_FUTURE E"),
        ("32/01/2020", "DATE_INVALID E"),
    ],
)
def test_a_decision_is_not_dated_after_the_day_received(day: str, expected: str | None) -> None:
    said = of_wife(TinhTrangHonNhan=3, LanKetHon=2, LyHon={**DECISION, "Ngay": day})

    assert said == ({"LyHon/Ngay": expected} if expected else {})


@pytest.mark.parametrize(
    ("kind", "since", "expected"),
    [
        (1, None, None),
        (2, "1990", None),
        (2, None, "FORMER_DATE_REQUIRED E"),
        (2, "", "FORMER_DATE_REQUIRED E"),
        (2, "30/02/1990", "DATE_INVALID E"),
        (1, "13/1990", "DATE_INVALID E"),
    ],
)
def test_a_marriage_registered_again_says_since_when(kind: int, since: str | None, expected: str | None) -> None:
    assert of_form(LoaiDangKy=kind, NgayXacLapQuanHe=since) == ({"NgayXacLapQuanHe": expected} if expected else {})


def test_the_same_personal_number_is_the_same_person_wherever_it_stands() -> None:
    said = of_form(BenNu__SoDinhDanh=None, BenNu__GiayTo={"Loai": 2, "So": "089 096 999 001"})

    assert said["BenNu"] == "SAME_PERSON E"


@pytest.mark.parametrize(
    ("husband", "wife", "born", "same"),
    [
        ("Nguyễn Thị Ái Thuỷ", "Nguyễn Thị Ái Thủy", "30/11/1998", True),
        ("Nguyễn  Thị Ái Thủy ", "Nguyễn Thị Ái Thủy", "30/11/1998", True),
        ("Nguyễn Thị Ái Thụy", "Nguyễn Thị Ái Thủy", "30/11/1998", False),
        ("Nguyễn Thị Ái Thủy", "Nguyễn Thị Ái Thủy", "29/11/1998", False),
        ("Nguyễn Thị Ái Thủy", "Nguyễn Thị Ái Thủy", "11/1998", True),
        ("H’Hoà Êban", "H'Hòa Êban", "30/11/1998", True),
    ],
)
def test_the_same_name_in_any_spelling_and_date_of_birth_is_the_same_person(
    husband: str, wife: str, born: str, same: bool
) -> None:
    said = of_form(
        BenNam__HoTen=unicodedata.normalize("NFD", husband),
        BenNam__NgaySinh=born,
        BenNam__SoDinhDanh=None,
        BenNam__GiayTo=PASSPORT,
        BenNu__HoTen=wife,
    )

    assert ("BenNu" in said) is same


def test_each_code_of_both_spouses_is_reported() -> None:
    said = of_form(
        BenNam__HoTen="Lê",
        BenNam__NgaySinh="2010",
        BenNu__TinhTrangHonNhan=1,
        BenNu__GiayTo={"Loai": 6, "So": "x"},
        SoBanSao=-1,
    )

    assert said == {
        "BenNam/HoTen": "NAME_SINGLE_WORD W",
        "BenNam/NgaySinh": "AGE_HUSBAND E, PARTIAL_DATE W",
        "BenNam/SoDinhDanh": "ID_YEAR_MISMATCH O",
        "BenNu/TinhTrangHonNhan": "ALREADY_MARRIED E",
        "BenNu/GiayTo/So": "PAPER_FORM E",
        "SoBanSao": "CONTRACT E",
    }
