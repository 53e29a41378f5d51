"""A registration of the ministry as the province stores it."""

import base64
import hashlib
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given

from connector.domain.mapping import contents, to_ministry, to_province, to_records
from connector.domain.mapping.reading import MappingFailed
from connector.sandbox.generator import generate
from schemas import province, records
from schemas.values import VIETNAM, PartialDate
from tests.unit import mapping_samples as samples
from tests.unit.mapping_strategies import DOSSIERS

DEATH_STATE = {"module": "LTKT", "maHoSoLT": "BTP-KT-0001"}


def result(
    registration: records.Registration, application: records.Application | None, replaces: str | None = None
) -> dict[str, Any]:
    return to_province.result(registration, application, "BTP-KH-0001", replaces).to_wire()


def registered(application: records.Application, **changes: Any) -> records.Registration:
    """The ministry registers an application as it is, but for the changes; None leaves a member out."""
    form = to_ministry.form(application).to_wire()
    return samples.registration(form, DEATH_STATE if application.procedure == "death" else None, **changes)


def marriage_result(changes: dict[str, Any], form: dict[str, Any] | None = None) -> dict[str, Any]:
    application = samples.application(form)
    return result(registered(application, **changes), application)


def death_result(changes: dict[str, Any], form: dict[str, Any] | None = None) -> dict[str, Any]:
    application = samples.application(form or samples.death())
    return result(registered(application, **changes), application)


@given(DOSSIERS)
def test_what_is_registered_as_applied_for_comes_back_as_applied_for(dossier: dict[str, Any]) -> None:
    application = to_records.application(samples.read_dossier(dossier))
    event = application.event
    if isinstance(event, records.Marriage):
        event = event.model_copy(update={"planned_on": None})
    sent = result(registered(application), application)
    assert not samples.breaks_of("province", "Result", sent)
    came = contents.content(event).to_wire()
    _forget_what_the_ministry_cannot_tell_apart(came)
    _forget_what_the_ministry_cannot_tell_apart(sent["NoiDung"])
    assert sent["NoiDung"] == came


def _forget_what_the_ministry_cannot_tell_apart(form: dict[str, Any]) -> None:
    """Districts after the reform, which no place has."""
    for person in (form.get("BenNam"), form.get("BenNu"), form.get("NguoiChet")):
        for place in ("NoiCuTru", "NoiCuTruCuoi", "NoiChet"):
            (person or {}).get(place, {}).pop("MaHuyen", None)


@pytest.mark.parametrize("day", [date(2023, 7, 4), date(2026, 3, 3)])
def test_the_result_of_every_dossier_of_a_day_is_one_that_the_province_takes(day: date) -> None:
    for made in generate(11, 60, day, faulty=0):
        application = to_records.application(samples.read_dossier(made.event["HoSo"]))
        assert not samples.breaks_of("province", "Result", result(registered(application), application))


@pytest.mark.parametrize(("theirs", "ours"), [("2005", "2005"), ("07.2005", "07/2005"), ("31.07.2005", "31/07/2005")])
def test_a_date_comes_back_as_partial_as_the_ministry_says_it(theirs: str, ours: str) -> None:
    assert marriage_result({"voNgaySinh": theirs})["NoiDung"]["BenNu"]["NgaySinh"] == ours


def test_number_book_and_persons_are_written_as_the_province_writes_them() -> None:
    sent = marriage_result({})
    assert (sent["SoDangKy"], sent["NamDangKy"], sent["QuyenSo"], sent["TrangSo"]) == (15, 2023, "01/2023", "15")
    assert (sent["NgayDangKy"], sent["MaDonViDangKy"]) == ("05/07/2023", "30283")
    assert (sent["NguoiKy"], sent["ChucVuNguoiKy"], sent["NguoiThucHien"]) == ("Trần Văn Ký", "Chủ tịch", "Phạm Thị Hộ")
    assert (sent["MaKetQua"], sent["MaHoSoLienThong"]) == ("KQ.G15.000032", "BTP-KH-0001")
    husband = sent["NoiDung"]["BenNam"]
    assert (husband["HoTen"], husband["DanToc"], husband["NoiCuTru"]["MaHuyen"]) == ("Lê Quốc Khải", "Kinh", "883")


@pytest.mark.parametrize(("written", "year"), [("15", 2023), ("015", 2023), ("15/2022", 2022)])
def test_a_number_without_a_year_has_the_year_of_registration(written: str, year: int) -> None:
    sent = marriage_result({"soDangKy": written})
    assert (sent["SoDangKy"], sent["NamDangKy"]) == (15, year)


