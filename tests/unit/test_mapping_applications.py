"""A dossier of the province as the ministry gets it (contracts/validation.md, "Mapping that no schema says")."""

import json
import time
import unicodedata
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given

from connector.domain.mapping import to_ministry, to_records
from connector.domain.mapping.reading import MappingFailed
from connector.sandbox.generator import generate
from schemas import province, records
from schemas.values import VIETNAM
from tests.unit import mapping_samples as samples
from tests.unit.mapping_strategies import DOSSIERS

AFTER_THE_REFORM = {"MaDonViDangKy": "30283", "NgayTiepNhan": "20250701080000", "NgayHenTra": "20250701170000"}


def husband(**changes: Any) -> dict[str, Any]:
    return samples.data(samples.marriage(BenNam=samples.spouse(**changes)))


@given(DOSSIERS)
def test_whatever_the_province_may_say_becomes_a_form_that_the_ministry_takes(dossier: dict[str, Any]) -> None:
    form = json.loads(to_ministry.data_text(to_records.application(samples.read_dossier(dossier))))
    which = "MarriageForm" if "BenNam" in dossier["ToKhai"] else "DeathForm"
    assert not samples.breaks_of("ministry", which, form)


@pytest.mark.parametrize("day", [date(2023, 7, 4), date(2025, 7, 1), date(2026, 3, 3)])
def test_every_dossier_of_a_day_becomes_a_submission_that_the_ministry_takes(day: date) -> None:
    for made in generate(7, 120, day, faulty=0):
        application = to_records.application(samples.read_dossier(made.event["HoSo"]))
        submission = to_ministry.submission(application, 1).to_wire()
        which = "MarriageForm" if submission["module"] == "LTKH" else "DeathForm"
        assert not samples.breaks_of("ministry", "Submission", submission)
        assert not samples.breaks_of("ministry", which, json.loads(submission["data"]))


def test_a_marriage_is_written_as_the_ministry_writes_it() -> None:
    data = samples.data()
    assert data["chongHoTen"] == "Lê Quốc Khải"
    assert data["chongNgaySinh"] == "12.03.1996"
    assert data["voHoTen"] == "Nguyễn Thị Ái Thủy"
    assert data["chongDanToc"] == "01"
    assert data["noiDangKy"] == "30283"
    assert data["chongNgayCapGiayToTuyThan"] == "01.06.2021"
    assert data["chongSoDDCN"] == "089096999001"
    assert (data["loaiDangKy"], data["soLuongBanSao"], data["ghiChu"]) == (1, 2, "Nhận kết quả buổi sáng")


def test_a_death_is_written_as_the_ministry_writes_it() -> None:
    data = samples.data(samples.death())
    assert (data["nktHoTen"], data["nktNgaySinh"], data["nktGioiTinh"]) == ("Huỳnh Văn Tám", "1938", 1)
    assert (data["nktNgayChet"], data["nktGioPhutChet"]) == ("02.07.2023", "23:50")
    assert (data["nktLoaiGiayToTuyThan"], data["nktSoGiayToTuyThan"]) == (2, "351234567")
    assert (data["gbtLoai"], data["gbtSo"], data["gbtNgay"]) == (1, "07/UBND-GBT", "03.07.2023")
    assert (data["nycHoTen"], data["nycQuanHe"], data["nycSoDienThoai"]) == ("Huỳnh Thị Lan", "Con gái", "0912999004")
    assert "nktSoDDCN" not in data


@pytest.mark.parametrize(("theirs", "ours"), [("2005", "2005"), ("07/2005", "07.2005"), ("31/07/2005", "31.07.2005")])
def test_a_date_leaves_as_partial_as_it_came(theirs: str, ours: str) -> None:
    assert husband(NgaySinh=theirs)["chongNgaySinh"] == ours


@pytest.mark.parametrize(
    ("theirs", "ours", "named"),
    [
        (2, 2, None),
        (3, 7, None),
        (4, 8, None),
        (5, 4, None),
        (6, 1, None),
        (7, 3, "Sổ hộ khẩu"),
        (8, 3, "Giấy khai sinh"),
        (9, 5, None),
        (10, 6, None),
    ],
)
def test_each_kind_of_paper_has_the_ministrys_number(theirs: int, ours: int, named: str | None) -> None:
    data = husband(GiayTo={"Loai": theirs, "TenLoaiKhac": " Giấy  khai sinh ", "So": "B12345"})
    assert data["chongLoaiGiayToTuyThan"] == ours
    assert data.get("chongGiayToKhac") == named


