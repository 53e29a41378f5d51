"""What both partners are sent in tests: small, valid bodies of invented people."""

import base64
import hashlib
import json
from typing import Any


def code(serial: int) -> str:
    return f"H01.12-261120-{serial:04d}"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _spouse(prefix: str, name: str, birth: str, number: str) -> dict[str, Any]:
    member = {
        "HoTen": name,
        "NgaySinh": birth,
        "DanToc": "01",
        "QuocTich": "VN",
        "LoaiCuTru": 1,
        "NoiCuTru": {"maTinh": "91", "maXa": "30292", "dcChiTiet": "Số 12, đường Thoại Ngọc Hầu"},
        "LoaiGiayToTuyThan": 5,
        "SoGiayToTuyThan": number,
        "SoDDCN": number,
        "SoLanKH": 1,
        "LoaiTinhTrangHonNhan": 2,
    }
    return {prefix + key: value for key, value in member.items()}


def marriage_form(**changes: Any) -> dict[str, Any]:
    form = {
        "loaiDangKy": 1,
        "noiDangKy": "30292",
        "soLuongBanSao": 2,
        "ghiChu": None,
        **_spouse("chong", "Nguyễn Văn Thử", "05.07.1998", "089098001234"),
        **_spouse("vo", "Trần Thị Mẫu", "2000", "089300004321"),
    }
    return {**form, **changes}


def death_form(**changes: Any) -> dict[str, Any]:
    place = {"maTinh": "91", "maXa": "30292", "dcChiTiet": ""}
    form = {
        "loaiDangKy": 1,
        "noiDangKy": "30292",
        "soLuongBanSao": 1,
        "nktHoTen": "Lê Thị Ví Dụ",
        "nktGioiTinh": 2,
        "nktNgaySinh": "1938",
        "nktDanToc": "01",
        "nktQuocTich": "VN",
        "nktLoaiCuTru": 1,
        "nktNoiCuTru": place,
        "nktNgayChet": "18.11.2026",
        "nktNoiChet": place,
        "nktNguyenNhanChet": "Tuổi già",
        "gbtLoai": 1,
        "gbtSo": "07/GBT",
        "gbtNgay": "19.11.2026",
        "gbtCoQuanCap": "Trạm y tế phường",
        "nycHoTen": "Lê Văn Ví Dụ",
        "nycQuanHe": "Con",
        "nycLoaiGiayToTuyThan": 5,
        "nycSoGiayToTuyThan": "089065005678",
    }
    return {**form, **changes}


def attachment(number: int, content: bytes = b"%PDF-1.4 to khai", **changes: Any) -> dict[str, Any]:
    file = {
        "id": number,
        "loaiGiayTo": 1,
        "tenGiayTo": "Tờ khai",
        "tenTepDinhKem": f"to-khai-{number}.pdf",
        "huyGiayTo": 0,
        "duLieuTepDinhKem": base64.b64encode(content).decode(),
    }
    return {**file, **changes}


def submission(
    dossier: str, form: dict[str, Any] | None = None, *, module: str = "LTKH", round_: int = 1, **changes: Any
) -> dict[str, Any]:
    filled = form or (marriage_form() if module == "LTKH" else death_form())
    body = {
        "maDonVi": "30292",
        "module": module,
        "maHoSoMCDT": dossier,
        "lanGui": round_,
        "ngayTiepNhan": "20/11/2026 08:30:00",
        "data": json.dumps(filled, ensure_ascii=False),
        "fileDinhKem": [attachment(1)],
    }
    return {**body, **changes}


def _person(name: str, birth: str, number: str) -> dict[str, Any]:
    return {
        "HoTen": name,
        "NgaySinh": birth,
        "DanToc": "Kinh",
        "QuocTich": "VN",
        "LoaiCuTru": 1,
        "NoiCuTru": {"QuocGia": "VN", "MaTinh": "91", "MaXa": "30292", "DiaChi": "Số 12"},
        "SoDinhDanh": number,
        "GiayTo": {"Loai": 9, "So": number},
        "LanKetHon": 1,
        "TinhTrangHonNhan": 2,
    }


