"""`lienthong console`: the operators' console as a process, and the link that makes its first administrator."""

import signal
import threading
from typing import Final

import typer
from sqlalchemy.exc import SQLAlchemyError

from connector import settings, wiring
from connector.adapters.database import DatabaseAway
from connector.cli.accounts import set_up_link
from connector.cli.endings import SERVICE_AWAY
from connector.cli.opening import database_url
from connector.cli.output import say
from connector.console.serving import AddressTaken, listen, serve, url_of
from connector.settings import Settings
from connector.wiring import Connector

PAUSE_SECONDS: Final = 2.0


def register(app: typer.Typer) -> None:
    app.command()(console)


def console() -> None:
    """Bàn điều hành / the operators' console, on LIENTHONG_CONSOLE_BIND, until Ctrl-C or SIGTERM.

    While the database is away it answers so, and works again by itself. Without an administrator it prints a link by
    which the first one is made, once within 24 hours.
    """
    given = settings.load()
    url = _wait_for_url(given)
    try:
        listener = listen(given.console_bind)
    except AddressTaken as taken:
        say(str(taken))
        raise typer.Exit(SERVICE_AWAY) from None
    connector = wiring.connect(given, url)
    where = url_of(connector, listener)
    stopped = threading.Event()
    announcer = threading.Thread(target=_announce, args=(connector, where, stopped), daemon=True)

    def ready() -> None:
        say(f"bàn điều hành / console: {where}")
        announcer.start()

    serve(connector, listener, ready=ready)
    stopped.set()
    connector.engine.dispose()


def _wait_for_url(given: Settings) -> str:
    """Where the database is; for an embedded one, once it runs. Whether it answers is no matter yet."""
    stopped = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda _signal, _frame: stopped.set())
    try:
        while not stopped.is_set():
            try:
                return database_url(given)
            except DatabaseAway as away:
                say(f"đang chờ / waiting: {away}")
                stopped.wait(PAUSE_SECONDS)
    finally:
        signal.signal(signal.SIGTERM, before)
    raise typer.Exit(0)


def _announce(connector: Connector, where: str, stopped: threading.Event) -> None:
    """Prints the link once the database can be asked."""
    while not stopped.is_set():
        try:
            now = connector.now()
            with connector.engine.begin() as db:
                link = set_up_link(db, where, now)
        except SQLAlchemyError:
            stopped.wait(PAUSE_SECONDS)
            continue
        if link:
            say(f"tạo quản trị viên đầu tiên / make the first administrator, once within 24 hours: {link}")
        return
