"""Stored messages with all that decides whether they could go again, read in a few statements for many at once."""

from collections.abc import Callable, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping, text

from connector.adapters import dossiers, lanes
from connector.adapters.ledger import read_findings
from connector.domain.aliases import Aliases
from connector.domain.dossiers import Facts
from connector.domain.message import Hold, Route, State
from connector.domain.stored import Around, Stored
from schemas.values import Procedure

IsLive = Callable[[Stored], bool]
"""Whether messages of this one's area and procedure may be sent now."""

_WITH_DOSSIER: Final = (Route.APPLICATION, Route.WITHDRAWAL, Route.PROGRESS, Route.RESULT)


def load(
    db: Connection, ids: Sequence[UUID], *, aliases: Aliases, is_live: IsLive, lock: bool = False
) -> list[tuple[Stored, Around]]:
    """These messages in the order of `ids`; those that the ledger has not are missing.

    With `lock` nobody else changes the dossiers or moves the messages until commit.
    """
    if not ids:
        return []
    # Dossiers before messages, as everybody locks them.
    codes = db.execute(_SUBJECTS, {"ids": list(ids), "routes": [route.value for route in _WITH_DOSSIER]}).scalars()
    facts = dossiers.load(db, codes, lock=lock)
    rows = db.execute(_LOAD_LOCKED if lock else _LOAD, {"ids": list(ids)}).mappings().all()
    bodies = lanes.bodies(db, [row["id"] for row in rows])
    found = {row["id"]: _stored(row, bodies.get(row["id"])) for row in rows}
    stored = [found[one] for one in ids if one in found]
    beside = _Beside(db, stored, facts)
    return [(one, beside.around(one, aliases, is_live(one))) for one in stored]


class _Beside:
    """What lies beside these messages: their lanes, their dossiers, and what those were born of."""

    def __init__(self, db: Connection, stored: Sequence[Stored], facts: dict[str, Facts]) -> None:
        self._facts = facts
        subjects: dict[Route, set[str]] = {}
        for one in stored:
            subjects.setdefault(one.route, set()).add(one.subject)
        self._lanes = {route: lanes.of_subjects(db, route, codes) for route, codes in subjects.items()}
        self._taken_back = lanes.of_subjects(db, Route.APPLICATION, subjects.get(Route.WITHDRAWAL, ()))
        applications = (*self._taken_back.values(), *self._lanes.get(Route.APPLICATION, {}).values())
        self._maybe = frozenset(lanes.unknown_attempts(db, [e.message_id for lane in applications for e in lane]))
        results = [known for one in stored if one.route is Route.RESULT and (known := facts.get(one.subject))]
        self._applied = lanes.bodies(db, [known.application_id for known in results if known.application_id])

    def around(self, one: Stored, aliases: Aliases, is_live: bool) -> Around:
        facts = self._facts.get(one.subject) if one.route in _WITH_DOSSIER else None
        return Around(
            lane=self._lanes[one.route].get(one.subject, []),
            facts=facts,
            applications=self._taken_back.get(one.subject, []) if one.route is Route.WITHDRAWAL else [],
            maybe_sent=self._maybe,
            application=self._applied.get(facts.application_id) if facts and facts.application_id else None,
            is_live=is_live,
            aliases=aliases,
        )


def _stored(row: RowMapping, body: bytes | None) -> Stored:
    procedure: Procedure | None = row["procedure"]
    return Stored(
        message_id=row["id"],
        route=Route(row["route"]),
        procedure=procedure,
        subject=row["subject"],
        version=row["version"],
        event=row["event"],
        status=row["status"],
        state=State(row["state"]),
        hold=Hold(row["hold"]) if row["hold"] else None,
        area=row["area"],
        findings=read_findings(row["findings"]),
        last_code=row["last_code"],
        content_key=None if row["content_key"] is None else bytes(row["content_key"]),
        created_at=row["created_at"],
        body=body,
    )


_COLUMNS: Final = (
    "id, route, procedure, subject, version, event, status, state, hold, area, findings, last_code, content_key,"
    " created_at"
)
_SUBJECTS: Final = text("SELECT DISTINCT subject FROM message WHERE id = ANY(:ids) AND route = ANY(:routes)")
_LOAD: Final = text(f"SELECT {_COLUMNS} FROM message WHERE id = ANY(:ids) ORDER BY id")
_LOAD_LOCKED: Final = text(f"{_LOAD.text} FOR UPDATE")
