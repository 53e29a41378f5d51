"""What follows from a batch that was settled, in the same transaction: progress, releases, what became pointless."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from connector.adapters import dossiers, lanes, ledger, waiting
from connector.adapters.ledger import Claimed
from connector.delivery.senders import Sent
from connector.domain import dossiers as rules
from connector.domain.dossiers import Changes, Facts
from connector.domain.message import Draft, Hold, Move, Route, State


@dataclass(frozen=True, slots=True)
class Ended:
    """A message that this worker settled: how it is now, and what the partner gave back when it took it."""

    message: Claimed
    became: State
    sent: Sent | None
    hold: Hold | None = None


def follow_up(
    db: Connection, ended: Sequence[Ended], facts: dict[str, Facts], *, now: datetime, poll: timedelta, by: str
) -> set[Route]:
    """Writes what follows; returns the routes that have new work. `facts` are locked by the caller."""
    drafts: list[Draft] = []
    changed: dict[str, Facts] = {}
    unsettled: set[str] = set()
    results = {one.message.subject for one in ended if one.message.route is Route.RESULT}
    still_coming = lanes.on_their_way(db, Route.RESULT, results)
    for one in ended:
        code = one.message.subject
        known = changed.get(code) or facts.get(code)
        if known is None:
            continue
        change = _change(one, known, now, poll, result_waits=code in still_coming)
        if change is not None:
            changed[code] = change.facts
            drafts += [rules.step_draft(change.facts, step, now) for step in change.steps]
        if one.message.route is Route.APPLICATION and _may_free_others(one, changed.get(code) or known):
            unsettled.add(code)
    dossiers.save(db, changed.values())
    taken = ledger.take_in(db, drafts, now, by)
    routes = {draft.route for draft in drafts if draft.message_id in taken.new}
    _supersede_outdated(db, ended, now, by)
    if unsettled:
        touched = {code: changed.get(code) or facts[code] for code in unsettled}
        if waiting.release_supplements(db, touched, now=now, by=by):
            routes.add(Route.APPLICATION)
        if waiting.resolve_withdrawals(db, touched, now=now, by=by):
            routes.add(Route.WITHDRAWAL)
    return routes


def _may_free_others(one: Ended, facts: Facts) -> bool:
    """Whether a supplement or a withdrawal may have waited for this end of an application."""
    if facts.withdrawn:
        return True
    if one.became is State.DELIVERED:
        return facts.asked_for == facts.submissions
    return one.became is not State.READY


def _change(one: Ended, known: Facts, now: datetime, poll: timedelta, *, result_waits: bool) -> Changes | None:
    route, sent = one.message.route, one.sent
    if one.hold is Hold.REQUEST and route is Route.APPLICATION:
        return Changes(facts=known._replace(asked_for=None))
    if one.became in (State.REFUSED, State.INVALID) and route is Route.RESULT and not result_waits:
        return rules.hand_over(known)  # it had waited for this correction, which does not go
    if one.became is not State.DELIVERED or sent is None or one.message.again:
        return None  # what followed from a delivery followed when it was delivered first
    if route is Route.APPLICATION:
        return rules.accepted(
            known,
            ordinal=sent.ordinal or known.submissions + 1,
            application_id=one.message.message_id,
            ministry_code=sent.ministry_code,
            body=sent.body,
            now=now,
            poll=poll,
        )
    if route is Route.RESULT:
        return rules.result_stored(
            known, fingerprint=sent.sent or "", item=sent.body, now=now, result_waits=result_waits
        )
    if route is Route.WITHDRAWAL:
        return Changes(facts=known._replace(ask_at=None, ask_until=now, changed_at=now))
    return None


def _supersede_outdated(db: Connection, ended: Sequence[Ended], now: datetime, by: str) -> None:
    delivered = [
        (one.message.route, one.message.subject, one.message.version) for one in ended if one.became is State.DELIVERED
    ]
    if delivered:
        ids = lanes.outdated(db, delivered)
        ledger.move(db, ids, Move.SUPERSEDE, State.SUPERSEDED, now=now, by=by, why=waiting.OVERTAKEN)
