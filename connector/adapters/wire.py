"""`requests` for one partner: its adapter and prepared requests, without a session.

A session would have nothing to add to our calls, and merging its settings into each of them cost more than the call:
with it a small post took 490 microseconds of CPU, without it 220.
"""

import io
import socket
import time
from collections.abc import Mapping
from http.client import HTTPResponse, parse_headers
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import ConnectionPool, HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util import Retry

HEADERS: Final = dict(requests.utils.default_headers())
_JSON: Final = {"Content-Type": "application/json; charset=utf-8"}


# Above this a copy costs more than a second system call.
_ONE_PIECE: Final = 64 * 1024


class _OnePiece(HTTPConnection):
    """Sends head and body in one system call, so that the partner wakes once. The library makes two."""

    _pieces: list[bytes] | None = None

    def request(self, *args: Any, **options: Any) -> None:
        pieces = self._pieces = []
        try:
            super().request(*args, **options)
        finally:
            self._pieces = None
        if sum(map(len, pieces)) <= _ONE_PIECE:
            pieces = [b"".join(pieces)]
        for piece in pieces:
            self.send(piece)

    def send(self, data: Any) -> None:
        if self._pieces is None:
            super().send(data)
        else:
            self._pieces.append(data)


class _OnePieceOverTls(_OnePiece, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _OnePiece


class _PoolOverTls(HTTPSConnectionPool):
    ConnectionCls = _OnePieceOverTls


class Wire(HTTPAdapter):
    """The adapter of one address, with so many kept-alive connections. `send` makes one call, and follows nothing.

    An answer, head and body, comes within `patience` seconds, however slowly it drips.
    """

    def __init__(self, connections: int, patience: float) -> None:
        super().__init__(
            pool_connections=1, pool_maxsize=connections, pool_block=True, max_retries=Retry(total=0, read=False)
        )
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _PoolOverTls}
        self._only: ConnectionPool | None = None
        self._answer = type("Answer", (_Answer,), {"patience": patience})

    def get_connection_with_tls_context(self, *request: Any, **settings: Any) -> ConnectionPool:
        """The pool of the address; threads that ask for it first at the same time are given the same."""
        if self._only is None:
            pool: Any = super().get_connection_with_tls_context(*request, **settings)
            pool.ConnectionCls = type("Connection", (pool.ConnectionCls,), {"response_class": self._answer})
            self._only = pool
        return self._only

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """Without cookies and an encoding, for which nobody here asks."""
        response = requests.Response()
        response.status_code, response.headers, response.raw = resp.status, resp.headers, resp
        response.url, response.request = req.url or "", req
        return response

    def close(self) -> None:
        self._only = None
        super().close()


class _Answer(HTTPResponse):
    """An answer whose every byte is waited for until one common deadline: the library's time-out is for each byte."""

    patience: float

    def __init__(self, sock: socket.socket, *words: Any, **settings: Any) -> None:
        super().__init__(sock, *words, **settings)
        self.fp = io.BufferedReader(_Within(self.fp.detach(), sock, time.monotonic() + self.patience))

    def _read_status(self) -> tuple[str, int, str]:
        """Of the answer itself. The library takes a 102 or 103 for it, and the next call would get this one's."""
        while True:
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if not 101 < status < 200:
                return version, status, reason
            parse_headers(self.fp)


class _Within(io.RawIOBase):
    def __init__(self, raw: io.RawIOBase, sock: socket.socket, deadline: float) -> None:
        self._raw, self._sock, self._deadline = raw, sock, deadline
        self._longest = sock.gettimeout()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left if self._longest is None else min(left, self._longest))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


def prepared(
    method: str, url: str, body: bytes | None, params: Mapping[str, str | int] | None
) -> requests.PreparedRequest:
    """A request as the library prepares it; one with a body by hand, since our addresses are clean and bytes have a
    length."""
    if body is None:
        return requests.Request(method, url, headers=HEADERS, params=params).prepare()
    request = requests.PreparedRequest()
    request.method, request.url, request.body = method, url, body
    # A plain dictionary: who reads it takes any mapping, and the library's own is slow to go through.
    request.headers = {**HEADERS, **_JSON, "Content-Length": str(len(body))}  # type: ignore[assignment]
    return request
