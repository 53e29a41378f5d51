"""What is checked of every person: name, address, numbers and papers, ethnic group, dates, residence."""

import unicodedata
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.dossier_events import changed, death, marriage, marriage_of_2025, said_below

MAN = "ToKhai/BenNam/"
PASSPORT = {"Loai": 6, "So": "C1234567"}
KIEN_GIANG = "30733"


def of_husband(base: Any = marriage, **members: Any) -> dict[str, str]:
    """What is said of the husband with other members, below his place."""
    event = changed(base(), {MAN + name.replace("__", "/"): value for name, value in members.items()})
    return {pointer.removeprefix("BenNam/"): codes for pointer, codes in said_below(event).items()}


# --- names and addresses


@pytest.mark.parametrize("letter", [*"¨©®µ¶·¸¹¬¦", "\ufffd", "\x00", "\x07", "\x0b", "\x7f", "\x80", "\x9f"])
def test_leftovers_of_another_encoding_are_suspect_and_said_once(letter: str) -> None:
    assert of_husband(HoTen=f"Lê Qu{letter}c 9") == {"HoTen": "ENCODING_SUSPECT E"}
    assert of_husband(NoiCuTru__DiaChi=f"s{letter} 7") == {"NoiCuTru/DiaChi": "ENCODING_SUSPECT E"}


@pytest.mark.parametrize("space", ["\t", "\n", "\r\n", "\u00a0", "\u200b", "  "])
def test_white_space_of_any_kind_is_no_fault(space: str) -> None:
    assert of_husband(HoTen=f" Lê{space}Khải ", NoiCuTru__DiaChi=f"tổ{space}3") == {}


@pytest.mark.parametrize(
    "name", ["Lê", "Néang Sóc Kha", "H'Hen Niê", "H’Hen Niê", "Anne-Marie Lê", "J. R. Lê", "Ðặng Lê", "Lê " + "a" * 97]
)
def test_names_of_letters_and_marks_are_taken(name: str) -> None:
    said = of_husband(HoTen=name)

    assert said == ({} if " " in name else {"HoTen": "NAME_SINGLE_WORD W"})


@pytest.mark.parametrize(
    "name", ["", " ", "L", " L\u200b", "Lê 2", "Lê_Khải", "Lê (Khải)", "Lê, Khải", "Lê " + "a" * 98]
)
def test_names_outside_the_form_are_not(name: str) -> None:
    assert of_husband(HoTen=name) == {"HoTen": "NAME_FORM E"}


def test_only_a_vietnamese_citizen_needs_two_words() -> None:
    assert of_husband(HoTen="Khải") == {"HoTen": "NAME_SINGLE_WORD W"}
    assert "HoTen" not in of_husband(HoTen="Madonna", QuocTich="US", DanToc=None)
    assert "NguoiYeuCau/HoTen" not in said_below(changed(death(), {"ToKhai/NguoiYeuCau/HoTen": "Lan"}))


@given(st.text(st.characters(categories=["L", "M"]), min_size=2, max_size=20))
def test_a_name_is_judged_alike_in_both_normal_forms(word: str) -> None:
    composed, apart = (of_husband(HoTen=unicodedata.normalize(form, f"Lê {word}")) for form in ("NFC", "NFD"))

    assert composed == apart


# --- personal numbers and papers


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("089096999001", None),
        (" 089.096.999\u00a0001\u200b", None),
        ("089196999001", "ID_GENDER_MISMATCH O"),
        ("089097999001", "ID_YEAR_MISMATCH O"),
        ("089296999001", "ID_YEAR_MISMATCH O"),
        ("003096999001", "ID_PROVINCE_UNKNOWN W"),
        ("096096999001", None),
        ("097096999001", "ID_PROVINCE_UNKNOWN W"),
        ("08909699900", "ID_LENGTH E"),
        ("0890969990011", "ID_LENGTH E"),
        ("08909699900a", "ID_LENGTH E"),
        ("٠٨٩٠٩٦٩٩٩٠٠١", "ID_LENGTH E"),
        ("003397999001", "ID_GENDER_MISMATCH O, ID_PROVINCE_UNKNOWN W, ID_YEAR_MISMATCH O"),
    ],
)
def test_a_personal_number_says_province_gender_and_year(number: str, expected: str | None) -> None:
    said = of_husband(SoDinhDanh=number, GiayTo=PASSPORT)

    assert said == ({"SoDinhDanh": expected} if expected else {})


