"""The examples that the domain reference gives, as the province would send them."""

import unicodedata
from typing import Any

import pytest

from connector.domain import time_limits
from connector.domain.sameness import content_key
from schemas.province import Dossier
from schemas.values import parse_instant
from tests.dossier_events import Event, changed, death, marriage, said, said_below

DIVORCE = {"So": "41/2019/QĐST-HNGĐ", "Ngay": "12/11/2019", "CoQuan": "Tòa án nhân dân thành phố Long Xuyên"}


def dossier(event: Event) -> Dossier:
    form, faults = Dossier.read_value(event["HoSo"])
    assert form is not None
    assert not faults
    return form


def test_a_valid_marriage_has_no_finding_and_is_due_the_same_day() -> None:
    received = parse_instant("20230704084000", "%Y%m%d%H%M%S")

    assert said(marriage()) == {}
    assert time_limits.due_at("1.000894", received, False).isoformat() == "2023-07-04T17:00:00+07:00"


def test_a_birth_known_to_the_year_counts_from_its_first_day_and_only_warns() -> None:
    wife = {
        "ToKhai/BenNu/HoTen": "Néang Sóc Kha",
        "ToKhai/BenNu/DanToc": "Khmer",
        "ToKhai/BenNu/NgaySinh": "2005",
        "ToKhai/BenNu/SoDinhDanh": "089305999003",
        "ToKhai/BenNu/GiayTo/So": "089305999003",
    }

    assert said_below(changed(marriage(), wife)) == {"BenNu/NgaySinh": "PARTIAL_DATE W"}


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("089195999005", "ID_GENDER_MISMATCH O"),
        ("0891959990051", "ID_LENGTH E"),
        ("089 095 999 006", None),
        ("089.095.999\u00a0006", None),
    ],
)
def test_a_personal_number_is_cleaned_and_then_judged(number: str, expected: str | None) -> None:
    event = changed(
        marriage(),
        {
            "ToKhai/BenNam/NgaySinh": "01/02/1995",
            "ToKhai/BenNam/SoDinhDanh": number,
            "ToKhai/BenNam/GiayTo": {"Loai": 6, "So": "C1234567"},
        },
    )

    assert said_below(event) == ({"BenNam/SoDinhDanh": expected} if expected else {})


@pytest.mark.parametrize(
    ("wife", "expected"),
    [
        ({"TinhTrangHonNhan": 3, "LanKetHon": 2, "LyHon": DIVORCE}, {}),
        ({"TinhTrangHonNhan": 3, "LanKetHon": 2}, {"BenNu/LyHon": "DIVORCE_DOC_REQUIRED E"}),
        ({"TinhTrangHonNhan": 2, "LanKetHon": 2}, {"BenNu/LanKetHon": "STATUS_ORDINAL_CONFLICT E"}),
        ({"TinhTrangHonNhan": 1}, {"BenNu/TinhTrangHonNhan": "ALREADY_MARRIED E"}),
    ],
)
def test_a_remarriage_needs_its_paper(wife: dict[str, Any], expected: dict[str, str]) -> None:
    assert said_below(changed(marriage(), {f"ToKhai/BenNu/{name}": value for name, value in wife.items()})) == expected


def test_the_same_dossier_in_another_spelling_is_the_same_and_another_birth_date_is_not() -> None:
    first = dossier(marriage())
    again = changed(
        marriage(),
        {
            "MaHoSo": "000.12.83.H01-230704- 0003",
            "ToKhai/BenNu/HoTen": unicodedata.normalize("NFD", "Nguyễn Thị Ái Thuỷ") + "\u00a0",
            "ToKhai/BenNam/HoTen": unicodedata.normalize("NFD", "Lê Quốc Khải"),
        },
    )
    third = changed(again, {"ToKhai/BenNu/NgaySinh": "29/11/1998"})

    assert said(again) == {}
    assert content_key(dossier(again)) == content_key(first)
    assert content_key(dossier(third)) != content_key(first)


def test_an_ordinary_death_after_three_in_the_afternoon_is_due_the_next_working_day() -> None:
    received = parse_instant("20230704152000", "%Y%m%d%H%M%S")

    assert said_below(death()) == {"NguoiChet/NgaySinh": "PARTIAL_DATE W"}
    assert time_limits.due_at("1.000656", received, False).isoformat() == "2023-07-05T17:00:00+07:00"


def test_an_extract_number_is_no_death_notice_number() -> None:
    event = changed(death(), {"ToKhai/GiayBaoTu/So": "07/TLKT-BS", "ToKhai/NguoiChet/NgaySinh": "01/01/1938"})

    assert said_below(event) == {"GiayBaoTu/So": "NOTICE_NUMBER_IS_EXTRACT E"}
