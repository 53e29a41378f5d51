"""Batches as PostgreSQL's array literals.

The driver adapts a list element by element, and with twenty columns that took longer than the statement itself: 60
microseconds a message, and 8 as literals. Most columns of a batch say the same of every message, and are written once.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID


def array(values: Iterable[object]) -> str:
    """The literal of an array, for a parameter that the statement casts: texts, bytes, numbers, booleans, days,
    instants, ids, nulls. Values of one kind, as a column has them."""
    column = tuple(values)
    if column and column[0] == column[-1] and column.count(column[0]) == len(column):
        return "{" + ",".join([_element(column[0])] * len(column)) + "}"
    return "{" + (_alike(column) or ",".join([_element(value) for value in column])) + "}"


def _alike(column: Sequence[Any]) -> str | None:
    """The elements of a column without nulls, all at once; None where each has to be looked at."""
    kinds = set(map(type, column))
    kind = kinds.pop() if len(kinds) == 1 else None
    if kind is int:
        return ",".join(map(str, column))
    if kind is UUID:
        return ",".join([value.hex for value in column])
    if kind is bytes:
        return ",".join(['"\\\\x' + value.hex() + '"' for value in column])
    if kind is str:
        text = '"' + '","'.join(column) + '"'
        return text if "\\" not in text and text.count('"') == 2 * len(column) else None
    return None


def _element(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, bytes):
        return '"\\\\x' + value.hex() + '"'
    return value.hex if isinstance(value, UUID) else str(value)