@pytest.mark.parametrize(
    ("theirs", "named", "ours"),
    [
        (1, None, 6),
        (2, None, 2),
        (3, "Giấy khai sinh", 8),
        (3, None, 8),
        (3, "sổ  hộ khẩu", 7),
        (4, None, 5),
        (5, None, 9),
        (6, None, 10),
        (7, None, 3),
        (8, None, 4),
    ],
)
def test_each_kind_of_paper_comes_back_with_the_provinces_number(theirs: int, named: str | None, ours: int) -> None:
    paper = marriage_result({"chongLoaiGiayToTuyThan": theirs, "chongGiayToKhac": named})["NoiDung"]["BenNam"]["GiayTo"]
    assert paper["Loai"] == ours
    assert paper.get("TenLoaiKhac") == (named if ours == 8 else None)


def test_an_ethnic_group_comes_back_by_its_official_name() -> None:
    form = samples.marriage(BenNam=samples.spouse(DanToc="khmer"))
    assert marriage_result({}, form)["NoiDung"]["BenNam"]["DanToc"] == "Khơ-me"


def test_an_empty_detail_comes_back_as_no_address() -> None:
    place = {"quocGia": "VN", "maTinh": "89", "maXa": "30283", "dcChiTiet": ""}
    sent = marriage_result({"chongNoiCuTru": place})
    assert sent["NoiDung"]["BenNam"]["NoiCuTru"] == {"QuocGia": "VN", "MaTinh": "89", "MaXa": "30283"}


def test_a_place_without_a_country_is_in_viet_nam() -> None:
    sent = marriage_result({"chongNoiCuTru": {"maTinh": "89", "maXa": "30283", "dcChiTiet": "Tổ 1"}})
    assert sent["NoiDung"]["BenNam"]["NoiCuTru"]["QuocGia"] == "VN"


def test_what_a_result_cannot_carry_comes_from_the_application() -> None:
    died = samples.decision(So="212/TLKT")
    husband = samples.spouse(TinhTrangHonNhan=3, LanKetHon=2, LyHon=samples.decision(), VoChongTruocChet=died)
    sent = marriage_result({"ghiChu": None}, samples.marriage(BenNam=husband))["NoiDung"]
    assert sent["GhiChu"] == "Nhận kết quả buổi sáng"
    assert sent["BenNam"]["LyHon"] == samples.decision()
    assert sent["BenNam"]["VoChongTruocChet"] == died


def test_what_was_registered_goes_before_what_was_applied_for() -> None:
    sent = marriage_result({"chongHoTen": "Lê Quốc Khánh", "ghiChu": "Ghi chú của sổ"})["NoiDung"]
    assert (sent["BenNam"]["HoTen"], sent["GhiChu"]) == ("Lê Quốc Khánh", "Ghi chú của sổ")


def test_a_needed_member_that_the_result_leaves_out_comes_from_the_application() -> None:
    gone: dict[str, Any] = {
        "chongQuocTich": None,
        "voNoiCuTru": None,
        "soLuongBanSao": None,
        "chongSoGiayToTuyThan": None,
    }
    sent = marriage_result(gone)["NoiDung"]
    assert (sent["BenNam"]["QuocTich"], sent["SoBanSao"]) == ("VN", 2)
    assert sent["BenNu"]["NoiCuTru"] == samples.place()
    assert sent["BenNam"]["GiayTo"]["So"] == "089096999001"


def test_a_member_that_may_be_absent_is_not_filled_from_the_application() -> None:
    sent = marriage_result({"chongSoDDCN": None, "chongNgayCapGiayToTuyThan": None})["NoiDung"]["BenNam"]
    assert "SoDinhDanh" not in sent
    assert "NgayCap" not in sent["GiayTo"]


def test_halves_of_two_papers_are_never_put_together() -> None:
    with pytest.raises(MappingFailed) as failed:
        marriage_result({"chongSoGiayToTuyThan": None, "chongLoaiGiayToTuyThan": 1})
    assert failed.value.pointer == "/NoiDung/BenNam/GiayTo/So"


def test_a_needed_member_that_neither_side_knows_is_a_failure_not_an_invention() -> None:
    registration = registered(samples.application(), voQuocTich=None)
    with pytest.raises(MappingFailed) as failed:
        result(registration, None)
    assert failed.value.pointer == "/NoiDung/BenNu/QuocTich"


def test_a_whole_result_needs_no_application() -> None:
    sent = result(registered(samples.application()), None)
    assert not samples.breaks_of("province", "Result", sent)
    assert "NgayDuKienDangKy" not in sent["NoiDung"]


def test_half_a_death_notice_is_left_out_and_a_gap_is_filled() -> None:
    assert death_result({"gbtNgay": None})["NoiDung"]["GiayBaoTu"]["Ngay"] == "03/07/2023"
    assert "GiayBaoTu" not in death_result({"gbtNgay": None, "gbtSo": "08/UBND-GBT"})["NoiDung"]


def test_number_and_residence_of_the_declarant_come_along_only_for_the_same_declarant() -> None:
    same = death_result({})["NoiDung"]["NguoiYeuCau"]
    assert (same["SoDinhDanh"], same["NoiCuTru"]) == ("089170999003", samples.place())
    other = death_result({"nycHoTen": "Huỳnh Văn Minh"})["NoiDung"]["NguoiYeuCau"]
    assert not {"SoDinhDanh", "NoiCuTru"} & set(other)


