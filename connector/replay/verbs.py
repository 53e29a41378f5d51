"""What a person does with one message: override a finding, give it up, take that back, send it again. Each says who and
why, and moves by the table of moves or not at all."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, Engine

from connector.adapters import aliases, surroundings
from connector.domain.message import Hold, Move, Route, Ruling, State, allowed
from connector.domain.rehearsal import NOT_IN_THIS_STATE, Rehearsal, rehearse
from connector.domain.stored import Around, Stored
from connector.domain.verbs import (
    BECOMES,
    NoOverride,
    overridden,
    why_no_cancel,
    why_not,
    with_findings,
)
from connector.replay.consequences import carry_out
from connector.replay.control import NotPossible, needed

NOTHING_CHANGED: Final = "không có gì thay đổi / nothing was changed"


@dataclass(frozen=True, slots=True)
class Done:
    """What became of the message, and the routes that have new work."""

    state: State
    hold: Hold | None
    routes: frozenset[Route]


class Verbs:
    """Acts on single messages. Whoever calls has seen to it that the person may."""

    def __init__(self, engine: Engine, *, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    def override(self, message_id: UUID, code: str, *, by: str, reason: str) -> Done:
        """Sends a message although this overridable check failed; other blocking findings still keep it. Raises
        NotPossible."""
        why = needed(reason)
        with self._engine.begin() as db:
            stored, around = self._locked(db, message_id)
            if stored.state is not State.INVALID:
                raise NotPossible(f"{NOT_IN_THIS_STATE}; {NOTHING_CHANGED}")
            try:
                stored = with_findings(stored, overridden(stored.findings, code, by))
            except NoOverride as error:
                raise NotPossible(f"{error}; {NOTHING_CHANGED}") from None
            found = rehearse(stored, around, move=Move.OVERRIDE)
            return self._rule(db, stored, found, Move.OVERRIDE, by=by, why=f"{code}: {why}")

    def cancel(self, message_id: UUID, *, by: str, reason: str) -> Done:
        """Gives a message up. It keeps nothing back any more, and can be restored. Raises NotPossible."""
        why = needed(reason)
        with self._engine.begin() as db:
            stored, _ = self._locked(db, message_id)
            refused = why_no_cancel(stored.state)
            if refused:
                raise NotPossible(f"{refused}; {NOTHING_CHANGED}")
            ruling = Ruling(message_id, Move.CANCEL, State.CANCELLED, why=why)
            _, routes = carry_out(db, [(stored, ruling)], now=self._now(), by=by)
            return Done(State.CANCELLED, None, frozenset(routes))

    def restore(self, message_id: UUID, *, by: str, reason: str) -> Done:
        """Takes giving up back: the message is decided anew, by today's rules. Raises NotPossible."""
        why = needed(reason)
        with self._engine.begin() as db:
            stored, around = self._locked(db, message_id)
            return self._rule(db, stored, rehearse(stored, around, move=Move.RESTORE), Move.RESTORE, by=by, why=why)

    def _rule(self, db: Connection, stored: Stored, found: Rehearsal, move: Move, *, by: str, why: str) -> Done:
        became = BECOMES.get(found.prospect)
        if became is None or not allowed(stored.state, move, became):
            raise NotPossible(f"{found.note or NOT_IN_THIS_STATE}; {NOTHING_CHANGED}")
        anew = became is not State.INVALID
        ruling = Ruling(stored.message_id, move, became, why, found.hold, found.findings, anew)
        _, routes = carry_out(db, [(stored, ruling)], now=self._now(), by=by)
        return self._done(db, stored.message_id, routes)

    def possible(self, message_id: UUID) -> dict[Move, str | None]:
        """For replay, override, cancel and restore: None when a person can do it now, else why not."""
        with self._engine.begin() as db:
            pairs = surroundings.load(db, [message_id], aliases=aliases.load(db))
            return why_not(*pairs[0]) if pairs else {}

    def _locked(self, db: Connection, message_id: UUID) -> tuple[Stored, Around]:
        found = surroundings.load(db, [message_id], aliases=aliases.load(db), lock=True)
        if not found:
            raise NotPossible("không có thông điệp này / no such message; `lienthong messages list` shows them")
        return found[0]

    def _done(self, db: Connection, message_id: UUID, routes: set[Route]) -> Done:
        """As it stands now: what waited for it may have decided about it as well."""
        [(stored, _)] = surroundings.load(db, [message_id], aliases=aliases.load(db))
        return Done(stored.state, stored.hold, frozenset(routes))
