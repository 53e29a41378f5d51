"""The connector's parts as a command that changes something uses them; partners are not needed for that."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from connector import settings, wiring
from connector.cli.endings import NEEDS_ATTENTION
from connector.cli.opening import database_url
from connector.cli.output import say
from connector.replay.control import NotPossible
from connector.wiring import Connector


@contextmanager
def connector() -> Iterator[Connector]:
    """The parts over the settings' database. What cannot be done ends the command with a sentence and exit code 1."""
    given = settings.load()
    parts = wiring.connect(given, database_url(given))
    try:
        yield parts
    except NotPossible as error:
        say(str(error))
        raise typer.Exit(NEEDS_ATTENTION) from None
    finally:
        parts.engine.dispose()
