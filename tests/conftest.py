"""Fixtures for every floor of tests; what does not ask for a server starts none."""

from collections.abc import Iterator

import pytest

from tests.servers import TestServers


@pytest.fixture(scope="session")
def servers() -> Iterator[TestServers]:
    """PostgreSQL and Valkey of this pytest process, started in well under a second."""
    with TestServers() as started:
        yield started


@pytest.fixture
def database(servers: TestServers) -> Iterator[str]:
    """The URL of a fresh database with our schema, where every area is live."""
    with servers.database() as url:
        yield url


@pytest.fixture
def closed_database(servers: TestServers) -> Iterator[str]:
    """The URL of a fresh database with our schema, where nobody has opened an area."""
    with servers.closed_database() as url:
        yield url


@pytest.fixture
def empty_database(servers: TestServers) -> Iterator[str]:
    """The URL of a fresh database without our schema, for migrations."""
    with servers.empty_database() as url:
        yield url


@pytest.fixture
def broker(servers: TestServers) -> Iterator[str]:
    """The URL of an empty broker, as Celery takes it."""
    with servers.broker() as url:
        yield url
