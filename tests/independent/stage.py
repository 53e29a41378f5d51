"""A scriptable HTTP server: records every request, and answers well or badly, as a test tells it."""

import base64
import gzip
import json
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Literal, Self
from urllib.parse import parse_qsl, urlsplit

CLIENT, SECRET = "kết-nối", "bí mật: 1/2"
Way = Literal["plain", "chunked", "gzip", "drip", "head-drip", "cut", "nothing", "last"]
_ANSWERED = threading.Condition()


@dataclass(frozen=True)
class Call:
    """One request as it came; `at` is monotonic, `connection` tells kept-alive calls apart from new ones."""

    at: float
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    connection: tuple[str, int]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """An answer and how it goes out.

    `way`: plain, in chunks, compressed, a byte at a time (`pause` seconds apart), the head a byte at a time, cut in the
    middle, no answer at all (`nothing`: the connection is closed), or plain with the connection closed behind it.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    way: Way = "plain"
    pause: float = 0.2


def as_json(value: Any, status: int = 200, **reply: Any) -> Reply:
    body = json.dumps(value, ensure_ascii=False).encode()
    return Reply(status, body, {"Content-Type": "application/json"}, **reply)


HTML = Reply(502, b"<html><body>B\xe1\xba\xa3o tr\xc3\xac</body></html>", {"Content-Type": "text/html"})
Script = Callable[[Call], Reply | None]


class Stage:
    """One partner on a port of its own. Answers come from `answer`, unless a script of the test says otherwise."""

    token_path: ClassVar[str]

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.calls: list[Call] = []
        self._tokens: dict[str, float] = {}
        self._scripts: list[Script] = []
        self.restore()
        stage = self

        class Handler(_Handler):
            owner = stage

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def restore(self) -> None:
        """Well again, and quick. What it knows stays."""
        self.latency = 0.0
        self.token_lifetime = 3600
        self.one_token = False
        self.way: Way | None = None
        self._scripts.clear()

    def script(self, script: Script) -> Script:
        """Asked before the partner itself, the newest first; None hands the call on. Returns it, for `unscript`."""
        self._scripts.insert(0, script)
        return script

    def unscript(self, script: Script) -> None:
        self._scripts.remove(script)

    def next_answers(self, path: str, *replies: Reply) -> None:
        """These answers for the next calls whose path ends so; after that it is well again."""
        left: Iterator[Reply] = iter(replies)

        def answer(call: Call) -> Reply | None:
            return next(left, None) if call.path.endswith(path) else None

        self.script(answer)

    def of(self, path: str) -> list[Call]:
        """Calls whose path ends so, in the order in which they came."""
        return [call for call in list(self.calls) if call.path.endswith(path)]

    def wait_for(self, done: Callable[[], object], seconds: float = 15.0) -> None:
        """Returns when this holds; it is looked at whenever a call was answered. AssertionError when it does not."""
        with _ANSWERED:
            assert _ANSWERED.wait_for(lambda: bool(done()), seconds), f"not within {seconds} s"

    def answer(self, call: Call) -> Reply:
        raise NotImplementedError

    def received(self, call: Call) -> Reply:
        time.sleep(self.latency)
        with self.lock:
            self.calls.append(call)
            for script in self._scripts:
                reply = script(call)
                if reply is not None:
                    return reply
            if call.path == self.token_path:
                return self._give_token(call)
            ends = self._tokens.get(call.headers.get("authorization", "").removeprefix("Bearer "), 0)
            return self.answer(call) if time.monotonic() < ends else Reply(401)

    def revoke(self) -> None:
        with self.lock:
            self._tokens.clear()

    def _give_token(self, call: Call) -> Reply:
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if call.headers.get("authorization") != f"Basic {basic}":
            return as_json({"error": "invalid_client"}, 401)
        if call.body != b"grant_type=client_credentials":
            return as_json({"error": "unsupported_grant_type"}, 400)
        if self.one_token:
            self._tokens.clear()
        token = secrets.token_urlsafe(300)
        self._tokens[token] = time.monotonic() + self.token_lifetime
        return as_json({"access_token": token, "token_type": "Bearer", "expires_in": self.token_lifetime, "scope": "x"})


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """A connection that the other side broke is no news here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: ClassVar[Stage]

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = dict(parse_qsl(parts.query))
        now = time.monotonic()
        call = Call(now, self.command, parts.path, query, headers, body, self.client_address)
        with suppress(OSError):
            reply = self.owner.received(call)
            self._write(replace(reply, way=self.owner.way) if self.owner.way else reply)
        with _ANSWERED:
            _ANSWERED.notify_all()

    do_GET = do_POST = do_PUT = _serve

    def _write(self, reply: Reply) -> None:
        if reply.way == "nothing":
            self.close_connection = True
            return
        body = gzip.compress(reply.body) if reply.way == "gzip" else reply.body
        head = {**reply.headers, "Content-Length": str(len(body))}
        if reply.way == "chunked":
            del head["Content-Length"]
            head["Transfer-Encoding"] = "chunked"
            parts = [body[start : start + 7] for start in range(0, min(len(body), 700), 7)] + [body[700:], b""]
            body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts if part or part is parts[-1])
        if reply.way == "gzip":
            head["Content-Encoding"] = "gzip"
        if reply.way in ("last", "cut"):
            self.close_connection = True
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        opening = f"HTTP/1.1 {reply.status} X\r\n{lines}\r\n".encode("latin-1")
        if reply.way == "cut":
            body = body[: len(body) // 2]
        self._drip(opening, reply.pause if reply.way == "head-drip" else 0)
        self._drip(body, reply.pause if reply.way == "drip" else 0)

    def _drip(self, data: bytes, pause: float) -> None:
        if not pause:
            self.connection.sendall(data)
            return
        for at in range(len(data)):
            self.connection.sendall(data[at : at + 1])
            time.sleep(pause)
