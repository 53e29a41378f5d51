"""Two copies of one registration beside each other, member by member: what differs, and whether that means anything.

Both sides are brought into the province's form, which both partners' forms can be read into. What goes to the ministry
is mapped there and back, so a fault of our own mapping shows as a difference.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from typing import Any, Final

from connector.domain import ethnicities
from connector.domain.checks.results import read_result
from connector.domain.mapping import from_ministry, to_ministry, to_province, to_records
from connector.domain.mapping.contents import content
from connector.domain.mapping.reading import MappingFailed, MinistryReader
from connector.domain.masking import masked
from connector.domain.message import Route
from schemas import ministry, province
from schemas.reading import Form
from schemas.values import Procedure, clean_number, compared


class Difference(StrEnum):
    """How two values of one member stand to each other."""

    NONE = "none"
    COSMETIC = "cosmetic"  # another spelling of the same: marks, spaces, capitals, Ð, dots in a number, a group's name
    LEGAL = "legal"  # another value
    ONLY_LEFT = "only-left"
    ONLY_RIGHT = "only-right"


class Sides(StrEnum):
    """What stands left and right."""

    SENT = "sent"  # as received from the province | as the ministry reads what we send
    REGISTERED = "registered"  # as applied for | as registered, the way the province gets it
    VERSIONS = "versions"  # the entry's version before | this version
    BY_HAND = "by-hand"  # as we would send it | as clerks entered it in the register


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One member. `names` are our names of it from the outside in; the values are as a person may see them.

    `pointer` is its place: in the source's body for an application, else in the province's form.
    """

    names: tuple[str, ...]
    pointer: str
    left: str | None = field(repr=False)
    right: str | None = field(repr=False)
    difference: Difference


@dataclass(frozen=True, slots=True)
class SideBySide:
    """`failed` is the place of the member for want of which a side could not be made, None when both were."""

    sides: Sides
    rows: tuple[Row, ...]
    failed: str | None = None

    def count(self, difference: Difference) -> int:
        return sum(row.difference is difference for row in self.rows)


AnyForm = province.MarriageForm | province.DeathForm

_NUMBERS: Final = frozenset({"personal_number", "number"})


def side_by_side(
    route: Route, procedure: Procedure | None, body: bytes, other: bytes | None, *, reveal: bool = False
) -> SideBySide | None:
    """The message's registration beside what it is to be compared with; None for routes that carry none.

    `other` is the body of the application a result came of, or of the register entry's version before; it is not
    needed for an application. Values are masked unless `reveal`.
    """
    if route not in _SIDES:
        return None
    sides, at, make_left, make_right = _SIDES[route]
    makers = (partial(make_left, procedure, body, other), partial(make_right, procedure, body, other))
    return _beside(sides, at, makers, reveal=reveal)


def by_hand(procedure: Procedure, application: bytes, entry: bytes, *, reveal: bool = False) -> SideBySide:
    """What we would send of an application beside what clerks entered for it. Values are masked unless `reveal`."""
    makers = (partial(_there_and_back, procedure, application, None), partial(_this_version, procedure, entry, None))
    return _beside(Sides.BY_HAND, "", makers, reveal=reveal)


def _beside(sides: Sides, at: str, makers: Sequence[Callable[[], AnyForm | None]], *, reveal: bool) -> SideBySide:
    failed: list[str] = []
    forms: list[AnyForm | None] = []
    for make in makers:
        try:
            forms.append(make())
        except MappingFailed as error:
            forms.append(None)
            failed.append(error.pointer or "/")
    rows = list(_rows(at, *forms, reveal=reveal))
    if failed:  # what is on one side only says nothing where the other could not be made
        rows = [replace(row, difference=Difference.NONE) for row in rows]
    return SideBySide(sides, tuple(rows), failed[0] if failed else None)


def is_cosmetic(name: str, left: str, right: str) -> bool:
    """Whether two different texts of a member say the same."""
    one, other = compared(left).casefold(), compared(right).casefold()
    if one == other:
        return True
    if name in _NUMBERS:
        return clean_number(one) == clean_number(other)
    group = ethnicities.code_of(left) if name == "ethnicity" else None
    return group is not None and group == ethnicities.code_of(right)


