"""The ministry's services about dossiers: nhanHoSoDKHT, rutHoSo, layKetQua."""

import json
import sqlite3
from typing import Any

from connector.sandbox.calls import Call, Reply
from connector.sandbox.canon import NotJson, compact, digest
from connector.sandbox.clock import ministry_instant, read_ministry_instant
from connector.sandbox.forms import Form, contract, request_schema
from connector.sandbox.ministry.answers import (
    AGENCY_ID_INCORRECT,
    ALREADY_RECEIVED,
    DATA_INCORRECT,
    DATA_TYPE_INVALID,
    NOT_EXPECTED_NOW,
    PROVINCE_ID_INCORRECT,
    RECORD_NOT_FOUND,
    Ministry,
    denied,
    done,
    provinces,
)
from connector.sandbox.ministry.desk import IN_WORK, SENT, SUPPLEMENT, Desk
from connector.sandbox.ministry.submissions import Judge, attachments

_WITHDRAWABLE = (SENT, SUPPLEMENT, IN_WORK)


class Applications:
    """Receives, withdraws and reports dossiers."""

    def __init__(self, house: Ministry, desk: Desk) -> None:
        self._house, self._desk, self._judge = house, desk, Judge()
        document = contract("ministry")
        components = document["components"]
        self._withdrawal = Form(request_schema(document, "/hotich/1.0/rutHoSo"), components)
        self._question = Form(request_schema(document, "/hotich/1.0/layKetQua"), components)

    # -- nhanHoSoDKHT ---------------------------------------------------------------------------------------------

    def receive(self, call: Call) -> Reply:
        try:
            body = call.json()
        except NotJson:
            return denied(self._house, DATA_TYPE_INVALID)
        wrong = self._judge.envelope(body)
        if not wrong:
            body["lanGui"] = int(body["lanGui"])  # JSON Schema calls 1.0 an integer too
        with self._house.store.transaction():
            if wrong:
                return self._refuse(body, _code_of(body, wrong), "; ".join(wrong))
            offices = self._house.options.offices
            if offices is not None and body["maDonVi"] not in offices:
                return self._refuse(body, AGENCY_ID_INCORRECT, None)
            return self._by_key(body)

    def _by_key(self, body: dict[str, Any]) -> Reply:
        code, round_ = body["maHoSoMCDT"], body["lanGui"]
        fingerprint = digest(body["data"].encode())
        stored = self._house.store.one(
            "SELECT fingerprint, at FROM submission WHERE code = ? AND round = ?", code, min(round_, 2**62)
        )
        row = self._desk.dossier(code)
        if stored is not None and row is not None:
            return self._again(body, row, stored, fingerprint)
        expected = row is None if round_ == 1 else row is not None and _may_supplement(row, body)
        if not expected:
            return self._refuse(body, NOT_EXPECTED_NOW, None)
        form, wrong = self._judge.form(body["module"], body["data"])
        files, wrong_files = attachments(body.get("fileDinhKem", []))
        if wrong or wrong_files:
            return self._refuse(body, DATA_INCORRECT, "; ".join([*wrong, *wrong_files]))
        return self._take(body, row, form, files, fingerprint)

    def _again(self, body: dict[str, Any], row: sqlite3.Row, stored: sqlite3.Row, fingerprint: str) -> Reply:
        same = stored["fingerprint"] == fingerprint
        self._record("submission-repeated" if same else "submission-denied", body, fingerprint, row, ALREADY_RECEIVED)
        return denied(
            self._house, ALREADY_RECEIVED, value=self._receipt(row["lt_code"], stored["fingerprint"], stored["at"])
        )

    def _take(
        self,
        body: dict[str, Any],
        row: sqlite3.Row | None,
        form: dict[str, Any],
        files: list[dict[str, Any]],
        fingerprint: str,
    ) -> Reply:
        store, now, code = self._house.store, self._house.clock.now(), body["maHoSoMCDT"]
        kept = {**{k: v for k, v in body.items() if k != "fileDinhKem"}, "files": files}
        if row is None:
            serial = int(store.number("SELECT max(rowid) FROM dossier")) + 1
            lt_code = f"{body['module']}-{ministry_instant(now)[6:10]}-{serial:06d}"
            store.run(
                "INSERT INTO dossier (code, lt_code, module, unit, round, state, changed, data)"
                " VALUES (?,?,?,?,1,?,?,?)",
                *(code, lt_code, body["module"], body["maDonVi"], SENT, int(now), compact(form)),
            )
        else:
            lt_code = row["lt_code"]
            store.run("UPDATE dossier SET round = ?, data = ? WHERE code = ?", body["lanGui"], compact(form), code)
        store.run("INSERT INTO submission VALUES (?,?,?,?,?)", code, body["lanGui"], fingerprint, compact(kept), now)
        self._record("submission", kept, fingerprint, row, "1")
        fresh = self._desk.dossier(code)
        assert fresh is not None
        self._desk.show(fresh, SENT if row is None else IN_WORK, first=row is None)
        return done(self._house, compact(self._receipt(lt_code, fingerprint, now)))

    def _receipt(self, lt_code: str, fingerprint: str, at: float) -> dict[str, Any]:
        receipt = {"maHoSoLT": lt_code, "thoiGianTiepNhan": ministry_instant(at)}
        return receipt | ({"dauVanTay": fingerprint} if self._house.options.send_fingerprint else {})

    def _refuse(self, body: Any, code: str, text: str | None) -> Reply:
        data = body.get("data") if isinstance(body, dict) else None
        fingerprint = digest(data.encode()) if isinstance(data, str) else None
        self._record("submission-denied", body, fingerprint, None, code)
        return denied(self._house, code, text)

    def _record(self, kind: str, body: Any, fingerprint: str | None, row: sqlite3.Row | None, answer: str) -> None:
        named = body if isinstance(body, dict) else {}
        code = str(named.get("maHoSoMCDT", ""))
        self._house.store.record(
            self._house.clock.now(),
            kind,
            code,
            key=f"{code}#{named.get('lanGui')}",
            fingerprint=fingerprint,
            body={k: v for k, v in named.items() if k != "fileDinhKem"},
            moves=(row["state"] if row else None, None),
            answer=answer,
        )

    # -- rutHoSo --------------------------------------------------------------------------------------------------

    def withdraw(self, call: Call) -> Reply:
        try:
            body = call.json()
        except NotJson:
            return denied(self._house, DATA_TYPE_INVALID)
        if self._withdrawal.breaches(body) or read_ministry_instant(body["thoiDiem"]) is None:
            return denied(self._house, DATA_TYPE_INVALID)
        with self._house.store.transaction():
            row = self._desk.dossier(body["maHoSoMCDT"])
            if row is None or row["module"] != body["module"]:
                return self._withdrawal_answered(body, "withdrawal-denied", RECORD_NOT_FOUND, None)
            if row["withdrawn"]:
                return self._withdrawal_answered(body, "withdrawal-repeated", None, row)
            if row["state"] not in _WITHDRAWABLE:
                return self._withdrawal_answered(body, "withdrawal-denied", NOT_EXPECTED_NOW, row)
            self._house.store.run("UPDATE dossier SET withdrawn = 1, next_at = NULL WHERE code = ?", row["code"])
            return self._withdrawal_answered(body, "withdrawal", None, row)

    def _withdrawal_answered(self, body: dict[str, Any], kind: str, code: str | None, row: sqlite3.Row | None) -> Reply:
        moves = (row["state"] if row else None, None)
        subject = body["maHoSoMCDT"]
        self._house.store.record(
            self._house.clock.now(), kind, subject, key=subject, body=body, moves=moves, answer=code or "1"
        )
        return denied(self._house, code) if code else done(self._house)

    # -- layKetQua ------------------------------------------------------------------------------------------------

    def report(self, call: Call) -> Reply:
        try:
            body = call.json()
        except NotJson:
            return denied(self._house, DATA_TYPE_INVALID)
        if self._question.breaches(body):
            return denied(self._house, DATA_TYPE_INVALID)
        if body["maTinh"] not in provinces(self._house):
            return denied(self._house, PROVINCE_ID_INCORRECT)
        codes = list(dict.fromkeys(body["maDinhDanhHoSo"]))
        marks = ",".join("?" * len(codes))
        rows = self._house.store.all(
            f"SELECT code, shown FROM dossier WHERE code IN ({marks}) AND module = ? AND NOT withdrawn",
            *codes,
            body["module"],
        )
        return done(self._house, "[" + ",".join(self._shown(row) for row in rows) + "]")

    def _shown(self, row: sqlite3.Row) -> str:
        """The latest state, or where a replica lags one from before."""
        if self._house.dice.strikes("stale-state"):
            older = self._house.store.all("SELECT body FROM shown WHERE code = ? ORDER BY n", row["code"])[:-1]
            if older:
                self._house.store.tally("fault", "stale-state")
                return str(older[self._house.dice.below(len(older))]["body"])
        return str(row["shown"])


def _may_supplement(row: sqlite3.Row, body: dict[str, Any]) -> bool:
    return bool(
        row["state"] == SUPPLEMENT
        and not row["withdrawn"]
        and row["round"] == body["lanGui"] - 1
        and row["module"] == body["module"]
    )


def _code_of(body: Any, wrong: list[str]) -> str:
    """A broken office code alone has its own number."""
    only_office = len(wrong) == 1 and wrong[0].startswith("maDonVi ") and isinstance(body, dict) and "maDonVi" in body
    return AGENCY_ID_INCORRECT if only_office else DATA_INCORRECT


def history(house: Ministry, code: str) -> list[Any]:
    """Every state that the dossier ever showed, oldest first."""
    return [
        json.loads(row["body"]) for row in house.store.all("SELECT body FROM shown WHERE code = ? ORDER BY n", code)
    ]
