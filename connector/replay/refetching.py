"""The source is asked again: what it has now comes in the way all that it sends comes in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from connector.adapters import dossiers, ledger
from connector.adapters.ministry import Ministry
from connector.adapters.province import Province
from connector.adapters.rawjson import NotJson, put
from connector.domain.errors import DeliveryError
from connector.domain.message import Route
from connector.domain.sameness import content_key
from connector.domain.stored import Stored
from schemas import province as forms
from schemas.values import VIETNAM, Procedure

# The ministry is asked about a dossier for so long at least.
ASKED_FOR: Final = timedelta(days=1)
_DOSSIER: Final = forms.DossierEvent.member("dossier")
_KINDS: Final[Mapping[str, forms.EventKind]] = {
    "new": forms.NEW,
    "supplement": forms.SUPPLEMENTED,
    "withdrawal": forms.WITHDRAWN,
}

NEWER = "newer-from-source"
ASKED = "asked-again"
NOT_KNOWN = "not-known-there"

TakeEvent = Callable[[Connection, bytes, datetime, str], set[Route]]
TakeEntry = Callable[[Connection, Procedure, bytes, datetime, str], set[Route]]


@dataclass(frozen=True, slots=True)
class Sources:
    """Where sources are asked, and how intake takes what they give."""

    province: Callable[[], Province]
    ministry: Callable[[], Ministry]
    take_event: TakeEvent
    take_entry: TakeEntry


@dataclass(frozen=True, slots=True)
class Fetched:
    """What the source gave: a body for intake, or the error of the call; nothing where nobody had to be called."""

    body: bytes | None = field(default=None, repr=False)
    error: DeliveryError | None = None


@dataclass(slots=True)
class Taken:
    """What it came to. `same`: the message itself can go again now. Else `outcome` says what became of it."""

    same: bool
    outcome: str = ""
    code: str | None = None
    routes: set[Route] = field(default_factory=set)


class Refetch:
    """Asks, then writes. No transaction is open while it asks."""

    def __init__(self, sources: Sources, *, now: Callable[[], datetime]) -> None:
        self._sources = sources
        self._now = now

    def ask(self, stored: Stored) -> Fetched:
        """What the source has now of this message. Never raises."""
        try:
            if stored.route in (Route.APPLICATION, Route.WITHDRAWAL):
                return Fetched(self._event(stored, self._sources.province().dossier(stored.subject)))
            if stored.route is Route.REGISTER and stored.procedure and (entry_id := _entry_id(stored.subject)):
                entries = self._sources.ministry().full_entries(stored.procedure, [entry_id], self._now())
                return Fetched(entries[0] if len(entries) == 1 else None)
        except DeliveryError as error:
            return Fetched(error=error)
        return Fetched()

    def take(self, db: Connection, stored: Stored, fetched: Fetched, *, now: datetime, by: str) -> Taken:
        """Writes down what came, in the caller's transaction."""
        if fetched.error is not None:
            return Taken(same=False, outcome=fetched.error.outcome, code=fetched.error.code)
        if stored.route in (Route.PROGRESS, Route.RESULT):
            return self._ask_ministry(db, stored, now)
        if fetched.body is None:
            return Taken(same=False, outcome=NOT_KNOWN)
        if stored.route is Route.REGISTER:
            assert stored.procedure is not None
            routes = self._sources.take_entry(db, stored.procedure, fetched.body, now, by)
            same = not routes and stored.version > 0
        else:
            same = _same_dossier(stored, fetched.body)
            routes = set() if same else self._sources.take_event(db, fetched.body, now, by)
        if not same:
            return Taken(same=False, outcome=NEWER, routes=routes)
        if stored.body is None:
            ledger.restore_body(db, stored.message_id, fetched.body)
        return Taken(same=True)

    def _ask_ministry(self, db: Connection, stored: Stored, now: datetime) -> Taken:
        """The dossier is due for the next question; what the ministry shows then comes as messages of its own."""
        facts = dossiers.load(db, [stored.subject], lock=True).get(stored.subject)
        if facts is None or facts.submissions == 0:
            return Taken(same=False, outcome=NOT_KNOWN)
        until = None if facts.ask_until is None else max(facts.ask_until, now + ASKED_FOR)
        dossiers.save(db, [facts._replace(ask_at=now, ask_until=until)])
        return Taken(same=False, outcome=ASKED)

    def _event(self, stored: Stored, dossier: bytes) -> bytes:
        """The event that would bring this dossier: the one we have, or one in its place, with what it has now."""
        form, _ = forms.Dossier.read(dossier)
        newer = form is not None and (form.version or 0) > stored.version
        made = forms.DossierEvent(
            event_id=f"refetch-{stored.message_id}",
            kind=forms.SUPPLEMENTED if newer else _KINDS.get(stored.event, forms.NEW),
            happened_at=self._now().astimezone(VIETNAM).strftime(forms.INSTANT_FORMAT),
        )
        in_its_place = made.model_dump_json(by_alias=True, exclude_none=True).encode()
        try:
            return put(in_its_place if newer or not stored.body else stored.body, _DOSSIER, dossier)
        except NotJson:
            return put(in_its_place, _DOSSIER, dossier)


def _same_dossier(stored: Stored, body: bytes) -> bool:
    """Whether the source has the very version that we have."""
    event, faults = forms.DossierEvent.read(body)
    if event is None or event.dossier is None or faults or stored.content_key is None:
        return False
    return event.dossier.version == stored.version and content_key(event.dossier) == stored.content_key


def _entry_id(subject: str) -> int | None:
    _, _, digits = subject.partition("-")
    return int(digits) if digits.isascii() and digits.isdigit() else None
