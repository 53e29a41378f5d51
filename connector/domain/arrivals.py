"""One event of the province, read and checked: all that can be said of it without the ledger."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from connector.domain.aliases import NO_ALIASES, Aliases, event_with
from connector.domain.checks import applications
from connector.domain.labels import labelled
from connector.domain.message import Route
from connector.domain.sameness import content_key, raw_key
from connector.domain.units import UnitNotValid, area_of
from schemas import province as forms
from schemas.findings import Finding, contract_finding
from schemas.reading import Fault, pointer
from schemas.values import DOSSIER_CODE, Procedure, clean_code, parse_instant

NEW: Final = "new"
SUPPLEMENT: Final = "supplement"
WITHDRAWAL: Final = "withdrawal"
HANDED_OVER: Final = "handed-over"
UNKNOWN: Final = "unknown"

# What the ledger's integer column holds. No dossier has that many versions.
LARGEST_VERSION: Final = 2_147_483_647
_VERSION: Final = pointer((forms.DossierEvent.member("dossier"), forms.Dossier.member("version")))
_OFFICE: Final = re.compile("[0-9]{5}")
# What is done to so many events, one step after the other, stays in the processor's caches together.
SIDE_BY_SIDE: Final = 16

_KINDS: Final = {
    forms.NEW: NEW,
    forms.SUPPLEMENTED: SUPPLEMENT,
    forms.WITHDRAWN: WITHDRAWAL,
    forms.HANDED_OVER: HANDED_OVER,
}
_CHECKS: Final = {WITHDRAWAL: applications.check_withdrawal, HANDED_OVER: applications.check_hand_over}


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """An event as far as it can be read. `subject` is the dossier's code, or a name made from the bytes when it has
    none."""

    raw: bytes = field(repr=False)
    kind: str
    subject: str
    version: int
    findings: tuple[Finding, ...]
    content_key: bytes
    procedure: Procedure | None = None
    office: str | None = None
    received_on: date | None = None
    area: str | None = None
    status: int | None = None

    @property
    def route(self) -> Route:
        return Route.WITHDRAWAL if self.kind == WITHDRAWAL else Route.APPLICATION

    @property
    def blocked(self) -> bool:
        return any(finding.blocks for finding in self.findings)

    @property
    def has_dossier(self) -> bool:
        """Whether enough is known to follow the dossier."""
        return bool(self.procedure and self.office and self.received_on and self.status)


def read_arrival(raw: bytes, aliases: Aliases = NO_ALIASES) -> Arrival:
    """Reads and checks one event. Never raises: what cannot be read becomes a finding."""
    return read_arrivals([raw], aliases)[0]


def read_arrivals(events: Sequence[bytes], aliases: Aliases = NO_ALIASES) -> list[Arrival]:
    """Reads and checks events, step by step: one after the other they take a tenth longer."""
    arrivals: list[Arrival] = []
    for start in range(0, len(events), SIDE_BY_SIDE):
        group = events[start : start + SIDE_BY_SIDE]
        read = [(raw, *forms.DossierEvent.read(raw)) for raw in group]
        findings = [_findings(raw, event, faults, aliases) for raw, event, faults in read]
        keys = [_content_key(raw, event, faults) for raw, event, faults in read]
        arrivals += map(_arrival, group, [event for _, event, _ in read], findings, keys)
    return arrivals


def _findings(
    raw: bytes, event: forms.DossierEvent | None, faults: tuple[Fault, ...], aliases: Aliases
) -> tuple[Finding, ...]:
    meant = event_with(event, aliases) if event else None
    return labelled(_CHECKS.get(_kind(event), applications.check)(meant, faults), raw)


def _content_key(raw: bytes, event: forms.DossierEvent | None, faults: tuple[Fault, ...]) -> bytes:
    return content_key(event.dossier) if event and event.dossier and not faults else raw_key(raw)


def _kind(event: forms.DossierEvent | None) -> str:
    return _KINDS.get(event.kind, UNKNOWN) if event and event.kind else UNKNOWN


def _arrival(raw: bytes, event: forms.DossierEvent | None, findings: tuple[Finding, ...], key: bytes) -> Arrival:
    kind, dossier = _kind(event), event.dossier if event else None
    if dossier is None:
        return _unreadable(raw, kind, findings or (contract_finding(Fault("", "not_an_object")),))
    received_on = _day(dossier.received_at)
    office = dossier.office if dossier.office and _OFFICE.fullmatch(dossier.office) else None
    version = dossier.version or 0
    if version > LARGEST_VERSION:
        version, findings = 0, (*findings, contract_finding(Fault(_VERSION, "range")))
    return Arrival(
        raw=raw,
        kind=kind,
        subject=_subject(dossier.code, raw),
        version=version,
        findings=findings,
        content_key=key,
        procedure=_procedure(dossier),
        office=office,
        received_on=received_on,
        area=_area(office, received_on),
        status=dossier.status,
    )


def unreadable_page(raw: bytes, *, too_large: bool) -> Arrival:
    """The bytes of a page that no smaller question makes readable; of one that is too large, its beginning and end."""
    return _unreadable(raw, UNKNOWN, (contract_finding(Fault("", "too_large" if too_large else "not_json")),))


def _unreadable(raw: bytes, kind: str, findings: tuple[Finding, ...]) -> Arrival:
    key = raw_key(raw)
    return Arrival(raw=raw, kind=kind, subject=_made_up(raw), version=0, findings=findings, content_key=key)


def _subject(code: str | None, raw: bytes) -> str:
    cleaned = clean_code(code) if code else ""
    # A code that breaks its pattern is still what people look for, unless it is no plain word at all.
    plain = cleaned.isascii() and cleaned.isprintable() and 0 < len(cleaned) <= 64
    return cleaned if plain or DOSSIER_CODE.fullmatch(cleaned) else _made_up(raw)


def _made_up(raw: bytes) -> str:
    return f"unreadable-{hashlib.sha256(raw).hexdigest()[:16]}"


def _procedure(dossier: forms.Dossier) -> Procedure | None:
    if isinstance(dossier.form, forms.DeathForm):
        return "death"
    return "marriage" if dossier.form is not None else None


def _day(text: str | None) -> date | None:
    try:
        return parse_instant(text, forms.INSTANT_FORMAT).date() if text else None
    except ValueError:
        return None


def _area(office: str | None, on: date | None) -> str | None:
    try:
        return area_of(office, on) if office and on else None
    except UnitNotValid:
        return None
