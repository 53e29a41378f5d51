"""What stays the same, or should: with a full ledger, after many messages, and while nothing happens."""

import os
import random
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

import psycopg
from sqlalchemy import Connection

from bench import ledger_rows, processes
from bench.processes import Failed, by_hand
from bench.rates import LONG, Rate, delivered, system
from bench.stage import WORKERS, Stage, open_work
from connector.adapters import overview, views
from connector.adapters.database import make_engine
from connector.domain.message import Route
from connector.local import machine

_SAMPLE: Final = 500
_PAGE: Final = 50
_ALERT: Final = timedelta(hours=24)
_LOOKS: Final = 5


@contextmanager
def full_ledger(stage: Stage) -> Iterator[str]:
    """A database with `sizes.rows` finished messages; made once, so its rounds share it."""
    with stage.database() as database:
        sample = min(_SAMPLE, stage.sizes.size)
        take_in_ready(stage, database, sample, first=0)
        delivered(stage, database, Route.APPLICATION, sample)
        delivered(stage, database, Route.PROGRESS, sample)
        with stage.connected(database) as db:
            ledger_rows.fill(db, stage.sizes.rows)
        yield database


def take_in_ready(stage: Stage, database: str, size: int, *, first: int) -> None:
    """So many applications read from the feed and ready, from the event `first` on."""
    with stage.connected(database) as db:
        db.execute("UPDATE feed SET next_at = now(), lease_until = NULL, cursor = NULL")
        stage.reset(size, first=first)
        by_hand([("intake", {"count": size}, stage.environment(database))], stage.log)
        if open_work(db, Route.APPLICATION) != size:
            raise Failed(f"{open_work(db, Route.APPLICATION)} of {size} applications are ready")


def delivery_with_rows(stage: Stage, database: str, turn: int) -> Rate:
    """Delivery alone as in `rates.delivery`, in the ledger that is full; each turn has dossiers of its own."""
    size = LONG * stage.sizes.size
    take_in_ready(stage, database, size, first=(turn + 1) * max(size, _SAMPLE))
    with stage.connected(database) as db:
        db.execute("CHECKPOINT")
    return delivered(stage, database, Route.APPLICATION, size)


def looks(stage: Stage, database: str) -> dict[str, float]:
    """Seconds for `status`, the first page of `messages list`, one indexed read, and both commands as a whole."""
    engine = make_engine(stage.database_url(database), pool_size=1)
    now = datetime.now(UTC)

    def timed(look: Callable[[Connection], object]) -> float:
        took = []
        for _ in range(_LOOKS):
            with engine.connect() as db:
                began = time.perf_counter()
                look(db)
                took.append(time.perf_counter() - began)
        return statistics.median(took)

    try:
        found = {
            "status": timed(lambda db: overview.look(db, now, _ALERT)),
            "list": timed(lambda db: views.page(db, views.Filter(), limit=_PAGE)),
            "indexed_read": timed(lambda db: db.exec_driver_sql("SELECT id FROM message WHERE seq = 4711").all()),
        }
    finally:
        engine.dispose()
    for name, words in (("status_command", ("status",)), ("list_command", ("messages", "list"))):
        began = time.perf_counter()
        subprocess.run(
            machine.lienthong(*words, "--json"),
            env={**os.environ, **stage.environment(database)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        found[name] = time.perf_counter() - began
    return found


def memory(stage: Stage) -> dict[str, float]:
    """Private bytes of the worker that holds most, after few messages and after many. A dossier makes two messages.

    Which worker reads the feed is chance, and what only that one has used by then is no growth of the other's.
    """
    few, many = stage.sizes.memory
    with stage.database() as database, system(stage, database) as roles, stage.connected(database) as db:
        stage.reset()
        _feed(stage, db, few // 2, few // 2)
        before = _workers(roles[0])
        _feed(stage, db, (many - few) // 2, many // 2)
        after = _workers(roles[0])
    if len(before.keys() & after.keys()) != WORKERS:
        raise Failed("a worker was replaced while its memory was looked at")
    most, least = max(after.values()), max(before.values())
    return {"ratio": most / least, "before": least, "after": most}


def _feed(stage: Stage, db: psycopg.Connection, events: int, expected: int) -> None:
    stage.offer(events)
    db.execute("UPDATE feed SET next_at = now() WHERE name = 'province-events'")
    stage.wait_for("progress", lambda: stage.counts()["distinct"]["progress"] >= expected, pause=0.2)
    stage.wait_for("settlements", lambda: open_work(db) == 0, pause=0.1)


def _workers(main: int) -> dict[int, int]:
    """Private bytes of the processes that work; the one that starts them is not among them."""
    return {pid: processes.private_bytes(pid) for pid in processes.descendants(main)}


def idle(stage: Stage) -> dict[str, float]:
    """The system at a poll interval of a second: what it uses while nothing happens, and how long one event takes."""
    with stage.database() as database, system(stage, database, poll_interval="1s") as roles:
        time.sleep(2)
        cpu = _used(stage, roles, stage.sizes.seconds)
        latencies = sorted(_latencies(stage))
    return {
        "cpu": cpu,
        "p50": statistics.median(latencies),
        "p95": latencies[max(-(-95 * len(latencies) // 100) - 1, 0)],
    }


def _used(stage: Stage, roles: list[int], seconds: int) -> float:
    """Share of one core that workers, beat and both servers use."""

    def ours() -> float:
        everybody = [*roles, *stage.server_pids]
        return processes.cpu_seconds([*everybody, *(pid for root in everybody for pid in processes.descendants(root))])

    before, began = ours(), time.monotonic()
    time.sleep(seconds)
    return (ours() - before) / (time.monotonic() - began)


def _latencies(stage: Stage) -> Iterator[float]:
    """Seconds from an event's appearance in the feed until its application is at the ministry."""
    stage.reset()
    draw = random.Random(4)
    for number in range(1, stage.sizes.events + 1):
        time.sleep(draw.uniform(0.2, 1.2))
        offered = time.monotonic()
        stage.offer(1)
        _arrive(stage, number)
        yield stage.arrivals()[-1] - offered


def _arrive(stage: Stage, number: int) -> None:
    stage.wait_for("an application", lambda: stage.counts()["distinct"]["application"] >= number)
