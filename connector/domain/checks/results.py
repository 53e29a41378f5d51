"""Checks of results and register entries (contract validation.md, States, results and register entries)."""

import binascii
from datetime import date
from typing import Final

from connector.domain import register_numbers, units
from connector.domain.checks.places import At
from connector.domain.checks.registered import check_registered, differing_members
from connector.domain.checks.report import Report, day_of, given
from connector.domain.checks.states import STATE
from connector.domain.checks.territory import is_code
from schemas.findings import Code, Finding, data_changed
from schemas.ministry import (
    DATE_SEPARATOR,
    INSTANT_FORMAT,
    MODULES,
    Annotation,
    DeathEntry,
    DeathResult,
    DossierState,
    MarriageEntry,
    MarriageResult,
)
from schemas.province import Dossier
from schemas.reading import Fault
from schemas.values import PartialDate, parse_instant

WITH_RESULT: Final = frozenset({4, 5})
_RESULT_AT: Final = STATE("result")
_MARRIAGE: Final = At(MarriageResult, _RESULT_AT)
_DEATH: Final = At(DeathResult, _RESULT_AT)
_MARRIAGE_ENTRY: Final = At(MarriageEntry)
_DEATH_ENTRY: Final = At(DeathEntry)


def read_result(state: DossierState) -> tuple[MarriageResult | DeathResult | None, tuple[Fault, ...]]:
    """The text of the result as the form of the state's module, and its faults with pointers into the state's body.

    (None, ()) when there is no text, or the module is broken, which is a fault of the state itself.
    """
    text = given(state.result)
    if text is None or state.module is None:
        return None, ()
    form: type[MarriageResult | DeathResult] = MarriageResult if state.module == MODULES["marriage"] else DeathResult
    result, faults = form.read(text.encode("utf-8", "surrogatepass"))
    return result, tuple(Fault(_RESULT_AT + fault.pointer, fault.kind) for fault in faults)


def check_result(
    state: DossierState,
    result: MarriageResult | DeathResult | None,
    faults: tuple[Fault, ...],
    application: Dossier | None,
    registered_on: date | None = None,
) -> list[Finding]:
    """Findings about a result; `result` and `faults` are what `read_result` gave. Empty for a state without result.

    A death result has no day of registration: it is the day of the state's instant, unless `registered_on` says better
    (a later state, handed over, has the same result). The dossier is compared as the province last sent it.
    """
    report = Report(faults, DATE_SEPARATOR, INSTANT_FORMAT)
    if state.state not in WITH_RESULT:
        return report.findings()
    if result is None:
        if given(state.result) is None and not faults:
            report.add(Code.RESULT_WITHOUT_FILE, _RESULT_AT)
        return report.findings()
    at = _MARRIAGE if isinstance(result, MarriageResult) else _DEATH
    _check_document(report, at, result.paper)
    registered = _day_registered(report, at, state, result, registered_on)
    _check_registration(report, at, ("number", result.number), result.book, registered)
    _check_office(report, at, "office", result.office, registered)
    check_registered(report, at, result)
    if application is not None:
        members = differing_members(result, application.form)
        if members:
            report.put(data_changed(members, _RESULT_AT))
    return report.findings()


def check_entry(entry: MarriageEntry | DeathEntry | None, faults: tuple[Fault, ...]) -> list[Finding]:
    """Findings about one version of a register entry; pointers go into it. What an old one leaves out is not judged."""
    report = Report(faults, DATE_SEPARATOR, INSTANT_FORMAT)
    if entry is None:
        return report.findings()
    at = _MARRIAGE_ENTRY if isinstance(entry, MarriageEntry) else _DEATH_ENTRY
    report.instant(at, "updated_at", entry.updated_at, Code.TIME_INVALID)
    registered = report.date(at, "registered_on", entry.registered_on)
    _check_registration(report, at, ("number", entry.number), entry.book, registered)
    _check_office(report, at, "registering_office", entry.registering_office, registered)
    if entry.office is not None and not is_code(entry.office, 5):
        report.breaks(at("office"), "pattern")
    for index, annotation in enumerate(entry.annotations or ()):
        report.date(at.item("annotations", index, Annotation), "noted_on", annotation.noted_on)
    check_registered(report, at, entry, names_required=True)
    return report.findings()


def _check_document(report: Report, at: At, paper: str | None) -> None:
    text = given(paper)
    if text is None:
        if not report.broken(at, "paper"):
            report.add(Code.RESULT_WITHOUT_FILE, at("paper"))
        return
    try:
        binascii.a2b_base64("".join(text.split()), strict_mode=True)
    except ValueError:
        report.breaks(at("paper"), "pattern")


def _day_registered(
    report: Report, at: At, state: DossierState, result: MarriageResult | DeathResult, known: date | None
) -> PartialDate | None:
    if isinstance(result, MarriageResult):
        day = report.date(at, "registered_on", result.registered_on)
        if day is not None and not day.is_full:
            # The province's form has no place for a day of which only the month or the year is known.
            report.add(Code.DATE_INVALID, at("registered_on"))
            return None
        return day
    day_known = known or _day_of_state(state)
    return None if day_known is None else PartialDate(day_known.year, day_known.month, day_known.day)


def _day_of_state(state: DossierState) -> date | None:
    try:
        return None if state.happened_at is None else day_of(parse_instant(state.happened_at, INSTANT_FORMAT))
    except ValueError:  # TIME_INVALID was said of the state itself
        return None


def _check_registration(
    report: Report, at: At, number: tuple[str, str | None], book: str | None, registered: PartialDate | None
) -> None:
    """REGISTER_NUMBER and REGISTER_YEAR_MISMATCH. `number` is the member's name with its text."""
    member, text = number
    parsed = None if text is None else register_numbers.parse(text)
    if text is not None and parsed is None:
        report.add(Code.REGISTER_NUMBER, at(member))
    if registered is None:
        return
    if parsed is not None and parsed.year not in (None, registered.year):
        report.add(Code.REGISTER_YEAR_MISMATCH, at(member))
    if book is not None and register_numbers.book_year(book) not in (None, registered.year):
        report.add(Code.REGISTER_YEAR_MISMATCH, at("book"))


def _check_office(report: Report, at: At, member: str, code: str | None, registered: PartialDate | None) -> None:
    if code is not None and registered is not None and units.commune(code, registered.first_day) is None:
        report.add(Code.UNIT_NOT_VALID_ON_DATE, at(member))
