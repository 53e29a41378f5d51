"""The way to a partner over real sockets: resets, cuts, silence, drips and bodies that are too large."""

import gzip
import itertools
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connector.adapters import wire as wires
from connector.adapters.transport import KEPT_OF_LARGE, Credentials, Transport
from connector.domain.errors import DeliveryError, Unreachable

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
URL = "http://partner.test"
TOKEN = f"{URL}/token"
SECRET = "very-secret"


@contextmanager
def transport_to(url: str, *, timeout: float = 2.0, body_limit: int = 1_000_000) -> Iterator[Transport]:
    made = Transport(
        "ministry",
        url,
        "/token",
        Credentials("lienthong", SECRET),
        timeout=timedelta(seconds=timeout),
        connections=4,
        now=lambda: NOW,
        body_limit=body_limit,
    )
    try:
        yield made
    finally:
        made.close()


def error_of(call: Callable[[], object]) -> DeliveryError:
    with pytest.raises(DeliveryError) as found:
        call()
    assert SECRET not in str(found.value)
    return found.value


Handler = Callable[[socket.socket, bytes], None]
TOKEN_BODY = json.dumps({"access_token": "T", "token_type": "Bearer", "expires_in": 300}).encode()
OK = b"HTTP/1.1 200 OK\r\n"


class Wire:
    """A partner that speaks in bytes. Its token service behaves; every other call is what the test makes of it."""

    def __init__(self, handle: Handler, read: Callable[[socket.socket], bytes] | None = None) -> None:
        self._handle = handle
        self._read = read or _request
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        self.calls: list[bytes] = []
        self.token_path = b"/token"
        self.connections = 0
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            while head := self._read(connection):
                if head.startswith(b"POST " + self.token_path):
                    connection.sendall(whole(TOKEN_BODY))
                else:
                    self.calls.append(head)
                    self._handle(connection, head)
        except OSError:
            pass

    def close(self) -> None:
        self._server.close()
        for connection in self._open:
            connection.close()


def _request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(x.split(b":")[1]) for x in head.split(b"\r\n") if x.lower().startswith(b"content-length")), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head


