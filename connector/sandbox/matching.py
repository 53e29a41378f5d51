"""Comparing what a partner holds with what it ought to hold, by JSON pointer and without ever quoting a value."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class OneOf:
    """Any of these; the contracts leave the choice open. None stands for a missing member as well."""

    values: tuple[Any, ...]

    def fits(self, value: Any) -> bool:
        return any(not list(differences(candidate, value)) for candidate in self.values)


@dataclass(frozen=True, slots=True)
class Mentions:
    """A text that holds each part, in one of its spellings; its wording is free."""

    parts: tuple[tuple[str, ...], ...]

    def fits(self, value: Any) -> bool:
        return isinstance(value, str) and all(any(way in value for way in ways) for ways in self.parts)


@dataclass(frozen=True, slots=True)
class AnyText:
    """A text of the connector's own choice, or none."""

    def fits(self, value: Any) -> bool:
        return value is None or isinstance(value, str)


ANY_TEXT = AnyText()


def differences(expected: Any, found: Any, pointer: str = "") -> Iterator[str]:
    """Pointers of the members that differ. A null member and a missing one are the same; 1 and "1" are not."""
    if isinstance(expected, OneOf | Mentions | AnyText):
        if not expected.fits(found):
            yield pointer
    elif isinstance(expected, dict) and isinstance(found, dict):
        for name in sorted({*expected, *found}):
            yield from differences(expected.get(name), found.get(name), f"{pointer}/{name}")
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for index, (wanted, got) in enumerate(zip(expected, found, strict=True)):
            yield from differences(wanted, got, f"{pointer}/{index}")
    elif type(expected) is not type(found) or expected != found:
        yield pointer
