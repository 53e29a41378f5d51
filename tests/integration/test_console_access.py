"""What a screen reader and a keyboard need of every page, as far as its HTML tells."""

import re
from collections.abc import Iterator

import pytest

from connector.domain.rights import Role
from tests.consoles import RunningConsole, console_over
from tests.scene import NOW, scene_in
from tests.screenshots import a_job, pages


@pytest.fixture
def console(database: str) -> Iterator[RunningConsole]:
    with console_over(database) as running:
        running.clock.passes(NOW - running.clock())
        yield running


def attributes(tag: str) -> dict[str, str]:
    return dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))


def faults(html: str) -> Iterator[str]:
    ids = re.findall(r'\bid="([^"]+)"', html)
    yield from (f"id {one} is there twice" for one in {one for one in ids if ids.count(one) > 1})
    labelled = set(re.findall(r'<label for="([^"]+)"', html))
    for tag in re.findall(r"<(?:input|select|textarea)\b[^>]*>", html):
        given = attributes(tag)
        if given.get("type") != "hidden" and given.get("id") not in labelled and "aria-label" not in given:
            yield f"a field without a label: {tag}"
    for name in re.findall(r'aria-(?:labelledby|describedby)="([^"]+)"', html):
        if name not in ids:
            yield f"named by what is not there: {name}"
    levels = [int(level) for level in re.findall(r"<h([1-6])\b", html)]
    if levels.count(1) != 1 or levels[0] != 1:
        yield f"headings {levels}"
    for table in re.findall(r"<table.*?</table>", html, re.S):
        if "<th " in table and 'scope="' not in table:
            yield "a table without scopes"
    for svg in re.findall(r"<svg[^>]*>", html):
        if "aria-hidden" not in svg and "aria-label" not in svg and 'viewBox="0 0 12 12"' not in svg:
            yield f"a picture without a name: {svg}"
    for button in re.findall(r"<button[^>]*>(.*?)</button>", html, re.S):
        if not re.sub(r"<[^>]+>", "", button).strip():
            yield "a button without words"


def test_every_page_can_be_heard_and_reached(console: RunningConsole, database: str) -> None:
    with scene_in(database) as scene:
        scene.everything()
        job = a_job(console, scene)
    browser = console.logged_in("lan", Role.ADMIN)
    for language in ("vi", "en"):
        browser.get(f"/language/{language}")
        for name, path in pages(console, job):
            html = browser.get(path).text
            assert f'<html lang="{language}">' in html
            assert list(faults(html)) == [], name
