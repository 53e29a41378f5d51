"""The ministry's services by contracts/ministry.openapi.yaml: a small one in memory, whose officers are the test."""

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from tests.independent.stage import Call, Reply, Stage, as_json

PDF = base64.b64encode(b"%PDF-1.7\nindependent\n%%EOF").decode()
SUBMIT, WITHDRAW, STATES = "/nhanHoSoDKHT", "/rutHoSo", "/layKetQua"


@dataclass
class Dossier:
    """What is stored of one dossier; `stored` are the fingerprints of its submissions, in their order."""

    code: str
    module: str
    office: str
    number: str
    stored: list[str] = field(default_factory=list)
    form: dict[str, Any] = field(default_factory=dict)
    files: list[dict[str, Any]] = field(default_factory=list)
    state: int = 1
    at: str = ""
    withdrawn: bool = False
    members: dict[str, Any] = field(default_factory=dict)


class Ministry(Stage):
    """`effects` counts (code, lanGui) that were stored, `asked` holds the codes of each question about states.

    `officer` is called with a dossier when its state is asked for, before the answer.
    """

    token_path: ClassVar[str] = "/token"

    def __init__(self) -> None:
        super().__init__()
        self.dossiers: dict[str, Dossier] = {}
        self.effects: Counter[tuple[str, int]] = Counter()
        self.asked: list[list[str]] = []
        self.officer: Callable[[Dossier], None] = lambda dossier: None

    def restore(self) -> None:
        super().restore()
        self.numbers_for_status = False
        self.says_fingerprint = True
        self.strange_members = False

    def move(self, code: str, state: int, at: str, **members: Any) -> None:
        """A dossier's state from now on, as layKetQua shows it; `at` is thoiGianThucHien."""
        with self.lock:
            dossier = self.dossiers[code]
            dossier.state, dossier.at, dossier.members = state, at, members

    def answer(self, call: Call) -> Reply:
        service = {
            "nhanHoSoDKHT": self._submit,
            "rutHoSo": self._withdraw,
            "layKetQua": self._states,
            "dsHoSoDangKy": self._no_entries,
            "traDanhSachHoSo": self._nothing,
            "danhMuc": self._nothing,
        }.get(call.path.removeprefix("/hotich/1.0/"))
        if service is None or call.method != "POST":
            return Reply(404)
        if not call.headers["content-type"].startswith("application/json"):
            return Reply(415)
        return service(call.json)

    def _no_entries(self, body: dict[str, Any]) -> Reply:
        return self.envelope({"tongSo": 0, "danhSach": []})

    def _nothing(self, body: dict[str, Any]) -> Reply:
        return self.envelope([])

    def envelope(self, value: Any, code: str | None = None) -> Reply:
        status: str | int = "1" if code is None else "0"
        body = {
            "status": int(status) if self.numbers_for_status else status,
            "statusDescription": "Thành công" if code is None else "Không thành công",
            "errorCode": code,
            "errorDescription": None,
            "value": value,
        }
        return as_json(body | self._strange)

    @property
    def _strange(self) -> dict[str, Any]:
        return {"phienBanDichVu": {"a": [1, None]}, "": True} if self.strange_members else {}

    def _submit(self, body: dict[str, Any]) -> Reply:
        code, ordinal = body["maHoSoMCDT"], body["lanGui"]
        print_ = hashlib.sha256(body["data"].encode()).hexdigest()
        known = self.dossiers.get(code)
        if known and ordinal <= len(known.stored):
            said = {"dauVanTay": known.stored[ordinal - 1]} if self.says_fingerprint else {}
            return self.envelope({"maHoSoLT": known.number, **said, **self._strange}, "110")
        if ordinal != (len(known.stored) if known else 0) + 1 or (known and known.state != 2):
            return self.envelope(None, "111")
        if known is None:
            number = f"LT.{len(self.dossiers) + 1:06d}"
            known = self.dossiers[code] = Dossier(code, body["module"], body["maDonVi"], number)
        known.stored.append(print_)
        known.state, known.at, known.members = 1, body["ngayTiepNhan"], {}
        known.form, known.files = json.loads(body["data"]), body.get("fileDinhKem") or []
        self.effects[code, ordinal] += 1
        receipt = {"maHoSoLT": known.number, "thoiGianTiepNhan": body["ngayTiepNhan"], **self._strange}
        return self.envelope(receipt | ({"dauVanTay": print_} if self.says_fingerprint else {}))

    def _withdraw(self, body: dict[str, Any]) -> Reply:
        known = self.dossiers.get(body["maHoSoMCDT"])
        if known is None:
            return self.envelope(None, "201")
        if known.state > 3:
            return self.envelope(None, "111")
        known.withdrawn = True
        return self.envelope(None)

    def _states(self, body: dict[str, Any]) -> Reply:
        codes = body["maDinhDanhHoSo"]
        self.asked.append(codes)
        if len(codes) > 50 or len(body["maTinh"]) != 2:
            return self.envelope(None, "302")
        found = [self.dossiers[code] for code in codes if code in self.dossiers]
        found = [one for one in found if one.module == body["module"] and not one.withdrawn]
        for one in found:
            self.officer(one)
        return self.envelope([self.item(one) for one in reversed(found)])

    def item(self, dossier: Dossier) -> dict[str, Any]:
        """A DossierState."""
        item = {
            "maDonVi": dossier.office,
            "maTinh": "89",
            "module": dossier.module,
            "maHoSoLT": dossier.number,
            "maHoSoMCDT": dossier.code,
            "lanGui": len(dossier.stored),
            "trangThai": dossier.state,
            "thoiGianThucHien": dossier.at,
        }
        return item | self._strange | dossier.members


def works_through(dossier: Dossier) -> None:
    """An officer who does one step each time somebody asks, in the month of the application: 1, 3, 4, 5."""
    step = {1: 3, 3: 4, 4: 5}.get(dossier.state)
    if step is not None:
        month = dossier.at[3:10]
        dossier.state, dossier.at = step, f"28/{month} 10:0{step}:00"
        dossier.members = registered(dossier, "15", f"28.{month}".replace("/", ".")) if step > 3 else {}


def registered(dossier: Dossier, number: str, day: str, *, paper: str | None = PDF, **changes: Any) -> dict[str, Any]:
    """`ketQuaXuLy` of a dossier whose form was registered as it is: {"ketQuaXuLy": JSON text}. `day` is dd.MM.yyyy."""
    marriage = dossier.module == "LTKH"
    result = {
        **dossier.form,
        "soDangKy": number,
        "quyenSo": f"01/{day[-4:]}",
        "nguoiKy": "Trần Thị Ký",
        "chucVuNguoiKy": "Phó Chủ tịch",
        "nguoiThucHien": "Lê Văn Ghi",
        "maGiayToKetQua": "KQ.G15.000032" if marriage else "KQ.G15.000034",
        "giayKetHon" if marriage else "giayKhaiTu": paper,
        **({"ngayDangKy": day} if marriage else {}),
        **changes,
    }
    return {"ketQuaXuLy": json.dumps(result, ensure_ascii=False)}
