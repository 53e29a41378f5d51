"""Registering a dossier: number and book, who signs, the result, its document."""

import base64
import random
from typing import Any

from connector.sandbox.clock import local
from connector.sandbox.ministry.answers import Ministry
from connector.sandbox.pdf import one_page

_CHAIRS = ("Nguyễn Thanh Bình", "Trần Thị Kim Loan", "Lê Hoàng Phúc", "Võ Minh Trí", "Huỳnh Ngọc Ánh", "Châu Sóc Khon")
_CLERKS = ("Phạm Thị Hồng Đào", "Đỗ Quốc Việt", "Dương Mỹ Duyên", "Bùi Chí Thiện", "Lý Thị Sa Rây", "Mai Trung Kiên")

# Each register: the module of its dossiers, the code and title of the paper, the member that carries it.
MARRIAGE, DEATH = "KH", "KT"
REGISTER = {"LTKH": MARRIAGE, "LTKT": DEATH}
PAPER_CODE = {"LTKH": "KQ.G15.000032", "LTKT": "KQ.G15.000034"}
PAPER_MEMBER = {"LTKH": "giayKetHon", "LTKT": "giayKhaiTu"}
_TITLE = {"LTKH": "GIẤY CHỨNG NHẬN KẾT HÔN", "LTKT": "TRÍCH LỤC KHAI TỬ"}


def next_number(house: Ministry, unit: str, register: str, year: int) -> int:
    """Numbers run from 1 for each office, register and year."""
    row = house.store.one(
        "INSERT INTO book VALUES (?,?,?,1)"
        " ON CONFLICT (unit, module, year) DO UPDATE SET last = last + 1 RETURNING last",
        unit,
        register,
        year,
    )
    assert row is not None
    return int(row["last"])


def signers(unit: str, year: int) -> dict[str, str]:
    """The same people for one office and year."""
    draw = random.Random(f"{unit}:{year}")
    return {
        "nguoiKy": draw.choice(_CHAIRS),
        "chucVuNguoiKy": draw.choice(("Chủ tịch", "Phó Chủ tịch")),
        "nguoiThucHien": draw.choice(_CLERKS),
    }


def clerk(unit: str, code: str) -> dict[str, str]:
    """Who works on this dossier."""
    draw = random.Random(f"{unit}:{code}")
    return {
        "nguoiXuLy": draw.choice(_CLERKS),
        "chucDanh": "Công chức tư pháp - hộ tịch",
        "phongBanXuLy": "Bộ phận tiếp nhận và trả kết quả",
    }


def registered(house: Ministry, module: str, code: str, form: dict[str, Any], at: float) -> dict[str, Any]:
    """The form as registered with its place in the register, the document still missing."""
    day = local(at)
    unit = form["noiDangKy"]
    number = next_number(house, unit, REGISTER[module], day.year)
    share = random.Random(f"{house.options.seed}:{code}:number").random()
    written = f"{number}/{day.year}" if share < house.options.number_with_year else str(number)
    result = {**form, "soDangKy": written, "quyenSo": f"01/{day.year}", "trangSo": str((number - 1) // 2 + 1)}
    if module == "LTKH":
        result["ngayDangKy"] = day.strftime("%d.%m.%Y")
    return {
        **result,
        **signers(unit, day.year),
        "maGiayToKetQua": PAPER_CODE[module],
        PAPER_MEMBER[module]: None,
    }


def document(module: str, code: str, result: dict[str, Any]) -> str:
    """The signed paper, a PDF in base64."""
    people = ("chongHoTen", "voHoTen") if module == "LTKH" else ("nktHoTen",)
    lines = [
        _TITLE[module],
        f"Số: {result['soDangKy']}   Quyển số: {result['quyenSo']}",
        f"Nơi đăng ký: {result['noiDangKy']}   Hồ sơ: {code}",
        *(str(result.get(name, "")) for name in people),
        f"{result['chucVuNguoiKy']}: {result['nguoiKy']}",
    ]
    return base64.b64encode(one_page(lines)).decode()


def entry_members(result: dict[str, Any], module: str, at: float | None) -> dict[str, Any]:
    """The register entry's members that these members of a result decide; `at` dates a result that carries no day."""
    names = {"soDangKy": "so"}
    skip = ("maGiayToKetQua", PAPER_MEMBER[module])
    members = {names.get(name, name): value for name, value in result.items() if name not in skip}
    if "noiDangKy" in result:
        members["maDonVi"] = result["noiDangKy"]
    if at is not None:
        members.setdefault("ngayDangKy", local(at).strftime("%d.%m.%Y"))
    return members
