"""`python -m tests.screenshots` takes a picture of every page in both languages, of invented people, for the guides.

They go to docs/screenshots/ as PAGE.LANGUAGE.png, 1280 points wide.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from playwright.sync_api import Page
from sqlalchemy import text

from connector.adapters import aliases, causes
from connector.adapters.views import Filter
from connector.console.texts import LANGUAGES
from connector.domain.aliases import Alias
from connector.domain.message import Route
from connector.domain.rights import Role
from connector.replay.plans import Request
from tests.browsers import chromium, person_at
from tests.consoles import PASSWORD, RunningConsole, console_over
from tests.scene import NOW, STRANGE_GROUP, Scene, code, scene_in
from tests.servers import TestServers

FOLDER: Final = Path(__file__).parents[1] / "docs" / "screenshots"
WIDTH, HEIGHT = 1280, 900
_STATES: Final = "SELECT id FROM message WHERE state = 'invalid' AND findings::text LIKE '%ID_GENDER%' LIMIT 1"


def pages(console: RunningConsole, job: str) -> Iterator[tuple[str, str]]:
    """Each page's name and address."""
    with console.connector.engine.begin() as db:
        message = db.execute(text(_STATES)).scalar_one()
        strange = next(one for one in causes.groups(db) if one.key.code == "ID_LENGTH").key.cause_id
    yield from (("today", "/"), ("messages", "/messages?state=invalid"), ("message", f"/messages/{message}"))
    yield from (("causes", "/causes"), ("cause", f"/causes/{strange}"), ("jobs", "/jobs"), ("job", f"/jobs/{job}"))
    yield from (("dossiers", "/dossiers"), ("dossier", f"/dossiers/{code(7)}"), ("audit", "/audit"))


def a_job(console: RunningConsole, scene: Scene) -> str:
    """A job of the largest group that has sent some of it."""
    parts = console.connector
    with parts.engine.begin() as db:
        one = Alias("ethnicity", STRANGE_GROUP, "05")
        aliases.adopt(db, one, now=console.clock(), by="lan", why="Công văn 12 của Sở")
        key = next(one for one in causes.groups(db) if one.key.label == STRANGE_GROUP).key
    job_id, _ = parts.plans.freeze(Request(wanted=Filter(cause=key), by="lan"))
    parts.plans.prepare(job_id)
    parts.jobs.run(job_id, by="lan", reason="Đã nhận tên gọi theo công văn 12")
    for _ in range(3):
        parts.replays.work()
        scene.deliver(Route.APPLICATION, at=console.clock())
    return str(job_id)


def take(page: Page, console: RunningConsole, job: str) -> None:
    for language in LANGUAGES:
        page.goto(f"/language/{language}")
        for name, path in pages(console, job):
            page.goto(path)
            page.screenshot(
                path=FOLDER / f"{name}.{language}.png", clip={"x": 0, "y": 0, "width": WIDTH, "height": HEIGHT}
            )


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with TestServers() as servers, servers.database() as database, scene_in(database) as scene:
        scene.everything()
        with console_over(database) as console, chromium() as browser, person_at(browser, console.url) as page:
            console.clock.passes(NOW - console.clock())
            console.add("lan", Role.ADMIN)
            page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
            page.goto("/login")
            page.locator("#name").fill("lan")
            page.locator("#password").fill(PASSWORD)
            page.locator("main button").first.click()
            take(page, console, a_job(console, scene))


if __name__ == "__main__":
    main()
