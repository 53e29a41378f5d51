"""The whole connector between both simulated partners, for the tests that need more than the ledger."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests import browsers
from tests.consoles import RunningConsole, console_over
from tests.world import Sandboxes, Stage, sandboxes_in, stage_over


@pytest.fixture(scope="session")
def sandboxes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandboxes]:
    with sandboxes_in(tmp_path_factory.mktemp("partners")) as started:
        yield started


@pytest.fixture
def world(database: str, sandboxes: Sandboxes) -> Iterator[Stage]:
    """A connector over an empty ledger between two empty partners whose people rest."""
    with stage_over(database, sandboxes) as stage:
        yield stage


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser without a screen for all journeys; each person gets a profile of their own (`browsers.person_at`)."""
    with browsers.chromium() as browser:
        yield browser


@pytest.fixture
def console(database: str) -> Iterator[RunningConsole]:
    """The console over an empty ledger."""
    with console_over(database) as running:
        yield running
