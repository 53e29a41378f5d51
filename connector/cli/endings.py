"""How a command ends: its exit codes (contract operating.md), and what is said of what was to be expected."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import typer
from sqlalchemy.exc import DBAPIError, ProgrammingError

from connector.adapters.database import DatabaseAway, is_away
from connector.cli.output import say
from connector.local.home import LocalError
from connector.settings import EXIT_CODE as BAD_SETTINGS
from connector.settings import BadSettings

NEEDS_ATTENTION: Final = 1
WRONG_USAGE: Final = 2
SERVICE_AWAY: Final = 69

_UNDEFINED: Final = ("42P01", "42703")  # table, column


@contextmanager
def sentences() -> Iterator[None]:
    """Turns what was to be expected into a sentence on standard error and typer.Exit; other errors pass."""
    try:
        yield
    except BadSettings as error:
        for fault in error.faults:
            say(fault)
        raise typer.Exit(BAD_SETTINGS) from None
    except (DatabaseAway, LocalError) as error:
        say(str(error))
        raise typer.Exit(SERVICE_AWAY) from None
    except DBAPIError as error:
        sentence = database_sentence(error)
        if sentence is None:
            raise
        say(sentence)
        raise typer.Exit(SERVICE_AWAY) from None


def database_sentence(error: DBAPIError) -> str | None:
    """What to say of a database that is away or has not our tables; None for a fault of ours."""
    if isinstance(error, ProgrammingError) and getattr(error.orig, "sqlstate", None) in _UNDEFINED:
        return (
            "cơ sở dữ liệu chưa có bảng của phiên bản này / the database has not the tables of this version; "
            "nothing was changed; run: lienthong migrate"
        )
    if not is_away(error):
        return None
    return (
        "không nối được cơ sở dữ liệu / the database cannot be reached; what was accepted is safe in it; "
        "start it or set LIENTHONG_DATABASE_URL, then try again"
    )
