"""The whole connector between both simulated partners, for the tests that need more than the ledger."""

from collections.abc import Iterator

import pytest

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
