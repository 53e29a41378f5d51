"""A register entry of the ministry, its line in the list and its full form: all that can be said without the ledger."""

import hashlib
import re
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final

from connector.domain import register_numbers
from connector.domain.checks.results import check_entry
from connector.domain.labels import labelled
from connector.domain.register_numbers import NumberKey
from connector.domain.units import UnitNotValid, area_of
from schemas import ministry as forms
from schemas.findings import Finding, contract_finding
from schemas.reading import Fault
from schemas.values import PartialDate, Procedure, clean_code, parse_instant

# Ids beyond this fit into no system's column; versions beyond, not into ours. What bears one cannot be asked for.
LARGEST_ID: Final = 10**18
LARGEST_VERSION: Final = 2_147_483_647
CANCELLED: Final = 2
NUMBER: Final = "/" + forms.EntryHead.member("number")
_VERSION: Final = "/" + forms.EntryHead.member("version")
_OFFICE: Final = re.compile("[0-9]{5}")
_PLAIN: Final = re.compile("[!-~]{1,64}")


@dataclass(frozen=True, slots=True)
class Head:
    """A line of the list. Without an id the entry cannot be asked for."""

    raw: bytes = field(repr=False)
    entry_id: int | None
    version: int | None
    updated_at: datetime | None
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One version of an entry as far as it can be read."""

    raw: bytes = field(repr=False)
    entry_id: int | None
    version: int | None
    findings: tuple[Finding, ...]
    cancelled: bool = False
    dossier: str | None = None
    office: str | None = None
    registered_on: date | None = None
    area: str | None = None
    fingerprint: bytes | None = None
    number_key: NumberKey | None = None

    def at_least(self, entry_id: int, version: int | None) -> "Entry":
        """With the id it was asked for, and the version of its line, where it does not say so itself."""
        return replace(self, entry_id=self.entry_id or entry_id, version=self.version or version)


def subject_of(procedure: Procedure, entry_id: int) -> str:
    """`KH-7`, `KT-7`: what the entry is called in the ledger and at the province."""
    return f"{forms.REGISTERS[procedure]}-{entry_id}"


def made_up_subject(raw: bytes) -> str:
    """A name for what says no id that can be read."""
    return f"unreadable-{hashlib.sha256(raw).hexdigest()[:16]}"


def read_head(raw: bytes) -> Head:
    """Reads a line of the list. Never raises."""
    head, faults = forms.EntryHead.read(raw)
    if head is None:
        return Head(raw, None, None, None, faults)
    return Head(raw, _id(head), _version(head), _instant(head.updated_at), faults)


def read_entry(procedure: Procedure, raw: bytes) -> Entry:
    """Reads and checks one version. Never raises: what cannot be read becomes a finding."""
    entry, faults = forms.ENTRIES_OF[procedure].read(raw)
    findings = labelled(check_entry(entry, faults), raw)
    if entry is None:
        findings = findings or (contract_finding(Fault("", "not_an_object")),)
        return Entry(raw=raw, entry_id=None, version=None, findings=findings)
    version = _version(entry)
    if version is None and entry.version is not None:
        findings = (*findings, contract_finding(Fault(_VERSION, "range")))
    registered = _date(entry.registered_on)
    office = entry.registering_office
    office = office if office and _OFFICE.fullmatch(office) else None
    registered_on = registered.first_day if registered else None
    code = clean_code(entry.dossier_code) if entry.dossier_code else ""
    return Entry(
        raw=raw,
        entry_id=_id(entry),
        version=version,
        findings=findings,
        cancelled=entry.condition == CANCELLED,
        dossier=code if _PLAIN.fullmatch(code) else None,
        office=office,
        registered_on=registered_on,
        area=_area(office, registered_on),
        fingerprint=bytes.fromhex(entry.fingerprint) if entry.fingerprint else None,
        number_key=_number_key(procedure, office, entry.number, registered),
    )


def _id(head: forms.EntryHead) -> int | None:
    return head.entry_id if head.entry_id is not None and 0 < head.entry_id < LARGEST_ID else None


def _version(head: forms.EntryHead) -> int | None:
    return head.version if head.version is not None and head.version <= LARGEST_VERSION else None


def _instant(text: str | None) -> datetime | None:
    try:
        return parse_instant(text, forms.INSTANT_FORMAT) if text else None
    except ValueError:
        return None


def _date(text: str | None) -> PartialDate | None:
    try:
        return PartialDate.parse(text, forms.DATE_SEPARATOR) if text else None
    except ValueError:
        return None


def _area(office: str | None, on: date | None) -> str | None:
    try:
        return area_of(office, on) if office and on else None
    except UnitNotValid:
        return None


def _number_key(
    procedure: Procedure, office: str | None, written: str | None, registered: PartialDate | None
) -> NumberKey | None:
    number = register_numbers.parse(written) if written else None
    if office is None or number is None or registered is None:
        return None
    return register_numbers.key_of(forms.REGISTERS[procedure], office, number, registered)
