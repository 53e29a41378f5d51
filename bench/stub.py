"""Both partners as one process that answers from memory and counts what arrived: no bottleneck, and no partner either.

It takes whatever comes as good. `python -m bench.stub FILE` writes its port to standard output and serves until it is
killed. One thread takes turns over all connections, and requests may be pipelined.
"""

import json
import re
import selectors
import socket
import sys
import time
from bisect import bisect_left
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bench.material import Material
from schemas import ministry, province
from schemas.values import VIETNAM

_LENGTH: Final = re.compile(rb"(?i)\r\ncontent-length: *([0-9]+)")
_CODE: Final = re.compile(rb'"maHoSoMCDT": ?"([^"]*)"')
_KEY: Final = re.compile(rb'"MaSuKien": ?"([^"]*)"')
_CURSOR: Final = re.compile(rb"con_tro=([0-9]+)")
_SIZE: Final = re.compile(rb"so_luong=([0-9]+)")
_CHUNK: Final = 1 << 18


def _answer(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


_TOKEN: Final = _answer(b'{"access_token":"stub","token_type":"Bearer","expires_in":86400}')
_RECEIPT: Final = _answer(b'{"status":"1","value":{"maHoSoLT":"LT-2026-000001"}}')
_NO_STATES: Final = _answer(b'{"status":"1","value":[]}')
_STORED: Final = _answer(b'{"error_code":"0"}')
_NOT_HERE: Final = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


class Counts:
    """What arrived since the last reset. `arrivals`: by key, when it came first; a key that came again only counts."""

    def __init__(self) -> None:
        self.calls = dict.fromkeys(("feed", "application", "progress", "entry", "result", "states"), 0)
        self.first: dict[str, float] = {}
        self.last: dict[str, float] = {}
        self.arrivals: dict[str, dict[bytes, float]] = {name: {} for name in ("application", "progress", "entry")}

    def note(self, name: str, *keys: bytes) -> None:
        now = time.monotonic()
        self.calls[name] += 1
        self.first.setdefault(name, now)
        self.last[name] = now
        for key in keys:
            self.arrivals[name].setdefault(key, now)


class Stub:
    def __init__(self, material: Material) -> None:
        self._material = material
        self._counts = Counts()
        self._first = self._end = 0
        self._has_entries = False
        self._exact: dict[bytes, Callable[[bytes, bytes], bytes]] = {
            b"POST " + ministry.TOKEN_PATH.encode(): lambda _line, _body: _TOKEN,
            b"POST " + province.TOKEN_PATH.encode(): lambda _line, _body: _TOKEN,
            b"POST " + ministry.SUBMIT.encode(): self._application,
            b"POST " + ministry.STATES.encode(): self._states,
            b"POST " + ministry.ENTRIES.encode(): self._listed,
            b"POST " + ministry.FULL_ENTRIES.encode(): self._in_full,
            b"POST " + province.PROGRESS.encode(): self._progress,
            b"GET /stub/counts": self._told,
            b"GET /stub/arrivals": self._arrivals,
            b"POST /stub/reset": self._reset,
            b"POST /stub/feed": self._more,
        }

    def answer(self, line: bytes, body: bytes) -> bytes:
        """The whole answer to a request; `line` is its method and target."""
        service = self._exact.get(line)
        if service is not None:
            return service(line, body)
        if line.startswith(b"GET " + province.FEED.encode()):
            return self._feed(line)
        if line.startswith(b"PUT ") and b"/phien-ban/" in line:
            self._counts.note("entry", line)
            return _STORED
        if line.startswith(b"PUT "):
            self._counts.note("result")
            return _STORED
        return _NOT_HERE

    def _application(self, _line: bytes, body: bytes) -> bytes:
        found = _CODE.search(body)
        self._counts.note("application", found[1] if found else b"")
        return _RECEIPT

    def _progress(self, _line: bytes, body: bytes) -> bytes:
        keys = _KEY.findall(body)
        self._counts.note("progress", *keys)
        items = b",".join(b'{"MaSuKien":"%s","error_code":"0"}' % key for key in keys)
        return _answer(b'{"error_code":"0","ket_qua":[%s]}' % items)

    def _states(self, _line: bytes, _body: bytes) -> bytes:
        self._counts.note("states")
        return _NO_STATES

    def _feed(self, line: bytes) -> bytes:
        self._counts.note("feed")
        cursor, size = _CURSOR.search(line), _SIZE.search(line)
        start = int(cursor[1]) if cursor else self._first
        end = min(start + (int(size[1]) if size else 200), self._end)
        events = b",".join(map(self._material.event, range(start, end)))
        more = b"true" if end < self._end else b"false"
        return _answer(b'{"DuLieu":[%s],"ConTroTiep":"%d","ConNua":%s}' % (events, max(start, end), more))

    def _listed(self, _line: bytes, body: bytes) -> bytes:
        asked = json.loads(body)
        lines = self._material.entries[asked["module"]] if self._has_entries else ()
        since, until = (
            bisect_left(lines, _seconds(asked[name]), key=lambda line: line.updated_at)
            for name in ("tuThoiDiem", "denThoiDiem")
        )
        start = since + (asked["trang"] - 1) * asked["soLuong"]
        heads = b",".join(line.head for line in lines[start : min(start + asked["soLuong"], until)])
        return _answer(b'{"status":"1","value":{"tongSo":%d,"danhSach":[%s]}}' % (until - since, heads))

    def _in_full(self, _line: bytes, body: bytes) -> bytes:
        asked = json.loads(body)
        lines = self._material.entries[asked["module"]]
        wanted = b",".join(lines[number - 1].full for number in asked["dsMaHoSo"] if 0 < number <= len(lines))
        return _answer(b'{"status":"1","value":[%s]}' % wanted)

    def _told(self, _line: bytes, _body: bytes) -> bytes:
        counts = self._counts
        distinct = {name: len(keys) for name, keys in counts.arrivals.items()}
        return _answer(
            json.dumps(
                {
                    "calls": counts.calls,
                    "distinct": distinct,
                    "first": counts.first,
                    "last": counts.last,
                    "cpu": time.process_time(),
                }
            ).encode()
        )

    def _arrivals(self, _line: bytes, _body: bytes) -> bytes:
        return _answer(json.dumps(list(self._counts.arrivals["application"].values())).encode())

    def _reset(self, _line: bytes, body: bytes) -> bytes:
        asked: dict[str, Any] = json.loads(body)
        self._counts = Counts()
        self._first, self._end = asked["first"], asked["first"] + asked["events"]
        self._has_entries = asked["entries"]
        return _STORED

    def _more(self, _line: bytes, body: bytes) -> bytes:
        self._end += json.loads(body)["events"]
        return _STORED


def _seconds(text: str) -> int:
    return int(datetime.strptime(text, ministry.INSTANT_FORMAT).replace(tzinfo=VIETNAM).timestamp())


def serve(stub: Stub, listener: socket.socket) -> None:
    """Takes turns over all connections until the process ends."""
    waiting = selectors.DefaultSelector()
    waiting.register(listener, selectors.EVENT_READ)
    unread: dict[int, bytes] = {}
    while True:
        for key, _ in waiting.select():
            if key.fileobj is listener:
                peer, _ = listener.accept()
                peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                waiting.register(peer, selectors.EVENT_READ, peer)
                continue
            peer = key.data
            try:
                received = peer.recv(_CHUNK)
                if received:
                    rest = unread.pop(key.fd, b"")
                    unread[key.fd] = _answered(stub, peer, rest + received if rest else received)
                    continue
            except OSError:
                pass
            unread.pop(key.fd, None)
            waiting.unregister(peer)
            peer.close()


def _answered(stub: Stub, peer: socket.socket, received: bytes) -> bytes:
    """Answers every request that is there in full; returns what is left."""
    answers = []
    start = 0
    while True:
        head = received.find(b"\r\n\r\n", start)
        if head < 0:
            break
        length = _LENGTH.search(received, start, head)
        end = head + 4 + (int(length[1]) if length else 0)
        if len(received) < end:
            break
        answers.append(stub.answer(received[start : received.index(b" HTTP/", start)], received[head + 4 : end]))
        start = end
    if answers:
        peer.sendall(b"".join(answers))
    return received[start:]


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    stub = Stub(Material.load(Path(sys.argv[1])))
    print(listener.getsockname()[1], flush=True)
    serve(stub, listener)


if __name__ == "__main__":
    main()
