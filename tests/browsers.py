"""Chromium for the tests of the console: where it is, and how it gets there.

`python -m tests.browsers [pytest arguments]` is what `./run test` and `./run check` begin with. Where a browser is
found it does nothing; as root on Debian it installs one, and says so; else it says what would help, and ends with 1.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

VARIABLE: Final = "TEST_BROWSER"
NAMES: Final = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
# With a font that has the letters of Vietnamese, for the pictures in the documents.
PACKAGES: Final = ("chromium", "fonts-dejavu-core")
OPTIONS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
ADVICE: Final = (
    "no Chromium is found; the console's tests need one: install it (Debian: apt-get install chromium), or set "
    f"{VARIABLE} to the program of a browser that speaks Chrome's protocol"
)


def find_browser() -> str | None:
    """The program of a browser, if there is one."""
    chosen = os.environ.get(VARIABLE)
    return shutil.which(chosen) if chosen else next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a screen. Raises AssertionError where there is none: a test that did not run proves nothing."""
    program = find_browser()
    assert program, ADVICE
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(OPTIONS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def person_at(browser: Browser, url: str, *others: str, scripts: bool = True) -> Iterator[Page]:
    """Somebody who sits before the console, with a browser of their own.

    At the end nothing may have been fetched from elsewhere (but from `others`), no script or policy may have failed.
    """
    context: BrowserContext = browser.new_context(
        base_url=url, java_script_enabled=scripts, locale="vi-VN", viewport={"width": 1366, "height": 768}
    )
    context.set_default_timeout(15_000)
    page = context.new_page()
    wrong: list[str] = []
    foreign: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        # A refusal that a test provokes is an answer, not a fault of the page.
        if message.type == "error" and "Failed to load resource" not in message.text:
            wrong.append(message.text)

    page.on("console", heard)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "request", lambda request: foreign.append(request.url) if not request.url.startswith((url, *others)) else None
    )
    try:
        yield page
    finally:
        context.close()
    assert wrong == []
    assert foreign == []


def main(arguments: Sequence[str]) -> int:
    """Makes sure that there is a browser, where the whole suite or a journey is to run."""
    if find_browser() or (arguments and not any("journey" in word for word in arguments)):
        return 0
    if os.environ.get(VARIABLE) or os.geteuid() != 0 or not shutil.which("apt-get"):
        print(f"tests: {ADVICE}", file=sys.stderr)
        return 1
    print(f"tests: no browser is found; installing {' and '.join(PACKAGES)} by apt-get, once", file=sys.stderr)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update", "-qq"], ["install", "-qq", "--yes", "--no-install-recommends", *PACKAGES]):
        if subprocess.call(["apt-get", *words], env=environment, stdout=sys.stderr):
            break
    if find_browser():
        return 0
    print(f"tests: {ADVICE}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
