"""What the ministry must hold for a province's dossier, built from the validation contract alone.

Nothing here is shared with the connector: two independent readings of one text find each other's mistakes. Members
whose wording the contract leaves open are matchers (see matching.py). Personal data passes through and is never logged.
"""

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Any

from connector.sandbox.matching import ANY_TEXT, Mentions, OneOf
from connector.sandbox.places import REFORM
from connector.sandbox.spelling import code, dotted, group_code, instant, number, text

Json = dict[str, Any]
PAPER = {2: 2, 3: 7, 4: 8, 5: 4, 6: 1, 7: 3, 8: 3, 9: 5, 10: 6}
HOUSEHOLD_BOOK = "Sổ hộ khẩu"
_HOUSEHOLD_BOOK_KIND, _OTHER_KIND, _PASSPORT_KIND = 7, 8, 6
_DIVORCED, _WIDOWED = 3, 4
_NOTHING = hashlib.sha256().hexdigest()


def envelope(dossier: Json, submission: int) -> Json:
    """The members of Submission around `data` and the files. `submission` counts from 1."""
    return {
        "maDonVi": dossier["MaDonViDangKy"],
        "module": "LTKT" if "NguoiChet" in dossier["ToKhai"] else "LTKH",
        "maHoSoMCDT": code(dossier["MaHoSo"]),
        "lanGui": submission,
        "ngayTiepNhan": instant(dossier["NgayTiepNhan"]),
    }


def ministry_form(dossier: Json) -> Json:
    """`data`, parsed: a MarriageForm or DeathForm."""
    form = dossier["ToKhai"]
    head = {
        "loaiDangKy": form["LoaiDangKy"],
        "noiDangKy": dossier["MaDonViDangKy"],
        "soLuongBanSao": form["SoBanSao"],
        "ghiChu": text(form.get("GhiChu")),
    }
    received = _day(dossier["NgayTiepNhan"])
    return head | (_death(form, received) if "NguoiChet" in form else _marriage(form, received))


def attachments(versions: Sequence[Json]) -> list[Json]:
    """The files of the last of these versions of a dossier (oldest first), each with the SHA-256 of its bytes.

    A file keeps the order number it first had. A cancelled file's data is empty, and so is what its digest is of.
    """
    ids: dict[str, int] = {}
    for version in versions:
        for file in version.get("TaiLieuNop") or []:
            ids.setdefault(file["TepDinhKemId"], len(ids) + 1)
    return [
        {
            "id": ids[file["TepDinhKemId"]],
            "loaiGiayTo": file["LoaiGiayTo"],
            "tenGiayTo": text(file["TenGiayTo"]),
            "tenTepDinhKem": text(file["TenTepDinhKem"]),
            "sha256": _NOTHING if file.get("DaHuy") else file["MaBam"],
            "huyGiayTo": 1 if file.get("DaHuy") else 0,
        }
        for file in versions[-1].get("TaiLieuNop") or []
    ]


def _day(compact: str) -> date:
    return date(int(compact[:4]), int(compact[4:6]), int(compact[6:8]))


def _first_day(civil: str) -> date:
    """The first day that a full or partial civil date can mean."""
    year, month, day = (*(int(part) for part in reversed(civil.split("/"))), 1, 1)[:3]
    return date(year, month, day)


def _marriage(form: Json, received: date) -> Json:
    return {
        "ngayXacLapQuanHeHonNhan": dotted(form.get("NgayXacLapQuanHe")),
        **_spouse("chong", form["BenNam"], received),
        **_spouse("vo", form["BenNu"], received),
    }


def _spouse(side: str, person: Json, received: date) -> Json:
    members = {
        "HoTen": text(person["HoTen"]),
        "NgaySinh": dotted(person["NgaySinh"]),
        **_group(person),
        "QuocTich": person["QuocTich"],
        "QuocTichKhac": text(person.get("QuocTichKhac")),
        "LoaiCuTru": person["LoaiCuTru"],
        "NoiCuTru": _place(person["NoiCuTru"], received),
        **_paper(person["GiayTo"]),
        "SoDDCN": number(person.get("SoDinhDanh")),
        "SoLanKH": person["LanKetHon"],
        "LoaiTinhTrangHonNhan": person["TinhTrangHonNhan"],
        "TinhTrangHonNhan": _marital_status(person),
    }
    return {f"{side}{name}": value for name, value in members.items()}


