"""`lienthong demo`: the whole system on this machine with both sandboxes, judged by what took effect at the
partners."""

import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import requests
import typer

from connector import logs, settings
from connector.adapters.clock import shared_clock
from connector.adapters.database import make_engine, own_database
from connector.cli.accounts import set_up_link
from connector.cli.demo_display import Display, ending
from connector.cli.endings import NEEDS_ATTENTION
from connector.cli.operator import operator
from connector.cli.output import say
from connector.cli.sandbox import Faults
from connector.cli.up import migrated
from connector.local import machine
from connector.local.processes import Child, Supervisor
from connector.local.servers import Servers, Urls
from connector.rollout.changes import open_everywhere
from connector.sandbox.control import Control
from connector.sandbox.generator import Generated, generate
from connector.sandbox.judge import judge
from connector.sandbox.trail import Watch
from connector.settings import Settings, variable
from schemas.values import VIETNAM

BATCH: Final = 50
FAULTY: Final = 0.1
LOOK: Final = timedelta(milliseconds=500)
# Nothing happens for this long: what is not at its end by then does not get there.
STANDSTILL: Final = timedelta(seconds=150)
OFFICERS: Final = {"supplement": 0.12, "refuse": 0.05, "late_document": 0.1}
PACE: Final = "300ms"
# Short enough for a demonstration, unless somebody set them.
QUICK: Final = {
    "poll_interval": "1s",
    "http_timeout": "5s",
    "lease": "20s",
    "retry_schedule": ",".join(["1s"] * 4 + ["2s"] * 8 + ["4s"] * 20),
}


def register(app: typer.Typer) -> None:
    app.command()(demo)


def demo(
    dossiers: Annotated[int, typer.Option(min=1, max=1_000_000, help="Số hồ sơ / how many dossiers.")] = 200,
    faults: Annotated[Faults, typer.Option(help="Sự cố của đối tác / how the partners behave.")] = Faults.CALM,
    keep: Annotated[bool, typer.Option("--keep", help="Để chạy tiếp / leave it running at the end.")] = False,
    seed: Annotated[int | None, typer.Option(help="Số gieo / the same seed, the same dossiers and chances.")] = None,
) -> None:
    """Trình diễn cả hệ thống / the whole system with both sandboxes, from submission to result.

    Exit 0 only if every dossier reached its end and nothing was lost, doubled, altered or out of order, judged by the
    partners' own records. The last line of standard output is one JSON document.
    """
    given = settings.load()
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    home = _fresh_home(given)
    logs.configure((home / "demo.log").open("a"), json=True)
    say(f"trình diễn / demo: {dossiers} hồ sơ / dossiers, faults {faults.value}, seed {seed}, logs in {home}")
    clean = False
    try:
        clean = _run(given, home, dossiers, faults, seed, keep=keep)
    finally:
        if clean and not keep:
            shutil.rmtree(home, ignore_errors=True)
    raise typer.Exit(0 if clean else NEEDS_ATTENTION)


def _fresh_home(given: Settings) -> Path:
    """A directory of its own for each demo, so that none finds what another left."""
    home = given.home / f"demo-{time.strftime('%H%M%S')}-{secrets.token_hex(2)}"
    home.mkdir(mode=0o700, parents=True)
    return home


