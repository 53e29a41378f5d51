"""What follows for a dossier when a person moved one of its messages, in the same transaction."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from connector.adapters import dossiers, lanes, ledger, waiting
from connector.domain import dossiers as rules
from connector.domain.checks.results import read_result
from connector.domain.dossiers import Facts, moved_at_province
from connector.domain.message import Route, Ruling, State
from connector.domain.rechecks import result_day
from connector.domain.statuses import WITHDRAWN
from connector.domain.stored import Stored
from schemas import ministry as forms

_MAY_WAIT = (Route.APPLICATION, Route.WITHDRAWAL)


def carry_out(
    db: Connection, rulings: Iterable[tuple[Stored, Ruling]], *, now: datetime, by: str
) -> tuple[frozenset[UUID], set[Route]]:
    """Moves the messages as ruled, and looks after what waited for them. Returns the moved ids, and the routes that
    have new work."""
    pairs = list(rulings)
    moved = ledger.rule(db, [ruling for _, ruling in pairs], now=now, by=by)
    done = [(stored, ruling) for stored, ruling in pairs if stored.message_id in moved]
    routes = {stored.route for stored, ruling in done if ruling.became is State.READY}
    return moved, routes | follow(db, done, now=now, by=by)


def follow(db: Connection, moved: Iterable[tuple[Stored, Ruling]], *, now: datetime, by: str) -> set[Route]:
    """The facts that an invalid message could not tell before, and whoever waited for one of these."""
    done = list(moved)
    facts = dossiers.load(db, [s.subject for s, _ in done if s.route is not Route.REGISTER], lock=True)
    dossiers.save(db, _learned(done, facts).values())
    routes = _after_results(db, done, facts, now=now, by=by)
    touched = {s.subject: facts[s.subject] for s, _ in done if s.route in _MAY_WAIT and s.subject in facts}
    if touched:
        if waiting.release_supplements(db, touched, now=now, by=by):
            routes.add(Route.APPLICATION)
        if waiting.resolve_withdrawals(db, touched, now=now, by=by):
            routes.add(Route.WITHDRAWAL)
    return routes


def _learned(done: Iterable[tuple[Stored, Ruling]], facts: dict[str, Facts]) -> dict[str, Facts]:
    """What was not believed of a message while it was invalid; `facts` are brought up to date as well."""
    changed = {}
    for stored, ruling in done:
        known = facts.get(stored.subject)
        if known is None or stored.state is not State.INVALID or ruling.became not in (State.READY, State.HELD):
            continue
        if stored.route is Route.WITHDRAWAL:
            changed[stored.subject] = moved_at_province(known, WITHDRAWN).withdraw()
        elif stored.route is Route.RESULT and ruling.became is State.READY:
            changed[stored.subject] = _with_result(stored, known)
    facts.update(changed)
    return changed


def _with_result(stored: Stored, facts: Facts) -> Facts:
    state, _ = forms.DossierState.read(stored.body or b"")
    if state is None:
        return facts
    result, _ = read_result(state)
    return facts._replace(
        result_key=stored.content_key,
        result_entry=rules.entry_of(result),
        result_day=result_day(state, facts),
        awaits_document=False,
    )


def _after_results(
    db: Connection, done: Iterable[tuple[Stored, Ruling]], facts: dict[str, Facts], *, now: datetime, by: str
) -> set[Route]:
    """A hand-over that had waited for a result which does not go any more is told now."""
    ended = {s.subject for s, r in done if s.route is Route.RESULT and r.became in (State.CANCELLED, State.INVALID)}
    drafts = []
    for code in ended - lanes.on_their_way(db, Route.RESULT, ended):
        if (known := facts.get(code)) is None:
            continue
        change = rules.hand_over(known)
        if change.steps:
            dossiers.save(db, [change.facts])
            facts[code] = change.facts
            drafts += [rules.step_draft(change.facts, step, now) for step in change.steps]
    return {Route.PROGRESS} if ledger.take_in(db, drafts, now, by).new else set()
