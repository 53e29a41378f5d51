"""The modes of areas at the door: asked when a batch is claimed, and again before each of its calls."""

import threading
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, Engine

from connector.adapters import areas, ledger
from connector.adapters.lanes import Unknown
from connector.adapters.ledger import Claimed
from connector.domain.attempts import Attempt, held_by_area
from connector.domain.dossiers import Facts
from connector.domain.message import Route
from connector.domain.rollout import BEGUN_ROUTES, Mode, Modes, Rule, goes, in_words, mode_of, number_of

# How old the modes may be when a call begins. With the call's own start this is well below the two seconds in which
# closing an area takes hold.
FRESH: Final = 1.0


class Gate:
    """Which messages of one batch may go. Several threads ask; the modes are read again at most once a second."""

    def __init__(
        self,
        engine: Engine,
        modes: Modes,
        claimed: Sequence[Claimed],
        facts: Mapping[str, Facts],
        unknown: Mapping[UUID, list[Unknown]],
    ) -> None:
        self._engine = engine
        self._at_claim = self._modes = modes
        self._claimed = claimed
        self._sent = {code for code, known in facts.items() if known.submissions > 0}
        self._unknown = unknown.keys()
        self._begun: frozenset[UUID] | None = None
        self._read_at = time.monotonic()
        self._lock = threading.Lock()

    def shut(self, call: Sequence[Claimed]) -> frozenset[UUID]:
        """Those of a call whose area was closed since they were claimed. Raises SQLAlchemy's DBAPIError."""
        with self._lock:
            if time.monotonic() - self._read_at >= FRESH:
                with self._engine.begin() as db:
                    self._modes = areas.read(db)
                    self._read_at = time.monotonic()
                    if self._modes is not self._at_claim:
                        self._know_begun(db)
            modes, begun = self._modes, self._begun
        if modes is self._at_claim or begun is None:
            return frozenset()
        return frozenset(one.message_id for one in call if not _may_go(modes, one, begun))

    def still_shut(self, db: Connection, batch: Sequence[Claimed]) -> dict[UUID, str]:
        """Why each of these stays, as the modes are until the caller's transaction ends; without those that may go
        again."""
        modes = areas.steady(db)
        begun = self._know_begun(db)
        return {one.message_id: in_words(_rule(modes, one)) for one in batch if not _may_go(modes, one, begun)}

    def _know_begun(self, db: Connection) -> frozenset[UUID]:
        """Those of the batch whose dossier the ministry has from us, or may have. Asked for only where an area is not
        live."""
        if self._begun is None:
            born_of = [one.dossier for one in self._claimed if one.route is Route.REGISTER and one.dossier]
            sources = areas.begun(db, born_of)
            self._begun = frozenset(
                one.message_id
                for one in self._claimed
                if one.route in BEGUN_ROUTES
                or (one.route is Route.REGISTER and one.dossier in sources)
                or (one.route is Route.APPLICATION and (one.subject in self._sent or one.message_id in self._unknown))
            )
        return self._begun

    def enter(self, db: Connection, *, now: datetime, by: str) -> list[Claimed]:
        """Those that may go; the others are held again, in the caller's transaction."""
        claimed = self._claimed
        rules = [_rule(self._modes, one) for one in claimed]
        staying: list[Claimed] = []
        if any(mode_of(rule) is not Mode.LIVE for rule in rules):
            self._modes = self._at_claim = areas.steady(db)
            begun = self._know_begun(db)
            rules = [_rule(self._modes, one) for one in claimed]
            staying = [one for one in claimed if not _may_go(self._modes, one, begun)]
        ruled = list(zip(claimed, rules, strict=True))
        ledger.note_rules(
            db, {one.message_id: number for one, rule in ruled if (number := number_of(rule)) != one.rule}
        )
        if not staying:
            return list(claimed)
        left = {one.message_id for one in staying}
        told = [(one, in_words(rule)) for one, rule in ruled if one.message_id in left]
        ledger.settle(db, [held_by_area(_attempt(one, now), why) for one, why in told], now, by)
        return [one for one in claimed if one.message_id not in left]


def _may_go(modes: Modes, one: Claimed, begun: frozenset[UUID]) -> bool:
    return goes(mode_of(_rule(modes, one)), begun=one.message_id in begun)


def _rule(modes: Modes, one: Claimed) -> Rule | None:
    return modes.rule_for(one.procedure, office=one.office, on=one.received_on, area=one.area)


def _attempt(one: Claimed, now: datetime) -> Attempt:
    return Attempt(message_id=one.message_id, fence=one.fence, attempts=one.attempts, findings=one.findings, at=now)
