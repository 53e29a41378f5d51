"""A page of arrivals, decided against the ledger and written into it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from connector.adapters import dossiers, lanes, ledger, waiting
from connector.domain import arrivals as kinds
from connector.domain.arrivals import Arrival
from connector.domain.dossiers import BY_HAND, Facts, is_given_up, may_go, moved_at_province, seen_at_province
from connector.domain.message import Draft, Hold, LaneEntry, Route, State, first_state, new_id, source_key
from connector.domain.statuses import HANDED_OVER, WITHDRAWN
from schemas.findings import Code, Finding, finding


@dataclass(slots=True)
class Written:
    """What was written: how many messages are new, how many were known, and the routes that have work now."""

    taken: int = 0
    duplicates: int = 0
    routes: set[Route] = field(default_factory=set)


def write(db: Connection, page: Sequence[Arrival], *, now: datetime, by: str) -> Written:
    """Writes a page in the order in which it came, in the caller's transaction."""
    codes = {arrival.subject for arrival in page if arrival.has_dossier}
    desk = _Desk(
        now=now,
        facts=dossiers.load(db, codes, lock=True),
        lanes=lanes.of_subjects(db, Route.APPLICATION, {arrival.subject for arrival in page}),
    )
    drafts = [draft for arrival in page if (draft := desk.decide(arrival)) is not None]
    dossiers.save(db, (desk.facts[code] for code in desk.changed))
    taken = ledger.take_in(db, drafts, now, by)
    written = Written(len(taken.new), taken.duplicates)
    written.routes = {draft.route for draft in drafts if draft.message_id in taken.new and draft.state is State.READY}
    if desk.unsettled:
        waiting.drop_overtaken(db, desk.unsettled, now=now, by=by)
        touched = {code: desk.facts[code] for code in desk.unsettled if code in desk.facts}
        if waiting.release_supplements(db, touched, now=now, by=by):
            written.routes.add(Route.APPLICATION)
        if waiting.resolve_withdrawals(db, touched, now=now, by=by):
            written.routes.add(Route.WITHDRAWAL)
    return written


@dataclass(slots=True)
class _Desk:
    """What is known while a page is decided. `unsettled` are dossiers where something may have been waiting for
    this."""

    now: datetime
    facts: dict[str, Facts]
    lanes: dict[str, list[LaneEntry]]
    changed: set[str] = field(default_factory=set)
    unsettled: set[str] = field(default_factory=set)

    def decide(self, arrival: Arrival) -> Draft | None:
        """The message that an arrival becomes; None when it only tells where the dossier stands."""
        facts = self._learn(arrival)
        if arrival.kind == kinds.HANDED_OVER and not arrival.blocked:
            return None
        lane = self.lanes.setdefault(arrival.subject, [])
        findings = arrival.findings
        if arrival.route is Route.APPLICATION and _conflicts(arrival, lane):
            findings = (*findings, finding(Code.PAYLOAD_CONFLICT))
        hold = self._hold(arrival, facts, lane)
        state, why = _beginning(findings, hold, facts, lane)
        draft = Draft(
            message_id=new_id(self.now),
            route=arrival.route,
            subject=arrival.subject,
            version=arrival.version,
            source_key=source_key(
                arrival.route.value, arrival.subject, str(arrival.version), arrival.content_key.hex()
            ),
            body=arrival.raw,
            state=state,
            event=arrival.kind,
            procedure=arrival.procedure,
            area=arrival.area,
            office=arrival.office,
            received_on=arrival.received_on,
            content_key=arrival.content_key,
            due_at=self.now,
            hold=hold,
            findings=findings,
            why=why,
        )
        if draft.route is Route.APPLICATION:
            lane.append(_entry(draft))
            if len(lane) > 1 or (facts is not None and facts.withdrawn):
                self.unsettled.add(arrival.subject)
        else:
            self.unsettled.add(arrival.subject)
        return draft

    def _learn(self, arrival: Arrival) -> Facts | None:
        """What the event tells of the dossier at the province."""
        code = arrival.subject
        known = self.facts.get(code)
        if not arrival.has_dossier:
            return known
        assert arrival.procedure
        assert arrival.office
        assert arrival.received_on
        assert arrival.status
        learned = known or Facts(
            code=code,
            procedure=arrival.procedure,
            office=arrival.office,
            received_on=arrival.received_on,
            area=arrival.area,
            version=0,
            planned=arrival.status,
            changed_at=self.now,
        )
        learned = seen_at_province(learned, version=arrival.version, status=arrival.status)
        if arrival.kind == kinds.HANDED_OVER:
            learned = moved_at_province(learned, HANDED_OVER)
        elif arrival.kind == kinds.WITHDRAWAL and not arrival.blocked:
            learned = moved_at_province(learned, WITHDRAWN).withdraw()
        if learned != known:
            self.facts[code] = learned
            self.changed.add(code)
        return learned

    def _hold(self, arrival: Arrival, facts: Facts | None, lane: list[LaneEntry]) -> Hold | None:
        if arrival.route is Route.WITHDRAWAL:
            return Hold.APPLICATION
        if facts is None or arrival.blocked:
            return None
        has_earlier = waiting.has_ended_before(arrival.version, lane)
        goes = may_go(facts, is_supplement=arrival.kind == kinds.SUPPLEMENT, has_earlier=has_earlier)
        return None if goes else Hold.REQUEST


def _conflicts(arrival: Arrival, lane: Sequence[LaneEntry]) -> bool:
    """Whether the same version came before with another content."""
    same_version = [entry for entry in lane if entry.version == arrival.version]
    return bool(same_version) and all(entry.content_key != arrival.content_key for entry in same_version)


def _entry(draft: Draft) -> LaneEntry:
    return LaneEntry(
        draft.message_id,
        draft.subject,
        draft.version,
        draft.event,
        draft.state,
        draft.hold,
        0,
        draft.content_key,
    )


def _beginning(
    findings: Sequence[Finding], hold: Hold | None, facts: Facts | None, lane: Sequence[LaneEntry]
) -> tuple[State, str]:
    """Where the message begins, and why."""
    state = first_state(findings, hold)
    if state is not State.INVALID and is_given_up(facts, (entry.state for entry in lane)):
        return State.CANCELLED, BY_HAND
    return state, f"waits for {hold}" if hold else ""
