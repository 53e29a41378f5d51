"""Personal numbers and identity papers.

A personal number is PPP G YY RRRRRR: the province of birth registration, century and gender, the year, and six digits
at random; it has no check digit (NĐ 137/2015/NĐ-CP, NĐ 70/2024/NĐ-CP).
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from connector.domain.checks.places import At
from connector.domain.checks.report import Report, given
from connector.domain.sameness import PASSPORT, paper_number
from schemas.findings import Code
from schemas.province import Paper
from schemas.values import PartialDate, clean_number

CMND: Final = 2
CARRIES_PERSONAL_NUMBER: Final = frozenset({5, 9, 10})  # CCCD, căn cước, căn cước certificate
PAPERS_OF_2025: Final = date(2025, 1, 1)
"""From this day on 9-digit CMND are void and everyone living has a personal number (Luật Căn cước 26/2023/QH15)."""

# The 63 codes before 2025; numbers given with them stay as they are.
_PROVINCE_NUMBERS: Final = (
    1, 2, 4, 6, 8, 10, 11, 12, 14, 15, 17, 19, 20, 22, 24, 25, 26, 27, 30, 31, 33, 34, 35, 36, 37, 38, 40, 42, 44, 45,
    46, 48, 49, 51, 52, 54, 56, 58, 60, 62, 64, 66, 67, 68, 70, 72, 74, 75, 77, 79, 80, 82, 83, 84, 86, 87, 89, 91, 92,
    93, 94, 95, 96,
)  # fmt: skip
_PROVINCES: Final = frozenset(f"{number:03d}" for number in _PROVINCE_NUMBERS)
_PASSPORT_NUMBER: Final = re.compile("[A-Z0-9]{5,20}")
_LONGEST_NUMBER: Final = 20


@dataclass(frozen=True, slots=True)
class Identity:
    """What names a person beside the name: valid personal numbers with their pointers, and the paper's number.

    `unsure` when a broken member might have held a personal number.
    """

    personal: tuple[tuple[str, str], ...]
    paper: str | None
    unsure: bool
    old_card_at: str | None

    @property
    def numbers(self) -> frozenset[str]:
        return frozenset(number for number, _ in self.personal)


def check_identity(report: Report, at: At, personal_number: str | None, paper: Paper | None) -> Identity:
    """ID_LENGTH, PAPER_FORM and ID_PROVINCE_UNKNOWN of one person's number and paper."""
    personal: list[tuple[str, str]] = []
    own = given(personal_number)
    unsure = report.broken(at, "personal_number")
    if own is not None:
        number = clean_number(own)
        if _is_digits(number, 12):
            personal.append((number, at("personal_number")))
        else:
            unsure = True
            report.add(Code.ID_LENGTH, at("personal_number"))
    old_card_at = paper_text = None
    if paper is not None:
        inside = at.into("paper", Paper)
        paper_text = _check_paper(report, inside, paper)
        if paper_text is None or paper.kind is None:
            unsure = unsure or paper.kind in (None, CMND, *CARRIES_PERSONAL_NUMBER)
        elif paper.kind in CARRIES_PERSONAL_NUMBER or (paper.kind == CMND and len(paper_text) == 12):
            if all(paper_text != number for number, _ in personal):
                personal.append((paper_text, inside("number")))
        elif paper.kind == CMND:
            old_card_at = inside("number")
    for number, pointer in personal:
        if number[:3] not in _PROVINCES:
            report.add(Code.ID_PROVINCE_UNKNOWN, pointer)
    return Identity(tuple(personal), paper_text, unsure, old_card_at)


def check_claims(report: Report, who: Identity, gender: int | None, born: PartialDate | None) -> None:
    """ID_GENDER_MISMATCH and ID_YEAR_MISMATCH: what a personal number says of its bearer. Gender 1 male, 2 female."""
    for number, pointer in who.personal:
        century = int(number[3])
        if gender in (1, 2) and century % 2 != gender - 1:
            report.add(Code.ID_GENDER_MISMATCH, pointer)
        if born is not None and 1900 + century // 2 * 100 + int(number[4:6]) != born.year:
            report.add(Code.ID_YEAR_MISMATCH, pointer)


def check_living(report: Report, at: At, who: Identity, *, citizen: bool, received: date | None) -> None:
    """CMND_EXPIRED and, for a Vietnamese citizen, ID_MISSING. `at` is the person's place."""
    if received is None or received < PAPERS_OF_2025:
        return
    if who.old_card_at is not None:
        report.add(Code.CMND_EXPIRED, who.old_card_at)
    if citizen and not who.personal and not who.unsure:
        report.add(Code.ID_MISSING, at("personal_number"))


def _check_paper(report: Report, at: At, paper: Paper) -> str | None:
    """The paper's number as it is compared; None when it is absent or has not the form of its kind."""
    if paper.number is None:
        return None
    number = paper_number(paper.kind, paper.number)
    if paper.kind == CMND or paper.kind in CARRIES_PERSONAL_NUMBER:
        if _is_digits(number, 12) or (paper.kind == CMND and _is_digits(number, 9)):
            return number
        report.add(Code.ID_LENGTH, at("number"))
        return None
    if paper.kind == PASSPORT:
        # Capitals of letters outside ASCII can be ASCII letters (ı, ſ): the number was none before either.
        if clean_number(paper.number).isascii() and _PASSPORT_NUMBER.fullmatch(number):
            return number
        report.add(Code.PAPER_FORM, at("number"))
        return None
    if len(number) > _LONGEST_NUMBER:
        report.breaks(at("number"), "too_long")
        return None
    return number


def _is_digits(text: str, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isdigit()