def _rows(at: str, left: Form | None, right: Form | None, *, reveal: bool) -> Iterator[Row]:
    lefts, rights = dict(_flat(left, at, reveal)), dict(_flat(right, at, reveal))
    for names in dict.fromkeys((*lefts, *rights)):
        one, other = lefts.get(names), rights.get(names)
        yield Row(
            names=names,
            pointer=(one or other or _NOTHING).pointer,
            left=None if one is None else one.shown,
            right=None if other is None else other.shown,
            difference=_difference(names[-1], one, other),
        )


def _difference(name: str, left: "_Value | None", right: "_Value | None") -> Difference:
    if right is None:
        return Difference.ONLY_LEFT
    if left is None:
        return Difference.ONLY_RIGHT
    if left.text == right.text:
        return Difference.NONE
    return Difference.COSMETIC if is_cosmetic(name, left.text, right.text) else Difference.LEGAL


@dataclass(frozen=True, slots=True)
class _Value:
    pointer: str
    text: str = field(repr=False)
    shown: str = field(repr=False)


_NOTHING: Final = _Value("", "", "")


def _flat(form: Form | None, at: str, reveal: bool) -> Iterator[tuple[tuple[str, ...], _Value]]:
    """The form's members that have a value, at any depth, by our names of them."""
    if form is None:
        return
    hidden = None if reveal else masked(json.dumps(form.to_wire(), ensure_ascii=False).encode())
    yield from _members(form, (), at, hidden)


def _members(form: Form, names: tuple[str, ...], at: str, hidden: Any) -> Iterator[tuple[tuple[str, ...], _Value]]:
    for name in type(form).model_fields:
        value, member = getattr(form, name), type(form).member(name)
        below = hidden.get(member) if isinstance(hidden, dict) else None
        if isinstance(value, Form):
            yield from _members(value, (*names, name), f"{at}/{member}", below)
        elif value is not None and value != "":
            shown = value if hidden is None else below
            yield (*names, name), _Value(f"{at}/{member}", str(value), "" if shown is None else str(shown))


def _received(_procedure: Procedure | None, body: bytes, _other: bytes | None) -> AnyForm | None:
    return _dossier(body).form


def _there_and_back(_procedure: Procedure | None, body: bytes, _other: bytes | None) -> AnyForm | None:
    form = to_ministry.form(to_records.application(_dossier(body)))
    return content(from_ministry.event(MinistryReader(form)))


def _applied_for(_procedure: Procedure | None, _body: bytes, other: bytes | None) -> AnyForm | None:
    return _dossier(other).form if other else None


def _registered(_procedure: Procedure | None, body: bytes, other: bytes | None) -> AnyForm | None:
    state, _ = ministry.DossierState.read(body)
    result, _ = read_result(state) if state else (None, ())
    if state is None or result is None:
        raise MappingFailed(f"/{ministry.DossierState.member('result')}")
    application = to_records.application(_dossier(other)) if other else None
    return to_province.result(to_records.registration(state, result), application, None, None).content


def _version_before(procedure: Procedure | None, _body: bytes, other: bytes | None) -> AnyForm | None:
    return _entry(procedure, other) if other else None


def _this_version(procedure: Procedure | None, body: bytes, _other: bytes | None) -> AnyForm | None:
    return _entry(procedure, body)


def _entry(procedure: Procedure | None, body: bytes) -> AnyForm | None:
    entry = ministry.ENTRIES_OF[procedure].read(body)[0] if procedure else None
    if entry is None:
        raise MappingFailed("")
    return content(to_records.register_entry(entry).event)


def _dossier(body: bytes) -> province.Dossier:
    event, _ = province.DossierEvent.read(body)
    if event is None or event.dossier is None:
        raise MappingFailed(f"/{province.DossierEvent.member('dossier')}")
    return event.dossier


_FORM: Final = f"/{province.DossierEvent.member('dossier')}/{province.Dossier.member('form')}"
_Maker = Callable[[Procedure | None, bytes, bytes | None], AnyForm | None]
_SIDES: Final[dict[Route, tuple[Sides, str, _Maker, _Maker]]] = {
    Route.APPLICATION: (Sides.SENT, _FORM, _received, _there_and_back),
    Route.RESULT: (Sides.REGISTERED, "", _applied_for, _registered),
    Route.REGISTER: (Sides.VERSIONS, "", _version_before, _this_version),
}
