"""What every check of one application may need: when it was received, and the ages and dates judged against that."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from connector.domain.checks.places import At
from connector.domain.checks.report import Report
from schemas.findings import Code
from schemas.values import PartialDate, completed_years

OLDEST: Final = 130


@dataclass(frozen=True, slots=True)
class Filing:
    """The instant received (UTC+7) and its civil day; None when it cannot be read."""

    received_at: datetime | None
    day: date | None


def check_not_future(report: Report, pointer: str, day: PartialDate | None, filing: Filing) -> None:
    """DATE_FUTURE of a date of birth, issue or decision."""
    if day is not None and filing.day is not None and day.is_after(filing.day):
        report.add(Code.DATE_FUTURE, pointer)


def read_birth(report: Report, at: At, birth_date: str | None, filing: Filing) -> PartialDate | None:
    """The date of birth, with DATE_INVALID, DATE_FUTURE and PARTIAL_DATE."""
    born = report.date(at, "birth_date", birth_date)
    if born is not None:
        check_not_future(report, at("birth_date"), born, filing)
        if not born.is_full:
            report.add(Code.PARTIAL_DATE, at("birth_date"))
    return born


def read_past(report: Report, at: At, member: str, text: str | None, filing: Filing) -> None:
    """DATE_INVALID and DATE_FUTURE of a date of issue or decision."""
    day = report.date(at, member, text)
    if day is not None:
        check_not_future(report, at(member), day, filing)


def check_age(
    report: Report, pointer: str, born: PartialDate, on: date, minimum: tuple[int, Code] | None = None
) -> None:
    """AGE_IMPLAUSIBLE, and the code of the minimum (in completed years); a partial date counts from its first day."""
    age = completed_years(born.first_day, on)
    if age > OLDEST:
        report.add(Code.AGE_IMPLAUSIBLE, pointer)
    if minimum is not None and age < minimum[0]:
        report.add(minimum[1], pointer)


def same_as_known(one: PartialDate, other: PartialDate) -> bool:
    """Whether two dates agree in the parts that both know."""
    shared = min(len(one.known), len(other.known))
    return one.known[:shared] == other.known[:shared]
