"""The invented dossiers: by the contract's schema, consistent in themselves, the same for a seed."""

import hashlib
import unicodedata
from collections import Counter
from datetime import date, datetime
from importlib.resources import files
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from connector.sandbox.deadlines import due_at
from connector.sandbox.generator import Generated, generate
from connector.sandbox.mistakes import MISTAKES
from connector.sandbox.papers import jpeg, pdf
from connector.sandbox.places import REFORM, communes_on

Json = dict[str, Any]
DAYS = (date(2023, 7, 4), date(2025, 2, 3), date(2025, 7, 5), date(2026, 11, 20))
# Findings that the schema alone can see; with them an event may break it.
BREAKS_THE_SCHEMA = {"CONTRACT", "DOSSIER_CODE"}
WARNINGS = {
    "NAME_SINGLE_WORD",
    "ID_PROVINCE_UNKNOWN",
    "ID_MISSING",
    "ETHNICITY_FOREIGNER",
    "PARTIAL_DATE",
    "DUE_MISMATCH",
}
PLANTED = {
    *("CONTRACT", "ENCODING_SUSPECT", "NAME_FORM", "NAME_SINGLE_WORD", "DOSSIER_CODE", "PROCEDURE_UNKNOWN"),
    *("WRONG_PROCEDURE", "UNIT_NOT_VALID_ON_DATE", "OFFICE_OUTSIDE_PROVINCE", "ID_LENGTH", "PAPER_FORM"),
    *("ID_GENDER_MISMATCH", "ID_YEAR_MISMATCH", "ID_PROVINCE_UNKNOWN", "ID_MISSING", "CMND_EXPIRED"),
    *("ETHNICITY_UNKNOWN", "ETHNICITY_FOREIGNER", "DATE_INVALID", "DATE_FUTURE", "PARTIAL_DATE", "AGE_HUSBAND"),
    *("AGE_WIFE", "AGE_IMPLAUSIBLE", "SAME_PERSON", "ALREADY_MARRIED", "MANUAL_CHECK", "STATUS_ORDINAL_CONFLICT"),
    *("DIVORCE_DOC_REQUIRED", "SPOUSE_DEATH_DOC_REQUIRED", "FORMER_DATE_REQUIRED", "DEATH_BEFORE_BIRTH"),
    *("FUTURE_DEATH", "TIME_WITHOUT_DATE", "NOTICE_REQUIRED", "NOTICE_NUMBER_IS_EXTRACT", "NOTICE_BEFORE_DEATH"),
    *("NOTICE_AFTER_FILING", "KIND_MISMATCH", "DECLARANT_IS_DECEASED", "DUE_MISMATCH", "FILE_MISMATCH"),
}


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    document = yaml.safe_load(
        files("connector.sandbox").joinpath("contracts", "province.openapi.yaml").read_text("utf-8")
    )
    return Draft202012Validator({"$ref": "#/components/schemas/DossierEvent", "components": document["components"]})


def batch(day: date, count: int = 600, faulty: float = 0.3) -> list[Generated]:
    return list(generate(11, count, day, faulty=faulty))


def valid(day: date) -> list[Json]:
    return [item.event["HoSo"] for item in batch(day, faulty=0)]


def people_of(dossier: Json) -> list[tuple[Json, int]]:
    """The people with a birth date, and their gender."""
    form = dossier["ToKhai"]
    if "NguoiChet" in form:
        return [(form["NguoiChet"], form["NguoiChet"]["GioiTinh"])]
    return [(form["BenNam"], 1), (form["BenNu"], 2)]


def first_day(text: str) -> date:
    parts = [int(part) for part in reversed(text.split("/"))]
    year, month, day = (*parts, 1, 1)[:3]
    return date(year, month, day)


def received(dossier: Json) -> datetime:
    return datetime.strptime(dossier["NgayTiepNhan"], "%Y%m%d%H%M%S")


@pytest.mark.parametrize("day", DAYS)
def test_every_event_keeps_the_province_s_contract(day: date, validator: Draft202012Validator) -> None:
    for item in batch(day):
        broken = not validator.is_valid(item.event)
        assert not broken or item.expected & BREAKS_THE_SCHEMA, item.expected
    assert any(not validator.is_valid(item.event) for item in batch(day))


@pytest.mark.parametrize("day", DAYS)
def test_the_files_are_the_announced_ones_but_for_the_planted_mismatch(day: date) -> None:
    for item in batch(day):
        listed = item.event["HoSo"]["TaiLieuNop"]
        assert {file["TepDinhKemId"] for file in listed} == set(item.files)
        assert len(listed) <= 3
        same = all(
            hashlib.sha256(item.files[file["TepDinhKemId"]]).hexdigest() == file["MaBam"]
            and len(item.files[file["TepDinhKemId"]]) == file["KichThuoc"]
            for file in listed
        )
        assert same == ("FILE_MISMATCH" not in item.expected)


