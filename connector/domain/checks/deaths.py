"""Checks of the death form (contract validation.md, Applications; Luật Hộ tịch 60/2014/QH13, articles 33 and 34)."""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Final

from connector.domain import register_numbers
from connector.domain.checks.filing import Filing, check_age, read_birth
from connector.domain.checks.identities import Identity, check_claims, check_identity, check_living
from connector.domain.checks.people import CITIZEN_OF, check_ethnicity, check_paper_date
from connector.domain.checks.places import At
from connector.domain.checks.report import Report
from connector.domain.checks.territory import check_place
from connector.domain.checks.texts import check_name
from schemas.findings import Code, Severity
from schemas.province import DeathForm, DeathNotice, Deceased, Declarant, Place
from schemas.values import VIETNAM, PartialDate, compared

IN_TIME, AGAIN, LATE, LONG_AGO = 1, 2, 4, 5
DAYS_IN_TIME: Final = 15
# Kinds of notice for which the number of an extract is wrong, or at least odd: death notice, other paper.
_EXTRACT_AS: Final = {1: Severity.ERROR, 6: Severity.WARNING}


@dataclass(frozen=True, slots=True)
class _Read:
    full_name: str | None
    identity: Identity
    died: PartialDate | None = None


def check_death(report: Report, at: At, form: DeathForm, filing: Filing) -> None:
    """Everything about the form; `at` is its place."""
    deceased = _check_deceased(report, at.into("deceased", Deceased), form.deceased, filing)
    declarant = _check_declarant(report, at.into("declarant", Declarant), form.declarant, filing)
    died = None if deceased is None else deceased.died
    if form.notice is not None:
        _check_notice(report, at.into("notice", DeathNotice), form.notice, died, filing)
    elif form.kind in (IN_TIME, LATE) and not report.broken(at, "notice"):
        report.add(Code.NOTICE_REQUIRED, at("notice"))
    if died is not None and died.is_full and filing.day is not None:
        in_time = (filing.day - died.first_day).days <= DAYS_IN_TIME
        if (form.kind == IN_TIME and not in_time) or (form.kind in (LATE, LONG_AGO) and in_time):
            report.add(Code.KIND_MISMATCH, at("kind"))
    if deceased is not None and declarant is not None and _same(deceased, declarant):
        report.add(Code.DECLARANT_IS_DECEASED, at("declarant"))


def _check_deceased(report: Report, at: At, deceased: Deceased | None, filing: Filing) -> _Read | None:
    if deceased is None:
        return None
    check_name(report, at, deceased.full_name, citizen=deceased.nationality == CITIZEN_OF)
    born = read_birth(report, at, deceased.birth_date, filing)
    check_ethnicity(report, at, deceased)
    check_place(report, at.into("residence", Place), deceased.residence, filing.day)
    who = check_identity(report, at, deceased.personal_number, deceased.paper)
    check_claims(report, who, deceased.gender, born)
    check_paper_date(report, at, deceased.paper, filing)
    died = report.date(at, "death_date", deceased.death_date)
    at_time = report.time(at, "death_time", deceased.death_time)
    check_place(report, at.into("death_place", Place), deceased.death_place, None if died is None else died.first_day)
    if died is not None:
        _check_end(report, at, born, died, at_time, filing)
    return _Read(deceased.full_name, who, died)


def _check_end(
    report: Report, at: At, born: PartialDate | None, died: PartialDate, at_time: time | None, filing: Filing
) -> None:
    if not died.is_full:
        report.add(Code.PARTIAL_DATE, at("death_date"))
        if at_time is not None:
            report.add(Code.TIME_WITHOUT_DATE, at("death_time"))
    if born is not None:
        check_age(report, at("birth_date"), born, died.first_day)
        if born.is_after(died):
            report.add(Code.DEATH_BEFORE_BIRTH, at("death_date"))
    if filing.received_at is None or filing.day is None:
        return
    if died.is_after(filing.day):
        report.add(Code.FUTURE_DEATH, at("death_date"))
    elif died.is_full and at_time is not None and _instant(died, at_time) > filing.received_at:
        report.add(Code.FUTURE_DEATH, at("death_time"))


def _instant(day: PartialDate, at_time: time) -> datetime:
    return datetime.combine(day.first_day, at_time, VIETNAM)


def _check_declarant(report: Report, at: At, declarant: Declarant | None, filing: Filing) -> _Read | None:
    if declarant is None:
        return None
    # The form does not ask a declarant's nationality: nothing that only holds for citizens is judged.
    check_name(report, at, declarant.full_name, citizen=False)
    who = check_identity(report, at, declarant.personal_number, declarant.paper)
    check_living(report, at, who, citizen=False, received=filing.day)
    check_paper_date(report, at, declarant.paper, filing)
    check_place(report, at.into("residence", Place), declarant.residence, filing.day)
    return _Read(declarant.full_name, who)


def _check_notice(report: Report, at: At, notice: DeathNotice, died: PartialDate | None, filing: Filing) -> None:
    severity = _EXTRACT_AS.get(notice.kind or 0)
    if severity is not None and notice.number is not None and register_numbers.is_extract_number(notice.number):
        report.add(Code.NOTICE_NUMBER_IS_EXTRACT, at("number"), severity)
    issued = report.date(at, "issued_on", notice.issued_on)
    if issued is None:
        return
    if died is not None and died.is_after(issued):
        report.add(Code.NOTICE_BEFORE_DEATH, at("issued_on"))
    if filing.day is not None and issued.is_after(filing.day):
        report.add(Code.NOTICE_AFTER_FILING, at("issued_on"))


def _same(deceased: _Read, declarant: _Read) -> bool:
    if deceased.identity.numbers & declarant.identity.numbers:
        return True
    paper = deceased.identity.paper
    if not paper or paper != declarant.identity.paper or deceased.full_name is None or declarant.full_name is None:
        return False
    return compared(deceased.full_name) == compared(declarant.full_name)
