"""When two copies of a dossier say the same."""

import json
import unicodedata
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.sameness import content_key, raw_key
from schemas.province import Dossier
from tests.dossier_events import Event, changed, death, marriage

NormalForm = Literal["NFC", "NFD"]
NORMAL_FORMS: list[NormalForm] = ["NFC", "NFD"]
WORDS = st.lists(
    st.sampled_from(["Hòa", "Hoà", "Thủy", "Thuỷ", "Khỏe", "Khoẻ", "Quý", "Quí", "Loan", "Đặng", "Ðặng", "H’Hen"]),
    min_size=1,
)
FILE = {
    "TepDinhKemId": "t1",
    "TenTepDinhKem": "a.pdf",
    "LoaiGiayTo": 1,
    "TenGiayTo": "Giấy",
    "MaBam": "0" * 64,
    "KichThuoc": 10,
}


def key(event: Event) -> bytes:
    dossier, faults = Dossier.read_value(event["HoSo"])
    assert dossier is not None
    assert not faults
    return content_key(dossier)


@pytest.mark.parametrize(
    "changes",
    [
        {"PhienBan": 9, "TrangThaiHoSo": 5},
        {"MaHoSo": " 000.12.83.H01-230704-0003\u00a0", "MaTTHC": "1.000 894"},
        {"ToKhai/BenNam/SoDinhDanh": "089.096.999 001"},
        {"ToKhai/BenNam/GiayTo/So": "089 096 999 001"},
        {"ToKhai/BenNam/GiayTo/NgayCap": " 10/05/2021"},
        {"ToKhai/GhiChu": ...},
        {"ToKhai/GhiChu": " "},
        {"ToKhai/BenNam/LyHon": None},
        {"ChuHoSo/SoDienThoai": ...},
        {"TaiLieuNop": ...},
        {"TaiLieuNop": None},
        {"ToKhai/BenNu/NoiCuTru/DiaChi": "số  7,\tđường Lý Thái Tổ\n"},
        {"KhongCoTrongTaiLieu": 1},
    ],
)
def test_what_is_not_content_or_only_written_otherwise_is_the_same(changes: dict[str, Any]) -> None:
    assert key(changed(marriage(), changes)) == key(marriage())


@pytest.mark.parametrize(
    "changes",
    [
        {"ToKhai/BenNam/HoTen": "Lê Quốc Khái"},
        {"ToKhai/BenNam/HoTen": "lê Quốc Khải"},
        {"ToKhai/BenNam/NgaySinh": "03/1996"},
        {"ToKhai/BenNam/LanKetHon": 2},
        {"ToKhai/GhiChu": "x"},
        {"CanXacMinh": True},
        {"MaDonViDangKy": "30280"},
        {"MaHoSo": "000.12.83.H01-230704-0004"},
        {"TaiLieuNop": [FILE]},
        {"ToKhai/BenNam/GiayTo/TenLoaiKhac": "10/05/2021", "ToKhai/BenNam/GiayTo/NgayCap": None},
        {"ChuHoSo/Email": "a@b.vn"},
    ],
)
def test_any_other_content_is_another(changes: dict[str, Any]) -> None:
    assert key(changed(marriage(), changes)) != key(marriage())


def test_a_file_that_is_not_removed_is_the_same_with_and_without_saying_so() -> None:
    silent, said, removed = (
        key(changed(marriage(), {"TaiLieuNop": [{**FILE, **more}]})) for more in ({}, {"DaHuy": False}, {"DaHuy": True})
    )

    assert silent == said != removed


def test_a_passport_is_the_same_in_small_letters_and_another_paper_is_not() -> None:
    keys = [
        key(changed(marriage(), {"ToKhai/BenNam/GiayTo": {"Loai": kind, "So": number}}))
        for kind, number in ((6, "c12345"), (6, "C12345"), (8, "c12345"), (8, "C12345"))
    ]

    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


@given(WORDS, st.sampled_from(NORMAL_FORMS), st.sampled_from([" ", "\u00a0", "  ", " \u200b"]))
def test_normal_form_tone_place_and_white_space_never_hide_a_duplicate(
    words: list[str], form: NormalForm, space: str
) -> None:
    usual = {"Hoà": "Hòa", "Thuỷ": "Thủy", "Khoẻ": "Khỏe", "Ðặng": "Đặng", "H’Hen": "H'Hen"}
    one = changed(marriage(), {"ToKhai/BenNam/HoTen": " ".join(usual.get(word, word) for word in words)})
    other = changed(marriage(), {"ToKhai/BenNam/HoTen": unicodedata.normalize(form, space.join(words)) + space})

    assert key(one) == key(other)


@given(st.text(max_size=12), st.text(max_size=12))
def test_two_texts_share_a_key_only_when_their_letters_are_the_same(one: str, other: str) -> None:
    keys = [key(changed(death(), {"ToKhai/NguoiChet/NguyenNhanChet": text})) for text in (one, other)]
    letters = [_bare(text) for text in (one, other)]

    assert keys[0] != keys[1] or letters[0] == letters[1]


def test_bodies_that_are_no_form_are_the_same_when_their_json_is() -> None:
    body: dict[str, Any] = {"HoSo": {"HoTen": "Thủy", "x": None, "y": [1, True]}}
    other = {"HoSo": {"y": [1, True], "HoTen": unicodedata.normalize("NFD", "Thuỷ ")}}

    assert raw_key(json.dumps(body).encode()) == raw_key(json.dumps(other, ensure_ascii=False, indent=2).encode())
    assert raw_key(b'{"y": 1}') != raw_key(b'{"y": true}')
    assert raw_key(b"{") != raw_key(b"{ ")


@given(st.binary(max_size=40))
def test_any_bytes_have_a_key(body: bytes) -> None:
    assert len(raw_key(body)) == 32


@pytest.mark.parametrize(
    "body", [b"[" * 200_000, b'{"a":' * 5_000, b"\xff", b'"\\ud800"', b"1e999", b"NaN", b"9" * 10_000]
)
def test_hostile_bodies_have_a_key_too(body: bytes) -> None:
    assert len(raw_key(body)) == 32


def _bare(text: str) -> list[str]:
    """The letters without marks and white space: coarser than any allowed folding."""
    folded = text.replace("\u00d0", "Đ").translate({ord(mark): "'" for mark in "’ʼ´"})
    apart = unicodedata.normalize("NFD", folded)
    return [letter for letter in apart if letter.isprintable() and not unicodedata.combining(letter) and letter != " "]
