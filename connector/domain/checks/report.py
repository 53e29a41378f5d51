"""What one check of one body has found so far, and which members it may not look at any more."""

from datetime import date, datetime, time

from connector.domain.checks.places import At
from schemas.findings import Code, Finding, Severity, contract_finding, finding
from schemas.reading import Fault, FaultKind
from schemas.values import PartialDate, parse_instant


class Report:
    """Collects findings; a broken member counts as unknown from then on (contract validation.md, opening)."""

    def __init__(self, faults: tuple[Fault, ...], separator: str, instant_format: str) -> None:
        self._faults = faults
        self._broken = {fault.pointer for fault in faults}
        self._found: dict[tuple[Code, str], Finding] = {}
        self._separator = separator
        self._instant_format = instant_format

    def add(self, code: Code, pointer: str, severity: Severity | None = None) -> None:
        self._found.setdefault((code, pointer), finding(code, pointer, severity))

    def put(self, one: Finding) -> None:
        self._found.setdefault((one.code, one.pointer), one)

    def breaks(self, pointer: str, kind: FaultKind) -> None:
        """A break of the contract that the form does not see."""
        self.put(contract_finding(Fault(pointer, kind)))

    def broken(self, at: At, member: str) -> bool:
        """Whether the member is there, or has to be, and could not be read."""
        return bool(self._broken) and at(member) in self._broken

    def date(self, at: At, member: str, text: str | None) -> PartialDate | None:
        """The civil date, perhaps partial; None when it is absent or, with a finding, no date."""
        if text is None or (not at.requires(member) and given(text) is None):
            return None
        try:
            return PartialDate.parse(text, self._separator)
        except ValueError:
            self.add(Code.DATE_INVALID, at(member))
            return None

    def instant(self, at: At, member: str, text: str | None, code: Code = Code.DATE_INVALID) -> datetime | None:
        """The instant; None when it is absent or, with a finding, none."""
        if text is None or (not at.requires(member) and given(text) is None):
            return None
        try:
            return parse_instant(text, self._instant_format)
        except ValueError:
            self.add(code, at(member))
            return None

    def time(self, at: At, member: str, text: str | None) -> time | None:
        """HH:MM; None when it is absent or, with DATE_INVALID, no time. Another form is a fault of the form's own."""
        if text is None or given(text) is None:
            return None
        try:
            return time(int(text[:2]), int(text[3:]))
        except ValueError:
            self.add(Code.DATE_INVALID, at(member))
            return None

    def findings(self) -> list[Finding]:
        """All findings: first the breaks of the contract, without those that a code of their own tells better."""
        if not self._faults:
            return list(self._found.values())
        told = {pointer for _, pointer in self._found}
        broken = [contract_finding(fault) for fault in self._faults if fault.pointer not in told]
        return [*broken, *self._found.values()]


def day_of(instant: datetime | None) -> date | None:
    """The civil day (UTC+7) of an instant that was read with its offset."""
    return None if instant is None else instant.date()


def given(text: str | None) -> str | None:
    """The text, or None when it is null, empty or blank."""
    return text if text and not text.isspace() else None
