"""The connection under an answer: real TCP resets and bodies that stop early, which no ASGI message can say."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from connector.sandbox.calls import Call, Reply

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

# SO_LINGER on with zero seconds: closing sends RST and drops what was not sent yet.
_HARD_CLOSE = struct.pack("ii", 1, 0)

_open: dict[tuple[str, int], asyncio.Transport] = {}


class TrackedProtocol(H11Protocol):
    """uvicorn's protocol that lets the application find the transport of a call by its client address."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self.client is not None:
            _open[self.client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self.client is not None:
            _open.pop(self.client, None)
        super().connection_lost(exc)


class TooLarge(Exception):
    """The request's body is longer than the partner takes."""


class Wire:
    """One request's connection."""

    def __init__(self, scope: Message, receive: Receive, send: Send) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._transport = _open.get(tuple(scope["client"])) if scope.get("client") else None

    async def call(self, limit: int) -> Call:
        """Read the request to its end.

        Raises:
            TooLarge: more than `limit` bytes, announced or sent.
            ConnectionError: the client left.
        """
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in self._scope["headers"]}
        announced = headers.get("content-length", "0")
        if announced.isdigit() and int(announced) > limit:
            raise TooLarge
        body = bytearray()
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ConnectionError("the client left")
            body += message.get("body", b"")
            if len(body) > limit:
                raise TooLarge
            if not message.get("more_body", False):
                break
        query = self._scope["query_string"].decode("latin-1")
        return Call(self._scope["method"], self._scope["path"], query, headers, bytes(body))

    async def answer(self, reply: Reply, *, close: bool = False) -> None:
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers]
        headers.append((b"content-length", str(len(reply.body)).encode()))
        if close:
            headers.append((b"connection", b"close"))
        await self._send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await self._send({"type": "http.response.body", "body": reply.body})

    async def cut(self, reply: Reply, at: int) -> None:
        """Announce the whole body, send its first `at` bytes, and close."""
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers]
        headers.append((b"content-length", str(len(reply.body)).encode()))
        await self._send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await self._send({"type": "http.response.body", "body": reply.body[:at], "more_body": True})
        if self._transport is not None:
            self._transport.close()
        await self._gone()

    async def reset(self) -> None:
        """Close with RST; the client sees "connection reset by peer"."""
        if self._transport is not None:
            sock = self._transport.get_extra_info("socket")
            if sock is not None:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _HARD_CLOSE)
            self._transport.abort()
        await self._gone()

    async def _gone(self) -> None:
        """Wait until the server knows that the connection is closed, or it would answer 500 into it."""
        while (await self._receive())["type"] != "http.disconnect":
            pass
