"""The connector's clock: the system's, or one that every process shares from a fixed start."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from connector import wiring
from connector.adapters.clock import shared_clock, system_clock
from connector.adapters.database import make_engine
from connector.settings import Settings

TET = datetime(2027, 2, 6, 1, 0, tzinfo=UTC)
A_MINUTE = timedelta(minutes=1)


def test_without_a_start_it_is_the_systems_clock(database: str) -> None:
    engine = make_engine(database)
    assert shared_clock(engine, None) is system_clock
    assert abs(system_clock() - datetime.now(UTC)) < A_MINUTE
    engine.dispose()


def test_a_fixed_start_runs_on_from_there(database: str) -> None:
    engine = make_engine(database)
    now = shared_clock(engine, TET)
    first, second = now(), now()

    assert TET <= first <= second < TET + A_MINUTE
    engine.dispose()


def test_every_process_and_every_restart_shows_the_same_time(database: str) -> None:
    engine = make_engine(database)
    with ThreadPoolExecutor(6) as pool:
        clocks = list(pool.map(lambda _: shared_clock(engine, TET), range(6)))
    with engine.begin() as db:
        db.exec_driver_sql("UPDATE clock SET begun_at = begun_at - interval '1 hour'")
    later = shared_clock(engine, TET)

    shown = [now() for now in clocks]
    assert max(shown) - min(shown) < timedelta(seconds=1)
    assert timedelta(minutes=59) < later() - shown[0] < timedelta(minutes=61)
    engine.dispose()


def test_another_start_is_another_clock(database: str) -> None:
    engine = make_engine(database)
    assert shared_clock(engine, TET)() < TET + A_MINUTE
    assert shared_clock(engine, TET + timedelta(days=9))() >= TET + timedelta(days=9)
    engine.dispose()


def test_the_connector_goes_by_the_clock_of_its_settings(database: str) -> None:
    connector = wiring.connect(Settings.model_validate({"clock": "2027-02-06T08:00:00+07:00"}), database)
    assert TET <= connector.now() < TET + A_MINUTE
    connector.engine.dispose()
