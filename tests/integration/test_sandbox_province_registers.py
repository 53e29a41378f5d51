"""so-ho-tich of the sandbox province."""

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.bodies import entry, sha256, to_khai
from tests.partners import Caller, PartnerProcess, partner_process


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PartnerProcess]:
    with partner_process("province", tmp_path_factory.mktemp("province"), citizens=False) as running:
        yield running


@pytest.fixture
def province(process: PartnerProcess) -> Iterator[Caller]:
    caller = process.fresh()
    yield caller
    assert caller.watch.violations == []


def put(province: Caller, record: str, version: int | str, body: Any, *, good: bool = True) -> tuple[int, str]:
    call = province.call if good else province.unjudged
    answer = call("PUT", f"/apitthc/v1/so-ho-tich/{record}/phien-ban/{version}", body)
    return answer.status_code, answer.json()["error_code"]


def compare(province: Caller, **changes: Any) -> dict[str, Any]:
    body = {"Loai": "KH", "MaDonVi": ["30292"], "TuNgay": "01/11/2026", "DenNgay": "30/11/2026", **changes}
    answer = province.call("POST", "/apitthc/v1/so-ho-tich/doi-soat", body)
    held: dict[str, Any] = answer.json()
    return held


def test_an_entry_and_version_is_stored_once(province: Caller) -> None:
    assert put(province, "KH-7", 1, entry()) == (200, "0")
    assert put(province, "KH-7", 1, entry()) == (200, "DUP")
    assert put(province, "KH-7", 1, entry(SoDangKy=4)) == (409, "CONFLICT")
    assert [e["kind"] for e in province.effects()] == ["entry", "entry-repeated", "entry-denied"]
    assert {e["key"] for e in province.effects()} == {"KH-7:1"}


def test_a_lower_version_is_kept_as_history(province: Caller) -> None:
    assert put(province, "KH-7", 3, entry(SoDangKy=33)) == (200, "0")
    assert put(province, "KH-7", 2, entry(SoDangKy=22)) == (200, "0")

    [held] = province.control.each_entry()
    assert (held["version"], held["entry"]["SoDangKy"]) == (3, 33)
    assert compare(province)["DanhSach"][0]["PhienBan"] == 3


def test_old_entries_know_less_and_new_ones_as_much_as_the_form(province: Caller) -> None:
    assert put(province, "KH-1", 1, entry()) == (200, "0")
    assert put(province, "KH-2", 1, entry(NoiDung=to_khai(), NgayDangKy="1975")) == (200, "0")
    deceased = {"HoTen": "Lê Thị Ví Dụ", "NgaySinh": "1938"}
    assert put(province, "KT-3", 1, entry(Loai="KT", NoiDung={"NguoiChet": deceased})) == (200, "0")


@pytest.mark.parametrize(
    ("record", "version", "body"),
    [
        ("KT-7", 1, entry()),
        ("KH7", 1, entry()),
        ("KH-7", 0, entry()),
        ("KH-7", "x", entry()),
        ("KH-7", 1, entry(NgayDangKy="31/02/1975")),
        ("KH-7", 1, entry(TinhTrang=3)),
        ("KH-7", 1, entry(GhiChu="x")),
        ("KH-7", 1, entry(NoiDung={"BenNam": {"HoTen": "A", "NgaySinh": "1950"}})),
        ("KH-7", 1, entry(NoiDung={**entry()["NoiDung"], "Them": 1})),
        ("KH-7", 1, entry(NoiDung={"BenNam": {"HoTen": "A"}, "BenNu": {"HoTen": "B", "NgaySinh": "1950"}})),
        ("KH-7", 1, b"{"),
    ],
)
def test_a_broken_entry_is_invalid(province: Caller, record: str, version: int | str, body: Any) -> None:
    assert put(province, record, version, body, good=False) == (422, "INVALID")
    assert province.effects("entry") == []


def test_what_is_held_is_listed_by_office_day_and_register(province: Caller) -> None:
    put(province, "KH-2", 1, entry(NgayDangKy="02/11/2026"))
    put(province, "KH-10", 1, entry(NgayDangKy="01/11/2026"))
    put(province, "KH-3", 1, entry(NgayDangKy="30/11/2026", MaDonViDangKy="30301"))
    put(province, "KH-4", 1, entry(NgayDangKy="01/12/2026"))
    put(province, "KT-5", 1, entry(Loai="KT", NoiDung={"NguoiChet": {"HoTen": "A B", "NgaySinh": "1938"}}))

    here = compare(province)
    both = compare(province, MaDonVi=["30292", "30301"])

    assert [line["MaBanGhi"] for line in here["DanhSach"]] == ["KH-10", "KH-2"]
    assert [line["MaBanGhi"] for line in both["DanhSach"]] == ["KH-10", "KH-2", "KH-3"]
    assert here["DanhSach"][0] == {
        "MaBanGhi": "KH-10",
        "PhienBan": 1,
        "DauVanTay": entry()["DauVanTay"],
        "NgayDangKy": "01/11/2026",
    }


def test_sums_alone_are_a_digest_for_each_day(province: Caller) -> None:
    fingerprint = entry()["DauVanTay"]
    put(province, "KH-2", 1, entry())
    put(province, "KH-2", 2, entry(DauVanTay=sha256(b"second")))
    put(province, "KH-10", 1, entry())
    put(province, "KH-3", 1, entry(NgayDangKy="02/11/2026"))

    held = compare(province, ChiTong=True)

    lines = f"KH-10:1:{fingerprint}\nKH-2:2:{sha256(b'second')}\n"
    assert held == {
        "Tong": 3,
        "DauVanTayNgay": {
            "20/11/2026": hashlib.sha256(lines.encode()).hexdigest(),
            "02/11/2026": hashlib.sha256(f"KH-3:1:{fingerprint}\n".encode()).hexdigest(),
        },
    }


def test_what_is_held_comes_by_pages(province: Caller) -> None:
    for n in range(1, 6):
        put(province, f"KH-{n}", 1, entry())

    pages = [compare(province, Trang=page, SoLuong=2) for page in (1, 2, 3, 4)]

    assert [[line["MaBanGhi"] for line in page["DanhSach"]] for page in pages] == [
        ["KH-1", "KH-2"],
        ["KH-3", "KH-4"],
        ["KH-5"],
        [],
    ]
    assert {page["Tong"] for page in pages} == {5}


def test_an_entry_of_a_partly_known_day_counts_on_the_first_day_of_it(province: Caller) -> None:
    put(province, "KH-1", 1, entry(NgayDangKy="1975"))

    [line] = compare(province, TuNgay="01/01/1975", DenNgay="01/01/1975")["DanhSach"]

    assert line["NgayDangKy"] == "01/01/1975"


@pytest.mark.parametrize(
    "change",
    [
        {"Loai": "KS"},
        {"MaDonVi": []},
        {"MaDonVi": ["302"]},
        {"TuNgay": "2026"},
        {"SoLuong": 1001},
        {"Trang": 0},
        {"X": 1},
    ],
)
def test_a_broken_comparison_is_invalid(province: Caller, change: dict[str, Any]) -> None:
    body = {"Loai": "KH", "MaDonVi": ["30292"], "TuNgay": "01/11/2026", "DenNgay": "30/11/2026", **change}

    answer = province.unjudged("POST", "/apitthc/v1/so-ho-tich/doi-soat", body)

    assert (answer.status_code, answer.json()["error_code"]) == (422, "INVALID")
