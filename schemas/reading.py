"""How a foreign body becomes a form: what can be read is read, and what breaks the contract is named by its place.

Members of a form are optional to the type checker, because a body with one broken member is still read for all its
other faults; which ones the contract requires is said by `must`, and `faults_of` compares.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import SchemaValidator, core_schema, from_json

FaultKind = Literal[
    "not_json", "too_large", "not_an_object", "missing", "type", "too_long", "too_short", "range", "enum", "pattern"
]

_KINDS: dict[str, FaultKind] = {
    "string_too_long": "too_long",
    "too_long": "too_long",
    "string_too_short": "too_short",
    "too_short": "too_short",
    "greater_than_equal": "range",
    "less_than_equal": "range",
    "literal_error": "enum",
    "enum": "enum",
    "string_pattern_mismatch": "pattern",
}
# Tags of unions that pydantic puts into the place of an error; they are no members of the body.
_TAGS = frozenset({"marriage", "death"})

type_ = type
Loc = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """One place where a body breaks its contract: a JSON pointer and what is wrong there. Never a value of the body."""

    pointer: str
    kind: FaultKind


def must(alias: str, **limits: Any) -> Any:
    """A member that the contract requires."""
    return Field(default=None, alias=alias, json_schema_extra={"required": True}, **limits)


def may(alias: str, default: Any = None, **limits: Any) -> Any:
    """A member that may be left out or be null."""
    return Field(default=default, alias=alias, **limits)


class Form(BaseModel):
    """A wire form: members under the partner's names (aliases), read strictly, unknown members ignored."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, populate_by_name=True)

    required: ClassVar[tuple[tuple[str, str], ...]] = ()
    nested: ClassVar[tuple[tuple[str, str], ...]] = ()

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        fields = {name: field.alias or name for name, field in cls.model_fields.items()}
        extra = {name: field.json_schema_extra for name, field in cls.model_fields.items()}
        cls.required = tuple((n, a) for n, a in fields.items() if isinstance(e := extra[n], dict) and e.get("required"))
        cls.nested = tuple((n, a) for n, a in fields.items() if _holds_forms(cls.model_fields[n].annotation))

    @classmethod
    def member(cls, name: str) -> str:
        """The partner's name of a member."""
        return cls.model_fields[name].alias or name

    def missing(self, at: str = "") -> Iterator[str]:
        """JSON pointers of required members that are absent, at any depth."""
        for name, alias in self.required:
            if getattr(self, name) is None:
                yield f"{at}/{alias}"
        for name, alias in self.nested:
            value = getattr(self, name)
            if isinstance(value, Form):
                yield from value.missing(f"{at}/{alias}")
            elif isinstance(value, list):
                for index, item in enumerate(value):
                    if isinstance(item, Form):
                        yield from item.missing(f"{at}/{alias}/{index}")

    def to_wire(self) -> dict[str, Any]:
        """The form under the partner's names, without null members."""
        return self.model_dump(by_alias=True, exclude_none=True)

    @classmethod
    def read(cls, body: bytes) -> "tuple[Self | None, tuple[Fault, ...]]":
        """The form as far as it can be read, and every place where the body breaks the contract.

        None when the body is no JSON object at all. Members that are broken are None in the form.
        """
        try:
            return _only_whole(cls).validate_json(body, by_alias=True, by_name=False), ()
        except (ValidationError, RecursionError):
            pass  # what it breaks or lacks is found in its parts
        try:
            value = from_json(body, cache_strings="none")
        except (ValueError, RecursionError):
            return None, (Fault("", "not_json"),)
        return cls._salvage(value)

    @classmethod
    def read_value(cls, value: object) -> "tuple[Self | None, tuple[Fault, ...]]":
        """Like `read`, for a body that was parsed already."""
        try:
            return _only_whole(cls).validate_python(value, by_alias=True, by_name=False), ()
        except ValidationError:
            return cls._salvage(value)

    @classmethod
    def _salvage(cls, value: object) -> "tuple[Self | None, tuple[Fault, ...]]":
        if not isinstance(value, Mapping):
            return None, (Fault("", "not_an_object"),)
        faults: dict[str, FaultKind] = {}
        for _ in range(8):  # cutting a broken member out can uncover what its union hid before
            try:
                form = cls.model_validate(value, by_alias=True, by_name=False)
            except ValidationError as error:
                for one in error.errors(include_url=False):
                    place = tuple(part for part in one["loc"] if part not in _TAGS)
                    given = one["input"]
                    if one["type"] == "int_type" and isinstance(given, float) and given.is_integer():
                        _, value = _with(int(given), value, place)  # 6.0 is an integer in JSON Schema
                        continue
                    place, value = _with(None, value, place)
                    faults.setdefault(pointer(place), _KINDS.get(one["type"], "type"))
            else:
                absent = [p for p in form.missing() if not any((p + "/").startswith(f + "/") for f in faults)]
                return form, (*(Fault(p, k) for p, k in faults.items()), *(Fault(p, "missing") for p in absent))
        return None, tuple(Fault(p, k) for p, k in faults.items())


@cache
def _only_whole(form: type[Form]) -> SchemaValidator:
    """Reads only bodies that lack nothing and break nothing, as nearly all are. To read one as a form that may lack
    members, and then to look for what it lacks, took half as long again."""
    # Without the last argument the parts would be read by what their own forms accept.
    return SchemaValidator(_without_gaps(form.__pydantic_core_schema__), None, False)


def _without_gaps(schema: Any, required: frozenset[str] = frozenset()) -> Any:
    """A core schema in which members that are `must` have no default. Which form a union means is tried out; a function
    that says it would have the body made into Python's objects first."""
    if isinstance(schema, list):
        return [_without_gaps(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    kind = schema.get("type")
    if kind == "model":
        required = frozenset(name for name, _ in schema["cls"].required)
    made = {key: _without_gaps(part, required) for key, part in schema.items()}
    if kind == "model-fields":
        for name in required:
            made["fields"][name]["schema"] = _present(made["fields"][name]["schema"])
    if kind == "tagged-union":
        return core_schema.union_schema(list(made["choices"].values()), mode="left_to_right")
    return made


def _present(schema: Any) -> Any:
    while schema["type"] in ("default", "nullable"):
        schema = schema["schema"]
    return schema


def pointer(place: Loc) -> str:
    """RFC 6901."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in place)


def _holds_forms(annotation: object) -> bool:
    if isinstance(annotation, type_):
        return issubclass(annotation, Form)
    return any(_holds_forms(part) for part in get_args(annotation))


def _with(member: int | None, value: Any, place: Loc) -> tuple[Loc, Any]:
    """A copy of the value with this member at that place, and the place as far as it exists in the value. An item of a
    list is not set to null: a form stays there, which is empty."""
    if not place:
        return (), {}
    step, rest = place[0], place[1:]
    if isinstance(value, Mapping) and step in value:
        below, inner = _with(member, value[step], rest) if rest else ((), member)
        return (step, *below), {**value, step: inner}
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        below, inner = _with(member, value[step], rest) if rest else ((), {} if member is None else member)
        return (step, *below), [*value[:step], inner, *value[step + 1 :]]
    return (), None
