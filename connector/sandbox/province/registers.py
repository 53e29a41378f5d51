"""The province's copy of the registers: versions of entries, and what it holds for comparison."""

import hashlib
import re
from datetime import date
from itertools import groupby
from typing import Any

from connector.sandbox.calls import Call, Reply
from connector.sandbox.canon import NotJson, canonical, compact, digest
from connector.sandbox.forms import Breach
from connector.sandbox.province.answers import CONFLICT, DONE, DUP, INVALID, Province, reply
from connector.sandbox.province.requests import Requests, first_day

_ENTRY = re.compile(r"(KH|KT)-[0-9]{1,47}")
_KIND = {DONE: "entry", DUP: "entry-repeated"}


class Registers:
    """so-ho-tich."""

    def __init__(self, house: Province, requests: Requests) -> None:
        self._house, self._requests = house, requests

    def hold(self, call: Call) -> Reply:
        """PUT of one version of one entry."""
        try:
            body = call.json()
        except NotJson:
            return reply(INVALID, [Breach((), "form")])
        entry, version = call.params["MaBanGhi"], call.params["PhienBan"]
        breaches = self._requests.entry(body) or _path_breaches(entry, version, body)
        with self._house.store.transaction():
            code = INVALID if breaches else self._hold(entry, int(version), body)
            self._house.store.record(
                self._house.clock.now(),
                _KIND.get(code, "entry-denied"),
                entry,
                key=f"{entry}:{version}",
                fingerprint=body.get("DauVanTay") if not breaches else None,
                body=body,
                answer=code,
            )
        return reply(code, breaches)

    def _hold(self, entry: str, version: int, body: dict[str, Any]) -> str:
        store, content = self._house.store, digest(canonical(body))
        known = store.one("SELECT content FROM record WHERE id = ? AND version = ?", entry, version)
        if known is not None:
            return DUP if known["content"] == content else CONFLICT
        newest = store.number("SELECT max(version) FROM record WHERE id = ?", entry) < version
        if newest:
            store.run("UPDATE record SET newest = 0 WHERE id = ?", entry)
        day = first_day(body["NgayDangKy"])
        assert day is not None
        store.run(
            "INSERT INTO record VALUES (?,?,?,?,?,?,?,?,?)",
            *(entry, version, content, body["DauVanTay"], body["Loai"], body["MaDonViDangKy"]),
            *(day.isoformat(), int(newest), compact(body)),
        )
        return DONE

    def compare(self, call: Call) -> Reply:
        """doi-soat. An entry of a partly known day counts on the first day of what is known."""
        try:
            body = call.json()
        except NotJson:
            return reply(INVALID, [Breach((), "form")])
        breaches = self._requests.comparison.breaches(body)
        days = [] if breaches else [first_day(body[name]) for name in ("TuNgay", "DenNgay")]
        if breaches or None in days:
            return reply(INVALID, breaches or [Breach(("TuNgay",), "form")])
        rows = self._house.store.all(
            "SELECT id, version, fingerprint, day FROM record WHERE newest AND register = ? AND day BETWEEN ? AND ?"
            f" AND unit IN ({','.join('?' * len(body['MaDonVi']))}) ORDER BY id",
            *(body["Loai"], *(str(day) for day in days), *body["MaDonVi"]),
        )
        held: dict[str, Any] = {"Tong": len(rows), "DauVanTayNgay": _daily(rows)}
        if not body.get("ChiTong", False):
            size = int(body.get("SoLuong", 1000))
            start = (int(body.get("Trang", 1)) - 1) * size
            held["DanhSach"] = [_line(row) for row in rows[start : start + size]]
        return Reply.json(held)


def _path_breaches(entry: str, version: str, body: dict[str, Any]) -> list[Breach]:
    wrong = []
    if not _ENTRY.fullmatch(entry) or not entry.startswith(body["Loai"]):
        wrong.append(Breach(("MaBanGhi",), "form"))
    if not re.fullmatch(r"[1-9][0-9]{0,8}", version):
        wrong.append(Breach(("PhienBan",), "form"))
    return wrong


def _written(day: str) -> str:
    return date.fromisoformat(day).strftime("%d/%m/%Y")


def _line(row: Any) -> dict[str, Any]:
    return {
        "MaBanGhi": row["id"],
        "PhienBan": row["version"],
        "DauVanTay": row["fingerprint"],
        "NgayDangKy": _written(row["day"]),
    }


def _daily(rows: list[Any]) -> dict[str, str]:
    """Per day the SHA-256 of its lines, in the order of MaBanGhi."""
    digests = {}
    for day, entries in groupby(sorted(rows, key=lambda row: (row["day"], row["id"])), key=lambda row: row["day"]):
        lines = "".join(f"{row['id']}:{row['version']}:{row['fingerprint']}\n" for row in entries)
        digests[_written(day)] = hashlib.sha256(lines.encode()).hexdigest()
    return digests
