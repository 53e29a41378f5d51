"""What is checked of the ministry's states."""

import json
from typing import Any

import pytest

from connector.domain.checks import states
from schemas.ministry import DossierState
from tests.ministry_answers import state


def said(**members: Any) -> dict[str, str]:
    body = {name: value for name, value in state(**members).items() if value is not ...}
    found = states.check_state(*DossierState.read(json.dumps(body).encode()))
    return {one.pointer: f"{one.code} {one.severity}" for one in found}


@pytest.mark.parametrize("number", range(1, 7))
def test_the_states_of_the_contract_have_no_finding(number: int) -> None:
    assert said(number=number, hanBoSungHoSo="10/07/2023 17:00:00", ghiChu=None) == {}


@pytest.mark.parametrize("number", [-1, 0, 7, 10, 2**70])
def test_any_other_number_is_an_unknown_status(number: int) -> None:
    assert said(number=number) == {"/trangThai": "STATUS_UNKNOWN E"}


@pytest.mark.parametrize("value", ["4", None, [4], 4.5, ...])
def test_a_status_that_is_no_number_breaks_the_contract(value: object) -> None:
    assert said(trangThai=value) == {"/trangThai": "CONTRACT E"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "06/07/2023",
        "6/7/2023 10:00:00",
        "31/06/2023 10:00:00",
        "06/07/2023 24:00:00",
        "2023-07-06T10:00:00",
        "vừa xong",
    ],
)
def test_an_instant_that_cannot_be_read_is_never_taken_for_another(text: str) -> None:
    assert said(thoiGianThucHien=text) == {"/thoiGianThucHien": "TIME_INVALID E"}


@pytest.mark.parametrize(
    ("text", "valid"), [("10/07/2023 17:00:00", True), ("", True), (None, True), ("10/07/2023", False)]
)
def test_the_time_for_a_supplement_is_an_instant_or_absent(text: str | None, valid: bool) -> None:
    assert said(number=2, hanBoSungHoSo=text) == ({} if valid else {"/hanBoSungHoSo": "TIME_INVALID E"})


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"module": "LTKS"}, "/module"),
        ({"maHoSoMCDT": "1"}, "/maHoSoMCDT"),
        ({"maHoSoMCDT": "H01" + ".1" * 20 + "-230704-0003"}, "/maHoSoMCDT"),
        ({"maDonVi": "883"}, "/maDonVi"),
        ({"maTinh": "089"}, "/maTinh"),
        ({"lanGui": 0}, "/lanGui"),
        ({"thoiGianThucHien": ...}, "/thoiGianThucHien"),
        ({"ketQuaXuLy": {}}, "/ketQuaXuLy"),
    ],
)
def test_other_members_break_the_contract_at_their_place(members: dict[str, Any], pointer: str) -> None:
    assert said(**members) == {pointer: "CONTRACT E"}


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}"])
def test_an_answer_that_is_no_state_breaks_the_contract(body: bytes) -> None:
    found = states.check_state(*DossierState.read(body))

    assert found
    assert {one.code for one in found} == {"CONTRACT"}
