"""What the province takes: its OpenAPI schemas, closed against members that the file does not name."""

from copy import deepcopy
from datetime import date
from typing import Any

from connector.sandbox.forms import Breach, Form, contract, named_only, request_schema


class Requests:
    """Compiled forms of every request body."""

    def __init__(self) -> None:
        document = contract("province")
        open_schemas = document["components"]["schemas"]
        components = {"schemas": named_only(open_schemas)}
        self.progress = Form({"$ref": "#/components/schemas/Progress"}, components)
        self.comparison = Form(named_only(request_schema(document, "/apitthc/v1/so-ho-tich/doi-soat")), components)
        self._result = {
            paper: Form(
                _with_content(components["schemas"]["Result"], {"$ref": f"#/components/schemas/{form}"}), components
            )
            for paper, form in {"KQ.G15.000032": "MarriageForm", "KQ.G15.000034": "DeathForm"}.items()
        }
        self._any_result = Form({"$ref": "#/components/schemas/Result"}, components)
        entry = components["schemas"]["RegisterEntry"]
        self._entry = {
            register: Form(_with_content(entry, _registered(components["schemas"], form, people)), components)
            for register, (form, people) in {
                "KH": ("MarriageForm", ("BenNam", "BenNu")),
                "KT": ("DeathForm", ("NguoiChet",)),
            }.items()
        }
        self._any_entry = Form({"$ref": "#/components/schemas/RegisterEntry"}, components)

    def result(self, body: Any) -> list[Breach]:
        """Breaches of a Result; its content has to be the form that the paper's code speaks of."""
        paper = body.get("MaKetQua") if isinstance(body, dict) else None
        form = self._result.get(paper, self._any_result) if isinstance(paper, str) else self._any_result
        return form.breaches(body) or _impossible_day(body)

    def entry(self, body: Any) -> list[Breach]:
        """Breaches of a RegisterEntry; its content has the members of ToKhai, of which few are required."""
        register = body.get("Loai") if isinstance(body, dict) else None
        form = self._entry.get(register, self._any_entry) if isinstance(register, str) else self._any_entry
        return form.breaches(body) or _impossible_day(body)


def _with_content(schema: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    copy = deepcopy(schema)
    copy["properties"]["NoiDung"] = content
    return copy


def _registered(schemas: dict[str, Any], form: str, people: tuple[str, ...]) -> dict[str, Any]:
    """The form as an old entry may carry it: known members only, nothing required but the persons' names and births."""
    content: dict[str, Any] = _nothing_required(_inline(schemas[form], schemas))
    content["required"] = list(people)
    for name in people:
        content["properties"][name]["required"] = ["HoTen", "NgaySinh"]
    return content


def _inline(schema: Any, schemas: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_inline(part, schemas) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inline(schemas[schema["$ref"].rsplit("/", 1)[1]], schemas)
    return {key: _inline(part, schemas) for key, part in schema.items()}


def _nothing_required(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_nothing_required(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: _nothing_required(part) for key, part in schema.items() if key != "required"}


def _impossible_day(body: dict[str, Any]) -> list[Breach]:
    return [] if first_day(body["NgayDangKy"]) else [Breach(("NgayDangKy",), "form")]


def first_day(text: str) -> date | None:
    """The day of `dd/MM/yyyy`, the first day of `MM/yyyy` or `yyyy`; None where no calendar has it."""
    try:
        year, month, day = (int(part) for part in [*reversed(text.split("/")), "1", "1"][:3])
        return date(year, month, day)
    except ValueError:
        return None
