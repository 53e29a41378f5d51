"""A marriage and a death as the province has them and, written out by hand, as the ministry must get them."""

import base64
import hashlib
import json
from typing import Any

Json = dict[str, Any]

MARRIAGE: Json = {
    "MaHoSo": "000.12.83.H01-230704-0003",
    "PhienBan": 1,
    "MaTTHC": "1.000894",
    "MaDonViDangKy": "30283",
    "NgayTiepNhan": "20230704084005",
    "ToKhai": {
        "LoaiDangKy": 1,
        "SoBanSao": 2,
        "GhiChu": " Đề nghị\u00a0 hẹn \u200b buổi chiều ",
        "BenNam": {
            "HoTen": "L\u00ea Qu\u00f4\u0301c Kh\u1ea3i",
            "NgaySinh": "12/03/1996",
            "DanToc": "Kinh",
            "QuocTich": "VN",
            "LoaiCuTru": 1,
            "NoiCuTru": {"QuocGia": "VN", "MaTinh": "89", "MaHuyen": "883", "MaXa": "30283", "DiaChi": None},
            "SoDinhDanh": "089.096 999.001",
            "GiayTo": {"Loai": 5, "So": "089096999001", "NgayCap": "01/06/2021", "NoiCap": "Bộ Công an"},
            "LanKetHon": 1,
            "TinhTrangHonNhan": 2,
        },
        "BenNu": {
            "HoTen": "\u00d0inh Thị Ái Thuỷ",
            "NgaySinh": "2003",
            "DanToc": "Khmer",
            "QuocTich": "VN",
            "LoaiCuTru": 2,
            "NoiCuTru": {"QuocGia": "VN", "MaTinh": "89", "MaHuyen": "884", "MaXa": "30316", "DiaChi": "Khóm 3"},
            "SoDinhDanh": None,
            "GiayTo": {"Loai": 6, "So": " c1234567", "NgayCap": "2020", "NoiCap": None},
            "LanKetHon": 2,
            "TinhTrangHonNhan": 3,
            "LyHon": {"So": "41/2019/QĐST-HNGĐ", "Ngay": "12/11/2019", "CoQuan": "Tòa án nhân dân TP Long Xuyên"},
        },
    },
}
SENT_MARRIAGE: Json = {
    "loaiDangKy": 1,
    "noiDangKy": "30283",
    "soLuongBanSao": 2,
    "ghiChu": "Đề nghị hẹn buổi chiều",
    "chongHoTen": "Lê Quốc Khải",
    "chongNgaySinh": "12.03.1996",
    "chongDanToc": "01",
    "chongQuocTich": "VN",
    "chongLoaiCuTru": 1,
    "chongNoiCuTru": {"quocGia": "VN", "maTinh": "89", "maHuyen": "883", "maXa": "30283", "dcChiTiet": ""},
    "chongLoaiGiayToTuyThan": 4,
    "chongSoGiayToTuyThan": "089096999001",
    "chongNgayCapGiayToTuyThan": "01.06.2021",
    "chongNoiCapGiayToTuyThan": "Bộ Công an",
    "chongSoDDCN": "089096999001",
    "chongSoLanKH": 1,
    "chongLoaiTinhTrangHonNhan": 2,
    "chongTinhTrangHonNhan": "Hiện tại chưa đăng ký kết hôn với ai",
    "voHoTen": "Đinh Thị Ái Thuỷ",
    "voNgaySinh": "2003",
    "voDanToc": "05",
    "voQuocTich": "VN",
    "voLoaiCuTru": 2,
    "voNoiCuTru": {"maTinh": "89", "maHuyen": "884", "maXa": "30316", "dcChiTiet": "Khóm 3"},
    "voLoaiGiayToTuyThan": 1,
    "voSoGiayToTuyThan": "C1234567",
    "voNgayCapGiayToTuyThan": "2020",
    "voSoDDCN": None,
    "voSoLanKH": 2,
    "voLoaiTinhTrangHonNhan": 3,
    "voTinhTrangHonNhan": "Đã ly hôn: 41/2019/QĐST-HNGĐ ngày 12/11/2019, Tòa án nhân dân TP Long Xuyên",
}
DEATH: Json = {
    "MaHoSo": "H01.12-260704-0009",
    "PhienBan": 1,
    "MaTTHC": "1.000656",
    "MaDonViDangKy": "30307",
    "NgayTiepNhan": "20260704152000",
    "ToKhai": {
        "LoaiDangKy": 5,
        "SoBanSao": 0,
        "GiayBaoTu": None,
        "NguoiChet": {
            "HoTen": "Huỳnh Văn Tám",
            "NgaySinh": "1938",
            "GioiTinh": 1,
            "DanToc": "Hoa",
            "QuocTich": "VN",
            "LoaiCuTru": 1,
            "NoiCuTruCuoi": {"QuocGia": "VN", "MaTinh": "91", "MaXa": "30307", "DiaChi": None},
            "GiayTo": {"Loai": 7, "So": "123 456", "NgayCap": None},
            "NgayChet": "07/2019",
            "NoiChet": {"QuocGia": "VN", "MaTinh": "89", "MaHuyen": "883", "MaXa": "30298", "DiaChi": "tại nhà"},
            "NguyenNhanChet": "Tuổi già",
        },
        "NguoiYeuCau": {
            "HoTen": "Huỳnh Thị Lan",
            "QuanHe": "Con gái",
            "SoDinhDanh": "089170999004",
            "GiayTo": {"Loai": 10, "So": "089170999004", "NgayCap": "02/07/2024", "NoiCap": "Bộ Công an"},
            "NoiCuTru": {"QuocGia": "VN", "MaTinh": "91", "MaXa": "30307"},
            "SoDienThoai": "0912345678",
        },
    },
}
SENT_DEATH: Json = {
    "loaiDangKy": 5,
    "noiDangKy": "30307",
    "soLuongBanSao": 0,
    "nktHoTen": "Huỳnh Văn Tám",
    "nktGioiTinh": 1,
    "nktNgaySinh": "1938",
    "nktDanToc": "04",
    "nktQuocTich": "VN",
    "nktLoaiCuTru": 1,
    "nktNoiCuTru": {"quocGia": "VN", "maTinh": "91", "maXa": "30307", "dcChiTiet": ""},
    "nktLoaiGiayToTuyThan": 3,
    "nktGiayToKhac": "Sổ hộ khẩu",
    "nktSoGiayToTuyThan": "123456",
    "nktNgayChet": "07.2019",
    "nktNoiChet": {"quocGia": "VN", "maTinh": "89", "maHuyen": "883", "maXa": "30298", "dcChiTiet": "tại nhà"},
    "nktNguyenNhanChet": "Tuổi già",
    "nycHoTen": "Huỳnh Thị Lan",
    "nycQuanHe": "Con gái",
    "nycLoaiGiayToTuyThan": 6,
    "nycSoGiayToTuyThan": "089170999004",
    "nycNgayCapGiayToTuyThan": "02.07.2024",
    "nycNoiCapGiayToTuyThan": "Bộ Công an",
    "nycSoDienThoai": "0912345678",
}
DOCUMENT = base64.b64encode(b"%PDF-1.4 invented").decode()
DIGEST = hashlib.sha256(b"%PDF-1.4 invented").hexdigest()


def state(result: Json, module: str, at: str = "05/07/2026 09:10:11") -> Json:
    return {
        "module": module,
        "maHoSoLT": "LT-7",
        "trangThai": 4,
        "thoiGianThucHien": at,
        "ketQuaXuLy": json.dumps(result, ensure_ascii=False),
    }


def signed(form: Json, **members: Any) -> Json:
    signers = {"nguoiKy": "Lê Hoàng Phúc", "chucVuNguoiKy": "Chủ tịch", "nguoiThucHien": "Đỗ Quốc Việt"}
    return form | signers | members
