"""Both partners' effect records as a connector without mistakes leaves them, for a test to spoil."""

import base64
import copy
import hashlib
import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from connector.sandbox.expectation import attachments, envelope, ministry_form
from connector.sandbox.expected_result import province_result
from connector.sandbox.generator import Generated, generate
from connector.sandbox.judge import judge
from connector.sandbox.matching import AnyText, Mentions, OneOf
from connector.sandbox.verdict import Verdict

Json = dict[str, Any]
DAY = date(2026, 11, 20)
PDF = b"%PDF-1.4 an invented paper"


def concrete(expected: Any) -> Any:
    """One value that fits an expectation."""
    match expected:
        case OneOf(values):
            return concrete(values[-1])
        case Mentions(parts):
            return "Đã ly hôn: " + "; ".join(ways[0] for ways in parts)
        case AnyText():
            return "chưa đăng ký kết hôn với ai"
        case dict():
            return {name: concrete(value) for name, value in expected.items()}
        case list():
            return [concrete(value) for value in expected]
        case _:
            return expected


class Record:
    """A partner's effect record in memory."""

    def __init__(self) -> None:
        self.all: list[Json] = []

    def add(self, kind: str, subject: str, body: Any, **more: Any) -> None:
        self.all.append({"kind": kind, "subject": subject, "body": body, "before": None, "after": None, **more})

    def effects(self, after: int = 0, limit: int = 500) -> Json:
        page = [{"n": n, **effect} for n, effect in enumerate(self.all, 1) if after < n <= after + limit]
        return {"effects": page, "next": page[-1]["n"] if page else after}

    def first(self, kind: str, **members: Any) -> Json:
        return next(e for e in self.all if e["kind"] == kind and all(e["body"][k] == v for k, v in members.items()))


