"""Every text that the console says is there in both languages, and every text that is there is said."""

import re
from pathlib import Path

import pytest

from connector.console import texts
from connector.console.texts import LANGUAGES, NoSuchText

CONSOLE = Path(texts.__file__).parent
TEMPLATES = sorted((CONSOLE / "templates").rglob("*.html"))
MODULES = sorted(CONSOLE.rglob("*.py"))
# `t('login.title')`, and `t('right.' ~ right)` for a whole table.
USED = re.compile(r"\bt\(\s*f?['\"]([a-z_.{}]+)['\"]")
ENTRY = re.compile(r"Entry\(\"[^\"]+\", \"([a-z_.]+)\"")
MARKS = re.compile(r"\{(\w+)\}")


def used() -> set[str]:
    found = {key for path in (*TEMPLATES, *MODULES) for key in USED.findall(path.read_text(encoding="utf-8"))}
    return found | set(ENTRY.findall((CONSOLE / "navigation.py").read_text(encoding="utf-8")))


def prefix_of(key: str) -> str | None:
    """The beginning that a key made at run time has; None for a whole key."""
    return key.split("{")[0] if "{" in key or key.endswith(".") else None


def test_every_text_that_is_said_is_there() -> None:
    there = texts.catalogue().keys()
    missing = {
        key
        for key in used()
        if (key not in there if (prefix := prefix_of(key)) is None else not any(k.startswith(prefix) for k in there))
    }

    assert len(used()) > 20
    assert missing == set()


def test_every_text_that_is_there_is_said() -> None:
    prefixes = tuple(prefix for key in used() if (prefix := prefix_of(key)) is not None)

    assert {key for key in texts.catalogue() if key not in used() and not key.startswith(prefixes)} == set()


@pytest.mark.parametrize("key", sorted(texts.catalogue()))
def test_both_languages_say_the_same_values(key: str) -> None:
    vietnamese, english = texts.catalogue()[key]

    assert set(MARKS.findall(vietnamese)) == set(MARKS.findall(english))


def test_a_text_is_said_in_the_language_asked_for() -> None:
    assert [texts.say(language, "login.go") for language in LANGUAGES] == ["Đăng nhập", "Log in"]
    assert "30" in texts.say("en", "login.wait", seconds=30)


def test_a_text_that_is_not_there_is_an_error_and_not_an_empty_place() -> None:
    with pytest.raises(NoSuchText):
        texts.say("vi", "login.nonsense")


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_says_nothing_but_texts(template: Path) -> None:
    """Words that stand between tags would be in one language only."""
    source = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<!doctype[^>]*>|<[^>]*>", " ", template.read_text(), flags=re.S)

    assert re.findall(r"[^\W\d_]{2,}", source) == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_no_script_or_style_of_its_own(template: Path) -> None:
    source = template.read_text(encoding="utf-8")

    assert not re.search(r"<style|\bstyle=|\bon[a-z]+=|hx-on|javascript:|<script(?![^>]*\bsrc=)", source)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_form_that_is_posted_carries_the_token(template: Path) -> None:
    forms = re.findall(r"<form[^>]*method=\"post\".*?</form>", template.read_text(encoding="utf-8"), re.S)

    assert [form for form in forms if 'name="csrf" value="{{ csrf }}"' not in form] == []
