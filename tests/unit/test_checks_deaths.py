"""What is checked of the death form."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.dossier_events import changed, death, said_below

BORN = {"NguoiChet__NgaySinh": "01/02/1938"}
DECLARANT_CARD = {"Loai": 5, "So": "089165999008"}


def of_form(received: str = "20230704152000", **members: Any) -> dict[str, str]:
    """What is said with other members of the form (`NguoiChet__NgayChet`) of a dossier received at that instant."""
    changes = {"ToKhai/" + name.replace("__", "/"): value for name, value in {**BORN, **members}.items()}
    said = said_below(changed(death(), {"NgayTiepNhan": received, **changes}))
    return {pointer: codes for pointer, codes in said.items() if pointer != "/HoSo/NgayHenTra"}


@pytest.mark.parametrize(
    ("born", "died", "before"),
    [
        ("02/07/2023", "02/07/2023", False),
        ("03/07/2023", "02/07/2023", True),
        ("2023", "02/07/2023", False),
        ("08/2023", "02/07/2023", True),
        ("03/07/2023", "2023", False),
        ("03/07/2022", "2021", True),
    ],
)
def test_a_death_is_not_before_the_birth_on_the_known_parts(born: str, died: str, before: bool) -> None:
    said = of_form(NguoiChet__NgaySinh=born, NguoiChet__NgayChet=died, NguoiChet__GioPhutChet=None)

    assert ("DEATH_BEFORE_BIRTH E" in said.get("NguoiChet/NgayChet", "")) is before


@pytest.mark.parametrize(
    ("died", "at", "expected"),
    [
        ("04/07/2023", None, {}),
        ("04/07/2023", "15:20", {}),
        ("04/07/2023", "15:21", {"NguoiChet/GioPhutChet": "FUTURE_DEATH E"}),
        ("05/07/2023", None, {"NguoiChet/NgayChet": "FUTURE_DEATH E"}),
        ("05/07/2023", "00:00", {"NguoiChet/NgayChet": "FUTURE_DEATH E"}),
        ("08/2023", None, {"NguoiChet/NgayChet": "FUTURE_DEATH E, PARTIAL_DATE W"}),
        ("07/2023", None, {"NguoiChet/NgayChet": "PARTIAL_DATE W"}),
    ],
)
def test_a_death_is_not_after_the_instant_received(died: str, at: str | None, expected: dict[str, str]) -> None:
    notice = {"Loai": 1, "So": "1", "Ngay": "2023", "CoQuanCap": "UBND"}

    assert of_form(NguoiChet__NgayChet=died, NguoiChet__GioPhutChet=at, GiayBaoTu=notice) == expected


@pytest.mark.parametrize(
    ("died", "at", "expected"),
    [
        ("02/07/2023", "00:00", {}),
        ("02/07/2023", "", {}),
        ("02/07/2023", "24:00", {"NguoiChet/GioPhutChet": "DATE_INVALID E"}),
        ("02/07/2023", "23:60", {"NguoiChet/GioPhutChet": "DATE_INVALID E"}),
        ("02/07/2023", "7:30", {"NguoiChet/GioPhutChet": "CONTRACT E"}),
        ("07/2023", "07:30", {"NguoiChet/NgayChet": "PARTIAL_DATE W", "NguoiChet/GioPhutChet": "TIME_WITHOUT_DATE E"}),
        ("07/2023", "77:30", {"NguoiChet/NgayChet": "PARTIAL_DATE W", "NguoiChet/GioPhutChet": "DATE_INVALID E"}),
        ("31/06/2023", "07:30", {"NguoiChet/NgayChet": "DATE_INVALID E"}),
    ],
)
def test_a_time_of_death_is_a_time_and_needs_a_full_date(died: str, at: str, expected: dict[str, str]) -> None:
    assert of_form(NguoiChet__NgayChet=died, NguoiChet__GioPhutChet=at) == expected


@pytest.mark.parametrize(
    ("born", "expected"),
    [("02/07/1892", "AGE_IMPLAUSIBLE O"), ("03/07/1892", None), ("1892", "AGE_IMPLAUSIBLE O, PARTIAL_DATE W")],
)
def test_nobody_gets_older_than_130(born: str, expected: str | None) -> None:
    said = of_form(NguoiChet__NgaySinh=born)
    older = of_form(NguoiChet__NgaySinh=born.replace("1892", "1891"))

    assert said == ({"NguoiChet/NgaySinh": expected} if expected else {})
    assert "AGE_IMPLAUSIBLE O" in older["NguoiChet/NgaySinh"]


@pytest.mark.parametrize(("kind", "required"), [(1, True), (4, True), (5, False), (2, False), (3, False)])
def test_only_old_deaths_and_registrations_again_need_no_notice(kind: int, required: bool) -> None:
    died = "02/07/2023" if kind == 1 else "02/05/2023"
    said = of_form(GiayBaoTu=None, LoaiDangKy=kind, NguoiChet__NgayChet=died)

    assert said.get("GiayBaoTu") == ("NOTICE_REQUIRED E" if required else None)
    assert said.get("LoaiDangKy") == ("CONTRACT E" if kind == 3 else None)


def test_a_broken_notice_is_not_a_missing_one() -> None:
    assert of_form(GiayBaoTu="07/UBND-GBT") == {"GiayBaoTu": "CONTRACT E"}


@pytest.mark.parametrize("number", ["07/TLKT-BS", "212/TLKT", "576/2026/TLKT-BS", " 07 / tlkt-bs "])
@pytest.mark.parametrize(("kind", "severity"), [(1, "E"), (6, "W"), (2, None), (4, None)])
def test_an_extracts_number_is_an_error_for_a_notice_and_a_warning_for_another_paper(
    number: str, kind: int, severity: str | None
) -> None:
    said = of_form(GiayBaoTu__So=number, GiayBaoTu__Loai=kind)

    assert said == ({"GiayBaoTu/So": f"NOTICE_NUMBER_IS_EXTRACT {severity}"} if severity else {})


@pytest.mark.parametrize("number", ["01/UBND-GBT", "GBT.01929", "212/2022", "TLKT", "07/TLKTX"])
def test_other_numbers_are_no_extracts(number: str) -> None:
    assert of_form(GiayBaoTu__So=number) == {}


@pytest.mark.parametrize(
    ("issued", "expected"),
    [
        ("02/07/2023", None),
        ("01/07/2023", "NOTICE_BEFORE_DEATH E"),
        ("06/2023", "NOTICE_BEFORE_DEATH E"),
        ("2023", None),
        ("04/07/2023", None),
        ("05/07/2023", "NOTICE_AFTER_FILING E"),
        ("31/04/2023", "DATE_INVALID E"),
    ],
)
def test_a_notice_is_dated_between_the_death_and_the_filing(issued: str, expected: str | None) -> None:
    assert of_form(GiayBaoTu__Ngay=issued) == ({"GiayBaoTu/Ngay": expected} if expected else {})


@given(st.integers(0, 400), st.sampled_from([1, 2, 4, 5]))
def test_the_kind_follows_from_the_days_between_death_and_filing(days: int, kind: int) -> None:
    died = date(2023, 7, 4) - timedelta(days=days)
    day = f"{died:%d/%m/%Y}"
    said = of_form(LoaiDangKy=kind, NguoiChet__NgayChet=day, NguoiChet__GioPhutChet=None, GiayBaoTu__Ngay="04/07/2023")
    wrong = (kind == 1 and days > 15) or (kind in (4, 5) and days <= 15)

    assert said == ({"LoaiDangKy": "KIND_MISMATCH E"} if wrong else {})


def test_the_kind_is_not_judged_with_a_partial_date() -> None:
    said = of_form(LoaiDangKy=4, NguoiChet__NgayChet="07/2023", NguoiChet__GioPhutChet=None)

    assert said == {"NguoiChet/NgayChet": "PARTIAL_DATE W"}


@pytest.mark.parametrize(
    ("declarant", "same"),
    [
        ({"GiayTo": {"Loai": 2, "So": "351234567"}}, False),
        ({"GiayTo": {"Loai": 2, "So": "351 234 567"}, "HoTen": "Huỳnh Văn  Tám"}, True),
        ({"GiayTo": {"Loai": 2, "So": "351234568"}, "HoTen": "Huỳnh Văn Tám"}, False),
    ],
)
def test_the_declarant_has_not_the_name_and_paper_of_the_deceased(declarant: dict[str, Any], same: bool) -> None:
    said = of_form(**{f"NguoiYeuCau__{name}": value for name, value in declarant.items()})

    assert said == ({"NguoiYeuCau": "DECLARANT_IS_DECEASED E"} if same else {})


@pytest.mark.parametrize(
    "members",
    [
        {"NguoiYeuCau__SoDinhDanh": "089038999001"},
        {"NguoiYeuCau__GiayTo": {"Loai": 5, "So": "089038999001"}},
        {"NguoiYeuCau__GiayTo": {"Loai": 2, "So": "089.038.999.001"}},
    ],
)
def test_the_declarant_has_not_the_personal_number_of_the_deceased(members: dict[str, Any]) -> None:
    said = of_form(NguoiChet__SoDinhDanh="089038999001", **members)

    assert said == {"NguoiYeuCau": "DECLARANT_IS_DECEASED E"}


@pytest.mark.parametrize(
    ("gender", "number", "expected"),
    [
        (1, "089038999001", None),
        (1, "089138999001", "ID_GENDER_MISMATCH O"),
        (2, "089138999001", None),
        (2, "089038999001", "ID_GENDER_MISMATCH O"),
        (3, "089038999001", None),
        (3, "089138999001", None),
    ],
)
def test_a_number_is_of_the_gender_of_the_deceased(gender: int, number: str, expected: str | None) -> None:
    said = of_form(NguoiChet__GioiTinh=gender, NguoiChet__SoDinhDanh=number)

    assert said == ({"NguoiChet/SoDinhDanh": expected} if expected else {})


def test_the_declarants_own_paper_address_and_number_are_judged() -> None:
    said = of_form(
        NguoiYeuCau__SoDinhDanh="123",
        NguoiYeuCau__GiayTo={**DECLARANT_CARD, "NgayCap": "05/07/2023"},
        NguoiYeuCau__NoiCuTru={"QuocGia": "VN", "MaTinh": "89", "MaHuyen": "883", "MaXa": "1", "DiaChi": "t¨"},
    )

    assert said == {
        "NguoiYeuCau/SoDinhDanh": "ID_LENGTH E",
        "NguoiYeuCau/GiayTo/NgayCap": "DATE_FUTURE E",
        "NguoiYeuCau/NoiCuTru/MaXa": "UNIT_NOT_VALID_ON_DATE E",
        "NguoiYeuCau/NoiCuTru/DiaChi": "ENCODING_SUSPECT E",
    }
