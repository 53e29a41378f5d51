"""Invented dossiers, states and entries for the tests of the mapping, and the contracts' schemas."""

import base64
import json
from copy import deepcopy
from functools import cache
from importlib import resources
from typing import Any

import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from connector.domain.mapping import to_ministry, to_records
from schemas import ministry, province, records

PDF = b"%PDF-1.4\n%%EOF\n"


@cache
def _validator(partner: str, schema: str) -> Draft202012Validator:
    file = resources.files("connector.sandbox").joinpath("contracts", f"{partner}.openapi.yaml")
    contract = yaml.safe_load(file.read_text(encoding="utf-8"))
    return Draft202012Validator({"$ref": f"#/components/schemas/{schema}", "components": contract["components"]})


def breaks_of(partner: str, schema: str, value: object) -> list[str]:
    """Where a value breaks a schema of a partner's contract."""
    return [f"{error.json_path}: {error.validator}" for error in _validator(partner, schema).iter_errors(value)]


def place(**changes: Any) -> dict[str, Any]:
    return {"QuocGia": "VN", "MaTinh": "89", "MaHuyen": "883", "MaXa": "30283", "DiaChi": "Tổ 4", **changes}


def spouse(**changes: Any) -> dict[str, Any]:
    return {
        "HoTen": "Lê Quốc Khải",
        "NgaySinh": "12/03/1996",
        "DanToc": "Kinh",
        "QuocTich": "VN",
        "QuocTichKhac": None,
        "LoaiCuTru": 1,
        "NoiCuTru": place(),
        "SoDinhDanh": "089096999001",
        "GiayTo": {"Loai": 5, "So": "089096999001", "NgayCap": "01/06/2021", "NoiCap": "Bộ Công an"},
        "LanKetHon": 1,
        "TinhTrangHonNhan": 2,
        **changes,
    }


def decision(**changes: Any) -> dict[str, Any]:
    court = "Tòa án nhân dân thành phố Long Xuyên"
    return {"So": "41/2019/QĐST-HNGĐ", "Ngay": "12/11/2019", "CoQuan": court, **changes}


def marriage(**changes: Any) -> dict[str, Any]:
    wife = spouse(HoTen="Nguyễn Thị Ái Thủy", NgaySinh="30/11/1998", SoDinhDanh="089198999002")
    return {
        "BenNam": spouse(),
        "BenNu": wife,
        "LoaiDangKy": 1,
        "NgayDuKienDangKy": "05/07/2023",
        "SoBanSao": 2,
        "GhiChu": "Nhận kết quả buổi sáng",
        **changes,
    }


def deceased(**changes: Any) -> dict[str, Any]:
    return {
        "HoTen": "Huỳnh Văn Tám",
        "NgaySinh": "1938",
        "GioiTinh": 1,
        "DanToc": "Kinh",
        "QuocTich": "VN",
        "SoDinhDanh": None,
        "GiayTo": {"Loai": 2, "So": "351.234 567"},
        "LoaiCuTru": 1,
        "NoiCuTruCuoi": place(),
        "NgayChet": "02/07/2023",
        "GioPhutChet": "23:50",
        "NoiChet": place(MaXa="30298", DiaChi=None),
        "NguyenNhanChet": "Tuổi già",
        **changes,
    }


def declarant(**changes: Any) -> dict[str, Any]:
    return {
        "HoTen": "Huỳnh Thị Lan",
        "QuanHe": "Con gái",
        "SoDinhDanh": "089170999003",
        "GiayTo": {"Loai": 5, "So": "089170999003"},
        "NoiCuTru": place(),
        "SoDienThoai": "0912999004",
        **changes,
    }


def death(**changes: Any) -> dict[str, Any]:
    notice = {"Loai": 1, "So": "07/UBND-GBT", "Ngay": "03/07/2023", "CoQuanCap": "UBND phường Mỹ Quý"}
    return {
        "NguoiChet": deceased(),
        "GiayBaoTu": notice,
        "NguoiYeuCau": declarant(),
        "LoaiDangKy": 1,
        "SoBanSao": 0,
        **changes,
    }


