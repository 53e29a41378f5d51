"""Names and free text: what Vietnamese text cannot hold, and the form of a name."""

import re
import unicodedata
from typing import Final

from connector.domain.checks.places import At
from connector.domain.checks.report import Report, given
from schemas.findings import Code
from schemas.values import clean

# TCVN3 and VNI leftovers by the contract's list, and control characters that are no white space.
_SUSPECT: Final = re.compile("[¨©®µ¶·¸¹¬¦\ufffd\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_BETWEEN_LETTERS: Final = str.maketrans("", "", " '-.’ʼ´")
_SHORTEST, _LONGEST = 2, 100


def check_name(report: Report, at: At, full_name: str | None, *, citizen: bool) -> None:
    """ENCODING_SUSPECT, NAME_FORM and, for a Vietnamese citizen, NAME_SINGLE_WORD of the member `full_name`."""
    if full_name is None:
        return
    if _SUSPECT.search(full_name):
        report.add(Code.ENCODING_SUSPECT, at("full_name"))
        return
    name = clean(full_name)
    if not _SHORTEST <= len(name) <= _LONGEST or not _only_letters(name):
        report.add(Code.NAME_FORM, at("full_name"))
    elif citizen and " " not in name:
        report.add(Code.NAME_SINGLE_WORD, at("full_name"))


def check_address(report: Report, at: At, detail: str | None) -> None:
    """ENCODING_SUSPECT of the member `detail`."""
    if given(detail) is not None and _SUSPECT.search(detail or ""):
        report.add(Code.ENCODING_SUSPECT, at("detail"))


def _only_letters(text: str) -> bool:
    plain = text.replace(" ", "")  # all that stands between the letters of nearly every name
    return plain.isalpha() or all(
        unicodedata.category(letter)[0] in "LM" for letter in plain.translate(_BETWEEN_LETTERS)
    )
