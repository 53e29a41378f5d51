"""dsHoSoDangKy, traDanhSachHoSo and danhMuc of the sandbox ministry."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.bodies import code, submission
from tests.partners import Caller, PartnerProcess, partner_process

DAY = "20/11/2026"


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PartnerProcess]:
    with partner_process("ministry", tmp_path_factory.mktemp("ministry"), officers=False) as running:
        yield running


@pytest.fixture
def ministry(process: PartnerProcess) -> Iterator[Caller]:
    caller = process.fresh()
    yield caller
    assert caller.watch.violations == []


def walk_in(ministry: Caller, second: int, **members: Any) -> int:
    return ministry.control.enter(
        "KH",
        {
            "maDonVi": "30292",
            "chongHoTen": "Lý Văn Cũ",
            "voHoTen": "Mai Thị Xưa",
            "ngayCapNhat": f"{DAY} 08:00:{second:02d}",
            **members,
        },
    )


def window(ministry: Caller, since: int = 0, until: int = 59, page: int = 1, size: int = 500, **changes: Any) -> Any:
    body = {
        "maTinh": "91",
        "module": "KH",
        "tuThoiDiem": f"{DAY} 08:00:{since:02d}",
        "denThoiDiem": f"{DAY} 08:00:{until:02d}",
        "trang": page,
        "soLuong": size,
    }
    return ministry.service("dsHoSoDangKy", {**body, **changes}, good=not changes)


def ids(page: Any) -> list[int]:
    return [head["id"] for head in page["value"]["danhSach"]]


def in_full(ministry: Caller, *entries: int, module: str = "KH", good: bool = True) -> Any:
    body = {"maTinh": "91", "module": module, "dsMaHoSo": list(entries)}
    return ministry.service("traDanhSachHoSo", body, good=good)


def test_a_window_takes_its_start_and_not_its_end(ministry: Caller) -> None:
    first, second, third = (walk_in(ministry, n) for n in (10, 20, 30))

    assert ids(window(ministry, 10, 30)) == [first, second]
    assert ids(window(ministry, 11, 31)) == [second, third]
    assert window(ministry, 40, 50)["value"] == {"tongSo": 0, "danhSach": []}


def test_the_oldest_comes_first_and_ties_go_by_id_over_pages(ministry: Caller) -> None:
    late, early, tie, other_tie = (walk_in(ministry, n) for n in (30, 10, 20, 20))

    first, second = window(ministry, size=3), window(ministry, size=3, page=2)

    assert ids(first) == [early, tie, other_tie]
    assert ids(second) == [late]
    assert first["value"]["tongSo"] == second["value"]["tongSo"] == 4


def test_an_entry_that_changes_moves_to_a_later_place_with_the_next_version(ministry: Caller) -> None:
    entry = walk_in(ministry, 10)
    before = in_full(ministry, entry)["value"][0]
    note = {"loai": "CAI_CHINH", "canCu": "Số 3, 19.11.2026, UBND", "ngayGhiChu": "19.11.2026"}

    ministry.control.change_entries(
        [{"id": entry, "annotation": note, "changes": {"voHoTen": "Mai Thị Mới", "ngayCapNhat": f"{DAY} 08:00:40"}}]
    )

    assert ids(window(ministry, 0, 30)) == []
    [head] = window(ministry, 30, 59)["value"]["danhSach"]
    [after] = in_full(ministry, entry)["value"]
    assert (head["phienBan"], after["phienBan"]) == (2, 2)
    assert after["ghiChuBienDong"] == [note]
    assert before["dauVanTay"] != after["dauVanTay"] == head["dauVanTay"]
    assert [effect["key"] for effect in ministry.effects("entry")] == [f"KH-{entry}:1", f"KH-{entry}:2"]


def test_a_cancelled_entry_is_a_version_too(ministry: Caller) -> None:
    entry = walk_in(ministry, 10)

    ministry.control.change_entries([{"id": entry, "cancel": True}])

    [body] = in_full(ministry, entry)["value"]
    assert (body["trangThaiBanGhi"], body["phienBan"]) == (2, 2)


def test_entries_of_dossiers_and_of_the_desk_stand_in_one_list_and_number(ministry: Caller) -> None:
    ministry.service("nhanHoSoDKHT", submission(code(1)))
    ministry.control.act(code(1), "sign")
    walk_in(ministry, 10)

    born, direct = sorted(in_full(ministry, 1, 2)["value"], key=lambda entry: int(entry["id"]))

    assert (born["maHoSoMCDT"], direct["maHoSoMCDT"]) == (code(1), None)
    assert [entry["so"].split("/")[0] for entry in (born, direct)] == ["1", "2"]


def test_entries_are_read_in_full_by_id_and_unknown_ones_are_left_out(ministry: Caller) -> None:
    entry = walk_in(ministry, 10)

    assert [e["id"] for e in in_full(ministry, 99, entry, entry)["value"]] == [entry]
    assert in_full(ministry, entry, module="KT")["value"] == []
    assert in_full(ministry, *range(1, 101))["status"] == "1"
    assert in_full(ministry, *range(1, 102), good=False)["errorCode"] == "302"


@pytest.mark.parametrize(
    "change",
    [
        {"module": "LTKH"},
        {"soLuong": 501},
        {"trang": 0},
        {"tuThoiDiem": "2026-11-20T08:00:00"},
        {"tuThoiDiem": "31/02/2026 08:00:00"},
    ],
)
def test_a_broken_question_is_302(ministry: Caller, change: dict[str, Any]) -> None:
    assert window(ministry, **change)["errorCode"] == "302"


def test_another_province_is_108(ministry: Caller) -> None:
    assert window(ministry, maTinh="89")["errorCode"] == "108"


@pytest.mark.parametrize(
    ("kind", "item"),
    [("1", "VN"), ("2", "VN"), ("3", "05"), ("4", "91"), ("5", "6")],
)
def test_the_five_catalogues_are_there(ministry: Caller, kind: str, item: str) -> None:
    items = ministry.service("danhMuc", {"loaiDanhMuc": kind})["value"]

    codes = [i["ma"] for i in items]
    assert item in codes
    assert len(codes) == len(set(codes))


def test_the_ethnic_groups_are_54_and_two_service_values(ministry: Caller) -> None:
    groups = ministry.service("danhMuc", {"loaiDanhMuc": "3"})["value"]

    assert [group["ma"] for group in groups] == [f"{n:02d}" for n in range(1, 57)]
    assert {"ma": "17", "ten": "Chăm"} in groups


def test_another_catalogue_is_302(ministry: Caller) -> None:
    assert ministry.service("danhMuc", {"loaiDanhMuc": "6"}, good=False)["errorCode"] == "302"
    assert ministry.service("danhMuc", {"loaiDanhMuc": 3}, good=False)["errorCode"] == "302"
