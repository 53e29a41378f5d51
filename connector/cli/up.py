"""`lienthong up`: everything this machine needs, in one foreground process group."""

from datetime import timedelta
from typing import Annotated, Final

import typer
from sqlalchemy.exc import DBAPIError

from connector import logs, settings
from connector.adapters.database import is_away, migrate
from connector.cli.output import say
from connector.local import machine
from connector.local.processes import Supervisor
from connector.local.servers import Servers
from connector.settings import Settings, require_partner

PAUSE: Final = timedelta(seconds=3)


def register(app: typer.Typer) -> None:
    app.command()(up)


def up(
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Cả hai đối tác giả lập / with both simulated partners.")
    ] = False,
) -> None:
    """Chạy tất cả trên máy này / embedded servers where no URL is set, migrations, worker, beat and console.

    It runs until Ctrl-C or SIGTERM, and leaves nothing running behind.
    """
    given = settings.load()
    if not sandbox:
        require_partner(given, "ministry")
        require_partner(given, "province")
    logs.configure()
    servers = Servers(given.home, _revealed(given, "database_url"), _revealed(given, "broker_url"))
    with Supervisor(servers) as supervisor:
        environment: dict[str, str] = {}
        if sandbox:
            environment = _start_sandboxes(given, supervisor)
        if migrated(supervisor):
            supervisor.start(machine.roles(supervisor.urls, environment, ("worker", "beat", "console")))
            say("đang chạy / running; Ctrl-C để dừng / to stop")
        code = supervisor.run()
    raise typer.Exit(code)


def migrated(supervisor: Supervisor) -> bool:
    """Brings the schema up to date, waiting for a database that is away; False when we were asked to stop meanwhile."""
    while not supervisor.stopping:
        try:
            migrate(supervisor.urls.database)
        except DBAPIError as error:
            if not is_away(error):
                raise
            say("đang chờ / waiting: the database cannot be reached; nothing is lost meanwhile")
            supervisor.wait(PAUSE)
        else:
            return True
    return False


def _start_sandboxes(given: Settings, supervisor: Supervisor) -> dict[str, str]:
    home = given.home / "sandbox"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    ports = machine.sandbox_ports()
    environment = machine.partner_environment(ports)
    supervisor.start(machine.sandboxes(home, ports, environment))
    for partner, port in ports.items():
        say(f"đối tác giả lập / sandbox {partner}: http://127.0.0.1:{port} (control: /control/counts)")
    return environment


def _revealed(given: Settings, name: str) -> str | None:
    value = getattr(given, name)
    return value.get_secret_value() if value else None
