"""The province's API by contracts/province.openapi.yaml: a small one in memory that keeps what it is told."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import unquote

from tests.independent.stage import Call, Reply, Stage, as_json

FEED, PROGRESS, RESULT, FILE = "/su-kien", "/tien-do", "/ket-qua", "/tep/"
_MOVES = {1: (2, 3, 7), 2: (4, 5, 7, 8), 4: (3, 5, 6, 7, 8, 9), 5: (2, 4, 7, 8), 6: (4, 7, 8), 8: (4, 7, 9), 9: (10, 4)}
_HTTP = {"CONFLICT": 409, "STATE": 409, "NOTFOUND": 404, "INVALID": 422, "BUSY": 503, "CURSOR": 410}


@dataclass
class Held:
    """One dossier here: its status, every status it was told in order, and its results, the newest last."""

    status: int
    told: list[tuple[int, str]] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)


class Province(Stage):
    """Events are given as values or, for rubbish, as bytes of one JSON text; files by their id."""

    token_path: ClassVar[str] = "/oauth2/token"

    def __init__(self) -> None:
        super().__init__()
        self.events: list[bytes] = []
        self.files: dict[str, bytes] = {}
        self.held: dict[str, Held] = {}
        self.keys: dict[str, dict[str, Any]] = {}
        self.entries: dict[tuple[str, int], dict[str, Any]] = {}
        self.epoch = "e1"

    def restore(self) -> None:
        super().restore()
        self.mangle: Callable[[list[dict[str, Any]]], list[Any]] = lambda answers: list(answers)

    def publish(self, *events: dict[str, Any] | bytes) -> None:
        with self.lock:
            for event in events:
                self.events.append(
                    event if isinstance(event, bytes) else json.dumps(event, ensure_ascii=False).encode()
                )
                if isinstance(event, dict):
                    dossier = event["HoSo"]
                    held = self.held.setdefault(dossier["MaHoSo"], Held(dossier["TrangThaiHoSo"]))
                    held.status = dossier["TrangThaiHoSo"]

    def answer(self, call: Call) -> Reply:
        path = call.path.removeprefix("/apitthc/v1/").split("/")
        match call.method, [unquote(part) for part in path]:
            case "GET", ["su-kien"]:
                return self._feed(call)
            case "GET", ["tep", key]:
                return Reply(200, self.files[key]) if key in self.files else _answer("NOTFOUND")
            case "POST", ["tien-do"]:
                return self._progress(call.json["data"])
            case "PUT", ["ho-so", code, "ket-qua"]:
                return self._result(code, call.json)
            case "PUT", ["so-ho-tich", entry, "phien-ban", number]:
                stored = self.entries.setdefault((entry, int(number)), call.json)
                return _answer("0" if stored is call.json else "DUP")
        return Reply(404, b"<html>nginx</html>")

    def _feed(self, call: Call) -> Reply:
        cursor, size = call.query.get("con_tro"), int(call.query.get("so_luong", 100))
        epoch, _, place = (cursor or f"{self.epoch}|0").partition("|")
        if epoch != self.epoch:
            return _answer("CURSOR")
        begin = int(place)
        page = self.events[begin : begin + size]
        end = begin + len(page)
        return feed_page(page, f"{self.epoch}|{end}", end < len(self.events))

    def _progress(self, items: list[dict[str, Any]]) -> Reply:
        assert 0 < len(items) <= 100
        answers = [{"MaSuKien": item["MaSuKien"], "error_code": self._told(item)} for item in items]
        return as_json({"error_code": "0", "ket_qua": self.mangle(answers)})

    def _told(self, item: dict[str, Any]) -> str:
        if item["MaSuKien"] in self.keys:
            return "DUP" if self.keys[item["MaSuKien"]] == item else "CONFLICT"
        held, status = self.held.get(item["MaHoSo"]), item["TrangThai"]
        if held is None:
            return "NOTFOUND"
        if status != held.status and status not in _MOVES.get(held.status, ()):
            return "STATE"
        if status == 9 and not held.results:
            return "STATE"
        self.keys[item["MaSuKien"]] = item
        held.status = status
        held.told.append((status, item["ThoiDiemXuLy"]))
        return "0"

    def _result(self, code: str, body: dict[str, Any]) -> Reply:
        held = self.held.get(code)
        if held is None:
            return _answer("NOTFOUND")
        if fingerprint_of(body) != body["DauVanTay"]:
            return _answer("INVALID", chi_tiet=[{"truong": "/DauVanTay", "loi": "sai"}])
        if held.results and held.results[-1]["DauVanTay"] == body["DauVanTay"]:
            return _answer("DUP")
        if held.results and body.get("ThayThe") != held.results[-1]["DauVanTay"]:
            return _answer("CONFLICT")
        if held.status not in (2, 4, 5, 9):
            return _answer("STATE")
        held.results.append(body)
        return _answer("0")


def feed_page(events: list[bytes], cursor: str, more: bool, **reply: Any) -> Reply:
    body = b'{"DuLieu":[%s],"ConTroTiep":%s,"ConNua":%s}' % (
        b",".join(events),
        json.dumps(cursor).encode(),
        b"true" if more else b"false",
    )
    return Reply(200, body, {"Content-Type": "application/json"}, **reply)


def fingerprint_of(result: dict[str, Any]) -> str:
    """DauVanTay by the contract's words."""

    def bare(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: bare(one) for name, one in value.items() if one is not None}
        return [bare(one) for one in value] if isinstance(value, list) else value

    kept = bare({name: one for name, one in result.items() if name not in ("DauVanTay", "ThayThe")})
    text = json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _answer(code: str, **members: Any) -> Reply:
    return as_json({"error_code": code, "message": None, **members}, _HTTP.get(code, 200))
