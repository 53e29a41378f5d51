"""What is checked of every person alike: ethnic group and nationality, paper dates."""

from typing import Final

from connector.domain import ethnicities
from connector.domain.checks.filing import Filing, read_past
from connector.domain.checks.places import At
from connector.domain.checks.report import Report, given
from schemas.findings import Code
from schemas.province import Deceased, Paper, Spouse

CITIZEN_OF: Final = "VN"


def check_ethnicity(report: Report, at: At, person: Spouse | Deceased) -> None:
    """ETHNICITY_UNKNOWN and ETHNICITY_FOREIGNER."""
    if person.nationality is None:
        return
    citizen = person.nationality == CITIZEN_OF
    name = given(person.ethnicity)
    if name is None:
        if citizen and not report.broken(at, "ethnicity"):
            report.add(Code.ETHNICITY_UNKNOWN, at("ethnicity"))
        return
    code = ethnicities.code_of(name)
    if code is None or code == ethnicities.UNKNOWN:
        report.add(Code.ETHNICITY_UNKNOWN, at("ethnicity"))
    if code is not None and citizen == (code == ethnicities.FOREIGNER):
        report.add(Code.ETHNICITY_FOREIGNER, at("ethnicity"))


def check_paper_date(report: Report, at: At, paper: Paper | None, filing: Filing) -> None:
    """DATE_INVALID and DATE_FUTURE of a paper's day of issue. `at` is the person's place."""
    if paper is not None:
        read_past(report, at.into("paper", Paper), "issued_on", paper.issued_on, filing)
