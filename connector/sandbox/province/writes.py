"""What the province takes about a dossier: progress, item by item, and its result."""

import base64
import binascii
import sqlite3
from typing import Any

from connector.sandbox.calls import Call, Reply
from connector.sandbox.canon import NotJson, canonical, compact, digest, result_fingerprint
from connector.sandbox.clock import read_province_instant
from connector.sandbox.forms import Breach
from connector.sandbox.province.answers import (
    CONFLICT,
    DONE,
    DUP,
    INVALID,
    NOTFOUND,
    STATE,
    Province,
    answer,
    reply,
)
from connector.sandbox.province.dossiers import Dossiers, may_move
from connector.sandbox.province.requests import Requests

_MOST = 100
_TAKES_A_RESULT = (2, 4, 5, 9)


class Writes:
    """tien-do and ket-qua."""

    def __init__(self, house: Province, dossiers: Dossiers, requests: Requests) -> None:
        self._house, self._dossiers, self._requests = house, dossiers, requests

    # -- tien-do --------------------------------------------------------------------------------------------------

    def progress(self, call: Call) -> Reply:
        try:
            body = call.json()
        except NotJson:
            return reply(INVALID, [Breach((), "form")])
        if wrong := _page_breaches(body):
            return reply(INVALID, wrong)
        with self._house.store.transaction():
            answers = [self._item(item) for item in body["data"]]
        return Reply.json({"error_code": DONE, "ket_qua": answers})

    def _item(self, item: Any) -> dict[str, Any]:
        breaches = self._requests.progress.breaches(item)
        if not breaches:
            instants = [name for name in ("ThoiDiemXuLy", "HanBoSung") if item.get(name)]
            breaches = [Breach((name,), "form") for name in instants if read_province_instant(item[name]) is None]
        key = item.get("MaSuKien") if isinstance(item, dict) else None
        row = None if breaches else self._dossiers.find(item["MaHoSo"])
        code = INVALID if breaches else self._judge(item, row)
        self._record(item, row, code)
        if code == DONE and row is not None:
            self._house.store.run("INSERT INTO progress VALUES (?,?)", key, digest(canonical(item)))
            self._dossiers.move(row, int(item["TrangThai"]), item["NguoiXuLy"], item["NoiDungXuLy"])
        return {"MaSuKien": key if isinstance(key, str) else "", **answer(code, breaches)}

    def _judge(self, item: dict[str, Any], row: sqlite3.Row | None) -> str:
        known = self._house.store.one("SELECT fingerprint FROM progress WHERE id = ?", item["MaSuKien"])
        if known is not None:
            return DUP if known["fingerprint"] == digest(canonical(item)) else CONFLICT
        if row is None or self._lags():
            return NOTFOUND
        has_result = row["result"] is not None
        return DONE if may_move(row["status"], int(item["TrangThai"]), has_result=has_result) else STATE

    def _record(self, item: Any, row: sqlite3.Row | None, code: str) -> None:
        named = item if isinstance(item, dict) else {}
        self._house.store.record(
            self._house.clock.now(),
            {DONE: "progress", DUP: "progress-repeated"}.get(code, "progress-denied"),
            str(named.get("MaHoSo", "")),
            key=str(named.get("MaSuKien", "")),
            fingerprint=digest(canonical(item)),
            body=item,
            moves=(row["status"] if row else None, int(item["TrangThai"]) if code == DONE else None),
            answer=code,
        )

    def _lags(self) -> bool:
        if not self._house.dice.strikes("replica-lag"):
            return False
        self._house.store.tally("fault", "replica-lag")
        return True

    # -- ket-qua --------------------------------------------------------------------------------------------------

    def result(self, call: Call) -> Reply:
        try:
            body = call.json()
        except NotJson:
            return reply(INVALID, [Breach((), "form")])
        breaches = self._requests.result(body) or _unproven(body)
        with self._house.store.transaction():
            row = self._dossiers.find(call.params["MaHoSo"])
            code, kind = (INVALID, "result-denied") if breaches else self._judge_result(body, row)
            self._house.store.record(
                self._house.clock.now(),
                kind,
                call.params["MaHoSo"],
                key=body.get("DauVanTay") if not breaches else None,
                fingerprint=body.get("DauVanTay") if not breaches else None,
                body=body,
                moves=(row["status"], row["status"]) if row else (None, None),
                answer=code,
            )
            if code == DONE and row is not None:
                self._hold(row, body)
        return reply(code, breaches)

    def _judge_result(self, body: dict[str, Any], row: sqlite3.Row | None) -> tuple[str, str]:
        """The answer and the kind of effect.

        A repetition is told before the status is looked at: the first try may have been followed by other moves.
        """
        if row is None or self._lags():
            return NOTFOUND, "result-denied"
        own, replaced = body["DauVanTay"], body.get("ThayThe")
        if self._repeats(row, own, replaced):
            return DUP, "result-repeated"
        if row["status"] not in _TAKES_A_RESULT:
            return STATE, "result-denied"
        if row["result"] is None:
            return DONE, "result"
        return (DONE, "result-replaced") if replaced == row["result"] else (CONFLICT, "result-denied")

    def _repeats(self, row: sqlite3.Row, own: str, replaced: str | None) -> bool:
        """A result that was replaced meanwhile counts as applied too, unless it is to replace its successor."""
        if own == row["result"]:
            return True
        seen = self._house.store.one("SELECT 1 FROM result WHERE code = ? AND fingerprint = ?", row["code"], own)
        return seen is not None and replaced != row["result"]

    def _hold(self, row: sqlite3.Row, body: dict[str, Any]) -> None:
        own = body["DauVanTay"]
        self._house.store.run(
            "INSERT INTO result VALUES (?,?,?) ON CONFLICT DO NOTHING", row["code"], own, compact(body)
        )
        self._house.store.run("UPDATE dossier SET result = ? WHERE code = ?", own, row["code"])


def _page_breaches(body: Any) -> list[Breach]:
    if not isinstance(body, dict):
        return [Breach((), "form")]
    unknown = [Breach((name,), "unknown") for name in body if name != "data"]
    if "data" not in body:
        return [*unknown, Breach(("data",), "missing")]
    fits = isinstance(body["data"], list) and 1 <= len(body["data"]) <= _MOST
    return unknown if fits else [*unknown, Breach(("data",), "form")]


def _unproven(body: dict[str, Any]) -> list[Breach]:
    """The hashes that the contract defines, computed again."""
    wrong = []
    paper = body["GiayToKetQua"]
    try:
        if digest(base64.b64decode(paper["NoiDungTep"], validate=True)) != paper["MaBam"]:
            wrong.append(Breach(("GiayToKetQua", "MaBam"), "form"))
    except (binascii.Error, ValueError):
        wrong.append(Breach(("GiayToKetQua", "NoiDungTep"), "form"))
    if result_fingerprint(body) != body["DauVanTay"]:
        wrong.append(Breach(("DauVanTay",), "form"))
    return wrong