class World:
    """Both partners after a connector that made no mistake, unless a test makes one."""

    def __init__(self, *sent: Generated) -> None:
        self.sent = list(sent)
        self.ministry, self.province = Record(), Record()
        self._second = 0
        for item in sent:
            self.event(item.event)

    def verdict(self) -> Verdict:
        return judge(self.sent, self.ministry, self.province)

    def tick(self) -> str:
        self._second += 1
        return f"20/11/2026 {8 + self._second // 3600:02d}:{self._second // 60 % 60:02d}:{self._second % 60:02d}"

    def event(self, event: Json, before: int | None = None, after: int = 2) -> None:
        self.province.add("event", event["HoSo"]["MaHoSo"], event, before=before, after=after)

    def submit(self, dossier: Json, number: int = 1, versions: list[Json] | None = None) -> None:
        form = concrete(ministry_form(dossier))
        files = concrete(attachments(versions or [dossier]))
        body = envelope(dossier, number) | {"data": json.dumps(form, ensure_ascii=False), "files": files}
        self.ministry.add("submission", dossier["MaHoSo"], body, answer="1")
        self.show(dossier, 1 if number == 1 else 3, number)
        pushed = {"NguoiXuLy": "Hệ thống liên thông", "NoiDungXuLy": "Đang xử lý"}
        self.progress(dossier, self.now(dossier), 4, **pushed)

    def now(self, dossier: Json) -> Json:
        shown = [e["body"] for e in self.ministry.all if e["kind"] == "state" and e["subject"] == dossier["MaHoSo"]]
        return dict(shown[-1])

    def show(self, dossier: Json, state: int, number: int = 1, **more: Any) -> Json:
        body = {
            "maHoSoMCDT": dossier["MaHoSo"],
            "maHoSoLT": "LT-1",
            "module": "LTKT" if "NguoiChet" in dossier["ToKhai"] else "LTKH",
            "lanGui": number,
            "trangThai": state,
            "thoiGianThucHien": self.tick(),
            "nguoiXuLy": "Phạm Thị Hồng Đào",
            "noiDungXuLy": f"Trạng thái {state}",
            "ghiChu": None,
            "ketQuaXuLy": None,
            **more,
        }
        self.ministry.add("state", dossier["MaHoSo"], body)
        return body

    def progress(self, dossier: Json, state: Json, status: int, **more: Any) -> None:
        told = state["thoiGianThucHien"]
        item = {
            "MaSuKien": f"E{len(self.province.all)}",
            "MaHoSo": dossier["MaHoSo"],
            "NguoiXuLy": state["nguoiXuLy"],
            "ThoiDiemXuLy": told[6:10] + told[3:5] + told[:2] + told[11:].replace(":", ""),
            "NoiDungXuLy": state["ghiChu"] or state["noiDungXuLy"],
            "TrangThai": status,
            **more,
        }
        self.province.add("progress", dossier["MaHoSo"], item, answer="0")

    def register(self, dossier: Json, *, number: str = "15", document: bytes = PDF) -> Json:
        form = concrete(ministry_form(dossier))
        paper, member, code = ("giayKhaiTu", None, "KQ.G15.000034")
        if "BenNam" in dossier["ToKhai"]:
            paper, member, code = ("giayKetHon", "20.11.2026", "KQ.G15.000032")
        result = {
            **form,
            **{"soDangKy": number, "quyenSo": "01/2026", "trangSo": None, "nguoiKy": "Lê Hoàng Phúc"},
            **{"chucVuNguoiKy": "Chủ tịch", "nguoiThucHien": "Đỗ Quốc Việt", "maGiayToKetQua": code},
            paper: base64.b64encode(document).decode(),
        }
        if member:
            result["ngayDangKy"] = member
        return self.show(dossier, 4, ketQuaXuLy=json.dumps(result, ensure_ascii=False))

    def store(self, dossier: Json, state: Json, kind: str = "result") -> None:
        content = json.loads(state["ketQuaXuLy"])
        document = content.get("giayKetHon") or content.get("giayKhaiTu")
        body = concrete(province_result(state, dossier))
        body["GiayToKetQua"]["NoiDungTep"] = document
        self.province.add(kind, dossier["MaHoSo"], body | {"DauVanTay": "f" * 64})

    def finish(self, dossier: Json) -> None:
        """From the officers' desk to the citizen's hand."""
        self.progress(dossier, self.show(dossier, 3), 4)
        registered = self.register(dossier)
        self.store(dossier, registered)
        self.progress(dossier, registered, 9)
        self.progress(dossier, self.show(dossier, 5, ketQuaXuLy=registered["ketQuaXuLy"]), 10)


def dossiers(count: int = 1, seed: int = 7, **wanted: Any) -> list[Generated]:
    """Valid dossiers; `form` is BenNam or NguoiChet."""
    found: Iterator[Generated] = generate(seed, 400, DAY, faulty=0)
    form = wanted.get("form", "BenNam")
    return [item for item in found if form in item.event["HoSo"]["ToKhai"]][:count]


def finished(*items: Generated) -> World:
    world = World(*items)
    for item in items:
        world.submit(item.event["HoSo"])
        world.finish(item.event["HoSo"])
    return world


def supplemented(item: Generated) -> tuple[World, Json]:
    """Asked for a supplement once, which came as version 2 with one more paper."""
    world, first = World(item), item.event["HoSo"]
    world.submit(first)
    asked = world.show(first, 2, ghiChu="Đề nghị bổ sung giấy tờ", hanBoSungHoSo="27/11/2026 17:00:00")
    world.progress(first, asked, 5, HanBoSung="20261127170000")
    second = copy.deepcopy(first) | {"PhienBan": 2}
    paper = {"TepDinhKemId": "BS2", "TenTepDinhKem": "bo-sung.pdf", "LoaiGiayTo": 9, "TenGiayTo": "Giấy bổ sung"}
    second["TaiLieuNop"].append(paper | {"MaBam": hashlib.sha256(b"more").hexdigest(), "KichThuoc": 4})
    world.event({"LoaiSuKien": "BoSung", "HoSo": second}, before=5, after=2)
    world.submit(second, 2, [first, second])
    return world, second


def data_of(effect: Json) -> Json:
    read: Json = json.loads(effect["body"]["data"])
    return read