@pytest.mark.parametrize(("written", "code"), [("Khmer", "05"), ("khơ-me", "05"), ("Chăm", "17"), ("Mông", "08")])
def test_an_ethnic_group_is_sent_by_its_code(written: str, code: str) -> None:
    assert husband(DanToc=written)["chongDanToc"] == code


def test_a_foreigner_without_an_ethnic_group_is_sent_as_foreigner() -> None:
    assert husband(DanToc=None, QuocTich="US")["chongDanToc"] == "55"


def test_numbers_lose_white_space_and_dots_and_passports_get_capitals() -> None:
    data = husband(SoDinhDanh="089.096 999\u00a0001", GiayTo={"Loai": 6, "So": "c 123.4567"})
    assert data["chongSoDDCN"] == "089096999001"
    assert data["chongSoGiayToTuyThan"] == "C1234567"


def test_texts_are_sent_clean_but_with_the_letters_of_the_source() -> None:
    name = unicodedata.normalize("NFD", " Ðặng\u200b  Thị Thuý’s\u00a0")
    assert husband(HoTen=name)["chongHoTen"] == "Đặng Thị Thuý’s"


def test_empty_texts_of_members_that_may_be_absent_are_absent() -> None:
    data = husband(
        SoDinhDanh=" ", QuocTichKhac="", GiayTo={"Loai": 5, "So": "089096999001", "NgayCap": "", "NoiCap": ""}
    )
    assert not {"chongSoDDCN", "chongQuocTichKhac", "chongNgayCapGiayToTuyThan"} & set(data)


def test_the_paper_of_a_divorce_goes_as_text() -> None:
    text = husband(TinhTrangHonNhan=3, LanKetHon=2, LyHon=samples.decision())["chongTinhTrangHonNhan"]
    assert all(part in text for part in ("41/2019/QĐST-HNGĐ", "12/11/2019", "Tòa án nhân dân thành phố Long Xuyên"))


def test_the_paper_about_a_former_spouses_death_goes_as_text_with_its_date_as_far_as_known() -> None:
    died = samples.decision(So="212/TLKT", Ngay="2018", CoQuan="UBND phường Mỹ Long")
    text = husband(TinhTrangHonNhan=4, LanKetHon=2, LyHon=samples.decision(), VoChongTruocChet=died)
    assert text["chongTinhTrangHonNhan"].endswith("số 212/TLKT ngày 2018 của UBND phường Mỹ Long")


def test_who_was_never_married_has_no_such_text() -> None:
    assert "chongTinhTrangHonNhan" not in samples.data()


def test_the_longest_papers_still_fit_into_the_text() -> None:
    longest = samples.decision(So="S" * 60, CoQuan="C" * 200)
    assert len(husband(TinhTrangHonNhan=4, VoChongTruocChet=longest)["chongTinhTrangHonNhan"]) <= 500


def test_districts_are_sent_for_places_spoken_of_before_the_reform_only() -> None:
    assert samples.data()["chongNoiCuTru"]["maHuyen"] == "883"
    elsewhere = samples.spouse(NoiCuTru=samples.place(MaTinh="92", MaHuyen="916", MaXa="31117"))
    after = samples.data(samples.marriage(BenNam=elsewhere), **AFTER_THE_REFORM)
    assert after["chongNoiCuTru"] == {"quocGia": "VN", "maTinh": "92", "maXa": "31117", "dcChiTiet": "Tổ 4"}


@pytest.mark.parametrize(("died", "has_district"), [("30/06/2025", True), ("2025", True), ("01/07/2025", False)])
def test_the_place_of_death_speaks_of_the_day_of_death(died: str, has_district: bool) -> None:
    form = samples.death(NguoiChet=samples.deceased(NgayChet=died, GioPhutChet=None))
    data = samples.data(form, **AFTER_THE_REFORM)
    assert ("maHuyen" in data["nktNoiChet"]) is has_district
    assert "maHuyen" not in data["nktNoiCuTru"]


