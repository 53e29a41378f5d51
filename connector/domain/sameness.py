"""Whether two copies of a dossier say the same (contract validation.md, Applications, last paragraphs)."""

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

import msgspec
from pydantic_core import from_json

from schemas.province import Dossier, Paper
from schemas.reading import Form
from schemas.values import clean_code, clean_number, compared

PASSPORT: Final = 6
_COMPARED_BY: Final[dict[str, Callable[[str], str]]] = {
    "code": clean_code,
    "procedure_code": clean_code,
    "personal_number": clean_number,
}
# The version is part of the key beside the content; the status is the province's answer to it, and changes by itself.
_NO_CONTENT: Final = frozenset({"version", "status"})


def content_key(dossier: Dossier) -> bytes:
    """32 bytes, equal for two copies of a dossier that are the same in the compared form.

    Text is compared, numbers and codes are cleaned, and null, an empty text and an absent member are one. Members that
    broke the contract are not in the form: copies that had a fault are told apart by `raw_key`.
    """
    return hashlib.sha256(msgspec.json.encode(_content(dossier))).digest()


def raw_key(body: bytes) -> bytes:
    """32 bytes for a body that could not be read as a form: over its JSON with compared text, else over its bytes."""
    try:
        value = _compared_json(from_json(body, cache_strings="none"))
        kept = b"json" + json.dumps(value, separators=(",", ":"), sort_keys=True).encode()
    except (ValueError, RecursionError):
        kept = b"bytes" + body
    return hashlib.sha256(kept).digest()


def paper_number(kind: int | None, number: str) -> str:
    """A paper's number as it is compared and sent: cleaned, a passport's in capitals."""
    cleaned = clean_number(number)
    return cleaned.upper() if kind == PASSPORT else cleaned


@cache
def _members(form: type[Form]) -> Mapping[str, Callable[[str], str]]:
    """The form's members that are content, each with what makes its text comparable."""
    return {name: _COMPARED_BY.get(name, compared) for name in form.model_fields if name not in _NO_CONTENT}


def _content(form: Form) -> list[Any]:
    """Names and values in turn, in the order of the form's members."""
    found: list[Any] = []
    members = _members(type(form))
    for name, value in form.__dict__.items():
        # False is here the default of the members that can be left out, and so the same as absent.
        if value is None or value is False or name not in members:
            continue
        if isinstance(value, str):
            of_paper = name == "number" and isinstance(form, Paper)
            value = paper_number(form.__dict__["kind"], value) if of_paper else members[name](value)
        elif isinstance(value, Form):
            value = _content(value)
        elif isinstance(value, list):
            value = [_content(item) for item in value]
        if value != "" and value != []:
            found += (name, value)
    return found


def _compared_json(value: Any) -> Any:
    if isinstance(value, str):
        return compared(value)
    if isinstance(value, Mapping):
        return {compared(name): _compared_json(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_compared_json(item) for item in value]
    return value
