"""How a member of a partner's form is read for a record, and what is said when that cannot be done."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import wraps
from typing import Any, ClassVar, ParamSpec, Self, TypeVar

from pydantic import ValidationError

from schemas import ministry, province
from schemas.reading import Form, pointer
from schemas.values import PartialDate, clean, parse_instant

P = ParamSpec("P")
T = TypeVar("T")
V = TypeVar("V")


class MappingFailed(Exception):
    """A form or record has no counterpart on the other side: a needed member is absent or cannot be read.

    `pointer` is where: in the form that was read, or in the form (or part of one) that was to be built. Never a value.
    """

    def __init__(self, pointer: str) -> None:
        super().__init__(f"cannot be mapped: {pointer or '/'}")
        self.pointer = pointer


def without_values(mapping: Callable[P, T]) -> Callable[P, T]:
    """A model's own refusal as MappingFailed: pydantic's text would quote what was refused."""

    @wraps(mapping)
    def quiet(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return mapping(*args, **kwargs)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise MappingFailed(pointer(first["loc"]))

    return quiet


def if_known(make: Callable[[V], T], value: V | None) -> T | None:
    """What is made of a value; nothing of nothing."""
    return None if value is None else make(value)


class Reader:
    """Reads the members of one form by their names here. `needed_…` fails with the member's place when it is absent."""

    __slots__ = ("_members", "above", "form", "index", "member")
    separator: ClassVar[str]
    instant_format: ClassVar[str]

    def __init__(self, form: Form, above: "Reader | None" = None, member: str = "", index: int | None = None) -> None:
        self.form = form
        self._members: Mapping[str, Any] = form.__dict__  # which is a third quicker than asking the form for each
        self.above = above
        self.member = member
        self.index = index

    def into(self, member: str) -> Self | None:
        """The reader of a member that is a form itself; None when it is absent."""
        form = self._members[member]
        return None if form is None else type(self)(form, self, member)

    def needed_into(self, member: str) -> Self:
        found = self.into(member)
        if found is None:
            raise self.failed(member)
        return found

    def each(self, member: str) -> "list[Self]":
        """The readers of a list's items; none when it is absent."""
        forms = self._members[member] or ()
        return [type(self)(form, self, member, index) for index, form in enumerate(forms)]

    def value(self, member: str) -> Any:
        return self._members[member]

    def needed(self, member: str) -> Any:
        found = self._members[member]
        if found is None:
            raise self.failed(member)
        return found

    def text(self, member: str) -> str | None:
        """The clean text; None when it is absent or empty."""
        found = self._members[member]
        return (clean(found) or None) if found else None

    def needed_text(self, member: str) -> str:
        return clean(self.needed(member))

    def date(self, member: str) -> PartialDate | None:
        found = self._members[member]
        if not found:
            return None
        try:
            return PartialDate.parse(found, self.separator)
        except ValueError:
            raise self.failed(member) from None

    def needed_date(self, member: str) -> PartialDate:
        found = self.date(member)
        if found is None:
            raise self.failed(member)
        return found

    def instant(self, member: str) -> datetime | None:
        found = self._members[member]
        if not found:
            return None
        try:
            return parse_instant(found, self.instant_format)
        except ValueError:
            raise self.failed(member) from None

    def needed_instant(self, member: str) -> datetime:
        found = self.instant(member)
        if found is None:
            raise self.failed(member)
        return found

    def named(self, member: str, names: Mapping[int, T]) -> T | None:
        """Our name for the partner's number."""
        found = self._members[member]
        if found is None:
            return None
        if found not in names:
            raise self.failed(member)
        return names[found]

    def needed_named(self, member: str, names: Mapping[int, T]) -> T:
        found = self.named(member, names)
        if found is None:
            raise self.failed(member)
        return found

    def failed(self, member: str) -> MappingFailed:
        return MappingFailed(self._place() + self._step(member))

    def _place(self) -> str:
        if self.above is None:
            return ""
        item = "" if self.index is None else f"/{self.index}"
        return self.above._place() + self.above._step(self.member) + item

    def _step(self, member: str) -> str:
        alias = type(self.form).model_fields[member].alias or member
        return pointer((alias,))


class ProvinceReader(Reader):
    __slots__ = ()
    separator = province.DATE_SEPARATOR
    instant_format = province.INSTANT_FORMAT


class MinistryReader(Reader):
    """The ministry writes the parts of its forms flat: their prefix and the member's name are one step."""

    __slots__ = ()
    separator = ministry.DATE_SEPARATOR
    instant_format = ministry.INSTANT_FORMAT

    def _step(self, member: str) -> str:
        step, flat = super()._step(member), self.above and self.above.form
        is_part = isinstance(flat, ministry.FlatForm) and any(name == self.member for name, _, _ in flat.parts)
        return step[1:] if is_part else step
