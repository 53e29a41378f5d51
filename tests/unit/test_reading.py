"""How a foreign body becomes a form: what can be read is read, and what breaks the contract is named by its place."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.ministry import DeathResult, Envelope, MarriageEntry, MarriageResult
from schemas.province import DossierEvent, EventPage, MarriageForm, Place
from schemas.reading import Fault, FaultKind, Form
from tests.dossier_events import changed, death, marriage
from tests.ministry_answers import death_result, entry, marriage_result


def faults(form: type[Form], body: object) -> dict[str, str]:
    _, found = form.read(json.dumps(body).encode())
    return {fault.pointer: fault.kind for fault in found}


def test_a_right_body_has_no_faults_and_leaves_as_it_came() -> None:
    for event in (marriage(), death()):
        form, found = DossierEvent.read(json.dumps(event).encode())

        assert form is not None
        assert not found
        assert form.to_wire() == _without_null(event)


def test_flat_members_are_gathered_into_persons_and_written_flat_again() -> None:
    body = marriage_result()
    form, found = MarriageResult.read(json.dumps(body).encode())

    assert form is not None
    assert form.husband is not None
    assert form.husband.full_name == body["chongHoTen"]
    assert not found
    assert form.to_wire() == _without_null(body)


@pytest.mark.parametrize(
    ("place", "value", "kind"),
    [
        ("ToKhai/BenNam/HoTen", 5, "type"),
        ("ToKhai/BenNam/LoaiCuTru", 4, "enum"),
        ("ToKhai/BenNam/LanKetHon", 0, "range"),
        ("ToKhai/BenNam/LanKetHon", "1", "type"),
        ("ToKhai/BenNam/LanKetHon", True, "type"),
        ("ToKhai/BenNam/LanKetHon", 1.5, "type"),
        ("ToKhai/BenNam/LanKetHon", 0.0, "range"),
        ("ToKhai/BenNam/LoaiCuTru", True, "type"),
        ("ToKhai/BenNam/LoaiCuTru", 1.5, "type"),
        ("ToKhai/BenNam/LoaiCuTru", 4.0, "enum"),
        ("ToKhai/BenNam/QuocTich", "vn", "pattern"),
        ("ToKhai/BenNam/NoiCuTru", [], "type"),
        ("ToKhai/BenNam/GiayTo/Loai", None, "missing"),
        ("CanXacMinh", "true", "type"),
        ("TaiLieuNop", {}, "type"),
        ("TaiLieuNop", [5], "type"),
    ],
)
def test_a_fault_names_its_place_and_kind_and_everything_else_is_still_read(
    place: str, value: object, kind: FaultKind
) -> None:
    body = changed(marriage(), {place: value})
    form, found = DossierEvent.read(json.dumps(body).encode())
    pointer = f"/HoSo/{place}" + ("/0" if value == [5] else "")

    assert form is not None
    assert form.dossier is not None
    assert form.dossier.code == "000.12.83.H01-230704-0003"
    assert Fault(pointer, kind) in found
    assert all(fault.pointer.startswith(pointer) for fault in found)


def test_several_faults_are_all_named() -> None:
    body = changed(
        marriage(), {"PhienBan": "1", "ToKhai/BenNam": 7, "ToKhai/BenNu/NoiCuTru/QuocGia": ..., "ToKhai/SoBanSao": 99}
    )

    assert faults(DossierEvent, body) == {
        "/HoSo/PhienBan": "type",
        "/HoSo/ToKhai/BenNam": "type",
        "/HoSo/ToKhai/BenNu/NoiCuTru/QuocGia": "missing",
        "/HoSo/ToKhai/SoBanSao": "range",
    }


def test_integral_numbers_are_integers_as_json_schema_has_it() -> None:
    form, found = MarriageForm.read_value({**marriage()["HoSo"]["ToKhai"], "SoBanSao": 2.0})

    assert form is not None
    assert form.copies == 2
    assert not found


def test_integral_numbers_at_any_depth_are_read_like_integers() -> None:
    with_floats = changed(marriage(), {"ToKhai/SoBanSao": 2.0, "ToKhai/LoaiDangKy": 1.0, "PhienBan": 5e3})
    with_integers = changed(marriage(), {"ToKhai/SoBanSao": 2, "ToKhai/LoaiDangKy": 1, "PhienBan": 5000})

    form, found = DossierEvent.read(json.dumps(with_floats).encode())

    assert not found
    assert (form, ()) == DossierEvent.read(json.dumps(with_integers).encode())


@pytest.mark.parametrize("stray", [None, 7, {}, {"HoTen": 5}])
def test_members_of_the_other_form_are_unknown_members_of_a_whole_one(stray: object) -> None:
    event, found = DossierEvent.read(json.dumps(changed(marriage(), {"ToKhai/NguoiChet": stray})).encode())

    assert not found
    assert event is not None
    assert event.dossier is not None
    assert isinstance(event.dossier.form, MarriageForm)


def test_the_flat_place_of_a_fault_is_told() -> None:
    assert faults(MarriageEntry, entry(voNoiCuTru={"maXa": 5}, chongSoLanKH="1")) == {
        "/voNoiCuTru/maXa": "type",
        "/voNoiCuTru/dcChiTiet": "missing",
        "/chongSoLanKH": "type",
    }


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "not_json"),
        (b"{", "not_json"),
        (b'{"a": 1}}', "not_json"),
        (b"\xff\xfe{}", "not_json"),
        (b'{"a": "\xc3("}', "not_json"),
        (b'{"a": "\\ud800"}', "not_json"),
        (b"[" * 200_000, "not_json"),
        (b'{"a":' * 200_000, "not_json"),
        (b"[]", "not_an_object"),
        (b"7", "not_an_object"),
        (b"null", "not_an_object"),
    ],
)
def test_a_body_that_is_no_object_is_no_form(body: bytes, kind: FaultKind) -> None:
    for form in (DossierEvent, DeathResult):
        assert form.read(body) == (None, (Fault("", kind),))


def test_unknown_members_are_ignored_and_not_sent_on() -> None:
    form, found = Place.read(b'{"QuocGia": "VN", "Moi": {"a": 1}}')

    assert not found
    assert form is not None
    assert form.to_wire() == {"QuocGia": "VN"}


def test_names_of_ours_are_no_members_of_theirs() -> None:
    assert faults(Place, {"country": "VN"}) == {"/QuocGia": "missing"}


@pytest.mark.parametrize("status", ["1", 1, "0", 0])
def test_the_envelope_takes_text_and_number_where_the_contract_says_so(status: object) -> None:
    form, found = Envelope.read_value({"status": status, "value": [1]})

    assert form is not None
    assert not found
    assert form.done is (status in ("1", 1))


@pytest.mark.parametrize("status", [True, 2, "01", None])
def test_and_nothing_else(status: object) -> None:
    form, found = Envelope.read_value({"status": status})

    assert found
    assert form is None or not form.done


def test_a_page_keeps_its_events_unread() -> None:
    form, found = EventPage.read_value({"DuLieu": [5, {"a": None}], "ConTroTiep": "x", "ConNua": False})

    assert form is not None
    assert not found
    assert form.events == [5, {"a": None}]


def _places(value: object, above: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, member in inner:
        yield (*above, step)
        yield from _places(member, (*above, step))


FILE = {"TepDinhKemId": "a1", "TenTepDinhKem": "a.pdf", "LoaiGiayTo": 1, "TenGiayTo": "b", "MaBam": "0" * 64}
BODIES: list[tuple[type[Form], dict[str, Any]]] = [
    (DossierEvent, changed(marriage(), {"TaiLieuNop": [{**FILE, "KichThuoc": 5}, {**FILE, "KichThuoc": 6}]})),
    (DossierEvent, death()),
    (MarriageResult, marriage_result()),
    (DeathResult, death_result()),
    (MarriageEntry, entry()),
]
RUBBISH: list[Any] = [None, True, False, 0, 7, 1.0, 60.0, 1.5, "", "7", "x" * 2001, [], [7], [{}], {}, {"a": 1}]


@given(st.data())
def test_a_body_is_read_at_once_as_it_is_part_by_part(data: st.DataObject) -> None:
    form, body = data.draw(st.sampled_from(BODIES))
    body = copy.deepcopy(body)
    for _ in range(data.draw(st.integers(0, 3))):
        *way, last = data.draw(st.sampled_from(list(_places(body))))
        inside: Any = body
        for step in way:
            inside = inside[step]
        if isinstance(last, str) and data.draw(st.booleans()):
            del inside[last]
        else:
            inside[last] = copy.deepcopy(data.draw(st.sampled_from(RUBBISH)))

    assert form.read(json.dumps(body).encode()) == form.read_value(body) == form._salvage(body)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_without_an_exception(body: bytes) -> None:
    form, found = DossierEvent.read(body)

    assert form is not None or found


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_null(item) for name, item in value.items() if item is not None}
    return [_without_null(item) for item in value] if isinstance(value, list) else value
