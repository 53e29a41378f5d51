"""Register entries, decided against the ledger and written into it: which version is new, and whose a number is."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from connector.adapters import ledger, registers
from connector.domain.entries import NUMBER, Entry, Head, made_up_subject, subject_of
from connector.domain.message import Draft, Route, State, first_state, new_id, source_key
from connector.domain.register_numbers import NumberKey
from connector.domain.sameness import raw_key
from schemas.findings import Code, Finding, contract_finding, finding
from schemas.ministry import EntryHead
from schemas.reading import Fault
from schemas.values import Procedure


@dataclass(slots=True)
class Written:
    """What was written: messages that are new, how many of them are quarantined, and how many were known."""

    taken: int = 0
    invalid: int = 0
    duplicates: int = 0
    routes: set[Route] = field(default_factory=set)

    def add(self, drafts: Sequence[Draft], taken: ledger.Taken) -> None:
        fresh = [draft for draft in drafts if draft.message_id in taken.new]
        self.taken += len(fresh)
        self.invalid += sum(draft.state is State.INVALID for draft in fresh)
        self.duplicates += taken.duplicates
        self.routes |= {draft.route for draft in fresh if draft.state is State.READY}


@dataclass(frozen=True, slots=True)
class Unusable:
    """Bytes that are no entry, with its id where that is known, and what is wrong with them."""

    entry_id: int | None
    raw: bytes = field(repr=False)
    faults: Sequence[Fault]


def enrol(db: Connection, procedure: Procedure, entries: Sequence[Entry], *, now: datetime, by: str) -> Written:
    """Takes in versions of entries, each with its id and version, in the caller's transaction.

    One that the ledger has is a duplicate. An older one than the newest known is taken in for the lane's sake, and says
    nothing about numbers any more.
    """
    numbers = _Numbers(db, procedure, entries)
    # A cancellation frees its number for whoever is registered under it in the same batch.
    drafts = [
        _draft(procedure, entry, numbers.judge(entry), now)
        for entry in sorted(entries, key=lambda entry: not entry.cancelled)
    ]
    taken = ledger.take_in(db, drafts, now, by)
    numbers.write()
    written = Written()
    written.add(drafts, taken)
    return written


def quarantine(db: Connection, procedure: Procedure, bodies: Iterable[Unusable], *, now: datetime, by: str) -> Written:
    """Keeps what cannot be used, once for the same bytes.

    Its version is 0: when the entry can be read after all, it is taken in as if this had not been, and this becomes
    superseded once that is delivered.
    """
    drafts = [
        Draft(
            message_id=new_id(now),
            route=Route.REGISTER,
            subject=made_up_subject(one.raw) if one.entry_id is None else subject_of(procedure, one.entry_id),
            version=0,
            source_key=_unusable_key(procedure, one),
            body=one.raw,
            state=State.INVALID,
            event="entry",
            procedure=procedure,
            findings=tuple(contract_finding(fault) for fault in one.faults) or (contract_finding(_NO_ID),),
        )
        for one in bodies
    ]
    written = Written()
    written.add(drafts, ledger.take_in(db, drafts, now, by))
    return written


def quarantined(db: Connection, procedure: Procedure, bodies: Collection[Unusable]) -> bool:
    """Whether all of these are quarantined already, with the same bytes."""
    keys = {_unusable_key(procedure, one) for one in bodies}
    return registers.known_keys(db, keys) == keys


def unknown_of(db: Connection, procedure: Procedure, heads: Collection[Head]) -> dict[int, Head]:
    """The entries whose listed version is newer than what the ledger has, by id. A line without a version might be."""
    listed = {head.entry_id: head for head in heads if head.entry_id is not None}
    newest = registers.newest_versions(db, (subject_of(procedure, entry_id) for entry_id in listed))
    return {
        entry_id: head
        for entry_id, head in listed.items()
        if head.version is None or newest.get(subject_of(procedure, entry_id), 0) < head.version
    }


def _unusable_key(procedure: Procedure, one: Unusable) -> bytes:
    return source_key(Route.REGISTER.value, procedure, str(one.entry_id), "0", raw_key(one.raw).hex())


def _draft(procedure: Procedure, entry: Entry, findings: tuple[Finding, ...], now: datetime) -> Draft:
    assert entry.entry_id is not None
    assert entry.version is not None
    subject = subject_of(procedure, entry.entry_id)
    return Draft(
        message_id=new_id(now),
        route=Route.REGISTER,
        subject=subject,
        version=entry.version,
        source_key=source_key(Route.REGISTER.value, subject, str(entry.version)),
        body=entry.raw,
        state=first_state(findings, None),
        event="entry",
        procedure=procedure,
        area=entry.area,
        office=entry.office,
        received_on=entry.registered_on,
        content_key=entry.fingerprint,
        due_at=now,
        findings=findings,
        dossier=entry.dossier,
    )


_NO_ID: Final = Fault("/" + EntryHead.member("entry_id"), "range")


class _Numbers:
    """Whose each register number is, while a batch is decided. The entry that came first keeps it until it is cancelled
    or moves to another number."""

    def __init__(self, db: Connection, procedure: Procedure, entries: Sequence[Entry]) -> None:
        self._db = db
        self._procedure = procedure
        subjects = [self._subject(entry) for entry in entries]
        self._newest = registers.newest_versions(db, subjects)
        self._owners = registers.owners(db, {e.number_key for e in entries if e.number_key}, subjects)
        self._held = {subject: key for key, subject in self._owners.items()}
        self._freed: set[NumberKey] = set()
        self._given: dict[NumberKey, str] = {}

    def judge(self, entry: Entry) -> tuple[Finding, ...]:
        """The entry's findings; with REGISTER_NUMBER_DUPLICATE when its number belongs to another."""
        subject, key = self._subject(entry), entry.number_key
        if entry.version is None or entry.version < self._newest.get(subject, 0):
            return entry.findings
        if entry.cancelled:
            self._free(subject)
            return entry.findings
        if key is None or self._held.get(subject) == key:
            return entry.findings
        self._free(subject)
        if key in self._owners:
            return (*entry.findings, finding(Code.REGISTER_NUMBER_DUPLICATE, NUMBER))
        self._owners[key] = self._given[key] = subject
        self._held[subject] = key
        return entry.findings

    def write(self) -> None:
        registers.write_owners(self._db, self._freed, self._given)

    def _free(self, subject: str) -> None:
        key = self._held.pop(subject, None)
        if key is not None:
            del self._owners[key]
            self._given.pop(key, None)
            self._freed.add(key)

    def _subject(self, entry: Entry) -> str:
        assert entry.entry_id is not None
        return subject_of(self._procedure, entry.entry_id)