def to_khai(**changes: Any) -> dict[str, Any]:
    form = {
        "BenNam": _person("Nguyễn Văn Thử", "05/07/1998", "089098001234"),
        "BenNu": _person("Trần Thị Mẫu", "2000", "089300004321"),
        "LoaiDangKy": 1,
        "SoBanSao": 2,
        "GhiChu": None,
    }
    return {**form, **changes}


def dossier(code: str, version: int = 1, **changes: Any) -> dict[str, Any]:
    body = {
        "MaHoSo": code,
        "PhienBan": version,
        "MaTTHC": "1.000894",
        "MaDonViTiepNhan": "H01.12",
        "MaDonViDangKy": "30292",
        "KenhThucHien": 2,
        "NgayTiepNhan": "20261120083000",
        "NgayHenTra": "20261120170000",
        "CanXacMinh": False,
        "TrangThaiHoSo": 2,
        "ChuHoSo": {"HoTen": "Nguyễn Văn Thử"},
        "ToKhai": to_khai(),
        "TaiLieuNop": [],
    }
    return {**body, **changes}


def event(code: str, kind: str = "HoSoMoi", version: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "MaSuKien": f"{kind}-{version}-{code}",
        "LoaiSuKien": kind,
        "ThoiDiem": "20261120083100",
        "HoSo": dossier(code, version, **changes),
    }


def progress(code: str, status: int, key: str, **changes: Any) -> dict[str, Any]:
    item = {
        "MaSuKien": key,
        "MaHoSo": code,
        "NguoiXuLy": "Hệ thống liên thông",
        "ThoiDiemXuLy": "20261120090000",
        "NoiDungXuLy": "Đang xử lý",
        "TrangThai": status,
    }
    return {**item, **changes}


def _strip(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _strip(v) for k, v in value.items() if v is not None}
    return value


def signed(body: dict[str, Any]) -> dict[str, Any]:
    """The result with the DauVanTay that the contract defines."""
    kept = _strip({k: v for k, v in body.items() if k not in ("DauVanTay", "ThayThe")})
    text = json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return {**body, "DauVanTay": sha256(text.encode())}


def result(number: int = 15, content: bytes = b"%PDF-1.4 ket qua", **changes: Any) -> dict[str, Any]:
    paper = {
        "TenGiayTo": "Giấy chứng nhận kết hôn",
        "TenTep": "ket-hon.pdf",
        "MaBam": sha256(content),
        "NoiDungTep": base64.b64encode(content).decode(),
    }
    body = {
        "MaKetQua": "KQ.G15.000032",
        "SoDangKy": number,
        "NamDangKy": 2026,
        "QuyenSo": "01/2026",
        "TrangSo": None,
        "NgayDangKy": "20/11/2026",
        "MaDonViDangKy": "30292",
        "NguoiKy": "Võ Minh Trí",
        "ChucVuNguoiKy": "Chủ tịch",
        "NoiDung": to_khai(),
        "GiayToKetQua": paper,
        "ThayThe": None,
    }
    return signed({**body, **changes})


def entry(**changes: Any) -> dict[str, Any]:
    people = {
        name: {"HoTen": text, "NgaySinh": "1950"} for name, text in (("BenNam", "Lý Văn Cũ"), ("BenNu", "Mai Thị Xưa"))
    }
    body: dict[str, Any] = {
        "Loai": "KH",
        "MaHoSo": None,
        "SoDangKy": 3,
        "NamDangKy": 1975,
        "QuyenSo": "01",
        "NgayDangKy": "20/11/2026",
        "MaDonViDangKy": "30292",
        "TinhTrang": 1,
        "NoiDung": people,
        "BienDong": [],
        "DauVanTay": sha256(b"entry"),
    }
    return {**body, **changes}
