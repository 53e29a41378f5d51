"""What the province must hold for a ministry's result, built from the validation contract alone.

The document itself is compared by its SHA-256: `NoiDungTep` is expected as the digest of the decoded bytes.
"""

import hashlib
import json
import re
from base64 import b64decode
from datetime import date
from typing import Any

from connector.sandbox.expectation import HOUSEHOLD_BOOK, Json
from connector.sandbox.matching import ANY_TEXT, OneOf
from connector.sandbox.spelling import FOREIGNER, GROUPS, group_name, number, slashed, text

_PAPER_BACK = {1: 6, 2: 2, 3: 8, 4: 5, 5: 9, 6: 10, 7: 3, 8: 4}
_RENAMED = date(2027, 3, 1)
_NUMBER = re.compile(r"0*(\d+)(?:/(\d{4}))?")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_UNSURE = (FOREIGNER, f"{len(GROUPS):02d}")


def document_of(result: Json) -> str | None:
    """The base64 text of a MarriageResult or DeathResult; None while it is not signed."""
    document: str | None = result.get("giayKetHon", result.get("giayKhaiTu"))
    return document


def digest_of(document: str) -> str:
    """SHA-256 of a base64 document; a record may keep the digest in its place, which stays as it is."""
    return document if _DIGEST.fullmatch(document) else hashlib.sha256(b64decode(document)).hexdigest()


def province_result(state: Json, dossier: Json) -> Json:
    """The Result of a DossierState in 4 or 5 with its document.

    `dossier` is the application as last submitted: what a result does not carry comes from it.
    """
    result = json.loads(state["ketQuaXuLy"])
    document = document_of(result)
    assert document is not None, "a result without its document is none"
    death = state["module"] == "LTKT"
    # A death result names no day: it is the day of thoiGianThucHien.
    registered = state["thoiGianThucHien"][:10] if death else slashed(result["ngayDangKy"])
    assert registered is not None
    entry = _NUMBER.fullmatch(result["soDangKy"])
    assert entry is not None
    digest = digest_of(document)
    content = _death(result, dossier["ToKhai"]) if death else _marriage(result, dossier["ToKhai"])
    return {
        "MaKetQua": result["maGiayToKetQua"],
        "SoDangKy": int(entry[1]),
        "NamDangKy": int(entry[2] or registered[-4:]),
        "QuyenSo": result["quyenSo"],
        "TrangSo": result.get("trangSo"),
        "NgayDangKy": registered,
        "MaDonViDangKy": result["noiDangKy"],
        "NguoiKy": text(result["nguoiKy"]),
        "ChucVuNguoiKy": text(result["chucVuNguoiKy"]),
        "NguoiThucHien": text(result["nguoiThucHien"]),
        "MaHoSoLienThong": OneOf((None, state["maHoSoLT"])),
        "NoiDung": content,
        "GiayToKetQua": {
            "TenGiayTo": _title(registered) if death else "Giấy chứng nhận kết hôn",
            "TenTep": ANY_TEXT,
            "MaBam": digest,
            "NoiDungTep": digest,
        },
    }


def province_entry(register: str, entry: Json) -> Json:
    """The RegisterEntry of a version of an entry of the register (`KH`, `KT`): what the entry says, nothing else."""
    number = _NUMBER.fullmatch(entry["so"])
    assert number is not None
    registered = slashed(entry["ngayDangKy"])
    assert registered is not None
    said, nothing = _Silent(entry), _Silent()
    notes = entry.get("ghiChuBienDong")
    return {
        "Loai": register,
        "MaHoSo": entry.get("maHoSoMCDT"),
        "SoDangKy": int(number[1]),
        "NamDangKy": int(number[2] or registered[-4:]),
        "QuyenSo": entry["quyenSo"],
        "TrangSo": entry.get("trangSo"),
        "NgayDangKy": registered,
        "MaDonViDangKy": entry["maDonVi"],
        "TinhTrang": entry["trangThaiBanGhi"],
        "NguoiKy": text(entry.get("nguoiKy")),
        "ChucVuNguoiKy": text(entry.get("chucVuNguoiKy")),
        "NoiDung": _death(said, nothing) if register == "KT" else _marriage(said, nothing),
        "BienDong": [_note(note) for note in notes] if notes else OneOf((None, [])),
        "DauVanTay": entry["dauVanTay"],
    }


def _note(note: Json) -> Json:
    return {
        "Loai": note["loai"],
        "CanCu": text(note["canCu"]),
        "NgayGhiChu": slashed(note["ngayGhiChu"]),
        "NoiDung": text(note.get("noiDung")),
    }


class _Silent(dict[str, Any]):
    """A body that says nothing of a member where another would miss it."""

    def __missing__(self, name: str) -> Any:
        return None if self else _Silent()


def _title(registered: str) -> str:
    day = date(int(registered[6:]), int(registered[3:5]), int(registered[:2]))
    return "Giấy chứng tử" if day >= _RENAMED else "Trích lục khai tử"


def _or_applied(value: Any, applied: Any) -> Any:
    """What the result says; where it is silent, nothing or what the application said."""
    return OneOf((None, applied)) if value is None else value


def _head(result: Json, applied: Json) -> Json:
    noted, asked = text(result.get("ghiChu")), text(applied.get("GhiChu"))
    return {
        "LoaiDangKy": _or_applied(result.get("loaiDangKy"), applied["LoaiDangKy"]),
        "SoBanSao": _or_applied(result.get("soLuongBanSao"), applied["SoBanSao"]),
        "GhiChu": asked if noted is None else OneOf((noted, asked)),
    }


