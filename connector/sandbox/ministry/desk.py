"""The dossier on the ministry's desk: every state it shows goes through here, and leaves its trace."""

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from connector.sandbox.canon import compact
from connector.sandbox.clock import ministry_instant
from connector.sandbox.ministry import registration
from connector.sandbox.ministry.answers import Ministry, province_code
from connector.sandbox.ministry.registers import Registers

SENT, SUPPLEMENT, IN_WORK, RESULT, HANDED_OVER, REFUSED = 1, 2, 3, 4, 5, 6
_OFFICERS_MOVE_ON = (SENT, IN_WORK, RESULT)


class Desk:
    """Moves dossiers. Every method belongs in the caller's transaction."""

    def __init__(self, house: Ministry, registers: Registers) -> None:
        self._house, self._registers = house, registers

    def dossier(self, code: str) -> sqlite3.Row | None:
        return self._house.store.one("SELECT * FROM dossier WHERE code = ?", code)

    def show(
        self, row: sqlite3.Row, state: int, members: Mapping[str, Any] | None = None, *, first: bool = False
    ) -> None:
        """Put the dossier into a state; `members` are members of DossierState that replace what stands there by itself.

        The instant has whole seconds: unless `same_second` is set, a state comes at least a second after the one
        before, or a reader could not tell which is newer.
        """
        now = self._house.clock.now()
        at = int(now) if first else self._instant(row)
        shown = self._state(row, state, at) | dict(members or {})
        text = compact(shown)
        wait = max(now + self._house.options.pace, 0.0 if self._house.options.same_second else at + 1.0)
        self._house.store.run(
            "UPDATE dossier SET state = ?, changed = ?, shown = ?, next_at = ? WHERE code = ?",
            state,
            at,
            text,
            wait if state in _OFFICERS_MOVE_ON else None,
            row["code"],
        )
        self._house.store.run("INSERT INTO shown (code, body) VALUES (?,?)", row["code"], text)
        moves = (None if first else row["state"], state)
        key = f"{row['code']}@{at}"
        self._house.store.record(now, "state", row["code"], key=key, body=shown, moves=moves)
        self._house.wake.set()

    def _instant(self, row: sqlite3.Row) -> int:
        earliest = int(row["changed"]) + (0 if self._house.options.same_second else 1)
        return max(int(self._house.clock.now()), earliest)

    def _state(self, row: sqlite3.Row, state: int, at: int) -> dict[str, Any]:
        result = row["result"] if state in (RESULT, HANDED_OVER) else None
        return {
            "maDonVi": row["unit"],
            "maTinh": province_code(at),
            "module": row["module"],
            "maHoSoLT": row["lt_code"],
            "maHoSoMCDT": row["code"],
            "lanGui": row["round"],
            "trangThai": state,
            "thoiGianThucHien": ministry_instant(at),
            "ghiChu": None,
            **registration.clerk(row["unit"], row["code"]),
            "noiDungXuLy": _WORDS[state],
            "hanBoSungHoSo": None,
            "ketQuaXuLy": result,
        }

    def supplement(self, row: sqlite3.Row, members: Mapping[str, Any]) -> None:
        until = ministry_instant(self._house.clock.now() + 3 * 86400)
        asked = {"ghiChu": "Đề nghị bổ sung, làm rõ thông tin trong tờ khai", "hanBoSungHoSo": until}
        self.show(row, SUPPLEMENT, asked | dict(members))

    def refuse(self, row: sqlite3.Row, members: Mapping[str, Any]) -> None:
        self.show(row, REFUSED, {"ghiChu": "Hồ sơ không đủ điều kiện đăng ký theo quy định"} | dict(members))

    def register(
        self, row: sqlite3.Row, members: Mapping[str, Any], *, signed: bool, changes: Mapping[str, Any] | None = None
    ) -> None:
        """State 4, at first with number and register entry; `changes` correct the registered result."""
        self._write_result(row, signed=signed, changes=changes or {})
        fresh = self.dossier(row["code"])
        assert fresh is not None
        self.show(fresh, RESULT, members)

    def correct(self, row: sqlite3.Row, members: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
        """The same state again with another result, later."""
        self._write_result(row, signed=bool(row["signed"]), changes=changes)
        fresh = self.dossier(row["code"])
        assert fresh is not None
        self.show(fresh, fresh["state"], members)

    def _write_result(self, row: sqlite3.Row, *, signed: bool, changes: Mapping[str, Any]) -> None:
        code, module = row["code"], row["module"]
        now, entry = self._instant(row), row["entry"]
        if row["result"] is None:
            result = registration.registered(self._house, module, code, json.loads(row["data"]), now) | dict(changes)
            members = registration.entry_members(result, module, now) | {"maHoSoMCDT": code}
            entry = self._registers.enter(registration.REGISTER[module], members)
        else:
            result = json.loads(row["result"]) | dict(changes)
            if changes:
                self._registers.revise(
                    entry, registration.entry_members(dict(changes), module, None), None, cancel=False
                )
        member = registration.PAPER_MEMBER[module]
        if member not in changes:
            result[member] = registration.document(module, code, result) if signed else None
        self._house.store.run(
            "UPDATE dossier SET result = ?, signed = ?, entry = ? WHERE code = ?",
            compact(result),
            int(signed),
            entry,
            code,
        )


_WORDS = {
    SENT: "Đã tiếp nhận, chờ xử lý",
    SUPPLEMENT: "Yêu cầu bổ sung hồ sơ",
    IN_WORK: "Đang thẩm tra hồ sơ",
    RESULT: "Đã đăng ký, có kết quả",
    HANDED_OVER: "Đã trả kết quả",
    REFUSED: "Từ chối giải quyết",
}
