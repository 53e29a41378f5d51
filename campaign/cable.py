"""A cable between two processes that can be cut, or swallow what is sent over it, as networks do."""

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self

Mode = Literal["pass", "cut", "swallow"]
_CHUNK: Final = 256 * 1024


class _Link:
    """One connection over the cable. `lost`: no byte of it passes any more, and nobody is told."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.ends = [writer]
        self.lost = False

    def abort(self) -> None:
        for end in self.ends:
            end.transport.abort()


class Cable:
    """Listens on a port of its own and passes connections on to `target`, a port of this machine or a socket.

    cut: connections are reset, new ones too. swallow: connections stand and are made, and no byte passes; those of that
    time stay dumb afterwards, as where a gateway has forgotten them.
    """

    def __init__(self, target: int | Path) -> None:
        self._target = target
        self._links: set[_Link] = set()
        self._mode: Mode = "pass"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="cable")
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = self._do(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    @property
    def mode(self) -> Mode:
        return self._mode

    @property
    def connections(self) -> int:
        """Those that pass bytes, or would."""
        return sum(not link.lost for link in self._links)

    def turn(self, mode: Mode) -> None:
        """From now on; returns when it is so."""
        self._do(self._turn(mode))

    async def _turn(self, mode: Mode) -> None:
        self._mode = mode
        if mode == "cut":
            for link in self._links:
                link.abort()
        if mode == "swallow":
            for link in self._links:
                link.lost = True

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = _Link(writer)
        if self._mode == "cut":
            link.abort()
            return
        link.lost = self._mode == "swallow"
        self._links.add(link)
        try:
            there, answers = await self._connect()
            link.ends.append(answers)
            await asyncio.gather(_pump(link, reader, answers), _pump(link, there, writer))
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._links.discard(link)
            link.abort()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self._target, Path):
            return await asyncio.open_unix_connection(self._target)
        return await asyncio.open_connection("127.0.0.1", self._target)

    async def _end(self) -> None:
        self._server.close()
        for link in list(self._links):
            link.abort()
        rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    def _do(self, what: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(10)


async def _pump(link: _Link, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(_CHUNK):
        if link.lost:
            continue
        sink.write(data)
        with suppress(ConnectionError):
            await sink.drain()
    if not link.lost:
        sink.close()
