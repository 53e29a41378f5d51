"""Text, partial dates and instants."""

import unicodedata
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.values import (
    PartialDate,
    clean,
    clean_code,
    clean_number,
    compared,
    completed_years,
    parse_instant,
)

TONES = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}
VIETNAMESE = st.text("aăâeêioôơuưyAĂÂEÊIOÔƠUƯYđĐbcghklmnpqrstvx" + "".join(TONES) + " '’-", max_size=12)


# --- text


@pytest.mark.parametrize(
    "space", [" ", "\t", "\r\n", "\u00a0", "\u2009", "\u200b", "\u2060", "\u3000", "\ufeff", " \u00a0 "]
)
def test_white_space_of_any_kind_is_folded_and_trimmed(space: str) -> None:
    assert clean(f"{space}Lê{space}Khải{space}") == "Lê Khải"
    assert clean_number(f"{space}089.096{space}999") == "089096999"
    assert clean_code(f"{space}1.0{space}1") == "1.01"


def test_the_letters_of_the_source_are_sent_on_in_nfc() -> None:
    assert clean(unicodedata.normalize("NFD", "Nguyễn Thị Ái Thuỷ")) == "Nguyễn Thị Ái Thuỷ"
    assert clean("Ðặng") == "Đặng"
    assert clean("H’Hen") == "H’Hen"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hòa", "Hoà"),
        ("HÒA", "HOÀ"),
        ("khỏe", "khoẻ"),
        ("Thúy", "Thuý"),
        ("Thủy", "Thuỷ"),
        ("loã", "lõa"),
        ("Hòai", "Hoài"),
        ("H’Hen", "H'Hen"),
        ("HʼHen", "H´Hen"),
        ("Ðặng", "Đặng"),
    ],
)
def test_both_ways_to_write_a_syllable_compare_alike(one: str, other: str) -> None:
    assert one != other
    assert compared(one) == compared(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Hòa", "Hóa"), ("Hùy", "Huỵ"), ("của", "cuả"), ("Khải", "Khái"), ("đ", "d"), ("A", "a"), ("Quý", "Quí")],
)
def test_other_syllables_stay_others(one: str, other: str) -> None:
    assert compared(one) != compared(other)


def test_after_q_the_u_belongs_to_the_consonant() -> None:
    assert compared("Quý") == "Quý"
    assert compared("Qúy") == "Qúy"


@given(VIETNAMESE)
def test_comparing_is_stable_and_blind_to_normal_forms(text: str) -> None:
    once = compared(text)

    assert compared(once) == once
    assert {compared(unicodedata.normalize(form, text)) for form in ("NFC", "NFD")} == {once}
    assert unicodedata.is_normalized("NFC", once)


@given(VIETNAMESE)
def test_comparing_moves_tones_but_loses_and_invents_none(text: str) -> None:
    before, after = (
        sorted(unicodedata.normalize("NFD", form.replace("’", "'"))) for form in (clean(text), compared(text))
    )

    assert before == after


@given(st.text(max_size=30))
def test_cleaning_any_text_is_stable_and_leaves_no_space_at_the_ends(text: str) -> None:
    once = clean(text)

    assert clean(once) == once
    assert once == once.strip(" ")
    assert "  " not in once


# --- partial dates


@given(st.dates(date(1, 1, 1), date(9999, 12, 31)), st.sampled_from(["day", "month", "year"]), st.sampled_from("/."))
def test_what_came_as_a_year_leaves_as_a_year(day: date, known: str, separator: str) -> None:
    parts = {"day": 3, "month": 2, "year": 1}[known]
    found = PartialDate(*(day.year, day.month, day.day)[:parts])
    text = found.written(separator)

    assert PartialDate.parse(text, separator) == found
    assert PartialDate.from_iso(found.iso()) == found
    assert len(found.known) == parts
    assert found.is_full is (known == "day")
    assert found.first_day <= day


@pytest.mark.parametrize(
    "text",
    [
        "",
        "31/04/2023",
        "29/02/2023",
        "00/01/2023",
        "13/2023",
        "0000",
        "1/1/2023",
        "01/01/23",
        "01-01-2023",
        "2023/01/01",
        "01/01/2023/",
        "+1/01/2023",
        "0 /01/2023",
        "٠١/٠١/٢٠٢٣",
        "01/01/2023\n",
    ],
)
def test_there_is_no_such_date(text: str) -> None:
    with pytest.raises(ValueError, match=r"date|day|month|year"):
        PartialDate.parse(text, "/")


@given(st.text("0123456789/. ", max_size=11))
def test_any_text_is_a_date_that_is_written_back_alike_or_none(text: str) -> None:
    try:
        found = PartialDate.parse(text, "/")
    except ValueError:
        return
    assert found.written("/") == text.strip(" ")


@pytest.mark.parametrize(
    ("one", "other", "after"),
    [
        ((2023,), (2022,), True),
        ((2023,), (2023, 12, 31), False),
        ((2023, 8), (2023, 7, 31), True),
        ((2023, 7), (2023, 7, 1), False),
        ((2023, 7, 2), (2023, 7, 1), True),
        ((2023, 7, 1), (2023, 7, 1), False),
    ],
)
def test_a_date_is_after_another_only_when_the_known_parts_say_so(
    one: tuple[int, ...], other: tuple[int, ...], after: bool
) -> None:
    assert PartialDate(*one).is_after(PartialDate(*other)) is after


@given(st.dates(), st.dates())
def test_full_dates_compare_like_dates(one: date, other: date) -> None:
    assert PartialDate(one.year, one.month, one.day).is_after(other) is (one > other)


# --- instants and ages


@pytest.mark.parametrize(
    ("text", "pattern"), [("20230704084000", "%Y%m%d%H%M%S"), ("04/07/2023 08:40:00", "%d/%m/%Y %H:%M:%S")]
)
def test_an_instant_is_local_time_of_viet_nam(text: str, pattern: str) -> None:
    assert parse_instant(text, pattern).isoformat() == "2023-07-04T08:40:00+07:00"


@pytest.mark.parametrize(
    "text", ["4/7/2023 08:40:00", "04/07/2023 8:40:00", "04/07/2023", "31/06/2023 08:40:00", " 04/07/2023 08:40:00"]
)
def test_an_instant_written_otherwise_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"instant|match|day"):
        parse_instant(text, "%d/%m/%Y %H:%M:%S")


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(0, 50_000))
def test_an_age_grows_by_one_on_each_birthday(born: date, days: int) -> None:
    on = born + timedelta(days=days)
    age = completed_years(born, on)
    grown = completed_years(born, on + timedelta(days=1))

    assert age >= 0
    assert grown - age in (0, 1)
    assert completed_years(born, born.replace(year=born.year + age) if (born.month, born.day) != (2, 29) else on) == age
