"""Filters of the templates: instants, names of areas and fields, codes."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from connector.adapters.views import MessageView
from connector.console.speaking import in_language
from connector.console.texts import LANGUAGES, Language
from connector.domain import units
from connector.domain.advice import advice_for
from connector.domain.field_names import spoken
from schemas.findings import SENTENCES, Code
from schemas.values import VIETNAM


def second(instant: datetime | None) -> str:
    """Day and time in Vietnam, to the second."""
    return "" if instant is None else instant.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M:%S")


def area_name(slug: str | None) -> str:
    """The area's name; its slug when the table has it no more, nothing when there is none."""
    found = units.area(slug) if slug else None
    return found.name if found else slug or ""


def codes_of(message: MessageView) -> list[str]:
    """The partner's last code and those of the findings, each once."""
    last = [message.last_code] if message.last_code else []
    return list(dict.fromkeys([*last, *(finding.code.value for finding in message.findings)]))


def field_name(names: tuple[str, ...], language: Language) -> str:
    return spoken(names, english=language == "en")


def sentence(code: str, language: Language) -> str:
    """What a check's code says; a partner's has no sentence of ours here."""
    found = SENTENCES.get(Code(code)) if code in set(Code) else None
    return found[1 + LANGUAGES.index(language)] if found else ""


def advice(code: str, language: Language) -> str:
    """What to do about messages that stopped with this code."""
    return advice_for(code)[LANGUAGES.index(language)].replace("`", "")


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "second": second,
    "area_name": area_name,
    "codes_of": codes_of,
    "field_name": field_name,
    "sentence": sentence,
    "advice": advice,
    "in_language": in_language,
}