def dossier(form: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    said = marriage() if form is None else form
    return {
        "MaHoSo": "000.12.83.H01-230704-0003",
        "PhienBan": 1,
        "MaTTHC": "1.000894.000.00.00.H01" if "BenNam" in said else "1.000656",
        "MaDonViTiepNhan": "000.12.83.H01",
        "MaDonViDangKy": "30283",
        "KenhThucHien": 1,
        "NgayTiepNhan": "20230704084000",
        "NgayHenTra": "20230704170000",
        "CanXacMinh": False,
        "TrangThaiHoSo": 2,
        "ChuHoSo": {"HoTen": "Lê Quốc Khải"},
        "ToKhai": said,
        **changes,
    }


def files() -> list[dict[str, Any]]:
    """A removed file and one that is there."""
    said = {"TenTepDinhKem": " cccd.pdf", "LoaiGiayTo": 5, "TenGiayTo": "CCCD", "MaBam": "0" * 64, "KichThuoc": 3}
    return [{"TepDinhKemId": "a", **said, "DaHuy": True}, {"TepDinhKemId": "b", **said}]


def read_dossier(body: dict[str, Any]) -> province.Dossier:
    form, faults = province.Dossier.read(json.dumps(body).encode())
    assert form is not None
    assert not faults
    return form


def application(form: dict[str, Any] | None = None, **changes: Any) -> records.Application:
    return to_records.application(read_dossier(dossier(form, **changes)))


def data(form: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """What the ministry gets for a dossier, as it reads it."""
    read: dict[str, Any] = json.loads(to_ministry.data_text(application(form, **changes)))
    return read


def state(**changes: Any) -> dict[str, Any]:
    return {
        "maDonVi": "30283",
        "maTinh": "89",
        "module": "LTKH",
        "maHoSoLT": "BTP-KH-0001",
        "maHoSoMCDT": "000.12.83.H01-230704-0003",
        "lanGui": 1,
        "trangThai": 4,
        "thoiGianThucHien": "05/07/2023 09:30:00",
        **changes,
    }


def read_state(**changes: Any) -> ministry.DossierState:
    form, faults = ministry.DossierState.read(json.dumps(state(**changes)).encode())
    assert form is not None
    assert not faults
    return form


def result_of(form: dict[str, Any], **changes: Any) -> ministry.MarriageResult | ministry.DeathResult:
    """The ministry registers a form as it is, and signs."""
    is_marriage = "chongHoTen" in form
    document = base64.b64encode(PDF).decode()
    extra: dict[str, Any] = {
        "soDangKy": "015/2023",
        "quyenSo": "01/2023",
        "trangSo": "15",
        "nguoiKy": "Trần Văn Ký",
        "chucVuNguoiKy": "Chủ tịch",
        "nguoiThucHien": "Phạm Thị Hộ",
        "maGiayToKetQua": "KQ.G15.000032" if is_marriage else "KQ.G15.000034",
        "giayKetHon" if is_marriage else "giayKhaiTu": document,
    }
    if is_marriage:
        extra["ngayDangKy"] = "05.07.2023"
    which: type[ministry.MarriageResult] | type[ministry.DeathResult]
    which = ministry.MarriageResult if is_marriage else ministry.DeathResult
    read, faults = which.read(json.dumps({**deepcopy(form), **extra, **changes}).encode())
    assert read is not None
    assert not faults
    return read


def registration(
    form: dict[str, Any], state_changes: dict[str, Any] | None = None, **changes: Any
) -> records.Registration:
    """What a result says that the ministry made of a form, with members changed or, by None, left out."""
    return to_records.registration(read_state(**(state_changes or {})), result_of(form, **changes))


def entry_head(**changes: Any) -> dict[str, Any]:
    return {
        "id": 12,
        "maDonVi": "30283",
        "maHoSoMCDT": None,
        "so": "7",
        "quyenSo": "01-TP/HT-2005-KH",
        "ngayDangKy": "2005",
        "ngayCapNhat": "01/02/2023 08:00:00",
        "phienBan": 2,
        "trangThaiBanGhi": 1,
        "dauVanTay": "ab" * 32,
        **changes,
    }


def read_entry(**members: Any) -> ministry.MarriageEntry | ministry.DeathEntry:
    body = {name: value for name, value in entry_head(**members).items() if value is not None}
    which: type[ministry.MarriageEntry] | type[ministry.DeathEntry]
    which = ministry.MarriageEntry if "chongHoTen" in body else ministry.DeathEntry
    read, faults = which.read(json.dumps(body).encode())
    assert read is not None
    assert not faults
    return read
