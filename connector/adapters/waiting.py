"""Lets go what waited for something that has happened. Called in the transaction in which it happened."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from connector.adapters import lanes, ledger
from connector.domain import withdrawals
from connector.domain.dossiers import Facts, may_go
from connector.domain.message import BLOCKS_ITS_LANE, Hold, LaneEntry, Move, Route, State

SUPPLEMENT = "supplement"
OVERTAKEN = "a later version was delivered"


def release_supplements(db: Connection, facts: Mapping[str, Facts], *, now: datetime, by: str) -> bool:
    """Supplements of these dossiers that may go now: the ministry asked, or nothing came before them. True if any
    does."""
    go = []
    for code, entries in lanes.of_subjects(db, Route.APPLICATION, facts).items():
        waiting = next((entry for entry in entries if entry.hold is Hold.REQUEST), None)
        if waiting is not None and is_expected(waiting, entries, facts[code]):
            go.append(waiting.message_id)
    return bool(ledger.move(db, go, Move.RELEASE, State.READY, now=now, by=by, why="the ministry expects it"))


def is_expected(entry: LaneEntry, lane: Collection[LaneEntry], facts: Facts) -> bool:
    """Whether this application need not wait for a question of the ministry."""
    return may_go(facts, is_supplement=entry.event == SUPPLEMENT, has_earlier=has_ended_before(entry.version, lane))


def has_ended_before(version: int, lane: Collection[LaneEntry]) -> bool:
    """Whether there are earlier versions in the lane, and none of them is on its way."""
    earlier = [other.state for other in lane if other.version < version]
    return bool(earlier) and not any(state in BLOCKS_ITS_LANE for state in earlier)


def drop_overtaken(db: Connection, codes: Iterable[str], *, now: datetime, by: str) -> None:
    """Applications that came after a later version of them was delivered: they are not sent any more."""
    delivered = [
        (Route.APPLICATION, code, max(done))
        for code, entries in lanes.of_subjects(db, Route.APPLICATION, codes).items()
        if (done := [entry.version for entry in entries if entry.state is State.DELIVERED])
    ]
    if delivered:
        ids = lanes.outdated(db, delivered)
        ledger.move(db, ids, Move.SUPERSEDE, State.SUPERSEDED, now=now, by=by, why=OVERTAKEN)


def resolve_withdrawals(db: Connection, facts: Mapping[str, Facts], *, now: datetime, by: str) -> bool:
    """Withdrawals that waited for their application: sent, or cancelled together with it. True if any is to be sent."""
    waiting = {
        code: [entry for entry in entries if entry.hold is Hold.APPLICATION]
        for code, entries in lanes.of_subjects(db, Route.WITHDRAWAL, facts).items()
    }
    codes = [code for code, entries in waiting.items() if entries]
    if not codes:
        return False
    # Claiming is the one step that locks no dossier: what is ready here could be on the line by the next statement.
    lanes.hold_still(db, Route.APPLICATION, codes)
    applications = lanes.of_subjects(db, Route.APPLICATION, codes)
    maybe = lanes.unknown_attempts(db, [entry.message_id for lane in applications.values() for entry in lane])
    any_goes = False
    for code in codes:
        decision = withdrawals.decide(applications.get(code, []), facts[code].submissions, maybe.keys())
        ids = [entry.message_id for entry in waiting[code]]
        refused = {entry.message_id for entry in applications.get(code, []) if entry.state is State.REFUSED}
        for why, gone in (
            (withdrawals.NEVER_SENT, [one for one in decision.superseded if one not in refused]),
            (withdrawals.NEVER_TAKEN, [one for one in decision.superseded if one in refused]),
        ):
            ledger.move(db, gone, Move.SUPERSEDE, State.SUPERSEDED, now=now, by=by, why=why)
        if decision.became is State.READY:
            ledger.move(db, ids, Move.RELEASE, State.READY, now=now, by=by, why=decision.why)
            any_goes = True
        elif decision.became is State.CANCELLED:
            ledger.move(db, ids, Move.CANCEL, State.CANCELLED, now=now, by=by, why=decision.why)
    return any_goes
