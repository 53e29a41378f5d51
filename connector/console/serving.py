"""The console as a process: a listening socket, the application on it, and a plain return when it is told to stop."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator

import uvicorn

from connector.console.app import make_app
from connector.setting_types import Bind
from connector.wiring import Connector


class AddressTaken(Exception):
    """The console cannot listen on its address."""


def listen(bind: Bind) -> socket.socket:
    """The socket to serve on. Raises AddressTaken."""
    family = socket.AF_INET6 if ":" in bind.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((bind.host, bind.port))
    except (OSError, UnicodeError) as error:
        listener.close()
        why = getattr(error, "strerror", None) or type(error).__name__
        raise AddressTaken(
            f"không mở được địa chỉ / the console cannot listen on {bind}: {why}; "
            "nothing was changed; stop what uses it, or set LIENTHONG_CONSOLE_BIND"
        ) from None
    return listener


def url_of(connector: Connector, listener: socket.socket) -> str:
    """What to type into a browser."""
    host, port = listener.getsockname()[:2]
    return connector.settings.console_url or f"http://{Bind(host, port)}"


def serve(connector: Connector, listener: socket.socket, *, ready: Callable[[], None] | None = None) -> None:
    """Serves until SIGTERM or SIGINT, then returns. `ready` is called once connections are accepted."""
    config = uvicorn.Config(
        make_app(connector),
        ws="none",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        # What a proxy says of the client counts only where one was announced.
        proxy_headers=connector.settings.console_url is not None,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=5,
        backlog=128,
    )
    with listener:
        asyncio.run(_Server(config, ready).serve(sockets=[listener]))


class _Server(uvicorn.Server):
    """Signals end it with a plain return; being told twice does no harm."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None] | None) -> None:
        super().__init__(config)
        self._ready = ready

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(ValueError, RuntimeError):  # not the main thread: somebody else ends us
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self._stop)
        yield

    def _stop(self) -> None:
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._ready is not None:
            self._ready()
