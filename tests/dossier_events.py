"""Bodies of the province's events, of invented people: valid ones to change, and what the checks say of them."""

import copy
import json
from typing import Any

from connector.domain.checks import applications
from schemas.findings import Finding
from schemas.province import DossierEvent

Event = dict[str, Any]

_MY_LONG = {"QuocGia": "VN", "MaTinh": "89", "MaHuyen": "883", "MaXa": "30283", "DiaChi": "số 7, đường Lý Thái Tổ"}


def _event(code: str, procedure: str, office: str, received: str, due: str, form: dict[str, Any]) -> Event:
    return {
        "MaSuKien": "sk-1",
        "LoaiSuKien": "HoSoMoi",
        "ThoiDiem": received,
        "HoSo": {
            "MaHoSo": code,
            "PhienBan": 1,
            "MaTTHC": procedure,
            "MaDonViTiepNhan": "000.12.83.H01",
            "MaDonViDangKy": office,
            "KenhThucHien": 2,
            "NgayTiepNhan": received,
            "NgayHenTra": due,
            "CanXacMinh": False,
            "TrangThaiHoSo": 2,
            "ChuHoSo": {"HoTen": "Lê Quốc Khải", "SoDienThoai": None},
            "ToKhai": form,
            "TaiLieuNop": [],
        },
    }


def _spouse(name: str, born: str, number: str) -> dict[str, Any]:
    return {
        "HoTen": name,
        "NgaySinh": born,
        "DanToc": "Kinh",
        "QuocTich": "VN",
        "LoaiCuTru": 1,
        "NoiCuTru": dict(_MY_LONG),
        "SoDinhDanh": number,
        "GiayTo": {"Loai": 5, "So": number, "NgayCap": "10/05/2021", "NoiCap": "Cục Cảnh sát"},
        "LanKetHon": 1,
        "TinhTrangHonNhan": 2,
    }


def marriage() -> Event:
    """A valid marriage of 2023 in Phường Mỹ Long, without any finding."""
    return _event(
        "000.12.83.H01-230704-0003",
        "1.000894",
        "30283",
        "20230704084000",
        "20230704170000",
        {
            "BenNam": _spouse("Lê Quốc Khải", "12/03/1996", "089096999001"),
            "BenNu": _spouse("Nguyễn Thị Ái Thủy", "30/11/1998", "089198999002"),
            "LoaiDangKy": 1,
            "SoBanSao": 2,
            "GhiChu": None,
        },
    )


def death() -> Event:
    """A valid death of 2023 in Phường Mỹ Quý, at home two days before; born "1938", so its finding is PARTIAL_DATE."""
    home = {"QuocGia": "VN", "MaTinh": "89", "MaHuyen": "883", "MaXa": "30298", "DiaChi": "tổ 4, khóm Mỹ Quới"}
    form = {
        "NguoiChet": {
            "HoTen": "Huỳnh Văn Tám",
            "NgaySinh": "1938",
            "GioiTinh": 1,
            "DanToc": "Kinh",
            "QuocTich": "VN",
            "SoDinhDanh": None,
            "GiayTo": {"Loai": 2, "So": "351234567"},
            "LoaiCuTru": 1,
            "NoiCuTruCuoi": dict(home),
            "NgayChet": "02/07/2023",
            "GioPhutChet": "23:50",
            "NoiChet": dict(home),
            "NguyenNhanChet": "Tuổi già",
        },
        "GiayBaoTu": {"Loai": 1, "So": "07/UBND-GBT", "Ngay": "03/07/2023", "CoQuanCap": "UBND phường Mỹ Quý"},
        "NguoiYeuCau": {
            "HoTen": "Huỳnh Thị Lan",
            "QuanHe": "Con",
            "GiayTo": {"Loai": 5, "So": "089165999008", "NgayCap": "01/06/2021"},
            "NoiCuTru": dict(home),
        },
        "LoaiDangKy": 1,
        "SoBanSao": 1,
    }
    event = _event("000.12.83.H01-230704-0008", "1.000656", "30298", "20230704152000", "20230705170000", form)
    event["HoSo"]["ChuHoSo"] = {"HoTen": "Huỳnh Thị Lan"}
    return event


def marriage_of_2025() -> Event:
    """A valid marriage of 2025-08-04 (a Monday) in the new Phường Long Xuyên, without any finding."""
    event = marriage()
    event["HoSo"].update(
        MaHoSo="H01.129-250804-0035", MaDonViDangKy="30307", NgayTiepNhan="20250804084000", NgayHenTra="20250804170000"
    )
    for side in ("BenNam", "BenNu"):
        event["HoSo"]["ToKhai"][side]["NoiCuTru"] = {"QuocGia": "VN", "MaTinh": "91", "MaXa": "30307", "DiaChi": None}
    return event


def changed(event: Event, changes: dict[str, Any]) -> Event:
    """A copy with other members, by their place below HoSo (`ToKhai/BenNam/NgaySinh`); `...` takes one away."""
    event = copy.deepcopy(event)
    for place, value in changes.items():
        *above, last = place.split("/")
        at = event["HoSo"]
        for step in above:
            at = at[step]
        if value is ...:
            at.pop(last, None)
        else:
            at[last] = value
    return event


def findings(event: object) -> list[Finding]:
    return applications.check(*DossierEvent.read(json.dumps(event).encode()))


def said(event: object) -> dict[str, str]:
    """Pointer → codes with severity, as `/HoSo/MaTTHC` → `WRONG_PROCEDURE E`, sorted and joined."""
    found: dict[str, list[str]] = {}
    for one in findings(event):
        found.setdefault(one.pointer, []).append(f"{one.code} {one.severity}")
    return {pointer: ", ".join(sorted(codes)) for pointer, codes in found.items()}


def said_below(event: object) -> dict[str, str]:
    """Like `said`, with the places below /HoSo/ToKhai/."""
    return {pointer.removeprefix("/HoSo/ToKhai/"): codes for pointer, codes in said(event).items()}