def whole(body: bytes, head: bytes = OK) -> bytes:
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def reset(connection: socket.socket) -> None:
    """RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    connection.close()


@contextmanager
def wire(handle: Handler, read: Callable[[socket.socket], bytes] | None = None) -> Iterator[Wire]:
    made = Wire(handle, read)
    try:
        yield made
    finally:
        made.close()


def says_and_resets(rest: bytes) -> Handler:
    def handle(connection: socket.socket, _: bytes) -> None:
        connection.sendall(OK + rest)
        reset(connection)

    return handle


def says_and_closes(rest: bytes) -> Handler:
    def handle(connection: socket.socket, _: bytes) -> None:
        connection.sendall(OK + rest)
        connection.shutdown(socket.SHUT_RDWR)

    return handle


def drip(connection: socket.socket, _: bytes) -> None:
    """An answer that never ends, a byte at a time, each well within the time-out."""
    connection.sendall(OK + b"Content-Length: 1000000\r\n\r\n")
    pause = threading.Event()
    while not pause.wait(0.05):
        connection.sendall(b" ")


def drip_of(start: bytes, drop: bytes) -> Handler:
    """The same before the body: a head, or the size of a chunk, that never ends."""

    def handle(connection: socket.socket, _: bytes) -> None:
        connection.sendall(start)
        pause = threading.Event()
        while not pause.wait(0.05):
            connection.sendall(drop)

    return handle


BROKEN: dict[str, tuple[Handler, str]] = {
    "reset before the answer": (lambda c, _: reset(c), "CONNECTION_LOST"),
    "closed before the answer": (lambda c, _: c.shutdown(socket.SHUT_RDWR), "CONNECTION_LOST"),
    "cut in the body": (says_and_resets(b"Content-Length: 99\r\n\r\n{"), "CONNECTION_LOST"),
    "closed in the body": (says_and_closes(b"Content-Length: 99\r\n\r\n{"), "CONNECTION_LOST"),
    "cut in a chunk": (says_and_resets(b"Transfer-Encoding: chunked\r\n\r\n5\r\nab"), "CONNECTION_LOST"),
    "no HTTP": (lambda c, _: c.sendall(b"hello\r\n\r\n"), "CONNECTION_LOST"),
    "no such gzip": (
        lambda c, _: c.sendall(whole(b"not packed", OK + b"Content-Encoding: gzip\r\n")),
        "CONNECTION_LOST",
    ),
    "silence": (lambda c, _: None, "READ_TIMEOUT"),
    "drip": (drip, "TOO_SLOW"),
    "drip of a line": (drip_of(b"", b"H"), "TOO_SLOW"),
    "drip in the head": (drip_of(OK + b"X-Slow: ", b"y"), "TOO_SLOW"),
    "drip of heads": (drip_of(OK, b"X: y\r\n"), "TOO_SLOW"),
    "drip of a chunk's size": (drip_of(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"0"), "TOO_SLOW"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_answer_is_a_lost_one_and_the_call_is_made_once(name: str) -> None:
    handle, code = BROKEN[name]
    with wire(handle) as partner, transport_to(partner.url, timeout=0.3) as transport:
        began = time.monotonic()
        error = error_of(lambda: transport.send("POST", "/a", json_body=b"{}"))
        took = time.monotonic() - began

    assert isinstance(error, Unreachable)
    assert (error.code, error.maybe_done) == (code, True)
    assert len(partner.calls) == 1
    assert took < 5.0


def test_a_read_is_repeated_at_once_and_a_delivery_is_not() -> None:
    def second_time_lucky(connection: socket.socket, _: bytes) -> None:
        if next(calls) % 2:
            reset(connection)
        else:
            connection.sendall(whole(b"done"))

    calls = itertools.count(1)
    with wire(second_time_lucky) as there, transport_to(there.url) as transport:
        assert transport.read("GET", "/a").body == b"done"
        assert len(there.calls) == 2
        assert error_of(lambda: transport.send("POST", "/a")).code == "CONNECTION_LOST"
        assert len(there.calls) == 3


def test_a_partner_that_is_not_there_was_certainly_not_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    with transport_to(f"http://127.0.0.1:{port}") as transport:
        error = error_of(lambda: transport.send("POST", "/a"))

    assert isinstance(error, Unreachable)
    assert (error.code, error.maybe_done) == ("NO_CONNECTION", False)


def test_calls_keep_their_connection() -> None:
    with wire(lambda c, _: c.sendall(whole(b"1"))) as partner, transport_to(partner.url) as transport:
        for _ in range(5):
            transport.send("POST", "/a")
    assert partner.connections == 1


def test_a_connection_that_the_partner_closed_while_it_was_idle_costs_nothing() -> None:
    closed = threading.Event()

    def answer_and_close(connection: socket.socket, _: bytes) -> None:
        connection.sendall(whole(b"1"))
        connection.shutdown(socket.SHUT_RDWR)
        closed.set()

    with wire(answer_and_close) as partner, transport_to(partner.url) as transport:
        for _ in range(5):
            assert transport.send("POST", "/a").body == b"1"
            assert closed.wait(5)
            closed.clear()
    assert len(partner.calls) == 5


def test_a_body_over_the_limit_is_refused_by_its_size_and_its_ends_are_kept() -> None:
    limit = 1_000_000
    large = b"<" + b"x" * (100 * 1024 * 1024) + b">"

    with (
        wire(lambda c, _: c.sendall(whole(large))) as partner,
        transport_to(partner.url, timeout=20, body_limit=limit) as transport,
    ):
        answer = transport.send("POST", "/a")

    assert answer.cut
    assert len(answer.body) == 2 * KEPT_OF_LARGE
    assert answer.body.startswith(b"<x")
    assert answer.body.endswith(b"x>")


def test_a_body_that_grows_when_it_is_unpacked_is_refused_by_its_size() -> None:
    bomb = gzip.compress(b"x" * 30_000_000)

    with (
        wire(lambda c, _: c.sendall(whole(bomb, OK + b"Content-Encoding: gzip\r\n"))) as partner,
        transport_to(partner.url, timeout=20, body_limit=1_000_000) as transport,
    ):
        assert transport.send("POST", "/a").cut


@pytest.mark.parametrize("early", [b"100 Continue", b"102 Processing", b"103 Early Hints"])
def test_a_word_before_the_answer_is_not_the_answer(early: bytes) -> None:
    """Or the next call on this connection would take the answer, when it comes, for its own."""
    numbers = itertools.count(1)

    def answer(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 " + early + b"\r\nLink: </a>\r\n\r\n")
        threading.Event().wait(0.1)
        connection.sendall(whole(b"%d" % next(numbers)))

    with wire(answer) as partner, transport_to(partner.url) as transport:
        found = [transport.send("POST", "/a", json_body=b"{}") for _ in range(3)]
    assert [(one.http_status, one.body) for one in found] == [(200, b"1"), (200, b"2"), (200, b"3")]
    assert partner.connections == 1


def test_threads_share_one_token_and_a_few_connections() -> None:
    with (
        wire(lambda c, _: c.sendall(whole(b"1"))) as partner,
        transport_to(partner.url) as transport,
        ThreadPoolExecutor(16) as pool,
    ):
        answers = list(pool.map(lambda _: transport.send("POST", "/a").body, range(64)))
    assert answers == [b"1"] * 64
    assert partner.connections <= 4


# -- answers, usual and not ------------------------------------------------------------------------------------------

JSON = b'{"status":"1"}'
ANSWERS: dict[str, tuple[bytes, int, bytes]] = {
    "usual": (whole(JSON), 200, JSON),
    "empty": (whole(b""), 200, b""),
    "another status": (whole(JSON, b"HTTP/1.1 503 Busy\r\n"), 503, JSON),
    "no reason": (whole(JSON, b"HTTP/1.1 404\r\n"), 404, JSON),
    "other headers": (whole(JSON, OK + b"Server: x\r\ncontent-type:application/json\r\nX-Empty:\r\n"), 200, JSON),
    "a header twice": (whole(JSON, OK + b"Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n"), 200, JSON),
    "a header of letters": (whole(JSON, OK + "X-Office: Phường Mỹ Bình\r\n".encode()), 200, JSON),
    "a folded header": (whole(JSON, OK + b"X-Long: a\r\n b\r\n"), 200, JSON),
    "chunks": (OK + b'Transfer-Encoding: chunked\r\n\r\n3\r\n{"s\r\nb\r\ntatus":"1"}\r\n0\r\n\r\n', 200, JSON),
    "packed": (whole(gzip.compress(JSON), OK + b"Content-Encoding: gzip\r\n"), 200, JSON),
    "no body": (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
    "a line break alone": (whole(JSON).replace(b"\r\n", b"\n"), 200, JSON),
    "large": (whole(JSON + b" " * 300_000), 200, JSON + b" " * 300_000),
}


@pytest.mark.parametrize("cut", [0, 5, 40, -3])
@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_read_whatever_its_form_and_its_pieces(name: str, cut: int) -> None:
    answer, status, body = ANSWERS[name]

    def in_pieces(connection: socket.socket, _: bytes) -> None:
        connection.sendall(answer[:cut])
        threading.Event().wait(0.02 if cut else 0)
        connection.sendall(answer[cut:])

    with wire(in_pieces) as partner, transport_to(partner.url) as transport:
        found = [transport.send("POST", "/a", json_body=b"{}") for _ in range(2)]
    assert [(one.http_status, one.body) for one in found] == [(status, body)] * 2
    assert partner.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        whole(b"1", b"HTTP/1.0 200 OK\r\n"),
        whole(b"1", OK + b"Connection: close\r\n"),
        OK + b"Connection: close\r\n\r\n1",
        b"HTTP/1.0 200 OK\r\n\r\n1",
    ],
)
def test_a_partner_that_closes_behind_its_answer_is_called_anew(answer: bytes) -> None:
    def once(connection: socket.socket, _: bytes) -> None:
        connection.sendall(answer)
        connection.shutdown(socket.SHUT_RDWR)

    with wire(once) as partner, transport_to(partner.url) as transport:
        assert [transport.send("POST", "/a").body for _ in range(3)] == [b"1"] * 3
    assert len(partner.calls) == 3


def test_what_lies_behind_an_answer_is_not_taken_for_the_next() -> None:
    numbers = itertools.count(1)
    with (
        wire(lambda c, _: c.sendall(whole(b"%d" % next(numbers)) + whole(b"stray"))) as partner,
        transport_to(partner.url) as transport,
    ):
        assert [transport.send("POST", "/a").body for _ in range(3)] == [b"1", b"2", b"3"]


def test_an_answer_that_came_before_all_was_sent_is_heard() -> None:
    """A gateway that refuses a body by its announced size closes while it is being sent."""

    def begun(connection: socket.socket) -> bytes:
        return connection.recv(400)

    def refuse(connection: socket.socket, _: bytes) -> None:
        connection.sendall(whole(b"too large", b"HTTP/1.1 413 Too Large\r\nConnection: close\r\n"))
        connection.close()

    with wire(refuse, begun) as partner, transport_to(partner.url) as transport:
        assert transport.send("POST", "/a", json_body=b"x" * 20_000_000).http_status == 413


def test_a_base_address_may_have_any_letters() -> None:
    with wire(lambda c, _: c.sendall(whole(b"1"))) as partner, transport_to(f"{partner.url}/hộ tịch") as transport:
        partner.token_path = b"/h%E1%BB%99%20t%E1%BB%8Bch/token"
        assert transport.send("POST", "/a", json_body=b"{}").body == b"1"
    assert partner.calls[0].startswith(b"POST /h%E1%BB%99%20t%E1%BB%8Bch/a HTTP/1.1\r\n")


# -- TLS --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate of 127.0.0.1, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    today = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "partner.pem"
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(secret + signed.public_bytes(pem))
    return path


@contextmanager
def secured(partner: Wire, certificate: Path) -> Iterator[str]:
    """A door in front of a partner that speaks TLS; its address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    door = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                outside, _ = door.accept()
            except OSError:
                return
            threading.Thread(target=passed_on, args=(outside,), daemon=True).start()

    def passed_on(outside: socket.socket) -> None:
        with suppress(OSError), context.wrap_socket(outside, server_side=True) as line:
            while request := line.recv(1 << 20):
                with socket.create_connection(("127.0.0.1", int(partner.url.rsplit(":", 1)[1]))) as inside:
                    inside.sendall(request)
                    line.sendall(inside.recv(1 << 20))

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"https://127.0.0.1:{door.getsockname()[1]}"
    finally:
        door.close()


def test_calls_over_tls_keep_their_connection_and_ask_who_is_there(certificate: Path) -> None:
    ours = wires.Wire(connections=2, patience=5.0)
    with wire(lambda c, _: c.sendall(whole(b"done"))) as partner, secured(partner, certificate) as url:
        request = wires.prepared("POST", f"{url}/a", b"{}", None)
        lines = set()
        for _ in range(3):
            with ours.send(request, stream=True, timeout=5.0, verify=str(certificate)) as response:
                lines.add(id(response.raw._connection))
                assert response.raw.read1(100, decode_content=True) == b"done"
        assert len(lines) == 1
        ours.close()

        with pytest.raises(requests.exceptions.SSLError):
            wires.Wire(connections=2, patience=5.0).send(request, stream=True, timeout=5.0)
    assert [head.split(b"\r\n")[0] for head in partner.calls] == [b"POST /a HTTP/1.1"] * 3
