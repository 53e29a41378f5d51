"""Rates: how many a second, each measured over a database of its own. Every function is one round of one figure."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import create_engine

from bench import plain
from bench.processes import Failed, by_hand, python, running
from bench.stage import WORKERS, Stage, open_work
from connector.adapters import ledger
from connector.adapters.database import make_engine
from connector.domain.message import Draft, Route, State, source_key
from connector.local import machine
from schemas import records
from schemas.province import DossierEvent

_ACCEPTED: Final = 4
# What is quick is done with more of them: a round of a second would be one of beginning and end.
LONG: Final = 2
# The stub is done with a round's bodies too soon for a clock.
_STUB_TURNS: Final = 5


@dataclass(frozen=True, slots=True)
class Rate:
    """`a_second` is the figure; `cpu` the microseconds of CPU for each of its units, by who used them, where known."""

    a_second: float
    cpu: dict[str, float] = field(default_factory=dict)
    more: dict[str, float] = field(default_factory=dict)


def limit(stage: Stage) -> Rate:
    """L: prepared bodies from as many processes as there are workers."""
    stage.reset()
    rate = _posted(stage, "limit", WORKERS, LONG * stage.sizes.size)
    stage.arrived("application", LONG * stage.sizes.size)
    return replace(rate, more={"stub_busy": rate.cpu["stub"] / 1e6 * rate.a_second})


def stub_alone(stage: Stage) -> Rate:
    """What the stub answers to a client that is no burden."""
    stage.reset()
    rate = _posted(stage, "pipeline", 1, _STUB_TURNS * stage.sizes.size)
    stage.arrived("application", _STUB_TURNS * stage.sizes.size)
    return rate


def _posted(stage: Stage, kind: str, processes: int, number: int) -> Rate:
    each = number // processes
    what = {"material": str(stage.home / "material.pickle"), "count": each}
    environment = stage.environment("none")
    works = [(kind, {**what, "first": n * each}, environment) for n in range(processes)]
    return _worked(stage, works, number)[0]


def _worked(
    stage: Stage, works: Sequence[tuple[str, Mapping[str, Any], Mapping[str, str]]], number: int
) -> tuple[Rate, list[dict[str, Any]]]:
    """The rate at which processes did so many, and what each of them says. The servers' share has their connecting,
    too."""
    before = stage.spent()
    took, said = by_hand(works, stage.log)
    spent = {who: used - before[who] for who, used in stage.spent().items()}
    spent["python"] = sum(one["cpu"] for one in said)
    return Rate(number / took, {who: 1e6 * seconds / number for who, seconds in spent.items()}), said


def intake(stage: Stage) -> Rate:
    """The feed read, checked and written by one process: a feed has one reader."""
    size = stage.sizes.size
    with stage.database() as database:
        return _taken_in(stage, database, size)


def _taken_in(stage: Stage, database: str, size: int) -> Rate:
    stage.reset(size)
    rate, said = _worked(stage, [("intake", {"count": size}, stage.environment(database))], size)
    with stage.connected(database) as db:
        ready = open_work(db, Route.APPLICATION)
    if not said[0]["done"] == ready == size:
        raise Failed(f"intake: {size} expected, {said[0]['done']} taken in, {ready} ready")
    return rate


def delivery(stage: Stage) -> Rate:
    """Applications that are ready, claimed, sent and settled."""
    template = stage.template("applications", lambda name: _fill_with_applications(stage, name))
    with stage.database(template) as database:
        return delivered(stage, database, Route.APPLICATION, LONG * stage.sizes.size)


def _fill_with_applications(stage: Stage, database: str) -> None:
    _taken_in(stage, database, LONG * stage.sizes.size)


def delivered(stage: Stage, database: str, route: Route, size: int) -> Rate:
    """What is ready on a route delivered by as many processes as there are workers, and counted at the stub."""
    stage.reset()
    works = [("deliver", {"route": route.value}, stage.environment(database))] * WORKERS
    rate, said = _worked(stage, works, size)
    stage.arrived(route.value, size)
    with stage.connected(database) as db:
        left = open_work(db, route)
    if left or sum(one["done"] for one in said) != size:
        raise Failed(f"{route}: {left} of {size} were not settled")
    return rate


def progress(stage: Stage) -> Rate:
    """Progress that is ready, up to 100 items a call."""
    template = stage.template("progress", lambda name: _fill_with_progress(stage, name))
    with stage.database(template) as database:
        return delivered(stage, database, Route.PROGRESS, LONG * stage.sizes.size)


def _fill_with_progress(stage: Stage, database: str) -> None:
    """Two acceptances' worth of progress for each event; a lane has one, so none waits for another."""
    now = datetime.now(UTC)
    engine = make_engine(stage.database_url(database))
    try:
        for start in range(0, LONG * stage.sizes.size, 500):
            drafts = [
                _acceptance(stage, number, now) for number in range(start, min(start + 500, LONG * stage.sizes.size))
            ]
            with engine.begin() as db:
                ledger.take_in(db, drafts, now, "bench")
    finally:
        engine.dispose()


