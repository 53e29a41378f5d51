"""Bodies of the ministry's answers about the events of `dossier_events`: states, results, register entries."""

import base64
import json
from typing import Any

from connector.domain.checks import results
from schemas.findings import Finding
from schemas.ministry import DeathEntry, DossierState, MarriageEntry
from schemas.province import Dossier
from tests.dossier_events import Event

PDF = base64.b64encode(b"%PDF-1.7 invented").decode()
DEATH_ADDRESS = {"maTinh": "89", "maHuyen": "883", "maXa": "30298", "dcChiTiet": "tổ 4, khóm Mỹ Quới"}


def state(module: str = "LTKH", number: int = 4, result: object = None, **members: Any) -> dict[str, Any]:
    return {
        "maDonVi": "30283",
        "maTinh": "89",
        "module": module,
        "maHoSoLT": "LT-1",
        "maHoSoMCDT": "000.12.83.H01-230704-0003",
        "lanGui": 1,
        "trangThai": number,
        "thoiGianThucHien": "06/07/2023 10:00:00",
        "ketQuaXuLy": result if result is None or isinstance(result, str) else json.dumps(result, ensure_ascii=False),
        **members,
    }


def _registered_spouse(prefix: str, name: str, born: str, number: str) -> dict[str, Any]:
    members = {
        "HoTen": name,
        "NgaySinh": born,
        "DanToc": "01",
        "QuocTich": "VN",
        "LoaiCuTru": 1,
        "NoiCuTru": {"maTinh": "89", "maHuyen": "883", "maXa": "30283", "dcChiTiet": "số 7, đường Lý Thái Tổ"},
        "LoaiGiayToTuyThan": 4,
        "SoGiayToTuyThan": number,
        "NgayCapGiayToTuyThan": "10.05.2021",
        "NoiCapGiayToTuyThan": "Cục Cảnh sát",
        "SoDDCN": number,
        "SoLanKH": 1,
        "LoaiTinhTrangHonNhan": 2,
    }
    return {prefix + member: value for member, value in members.items()}


def marriage_result(**members: Any) -> dict[str, Any]:
    """The result of `dossier_events.marriage`, without any finding."""
    return {
        "loaiDangKy": 1,
        "noiDangKy": "30283",
        "soLuongBanSao": 2,
        **_registered_spouse("chong", "Lê Quốc Khải", "12.03.1996", "089096999001"),
        **_registered_spouse("vo", "Nguyễn Thị Ái Thủy", "30.11.1998", "089198999002"),
        "soDangKy": "15/2023",
        "quyenSo": "01/2023",
        "ngayDangKy": "06.07.2023",
        "nguoiKy": "Trần Văn Bình",
        "chucVuNguoiKy": "Chủ tịch",
        "nguoiThucHien": "Lê Thị Cúc",
        "maGiayToKetQua": "KQ.G15.000032",
        "giayKetHon": PDF,
        **members,
    }


def death_result(**members: Any) -> dict[str, Any]:
    """The result of `dossier_events.death`, without any finding."""
    return {
        "loaiDangKy": 1,
        "noiDangKy": "30298",
        "soLuongBanSao": 1,
        "nktHoTen": "Huỳnh Văn Tám",
        "nktGioiTinh": 1,
        "nktNgaySinh": "1938",
        "nktDanToc": "01",
        "nktQuocTich": "VN",
        "nktLoaiCuTru": 1,
        "nktNoiCuTru": DEATH_ADDRESS,
        "nktLoaiGiayToTuyThan": 2,
        "nktSoGiayToTuyThan": "351234567",
        "nktNgayChet": "02.07.2023",
        "nktGioPhutChet": "23:50",
        "nktNoiChet": DEATH_ADDRESS,
        "nktNguyenNhanChet": "Tuổi già",
        "nycHoTen": "Huỳnh Thị Lan",
        "nycQuanHe": "Con",
        "nycLoaiGiayToTuyThan": 4,
        "nycSoGiayToTuyThan": "089165999008",
        "soDangKy": "7",
        "quyenSo": "01/2023",
        "nguoiKy": "Trần Văn Bình",
        "chucVuNguoiKy": "Chủ tịch",
        "nguoiThucHien": "Lê Thị Cúc",
        "maGiayToKetQua": "KQ.G15.000034",
        "giayKhaiTu": PDF,
        **members,
    }


def entry(**members: Any) -> dict[str, Any]:
    """An old entry of the marriage register that knows little, without any finding."""
    return {
        "id": 77,
        "maDonVi": "30283",
        "maHoSoMCDT": None,
        "so": "15",
        "quyenSo": "01-TP/HT-2015-KH",
        "ngayDangKy": "2015",
        "ngayCapNhat": "06/07/2023 10:00:00",
        "phienBan": 1,
        "trangThaiBanGhi": 1,
        "dauVanTay": "0" * 64,
        "chongHoTen": "Lê Văn Năm",
        "voHoTen": "Phạm Thị Gấm",
        **members,
    }


def without(body: dict[str, Any], *members: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in members}


def said_of_result(body: dict[str, Any], application: Event | None = None, **known: Any) -> dict[str, str]:
    """Pointer → code with severity, as `/ketQuaXuLy/soDangKy` → `REGISTER_NUMBER E`."""
    return _listed(findings_of_result(body, application, **known))


def findings_of_result(body: dict[str, Any], application: Event | None = None, **known: Any) -> list[Finding]:
    form, faults = DossierState.read_value(body)
    assert form is not None
    assert not faults
    dossier = None if application is None else Dossier.read_value(application["HoSo"])[0]
    return results.check_result(form, *results.read_result(form), dossier, **known)


def said_of_entry(body: dict[str, Any], form: type[MarriageEntry] | type[DeathEntry] = MarriageEntry) -> dict[str, str]:
    return _listed(results.check_entry(*form.read(json.dumps(body).encode())))


def _listed(found: list[Finding]) -> dict[str, str]:
    listed: dict[str, list[str]] = {}
    for one in found:
        listed.setdefault(one.pointer, []).append(f"{one.code} {one.severity}")
    return {pointer: ", ".join(sorted(codes)) for pointer, codes in listed.items()}
