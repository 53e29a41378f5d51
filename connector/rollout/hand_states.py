"""Shadow asks the ministry about dossiers that were never sent: a state that it shows was caused by clerks, by hand.

What is seen is evidence and no message. Nothing of it is told to the province.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine

from connector.adapters import areas, partners, shadow_states
from connector.adapters.ministry import Ministry
from connector.adapters.shadow_states import Asked
from connector.domain.backoff import wait_before_question
from connector.domain.checks.states import check_state
from connector.domain.dossiers import HANDED_OVER, REFUSED
from connector.domain.errors import DeliveryError, Garbled
from connector.domain.message import Partner
from connector.domain.rollout import PROCEDURES, Mode
from connector.rollout.shadow import in_shadow
from schemas.ministry import CODES_PER_CALL, INSTANT_FORMAT, DossierState
from schemas.values import Procedure, clean_code, parse_instant

# Calls for one procedure and look: evidence may come late, and live areas' calls go first.
CALLS: Final = 10
ENROLLED: Final = 1000
_ENDS: Final = (HANDED_OVER, REFUSED)


@dataclass(slots=True)
class Report:
    """What a look came to: dossiers asked about, and those of which something new was seen."""

    asked: int = 0
    changed: int = 0
    error: DeliveryError | None = None


class HandStates:
    """Asks about what is due. Several processes share the work."""

    def __init__(
        self,
        engine: Engine,
        ministry: Callable[[], Ministry],
        *,
        now: Callable[[], datetime],
        poll_interval: timedelta,
        patience: timedelta,
    ) -> None:
        self._engine = engine
        self._ministry = ministry
        self._now = now
        self._poll_interval = poll_interval
        self._patience = patience

    def look(self) -> Report:
        """Everything that is due, or as much as a few calls can ask; nothing while the ministry is away, nor when no
        area is in shadow. A question that failed, or whose process died, is asked again after the patience."""
        report = Report()
        with self._engine.begin() as db:
            modes = areas.read(db)
            if all(rule.mode is not Mode.SHADOW for rule in modes.rules.values()):
                return report
            shadow_states.enrol(db, in_shadow(modes), limit=ENROLLED, now=self._now())
        for procedure in PROCEDURES:
            for _ in range(CALLS):
                due = self._due(procedure)
                if not due:
                    break
                try:
                    self._ask(procedure, due, report)
                except DeliveryError as error:
                    report.error = error
                    self._tell(error)
                    return report
                self._tell(None)
                if len(due) < CODES_PER_CALL:
                    break
        return report

    def _due(self, procedure: Procedure) -> list[Asked]:
        now = self._now()
        with self._engine.begin() as db:
            modes = areas.read(db)
            # Whether the ministry is back is seen by what has to be sent.
            if Partner.MINISTRY in partners.not_open(db, now):
                return []
            until = now + self._patience
            return shadow_states.due(db, procedure, in_shadow(modes), limit=CODES_PER_CALL, now=now, until=until)

    def _ask(self, procedure: Procedure, due: Sequence[Asked], report: Report) -> None:
        """One call, and more where its answer cannot be read. An unreadable answer about one alone shows nothing."""
        asked = {one.code: one for one in due}
        for codes, told in self._ministry().states_apart(procedure, list(asked), self._now()):
            self._note([asked[code] for code in codes], () if isinstance(told, Garbled) else told, report)

    def _note(self, due: Sequence[Asked], items: Iterable[bytes], report: Report) -> None:
        now = self._now()
        shown = _states(items)
        seen = [_after(one, shown.get(one.code), now) for one in due]
        with self._engine.begin() as db:
            modes = areas.steady(db)
            ask_at = {one.code: self._again(one, now) for one in seen}
            shadow_states.note(db, seen, ask_at, in_shadow(modes))
        report.asked += len(due)
        report.changed += sum(one != before for one, before in zip(seen, due, strict=True))

    def _again(self, one: Asked, now: datetime) -> datetime | None:
        if one.state in _ENDS:
            return None
        return now + wait_before_question(now - one.changed_at, self._poll_interval)

    def _tell(self, error: DeliveryError | None) -> None:
        with self._engine.begin() as db:
            good, errors = (1, []) if error is None else (0, [error])
            partners.note(db, Partner.MINISTRY, good=good, errors=errors, now=self._now())


def _states(items: Iterable[bytes]) -> dict[str, tuple[int, datetime]]:
    """The states that can be read, by the code of their dossier."""
    found = {}
    for raw in items:
        form, faults = DossierState.read(raw)
        if form is None or any(one.blocks for one in check_state(form, faults)):
            continue
        if form.dossier_code and form.state is not None and form.happened_at:
            found[clean_code(form.dossier_code)] = form.state, parse_instant(form.happened_at, INSTANT_FORMAT)
    return found


def _after(one: Asked, shown: tuple[int, datetime] | None, now: datetime) -> Asked:
    """Replicas lag: an older state after a newer one says nothing."""
    if shown is None or (one.state_at is not None and shown[1] <= one.state_at):
        return one
    return replace(one, state=shown[0], state_at=shown[1], changed_at=now)
