"""Stored messages with all that decides whether they could go again, read in a few statements for many at once."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping, text

from connector.adapters import areas, dossiers, lanes
from connector.adapters.ledger import read_findings
from connector.domain.aliases import Aliases
from connector.domain.dossiers import Facts
from connector.domain.message import Hold, Route, State
from connector.domain.rollout import BEGUN_ROUTES, Mode, Modes, goes, mode_of
from connector.domain.stored import Around, Stored
from schemas.values import Procedure

_WITH_DOSSIER: Final = (Route.APPLICATION, Route.WITHDRAWAL, Route.PROGRESS, Route.RESULT)


def load(db: Connection, ids: Sequence[UUID], *, aliases: Aliases, lock: bool = False) -> list[tuple[Stored, Around]]:
    """These messages in the order of `ids`; those that the ledger has not are missing.

    With `lock` nobody else changes the modes of areas or the dossiers, or moves the messages, until commit.
    """
    if not ids:
        return []
    modes = areas.steady(db) if lock else areas.read(db)
    # Dossiers before messages, as everybody locks them.
    codes = db.execute(_SUBJECTS, {"ids": list(ids), "routes": [route.value for route in _WITH_DOSSIER]}).scalars()
    facts = dossiers.load(db, codes, lock=lock)
    rows = db.execute(_LOAD_LOCKED if lock else _LOAD, {"ids": list(ids)}).mappings().all()
    bodies = lanes.bodies(db, [row["id"] for row in rows])
    found = {row["id"]: _stored(row, bodies.get(row["id"])) for row in rows}
    stored = [found[one] for one in ids if one in found]
    beside = _Beside(db, stored, facts)
    live = _live(db, modes, stored)
    return [(one, beside.around(one, aliases, one.message_id in live)) for one in stored]


def _live(db: Connection, modes: Modes, stored: Sequence[Stored]) -> frozenset[UUID]:
    """Those that the modes of their areas let go."""
    mode = {
        one.message_id: mode_of(modes.rule_for(one.procedure, office=one.office, on=one.received_on, area=one.area))
        for one in stored
    }
    closed = [one for one in stored if mode[one.message_id] is not Mode.LIVE]
    begun = areas.begun(db, [code for one in closed if (code := _begins(one))]) if closed else frozenset()
    return frozenset(
        one.message_id
        for one in stored
        if goes(mode[one.message_id], begun=one.route in BEGUN_ROUTES or _begins(one) in begun)
    )


def _begins(one: Stored) -> str | None:
    """The dossier whose beginning decides about this message."""
    return one.dossier if one.route is Route.REGISTER else one.subject


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
        office=row["office"],
        received_on=row["received_on"],
        dossier=row["dossier"],
        findings=read_findings(row["findings"]),
        last_code=row["last_code"],
        content_key=None if row["content_key"] is None else bytes(row["content_key"]),
        created_at=row["created_at"],
        body=body,
    )


_COLUMNS: Final = (
    "id, route, procedure, subject, version, event, status, state, hold, area, office, received_on, dossier,"
    " findings, last_code, content_key, created_at"
)
_SUBJECTS: Final = text("SELECT DISTINCT subject FROM message WHERE id = ANY(:ids) AND route = ANY(:routes)")
_LOAD: Final = text(f"SELECT {_COLUMNS} FROM message WHERE id = ANY(:ids) ORDER BY id")
_LOAD_LOCKED: Final = text(f"{_LOAD.text} FOR UPDATE")
