"""JSON as it comes in, canonical JSON, and the fingerprints that both contracts build on it."""

import hashlib
import json
import math
from collections.abc import Iterable
from typing import Any, Never

_DEEPEST = 100


class NotJson(ValueError):
    """The bytes are no JSON text that can be stored: broken UTF-8, syntax, nesting, NaN or a lone surrogate."""


def parse(body: bytes | str) -> Any:
    """The value of a JSON text.

    Raises:
        NotJson: without quoting the text.
    """
    try:
        text = body.decode() if isinstance(body, bytes) else body
        value = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
        if text.count("[") + text.count("{") > _DEEPEST and _deep(value):
            raise ValueError("nested too deeply")
        if "\\ud" in text or "\\uD" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise NotJson("no JSON text") from None
    return value


def _deep(value: Any) -> bool:
    """Whether lists and objects stand in each other deeper than anything that writes them could follow."""
    level = [value]
    for _ in range(_DEEPEST):
        level = [part for parts in level for part in _parts(parts)]
        if not level:
            return False
    return True


def _parts(value: Any) -> Iterable[Any]:
    inner = value.values() if isinstance(value, dict) else value
    return [part for part in inner if isinstance(part, (dict, list))] if isinstance(value, (dict, list)) else ()


def _no_constant(name: str) -> Never:
    raise ValueError(name)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("out of range")
    return number


def compact(value: Any) -> str:
    """The value as JSON text, members in the order they have, letters as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def without_nulls(value: Any, leave_out: Iterable[str] = ()) -> Any:
    """A copy without the named members at the top and without null members at any depth."""
    if isinstance(value, dict):
        skip = frozenset(leave_out)
        return {k: without_nulls(v) for k, v in value.items() if v is not None and k not in skip}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


def canonical(value: Any) -> bytes:
    """Keys sorted, no spaces, UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def digest(data: bytes) -> str:
    """SHA-256 in lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def entry_fingerprint(entry: dict[str, Any]) -> str:
    """ministry.openapi.yaml, EntryHead.dauVanTay."""
    return digest(canonical(without_nulls(entry, ["dauVanTay"])))


def result_fingerprint(result: dict[str, Any]) -> str:
    """province.openapi.yaml, Result.DauVanTay."""
    return digest(canonical(without_nulls(result, ["DauVanTay", "ThayThe"])))