def _marriage(result: Json, applied: Json) -> Json:
    since = slashed(result.get("ngayXacLapQuanHeHonNhan"))
    return {
        **_head(result, applied),
        "NgayXacLapQuanHe": _or_applied(since, applied.get("NgayXacLapQuanHe")),
        "NgayDuKienDangKy": OneOf((None, applied.get("NgayDuKienDangKy"))),
        "BenNam": _spouse("chong", result, applied["BenNam"]),
        "BenNu": _spouse("vo", result, applied["BenNu"]),
    }


def _spouse(side: str, result: Json, applied: Json) -> Json:
    return {
        **_person(side, result, applied, residence="NoiCuTru"),
        "LanKetHon": _or_applied(result.get(f"{side}SoLanKH"), applied["LanKetHon"]),
        "TinhTrangHonNhan": _or_applied(result.get(f"{side}LoaiTinhTrangHonNhan"), applied["TinhTrangHonNhan"]),
        "LyHon": applied.get("LyHon"),
        "VoChongTruocChet": applied.get("VoChongTruocChet"),
    }


def _person(side: str, result: Json, applied: Json, *, residence: str) -> Json:
    got = _members(side, result)
    return {
        "HoTen": text(got["HoTen"]),
        "NgaySinh": slashed(got["NgaySinh"]),
        "DanToc": _group(got, applied),
        "QuocTich": _or_applied(got.get("QuocTich"), applied["QuocTich"]),
        "QuocTichKhac": _or_applied(text(got.get("QuocTichKhac")), text(applied.get("QuocTichKhac"))),
        "LoaiCuTru": _or_applied(got.get("LoaiCuTru"), applied["LoaiCuTru"]),
        residence: _place(got.get("NoiCuTru"), applied[residence]),
        "SoDinhDanh": _or_applied(got.get("SoDDCN"), number(applied.get("SoDinhDanh"))),
        "GiayTo": _paper(got, applied.get("GiayTo")),
    }


def _members(side: str, result: Json) -> Json:
    return {name[len(side) :]: value for name, value in result.items() if name.startswith(side)}


def _group(got: Json, applied: Json) -> Any:
    code = got.get("DanToc")
    if code is None:
        return OneOf((None, applied.get("DanToc")))
    if code in _UNSURE or got.get("DanTocKhac"):
        return OneOf((None, group_name(code), got.get("DanTocKhac"), applied.get("DanToc")))
    return group_name(code)


def _place(got: Json | None, applied: Json) -> Any:
    if got is None:
        return OneOf((None, applied))
    detail = text(got.get("dcChiTiet"))
    return {
        "QuocGia": got.get("quocGia", "VN"),
        "MaTinh": got.get("maTinh"),
        "MaHuyen": got.get("maHuyen"),
        "MaXa": got.get("maXa"),
        "DiaChi": detail or OneOf((None, "")),
    }


def _paper(got: Json, applied: Json | None) -> Any:
    kind = got.get("LoaiGiayToTuyThan")
    if kind is None:
        return OneOf((None, applied))
    other = text(got.get("GiayToKhac"))
    household = kind == 3 and other is not None and other.casefold() == HOUSEHOLD_BOOK.casefold()
    return {
        "Loai": 7 if household else _PAPER_BACK[kind],
        "TenLoaiKhac": OneOf((None, other)) if household else other,
        "So": number(got["SoGiayToTuyThan"]),
        "NgayCap": slashed(got.get("NgayCapGiayToTuyThan")),
        "NoiCap": text(got.get("NoiCapGiayToTuyThan")),
    }


def _death(result: Json, applied: Json) -> Json:
    dead, asking = applied["NguoiChet"], applied["NguoiYeuCau"]
    return {
        **_head(result, applied),
        "NguoiChet": {
            **_person("nkt", result, dead, residence="NoiCuTruCuoi"),
            "GioiTinh": result["nktGioiTinh"],
            "NgayChet": slashed(result["nktNgayChet"]),
            "GioPhutChet": _or_applied(result.get("nktGioPhutChet"), dead.get("GioPhutChet")),
            "NoiChet": _place(result.get("nktNoiChet"), dead["NoiChet"]),
            "NguyenNhanChet": text(result["nktNguyenNhanChet"]),
        },
        "GiayBaoTu": _notice(result, applied.get("GiayBaoTu")),
        "NguoiYeuCau": {
            "HoTen": text(result["nycHoTen"]),
            "QuanHe": text(result["nycQuanHe"]),
            "SoDinhDanh": OneOf((None, number(asking.get("SoDinhDanh")))),
            "GiayTo": _paper(
                {name[3:]: value for name, value in result.items() if name.startswith("nyc")}, asking["GiayTo"]
            ),
            "NoiCuTru": OneOf((None, asking.get("NoiCuTru"))),
            "SoDienThoai": _or_applied(text(result.get("nycSoDienThoai")), text(asking.get("SoDienThoai"))),
            "Email": _or_applied(text(result.get("nycEmail")), text(asking.get("Email"))),
        },
    }


def _notice(result: Json, applied: Json | None) -> Any:
    if result.get("gbtLoai") is None:
        return OneOf((None, applied))
    return {
        "Loai": result["gbtLoai"],
        "So": text(result.get("gbtSo")),
        "Ngay": slashed(result.get("gbtNgay")),
        "CoQuanCap": text(result.get("gbtCoQuanCap")),
    }
