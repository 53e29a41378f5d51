"""One simulated partner as a process of its own."""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import traceback
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

import uvicorn

from connector.sandbox.forms import Partner
from connector.sandbox.gateway import Gateway
from connector.sandbox.ministry.partner import MinistryPartner
from connector.sandbox.panel import CommonPanel
from connector.sandbox.province.partner import ProvincePartner
from connector.sandbox.script import Script
from connector.sandbox.tokens import Tokens
from connector.sandbox.wire import TrackedProtocol

_PULSE = 0.5
_BREATH = 0.01


def serve(
    partner: Partner,
    bind: str,
    store: Path,
    *,
    client_id: str,
    client_secret: str,
    settings: Mapping[str, object] | None = None,
    clock_start: datetime | None = None,
    ready_file: Path | None = None,
) -> None:
    """Run one partner until SIGTERM or SIGINT, then return.

    `bind` is HOST:PORT, port 0 picks a free one. The URL goes to standard error and, once connections are accepted,
    into `ready_file`. What `store` holds from an earlier run goes on; tokens and scripted answers do not.

    Raises:
        pydantic.ValidationError: a setting that is none.
        OSError: the address cannot be bound.
    """
    kind = MinistryPartner if partner == "ministry" else ProvincePartner
    listener = _listen(bind)
    house = kind(store, settings, clock_start)
    with contextlib.closing(house.house.store), listener:
        asyncio.run(_run(house, listener, Tokens(client_id, client_secret), ready_file))


def _listen(bind: str) -> socket.socket:
    host, _, port = bind.rpartition(":")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's delay off for sockets that say IPPROTO_TCP, and for no others: 40 ms a call.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host.strip("[]") or "127.0.0.1", int(port)))
    return listener


class _Server(uvicorn.Server):
    """Signals end it with a plain return, and it says when it is ready."""

    def __init__(self, config: uvicorn.Config, name: str, url: str, ready_file: Path | None) -> None:
        super().__init__(config)
        self._name, self._url, self._ready_file = name, url, ready_file

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        yield

    def _stop(self) -> None:
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print(f"sandbox {self._name} listens on {self._url}", file=sys.stderr, flush=True)
        if self._ready_file is not None:
            half = self._ready_file.with_suffix(f".{os.getpid()}")
            half.write_text(self._url, "utf-8")
            half.replace(self._ready_file)


async def _run(
    partner: MinistryPartner | ProvincePartner, listener: socket.socket, tokens: Tokens, ready_file: Path | None
) -> None:
    script = Script()
    common = CommonPanel(partner.house, script, tokens, partner.panel.counts)
    gateway = Gateway(partner, tokens, script, [*common.routes(), *partner.panel.routes()])
    config = uvicorn.Config(
        gateway,
        http=TrackedProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
        backlog=512,
    )
    host, port = listener.getsockname()[:2]
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    server = _Server(config, partner.house.partner, url, ready_file)
    people = asyncio.create_task(_people(partner))
    try:
        await server.serve(sockets=[listener])
    finally:
        people.cancel()
        await asyncio.gather(people, return_exceptions=True)


async def _people(partner: MinistryPartner | ProvincePartner) -> None:
    """Officers, citizens and clerks at their pace; they look up when something is laid before them."""
    house = partner.house
    while True:
        house.wake.clear()
        wait: float | None = None
        try:
            wait = partner.work()
            house.store.flush_tally()
        except Exception:
            # They rest for a moment and try again: calls are served meanwhile, and the reason is in sight.
            traceback.print_exc(file=sys.stderr)
        # Between two rounds the calls get their turn, however much is due.
        await asyncio.sleep(_BREATH)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(house.wake.wait(), _PULSE if wait is None else min(wait, _PULSE))


def main(argv: list[str] | None = None) -> None:
    """`python -m connector.sandbox.serve ministry --store FILE …`, as tests and supervisors start it."""
    parser = argparse.ArgumentParser(prog="connector.sandbox.serve", description="One simulated partner.")
    parser.add_argument("partner", choices=["ministry", "province"])
    parser.add_argument("--bind", default="127.0.0.1:0", help="HOST:PORT; port 0 picks a free one")
    parser.add_argument("--store", type=Path, required=True, help="SQLite file, made if it is not there")
    parser.add_argument("--client-id", default="lienthong")
    parser.add_argument("--settings", type=json.loads, default={}, help="JSON object")
    parser.add_argument("--clock-start", type=datetime.fromisoformat, help="ISO 8601; without an offset UTC+7")
    parser.add_argument("--ready-file", type=Path)
    asked = parser.parse_args(argv)
    serve(
        asked.partner,
        asked.bind,
        asked.store,
        client_id=asked.client_id,
        client_secret=os.environ.get("SANDBOX_CLIENT_SECRET", "sandbox"),
        settings=asked.settings,
        clock_start=asked.clock_start,
        ready_file=asked.ready_file,
    )


if __name__ == "__main__":
    main()
