"""The province's own part of the control interface: events, dossiers, register entries."""

import base64
import json
import sqlite3
from typing import Any

from connector.sandbox.calls import Call, Reply, Route
from connector.sandbox.clock import iso
from connector.sandbox.panel import BadControl, guarded, page, page_bounds
from connector.sandbox.province.answers import Province
from connector.sandbox.province.citizens import Citizens
from connector.sandbox.province.dossiers import Dossiers
from connector.sandbox.province.feed import Feed


class Panel:
    """Control of one province."""

    def __init__(self, house: Province, dossiers: Dossiers, feed: Feed, citizens: Citizens) -> None:
        self._house, self._dossiers, self._feed, self._citizens = house, dossiers, feed, citizens

    def routes(self) -> list[Route]:
        return [
            Route("POST", "/control/events", guarded(self._add_events)),
            Route("POST", "/control/raw-events", guarded(self._add_raw)),
            Route("GET", "/control/dossiers", guarded(self._list)),
            Route("GET", "/control/dossiers/{code}", guarded(self._one)),
            Route("POST", "/control/dossiers/{code}/move", guarded(self._move)),
            Route("GET", "/control/entries", guarded(self._entries)),
        ]

    def counts(self) -> dict[str, Any]:
        dossiers = self._house.store.count("SELECT status, count(*) FROM dossier GROUP BY status")
        working = int(self._house.store.number("SELECT count(*) FROM dossier WHERE next_at IS NOT NULL"))
        results = int(self._house.store.number("SELECT count(*) FROM dossier WHERE result IS NOT NULL"))
        entries = int(self._house.store.number("SELECT count(*) FROM record WHERE newest"))
        events = int(self._house.store.number("SELECT count(*) FROM feed WHERE NOT moved"))
        return {"dossiers": dossiers, "working": working, "results": results, "entries": entries, "events": events}

    def _add_events(self, call: Call) -> Reply:
        """`{"events": [DossierEvent, …], "files": [{"id", "base64"}, …]}`; a file without content is taken away."""
        body = call.json()
        with self._house.store.transaction():
            for file in body.get("files", []):
                self._house.store.run("DELETE FROM file WHERE id = ?", file["id"])
                if file.get("base64") is not None:
                    self._house.store.run("INSERT INTO file VALUES (?,?)", file["id"], base64.b64decode(file["base64"]))
            for event in body.get("events", []):
                new = self._dossiers.find(event["HoSo"]["MaHoSo"]) is None
                self._dossiers.publish(event)
                if new:
                    self._citizens.new(event["HoSo"]["MaHoSo"])
        return Reply.json({"events": len(body.get("events", []))})

    def _add_raw(self, call: Call) -> Reply:
        """`{"items": [text, …], "broken_page"?: text}`: put into the feed as they are, even if they are no JSON."""
        body = call.json()
        with self._house.store.transaction():
            for raw in body.get("items", []):
                self._dossiers.append(str(raw))
            if "broken_page" in body:
                self._feed.break_page(str(body["broken_page"]))
        return Reply.json({"items": len(body.get("items", []))})

    def _list(self, call: Call) -> Reply:
        after, limit = page_bounds(call)
        rows = self._house.store.all("SELECT * FROM dossier WHERE code > ? ORDER BY code LIMIT ?", after, limit)
        return page("dossiers", [_summary(row) for row in rows], limit, "dossier")

    def _one(self, call: Call) -> Reply:
        row = self._found(call)
        store, code = self._house.store, row["code"]
        lines = store.all("SELECT at, status, who, text FROM history WHERE code = ? ORDER BY n", code)
        versions = store.all("SELECT body FROM version WHERE code = ? ORDER BY version", code)
        results = store.all("SELECT body FROM result WHERE code = ? ORDER BY rowid", code)
        return Reply.json(
            {
                **_summary(row),
                "history": [{**dict(line), "at": iso(line["at"])} for line in lines],
                "versions": [json.loads(v["body"]) for v in versions],
                "results": [json.loads(r["body"]) for r in results],
            }
        )

    def _found(self, call: Call) -> sqlite3.Row:
        row = self._dossiers.find(call.params["code"])
        if row is None:
            raise BadControl("no such dossier")
        return row

    def _move(self, call: Call) -> Reply:
        """`{"status": n}`: a clerk moves the dossier, whatever the table of moves says."""
        status = int(call.json()["status"])
        with self._house.store.transaction():
            row = self._found(call)
            self._dossiers.move(row, status, "một cửa", "control")
            self._house.store.record(self._house.clock.now(), "move", row["code"], moves=(row["status"], status))
        return self._one(call)

    def _entries(self, call: Call) -> Reply:
        after, limit = page_bounds(call)
        rows = self._house.store.all(
            "SELECT id, version, body FROM record WHERE newest AND id > ? ORDER BY id LIMIT ?", after, limit
        )
        entries = [{"id": row["id"], "version": row["version"], "entry": json.loads(row["body"])} for row in rows]
        return page("entries", entries, limit, "id")


def _summary(row: sqlite3.Row) -> dict[str, Any]:
    return {"dossier": row["code"], "version": row["version"], "status": row["status"], "result": row["result"]}
