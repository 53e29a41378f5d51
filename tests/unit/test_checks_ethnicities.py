"""The ethnic groups by their own and their usual other names."""

import unicodedata
from collections.abc import Callable
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.ethnicities import code_of, official_name

NormalForm = Literal["NFC", "NFD"]
NORMAL_FORMS: list[NormalForm] = ["NFC", "NFD"]
CASES: list[Callable[[str], str]] = [str.upper, str.lower, str.title]
CODES = [f"{number:02d}" for number in range(1, 57)]


@pytest.mark.parametrize("code", CODES)
def test_every_official_name_leads_back_to_its_code(code: str) -> None:
    name = official_name(code)

    assert name is not None
    assert code_of(name) == code


@pytest.mark.parametrize("code", ["00", "57", "1", "001", "", "ab", "٠١"])
def test_there_are_no_other_codes(code: str) -> None:
    assert official_name(code) is None


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Khmer", "05"),
        ("Khơ me", "05"),
        ("mông", "08"),
        ("Hmong", "08"),
        ("Mèo", "08"),
        ("êđê", "12"),
        ("Jrai", "10"),
        ("Bahnar", "13"),
        ("Xơ Đăng", "14"),
        ("Kơ Ho", "16"),
        ("Stiêng", "22"),
        ("Vân Kiều", "23"),
        ("Katu", "26"),
        ("CHĂM", "17"),
        ("Mnông", "20"),
        ("Thổ", "24"),
        ("Hoa", "04"),
        ("Xơ-Ðăng", "14"),
        ("nước ngoài", "55"),
    ],
)
def test_usual_other_names_are_known(name: str, code: str) -> None:
    assert code_of(name) == code


@pytest.mark.parametrize("name", ["", " ", "-", "Sao Hoả", "01", "Kinh Kinh", "k1nh9x", "京"])
def test_what_names_no_group_is_unknown(name: str) -> None:
    assert code_of(name) is None


@given(
    st.sampled_from(CODES),
    st.sampled_from(NORMAL_FORMS),
    st.sampled_from(CASES),
    st.sampled_from(["", " ", "-", "\u00a0"]),
)
def test_case_normal_form_and_separators_do_not_matter(
    code: str, form: NormalForm, case: Callable[[str], str], separator: str
) -> None:
    name = official_name(code)
    assert name is not None
    written = unicodedata.normalize(form, case(name).replace("-", separator).replace(" ", separator))

    assert code_of(written) == code
