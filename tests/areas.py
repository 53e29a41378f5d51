"""Opening areas for tests, by the very function that the command calls."""

from datetime import datetime

from sqlalchemy import Engine, delete, text, update

from connector.adapters import audit
from connector.adapters.clock import system_clock
from connector.adapters.database import make_engine
from connector.domain.rollout import PROCEDURES, Mode
from connector.rollout.changes import Outcome, Wish, carry_out, open_everywhere
from connector.rollout.draining import Draining


def set_area(engine: Engine, area: str, mode: Mode, now: datetime | None = None, **wish: object) -> Outcome:
    """An area's mode for both procedures, or as the wish says."""
    usual: dict[str, object] = {"procedures": PROCEDURES, "by": "lead@test", "why": "a test"}
    return carry_out(engine, Wish(area=area, mode=mode, **usual | wish), now or system_clock())  # type: ignore[arg-type]


def opened(database: str) -> None:
    """Every area of a fresh database is live, and nothing is left to do about it."""
    open_everywhere(database, system_clock(), by="lead@test", why="a test")
    engine = make_engine(database, pool_size=1)
    try:
        Draining(engine, now=system_clock, rate=1, worker="test").look()
        with engine.begin() as db:  # a test's own trace is the first; what refuses to be changed has to look away
            db.execute(text("SET LOCAL session_replication_role = replica"))
            db.execute(delete(audit.audit))
            db.execute(update(audit.head).values(count=0, hash=audit.ORIGIN))
    finally:
        engine.dispose()
