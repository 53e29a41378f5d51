"""Puts the checker of tests/contract.py on the line.

`Watch` on a `requests.Session` that reads whole answers, `RecordingAdapter` under one that streams them, `Proxy`
between two processes.
"""

import io
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

import requests
from urllib3 import HTTPResponse
from urllib3.exceptions import HTTPError

from connector.adapters.wire import Wire
from tests.contract import Contract, Exchange


@dataclass
class Watch:
    """Collects the violations of everything that a session exchanges: `session.hooks["response"].append(watch)`."""

    contract: Contract
    sides: str = "both"
    violations: list[str] = field(default_factory=list)
    exchanges: int = 0

    def __call__(self, response: requests.Response, *args: Any, **kwargs: Any) -> None:
        request = response.request
        body = request.body or b""
        self.saw(
            Exchange(
                request.method or "",
                request.url or "",
                dict(request.headers),
                body.encode() if isinstance(body, str) else bytes(body),
                response.status_code,
                dict(response.headers),
                response.content,
            )
        )

    def saw(self, exchange: Exchange) -> None:
        self.exchanges += 1
        self.violations += [
            f"{exchange.method} {exchange.path} {exchange.status} {violation}"
            for violation in self.contract.violations(exchange, self.sides)
        ]


_OWN_HOP = {"connection", "transfer-encoding", "keep-alive", "content-length", "date", "server"}


class Proxy:
    """A recording HTTP proxy before a partner, for exchanges between two other processes; `/control/` passes unjudged.

    Where the partner breaks its connection, the caller's is broken too, and nothing is recorded.
    """

    def __init__(self, upstream: str, saw: Callable[[Exchange], None]) -> None:
        target = urlsplit(upstream)
        lock = threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # headers and body go out in two writes

            def handle_one_call(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {k: v for k, v in self.headers.items() if k.lower() not in _OWN_HOP}
                line = HTTPConnection(target.hostname or "", target.port, timeout=60)
                try:
                    line.request(self.command, self.path, body, headers)
                    answer = line.getresponse()
                    content = answer.read()
                except (OSError, HTTPException):
                    self.close_connection = True
                    return
                finally:
                    line.close()
                sent = {k: v for k, v in answer.getheaders() if k.lower() not in _OWN_HOP}
                if not self.path.startswith("/control/"):
                    with lock:
                        saw(Exchange(self.command, self.path, headers, body, answer.status, sent, content))
                self.send_response(answer.status)
                for name, value in {**sent, "Content-Length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = handle_one_call

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *about: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class RecordingAdapter(Wire):
    """Stands where a transport had its own wire; every exchange that ended with a whole answer is shown to `saw`.

    The answer is read here and handed on as a stream again, as a client that reads by itself expects it. One that
    breaks off is not judged, and breaks off for the client too.
    """

    def __init__(self, saw: Callable[[Exchange], None], connections: int = 12) -> None:
        super().__init__(connections, patience=60.0)
        self._saw = saw
        self._lock = threading.Lock()

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        response = super().send(request, *args, **kwargs)
        try:
            content = b"".join(iter(lambda: response.raw.read1(1 << 20, decode_content=True), b""))
        except HTTPError as error:
            response.raw.close()
            raise requests.ConnectionError(error, request=request) from error
        headers = {name: value for name, value in response.headers.items() if name.lower() != "content-encoding"}
        response.raw.release_conn()
        response.raw = HTTPResponse(io.BytesIO(content), status=response.status_code, preload_content=False)
        sent = request.body or b""
        body = sent.encode() if isinstance(sent, str) else bytes(sent)
        with self._lock:
            self._saw(
                Exchange(
                    request.method or "",
                    request.url or "",
                    dict(request.headers),
                    body,
                    response.status_code,
                    headers,
                    content,
                )
            )
        return response
