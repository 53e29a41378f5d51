"""An independent reading of the two OpenAPI files: says what in an exchange with a partner breaks them.

It shares no code with the sandbox or the connector (another schema library, its own walk over the documents), so that a
mistake of theirs is not repeated here. tests/recording.py puts it on the line, between a client and a partner.
A violation names side, JSON pointer and keyword, never a value.
"""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

Partner = Literal["ministry", "province"]

_FILES = Path(__file__).parents[1] / "connector" / "sandbox" / "contracts"
_TOKEN = {"ministry": "/token", "province": "/oauth2/token"}
_GATEWAY = {401, 403, 413, 429, 502, 503, 504}
_FAILED = {
    "ministry": _GATEWAY,
    "province": _GATEWAY | {404, 409, 410, 422} | set(range(500, 600)),
}
_HTTP_OF = {
    "0": 200,
    "DUP": 200,
    "CONFLICT": 409,
    "STATE": 409,
    "NOTFOUND": 404,
    "INVALID": 422,
    "BUSY": 503,
    "CURSOR": 410,
}
_MINISTRY_CODES = {"100", "101", "106", "108", "110", "111", "200", "201", "302", "500", "503"}
_FORM_OF = {"LTKH": "MarriageForm", "LTKT": "DeathForm"}
_RESULT_OF = {"LTKH": "MarriageResult", "LTKT": "DeathResult"}


@dataclass(frozen=True)
class Exchange:
    """One call and its answer; header names in any case."""

    method: str
    url: str
    request_headers: Mapping[str, str]
    request_body: bytes
    status: int
    response_headers: Mapping[str, str]
    response_body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.url).query, keep_blank_values=True))

    def asked(self, name: str) -> str:
        return _header(self.request_headers, name)

    def answered(self, name: str) -> str:
        return _header(self.response_headers, name)


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name), "")


