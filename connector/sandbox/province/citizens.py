"""Citizens who answer, change their minds and take their results, and the clerks who write it down."""

import random
import sqlite3
from typing import Any

from connector.sandbox.canon import digest
from connector.sandbox.clock import province_instant
from connector.sandbox.pdf import one_page
from connector.sandbox.province.answers import Province
from connector.sandbox.province.dossiers import ACCEPTED, ASKED, DONE, HANDED_OVER, MOVES, WITHDRAWN, Dossiers

_AT_ONCE = 50


class Citizens:
    """What they do is decided by the seed, the dossier's code and its version alone."""

    def __init__(self, house: Province, dossiers: Dossiers) -> None:
        self._house, self._dossiers = house, dossiers

    def work(self) -> float | None:
        """Do what is due, a bounded number at once; returns the seconds until the next, None if nothing waits."""
        if not self._house.options.citizens:
            return None
        query = "SELECT * FROM dossier WHERE next_at <= ? ORDER BY next_at LIMIT ?"
        if due := self._house.store.all(query, self._house.clock.now(), _AT_ONCE):
            with self._house.store.transaction():
                for row in due:
                    self._dossiers.plan(row["code"], None)
                    self._act(row)
        first = self._house.store.one("SELECT min(next_at) FROM dossier WHERE next_at IS NOT NULL")
        return None if first is None or first[0] is None else max(0.0, first[0] - self._house.clock.now())

    def _act(self, row: sqlite3.Row) -> None:
        act, status = row["next_act"], row["status"]
        if act == "withdraw":
            if WITHDRAWN in MOVES.get(status, ()):
                self._publish(row, "Rut", self._dossiers.newest(row) | {"TrangThaiHoSo": WITHDRAWN})
        elif act == "supplement" and status == ASKED:
            self._supplement(row)
        elif act == "hand_over" and status == DONE and self._house.options.clerks_hand_over:
            self._publish(row, "TraKetQua", self._dossiers.newest(row) | {"TrangThaiHoSo": HANDED_OVER})

    def new(self, code: str) -> None:
        """A share of new dossiers will be withdrawn, some before they reached the ministry and some after."""
        draw = random.Random(f"{self._house.options.seed}:{code}:withdraw")
        if draw.random() < self._house.options.withdraw:
            self._dossiers.plan(code, "withdraw", paces=draw.uniform(0.1, 3.0))

    def _supplement(self, row: sqlite3.Row) -> None:
        version = row["version"] + 1
        body = self._dossiers.newest(row) | {"PhienBan": version, "TrangThaiHoSo": ACCEPTED}
        draw = random.Random(f"{self._house.options.seed}:{row['code']}:{version}:paper")
        if draw.random() < self._house.options.supplement_paper:
            body["TaiLieuNop"] = [*body.get("TaiLieuNop", []), self._paper(row["code"], version)]
        else:
            body["ToKhai"] = {**body["ToKhai"], "GhiChu": f"Đã bổ sung thông tin theo yêu cầu, lần {version - 1}"}
        self._publish(row, "BoSung", body)

    def _paper(self, code: str, version: int) -> dict[str, Any]:
        content = one_page(["GIẤY TỜ BỔ SUNG", f"Hồ sơ {code}", f"Phiên bản {version}"])
        paper_id = f"BS{version}-{code}"
        self._house.store.run("INSERT OR REPLACE INTO file VALUES (?,?)", paper_id, content)
        return {
            "TepDinhKemId": paper_id,
            "TenTepDinhKem": f"bo-sung-{version}.pdf",
            "LoaiGiayTo": 99,
            "TenGiayTo": "Giấy tờ bổ sung",
            "MaBam": digest(content),
            "KichThuoc": len(content),
            "DaHuy": False,
        }

    def _publish(self, row: sqlite3.Row, kind: str, body: dict[str, Any]) -> None:
        event = {
            "MaSuKien": f"{kind}-{body['PhienBan']}-{row['code']}",
            "LoaiSuKien": kind,
            "ThoiDiem": province_instant(self._house.clock.now()),
            **({"LyDo": "Công dân thay đổi nguyện vọng"} if kind == "Rut" else {}),
            "HoSo": body,
        }
        self._dossiers.publish(event)
