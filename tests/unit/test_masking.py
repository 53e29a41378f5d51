"""Nothing about a citizen passes the mask, whatever shape the body has."""

import hashlib
import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from connector.domain.masking import HIDDEN, HIDDEN_LONG, HIDDEN_NUMBER, masked
from connector.sandbox.generator import generate
from schemas.ministry import DossierState
from schemas.province import AttachedFile, Dossier, DossierEvent, Owner, Paper, Spouse
from tests.bodies import death_form, marriage_form
from tests.dossier_events import changed, death, marriage

# Members of an event that say nothing of a citizen; every other text in it does, or may.
OPEN = {
    *(DossierEvent.member(name) for name in ("event_id", "kind", "happened_at")),
    *(Dossier.member(name) for name in ("code", "procedure_code", "agency", "office")),
    *(Dossier.member(name) for name in ("submitted_at", "received_at", "due_at")),
    *(AttachedFile.member(name) for name in ("file_id", "sha256")),
}


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item, name)
    else:
        yield name, value


def written(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def test_what_an_operator_needs_is_shown() -> None:
    shown = masked(written(marriage()))

    assert shown["LoaiSuKien"] == "HoSoMoi"
    assert shown["ThoiDiem"] == "20230704084000"
    dossier = shown["HoSo"]
    assert dossier["MaHoSo"] == "000.12.83.H01-230704-0003"
    assert (dossier["PhienBan"], dossier["MaTTHC"], dossier["MaDonViDangKy"]) == (1, "1.000894", "30283")
    assert dossier["CanXacMinh"] is False
    assert dossier["ToKhai"]["BenNam"]["GiayTo"]["Loai"] == 5


def test_every_text_that_is_not_listed_is_hidden_in_hundreds_of_generated_dossiers() -> None:
    seen = 0
    for one in generate(7, 300, date(2026, 11, 20), faulty=0.3):
        shown = dict(leaves(masked(written(one.event))))
        text = written(masked(written(one.event))).decode()
        for name, value in leaves(one.event):
            if isinstance(value, str) and len(value) >= 6 and name not in OPEN:
                assert value not in text, name
                seen += 1
        assert shown["HoTen"] == HIDDEN
    assert seen > 5000


def test_the_flat_members_of_the_ministry_are_hidden_too() -> None:
    for form in (marriage_form(), death_form()):
        shown = masked(written(form))

        assert shown.keys() == form.keys()
        assert (shown["noiDangKy"], shown["loaiDangKy"]) == ("30292", 1)
        text = written(shown).decode()
        assert not [
            value for name, value in leaves(form) if isinstance(value, str) and len(value) > 5 and value in text
        ]


def test_the_registration_inside_a_state_is_looked_into_and_hidden() -> None:
    inside = {**marriage_form(), "soDangKy": "15/2026", "giayKetHon": "JVBERi0xLjQ=" * 40}
    state = {"maHoSoLT": "BTP-2026-0001", "trangThai": 4, DossierState.member("result"): json.dumps(inside)}

    shown = masked(written(state))

    assert (shown["maHoSoLT"], shown["trangThai"]) == ("BTP-2026-0001", 4)
    result = shown[DossierState.member("result")]
    assert result["chongHoTen"] == HIDDEN
    assert result["soDangKy"] == HIDDEN
    assert result["giayKetHon"] == HIDDEN_LONG
    assert result["noiDangKy"] == "30292"


def test_a_registration_that_is_no_json_is_hidden_whole() -> None:
    name = DossierState.member("result")

    assert masked(written({name: "Nguyễn Văn Thử {"})) == {name: HIDDEN}


def test_our_own_record_of_an_acceptance_is_shown() -> None:
    record = {"dossier_code": "H01.12-261120-0001", "ministry_code": "LT-1", "accepted_at": "2026-11-20T08:30:00+07:00"}

    assert masked(written(record)) == record


def test_a_listed_member_with_a_citizen_in_it_is_hidden() -> None:
    broken = changed(marriage(), {"MaHoSo": "Lê Quốc Khải", "MaDonViDangKy": "089096999001", "PhienBan": 351234567})

    dossier = masked(written(broken))["HoSo"]

    assert (dossier["MaHoSo"], dossier["MaDonViDangKy"], dossier["PhienBan"]) == (HIDDEN, HIDDEN, HIDDEN_NUMBER)


def test_a_name_that_no_contract_knows_is_hidden_with_its_value() -> None:
    assert masked(written({"Lê Quốc Khải": 1, "089096999001": "x", "HoTen": ""})) == {
        "•••1": HIDDEN_NUMBER,
        "•••2": HIDDEN,
        "HoTen": "",
    }


def test_a_body_that_is_no_json_shows_its_size_and_hash_only() -> None:
    for body in (b"", b"\xff\x00", "Lê Quốc Khải".encode(), b"[" * 5000, b'{"HoTen": NaN}'):
        assert masked(body) == {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}


def test_json_within_json_without_end_does_not_break_it() -> None:
    name = DossierState.member("result")
    body = "[" * 190 + "]" * 190
    for _ in range(5):
        body = "[" * 190 + json.dumps({name: body}) + "]" * 190

    shown = masked(body.encode())

    assert isinstance(shown, list) or shown["bytes"] == len(body)


def test_a_death_hides_its_cause_and_place() -> None:
    text = written(masked(written(death()))).decode()

    form = death()["HoSo"]["ToKhai"]
    assert form["NguoiChet"]["NguyenNhanChet"] not in text
    assert "Huỳnh" not in text
    assert "khóm" not in text


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["HoTen", "Loai", "MaHoSo"]), inner),
)
names = st.sampled_from(sorted({Owner.member("full_name"), Paper.member("number"), Spouse.member("birth_date")}))


@given(json_values)
def test_any_json_comes_out_with_as_many_leaves_and_no_long_text(value: Any) -> None:
    shown = masked(json.dumps(value).encode("utf-8", "surrogatepass"))

    assert len(list(leaves(shown))) >= 1 or not list(leaves(value))
    for name, leaf in leaves(shown):
        assert leaf is None or leaf in ("", HIDDEN, HIDDEN_LONG, HIDDEN_NUMBER) or name in {"Loai", "MaHoSo"}


@given(names, st.text(min_size=1))
def test_a_person_is_hidden_wherever_it_stands(name: str, value: str) -> None:
    body = {"HoSo": {"ToKhai": [{name: value}], name: value}, name: value}

    assert {
        leaf for _, leaf in leaves(masked(written(body) if value.isprintable() else json.dumps(body).encode()))
    } <= {
        HIDDEN,
        HIDDEN_LONG,
    }
