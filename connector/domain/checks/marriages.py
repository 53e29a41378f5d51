"""Checks of the marriage form (contract validation.md, Applications; Luật Hôn nhân và gia đình 2014, article 8)."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from connector.domain.checks.filing import Filing, check_age, read_birth, read_past, same_as_known
from connector.domain.checks.identities import Identity, check_claims, check_identity, check_living
from connector.domain.checks.people import CITIZEN_OF, check_ethnicity, check_paper_date
from connector.domain.checks.places import At
from connector.domain.checks.report import Report, given
from connector.domain.checks.territory import check_place
from connector.domain.checks.texts import check_name
from schemas.findings import Code
from schemas.province import Decision, MarriageForm, Place, Spouse
from schemas.values import PartialDate, compared

MALE, FEMALE = 1, 2
AGAIN: Final = 2
MARRIED: Final = frozenset({1, 5})
NEVER, DIVORCED, WIDOWED, OTHER = 2, 3, 4, 6


@dataclass(frozen=True, slots=True)
class _Side:
    member: str
    gender: int
    minimum: tuple[int, Code]


@dataclass(frozen=True, slots=True)
class _Read:
    full_name: str | None
    born: PartialDate | None
    identity: Identity


_HUSBAND: Final = _Side("husband", MALE, (20, Code.AGE_HUSBAND))
_WIFE: Final = _Side("wife", FEMALE, (18, Code.AGE_WIFE))


def check_marriage(report: Report, at: At, form: MarriageForm, filing: Filing) -> None:
    """Everything about the form; `at` is its place."""
    married_on = _day_of_registration(report, at, form, filing)
    husband = _check_spouse(report, at, form.husband, _HUSBAND, filing)
    wife = _check_spouse(report, at, form.wife, _WIFE, filing)
    for side, read in ((_HUSBAND, husband), (_WIFE, wife)):
        if read is not None and read.born is not None and married_on is not None:
            check_age(report, at.into(side.member, Spouse)("birth_date"), read.born, married_on, side.minimum)
    if husband is not None and wife is not None and _same(husband, wife):
        report.add(Code.SAME_PERSON, at("wife"))
    report.date(at, "related_since", form.related_since)
    absent = given(form.related_since) is None and not report.broken(at, "related_since")
    if form.kind == AGAIN and absent:
        report.add(Code.FORMER_DATE_REQUIRED, at("related_since"))


def has_foreign_element(form: MarriageForm) -> bool | None:
    """A nationality other than VN or a residence abroad (Luật Hộ tịch, article 37); None when it cannot be told."""
    countries = [
        country
        for spouse in (form.husband, form.wife)
        for country in (
            (spouse.nationality, None if spouse.residence is None else spouse.residence.country) if spouse else (None,)
        )
    ]
    if any(country not in (None, CITIZEN_OF) for country in countries):
        return True
    return None if None in countries else False


def _day_of_registration(report: Report, at: At, form: MarriageForm, filing: Filing) -> date | None:
    """The planned day, else the day received; None when the one that counts cannot be read."""
    if given(form.planned_on) is None:
        return None if report.broken(at, "planned_on") else filing.day
    planned = report.date(at, "planned_on", form.planned_on)
    if planned is not None and not planned.is_full:
        report.add(Code.DATE_INVALID, at("planned_on"))
        return None
    return None if planned is None else planned.first_day


def _check_spouse(report: Report, at: At, spouse: Spouse | None, side: _Side, filing: Filing) -> _Read | None:
    if spouse is None:
        return None
    here = at.into(side.member, Spouse)
    citizen = spouse.nationality == CITIZEN_OF
    check_name(report, here, spouse.full_name, citizen=citizen)
    born = read_birth(report, here, spouse.birth_date, filing)
    check_ethnicity(report, here, spouse)
    check_place(report, here.into("residence", Place), spouse.residence, filing.day)
    who = check_identity(report, here, spouse.personal_number, spouse.paper)
    check_claims(report, who, side.gender, born)
    check_living(report, here, who, citizen=citizen, received=filing.day)
    check_paper_date(report, here, spouse.paper, filing)
    _check_status(report, here, spouse)
    for member, decision in (("divorce", spouse.divorce), ("spouse_death", spouse.spouse_death)):
        if decision is not None:
            read_past(report, here.into(member, Decision), "decided_on", decision.decided_on, filing)
    return _Read(spouse.full_name, born, who)


def _check_status(report: Report, at: At, spouse: Spouse) -> None:
    status, ordinal = spouse.marital_status, spouse.ordinal
    if status in MARRIED:
        report.add(Code.ALREADY_MARRIED, at("marital_status"))
    elif status == OTHER:
        report.add(Code.MANUAL_CHECK, at("marital_status"))
    if ordinal is not None and ((status == NEVER and ordinal > 1) or (status in (DIVORCED, WIDOWED) and ordinal == 1)):
        report.add(Code.STATUS_ORDINAL_CONFLICT, at("ordinal"))
    if status == DIVORCED and spouse.divorce is None and not report.broken(at, "divorce"):
        report.add(Code.DIVORCE_DOC_REQUIRED, at("divorce"))
    if status == WIDOWED and spouse.spouse_death is None and not report.broken(at, "spouse_death"):
        report.add(Code.SPOUSE_DEATH_DOC_REQUIRED, at("spouse_death"))


def _same(husband: _Read, wife: _Read) -> bool:
    if husband.identity.numbers & wife.identity.numbers:
        return True
    if husband.born is None or wife.born is None or not same_as_known(husband.born, wife.born):
        return False
    if husband.full_name is None or wife.full_name is None:
        return False
    return compared(husband.full_name) == compared(wife.full_name)
