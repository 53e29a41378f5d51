"""What may be shown of a body that tells of citizens: a list of members, each with the shape its value must have.

A member that is not listed is hidden, and so is a listed one whose value has another shape: a body that breaks its
contract may hold anything anywhere. Names of members that no contract knows are hidden as well.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from pydantic import BaseModel
from pydantic_core import from_json

from schemas import ministry, province, records
from schemas.reading import Form
from schemas.values import DOSSIER_CODE

HIDDEN: Final = "•••"
HIDDEN_LONG: Final = "•••••"
HIDDEN_NUMBER: Final = "•••#"
LONG_FROM: Final = 100

# A personal number has 9 or 12 digits, and a name has no digit: no shape takes either. A passport's number could pass
# as a key, which is why keys are listed only where the partners' own systems make them up.
_KIND: Final = re.compile(
    r"[0-9]{1,2}|K[HT]|LTK[HT]|KQ\.G15\.[0-9]{6}|[0-9]\.[0-9]{6}(?:\.[0-9]{2,3}){0,3}(?:\.H[0-9]{2})?"
    r"|HoSoMoi|BoSung|Rut|TraKetQua"
)
_UNIT: Final = re.compile(r"[0-9]{5}|(?:[0-9]{3}\.)?(?:[0-9]{2}\.){0,3}[A-Z][0-9]{2}(?:\.[0-9]{1,3}){0,3}")
_KEY: Final = re.compile(r"(?=[^0-9]*[0-9])(?=[^A-Za-z]*[A-Za-z])[0-9A-Za-z._-]{1,64}")
_INSTANT: Final = re.compile(
    r"20[0-9]{12}|[0-9]{2}/[0-9]{2}/20[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}"
    r"|20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_HASH: Final = re.compile("[0-9a-f]{64}")
_COUNT: Final = re.compile("[0-9]{1,8}")
_FLAG: Final = re.compile("true|false")

Shape = re.Pattern[str]
Place = tuple[type[BaseModel], str]

_LISTED: Final[tuple[tuple[Shape, tuple[Place, ...]], ...]] = (
    (
        _KIND,
        (
            (province.DossierEvent, "kind"),
            (province.Dossier, "procedure_code"),
            (province.Dossier, "channel"),
            (province.Dossier, "status"),
            (province.AttachedFile, "paper_kind"),
            (province.MarriageForm, "kind"),
            (province.Paper, "kind"),
            (ministry.DossierState, "module"),
            (ministry.DossierState, "state"),
            (ministry.MarriageFields, "kind"),
            (ministry.MarriageResult, "result_code"),
            (ministry.EntryHead, "condition"),
        ),
    ),
    (
        _UNIT,
        (
            (province.Dossier, "agency"),
            (province.Dossier, "office"),
            (ministry.DossierState, "office"),
            (ministry.MarriageFields, "office"),
        ),
    ),
    (
        DOSSIER_CODE,
        ((province.Dossier, "code"), (ministry.DossierState, "dossier_code"), (records.Acceptance, "dossier_code")),
    ),
    (
        _KEY,
        (
            (province.DossierEvent, "event_id"),
            (province.AttachedFile, "file_id"),
            (ministry.DossierState, "ministry_code"),
            (records.Acceptance, "ministry_code"),
        ),
    ),
    (
        _INSTANT,
        (
            (province.DossierEvent, "happened_at"),
            (province.Dossier, "submitted_at"),
            (province.Dossier, "received_at"),
            (province.Dossier, "due_at"),
            (ministry.DossierState, "happened_at"),
            (ministry.DossierState, "supplement_until"),
            (ministry.EntryHead, "updated_at"),
            (records.Acceptance, "accepted_at"),
        ),
    ),
    (_HASH, ((province.AttachedFile, "sha256"), (ministry.EntryHead, "fingerprint"))),
    (
        _COUNT,
        (
            (province.Dossier, "version"),
            (province.AttachedFile, "size"),
            (province.MarriageForm, "copies"),
            (ministry.DossierState, "ordinal"),
            (ministry.MarriageFields, "copies"),
            (ministry.EntryHead, "entry_id"),
            (ministry.EntryHead, "version"),
        ),
    ),
    (_FLAG, ((province.Dossier, "needs_verification"), (province.AttachedFile, "removed"))),
)


def masked(body: bytes) -> Any:
    """A body as JSON with everything hidden that is not listed; of a body that is no JSON only `bytes` and `sha256`.

    A hidden text is `•••`, from 100 characters on `•••••`, a hidden number `•••#`. Null and empty texts stay.
    """
    try:
        return _masked(from_json(body, allow_inf_nan=False, cache_strings="none"), ())
    except (ValueError, RecursionError):
        return {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}


def _masked(value: Any, shapes: Iterable[Shape]) -> Any:
    if isinstance(value, dict):
        return {name: _member(original, held) for name, (original, held) in _named(value)}
    if isinstance(value, list):
        return [_masked(item, ()) for item in value]
    if value is None or value == "":
        return value
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if any(shape.fullmatch(text) for shape in shapes):
        return value
    if isinstance(value, str):
        return HIDDEN if len(value) < LONG_FROM else HIDDEN_LONG
    return HIDDEN_NUMBER if isinstance(value, int | float) and not isinstance(value, bool) else HIDDEN


def _member(name: str, value: Any) -> Any:
    if name == _JSON_INSIDE and isinstance(value, str):
        try:
            value = from_json(value, allow_inf_nan=False, cache_strings="none")
        except ValueError:
            return _masked(value, ())
    return _masked(value, _SHAPES.get(name, ()))


def _named(members: dict[str, Any]) -> Iterator[tuple[str, tuple[str, Any]]]:
    """Members under names that may be shown; the unknown ones are numbered."""
    unknown = 0
    for name, value in members.items():
        unknown += name not in _NAMES
        yield (name if name in _NAMES else f"{HIDDEN}{unknown}"), (name, value)


def _alias(form: type[BaseModel], attribute: str) -> str:
    return form.model_fields[attribute].alias or attribute


def _shapes() -> dict[str, tuple[Shape, ...]]:
    found: dict[str, tuple[Shape, ...]] = {}
    for shape, places in _LISTED:
        for form, attribute in places:
            name = _alias(form, attribute)
            found[name] = (*found.get(name, ()), shape)
    return found


def _names() -> Iterator[str]:
    """Every member's name in the bodies that the ledger keeps."""
    yield from records.Acceptance.model_fields
    for module in (province, ministry):
        for form in vars(module).values():
            if isinstance(form, type) and issubclass(form, Form):
                yield from (_alias(form, attribute) for attribute in form.model_fields)
                if issubclass(form, ministry.FlatForm):
                    for _, prefix, part in form.parts:
                        yield from (prefix + _alias(part, attribute) for attribute in part.model_fields)


_SHAPES: Final = _shapes()
_NAMES: Final = frozenset(_names())
# The ministry's answer holds the registration as JSON written into a text.
_JSON_INSIDE: Final = ministry.DossierState.member("result")
