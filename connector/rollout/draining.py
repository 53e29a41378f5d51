"""What was held for its area and may go by now: let go in waves, the oldest first, until nothing is left."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Engine, text

from connector.adapters import areas, backlog, ledger
from connector.adapters.areas import Change
from connector.adapters.backlog import HELD_BY_AREA
from connector.domain.message import Move, Route, State

# A wave is never more than this much of the rate, however long nobody looked.
LONGEST_WAVE: Final = timedelta(seconds=2)
CLOCK: Final = "clock"


@dataclass(slots=True)
class Report:
    """What one look came to. `ended` are modes whose time was over; `more` says that there is more to let go."""

    released: int = 0
    ended: int = 0
    more: bool = False
    routes: set[Route] = field(default_factory=set)


class Draining:
    """Lets go what an opened area has kept back, at most `rate` messages a second over all processes."""

    def __init__(self, engine: Engine, *, now: Callable[[], datetime], rate: int, worker: str) -> None:
        self._engine = engine
        self._now = now
        self._rate = rate
        self._worker = worker

    def look(self) -> Report:
        """Ends modes whose time is over, then one wave. Killed anywhere, the next look goes on."""
        report = Report()
        now = self._now()
        with self._engine.begin() as db:
            report.ended = _end_modes(db, now)
        with self._engine.begin() as db:
            self._wave(db, now, report)
        return report

    def _wave(self, db: Connection, now: datetime, report: Report) -> None:
        # This row holds the version, too: nobody changes a mode before this wave is out.
        row = db.execute(_TURN).one_or_none()
        if row is None:
            return
        since = now - row.drained_at if row.drained_at else LONGEST_WAVE / 2
        if since < timedelta(0) or since > LONGEST_WAVE:
            since = LONGEST_WAVE / 2
        size = int(self._rate * since.total_seconds())
        report.more = True
        if size < 1:
            return
        ids = backlog.oldest(db, HELD_BY_AREA, backlog.may_go(areas.read(db)), limit=size)
        moved = ledger.move(db, ids, Move.RELEASE, State.READY, now=now, by=self._worker, why="its area lets it go")
        if moved:
            rows = db.execute(text("SELECT DISTINCT route FROM message WHERE id = ANY(:ids)"), {"ids": list(moved)})
            report.routes = {Route(row.route) for row in rows}
        report.released, report.more = len(moved), len(ids) == size
        db.execute(_DRAINED, {"now": now, "more": report.more})


def _end_modes(db: Connection, now: datetime) -> int:
    """Modes that were set for a time become what they were before."""
    if not db.execute(_OVER, {"now": now}).scalar_one():
        return 0
    modes = areas.alone(db)
    over = [rule for rule in modes.rules.values() if rule.until is not None and rule.until <= now]
    changes = [
        Change(
            area=rule.area,
            procedure=rule.procedure,
            was=rule.mode,
            mode=rule.then,
            by=CLOCK,
            why=f"its time was over; set by {rule.by}: {rule.why}",
        )
        for rule in over
        if rule.then is not None
    ]
    areas.write(db, changes, now)
    return len(changes)


_OVER: Final = text("SELECT EXISTS (SELECT FROM area_mode WHERE until <= :now)")
_TURN: Final = text("SELECT drained_at FROM rollout_state WHERE draining FOR UPDATE SKIP LOCKED")
_DRAINED: Final = text("UPDATE rollout_state SET drained_at = :now, draining = :more")
