"""Checks of the province's events (contract validation.md, Applications).

FILE_MISMATCH is found at delivery, PAYLOAD_CONFLICT by the ledger.
"""

from datetime import date, datetime
from typing import Final

from connector.domain import time_limits
from connector.domain.checks.deaths import check_death
from connector.domain.checks.filing import Filing
from connector.domain.checks.identities import check_identity
from connector.domain.checks.marriages import check_marriage, has_foreign_element
from connector.domain.checks.places import At
from connector.domain.checks.report import Report, day_of
from connector.domain.checks.territory import check_office
from connector.domain.checks.texts import check_name
from schemas.findings import Code, Finding
from schemas.province import (
    DATE_SEPARATOR,
    INSTANT_FORMAT,
    PROCEDURES,
    SUPPLEMENTED,
    DeathForm,
    Dossier,
    DossierEvent,
    MarriageForm,
    Owner,
)
from schemas.reading import Fault
from schemas.values import DOSSIER_CODE, clean_code

_EVENT: Final = At(DossierEvent)
_DOSSIER: Final = _EVENT.into("dossier", Dossier)
_LONGEST_CODE: Final = 50
# What a withdrawal is carried out with. The rest of its dossier is that of the application, and judged there.
_OF_A_WITHDRAWAL: Final = frozenset(
    {
        "",
        *(_EVENT(member) for member in ("event_id", "kind", "happened_at", "reason", "dossier")),
        *(_DOSSIER(member) for member in ("code", "version", "procedure_code")),
    }
)


def check(event: DossierEvent | None, faults: tuple[Fault, ...]) -> list[Finding]:
    """All findings about a new or supplemented dossier; pointers go into the event's body.

    `event` and `faults` are what `DossierEvent.read` gave.
    """
    report = Report(faults, DATE_SEPARATOR, INSTANT_FORMAT)
    if event is not None:
        report.instant(_EVENT, "happened_at", event.happened_at)
        if event.dossier is not None:
            _check_dossier(report, event.dossier, supplemented=event.kind == SUPPLEMENTED)
    return report.findings()


def check_withdrawal(event: DossierEvent | None, faults: tuple[Fault, ...]) -> list[Finding]:
    """Findings about a withdrawal: the event's own members, and the dossier's code, version and procedure.

    Nothing else of the dossier can keep a citizen from taking it back; it is left unjudged.
    """
    report = Report(
        tuple(fault for fault in faults if fault.pointer in _OF_A_WITHDRAWAL), DATE_SEPARATOR, INSTANT_FORMAT
    )
    if event is not None:
        report.instant(_EVENT, "happened_at", event.happened_at)
        if event.dossier is not None:
            _check_code(report, event.dossier.code)
            _procedure(report, event.dossier.procedure_code)
    return report.findings()


def check_hand_over(event: DossierEvent | None, faults: tuple[Fault, ...]) -> list[Finding]:
    """Findings about the news that a result was handed to the citizen: the same members as of a withdrawal."""
    return check_withdrawal(event, faults)


def _check_dossier(report: Report, dossier: Dossier, *, supplemented: bool) -> None:
    received = report.instant(_DOSSIER, "received_at", dossier.received_at)
    due = report.instant(_DOSSIER, "due_at", dossier.due_at)
    report.instant(_DOSSIER, "submitted_at", dossier.submitted_at)
    filing = Filing(received, day_of(received))
    _check_code(report, dossier.code)
    check_office(report, _DOSSIER("office"), dossier.office, filing.day)
    if dossier.owner is not None:
        at = _DOSSIER.into("owner", Owner)
        check_name(report, at, dossier.owner.full_name, citizen=False)
        check_identity(report, at, dossier.owner.personal_number, None)
    procedure = _procedure(report, dossier.procedure_code)
    if isinstance(dossier.form, MarriageForm):
        check_marriage(report, _DOSSIER.into("form", MarriageForm), dossier.form, filing)
    elif dossier.form is not None:
        check_death(report, _DOSSIER.into("form", DeathForm), dossier.form, filing)
    if procedure is None:
        return
    if _is_wrong(procedure, dossier.form):
        report.add(Code.WRONG_PROCEDURE, _DOSSIER("procedure_code"))
    elif received is not None and due is not None and dossier.needs_verification is not None:
        limit = _limit(procedure, received, dossier.needs_verification)
        # The clock stood still while a supplement was asked for, so a supplemented dossier may be due later.
        if limit is not None and (due < limit if supplemented else due != limit):
            report.add(Code.DUE_MISMATCH, _DOSSIER("due_at"))


def _check_code(report: Report, code: str | None) -> None:
    if code is None:
        return
    cleaned = clean_code(code)
    match = DOSSIER_CODE.fullmatch(cleaned) if len(cleaned) <= _LONGEST_CODE else None
    if match is None or not _is_day(match[1]):
        report.add(Code.DOSSIER_CODE, _DOSSIER("code"))


def _is_day(digits: str) -> bool:
    """yyMMdd (of this century) or yyyyMMdd."""
    year = int(digits[:-4]) + (2000 if len(digits) == 6 else 0)
    try:
        date(year, int(digits[-4:-2]), int(digits[-2:]))
    except ValueError:
        return False
    return True


def _procedure(report: Report, procedure_code: str | None) -> str | None:
    """The first two dot groups; None, with PROCEDURE_UNKNOWN, when they are not one of the listed procedures."""
    if procedure_code is None:
        return None
    code = ".".join(clean_code(procedure_code).split(".", 2)[:2])
    if code in PROCEDURES:
        return code
    report.add(Code.PROCEDURE_UNKNOWN, _DOSSIER("procedure_code"))
    return None


def _is_wrong(code: str, form: MarriageForm | DeathForm | None) -> bool:
    """Whether the form or its foreign element is another procedure's. Registering again knows both kinds of couples."""
    procedure, again, foreign = PROCEDURES[code]
    if form is None:
        return False
    if isinstance(form, DeathForm) or procedure == "death":
        return isinstance(form, MarriageForm) or procedure == "marriage"
    return not again and has_foreign_element(form) is (not foreign)


def _limit(procedure: str, received: datetime, needs_verification: bool) -> datetime | None:
    try:
        return time_limits.due_at(procedure, received, needs_verification)
    except time_limits.NoTimeLimit:
        return None
