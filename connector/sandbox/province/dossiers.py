"""The province's dossiers: versions, statuses, and the feed that tells of them."""

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from connector.sandbox.canon import compact
from connector.sandbox.province.answers import Province

NEW, IN_WORK, ASKED, WITHDRAWN, DONE, HANDED_OVER = 1, 4, 5, 7, 9, 10
ACCEPTED = 2

# province.openapi.yaml, /tien-do; 3, 7 and 10 are final.
MOVES: dict[int, frozenset[int]] = {
    1: frozenset({2, 3, 7}),
    2: frozenset({4, 5, 7, 8}),
    4: frozenset({3, 5, 6, 7, 8, 9}),
    5: frozenset({2, 4, 7, 8}),
    6: frozenset({4, 7, 8}),
    8: frozenset({4, 7, 9}),
    9: frozenset({10, 4}),
}


def may_move(status: int, to: int, *, has_result: bool) -> bool:
    """Whether the table of moves allows it; staying is always allowed, and 9 needs a stored result."""
    allowed = status == to or to in MOVES.get(status, ())
    return allowed and (to != DONE or has_result)


class Dossiers:
    """Every method that writes belongs in the caller's transaction."""

    def __init__(self, house: Province) -> None:
        self._house = house

    def find(self, code: str) -> sqlite3.Row | None:
        return self._house.store.one("SELECT * FROM dossier WHERE code = ?", code)

    def newest(self, row: sqlite3.Row) -> dict[str, Any]:
        """The newest version with the present status."""
        body: dict[str, Any] = json.loads(row["body"])
        return {**body, "TrangThaiHoSo": row["status"]}

    def move(self, row: sqlite3.Row, status: int, who: str, text: str) -> None:
        """Write the status and its line of history, and lay out what citizens or clerks do next."""
        now = self._house.clock.now()
        self._house.store.run("UPDATE dossier SET status = ? WHERE code = ?", status, row["code"])
        self._house.store.run(
            "INSERT INTO history (code, at, status, who, text) VALUES (?,?,?,?,?)", row["code"], now, status, who, text
        )
        if status == row["status"] or row["next_act"] == "withdraw":
            return
        act = {ASKED: "supplement", DONE: "hand_over"}.get(status)
        self.plan(row["code"], act)

    def plan(self, code: str, act: str | None, paces: float = 1.0) -> None:
        """What happens to the dossier next from the province's side, or nothing."""
        at = self._house.clock.now() + paces * self._house.options.pace if act else None
        self._house.store.run("UPDATE dossier SET next_at = ?, next_act = ? WHERE code = ?", at, act, code)
        self._house.wake.set()

    def publish(self, event: Mapping[str, Any]) -> None:
        """Store the event's dossier version, move the dossier, and append the event to the feed."""
        body, kind = dict(event["HoSo"]), event["LoaiSuKien"]
        row = self._hold(body)
        before = row["status"] if row else None
        if row is not None:
            status = _status_by_event(kind, row["status"])
            if status != row["status"]:
                self.move(row, status, "công dân" if kind != "TraKetQua" else "một cửa", kind)
        fresh = self.find(body["MaHoSo"])
        self.append(compact(event))
        self._house.store.record(
            self._house.clock.now(),
            "event",
            body["MaHoSo"],
            key=event["MaSuKien"],
            body=event,
            moves=(before, fresh["status"] if fresh else None),
        )

    def _hold(self, body: dict[str, Any]) -> sqlite3.Row | None:
        """Store this version; returns the dossier as it was, None for a new one."""
        store, code, version, text = self._house.store, body["MaHoSo"], body["PhienBan"], compact(body)
        row = self.find(code)
        store.run("INSERT INTO version VALUES (?,?,?) ON CONFLICT DO NOTHING", code, version, text)
        if row is None:
            status = body["TrangThaiHoSo"]
            store.run("INSERT INTO dossier (code, version, status, body) VALUES (?,?,?,?)", code, version, status, text)
        elif version > row["version"]:
            store.run("UPDATE dossier SET version = ?, body = ? WHERE code = ?", version, text, code)
        return row

    def append(self, raw: str) -> None:
        """One more member of the feed, as it will be sent."""
        self._house.store.run("INSERT INTO feed (at, raw) VALUES (?,?)", self._house.clock.now(), raw)


def _status_by_event(kind: str, status: int) -> int:
    if kind == "BoSung":
        return ACCEPTED if status == ASKED else status
    return {"Rut": WITHDRAWN, "TraKetQua": HANDED_OVER}.get(kind, status)
