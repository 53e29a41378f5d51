"""The expected forms, against examples written out by hand from the validation contract."""

import hashlib
import json
from datetime import date
from importlib.resources import files
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from connector.sandbox.expectation import attachments, envelope, ministry_form
from connector.sandbox.expected_result import province_result
from connector.sandbox.generator import generate
from connector.sandbox.matching import AnyText, Mentions, OneOf, differences
from connector.sandbox.spelling import GROUPS, folded, group_code, group_name, number, text
from tests.unit.judged_forms import DEATH, DOCUMENT, MARRIAGE, SENT_DEATH, SENT_MARRIAGE, Json, signed, state
from tests.unit.judged_world import concrete, finished


def schemas(partner: str, *names: str) -> dict[str, Draft202012Validator]:
    text = files("connector.sandbox").joinpath("contracts", f"{partner}.openapi.yaml").read_text("utf-8")
    components = yaml.safe_load(text)["components"]
    return {
        name: Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": components}) for name in names
    }


def test_a_marriage_form_is_carried_as_the_contract_says() -> None:
    assert list(differences(ministry_form(MARRIAGE), SENT_MARRIAGE)) == []


def test_a_death_form_is_carried_as_the_contract_says() -> None:
    assert list(differences(ministry_form(DEATH), SENT_DEATH)) == []


def test_the_envelope_names_office_module_and_instant() -> None:
    assert envelope(MARRIAGE, 2) == {
        "maDonVi": "30283",
        "module": "LTKH",
        "maHoSoMCDT": "000.12.83.H01-230704-0003",
        "lanGui": 2,
        "ngayTiepNhan": "04/07/2023 08:40:05",
    }
    assert envelope(DEATH, 1)["module"] == "LTKT"


def test_the_text_of_a_divorce_must_name_number_day_and_court() -> None:
    for part in ("41/2019/QĐST-HNGĐ", "12/11/2019", "Tòa án nhân dân TP Long Xuyên"):
        without = SENT_MARRIAGE["voTinhTrangHonNhan"].replace(part, "")
        found = SENT_MARRIAGE | {"voTinhTrangHonNhan": without}
        assert list(differences(ministry_form(MARRIAGE), found)) == ["/voTinhTrangHonNhan"]


def test_a_place_abroad_has_only_its_country_and_detail() -> None:
    dossier = json.loads(json.dumps(MARRIAGE))
    dossier["ToKhai"]["BenNam"]["NoiCuTru"] = {"QuocGia": "TW", "MaTinh": None, "DiaChi": "Taoyuan"}
    dossier["ToKhai"]["BenNam"] |= {"QuocTich": "TW", "DanToc": None}
    form = ministry_form(dossier)
    assert form["chongNoiCuTru"] == {"quocGia": "TW", "dcChiTiet": "Taoyuan"}
    assert form["chongDanToc"] == "55"


@pytest.mark.parametrize(
    ("kind", "sent", "other"),
    [
        *((2, 2, None), (3, 7, None), (4, 8, None), (5, 4, None), (6, 1, None), (9, 5, None), (10, 6, None)),
        *((7, 3, "Sổ hộ khẩu"), (8, 3, "Giấy khai sinh")),
    ],
)
def test_papers_are_numbered_anew_and_back(kind: int, sent: int, other: str | None) -> None:
    dossier = json.loads(json.dumps(DEATH))
    paper = {"Loai": kind, "So": "AB12", "TenLoaiKhac": "Giấy khai sinh" if kind == 8 else None}
    dossier["ToKhai"]["NguoiChet"]["GiayTo"] = paper
    form = ministry_form(dossier)
    assert (form["nktLoaiGiayToTuyThan"], form["nktGiayToKhac"]) == (sent, other)
    result = signed(
        SENT_DEATH | {"nktLoaiGiayToTuyThan": sent, "nktGiayToKhac": other, "nktSoGiayToTuyThan": "AB12"},
        **{"soDangKy": "7", "quyenSo": "01/2026", "maGiayToKetQua": "KQ.G15.000034", "giayKhaiTu": DOCUMENT},
    )
    back = province_result(state(result, "LTKT"), dossier)["NoiDung"]["NguoiChet"]["GiayTo"]
    assert not list(differences(back, paper))


def test_a_file_keeps_its_number_when_the_list_changes() -> None:
    def file(name: str, **more: Any) -> Json:
        about = {"TepDinhKemId": name, "TenTepDinhKem": f"{name}.pdf", "LoaiGiayTo": 1, "TenGiayTo": "Giấy"}
        return about | {"MaBam": name * 64, "KichThuoc": 1} | more

    first, second = {"TaiLieuNop": [file("a"), file("b")]}, {"TaiLieuNop": [file("c"), file("b", DaHuy=True)]}
    assert [(f["id"], f["huyGiayTo"]) for f in attachments([first])] == [(1, 0), (2, 0)]
    later = attachments([first, second])
    assert [(f["id"], f["huyGiayTo"]) for f in later] == [(3, 0), (2, 1)]
    assert later[1]["sha256"] == hashlib.sha256(b"").hexdigest()


def test_the_fifty_four_groups_have_their_codes_and_usual_names() -> None:
    assert len(GROUPS) == 56
    assert len({folded(name) for name in GROUPS}) == 56
    assert [group_code(name) for name in ("Kinh", "Hoa", "Khơ me", "KHMER", "Chăm", "Rơ măm")] == [
        *("01", "04", "05", "05", "17", "54")
    ]
    assert group_code("Phù Nam") is None
    assert (group_name("05"), group_name("99")) == ("Khơ-me", None)


def test_text_and_numbers_are_tidied_and_letters_kept() -> None:
    assert text("\u200b Nguy\u1ec5n \u00a0Thu\u1ef7\t\u00d0") == "Nguyễn Thuỷ Đ"
    assert number("089.096 999\u00a0001") == "089096999001"


def test_a_null_member_is_as_good_as_a_missing_one_but_types_must_agree() -> None:
    assert list(differences({"a": None, "b": 1}, {"b": 1, "c": None})) == []
    assert list(differences({"b": 1}, {"b": "1"})) == ["/b"]
    assert list(differences({"b": 1}, {"b": True})) == ["/b"]
    assert list(differences({"b": OneOf((None, "x"))}, {"b": "y"})) == ["/b"]
    assert list(differences([Mentions((("x", "y"),)), AnyText()], ["say y", None])) == []
    assert list(differences({"n": {"m": [1, 2]}}, {"n": {"m": [1, 3]}})) == ["/n/m/1"]


@pytest.mark.parametrize("day", [date(2023, 7, 4), date(2025, 7, 5), date(2026, 11, 20)])
def test_every_expected_form_keeps_the_ministry_s_contract(day: date) -> None:
    forms = schemas("ministry", "MarriageForm", "DeathForm")
    for item in generate(9, 250, day, faulty=0):
        dossier = item.event["HoSo"]
        kind = "DeathForm" if "NguoiChet" in dossier["ToKhai"] else "MarriageForm"
        assert not [list(e.path) for e in forms[kind].iter_errors(concrete(ministry_form(dossier)))]


@pytest.mark.parametrize("day", [date(2023, 7, 4), date(2026, 11, 20)])
def test_every_expected_result_keeps_the_province_s_contract(day: date) -> None:
    result = schemas("province", "Result")["Result"]
    items = list(generate(9, 150, day, faulty=0))
    stored = [effect["body"] for effect in finished(*items).province.all if effect["kind"] == "result"]
    assert len(stored) == 150
    for body in stored:
        assert not [list(e.path) for e in result.iter_errors(body)]