def _acceptance(stage: Stage, number: int, now: datetime) -> Draft:
    event, _ = DossierEvent.read(stage.material.event(number))
    assert event
    assert event.dossier
    code = event.dossier.code or ""
    told = records.Acceptance(dossier_code=code, ministry_code="LT-2026-000001", accepted_at=now)
    return Draft(
        message_id=uuid4(),
        route=Route.PROGRESS,
        subject=code,
        version=1,
        source_key=source_key(Route.PROGRESS.value, code, "1"),
        body=told.model_dump_json().encode(),
        state=State.READY,
        event="acceptance",
        procedure="marriage",
        office=event.dossier.office,
        due_at=now,
        status=_ACCEPTED,
    )


def register(stage: Stage) -> Rate:
    """Both registers read from the ministry's lists, by a process each, and their entries delivered."""
    size = stage.sizes.size
    first_day = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    with stage.database() as database:
        stage.reset(entries=True)
        environment = stage.environment(database, register_from=first_day)
        works = [("register", {"procedure": name, "count": size}, environment) for name in ("marriage", "death")]
        rate, said = _worked(stage, works, 2 * size)
        stage.arrived("entry", 2 * size)
        with stage.connected(database) as db:
            if left := open_work(db, Route.REGISTER):
                raise Failed(f"register: {left} of {2 * size} were not settled")
    return replace(rate, more={"read_a_second": 2 * size / max(one["seconds"] for one in said)})


def end_to_end(stage: Stage) -> Rate:
    """Real workers and a beat: from the first page of the feed until the last application is settled."""
    size = stage.sizes.size
    with stage.database() as database, system(stage, database), stage.connected(database) as db:
        stage.reset(size)
        # The feed is due; the beat finds that within a second, and the clock begins with the first page.
        db.execute("UPDATE feed SET next_at = now() WHERE name = 'province-events'")
        most = 0.9 * size  # until then it is looked seldom: looking takes time from what is measured
        stage.wait_for("applications", lambda: _sent(stage) >= most, pause=0.1)
        ended = stage.wait_for("settlements", lambda: open_work(db, Route.APPLICATION) == 0 and _sent(stage) == size)
        drained = stage.wait_for("progress", lambda: open_work(db) == 0)
        began = stage.counts()["first"]["feed"]
        stage.arrived("application", size)
        stage.arrived("progress", size)
    return Rate(size / (ended - began), more={"messages": 2 * size / (drained - began)})


def _sent(stage: Stage) -> int:
    found: int = stage.counts()["distinct"]["application"]
    return found


@contextmanager
def system(stage: Stage, database: str, **settings: str) -> Iterator[list[int]]:
    """Workers and beat over a database, once they have looked at the feed; yields the processes' numbers."""
    stage.reset()
    with ExitStack() as stack:
        started = [
            stack.enter_context(running(child.command, child.environment, stage.home / f"{child.name}.log"))
            for child in machine.roles(stage.urls(database), stage.environment(database, **settings))
        ]
        _first_look(stage, started[0].poll)
        yield [process.pid for process in started]


def _first_look(stage: Stage, ended: Callable[[], int | None]) -> None:
    def looked() -> bool:
        if ended() is not None:
            raise Failed(f"the workers ended; see {stage.home}")
        return bool(stage.counts()["calls"]["feed"])

    stage.wait_for("the first look at the feed", looked)
    time.sleep(0.5)  # what the first look left to write


def plain_queue(stage: Stage) -> Rate:
    """N: from the first page of the feed until the last row says `sent`."""
    size = stage.sizes.plain
    with stage.empty_database() as database:
        environment = {
            plain.DATABASE: stage.database_url(database).replace("postgresql:", "postgresql+psycopg:"),
            plain.BROKER: stage.broker,
            plain.PARTNER: stage.stub_url,
        }
        engine = create_engine(environment[plain.DATABASE])
        plain.Base.metadata.create_all(engine)
        engine.dispose()
        plain.app.conf.broker_url = stage.broker
        command = python("celery", "-A", "bench.plain", "worker", "--pool=prefork", f"--concurrency={WORKERS}")
        command += ["--loglevel=WARNING", "--without-gossip", "--without-mingle"]
        stage.reset()
        with running(command, environment, stage.home / "plain.log") as worker, stage.connected(database) as db:
            plain.read_feed.delay()
            _first_look(stage, worker.poll)
            stage.reset(size)
            plain.read_feed.delay()
            stage.wait_for("applications", lambda: _sent(stage) >= size, pause=0.1)
            open_rows = "SELECT count(*) FROM plain_message WHERE status <> 'sent'"
            ended = stage.wait_for("rows", lambda: db.execute(open_rows).fetchone() == (0,))
            stage.arrived("application", size)
            began = stage.counts()["first"]["feed"]
    return Rate(size / (ended - began))
