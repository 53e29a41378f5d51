"""The forms of schemas/ say what the two OpenAPI files say: the same members, required ones, enums and limits."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas import ministry, province
from schemas.reading import Form

CONTRACTS = Path(__file__).parents[2] / "connector" / "sandbox" / "contracts"
SCHEMAS = "components/schemas/"
BODY = "/post/requestBody/content/application~1json/schema"
ANSWER = "/responses/200/content/application~1json/schema"
LIMITS = ("pattern", "maxLength", "minItems", "maxItems")
HOTICH = "paths/~1hotich~11.0~1"

# Form → where its schema stands in the contract.
PROVINCE: dict[type[Form], str] = {
    province.DossierEvent: SCHEMAS + "DossierEvent",
    province.Dossier: SCHEMAS + "Dossier",
    province.Owner: SCHEMAS + "Dossier/properties/ChuHoSo",
    province.AttachedFile: SCHEMAS + "AttachedFile",
    province.Place: SCHEMAS + "Place",
    province.Paper: SCHEMAS + "Paper",
    province.Decision: SCHEMAS + "Decision",
    province.Spouse: SCHEMAS + "Spouse",
    province.MarriageForm: SCHEMAS + "MarriageForm",
    province.DeathForm: SCHEMAS + "DeathForm",
    province.Deceased: SCHEMAS + "DeathForm/properties/NguoiChet",
    province.DeathNotice: SCHEMAS + "DeathForm/properties/GiayBaoTu/anyOf/0",
    province.Declarant: SCHEMAS + "DeathForm/properties/NguoiYeuCau",
    province.Progress: SCHEMAS + "Progress",
    province.Result: SCHEMAS + "Result",
    province.ResultPaper: SCHEMAS + "Result/properties/GiayToKetQua",
    province.RegisterEntry: SCHEMAS + "RegisterEntry",
    province.Annotation: SCHEMAS + "RegisterEntry/properties/BienDong/items",
    province.Answer: SCHEMAS + "Answer",
    province.AnswerPlace: SCHEMAS + "Answer/properties/chi_tiet/items",
    province.EventPage: "paths/~1apitthc~1v1~1su-kien/get" + ANSWER,
    province.ProgressBatch: "paths/~1apitthc~1v1~1tien-do" + BODY,
    province.ProgressAnswer: "paths/~1apitthc~1v1~1tien-do/post" + ANSWER,
    province.ItemAnswer: "paths/~1apitthc~1v1~1tien-do/post" + ANSWER + "/properties/ket_qua/items",
}
MINISTRY: dict[type[Form], str] = {
    ministry.Address: SCHEMAS + "Address",
    ministry.MarriageFields: SCHEMAS + "MarriageFields",
    ministry.DeathFields: SCHEMAS + "DeathFields",
    ministry.Attachment: SCHEMAS + "Attachment",
    ministry.Submission: SCHEMAS + "Submission",
    ministry.SubmissionReceipt: SCHEMAS + "SubmissionReceipt",
    ministry.Withdrawal: HOTICH + "rutHoSo" + BODY,
    ministry.StateQuestion: HOTICH + "layKetQua" + BODY,
    ministry.EntryQuestion: HOTICH + "dsHoSoDangKy" + BODY,
    ministry.FullEntryQuestion: HOTICH + "traDanhSachHoSo" + BODY,
    ministry.Envelope: SCHEMAS + "Envelope",
    ministry.DossierState: SCHEMAS + "DossierState",
    ministry.MarriageResult: SCHEMAS + "MarriageResult",
    ministry.DeathResult: SCHEMAS + "DeathResult",
    ministry.EntryHead: SCHEMAS + "EntryHead",
    ministry.MarriageEntry: SCHEMAS + "MarriageEntry",
    ministry.DeathEntry: SCHEMAS + "DeathEntry",
    ministry.EntryPage: SCHEMAS + "EntryPage",
    ministry.Annotation: SCHEMAS + "Annotations/items",
}
EVERY_FORM = [(form, where, "province") for form, where in PROVINCE.items()] + [
    (form, where, "ministry") for form, where in MINISTRY.items()
]
NAMES = [f"{partner}.{form.__name__}" for form, _, partner in EVERY_FORM]


@cache
def contract(partner: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((CONTRACTS / f"{partner}.openapi.yaml").read_text(encoding="utf-8"))
    return document


def resolved(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """The schema with its references and allOf merged into one."""
    if "$ref" in schema:
        schema = {**at(schema["$ref"].removeprefix("#/"), document), **{k: v for k, v in schema.items() if k != "$ref"}}
    merged = {name: value for name, value in schema.items() if name != "allOf"}
    for part in schema.get("allOf", ()):
        more = resolved(part, document)
        merged = {
            **more,
            **merged,
            "properties": {**more.get("properties", {}), **merged.get("properties", {})},
            "required": [*more.get("required", ()), *merged.get("required", ())],
        }
    return merged


def at(path: str, document: dict[str, Any]) -> dict[str, Any]:
    value: Any = document
    for step in path.split("/"):
        step = step.replace("~1", "/")
        if isinstance(value, dict) and step not in value:
            value = resolved(value, document)
        value = value[int(step)] if isinstance(value, list) else value[step]
    found: dict[str, Any] = value
    return found


def limits(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """What a member may be, in one way of saying it: type, texts, pattern, lengths; null left out."""
    schema = resolved(schema, document)
    choices = [resolved(one, document) for one in schema.get("anyOf", schema.get("oneOf", ()))]
    choices = [one for one in choices if one.get("type") != "null"]
    if len(choices) == 1:
        schema = {**choices[0], **{name: value for name, value in schema.items() if name not in ("anyOf", "oneOf")}}
        schema = resolved(schema, document)
    kept: dict[str, Any] = {name: schema[name] for name in LIMITS if name in schema}
    if "pattern" in kept:
        kept["pattern"] = kept["pattern"].replace(r"\d", "[0-9]")
    kept["type"] = _type(schema, choices)
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    # Numbers are compared by what the form does with them, see below: pydantic leaves the range of an `Int` out here.
    if values is not None and not all(isinstance(value, int) for value in values):
        kept["enum"] = sorted(values, key=str)
    return kept


def _type(schema: dict[str, Any], choices: list[dict[str, Any]]) -> Any:
    if len(choices) > 1 or "oneOf" in schema:
        return "object"
    written = schema.get("type")
    names = [written] if isinstance(written, str) else [name for name in written or () if name != "null"]
    values = [schema["const"]] if "const" in schema else schema.get("enum", ())
    names = names or sorted({"integer" if isinstance(value, int) else "string" for value in values})
    return names[0] if len(names) == 1 else tuple(names) or "any"


def members_of(form: type[Form]) -> dict[str, dict[str, Any]]:
    """The form's members by the partner's names, with their limits; flat parts under their prefixes."""
    schema = form.model_json_schema(by_alias=True)
    found = {name: limits(member, schema) for name, member in schema["properties"].items()}
    for _, prefix, part in getattr(form, "parts", ()):
        del found[prefix]
        found |= {prefix + name: member for name, member in members_of(part).items()}
    return found


def members_in(where: str, partner: str) -> dict[str, dict[str, Any]]:
    document = contract(partner)
    schema = resolved(at(where, document), document)
    return {name: limits(member, document) for name, member in schema.get("properties", {}).items()}


def required_in(where: str, partner: str) -> set[str]:
    return set(resolved(at(where, contract(partner)), contract(partner)).get("required", ()))


def differences(form: type[Form], where: str, partner: str) -> dict[str, str]:
    """Member → the limits that differ, where both have it."""
    ours, theirs = members_of(form), members_in(where, partner)
    found = {}
    for name in ours.keys() & theirs.keys():
        both = ours[name].keys() | theirs[name].keys()
        differing = sorted(limit for limit in both if ours[name].get(limit) != theirs[name].get(limit))
        if differing:
            found[name] = " ".join(differing)
    return found


# What the forms leave to the checks, because it has a code of its own there (validation.md): dates (DATE_INVALID),
# instants (DATE_INVALID, TIME_INVALID), units (UNIT_NOT_VALID_ON_DATE), dossier codes (DOSSIER_CODE), names
# (NAME_FORM), paper numbers (ID_LENGTH, PAPER_FORM); and two patterns that take an empty text for an absent one.
LEFT_TO_THE_CHECKS: dict[str, str] = {
    "province.DossierEvent": "ThoiDiem",
    "province.Dossier": "MaHoSo NgayTiepNhan NgayHenTra NgayNop MaDonViDangKy",
    "province.Owner": "HoTen",
    "province.Place": "MaTinh MaHuyen MaXa",
    "province.Paper": "NgayCap So",
    "province.Decision": "Ngay",
    "province.Spouse": "NgaySinh",
    "province.MarriageForm": "NgayDuKienDangKy NgayXacLapQuanHe",
    "province.Deceased": "NgaySinh NgayChet GioPhutChet",
    "province.DeathNotice": "Ngay",
    "ministry.Address": "maXa",
    "ministry.MarriageFields": "chongNgaySinh voNgaySinh chongNgayCapGiayToTuyThan voNgayCapGiayToTuyThan "
    "ngayXacLapQuanHeHonNhan noiDangKy",
    "ministry.DeathFields": "nktNgaySinh nktNgayChet nktNgayCapGiayToTuyThan nycNgayCapGiayToTuyThan gbtNgay noiDangKy",
    "ministry.DossierState": "maDonVi maHoSoMCDT thoiGianThucHien hanBoSungHoSo",
    "ministry.EntryHead": "maDonVi ngayDangKy ngayCapNhat",
    "ministry.Annotation": "ngayGhiChu",
}
# Of what only the connector writes, the forms repeat nothing: a test of the mapping holds it against the contract.
WRITTEN_BY_US: dict[str, str] = {
    "province.Progress": "MaHoSo ThoiDiemXuLy HanBoSung",
    "province.ProgressBatch": "data",
    "province.Result": "NgayDangKy MaDonViDangKy",
    "province.RegisterEntry": "NgayDangKy MaDonViDangKy",
    "province.Annotation": "NgayGhiChu",
    "ministry.Submission": "maDonVi maHoSoMCDT module ngayTiepNhan",
    "ministry.Withdrawal": "maHoSoMCDT module thoiDiem",
    "ministry.StateQuestion": "maDinhDanhHoSo module",
    "ministry.EntryQuestion": "module tuThoiDiem denThoiDiem",
    "ministry.FullEntryQuestion": "dsMaHoSo module",
}
# Codes that nobody listed must be read too: they are refusals that a person sees. Nothing rests on the receipt's time.
READ_AS_THEY_COME: dict[str, str] = {
    "province.Answer": "error_code",
    "province.ItemAnswer": "error_code",
    "province.ProgressAnswer": "error_code",
    "ministry.SubmissionReceipt": "thoiGianTiepNhan",
}
# Required by the contract, and yet nullable (the document), or of a person whom other forms may leave out (names).
REQUIRED_BY_THE_CHECKS: dict[str, set[str]] = {
    "ministry.MarriageResult": {"giayKetHon"},
    "ministry.DeathResult": {"giayKhaiTu"},
    "ministry.MarriageEntry": {"chongHoTen", "voHoTen"},
    "ministry.DeathEntry": {"nktHoTen"},
}
# Numbers whose range the form leaves open.
OPEN_RANGES: dict[str, set[str]] = {
    "ministry.DossierState": {"trangThai"},  # STATUS_UNKNOWN
    "ministry.EntryQuestion": {"trang", "soLuong"},
}


def deliberate(form: type[Form], partner: str) -> set[str]:
    """The members whose texts the form leaves open, those of the forms it is made of included."""
    found: set[str] = set()
    for base in form.__mro__:
        name = f"{partner}.{base.__name__}"
        for table in (LEFT_TO_THE_CHECKS, WRITTEN_BY_US, READ_AS_THEY_COME):
            found |= set(table.get(name, "").split())
    return found | ({"ngayDangKy"} if form is ministry.MarriageResult else set())


@pytest.mark.parametrize(("form", "where", "partner"), EVERY_FORM, ids=NAMES)
def test_a_form_has_the_members_of_its_schema(form: type[Form], where: str, partner: str) -> None:
    assert members_of(form).keys() == members_in(where, partner).keys()


@pytest.mark.parametrize(("form", "where", "partner"), EVERY_FORM, ids=NAMES)
def test_a_form_requires_what_its_schema_requires(form: type[Form], where: str, partner: str) -> None:
    left = REQUIRED_BY_THE_CHECKS.get(f"{partner}.{form.__name__}", set())

    assert {alias for _, alias in form.required} | left == required_in(where, partner)


@pytest.mark.parametrize(("form", "where", "partner"), EVERY_FORM, ids=NAMES)
def test_types_patterns_enums_and_lengths_differ_only_where_that_is_meant(
    form: type[Form], where: str, partner: str
) -> None:
    found = differences(form, where, partner)

    assert found.keys() == deliberate(form, partner)
    assert "type" not in " ".join(found.values())


@pytest.mark.parametrize(("form", "where", "partner"), EVERY_FORM, ids=NAMES)
def test_a_number_is_taken_within_its_range_and_nowhere_else(form: type[Form], where: str, partner: str) -> None:
    document = contract(partner)
    schema = resolved(at(where, document), document)
    open_ranges = OPEN_RANGES.get(f"{partner}.{form.__name__}", set())
    for name, written in schema.get("properties", {}).items():
        member = resolved(written, document)
        low, high, values = member.get("minimum"), member.get("maximum"), member.get("enum")
        if name in open_ranges or (low is None and not (values and isinstance(values[0], int))):
            continue
        for number in range(-1, 60):
            allowed = number in values if values else (low or 0) <= number <= (high or number)
            _, faults = form.read_value({name: number})
            assert (f"/{name}" not in {fault.pointer for fault in faults}) is allowed, (name, number)


@pytest.mark.parametrize(("form", "where", "partner"), EVERY_FORM, ids=NAMES)
def test_a_flag_is_never_taken_for_a_number(form: type[Form], where: str, partner: str) -> None:
    for name, member in members_of(form).items():
        if member["type"] == "integer":
            assert f"/{name}" in {fault.pointer for fault in form.read_value({name: True})[1]}, name


def test_every_form_of_both_modules_is_compared_or_only_a_part_of_one_that_is() -> None:
    parts = {ministry.SpouseFields, ministry.DeceasedFields, ministry.NoticeFields, ministry.DeclarantFields}
    made_of = {ministry.FlatForm, ministry.EntryExtras}
    defined = {
        value
        for module in (province, ministry)
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Form) and value is not Form
    }

    assert defined == {*PROVINCE, *MINISTRY, *parts, *made_of}