def _run(given: Settings, home: Path, count: int, faults: Faults, seed: int, *, keep: bool) -> bool:
    began = time.monotonic()
    with _servers(given, home) as servers, Supervisor(servers) as supervisor:
        if not migrated(supervisor):
            return False
        now = given.clock or datetime.now(VIETNAM)
        open_everywhere(supervisor.urls.database, now, by=operator(), why="trình diễn / the demonstration")
        ports = machine.sandbox_ports()
        environment = machine.partner_environment(ports) | _quick(given)
        words = ("--faults", faults.value, "--seed", str(seed), "--pace", PACE)
        supervisor.start(machine.sandboxes(home, ports, environment, words=words, logs=home))
        supervisor.start(_roles(supervisor.urls, environment, home))
        ministry, province = (Control(f"http://127.0.0.1:{ports[name]}") for name in machine.PARTNERS)
        if not _ready(supervisor, ministry, province):
            return False
        console = _console(given, supervisor, home, environment) if keep else ""
        ministry.set(**OFFICERS)
        sent = list(generate(seed, count, now.astimezone(VIETNAM).date(), faulty=FAULTY))
        display = Display(supervisor.urls.database, ministry, province, count)
        with display:
            ended = _journey(supervisor, sent, ministry, province, display)
        clean = ending(sent, judge(sent, ministry, province, registers=True), display, ended, time.monotonic() - began)
        if keep and not supervisor.stopping:
            say(f"vẫn chạy / still running: ministry {ministry.url}, province {province.url}; Ctrl-C để dừng / to stop")
            say(f"bàn điều hành / console: {console}")
            say(f"xem / to look at it: {variable('home')}={home} lienthong status")
            supervisor.run()
        return clean


@contextmanager
def _servers(given: Settings, home: Path) -> Iterator[Servers]:
    """Embedded servers where no URL is set; on a given PostgreSQL a database of its own, gone at the end."""
    broker = given.broker_url.get_secret_value() if given.broker_url else None
    if given.database_url is None:
        yield Servers(home, None, broker)
        return
    with own_database(given.database_url.get_secret_value(), "lienthong_demo") as url:
        yield Servers(home, url, broker)


def _roles(urls: Urls, environment: dict[str, str], home: Path) -> list[Child]:
    # A queue of its own: a broker that others use as well would hand them our hints.
    return machine.roles(urls, environment | {variable("queue"): home.name}, logs=home)


def _console(given: Settings, supervisor: Supervisor, home: Path, environment: dict[str, str]) -> str:
    """Starts the console, on another port where its own is taken; the link that opens it for the first time."""
    bind = given.console_bind if "console_bind" in given.model_fields_set else machine.free_address(given.console_bind)
    own = environment | {variable("console_bind"): str(bind)}
    supervisor.start(machine.roles(supervisor.urls, own, ("console",), logs=home))
    engine = make_engine(supervisor.urls.database, pool_size=1)
    try:
        now = shared_clock(engine, given.clock)()
        with engine.begin() as db:
            link = set_up_link(db, given.console_url or f"http://{bind}", now)
    finally:
        engine.dispose()
    say(f"bàn điều hành / console, the first administrator by this link, once: {link}")
    return str(link)


def _quick(given: Settings) -> dict[str, str]:
    chosen = given.model_fields_set
    return {variable(name): value for name, value in QUICK.items() if name not in chosen}


def _ready(supervisor: Supervisor, *partners: Control) -> bool:
    """Waits until both sandboxes answer; False when we were asked to stop, or they do not come."""
    ends = time.monotonic() + 60
    while time.monotonic() < ends and not supervisor.wait(timedelta(milliseconds=100)):
        try:
            for partner in partners:
                partner.health()
        except requests.RequestException:
            continue
        return True
    return False


def _journey(
    supervisor: Supervisor, sent: list[Generated], ministry: Control, province: Control, display: Display
) -> dict[str, bool]:
    """Hands the dossiers in and watches until all are at their end, nothing happens any more, or we are asked to
    stop."""
    watch = Watch(sent, ministry, province, registers=True)
    waiting = list(sent)
    ended: dict[str, bool] = {}
    moved, last = time.monotonic(), 0
    while not supervisor.stopping and time.monotonic() - moved < STANDSTILL.total_seconds():
        batch, waiting = waiting[:BATCH], waiting[BATCH:]
        if batch:
            province.add_events([one.event for one in batch], {k: v for one in batch for k, v in one.files.items()})
        ended = watch.look()
        display.show(sum(ended.values()))
        if not waiting and all(ended.values()) and not display.on_the_way():
            break
        if batch or display.movement != last:
            moved, last = time.monotonic(), display.movement
        supervisor.wait(LOOK)
    return ended
