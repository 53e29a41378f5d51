"""Shadow: what is held is mapped as if it were sent, and compared with what clerks enter at the ministry by hand.

In an area that is off only the second is done, and not compared: what was entered by hand is not sent again when the
area is opened.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, false, or_

from connector.adapters import areas, backlog, shadow
from connector.adapters.shadow import LONGEST_WAY, Held
from connector.domain import shadowing
from connector.domain.rollout import Mode, Modes, mode_of
from schemas.records import Event
from schemas.values import Procedure

# So many bodies are read in one transaction: a second or two.
BATCH = 200
CANDIDATES = 2000


@dataclass(slots=True)
class Report:
    """What a look came to: applications mapped, entries looked at, and how many of those belong to a dossier here."""

    mapped: int = 0
    entries: int = 0
    found: int = 0


class Shadow:
    """Looks at what is held and was not looked at yet. Two that look at once do the same work; nothing is counted
    twice."""

    def __init__(self, engine: Engine, *, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    def look(self, *, budget: timedelta = timedelta(minutes=1)) -> Report:
        """Everything that is new, or as much as the budget of time lets. A look that dies is begun again."""
        report = Report()
        ends = time.monotonic() + budget.total_seconds()
        while self._map(report) and time.monotonic() < ends:
            pass
        if report.mapped:
            with self._engine.begin() as db:
                shadow.forget_early_entries(db, self._now())
        while self._match(report) and time.monotonic() < ends:
            pass
        return report

    def _map(self, report: Report) -> bool:
        with self._engine.begin() as db:
            held = shadow.unmapped(db, in_shadow(areas.read(db)), BATCH)
            rows: list[dict[str, Any]] = []
            for one in held:
                sending = shadowing.would_send(one.body)
                rows.append({"message_id": one.message_id, "digest": sending.digest, "fault": sending.fault})
            shadow.note_sendings(db, rows, self._now())
        report.mapped += len(held)
        return len(held) == BATCH

    def _match(self, report: Report) -> bool:
        with self._engine.begin() as db:
            modes = areas.read(db)
            entries = shadow.unmatched_entries(db, in_shadow(modes), BATCH)
            finder = _Finder(db, entries)
            for entry in entries:
                application, found_by = finder.find(entry)
                fields = None
                if application is not None and _is_shadow(modes, entry):
                    fields = shadowing.fields_of(entry.procedure, application.body, entry.body)
                found = application.message_id if application else None
                shadow.note_match(
                    db, entry.message_id, application_id=found, found_by=found_by, fields=fields, now=self._now()
                )
                report.found += application is not None
        report.entries += len(entries)
        return len(entries) == BATCH


class _Finder:
    """The held dossiers that some entries may be the registrations of: by the dossier's code, else by the people."""

    def __init__(self, db: Connection, entries: Sequence[Held]) -> None:
        self._db = db
        self._entries = entries
        self._by_code = shadow.of_dossiers(db, [one.dossier for one in entries if one.dossier])
        self._taken = {one.message_id for one in self._by_code.values()}
        self._near: dict[tuple[str | None, Procedure], list[tuple[Held, Event]]] = {}

    def find(self, entry: Held) -> tuple[Held | None, str | None]:
        if entry.dossier in self._by_code:
            return self._by_code[entry.dossier], "code"
        registered = shadowing.entered(entry.procedure, entry.body)
        if registered is None or entry.on is None:
            return None, None
        for one, applied in self._candidates(entry):
            in_time = one.on is not None and entry.on - LONGEST_WAY <= one.on <= entry.on
            if in_time and one.message_id not in self._taken and shadowing.same_people(applied, registered):
                self._taken.add(one.message_id)
                return one, "people"
        return None, None

    def _candidates(self, entry: Held) -> list[tuple[Held, Event]]:
        """Read once for all entries of a place: bodies are the dear part."""
        place = (entry.area, entry.procedure)
        if place not in self._near:
            alike = [one for one in self._entries if (one.area, one.procedure) == place]
            found = shadow.candidates(self._db, alike, CANDIDATES)
            self._near[place] = [
                (one, applied) for one in found if (applied := shadowing.applied_for(one.body)) is not None
            ]
        return self._near[place]


def in_shadow(modes: Modes) -> ColumnElement[bool]:
    """Messages about which a rule decides that says shadow."""
    rules = [key for key, rule in modes.rules.items() if rule.mode is Mode.SHADOW]
    return or_(false(), *(backlog.obeys(modes, area, procedure) for area, procedure in rules))


def _is_shadow(modes: Modes, one: Held) -> bool:
    return mode_of(modes.rule_for(one.procedure, office=one.office, on=one.on, area=one.area)) is Mode.SHADOW