def _death(form: Json, received: date) -> Json:
    person, declarant = form["NguoiChet"], form["NguoiYeuCau"]
    notice = form.get("GiayBaoTu") or {}
    members = {
        "HoTen": text(person["HoTen"]),
        "GioiTinh": person["GioiTinh"],
        "NgaySinh": dotted(person["NgaySinh"]),
        **_group(person),
        "QuocTich": person["QuocTich"],
        "QuocTichKhac": text(person.get("QuocTichKhac")),
        "SoDDCN": number(person.get("SoDinhDanh")),
        "LoaiCuTru": person["LoaiCuTru"],
        "NoiCuTru": _place(person["NoiCuTruCuoi"], received),
        **_paper(person.get("GiayTo")),
        "NgayChet": dotted(person["NgayChet"]),
        "GioPhutChet": person.get("GioPhutChet"),
        "NoiChet": _place(person["NoiChet"], _first_day(person["NgayChet"])),
        "NguyenNhanChet": text(person["NguyenNhanChet"]),
    }
    asking = {
        "HoTen": text(declarant["HoTen"]),
        "QuanHe": text(declarant["QuanHe"]),
        **_paper(declarant["GiayTo"]),
        "SoDienThoai": text(declarant.get("SoDienThoai")),
        "Email": text(declarant.get("Email")),
    }
    return {
        **{f"nkt{name}": value for name, value in members.items()},
        **{f"nyc{name}": value for name, value in asking.items()},
        "gbtLoai": notice.get("Loai"),
        "gbtSo": text(notice.get("So")),
        "gbtNgay": dotted(notice.get("Ngay")),
        "gbtCoQuanCap": text(notice.get("CoQuanCap")),
    }


def _group(person: Json) -> Json:
    # The contract does not say whether a name other than the official one goes along.
    written = text(person.get("DanToc"))
    return {"DanToc": group_code(written), "DanTocKhac": OneOf((None, written))}


def _paper(paper: Json | None) -> Json:
    if paper is None:
        return {}
    kind = paper["Loai"]
    number_on_it = number(paper["So"]) or ""
    other = {_HOUSEHOLD_BOOK_KIND: HOUSEHOLD_BOOK, _OTHER_KIND: text(paper.get("TenLoaiKhac"))}
    return {
        "LoaiGiayToTuyThan": PAPER[kind],
        "GiayToKhac": other.get(kind),
        "SoGiayToTuyThan": number_on_it.upper() if kind == _PASSPORT_KIND else number_on_it,
        "NgayCapGiayToTuyThan": dotted(paper.get("NgayCap")),
        "NoiCapGiayToTuyThan": text(paper.get("NoiCap")),
    }


def _place(place: Json, on: date) -> Json:
    detail = text(place.get("DiaChi")) or ""
    if place["QuocGia"] != "VN":
        return {"quocGia": place["QuocGia"], "dcChiTiet": detail}
    # No member of an Address may be null: what is not known is left out.
    units = {
        "maTinh": place.get("MaTinh"),
        "maHuyen": place.get("MaHuyen") if on < REFORM else None,
        "maXa": place.get("MaXa"),
    }
    known = {name: value for name, value in units.items() if value is not None}
    return {"quocGia": OneOf((None, "VN")), **known, "dcChiTiet": detail}


def _marital_status(person: Json) -> Any:
    member = {_DIVORCED: "LyHon", _WIDOWED: "VoChongTruocChet"}.get(person["TinhTrangHonNhan"])
    paper = person.get(member) if member else None
    if paper is None:
        return ANY_TEXT
    return Mentions(
        (
            (text(paper["So"]) or "",),
            (paper["Ngay"], dotted(paper["Ngay"]) or ""),
            (text(paper["CoQuan"]) or "",),
        )
    )
