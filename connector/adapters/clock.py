"""The connector's clock: the system's, or one that began at a fixed instant and runs on from there.

A fixed start is written down the first time somebody uses it, so that every process and every restart shows the same
time.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, text

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    return datetime.now(UTC)


def shared_clock(engine: Engine, starts_at: datetime | None) -> Clock:
    """The clock of LIENTHONG_CLOCK, or the system's when that is not set."""
    if starts_at is None:
        return system_clock
    with engine.begin() as db:
        db.execute(
            text("INSERT INTO clock (starts_at, begun_at) VALUES (:starts, clock_timestamp()) ON CONFLICT DO NOTHING"),
            {"starts": starts_at},
        )
        begun: datetime = db.execute(
            text("SELECT begun_at FROM clock WHERE starts_at = :starts"), {"starts": starts_at}
        ).scalar_one()
    return _running(starts_at - begun)


def _running(ahead: timedelta) -> Clock:
    def now() -> datetime:
        return datetime.now(UTC) + ahead

    return now
