"""Progress items and register entries as the province gets them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from connector.domain import statuses
from connector.domain.mapping import to_ministry, to_province, to_records
from connector.domain.mapping.reading import MappingFailed
from schemas import records
from tests.unit import mapping_samples as samples


def progress(status: int, **state: Any) -> dict[str, Any]:
    change = to_records.status_change(samples.read_state(**state))
    sent = to_province.progress(change, status, "k-1").to_wire()
    assert not samples.breaks_of("province", "Progress", sent)
    return sent


def test_a_question_for_a_supplement_says_what_and_until_when() -> None:
    sent = progress(
        5,
        trangThai=2,
        ghiChu="Thiếu giấy xác nhận",
        nguoiXuLy="Phạm Thị Hộ",
        chucDanh="Công chức",
        phongBanXuLy="Hộ tịch",
        hanBoSungHoSo="14/07/2023 17:00:00",
    )
    assert sent == {
        "MaSuKien": "k-1",
        "MaHoSo": "000.12.83.H01-230704-0003",
        "NguoiXuLy": "Phạm Thị Hộ",
        "ChucDanh": "Công chức",
        "PhongBanXuLy": "Hộ tịch",
        "ThoiDiemXuLy": "20230705093000",
        "NoiDungXuLy": "Thiếu giấy xác nhận",
        "TrangThai": 5,
        "MaHoSoLienThong": "BTP-KH-0001",
        "HanBoSung": "20230714170000",
    }


def test_a_deadline_for_a_supplement_goes_with_that_status_only() -> None:
    assert "HanBoSung" not in progress(4, trangThai=3, hanBoSungHoSo="14/07/2023 17:00:00")


def test_the_text_is_the_note_else_the_content_else_the_status_in_words() -> None:
    assert progress(4, trangThai=3, ghiChu="a", noiDungXuLy="b")["NoiDungXuLy"] == "a"
    assert progress(4, trangThai=3, ghiChu=" ", noiDungXuLy="b")["NoiDungXuLy"] == "b"
    assert progress(4, trangThai=3)["NoiDungXuLy"] == "Đang xử lý"
    assert progress(9, trangThai=4)["NoiDungXuLy"] == "Đã xử lý xong"


def test_where_the_ministry_names_nobody_the_interconnection_acted() -> None:
    assert progress(4, trangThai=3, nguoiXuLy=None)["NguoiXuLy"] == "Hệ thống liên thông"


@pytest.mark.parametrize(("length", "sent"), [(2000, "x" * 2000), (2001, "x" * 1999 + "…"), (9000, "x" * 1999 + "…")])
def test_a_text_over_the_provinces_limit_is_cut_with_an_ellipsis(length: int, sent: str) -> None:
    assert progress(3, trangThai=6, ghiChu="x" * length)["NoiDungXuLy"] == sent


def test_our_accepted_push_is_told_with_its_instant_and_the_ministrys_code() -> None:
    at = datetime(2023, 7, 4, 17, 30, 1, tzinfo=UTC)
    accepted = records.Acceptance(dossier_code="H01.12-230704-0003", ministry_code="BTP-KH-0001", accepted_at=at)
    sent = to_province.progress(accepted, statuses.ACCEPTED, "k-2").to_wire()
    assert not samples.breaks_of("province", "Progress", sent)
    assert sent == {
        "MaSuKien": "k-2",
        "MaHoSo": "H01.12-230704-0003",
        "NguoiXuLy": "Hệ thống liên thông",
        "ThoiDiemXuLy": "20230705003001",
        "NoiDungXuLy": "Đang xử lý",
        "TrangThai": 4,
        "MaHoSoLienThong": "BTP-KH-0001",
    }


def entry(**members: Any) -> dict[str, Any]:
    sent = to_province.register_entry(to_records.register_entry(samples.read_entry(**members))).to_wire()
    assert not samples.breaks_of("province", "RegisterEntry", sent)
    return sent


OLD_MARRIAGE = {"chongHoTen": "Lê Văn Bé", "chongNgaySinh": "1975", "voHoTen": "Néang Kha", "voNgaySinh": "04.1980"}


def test_an_old_entry_says_what_is_known_and_nothing_else() -> None:
    assert entry(**OLD_MARRIAGE) == {
        "Loai": "KH",
        "SoDangKy": 7,
        "NamDangKy": 2005,
        "QuyenSo": "01-TP/HT-2005-KH",
        "NgayDangKy": "2005",
        "MaDonViDangKy": "30283",
        "TinhTrang": 1,
        "NoiDung": {
            "BenNam": {"HoTen": "Lê Văn Bé", "NgaySinh": "1975"},
            "BenNu": {"HoTen": "Néang Kha", "NgaySinh": "04/1980"},
        },
        "DauVanTay": "ab" * 32,
    }


def test_an_old_death_entry_keeps_half_known_papers_as_they_are() -> None:
    known = {"nktHoTen": "Huỳnh Văn Tám", "nktNgaySinh": "1938", "gbtSo": "12", "nycHoTen": "Huỳnh Thị Lan"}
    sent = entry(**known, nktSoGiayToTuyThan="351234567", ngayDangKy="03.2009", so="0021/2009")
    assert (sent["Loai"], sent["SoDangKy"], sent["NamDangKy"], sent["NgayDangKy"]) == ("KT", 21, 2009, "03/2009")
    assert sent["NoiDung"] == {
        "NguoiChet": {"HoTen": "Huỳnh Văn Tám", "NgaySinh": "1938", "GiayTo": {"So": "351234567"}},
        "GiayBaoTu": {"So": "12"},
        "NguoiYeuCau": {"HoTen": "Huỳnh Thị Lan"},
    }


def test_a_new_entry_has_everything_that_was_registered() -> None:
    application = samples.application()
    form = to_ministry.form(application).to_wire()
    sent = entry(**form, maHoSoMCDT=application.dossier_code, ngayDangKy="05.07.2023", so="15", quyenSo="01/2023")
    assert sent["MaHoSo"] == "000.12.83.H01-230704-0003"
    assert not samples.breaks_of("province", "MarriageForm", sent["NoiDung"])


def test_a_cancelled_and_annotated_entry_says_so() -> None:
    noted = [
        {"loai": "CAI_CHINH", "canCu": "QĐ 12/QĐ-UBND", "ngayGhiChu": "2010", "noiDung": " Chữ  đệm "},
        {"loai": "LY_HON", "canCu": "Bản án 3/2015", "ngayGhiChu": "01.02.2015"},
    ]
    sent = entry(**OLD_MARRIAGE, trangThaiBanGhi=2, ghiChuBienDong=noted)
    assert sent["TinhTrang"] == 2
    assert sent["BienDong"] == [
        {"Loai": "CAI_CHINH", "CanCu": "QĐ 12/QĐ-UBND", "NgayGhiChu": "2010", "NoiDung": "Chữ đệm"},
        {"Loai": "LY_HON", "CanCu": "Bản án 3/2015", "NgayGhiChu": "01/02/2015"},
    ]


def test_an_entry_is_known_at_the_province_by_its_register_and_the_ministrys_id() -> None:
    assert to_province.record_id(to_records.register_entry(samples.read_entry(**OLD_MARRIAGE))) == "KH-12"
    dead = samples.read_entry(nktHoTen="Huỳnh Văn Tám", nktNgaySinh="1938", id=9)
    assert to_province.record_id(to_records.register_entry(dead)) == "KT-9"


def test_an_entry_without_a_date_of_birth_cannot_be_stored_and_says_whose() -> None:
    unknown = to_records.register_entry(samples.read_entry(**{**OLD_MARRIAGE, "voNgaySinh": None}))
    with pytest.raises(MappingFailed) as failed:
        to_province.register_entry(unknown)
    assert failed.value.pointer == "/NoiDung/BenNu/NgaySinh"


def test_an_annotation_that_cannot_be_read_is_named_by_its_place() -> None:
    noted = [{"loai": "LY_HON", "canCu": "Bản án 3/2015", "ngayGhiChu": "30.02.2015"}]
    with pytest.raises(MappingFailed) as failed:
        to_records.register_entry(samples.read_entry(**OLD_MARRIAGE, ghiChuBienDong=noted))
    assert failed.value.pointer == "/ghiChuBienDong/0/ngayGhiChu"