def test_the_same_seed_gives_the_same_events() -> None:
    assert list(generate(5, 80, DAYS[0])) == list(generate(5, 80, DAYS[0]))
    assert list(generate(5, 80, DAYS[0])) != list(generate(6, 80, DAYS[0]))


def test_a_batch_can_be_continued_by_its_serials() -> None:
    whole = list(generate(5, 60, DAYS[3], faulty=0.5))
    assert [*generate(5, 25, DAYS[3], faulty=0.5), *generate(5, 35, DAYS[3], faulty=0.5, first_serial=26)] == whole


def test_codes_and_files_are_unique_and_carry_the_day() -> None:
    items = list(generate(1, 2000, DAYS[3], faulty=0))
    assert len({item.code for item in items}) == 2000
    assert len({name for item in items for name in item.files}) == sum(len(item.files) for item in items)
    assert all("-261120-" in item.code and item.code.startswith("H01.") for item in items)


@pytest.mark.parametrize("day", DAYS)
def test_every_code_that_one_event_can_show_is_planted(day: date) -> None:
    items = batch(day, count=400, faulty=1)
    later = set() if day >= REFORM else {"OFFICE_OUTSIDE_PROVINCE"}
    unheard = {"OFFICE_OUTSIDE_PROVINCE"} - later
    if day < date(2025, 1, 1):
        unheard |= {"ID_MISSING", "CMND_EXPIRED"}
    assert {code for item in items for code in item.expected} == PLANTED - unheard


def test_a_dossier_is_sendable_when_all_its_findings_are_warnings() -> None:
    for item in batch(DAYS[3], count=800, faulty=0.6):
        if item.expected == {"NOTICE_NUMBER_IS_EXTRACT"}:
            assert item.sendable == (item.event["HoSo"]["ToKhai"]["GiayBaoTu"]["Loai"] == 6)
        else:
            assert item.sendable == (item.expected <= WARNINGS)


def test_the_share_of_faulty_ones_is_the_asked_one() -> None:
    assert all(item.sendable and item.expected <= {"PARTIAL_DATE"} for item in batch(DAYS[3], faulty=0))
    stopped = sum(not item.sendable for item in batch(DAYS[3], count=2000, faulty=0.1))
    assert 120 < stopped < 220


def test_each_mistake_has_its_own_name() -> None:
    assert all(count == 1 for count in Counter(mistake.name for mistake in MISTAKES).values())


@pytest.mark.parametrize("day", DAYS)
def test_numbers_agree_with_gender_and_year_of_birth(day: date) -> None:
    seen = 0
    for dossier in valid(day):
        for person, gender in people_of(dossier):
            number = (person["SoDinhDanh"] or "").replace(".", "").replace(" ", "")
            if number:
                seen += 1
                year = int(person["NgaySinh"][-4:])
                assert len(number) == 12
                assert int(number[3]) == (year - 1900) // 100 * 2 + (gender == 2)
                assert int(number[4:6]) == year % 100
                assert number[6] == "9", "an invented tail"
    assert seen > 300


@pytest.mark.parametrize("day", DAYS)
def test_spouses_are_of_age_and_differ(day: date) -> None:
    for dossier in valid(day):
        form = dossier["ToKhai"]
        if "BenNam" not in form:
            continue
        for side, years in (("BenNam", 20), ("BenNu", 18)):
            born = first_day(form[side]["NgaySinh"])
            assert (day.year - born.year) - ((day.month, day.day) < (born.month, born.day)) >= years
        assert form["BenNam"]["HoTen"] != form["BenNu"]["HoTen"]
        for side in ("BenNam", "BenNu"):
            status, times = form[side]["TinhTrangHonNhan"], form[side]["LanKetHon"]
            assert (status == 2) == (times == 1)
            assert (status == 3) == bool(form[side].get("LyHon"))
            assert (status == 4) == bool(form[side].get("VoChongTruocChet"))


@pytest.mark.parametrize("day", DAYS)
def test_a_living_person_has_no_nine_digit_cmnd_once_it_ended(day: date) -> None:
    papers = [
        person["GiayTo"]
        for dossier in valid(day)
        if "BenNam" in dossier["ToKhai"]
        for person, _gender in people_of(dossier)
    ]
    old = [paper for paper in papers if paper["Loai"] == 2 and len(paper["So"].strip()) == 9]
    assert bool(old) == (day < date(2025, 1, 1))


@pytest.mark.parametrize("day", DAYS)
def test_deaths_lie_in_the_time_of_their_kind(day: date) -> None:
    kinds = Counter[int]()
    for dossier in valid(day):
        form = dossier["ToKhai"]
        if "NguoiChet" not in form:
            continue
        kind, died = form["LoaiDangKy"], form["NguoiChet"]["NgayChet"]
        kinds[kind] += 1
        days = (day - first_day(died)).days
        if kind == 1:
            assert 0 <= days <= 15
        else:
            assert days > 15
        if kind in (1, 4):
            assert form["GiayBaoTu"] is not None
            assert first_day(died) <= first_day(form["GiayBaoTu"]["Ngay"]) <= day
        if form["NguoiChet"]["GioPhutChet"]:
            hour, minute = (int(part) for part in form["NguoiChet"]["GioPhutChet"].split(":"))
            assert len(died) == 10
            assert datetime.combine(first_day(died), datetime.min.time().replace(hour, minute)) <= received(dossier)
    assert set(kinds) == {1, 2, 4, 5}


