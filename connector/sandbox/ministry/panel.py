"""The ministry's own part of the control interface: dossiers, acts of officers, register entries."""

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from connector.sandbox.calls import Call, Reply, Route
from connector.sandbox.clock import iso
from connector.sandbox.ministry.answers import Ministry
from connector.sandbox.ministry.applications import history
from connector.sandbox.ministry.desk import HANDED_OVER, IN_WORK, Desk
from connector.sandbox.ministry.registers import Registers
from connector.sandbox.panel import BadControl, guarded, page, page_bounds


class Panel:
    """Control of one ministry."""

    def __init__(self, house: Ministry, desk: Desk, registers: Registers) -> None:
        self._house, self._desk, self._registers = house, desk, registers

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/control/dossiers", guarded(self._dossiers)),
            Route("GET", "/control/dossiers/{code}", guarded(self._dossier)),
            Route("POST", "/control/dossiers/{code}/act", guarded(self._act)),
            Route("GET", "/control/entries", guarded(self._entries)),
            Route("POST", "/control/entries", guarded(self._change_entries)),
        ]

    def counts(self) -> dict[str, Any]:
        dossiers = self._house.store.count(
            "SELECT CASE WHEN withdrawn THEN 'withdrawn' ELSE state END, count(*) FROM dossier GROUP BY 1"
        )
        working = int(self._house.store.number("SELECT count(*) FROM dossier WHERE next_at IS NOT NULL"))
        entries = int(self._house.store.number("SELECT count(*) FROM entry WHERE newest"))
        return {"dossiers": dossiers, "working": working, "entries": entries}

    # -- dossiers -------------------------------------------------------------------------------------------------

    def _dossiers(self, call: Call) -> Reply:
        after, limit = page_bounds(call)
        rows = self._house.store.all("SELECT * FROM dossier WHERE code > ? ORDER BY code LIMIT ?", after, limit)
        return page("dossiers", [_summary(row) for row in rows], limit, "dossier")

    def _dossier(self, call: Call) -> Reply:
        row = self._found(call)
        rounds = self._house.store.all("SELECT body FROM submission WHERE code = ? ORDER BY round", row["code"])
        return Reply.json(
            {
                **_summary(row),
                "submissions": [json.loads(r["body"]) for r in rounds],
                "history": history(self._house, row["code"]),
                "result": json.loads(row["result"]) if row["result"] else None,
            }
        )

    def _found(self, call: Call) -> sqlite3.Row:
        row = self._desk.dossier(call.params["code"])
        if row is None:
            raise BadControl("no such dossier")
        return row

    def _act(self, call: Call) -> Reply:
        """`act` names what an officer does, `changes` members of the result, the rest replaces members of the state."""
        row, body = self._found(call), call.json()
        act, changes = body.pop("act"), body.pop("changes", {})
        with self._house.store.transaction():
            self._run(act, row, body, changes)
        return self._dossier(call)

    def _run(self, act: str, row: sqlite3.Row, members: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
        match act:
            case "accept":
                self._desk.show(row, IN_WORK, members)
            case "supplement":
                self._desk.supplement(row, members)
            case "refuse":
                self._desk.refuse(row, members)
            case "register" | "sign":
                self._desk.register(row, members, signed=act == "sign", changes=changes)
            case "correct":
                self._desk.correct(row, members, changes)
            case "hand_over":
                self._desk.show(row, HANDED_OVER, members)
            case _:
                raise BadControl("no such act")

    # -- register entries -----------------------------------------------------------------------------------------

    def _entries(self, call: Call) -> Reply:
        after, limit = page_bounds(call)
        rows = self._house.store.all(
            "SELECT id, module, body FROM entry WHERE newest AND id > ? ORDER BY id LIMIT ?", int(after or 0), limit
        )
        entries = [{"id": row["id"], "module": row["module"], "entry": json.loads(row["body"])} for row in rows]
        return page("entries", entries, limit, "id")

    def _change_entries(self, call: Call) -> Reply:
        """`{"entries": [{"module", "members"} | {"id", "changes"?, "annotation"?, "cancel"?}, …]}`, all or none."""
        done = []
        with self._house.store.transaction():
            for item in call.json()["entries"]:
                if "id" in item:
                    version = self._registers.revise(
                        item["id"], item.get("changes", {}), item.get("annotation"), bool(item.get("cancel", False))
                    )
                    done.append({"id": item["id"], "version": version})
                else:
                    done.append({"id": self._registers.enter(item["module"], item["members"]), "version": 1})
        return Reply.json({"entries": done})


def _summary(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "dossier": row["code"],
        "lt_code": row["lt_code"],
        "module": row["module"],
        "round": row["round"],
        "state": row["state"],
        "withdrawn": bool(row["withdrawn"]),
        "changed": iso(row["changed"]),
        "entry": row["entry"],
    }
