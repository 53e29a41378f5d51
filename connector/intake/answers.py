"""One answer of the ministry about several dossiers, decided against the ledger and written into it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from connector.adapters import aliases, dossiers, lanes, ledger, waiting
from connector.domain import dossiers as rules
from connector.domain.aliases import NO_ALIASES, dossier_with
from connector.domain.arrivals import LARGEST_VERSION
from connector.domain.checks.results import check_result, read_result
from connector.domain.dossiers import Facts, step_draft
from connector.domain.message import Draft, Hold, Move, Route, State, first_state, new_id, source_key
from connector.domain.sameness import raw_key
from connector.intake.state_items import CODE_POINTER, StateItem, read_item
from schemas import ministry as forms
from schemas import province
from schemas.findings import Code, Finding, contract_finding, finding
from schemas.reading import Fault
from schemas.values import VIETNAM

# How many answers about one dossier alone must be unreadable before that is its own fault and not the line's.
GARBLED_LIMIT: Final = 3


@dataclass(frozen=True, slots=True)
class Answers:
    """What was asked, and the items that came, as received; or the bytes of an answer about one dossier that is no
    JSON."""

    codes: Sequence[str]
    items: tuple[bytes, ...] = field(repr=False)
    garbled: bytes | None = field(default=None, repr=False)


@dataclass(slots=True)
class Outcome:
    changed: int = 0
    stale: int = 0
    invalid: int = 0
    routes: set[Route] = field(default_factory=set)


def record(db: Connection, answers: Answers, *, now: datetime, poll: timedelta, by: str) -> Outcome:
    """Writes what an answer tells, in the caller's transaction."""
    items = [read_item(raw) for raw in answers.items]
    desk = _Desk(db, now, poll, by, dossiers.load(db, {*answers.codes, *(item.code for item in items)}, lock=True))
    desk.load_applications(items)
    if answers.garbled is not None:
        desk.note_garbled(answers.codes[0], answers.garbled)
    for item in items:
        desk.take(item)
    for code in answers.codes:
        desk.note_asked(code)
    return desk.write()


