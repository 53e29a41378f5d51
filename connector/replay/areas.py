"""Whether messages of an area and procedure may be sent now: the place where modes of areas are asked."""

from collections.abc import Callable

from sqlalchemy import Connection

from connector.adapters.surroundings import IsLive

Modes = Callable[[Connection], IsLive]


def everywhere(db: Connection) -> IsLive:
    """Every area is live."""
    return lambda stored: True
