"""Numbers and books of the registers: `15`, `15/2023`; `01/2023`, `01-2023`, `01-TP/HT-2015-KH`.

One book per kind of event and calendar year; numbers begin again at 1 each year (NĐ 123/2015/NĐ-CP, article 11).
"""

import re
from dataclasses import dataclass
from datetime import date

from connector.domain import units
from schemas.values import PartialDate, clean_code

_NUMBER = re.compile(r"0*([1-9][0-9]{0,4})(?:/((?:19|20)[0-9]{2}))?")
# Copies and extracts count by themselves: 07/TLKT-BS, 212/TLKT, 576/2026/TLKT-BS.
_EXTRACT = re.compile(r"[0-9]{1,5}(?:/[0-9]{4})?/TL(?:KT|KH|KS)(?:-BS)?(?:/[0-9]{4})?", re.IGNORECASE)
_BOOK_ENDS_IN_YEAR = re.compile(r"(?<![0-9])((?:19|20)[0-9]{2})\Z")
_BOOK_CARRIES_YEAR = re.compile(r"TP/HT[-/]((?:19|20)[0-9]{2})(?![0-9])")


@dataclass(frozen=True, slots=True)
class RegisterNumber:
    """A number of a register; `year` is None where none is written."""

    number: int
    year: int | None


@dataclass(frozen=True, slots=True)
class NumberKey:
    """What is given once: a number of a register (`KH`, `KT`) of one year at one office.

    An office is a commune's code since the day on which it began to mean this place.
    """

    register: str
    office: str
    office_since: date
    year: int
    number: int


def key_of(register: str, office: str, number: RegisterNumber, registered: PartialDate) -> NumberKey | None:
    """Whose number it is, by the office on the day of registration; None where that office or the year is in doubt."""
    unit = units.commune(office, registered.first_day)
    if unit is None or number.year not in (None, registered.year):
        return None
    return NumberKey(register, office, unit.valid_from, registered.year, number.number)


def parse(text: str) -> RegisterNumber | None:
    """The register number that the text is; None for anything else, the number of a copy (`07/TLKT-BS`) included."""
    match = _NUMBER.fullmatch(clean_code(text))
    if match is None:
        return None
    return RegisterNumber(int(match[1]), int(match[2]) if match[2] else None)


def is_extract_number(text: str) -> bool:
    """Whether it is the number of an extract or a copy of one (`212/TLKT`, `07/TLKT-BS`), not of a register entry."""
    return _EXTRACT.fullmatch(clean_code(text)) is not None


def book_year(text: str) -> int | None:
    """The year that a book's number ends in or carries; None where it says none."""
    written = clean_code(text)
    match = _BOOK_ENDS_IN_YEAR.search(written) or _BOOK_CARRIES_YEAR.search(written)
    return int(match[1]) if match else None
