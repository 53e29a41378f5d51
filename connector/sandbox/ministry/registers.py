"""The ministry's registers: entries in versions, listed by the window in which they changed."""

import json
from collections.abc import Mapping
from typing import Any

from connector.sandbox.calls import Call, Reply
from connector.sandbox.canon import NotJson, compact, entry_fingerprint
from connector.sandbox.clock import local, ministry_instant, read_ministry_instant
from connector.sandbox.forms import Form, contract, request_schema
from connector.sandbox.ministry import registration
from connector.sandbox.ministry.answers import (
    DATA_TYPE_INVALID,
    PROVINCE_ID_INCORRECT,
    Ministry,
    denied,
    done,
    provinces,
)
from connector.sandbox.ministry.catalogues import CATALOGUES

_HEAD = (
    "id",
    "maDonVi",
    "maHoSoMCDT",
    "so",
    "quyenSo",
    "ngayDangKy",
    "ngayCapNhat",
    "phienBan",
    "trangThaiBanGhi",
    "dauVanTay",
)
_BASE = "/hotich/1.0/"


class Registers:
    """Services and writing of register entries."""

    def __init__(self, house: Ministry) -> None:
        self._house = house
        document = contract("ministry")
        components = document["components"]
        self._forms = {
            name: Form(request_schema(document, _BASE + name), components)
            for name in ("dsHoSoDangKy", "traDanhSachHoSo", "danhMuc")
        }

    # -- services -------------------------------------------------------------------------------------------------

    def listed(self, call: Call) -> Reply:
        """dsHoSoDangKy."""
        body = self._read("dsHoSoDangKy", call)
        if isinstance(body, Reply):
            return body
        since, until = (read_ministry_instant(body[name]) for name in ("tuThoiDiem", "denThoiDiem"))
        if since is None or until is None:
            return denied(self._house, DATA_TYPE_INVALID)
        where = "FROM entry WHERE newest AND module = ? AND updated >= ? AND updated < ?"
        window = (body["module"], int(since), int(until))
        total = int(self._house.store.number(f"SELECT count(*) {where}", *window))
        offset = min((body["trang"] - 1) * body["soLuong"], 2**62)
        rows = self._house.store.all(
            f"SELECT body {where} ORDER BY updated, id LIMIT ? OFFSET ?", *window, body["soLuong"], offset
        )
        entries = [json.loads(row["body"]) for row in rows]
        heads = [{name: entry.get(name) for name in _HEAD} for entry in entries]
        return done(self._house, compact({"tongSo": total, "danhSach": heads}))

    def in_full(self, call: Call) -> Reply:
        """traDanhSachHoSo."""
        body = self._read("traDanhSachHoSo", call)
        if isinstance(body, Reply):
            return body
        ids = [n for n in dict.fromkeys(body["dsMaHoSo"]) if 0 < n < 2**62]
        marks = ",".join("?" * len(ids))
        rows = self._house.store.all(
            f"SELECT body FROM entry WHERE newest AND module = ? AND id IN ({marks})", body["module"], *ids
        )
        return done(self._house, "[" + ",".join(row["body"] for row in rows) + "]")

    def catalogue(self, call: Call) -> Reply:
        """danhMuc."""
        body = self._read("danhMuc", call)
        if isinstance(body, Reply):
            return body
        items = [{"ma": code, "ten": name} for code, name in CATALOGUES[body["loaiDanhMuc"]]]
        return done(self._house, compact(items))

    def _read(self, service: str, call: Call) -> dict[str, Any] | Reply:
        try:
            body = call.json()
        except NotJson:
            return denied(self._house, DATA_TYPE_INVALID)
        if self._forms[service].breaches(body):
            return denied(self._house, DATA_TYPE_INVALID)
        if "maTinh" in body and body["maTinh"] not in provinces(self._house):
            return denied(self._house, PROVINCE_ID_INCORRECT)
        read: dict[str, Any] = body
        return read

    # -- writing --------------------------------------------------------------------------------------------------

    def enter(self, module: str, members: Mapping[str, Any]) -> int:
        """A new entry, version 1; missing head members are filled in. Belongs in the caller's transaction."""
        now = self._house.clock.now()
        entry_id = int(self._house.store.number("SELECT max(id) FROM entry")) + 1
        head = {"id": entry_id, "maHoSoMCDT": None, "phienBan": 1, "trangThaiBanGhi": 1, "ghiChuBienDong": None}
        body = {**head, **self._place(module, members, now), **members}
        self._write(module, entry_id, 1, body, now)
        return entry_id

    def _place(self, module: str, members: Mapping[str, Any], now: float) -> dict[str, Any]:
        """Number, book, day and signers for an entry that was given none."""
        if "so" in members and "quyenSo" in members and "ngayDangKy" in members:
            return {}
        day = local(now)
        unit = str(members["maDonVi"])
        number = registration.next_number(self._house, unit, module, day.year)
        place = {"so": f"{number}/{day.year}", "quyenSo": f"01/{day.year}", "ngayDangKy": day.strftime("%d.%m.%Y")}
        return {**place, **registration.signers(unit, day.year)}

    def revise(
        self, entry_id: int, changes: Mapping[str, Any], annotation: Mapping[str, Any] | None, cancel: bool
    ) -> int:
        """The next version of an entry; returns its number. Belongs in the caller's transaction.

        Raises:
            KeyError: no such entry.
        """
        row = self._house.store.one("SELECT module, version, body FROM entry WHERE newest AND id = ?", entry_id)
        if row is None:
            raise KeyError(entry_id)
        body = {**json.loads(row["body"]), "phienBan": row["version"] + 1}
        body.pop("ngayCapNhat"), body.pop("dauVanTay")
        if annotation is not None:
            body["ghiChuBienDong"] = [*(body.get("ghiChuBienDong") or []), dict(annotation)]
        if cancel:
            body["trangThaiBanGhi"] = 2
        body.update(changes)
        self._house.store.run("UPDATE entry SET newest = 0 WHERE newest AND id = ?", entry_id)
        self._write(row["module"], entry_id, row["version"] + 1, body, self._house.clock.now())
        return int(row["version"]) + 1

    def _write(self, module: str, entry_id: int, version: int, body: dict[str, Any], now: float) -> None:
        body.setdefault("ngayCapNhat", ministry_instant(now))
        body.setdefault("dauVanTay", entry_fingerprint(body))
        updated = read_ministry_instant(body["ngayCapNhat"])
        self._house.store.run(
            "INSERT INTO entry VALUES (?,?,?,?,1,?)",
            entry_id,
            version,
            module,
            int(now if updated is None else updated),
            compact(body),
        )
        self._house.store.record(
            now,
            "entry",
            f"{module}-{entry_id}",
            key=f"{module}-{entry_id}:{version}",
            fingerprint=body["dauVanTay"],
            body=body,
        )
