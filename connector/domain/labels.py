"""The value that a finding is about, where it is no citizen's data: a name of a catalogue, a code of a place or a
procedure. Messages that stopped for the same value are one cause."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from pydantic_core import from_json

from schemas.findings import Code, Finding
from schemas.values import clean

# What may be shown of each code's member, and no more of it: a field for an ethnic group may hold anything.
_SHOWN: Final = {
    Code.ETHNICITY_UNKNOWN: re.compile(r"[^\W\d_](?:[^\W\d_]|[ '-]){0,29}"),
    Code.UNIT_NOT_VALID_ON_DATE: re.compile(r"[0-9]{1,5}"),
    Code.OFFICE_OUTSIDE_PROVINCE: re.compile(r"[0-9]{1,5}"),
    Code.PROCEDURE_UNKNOWN: re.compile(r"[0-9.]{1,30}"),
    Code.WRONG_PROCEDURE: re.compile(r"[0-9.]{1,30}"),
}
_PLACE: Final = re.compile(r"/[0-9]+(?=/|$)")


def labelled(findings: Iterable[Finding], body: bytes) -> tuple[Finding, ...]:
    """The findings, with the values that they are about where these may be shown; `body` is what they point into."""
    found = tuple(findings)
    if not any(one.code in _SHOWN for one in found):
        return found
    try:
        value = from_json(body, allow_inf_nan=False, cache_strings="none")
    except ValueError:
        return found
    return tuple(one.model_copy(update={"label": _label(one, value)}) if one.code in _SHOWN else one for one in found)


def general(pointer: str) -> str:
    """A pointer without the places in lists: `/a/3/b` is `/a/*/b`."""
    return _PLACE.sub("/*", pointer)


def _label(found: Finding, value: Any) -> str | None:
    try:
        text = _at(value, found.pointer.split("/")[1:])
    except (KeyError, IndexError, TypeError, ValueError):
        return None
    cleaned = clean(text) if isinstance(text, str) else ""
    if not _SHOWN[found.code].fullmatch(cleaned):
        return None
    # What stands in another member as well, such as a person's name, came into this one by mistake. Codes may well.
    member = found.pointer.rpartition("/")[2]
    if found.code is Code.ETHNICITY_UNKNOWN and _stands_elsewhere(value, cleaned, member):
        return None
    return cleaned


def _stands_elsewhere(value: Any, text: str, member: str, at: str = "") -> bool:
    """Whether a member of another name has this very text."""
    if isinstance(value, dict):
        return any(_stands_elsewhere(inner, text, member, name) for name, inner in value.items())
    if isinstance(value, list):
        return any(_stands_elsewhere(inner, text, member, at) for inner in value)
    return isinstance(value, str) and at != member and clean(value).lower() == text.lower()


def _at(value: Any, steps: Sequence[str]) -> Any:
    for step in steps:
        name = step.replace("~1", "/").replace("~0", "~")
        value = value[int(name)] if isinstance(value, list) else value[name]
    return value
