"""Register numbers, books and the numbers of extracts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.register_numbers import RegisterNumber, book_year, is_extract_number, parse

NUMBERS = st.integers(1, 99_999)
YEARS = st.integers(1900, 2099)


@given(NUMBERS, st.none() | YEARS, st.integers(0, 4), st.sampled_from(["", " ", "\u00a0"]))
def test_a_number_is_read_whatever_its_leading_zeros_and_spaces(
    number: int, year: int | None, zeros: int, space: str
) -> None:
    text = "0" * zeros + str(number) + space + (f"/{space}{year}" if year else "")

    assert parse(text) == RegisterNumber(number, year)


@given(NUMBERS, st.none() | YEARS, st.sampled_from(["TLKT", "TLKT-BS", "TLKH-BS", "TLKS"]), st.none() | YEARS)
def test_a_copys_number_is_never_a_register_number(number: int, year: int | None, kind: str, last: int | None) -> None:
    text = f"{number}{f'/{year}' if year else ''}/{kind}{f'/{last}' if last else ''}"

    assert is_extract_number(text)
    assert parse(text) is None


@given(st.text(max_size=12))
def test_any_text_is_a_number_or_none(text: str) -> None:
    found = parse(text)

    assert found is None or (found.number >= 1 and not is_extract_number(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "000",
        "0/2023",
        "-1",
        "15/",
        "15/23",
        "15/1899",
        "15/2100",
        "15/20230",
        "100000",
        "1٥",
        "15a",
        "15-2023",
    ],
)
def test_what_is_neither_form_is_no_number(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize(
    ("book", "year"),
    [
        ("01/2023", 2023),
        ("01-2023", 2023),
        ("Quyển số 01/2019 ", 2019),
        ("01-TP/HT-2015-KH", 2015),
        ("02 - TP/HT - 2015 - CMC", 2015),
        ("2016", 2016),
        ("01", None),
        ("01/23", None),
        ("120231", None),
        ("01/12023", None),
        ("01-TP/HT-20155-KH", None),
    ],
)
def test_a_book_ends_in_its_year_or_carries_it(book: str, year: int | None) -> None:
    assert book_year(book) == year
