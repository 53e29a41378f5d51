"""What is due now, and when the next thing will be. One look costs a few index probes, whatever the ledger holds."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, text

from connector.adapters import feeds, partners
from connector.domain.message import DESTINATION, SOURCES, Partner, Route
from schemas.values import Procedure


@dataclass(frozen=True, slots=True)
class Agenda:
    """Work that somebody should begin now; `wait` is how long nothing else will be due, at most a second."""

    read_events: bool
    ask_states: bool
    expire: bool
    routes: tuple[Route, ...]
    wait: timedelta
    read_registers: tuple[Procedure, ...] = ()
    drain: bool = False
    replay: bool = False


LONGEST_WAIT: Final = timedelta(seconds=1)
SHORTEST_WAIT: Final = timedelta(milliseconds=100)
# A replay job goes on by steps; what a person says to it is heard with the next.
REPLAY_STEP: Final = timedelta(milliseconds=250)


def look(db: Connection, now: datetime) -> Agenda:
    """Looks at the ledger. Partners that are closed have nothing due."""
    closed = partners.shut(db, now)
    row = db.execute(_LOOK, {"feed": feeds.PROVINCE_EVENTS}).one()
    registers = dict(zip(feeds.REGISTERS, row.registers_at, strict=True))
    due = dict(zip((route.value for route in Route), row.due, strict=True))
    away = partners.not_open(db, now)
    may_go = [r for r in Route if DESTINATION[r] not in closed and SOURCES.get(r) not in away]
    routes = [r for r in may_go if due[r.value] is not None and due[r.value] <= now]
    moments = (row.feed_at, *row.registers_at, row.ask_at, row.lease_until, row.mode_until, *row.due)
    future = [moment for moment in moments if moment and moment > now]
    wait = min((moment - now for moment in future), default=LONGEST_WAIT)
    if row.replay:
        wait = min(wait, REPLAY_STEP)
    return Agenda(
        read_events=Partner.PROVINCE not in closed and (row.feed_at is None or row.feed_at <= now),
        ask_states=Partner.MINISTRY not in closed and row.ask_at is not None and row.ask_at <= now,
        expire=row.lease_until is not None and row.lease_until < now,
        routes=tuple(routes),
        wait=max(min(wait, LONGEST_WAIT), SHORTEST_WAIT),
        replay=row.replay,
        read_registers=tuple(
            procedure
            for procedure, at in registers.items()
            if Partner.MINISTRY not in closed and (at is None or at <= now)
        ),
        drain=row.draining or (row.mode_until is not None and row.mode_until <= now),
    )


def _feeds(names: Iterable[str]) -> str:
    """From when on each of these feeds can be read; null for one that never was."""
    moments = [f"(SELECT greatest(next_at, lease_until) FROM feed WHERE name = '{name}')" for name in names]
    return f"ARRAY[{', '.join(moments)}]"


# One row of minima; each is the first entry of a partial index.
_LOOK: Final = text(f"""
    SELECT
        (SELECT greatest(next_at, lease_until) FROM feed WHERE name = :feed) AS feed_at,
        {_feeds(feeds.REGISTERS.values())} AS registers_at,
        (SELECT min(ask_at) FROM dossier WHERE ask_at IS NOT NULL) AS ask_at,
        (SELECT min(lease_until) FROM message WHERE state = 'sending') AS lease_until,
        (SELECT draining FROM rollout_state) AS draining,
        (SELECT min(until) FROM area_mode) AS mode_until,
        ARRAY[{
    ", ".join(f"(SELECT min(due_at) FROM message WHERE state = 'ready' AND route = '{route}')" for route in Route)
}] AS due,
        EXISTS (
            SELECT FROM replay_job j WHERE j.state IN ('planning', 'running', 'stopping') OR (j.state = 'paused'
                AND EXISTS (SELECT FROM replay_item i WHERE i.job_id = j.id AND i.state = 'released'))
        ) AS replay
""")