def test_a_card_that_carries_the_number_is_judged_like_it_once() -> None:
    only_on_card = of_husband(SoDinhDanh=None, GiayTo__So="089196999001")
    on_both = of_husband(SoDinhDanh="089196999001", GiayTo__So="089 196 999 001")

    assert only_on_card == {"GiayTo/So": "ID_GENDER_MISMATCH O"}
    assert on_both == {"SoDinhDanh": "ID_GENDER_MISMATCH O"}


@pytest.mark.parametrize(
    ("kind", "number", "expected"),
    [
        (2, "351234567", None),
        (2, "089096999001", None),
        (2, "35123456", "ID_LENGTH E"),
        (2, "3512345678", "ID_LENGTH E"),
        (2, "", "ID_LENGTH E"),
        (5, "351234567", "ID_LENGTH E"),
        (9, "351234567", "ID_LENGTH E"),
        (10, "08909699900", "ID_LENGTH E"),
        (10, "089096999001", None),
        (6, "c123 4567", None),
        (6, "A1234", None),
        (6, "A123", "PAPER_FORM E"),
        (6, "A" * 20, None),
        (6, "A" * 21, "PAPER_FORM E"),
        (6, "A1234-5", "PAPER_FORM E"),
        (6, "ı1234", "PAPER_FORM E"),
        (3, "QĐ-12/34", None),
        (8, "x" * 20, None),
        (8, "x" * 21, "CONTRACT E"),
        (7, "x" * 21, "CONTRACT E"),
    ],
)
def test_a_papers_number_has_the_form_of_its_kind(kind: int, number: str, expected: str | None) -> None:
    said = of_husband(GiayTo={"Loai": kind, "So": number})

    assert said == ({"GiayTo/So": expected} if expected else {})


@pytest.mark.parametrize("number", ["089096999001", "351234567"])
def test_a_12_digit_cmnd_counts_as_personal_number_and_a_9_digit_one_is_void_from_2025(number: str) -> None:
    said = of_husband(marriage_of_2025, SoDinhDanh=None, GiayTo={"Loai": 2, "So": number})

    assert said == ({} if len(number) == 12 else {"GiayTo/So": "CMND_EXPIRED O", "SoDinhDanh": "ID_MISSING W"})


@pytest.mark.parametrize(("received", "reported"), [("20241231", False), ("20250101", True)])
def test_the_living_need_a_personal_number_from_2025_on(received: str, reported: bool) -> None:
    changes = {"NgayTiepNhan": f"{received}080000", MAN + "SoDinhDanh": None, MAN + "GiayTo": PASSPORT}
    said = said_below(changed(marriage(), changes))

    assert (said.get("BenNam/SoDinhDanh") == "ID_MISSING W") is reported


def test_a_foreigner_and_the_dead_need_none() -> None:
    foreigner = of_husband(marriage_of_2025, SoDinhDanh=None, GiayTo=PASSPORT, QuocTich="US", DanToc=None)
    dead = said_below(changed(death(), {"NgayTiepNhan": "20250102080000", "ToKhai/NguoiChet/NgayChet": "01/01/2025"}))

    assert "SoDinhDanh" not in foreigner
    assert not [pointer for pointer, codes in dead.items() if "ID_MISSING" in codes or "CMND" in codes]


@pytest.mark.parametrize("broken", ["12", 12])
def test_a_broken_number_is_not_a_missing_one(broken: object) -> None:
    said = of_husband(marriage_of_2025, SoDinhDanh=broken, GiayTo=PASSPORT)

    assert said == {"SoDinhDanh": "ID_LENGTH E" if broken == "12" else "CONTRACT E"}


def test_the_declarant_is_among_the_living() -> None:
    card = {"NgayTiepNhan": "20250102080000", "ToKhai/NguoiYeuCau/GiayTo": {"Loai": 2, "So": "351234999"}}

    assert said_below(changed(death(), card))["NguoiYeuCau/GiayTo/So"] == "CMND_EXPIRED O"


