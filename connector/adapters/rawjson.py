"""JSON taken apart without being changed, so that each item of an answer can be kept exactly as it was received."""

from typing import Any, Final

import msgspec

# Some gateways put it before their JSON; RFC 8259 lets a reader pass over it.
BOM: Final = b"\xef\xbb\xbf"


# Not what RFC 8259 allows, but what some servers write: two bytes a character, with a mark or seen by its first zero.
_TWO_BYTES: Final = {
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
    b"{\x00": "utf-16-le",
    b"[\x00": "utf-16-le",
    b"\x00{": "utf-16-be",
    b"\x00[": "utf-16-be",
}


class NotJson(ValueError):
    """The bytes are no JSON, or not of the expected shape. The bytes are not part of this error."""


def as_utf8(body: bytes) -> bytes:
    """A body as JSON is written, whatever its server made of it; one that cannot be read stays as it is."""
    encoding = _TWO_BYTES.get(body[:2])
    if encoding is None:
        return body.removeprefix(BOM)
    try:
        return body.decode(encoding).encode() or body
    except UnicodeError:
        return body


def split_off(body: bytes, member: str) -> tuple[bytes, bytes | None]:
    """A JSON object without one of its members, and that member's own bytes. Raises NotJson."""
    try:
        members = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except (ValueError, RecursionError):
        raise NotJson from None
    raw = members.pop(member, None)
    rest = b",".join(msgspec.json.encode(name) + b":" + bytes(value) for name, value in members.items())
    return b"{" + rest + b"}", None if raw is None else bytes(raw)


def put(body: bytes, member: str, value: bytes) -> bytes:
    """A JSON object with one of its members replaced, or added, by these bytes. Raises NotJson."""
    rest = split_off(body, member)[0].strip()
    comma = b"" if rest == b"{}" else b","
    return rest[:-1] + comma + msgspec.json.encode(member) + b":" + value + b"}"


def without(body: bytes, member: str) -> bytes:
    """A JSON object without one of its members; what is no object stays as it is."""
    try:
        return split_off(body, member)[0]
    except NotJson:
        return body


def items(body: bytes) -> list[bytes]:
    """The items of a JSON array (or of null), each as it was received. Raises NotJson."""
    try:
        return [bytes(item) for item in msgspec.json.decode(body, type=list[msgspec.Raw] | None) or ()]
    except (ValueError, RecursionError):
        raise NotJson from None


def written(value: Any) -> bytes:
    """JSON as we send it: UTF-8, no spaces, members in the order they were built."""
    return msgspec.json.encode(value)
