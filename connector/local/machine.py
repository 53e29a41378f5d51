"""What runs on one machine: the roles as processes, with everything they need in their environment."""

import socket
import sys
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final

from connector.local.processes import Child
from connector.local.servers import Urls
from connector.setting_types import Bind
from connector.settings import variable

# Longer than a task may reasonably work after it was told to finish; what is still held then is found by its lease.
GRACE: Final = timedelta(seconds=25)
PARTNERS: Final = ("ministry", "province")
# They open nothing but a sandbox that listens on this machine alone.
SANDBOX_CLIENT: Final = "lienthong"
SANDBOX_SECRET: Final = "sandbox"


def lienthong(*words: str) -> list[str]:
    """A command of ours in a process of its own."""
    safe = ["-P"] if sys.flags.safe_path else []
    return [sys.executable, *safe, "-m", "connector", *words]


def roles(
    urls: Urls, environment: Mapping[str, str], names: Iterable[str] = ("worker", "beat"), *, logs: Path | None = None
) -> list[Child]:
    """Roles over these servers, each a process: worker, beat, console."""
    everything = {variable("database_url"): urls.database, variable("broker_url"): urls.broker, **environment}
    return [
        Child(role, lienthong(role), everything, log=logs / f"{role}.log" if logs else None, tier=2, grace=GRACE)
        for role in names
    ]


def sandboxes(
    home: Path,
    ports: Mapping[str, int],
    environment: Mapping[str, str],
    *,
    words: tuple[str, ...] = (),
    logs: Path | None = None,
) -> list[Child]:
    """Both simulated partners, with their stores under `home`."""
    return [
        Child(
            f"sandbox-{partner}",
            lienthong(
                *("sandbox", partner, "--bind", f"127.0.0.1:{ports[partner]}"),
                *("--store", str(home / f"{partner}.db"), *words),
            ),
            environment,
            log=logs / f"{partner}.log" if logs else None,
            tier=1,
        )
        for partner in PARTNERS
    ]


def sandbox_ports() -> dict[str, int]:
    """A free port for each simulated partner. They keep it when they are started again, so that their URLs stay."""
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in PARTNERS]
    try:
        return {name: one.getsockname()[1] for name, one in zip(PARTNERS, listeners, strict=True)}
    finally:
        for one in listeners:
            one.close()


def free_address(wanted: Bind) -> Bind:
    """This address, or another port of the host where somebody listens on it already."""
    for port in (wanted.port, 0):
        try:
            with socket.create_server((wanted.host, port)) as listener:
                return Bind(wanted.host, listener.getsockname()[1])
        except OSError:
            continue
    return wanted


def partner_environment(ports: Mapping[str, int]) -> dict[str, str]:
    """The partners' settings, so that they name the sandboxes."""
    environment = {}
    for partner, port in ports.items():
        environment[variable(f"{partner}_url")] = f"http://127.0.0.1:{port}"
        environment[variable(f"{partner}_client_id")] = SANDBOX_CLIENT
        environment[variable(f"{partner}_client_secret")] = SANDBOX_SECRET
    return environment