@given(
    st.sampled_from(["001", "089", "091", "096"]),
    st.dates(date(1900, 1, 1), date(2003, 1, 1)),
    st.integers(0, 999_999),
    st.integers(0, 9),
    st.integers(0, 99),
)
def test_a_number_made_of_the_persons_data_is_never_doubted_and_any_other_always(
    province: str, born: date, serial: int, century: int, year: int
) -> None:
    right = f"{province}{(born.year - 1900) // 100 * 2}{born.year % 100:02d}{serial:06d}"
    other = f"{province}{century}{year:02d}{serial:06d}"
    birth = f"{born:%d/%m/%Y}"
    doubts = of_husband(NgaySinh=birth, SoDinhDanh=other, GiayTo=PASSPORT).get("SoDinhDanh", "")

    assert "SoDinhDanh" not in of_husband(NgaySinh=birth, SoDinhDanh=right, GiayTo=PASSPORT)
    assert ("ID_GENDER_MISMATCH" in doubts) == (century % 2 == 1)
    assert ("ID_YEAR_MISMATCH" in doubts) == (1900 + century // 2 * 100 + year != born.year)


# --- ethnic group


@pytest.mark.parametrize(
    ("country", "name", "expected"),
    [
        ("VN", "Khmer", None),
        ("VN", "KHƠ ME", None),
        ("VN", "Chăm", None),
        ("VN", "Hán tộc", "ETHNICITY_UNKNOWN E"),
        ("VN", None, "ETHNICITY_UNKNOWN E"),
        ("VN", "", "ETHNICITY_UNKNOWN E"),
        ("VN", "Không rõ", "ETHNICITY_UNKNOWN E"),
        ("VN", "Người nước ngoài", "ETHNICITY_FOREIGNER W"),
        ("US", None, None),
        ("US", "Người nước ngoài", None),
        ("US", "Kinh", "ETHNICITY_FOREIGNER W"),
        ("US", "Cherokee", "ETHNICITY_UNKNOWN E"),
    ],
)
def test_ethnic_group_and_nationality_go_together(country: str, name: str | None, expected: str | None) -> None:
    deceased = {"ToKhai/NguoiChet/QuocTich": country, "ToKhai/NguoiChet/DanToc": name}

    assert said_below(changed(death(), deceased)).get("NguoiChet/DanToc") == expected


def test_a_broken_ethnic_group_is_not_a_missing_one() -> None:
    assert of_husband(DanToc=1) == {"DanToc": "CONTRACT E"}


# --- dates


@pytest.mark.parametrize("text", ["31/02/1996", "1996-03-12", "12/3/1996", "13/1996", "96", "", "0000", "29/02/1900"])
def test_there_is_no_such_date_of_birth(text: str) -> None:
    assert of_husband(NgaySinh=text, SoDinhDanh=None, GiayTo=PASSPORT) == {"NgaySinh": "DATE_INVALID E"}


@pytest.mark.parametrize(("text", "warned"), [("29/02/1996", False), ("02/1996", True), ("1996", True)])
def test_a_partial_birth_date_is_warned_of(text: str, warned: bool) -> None:
    assert of_husband(NgaySinh=text) == ({"NgaySinh": "PARTIAL_DATE W"} if warned else {})


@pytest.mark.parametrize(
    ("text", "future"), [("04/07/2023", False), ("05/07/2023", True), ("2023", False), ("08/2023", True)]
)
def test_a_paper_is_not_issued_after_the_day_received(text: str, future: bool) -> None:
    assert of_husband(GiayTo__NgayCap=text) == ({"GiayTo/NgayCap": "DATE_FUTURE E"} if future else {})


@pytest.mark.parametrize(("text", "future"), [("04/07/2023", False), ("05/07/2023", True)])
def test_nobody_is_born_after_the_day_received(text: str, future: bool) -> None:
    said = of_husband(NgaySinh=text, SoDinhDanh=None, GiayTo=PASSPORT)["NgaySinh"]

    assert said == ("AGE_HUSBAND E, DATE_FUTURE E" if future else "AGE_HUSBAND E")


@pytest.mark.parametrize("empty", ["", "  ", None])
def test_an_empty_day_of_issue_is_an_absent_one(empty: str | None) -> None:
    assert of_husband(GiayTo__NgayCap=empty) == {}


# --- residences and places of death


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({"MaTinh": "89", "MaHuyen": "883", "MaXa": "30307"}, {}),
        ({"MaTinh": "89", "MaHuyen": "884", "MaXa": "30307"}, {"MaHuyen": "UNIT_NOT_VALID_ON_DATE E"}),
        ({"MaTinh": "89", "MaXa": "30307"}, {"MaHuyen": "UNIT_NOT_VALID_ON_DATE E"}),
        ({"MaTinh": "89", "MaHuyen": "883", "MaXa": "99999"}, {"MaXa": "UNIT_NOT_VALID_ON_DATE E"}),
        ({"MaTinh": "89", "MaHuyen": "883", "MaXa": "3030"}, {"MaXa": "UNIT_NOT_VALID_ON_DATE E"}),
        (
            {"MaTinh": "89", "MaHuyen": "899", "MaXa": KIEN_GIANG},
            {"MaXa": "UNIT_NOT_VALID_ON_DATE E", "MaHuyen": "UNIT_NOT_VALID_ON_DATE E"},
        ),
        ({"MaTinh": "89", "MaHuyen": "883"}, {}),
        ({"MaTinh": "89", "MaHuyen": "000"}, {"MaHuyen": "UNIT_NOT_VALID_ON_DATE E"}),
        ({"MaTinh": "91", "MaHuyen": "899", "MaXa": "00000"}, {}),
        ({"MaTinh": "79", "MaXa": "26734"}, {}),
        ({"MaTinh": "79", "MaHuyen": "76", "MaXa": "2673"}, {"MaHuyen": "CONTRACT E", "MaXa": "CONTRACT E"}),
        ({"MaTinh": "7"}, {"MaTinh": "CONTRACT E"}),
        ({}, {}),
    ],
)
def test_a_residence_in_an_giang_is_judged_with_the_table_of_its_day(
    place: dict[str, str], expected: dict[str, str]
) -> None:
    said = of_husband(NoiCuTru={"QuocGia": "VN", **place})

    assert said == {f"NoiCuTru/{member}": codes for member, codes in expected.items()}


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({"MaTinh": "91", "MaXa": "30292"}, {}),
        ({"MaTinh": "91", "MaXa": "31078"}, {}),
        ({"MaTinh": "91", "MaHuyen": "883", "MaXa": "30307"}, {"MaHuyen": "UNIT_NOT_VALID_ON_DATE E"}),
        ({"MaTinh": "91", "MaXa": "30280"}, {"MaXa": "UNIT_NOT_VALID_ON_DATE E"}),
        ({"MaTinh": "89", "MaHuyen": "883", "MaXa": "30280"}, {}),
        ({"MaTinh": "91"}, {}),
    ],
)
def test_from_july_2025_a_residence_has_no_district(place: dict[str, str], expected: dict[str, str]) -> None:
    said = of_husband(marriage_of_2025, NoiCuTru={"QuocGia": "VN", **place})

    assert said == {f"NoiCuTru/{member}": codes for member, codes in expected.items()}


@pytest.mark.parametrize(
    ("died", "valid"), [("2004", True), ("31/12/2003", False), ("30/06/2025", True), ("01/07/2025", True)]
)
def test_a_place_of_death_is_judged_on_the_day_of_death(died: str, valid: bool) -> None:
    old = {"QuocGia": "VN", "MaTinh": "89", "MaHuyen": "883", "MaXa": "30298"}
    changes = {"NgayTiepNhan": "20250801080000", "ToKhai/NguoiChet/NgayChet": died, "ToKhai/NguoiChet/NoiChet": old}

    # From 2025-07-01 on 89 is no code of An Giang any more, and so only the form is judged.
    assert ("NguoiChet/NoiChet/MaXa" not in said_below(changed(death(), changes))) is valid


def test_a_district_that_cannot_be_read_is_not_a_missing_one() -> None:
    assert of_husband(NoiCuTru__MaHuyen=883) == {"NoiCuTru/MaHuyen": "CONTRACT E"}
    assert of_husband(NoiCuTru__MaHuyen=883, NoiCuTru__MaXa="99999") == {
        "NoiCuTru/MaHuyen": "CONTRACT E",
        "NoiCuTru/MaXa": "UNIT_NOT_VALID_ON_DATE E",
    }
