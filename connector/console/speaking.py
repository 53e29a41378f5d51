"""Sentences that are written in both languages at once, in the reader's."""

from connector.console.texts import LANGUAGES, Language


def in_language(text: str, language: Language) -> str:
    """`tiếng Việt / English; …` in one language. A part that has only one form stays."""
    parts = (part.split(" / ", 1) for part in text.split("; "))
    return "; ".join(part[LANGUAGES.index(language)] if len(part) == 2 else part[0] for part in parts)
