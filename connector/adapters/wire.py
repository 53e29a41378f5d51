"""`requests` for one partner: its adapter and prepared requests, without a session.

A session would have nothing to add to our calls, and merging its settings into each of them cost more than the call.
"""

from collections.abc import Mapping
from http.client import HTTPException
from typing import Any, Final, Self, cast

import requests
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import ConnectionPool, HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ProtocolError, ReadTimeoutError
from urllib3.util import Retry, Timeout

from connector.adapters.line import Line, LineOverTls

HEADERS: Final = dict(requests.utils.default_headers())
_JSON: Final = {"Content-Type": "application/json; charset=utf-8"}


class EachTime(Timeout):
    """So many seconds for connecting and for each read. It keeps no time of its own, so that all calls share one."""

    def __init__(self, seconds: float) -> None:
        super().__init__(connect=seconds, read=seconds)

    def clone(self) -> Self:
        return self

    def start_connect(self) -> float:
        return 0.0


class Reply:
    """What `Wire.send` returns: those members of `requests.Response` that are asked for here."""

    def __init__(self, request: requests.PreparedRequest, raw: Any) -> None:
        self.request, self.raw = request, raw
        self.status_code: int = raw.status
        self.headers: Mapping[str, str] = raw.headers

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.raw.close()
        self.raw.release_conn()


class _Pool(HTTPConnectionPool):
    """Makes a call at once where a connection is open; where none is, the library makes both."""

    ConnectionCls = Line

    def urlopen(  # type: ignore[override]
        self, method: str, url: str, body: Any = None, headers: Any = None, *, timeout: Timeout, **more: Any
    ) -> Any:
        line: Any = self._get_conn()
        if line.is_closed:
            self._put_conn(line)
            return super().urlopen(method, url, body, headers, timeout=timeout, **more)
        try:
            line.timeout = timeout.read_timeout
            line.request(method, url, body, headers)
            try:
                answer = line.getresponse()
            except TimeoutError as error:
                raise ReadTimeoutError(self, url, "no answer in time") from error
        except BaseException as error:
            line.close()
            self._put_conn(line)
            if isinstance(error, OSError | HTTPException):
                raise ProtocolError("the connection broke", error) from error
            raise
        answer._pool, answer._connection = self, line
        return answer


class _PoolOverTls(_Pool, HTTPSConnectionPool):
    ConnectionCls = LineOverTls


class Wire(HTTPAdapter):
    """The adapter of one address, with so many kept-alive connections. `send` makes one call, and follows nothing.

    An answer, head and body, comes within `patience` seconds, however slowly it drips.
    """

    def __init__(self, connections: int, patience: float) -> None:
        super().__init__(
            pool_connections=1, pool_maxsize=connections, pool_block=True, max_retries=Retry(total=0, read=False)
        )
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _PoolOverTls}
        self._patience = patience
        self._only: ConnectionPool | None = None

    def get_connection_with_tls_context(self, *request: Any, **settings: Any) -> ConnectionPool:
        """The pool of the address; threads that ask for it first at the same time are given the same."""
        if self._only is None:
            pool: Any = super().get_connection_with_tls_context(*request, **settings)
            pool.ConnectionCls = type("Line", (pool.ConnectionCls,), {"patience": self._patience})
            self._only = pool
        return self._only

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        """Its path; there is no proxy."""
        return request.path_url

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """A `Reply`: without cookies, history and an encoding, for which nobody here asks."""
        return cast(requests.Response, Reply(req, resp))

    def close(self) -> None:
        self._only = None
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
