"""Texts that must fit into the other side's member."""

from typing import overload


@overload
def shortened(text: str, length: int) -> str: ...


@overload
def shortened(text: None, length: int) -> None: ...


@overload
def shortened(text: str | None, length: int) -> str | None: ...


def shortened(text: str | None, length: int) -> str | None:
    """The text, cut with an ellipsis where it is longer than `length` characters. Only for texts that comment."""
    if text is None or len(text) <= length:
        return text
    return text[: length - 1].rstrip() + "…"
