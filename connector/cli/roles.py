"""`lienthong worker` and `lienthong beat`: this process becomes Celery's, once database and broker are there."""

import os
import signal
import socket
import sys
from threading import Event
from typing import Final, NoReturn

import typer
from sqlalchemy.exc import SQLAlchemyError

from connector import settings
from connector.adapters import broker, revisions
from connector.adapters.broker import BrokerAway
from connector.adapters.database import DatabaseAway, make_engine
from connector.cli.opening import database_url
from connector.cli.output import say
from connector.local.home import LocalError
from connector.local.servers import Urls, running_broker
from connector.settings import Settings, variable

PAUSE_SECONDS: Final = 2.0
# Large blocks go back to the system as soon as they are free: left to itself glibc keeps those of attached files for
# each thread, some hundred megabytes a process. Other allocators read other variables, and ignore these.
_MEMORY: Final = {"MALLOC_MMAP_THRESHOLD_": str(1 << 20), "MALLOC_TRIM_THRESHOLD_": str(16 << 20)}
_CELERY: Final = ("-m", "celery", "--quiet", "-A", "workers.app")


def register(app: typer.Typer) -> None:
    app.command()(worker)
    app.command()(beat)


def worker() -> None:
    """Tiến trình làm việc / the worker processes of this machine: they read, check and send.

    It waits for database, schema and broker, and says so; it does not migrate.
    """
    given = settings.load()
    name = f"worker-{os.getpid()}@{socket.gethostname()}"
    _become(
        given,
        [
            "worker",
            "--pool=prefork",
            f"--concurrency={given.concurrency}",
            f"--hostname={name}",
            "--without-gossip",
            "--without-mingle",
            "--loglevel=INFO",
        ],
    )


def beat() -> None:
    """Nhịp / looks at the ledger every second and tells the workers what is due; several do no harm.

    It waits for database, schema and broker, and says so; it does not migrate.
    """
    _become(settings.load(), ["beat", "-S", "workers.schedule:LedgerScheduler", "--loglevel=INFO"])


def _become(given: Settings, role: list[str]) -> NoReturn:
    urls = wait_for_servers(given)
    # The same servers for the whole life of the role, whatever happens to the home's announcements.
    servers = {variable("database_url"): urls.database, variable("broker_url"): urls.broker}
    environment = _MEMORY | os.environ | servers
    safe = ["-P"] if sys.flags.safe_path else []
    os.execve(sys.executable, [sys.executable, *safe, *_CELERY, *role], environment)


def wait_for_servers(given: Settings, pause: float = PAUSE_SECONDS) -> Urls:
    """Asks until database, schema and broker are there, and says each time what is missing. SIGTERM ends it with 0."""
    stopped = Event()
    before = signal.signal(signal.SIGTERM, lambda _signal, _frame: stopped.set())
    try:
        while not stopped.is_set():
            found = _look(given)
            if isinstance(found, Urls):
                return found
            say(f"đang chờ / waiting: {found}")
            stopped.wait(pause)
    finally:
        signal.signal(signal.SIGTERM, before)
    raise typer.Exit(0)


def _look(given: Settings) -> Urls | str:
    """Both URLs, or what is missing."""
    try:
        database = database_url(given)
        missing = _schema_fault(database)
        if missing:
            return missing
        url = given.broker_url.get_secret_value() if given.broker_url else running_broker(given.home)
        if url is None:
            return f"no broker runs in {given.home}; start `lienthong up`, or set LIENTHONG_BROKER_URL"
        broker.ping(url)
    except (DatabaseAway, LocalError) as error:
        return str(error)
    except SQLAlchemyError as error:
        return f"the database cannot be reached ({type(error).__name__})"
    except BrokerAway as error:
        return f"the broker cannot be reached ({error})"
    return Urls(database, url)


def _schema_fault(url: str) -> str | None:
    engine = make_engine(url, pool_size=1)
    try:
        with engine.connect() as db:
            state = revisions.look(db)
    finally:
        engine.dispose()
    return None if state.is_enough else f"the schema is {state.found or 'not there'}; run `lienthong migrate`"
