"""Bodies judged by the OpenAPI files: every schema is compiled once, and a breach is named by pointer and kind."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import jsonschema_rs
import yaml

Partner = Literal["ministry", "province"]
Kind = Literal["missing", "long", "form", "unknown"]


@dataclass(frozen=True, slots=True)
class Breach:
    """One place where a body breaks its schema; never holds the value that stands there."""

    path: tuple[str | int, ...]
    kind: Kind

    @property
    def pointer(self) -> str:
        """JSON pointer (RFC 6901)."""
        return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in self.path)

    @property
    def dotted(self) -> str:
        return ".".join(str(step) for step in self.path)


class Form:
    """One compiled schema."""

    def __init__(self, schema: dict[str, Any], components: dict[str, Any]) -> None:
        whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "components": components}
        # The mask keeps citizens' data out of every message that the library writes.
        self._validator = jsonschema_rs.validator_for(whole, mask="…")

    def breaches(self, value: Any) -> list[Breach]:
        """Every breach, in the order of the schema; empty when the value is good."""
        try:
            if self._validator.is_valid(value):
                return []
            return [breach for error in self._validator.iter_errors(value) for breach in _named(error)]
        except ValueError:
            return [Breach((), "form")]  # nested deeper than the validator follows


def _named(error: jsonschema_rs.ValidationError) -> Iterator[Breach]:
    path = tuple(error.instance_path)
    about: dict[str, Any] = error.kind.as_dict()
    match error.kind.name:
        case "required":
            yield Breach((*path, about["property"]), "missing")
        case "maxLength":
            yield Breach(path, "long")
        case "additionalProperties":
            for name in about["unexpected"]:
                yield Breach((*path, name), "unknown")
        case _:
            yield Breach(path, "form")


@cache
def contract(partner: Partner) -> dict[str, Any]:
    """The partner's OpenAPI document, as shipped in the package; shared, so not to be changed."""
    text = files("connector.sandbox").joinpath("contracts", f"{partner}.openapi.yaml").read_text("utf-8")
    document: dict[str, Any] = yaml.load(text, Loader=_Loader)
    return document


# The C loader reads these files fifteen times faster; a build of PyYAML without it still works.
_Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def named_only(schema: Any) -> Any:
    """A copy whose objects take no unlisted members (province: "only members that this file names")."""
    if isinstance(schema, list):
        return [named_only(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    copy = {key: named_only(part) for key, part in schema.items()}
    if isinstance(copy.get("properties"), dict) and copy.get("type") == "object":
        copy.setdefault("additionalProperties", False)
    return copy


def request_schema(document: dict[str, Any], path: str, method: str = "post") -> dict[str, Any]:
    """The JSON schema of an operation's request body."""
    content = document["paths"][path][method]["requestBody"]["content"]
    schema: dict[str, Any] = content["application/json"]["schema"]
    return deepcopy(schema)
