"""One connection to a partner, which reads a usual answer by itself.

The library reads every head with its mail parser and puts three objects around each answer, which is half of what a
small call costs. An answer that is not quite usual goes to the library, from its first byte.
"""

import io
import re
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from http.client import HTTPResponse, IncompleteRead, RemoteDisconnected, parse_headers
from types import MappingProxyType
from typing import Any, Final

import requests
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

# Above this a copy costs more than a second system call.
_ONE_PIECE: Final = 64 * 1024
_FIRST: Final = 64 * 1024
# A larger answer goes to the library as well: its reader may not want all of it.
_SMALL: Final = 256 * 1024

_STATUS_LINE: Final = re.compile(rb"HTTP/1\.1 ([2-5][0-9]{2})(?: [ -~]*)?")
_HEADER: Final = re.compile(r"([!#-'*+.^_`|~0-9A-Za-z-]+):[ \t]*([ -~]*?)[ \t]*")
_LENGTH: Final = re.compile("[0-9]{1,12}")
# What says that a body is not simply so many bytes, or that the connection does not stay.
_PECULIAR: Final = frozenset({"transfer-encoding", "content-encoding", "upgrade", "trailer"})
_BODILESS: Final = frozenset({204, 205, 304})


class _Usual:
    """An answer that is here already, as the pool of connections and our reader see it. Names of headers are small."""

    version_string = "HTTP/1.1"
    length_remaining = 0
    _connection: Any = None
    _pool: Any = None

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status, self.headers, self._body = status, headers, body

    def read1(self, _most: int, *, decode_content: bool) -> bytes:
        """All of it, and then nothing."""
        body, self._body = self._body, b""
        return body

    def close(self) -> None:
        """Nothing is left on the line."""

    def release_conn(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._pool._put_conn(connection)


class Line(HTTPConnection):
    """One connection. Its answers come within `patience` seconds, however slowly they drip."""

    patience: float
    _asked: tuple[str, str]

    def request(  # type: ignore[override]
        self, method: str, url: str, body: Any = None, headers: Mapping[str, str] | None = None, **_: Any
    ) -> None:
        """Sends head and body in one system call, so that the partner wakes once. A body is text or bytes, and its
        length is among the headers."""
        fields = {"Host": self._authority(), **(headers or {})}
        lines = [f"{method} {url} HTTP/1.1", *[f"{name}: {value}" for name, value in fields.items()], "\r\n"]
        head = "\r\n".join(lines)
        if head.count("\r") != len(lines) or head.count("\n") != len(lines) or url.count(" "):
            raise requests.exceptions.InvalidHeader("the head of a request does not keep to its lines")
        if self.sock is not None:
            self.sock.settimeout(self.timeout)
        self._asked = method, url
        content = body.encode() if isinstance(body, str) else body or b""
        pieces = [head.encode("latin-1"), content]
        # A partner that closes while we send may have answered before.
        with suppress(BrokenPipeError, ConnectionResetError):
            for piece in [b"".join(pieces)] if len(content) <= _ONE_PIECE else pieces:
                self.send(piece)

    def getresponse(self) -> Any:
        """The answer: whole, or as the library reads it."""
        sock, ends = self.sock, time.monotonic() + self.patience
        sock.settimeout(self.timeout)
        first = sock.recv(_FIRST)
        if not first:
            raise RemoteDisconnected("the partner closed the connection without an answer")
        usual = _head_of(first)
        if usual is None:
            return self._by_the_library(first, ends)
        status, headers, body, length = usual
        while len(body) < length:
            _wait_at_most(sock, self.timeout, ends)
            more = sock.recv(length - len(body))
            if not more:
                raise IncompleteRead(b"", length - len(body))
            body += more
        if len(body) > length or headers.get("connection", "keep-alive").lower() != "keep-alive":
            self.close()  # what lies on the line is no answer to anything that we shall ask
        return _Usual(status, headers, body[:length])

    def _by_the_library(self, first: bytes, ends: float) -> urllib3.HTTPResponse:
        method, url = self._asked
        answer = _Answer(self.sock, method, first, ends)
        try:
            answer.begin()
        except BaseException:
            answer.close()
            raise
        if answer.will_close:
            self.close()
        return urllib3.HTTPResponse(
            body=answer,
            headers=urllib3.HTTPHeaderDict(answer.msg.items()),
            status=answer.status,
            version=answer.version,
            reason=answer.reason,
            preload_content=False,
            decode_content=False,
            original_response=answer,
            request_method=method,
            request_url=url,
        )

    def _authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == self.default_port else f"{host}:{self.port}"


class LineOverTls(Line, HTTPSConnection):
    pass


def _head_of(first: bytes) -> tuple[int, Mapping[str, str], bytes, int] | None:
    """Status, headers, what is there of the body, and its length; None when anything is unusual."""
    head, blank, body = first.partition(b"\r\n\r\n")
    usual = _usual_head(head) if blank else None
    return None if usual is None else (usual[0], usual[1], body, usual[2])


# Within a second a partner answers nearly always with the same head.
@lru_cache(maxsize=64)
def _usual_head(head: bytes) -> tuple[int, Mapping[str, str], int] | None:
    """Status, headers and length of the body."""
    status_line, *lines = head.split(b"\r\n")
    found = _STATUS_LINE.fullmatch(status_line)
    if found is None:
        return None
    headers: dict[str, str] = {}
    for line in lines:
        header = _HEADER.fullmatch(line.decode("latin-1"))
        if header is None or (name := header[1].lower()) in headers or name in _PECULIAR:
            return None
        headers[name] = header[2]
    length, status = headers.get("content-length", ""), int(found[1])
    if status in _BODILESS or not _LENGTH.fullmatch(length) or int(length) > _SMALL:
        return None
    return status, MappingProxyType(headers), int(length)


class _Answer(HTTPResponse):
    """The library's answer, from bytes that were read already and a line that is read until a deadline: the library's
    time-out is for each byte."""

    def __init__(self, sock: socket.socket, method: str, first: bytes, ends: float) -> None:
        super().__init__(sock, method=method)
        self.fp = io.BufferedReader(_Within(self.fp.detach(), sock, first, ends))

    def _read_status(self) -> tuple[str, int, str]:
        """Of the answer itself. The library takes a 102 or 103 for it, and the next call would get this one's."""
        while True:
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if not 101 < status < 200:
                return version, status, reason
            parse_headers(self.fp)


class _Within(io.RawIOBase):
    def __init__(self, raw: io.RawIOBase, sock: socket.socket, first: bytes, ends: float) -> None:
        self._raw, self._sock, self._first, self._ends = raw, sock, first, ends
        self._longest = sock.gettimeout()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._first:
            some = self._first[: len(buffer)]
            self._first = self._first[len(some) :]
            buffer[: len(some)] = some
            return len(some)
        _wait_at_most(self._sock, self._longest, self._ends)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


def _wait_at_most(sock: socket.socket, longest: float | None, ends: float) -> None:
    """The next read ends within `longest`, and by the deadline. Raises TimeoutError when that has passed."""
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError
    sock.settimeout(left if longest is None else min(left, longest))