class Contract:
    """One partner's OpenAPI file."""

    def __init__(self, partner: Partner) -> None:
        self.partner = partner
        document = yaml.safe_load((_FILES / f"{partner}.openapi.yaml").read_text("utf-8"))
        self._document = _ascii_patterns(document)
        self._schemas = self._document["components"]["schemas"]
        self._validators: dict[str, Draft202012Validator] = {}

    def violations(self, exchange: Exchange, sides: str = "both") -> list[str]:
        """What breaks the contract; `sides` is `both`, `request` or `response`."""
        found = self._operation(exchange)
        if found is None:
            return ["request: no such operation"]
        template, params, operation = found
        said: list[str] = []
        if sides != "response":
            said += [f"request {v}" for v in self._request(exchange, template, params, operation)]
        if sides != "request":
            said += [f"response {v}" for v in self._response(exchange, template, operation)]
        return said

    def _operation(self, exchange: Exchange) -> tuple[str, dict[str, str], dict[str, Any]] | None:
        for template, item in self._document["paths"].items():
            pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template)
            if (hit := re.fullmatch(pattern, exchange.path)) and exchange.method.lower() in item:
                operation = dict(item[exchange.method.lower()])
                operation["parameters"] = [*item.get("parameters", []), *operation.get("parameters", [])]
                return template, {k: unquote(v) for k, v in hit.groupdict().items()}, operation
        return None

    # -- requests -------------------------------------------------------------------------------------------------

    def _request(
        self, exchange: Exchange, template: str, params: dict[str, str], operation: dict[str, Any]
    ) -> Iterator[str]:
        scheme = "Basic " if template == _TOKEN[self.partner] else "Bearer "
        if not exchange.asked("authorization").startswith(scheme):
            yield f"/Authorization: not {scheme.strip()}"
        yield from self._parameters(exchange, params, operation)
        content = operation.get("requestBody", {}).get("content", {})
        for kind, media in content.items():
            if exchange.asked("content-type").split(";")[0].strip() != kind:
                yield "/Content-Type: another one"
            elif kind == "application/json":
                yield from self._json_request(exchange, media["schema"])
            else:
                yield from self._errors(dict(parse_qsl(exchange.request_body.decode())), media["schema"])
        if not content and exchange.request_body:
            yield ": a body where none belongs"

    def _parameters(self, exchange: Exchange, params: dict[str, str], operation: dict[str, Any]) -> Iterator[str]:
        declared = {(p["in"], p["name"]): p for p in operation["parameters"]}
        given = {**{("path", k): v for k, v in params.items()}, **{("query", k): v for k, v in exchange.query.items()}}
        for key in given.keys() - declared.keys():
            yield f"/{key[1]}: no such parameter"
        for key in given.keys() & declared.keys():
            schema = declared[key]["schema"]
            value: Any = given[key]
            if schema.get("type") == "integer":
                value = int(value) if re.fullmatch(r"-?[0-9]+", value) else value
            yield from (f"/{key[1]}{error}" for error in self._errors(value, schema))

    def _json_request(self, exchange: Exchange, schema: dict[str, Any]) -> Iterator[str]:
        try:
            body = json.loads(exchange.request_body)
        except (ValueError, RecursionError):
            yield ": no JSON"
            return
        yield from self._errors(body, schema)
        if self.partner == "province":
            yield from self._unknown(body, [schema], "")
        elif exchange.path.endswith("/nhanHoSoDKHT") and isinstance(body, dict):
            yield from self._text(body.get("data"), _FORM_OF.get(str(body.get("module"))), "/data")
            yield from _undecodable(body)

    def _unknown(self, value: Any, schemas: list[dict[str, Any]], pointer: str) -> Iterator[str]:
        """Members that the file does not name."""
        if isinstance(value, list):
            items = [s["items"] for s in self._flat(schemas) if "items" in s]
            for place, item in enumerate(value):
                yield from self._unknown(item, items, f"{pointer}/{place}")
        if not isinstance(value, dict):
            return
        known: dict[str, list[dict[str, Any]]] = {}
        flat = list(self._flat(schemas))
        for schema in flat:
            for name, member in schema.get("properties", {}).items():
                known.setdefault(name, []).append(member)
        if not known or any("additionalProperties" in schema for schema in flat):
            return
        for name, member in value.items():
            if name in known:
                # "with the members of ToKhai": what a register entry's content may hold is named with the forms.
                more = [{"$ref": f"#/components/schemas/{f}"} for f in _FORM_OF.values()] if name == "NoiDung" else []
                yield from self._unknown(member, [*known[name], *more], f"{pointer}/{name}")
            else:
                yield f"{pointer}/{name}: not named"

    def _flat(self, schemas: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for schema in schemas:
            if "$ref" in schema:
                yield from self._flat([self._schemas[schema["$ref"].rsplit("/", 1)[1]]])
            else:
                yield schema
                yield from self._flat([*schema.get("allOf", []), *schema.get("anyOf", [])])

    # -- responses ------------------------------------------------------------------------------------------------

    def _response(self, exchange: Exchange, template: str, operation: dict[str, Any]) -> Iterator[str]:
        documented = operation["responses"].get(str(exchange.status))
        if documented is None and "default" in operation["responses"] and exchange.status in _FAILED[self.partner]:
            yield from self._failed(exchange)
            return
        if documented is None and template == _TOKEN[self.partner] and exchange.status in _GATEWAY:
            yield from _retry_after(exchange)
            return
        if documented is None:
            yield f": status {exchange.status} is not in the file"
            return
        content = documented.get("content", {})
        if "application/json" not in content:
            return
        if exchange.answered("content-type").split(";")[0] != "application/json":
            yield "/Content-Type: not JSON"
            return
        try:
            body = json.loads(exchange.response_body)
        except (ValueError, RecursionError):
            yield ": no JSON"
            return
        yield from self._errors(body, content["application/json"]["schema"])
        if template != _TOKEN[self.partner] and isinstance(body, dict) and _is_json(exchange.request_body):
            meaning = self._ministry_meaning if self.partner == "ministry" else self._province_meaning
            yield from meaning(exchange, template, body)

    def _failed(self, exchange: Exchange) -> Iterator[str]:
        yield from _retry_after(exchange)
        is_json = exchange.answered("content-type").startswith("application/json")
        if not (is_json and exchange.response_body):
            return
        try:
            body = json.loads(exchange.response_body)
        except (ValueError, RecursionError):
            yield ": no JSON"
            return
        if self.partner == "ministry":
            if set(body.get("fault", {})) != {"code", "message", "description"}:
                yield "/fault: not code, message, description"
        else:
            yield from self._errors(body, {"$ref": "#/components/schemas/Answer"})
            if _HTTP_OF.get(body.get("error_code")) != exchange.status:
                yield "/error_code: not the one of this status"

    def _ministry_meaning(self, exchange: Exchange, template: str, body: dict[str, Any]) -> Iterator[str]:
        done, code, value = str(body.get("status")) == "1", body.get("errorCode"), body.get("value")
        if done == (code is not None) or (code is not None and code not in _MINISTRY_CODES):
            yield "/errorCode: does not go with the status"
        if template.endswith("/nhanHoSoDKHT") and (done or code == "110") != isinstance(value, dict):
            yield "/value: a receipt belongs to done and 110 only"
        elif template.endswith("/layKetQua") and isinstance(value, list):
            asked = json.loads(exchange.request_body)
            for place, state in enumerate(value):
                if state.get("maHoSoMCDT") not in asked["maDinhDanhHoSo"] or state.get("module") != asked["module"]:
                    yield f"/value/{place}: was not asked for"
                yield from self._text(
                    state.get("ketQuaXuLy"), _RESULT_OF.get(str(state.get("module"))), f"/value/{place}/ketQuaXuLy"
                )

    def _province_meaning(self, exchange: Exchange, template: str, body: dict[str, Any]) -> Iterator[str]:
        if "error_code" in body and _HTTP_OF.get(body["error_code"]) != 200:
            yield "/error_code: not the one of this status"
        if template.endswith("/tien-do"):
            asked = [_key_of(item) for item in json.loads(exchange.request_body)["data"]]
            if [answer.get("MaSuKien") for answer in body.get("ket_qua", [])] != asked:
                yield "/ket_qua: not one answer per item in the order sent"
        elif template.endswith("/doi-soat"):
            whole = not json.loads(exchange.request_body).get("ChiTong", False)
            if whole != ("DanhSach" in body):
                yield "/DanhSach: belongs to ChiTong false only"

    # -- schemas --------------------------------------------------------------------------------------------------

    def _text(self, text: Any, schema: str | None, pointer: str) -> Iterator[str]:
        """JSON text inside a string."""
        if not isinstance(text, str) or schema is None:
            return
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            yield f"{pointer}: no JSON"
            return
        yield from (pointer + error for error in self._errors(value, {"$ref": f"#/components/schemas/{schema}"}))

    def _errors(self, value: Any, schema: dict[str, Any]) -> Iterator[str]:
        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            self._validators[key] = Draft202012Validator({**schema, "components": self._document["components"]})
        for error in self._validators[key].iter_errors(value):
            yield "".join(f"/{step}" for step in error.absolute_path) + f": {error.validator}"


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return False
    return True


def _key_of(item: Any) -> str:
    """What answers a progress item whose key cannot be read: none."""
    key = item.get("MaSuKien") if isinstance(item, dict) else None
    return key if isinstance(key, str) else ""


def _undecodable(body: dict[str, Any]) -> Iterator[str]:
    for place, file in enumerate(body.get("fileDinhKem", [])):
        pointer = f"/fileDinhKem/{place}/duLieuTepDinhKem"
        try:
            content = base64.b64decode(file["duLieuTepDinhKem"], validate=True)
        except (KeyError, ValueError):
            yield f"{pointer}: contentEncoding"
            continue
        if len(content) > 10 * 1024 * 1024:
            yield f"{pointer}: more than 10 MiB"


def _retry_after(exchange: Exchange) -> Iterator[str]:
    if exchange.status != 429:
        return
    said = exchange.answered("retry-after")
    try:
        good = said.isdigit() or parsedate_to_datetime(said) is not None
    except ValueError:
        good = False
    if not good:
        yield "/Retry-After: neither seconds nor an HTTP date"


def _ascii_patterns(value: Any) -> Any:
    """Patterns as ECMA-262 means them: digits are 0-9, and `$` is the very end."""
    if isinstance(value, list):
        return [_ascii_patterns(item) for item in value]
    if not isinstance(value, dict):
        return value
    copy = {key: _ascii_patterns(item) for key, item in value.items()}
    if isinstance(copy.get("pattern"), str):
        copy["pattern"] = re.sub(r"\$$", r"\\Z", copy["pattern"].replace(r"\d", "[0-9]"))
    return copy
