"""The operators' guides have a section for every state, check, partner's code and alert, in both languages."""

import re

import pytest

from connector.adapters import ministry, province
from connector.console.texts import Language
from connector.domain.alerts import Alert
from connector.domain.message import State
from schemas.findings import Code
from tests.guides import GUIDES, PARTS, filled, made


@pytest.mark.parametrize("language", GUIDES)
def test_every_state_alert_check_and_code_has_a_section(language: Language) -> None:
    headings = re.findall(r"^### `([^`]+)`", GUIDES[language].read_text(encoding="utf-8"), re.MULTILINE)

    assert {*State, *Alert, *Code, *ministry.MEANINGS, *province.MEANINGS} <= set(headings)


@pytest.mark.parametrize("language", GUIDES)
@pytest.mark.parametrize("part", PARTS)
def test_a_section_says_what_the_code_says(language: Language, part: str) -> None:
    """`python -m tests.guides` puts them there."""
    assert made(part, language) in GUIDES[language].read_text(encoding="utf-8")


@pytest.mark.parametrize("language", GUIDES)
def test_making_a_guide_again_changes_nothing(language: Language) -> None:
    text = GUIDES[language].read_text(encoding="utf-8")

    assert filled(text, language) == text


def test_both_guides_have_the_same_sections() -> None:
    sections = [
        re.findall(r"^### `([^`]+)`", path.read_text(encoding="utf-8"), re.MULTILINE) for path in GUIDES.values()
    ]

    assert sections[0] == sections[1]