def test_the_received_day_is_the_civil_day_in_viet_nam() -> None:
    late = samples.data(NgayTiepNhan="20250701003000", NgayHenTra="20250701170000")
    assert "maHuyen" not in late["chongNoiCuTru"]


def test_a_place_abroad_has_country_and_detail_only_and_an_unknown_detail_is_empty() -> None:
    data = husband(NoiCuTru=samples.place(QuocGia="US", DiaChi=None))
    assert data["chongNoiCuTru"] == {"quocGia": "US", "dcChiTiet": ""}


def test_a_note_over_the_ministrys_limit_is_cut_with_an_ellipsis() -> None:
    sent = samples.data(samples.marriage(GhiChu="x" * 2001))["ghiChu"]
    assert len(sent) == 2000
    assert sent.endswith("x…")
    assert samples.data(samples.marriage(GhiChu="x" * 2000))["ghiChu"] == "x" * 2000


def test_the_planned_day_is_kept_in_the_record_although_the_ministry_has_no_place_for_it() -> None:
    event = samples.application().event
    assert isinstance(event, records.Marriage)
    assert event.planned_on == date(2023, 7, 5)


def test_instants_are_read_as_local_time_of_viet_nam() -> None:
    application = samples.application(NgayNop="20230703230000")
    assert application.received_at == datetime(2023, 7, 4, 8, 40, tzinfo=VIETNAM)
    assert application.submitted_at == datetime(2023, 7, 3, 23, 0, tzinfo=VIETNAM)
    assert application.procedure_code == "1.000894"


def _absent(*path: str) -> tuple[dict[str, Any], str]:
    body = samples.dossier(samples.death() if "NguoiChet" in path else None, TaiLieuNop=samples.files())
    inner: Any = body
    for step in path[:-1]:
        inner = inner[int(step)] if isinstance(inner, list) else inner[step]
    inner[path[-1]] = None
    return body, "/" + "/".join(path)


@pytest.mark.parametrize(
    "path",
    [
        ("MaHoSo",),
        ("ToKhai",),
        ("NgayTiepNhan",),
        ("ChuHoSo", "HoTen"),
        ("TaiLieuNop", "1", "MaBam"),
        ("ToKhai", "BenNu", "NgaySinh"),
        ("ToKhai", "BenNu", "DanToc"),
        ("ToKhai", "BenNam", "GiayTo"),
        ("ToKhai", "BenNam", "NoiCuTru", "QuocGia"),
        ("ToKhai", "NguoiChet", "NoiChet"),
        ("ToKhai", "NguoiChet", "NguyenNhanChet"),
    ],
)
def test_an_absent_member_that_is_needed_is_named_by_its_place(path: tuple[str, ...]) -> None:
    body, pointer = _absent(*path)
    form, _ = province.Dossier.read_value(body)
    assert form is not None
    with pytest.raises(MappingFailed) as failed:
        to_records.application(form)
    assert failed.value.pointer == pointer


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"NgaySinh": "31/02/1996"}, "/ToKhai/BenNam/NgaySinh"),
        ({"DanToc": "Không-có-thật"}, "/ToKhai/BenNam/DanToc"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_place_and_never_quoted(changes: dict[str, Any], pointer: str) -> None:
    with pytest.raises(MappingFailed) as failed:
        samples.application(samples.marriage(BenNam=samples.spouse(**changes)))
    assert failed.value.pointer == pointer
    assert not any(value in str(failed.value) for value in changes.values())


def test_a_refusal_of_the_ministrys_form_does_not_quote_what_it_refuses() -> None:
    number = "0890969990011"
    with pytest.raises(MappingFailed) as failed:
        husband(SoDinhDanh=number)
    shown = "".join((str(failed.value), repr(failed.value), repr(failed.value.__context__)))
    assert number not in shown


def test_a_dossier_becomes_a_data_text_in_well_under_a_millisecond() -> None:
    """About 0.12 ms on one core of 2024; the bound leaves room for a busy machine."""
    dossier = samples.read_dossier(samples.dossier())
    best = min(_seconds(dossier) for _ in range(20))
    assert best < 0.000_6


def _seconds(dossier: Any) -> float:
    start = time.process_time()
    for _ in range(10):
        to_ministry.data_text(to_records.application(dossier))
    return (time.process_time() - start) / 10