class _Desk:
    """What is known while one answer is decided, and what it comes to."""

    def __init__(self, db: Connection, now: datetime, poll: timedelta, by: str, facts: dict[str, Facts]) -> None:
        self._db = db
        self._now = now
        self._poll = poll
        self._by = by
        self._facts = facts
        self._applications: dict[str, province.Dossier] = {}
        self._drafts: list[Draft] = []
        self._sightings: list[tuple[str, int, datetime, str]] = []
        self._renewed: set[str] = set()
        self._documents: set[str] = set()
        self._garbled: set[str] = set()
        self._results_coming: set[str] = set()
        self._shown_again: set[str] = set()
        self._asked_for: set[str] = set()
        self.outcome = Outcome()

    def load_applications(self, items: Sequence[StateItem]) -> None:
        """The applications of dossiers whose answer carries a result: what was registered is compared with them."""
        wanted = {}
        for item in items:
            facts = self._facts.get(item.code)
            if item.form and item.form.result and facts and facts.application_id:
                wanted[facts.application_id] = item.code
        self._results_coming |= lanes.on_their_way(self._db, Route.RESULT, wanted.values())
        known = aliases.load(self._db) if wanted else NO_ALIASES
        for message_id, body in lanes.bodies(self._db, list(wanted)).items():
            event, _ = province.DossierEvent.read(body)
            if event and event.dossier:
                self._applications[wanted[message_id]] = dossier_with(event.dossier, known)

    def take(self, item: StateItem) -> None:
        """One state of one dossier."""
        facts = self._facts.get(item.code)
        if item.blocked or item.form is None:
            self._quarantine(item, item.route, item.findings, facts)
            return
        if facts is None or facts.submissions == 0:
            self._quarantine(item, item.route, (*item.findings, finding(Code.UNMATCHED_DOSSIER, CODE_POINTER)), facts)
            return
        state, happened_at = item.form.state, item.happened_at
        assert state is not None
        assert happened_at is not None
        if rules.is_stale(facts, state, happened_at):
            if (state, happened_at) != (facts.state, facts.state_at):
                self.outcome.stale += 1
                self._sightings.append((item.code, state, happened_at, "stale"))
            elif facts.awaits_document and state in rules.HAS_RESULT:
                # The contract promises a later instant with the document; a build that keeps the old one is heard, too.
                self._facts[item.code] = self._take_result(item, item.form, facts, happened_at)
            return
        self._apply(item, item.form, facts, state, happened_at)

    def _apply(
        self, item: StateItem, form: forms.DossierState, facts: Facts, state: int, happened_at: datetime
    ) -> None:
        """A state that is newer than what was known."""
        self.outcome.changed += 1
        self._sightings.append((item.code, state, happened_at, "applied"))
        self._renewed.add(item.code)
        if state in rules.HAS_RESULT:
            facts = self._take_result(item, form, facts, happened_at)
        change = rules.state_seen(
            facts,
            state=state,
            happened_at=happened_at,
            ordinal=min(form.ordinal or facts.submissions, LARGEST_VERSION),
            item=item.without_result,
            now=self._now,
            poll=self._poll,
            result_waits=item.code in self._results_coming - self._documents,
            result_again=item.code in self._shown_again,
        )
        self._facts[item.code] = change.facts
        self._drafts += [step_draft(change.facts, step, self._now) for step in change.steps]
        if state == rules.SUPPLEMENT_ASKED:
            self._asked_for.add(item.code)

    def _take_result(self, item: StateItem, state: forms.DossierState, facts: Facts, happened_at: datetime) -> Facts:
        """A result, if it is one that is not known yet; without its document it is held, and is no result yet."""
        result, faults = read_result(state)
        entry = rules.entry_of(result)
        day = (
            facts.result_day
            if entry == facts.result_entry and facts.result_day
            else happened_at.astimezone(VIETNAM).date()
        )
        findings = tuple(check_result(state, result, faults, self._applications.get(item.code), day))
        blocked = any(found.blocks for found in findings)
        key = raw_key((state.result or "").encode())
        if not blocked and (result is None or not result.paper):
            if not facts.awaits_document:
                facts = facts._replace(results=facts.results + 1, awaits_document=True)
                self._drafts.append(self._result(item, facts, key, findings, Hold.DOCUMENT))
            return facts
        if facts.result_key == key:
            if facts.awaits_document:  # it was announced anew, and is the one that is known
                self._documents.add(item.code)
            self._shown_again.add(item.code)
            return facts._replace(awaits_document=False)
        facts = facts._replace(results=facts.results + 1)
        if not blocked:
            if facts.awaits_document:
                self._documents.add(item.code)
            facts = facts._replace(result_key=key, result_entry=entry, result_day=day, awaits_document=False)
        self._drafts.append(self._result(item, facts, key, findings, None))
        return facts

    def _result(
        self, item: StateItem, facts: Facts, key: bytes, findings: tuple[Finding, ...], hold: Hold | None
    ) -> Draft:
        state = first_state(findings, hold)
        if state is State.INVALID:
            self.outcome.invalid += 1
        else:
            self._results_coming.add(facts.code)
        # The same broken result is kept once; a good one may come back after another.
        version = "invalid" if state is State.INVALID else str(facts.results)
        return Draft(
            message_id=new_id(self._now),
            route=Route.RESULT,
            subject=facts.code,
            version=facts.results,
            source_key=source_key("result", facts.code, version, key.hex()),
            body=item.raw,
            state=state,
            event="state",
            procedure=facts.procedure,
            area=facts.area,
            office=facts.office,
            received_on=facts.received_on,
            content_key=key,
            due_at=self._now,
            hold=hold,
            findings=findings,
            why="waits for its signed document" if hold else "",
        )

    def _quarantine(self, item: StateItem, route: Route, findings: tuple[Finding, ...], facts: Facts | None) -> None:
        """Keeps what cannot be used, once, however often the ministry shows it."""
        self.outcome.invalid += 1
        self._drafts.append(
            Draft(
                message_id=new_id(self._now),
                route=route,
                subject=item.code,
                version=0,
                source_key=source_key(route.value, item.code, raw_key(item.raw).hex()),
                body=item.raw,
                state=State.INVALID,
                event="state",
                procedure=facts.procedure if facts else None,
                area=facts.area if facts else None,
                office=facts.office if facts else None,
                received_on=facts.received_on if facts else None,
                findings=findings,
            )
        )

    def note_garbled(self, code: str, body: bytes) -> None:
        """An answer about this dossier alone that is no JSON: the line's fault at first, in the end the answer's
        own."""
        facts = self._facts.get(code)
        if facts is None:
            return
        self._garbled.add(code)
        facts = facts._replace(garbled=facts.garbled + 1, ask_at=self._now + self._poll)
        self._facts[code] = facts
        if facts.garbled == GARBLED_LIMIT:
            unreadable = StateItem(body, None, code, (contract_finding(Fault("", "not_json")),))
            self._quarantine(unreadable, Route.PROGRESS, unreadable.findings, facts)

    def note_asked(self, code: str) -> None:
        """Nothing new of this dossier: it is asked about again, the later the longer it has been quiet."""
        facts = self._facts.get(code)
        if facts is not None and code not in self._renewed and code not in self._garbled:
            self._facts[code] = rules.asked(facts, now=self._now, poll=self._poll)

    def write(self) -> Outcome:
        db, now, by = self._db, self._now, self._by
        waiting_results = [
            entry.message_id
            for lane in lanes.of_subjects(db, Route.RESULT, self._documents).values()
            for entry in lane
            if entry.hold is Hold.DOCUMENT
        ]
        ledger.move(
            db, waiting_results, Move.SUPERSEDE, State.SUPERSEDED, now=now, by=by, why="the signed document came"
        )
        dossiers.save(db, self._facts.values())
        dossiers.sight(db, self._sightings, now)
        taken = ledger.take_in(db, self._drafts, now, by)
        fresh = [draft for draft in self._drafts if draft.message_id in taken.new]
        self.outcome.routes = {draft.route for draft in fresh if draft.state is State.READY}
        asked_for = {code: self._facts[code] for code in self._asked_for}
        if waiting.release_supplements(db, asked_for, now=now, by=by):
            self.outcome.routes.add(Route.APPLICATION)
        return self.outcome