def test_a_death_is_registered_on_the_day_of_its_state_unless_an_earlier_one_is_known() -> None:
    form = to_ministry.form(samples.application(samples.death())).to_wire()
    state = samples.read_state(**DEATH_STATE, thoiGianThucHien="06/07/2023 00:10:00")
    assert to_records.registration(state, samples.result_of(form)).registered_on == PartialDate(2023, 7, 6)
    known = to_records.registration(state, samples.result_of(form), date(2023, 7, 5))
    assert known.registered_on == PartialDate(2023, 7, 5)


@pytest.mark.parametrize(
    ("instant", "name"), [("28/02/2027 23:59:59", "Trích lục khai tử"), ("01/03/2027 00:00:00", "Giấy chứng tử")]
)
def test_the_document_of_a_death_changes_its_name_with_the_law(instant: str, name: str) -> None:
    application = samples.application(samples.death())
    form = to_ministry.form(application).to_wire()
    registration = samples.registration(form, {**DEATH_STATE, "thoiGianThucHien": instant}, soDangKy="15/2027")
    assert result(registration, application)["GiayToKetQua"]["TenGiayTo"] == name


def test_the_document_goes_with_its_name_and_digest() -> None:
    paper = marriage_result({})["GiayToKetQua"]
    assert paper["TenGiayTo"] == "Giấy chứng nhận kết hôn"
    assert paper["TenTep"].endswith(".pdf")
    assert base64.b64decode(paper["NoiDungTep"]) == samples.PDF
    assert paper["MaBam"] == hashlib.sha256(samples.PDF).hexdigest()


def test_a_document_in_lines_is_the_same_document() -> None:
    lines = base64.encodebytes(samples.PDF * 9).decode()
    assert base64.b64decode(marriage_result({"giayKetHon": lines})["GiayToKetQua"]["NoiDungTep"]) == samples.PDF * 9


@pytest.mark.parametrize("document", [None, ""])
def test_without_its_document_it_is_no_result_yet(document: str | None) -> None:
    registration = registered(samples.application(), giayKetHon=document)
    assert registration.document is None
    with pytest.raises(MappingFailed) as failed:
        result(registration, samples.application())
    assert failed.value.pointer == "/GiayToKetQua"


def test_a_document_that_is_no_base64_is_named_by_its_place() -> None:
    with pytest.raises(MappingFailed) as failed:
        registered(samples.application(), giayKetHon="không phải")
    assert failed.value.pointer == "/giayKetHon"


def test_the_fingerprint_is_that_of_the_canonical_result() -> None:
    sent = marriage_result({})
    said = sent.pop("DauVanTay")
    assert said == hashlib.sha256(province.canonical_json(sent)).hexdigest()


def test_a_corrected_result_names_the_one_it_replaces_and_has_the_same_fingerprint_as_without() -> None:
    application = samples.application()
    plain = result(registered(application), application)
    corrected = result(registered(application), application, "cd" * 32)
    assert corrected == {**plain, "ThayThe": "cd" * 32}
    assert result(registered(application, trangSo="16"), application)["DauVanTay"] != plain["DauVanTay"]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"soDangKy": "07/TLKT-BS"}, "/soDangKy"),
        ({"ngayDangKy": "31.02.2023"}, "/ngayDangKy"),
        ({"chongNgaySinh": "13.2005"}, "/chongNgaySinh"),
        ({"voNgayCapGiayToTuyThan": "x"}, "/voNgayCapGiayToTuyThan"),
    ],
)
def test_what_cannot_be_read_of_a_result_is_named_by_its_flat_place(changes: dict[str, Any], pointer: str) -> None:
    with pytest.raises(MappingFailed) as failed:
        registered(samples.application(), **changes)
    assert failed.value.pointer == pointer


def test_a_marriage_registered_on_a_partial_day_cannot_be_a_result() -> None:
    registration = registered(samples.application(), ngayDangKy="07.2023")
    with pytest.raises(MappingFailed) as failed:
        result(registration, samples.application())
    assert failed.value.pointer == "/NgayDangKy"


def test_an_instant_of_a_state_that_cannot_be_read_is_never_replaced() -> None:
    with pytest.raises(MappingFailed) as failed:
        to_records.status_change(samples.read_state(thoiGianThucHien="5/7/2023 09:30:00"))
    assert failed.value.pointer == "/thoiGianThucHien"


def test_a_state_is_read_as_the_ministry_says_it() -> None:
    change = to_records.status_change(samples.read_state(trangThai=2, ghiChu=" Thiếu  giấy tờ ", nguoiXuLy=""))
    assert (change.state, change.note, change.person, change.procedure) == (2, "Thiếu giấy tờ", None, "marriage")
    assert change.happened_at == datetime(2023, 7, 5, 9, 30, tzinfo=VIETNAM)