@pytest.mark.parametrize("day", DAYS)
def test_places_are_those_of_their_day(day: date) -> None:
    for dossier in valid(day):
        assert dossier["MaDonViDangKy"] in {unit.code for unit in communes_on(day)}
        for person, _gender in people_of(dossier):
            dead = "NgayChet" in person
            places = [(person["NoiCuTruCuoi" if dead else "NoiCuTru"], day)]
            if dead:
                places.append((person["NoiChet"], first_day(person["NgayChet"])))
            for place, on in places:
                if place["QuocGia"] == "VN":
                    assert ("MaHuyen" in place) == (on < REFORM)
                if place.get("MaTinh") == ("91" if on >= REFORM else "89"):
                    assert place["MaXa"] in {unit.code for unit in communes_on(on)}


def test_the_mix_has_all_procedures_and_groups() -> None:
    dossiers = valid(DAYS[3])
    assert {dossier["MaTTHC"][:8] for dossier in dossiers} == {
        *("1.000894", "1.000656", "2.000806", "1.004746", "1.005461")
    }
    groups = {person["DanToc"] for dossier in dossiers for person, _gender in people_of(dossier)}
    assert {"Kinh", "Khơ-me", "Khmer", "Chăm", "Hoa", None} <= groups
    papers = {p["GiayTo"]["Loai"] for dossier in dossiers for p, _gender in people_of(dossier) if p["GiayTo"]}
    assert {2, 3, 4, 5, 6, 7, 8, 9} <= papers


def test_some_forms_are_untidy_and_most_are_composed() -> None:
    names = [person["HoTen"] for dossier in valid(DAYS[3]) for person, _gender in people_of(dossier)]
    composed = [name for name in names if unicodedata.is_normalized("NFC", name)]
    assert 0.9 < len(composed) / len(names) < 1
    assert any("\u00d0" in name for name in names)
    assert any("\u00a0" in name for name in names)


@pytest.mark.parametrize(
    ("procedure", "at", "verified", "due"),
    [
        ("1.000894", "2023-07-04 14:59:59", False, "2023-07-04 17:00"),
        ("1.000656", "2023-07-04 15:00:00", False, "2023-07-05 17:00"),
        ("1.000656", "2023-07-08 09:00:00", False, "2023-07-10 17:00"),
        ("1.000894", "2023-08-31 15:20:00", False, "2023-09-05 17:00"),
        ("1.000894", "2023-07-04 09:00:00", True, "2023-07-11 17:00"),
        ("1.000656", "2023-07-04 09:00:00", True, "2023-07-07 17:00"),
        ("2.000806", "2023-07-04 09:00:00", False, "2023-07-11 17:00"),
        ("2.000806", "2023-07-04 09:00:00", True, "2023-07-11 17:00"),
        ("1.004746", "2023-07-03 09:00:00", True, "2023-08-07 17:00"),
        ("1.005461", "2023-07-03 16:00:00", True, "2023-07-17 17:00"),
        ("1.000894", "2026-08-22 09:00:00", False, "2026-08-22 17:00"),
        ("1.000894", "2026-11-23 15:00:00", False, "2026-11-25 17:00"),
    ],
)
def test_due_instants_follow_the_time_limits(procedure: str, at: str, verified: bool, due: str) -> None:
    moment = datetime.fromisoformat(at)
    assert due_at(procedure, moment, verified=verified) == datetime.fromisoformat(due)


@pytest.mark.parametrize("day", DAYS)
def test_dossiers_are_promised_in_time_but_for_the_planted_mismatch(day: date) -> None:
    for item in batch(day):
        if item.expected & {"CONTRACT", "WRONG_PROCEDURE", "PROCEDURE_UNKNOWN"}:
            continue
        dossier = item.event["HoSo"]
        due = due_at(dossier["MaTTHC"][:8], received(dossier), verified=dossier["CanXacMinh"])
        assert (dossier["NgayHenTra"] == f"{due:%Y%m%d%H%M%S}") == ("DUE_MISMATCH" not in item.expected)


def test_attached_files_look_like_what_they_are() -> None:
    page, dot = pdf("H01.10-261120-0001"), jpeg("H01.10-261120-0001")
    assert page.startswith(b"%PDF-1.4\n")
    start = int(page.split(b"startxref\n")[1].split(b"\n")[0])
    assert page[start:].startswith(b"xref\n")
    assert dot.startswith(b"\xff\xd8\xff\xfe")
    assert dot.endswith(b"\xff\xd9")
