"""What the console says, in Vietnamese and English: one TOML file for each subject under `texts/`.

`key = ["tiếng Việt", "English"]` in the table `[login]` is the text `login.key`. A test holds that every text used is
there in both languages, and that every text there is used.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

Language = Literal["vi", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("vi", "en")


class NoSuchText(LookupError):
    """A page asks for a text that is in no file."""


def say(language: Language, key: str, **values: object) -> str:
    """The text of a key; `{name}` in it is replaced by that value. Raises NoSuchText."""
    try:
        found = catalogue()[key][LANGUAGES.index(language)]
    except KeyError:
        raise NoSuchText(key) from None
    return found.format_map(values) if values else found


def is_text(key: str) -> bool:
    return key in catalogue()


@cache
def catalogue() -> Mapping[str, tuple[str, str]]:
    """Every text: key → (Vietnamese, English). Raises ValueError for a file that does not hold pairs."""
    found: dict[str, tuple[str, str]] = {}
    for file in sorted(files("connector.console").joinpath("texts").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            _gather(tomllib.loads(file.read_text(encoding="utf-8")), "", found)
    return found


def _gather(table: Mapping[str, Any], prefix: str, found: dict[str, tuple[str, str]]) -> None:
    for name, value in table.items():
        key = f"{prefix}{name}"
        if isinstance(value, dict):
            _gather(value, f"{key}.", found)
        elif isinstance(value, list) and len(value) == 2 and all(isinstance(one, str) and one for one in value):
            if key in found:
                raise ValueError(f"text {key} is in two files")
            found[key] = (value[0], value[1])
        else:
            raise ValueError(f"text {key} is no pair of texts")


def as_language(text: str | None) -> Language | None:
    """The language of this name, if it is one of ours."""
    return "vi" if text == "vi" else "en" if text == "en" else None
