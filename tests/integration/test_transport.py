"""The way to a partner: odd answers as a library hands them over, and odd connections over a real socket."""

import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import responses
from responses import matchers

from connector.adapters.transport import KEPT_OF_LARGE, Credentials, Transport, unreachable_status
from connector.domain.errors import DeliveryError, Garbled, Throttled, Unauthorised, Unreachable

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


@pytest.fixture
def transport() -> Iterator[Transport]:
    with transport_to(URL) as made:
        yield made


@pytest.fixture
def partner() -> Iterator[responses.RequestsMock]:
    """Answers in the order in which they are added; the token service gives T1, T2, …"""
    with responses.RequestsMock(
        assert_all_requests_are_fired=False, registry=responses.registries.OrderedRegistry
    ) as mock:
        yield mock


def gives_token(partner: responses.RequestsMock, token: str, lifetime: int = 300) -> None:
    body = {"access_token": token, "token_type": "Bearer", "expires_in": lifetime}
    partner.post(TOKEN, json=body)


def error_of(call: Callable[[], object]) -> DeliveryError:
    with pytest.raises(DeliveryError) as found:
        call()
    assert SECRET not in str(found.value)
    return found.value


# -- tokens -----------------------------------------------------------------------------------------------------------


def test_a_token_is_fetched_once_and_sent_with_each_call(partner: responses.RequestsMock, transport: Transport) -> None:
    gives_token(partner, "T1")
    carries = [matchers.header_matcher({"Authorization": "Bearer T1"})]
    partner.post(f"{URL}/a", body=b"1", match=carries)
    partner.post(f"{URL}/a", body=b"2", match=carries)

    answers = [transport.send("POST", "/a", json_body=b"{}").body for _ in range(2)]

    assert answers == [b"1", b"2"]
    asked = partner.calls[0].request
    assert asked.body == "grant_type=client_credentials"
    assert asked.headers["Authorization"].startswith("Basic ")


def test_on_401_the_call_is_made_again_with_one_fresh_token(
    partner: responses.RequestsMock, transport: Transport
) -> None:
    gives_token(partner, "T1")
    partner.post(f"{URL}/a", status=401)
    gives_token(partner, "T2")
    partner.post(f"{URL}/a", body=b"done", match=[matchers.header_matcher({"Authorization": "Bearer T2"})])

    assert transport.send("POST", "/a").body == b"done"


def test_a_fresh_token_that_is_refused_as_well_says_that_we_are_not_accepted(
    partner: responses.RequestsMock, transport: Transport
) -> None:
    for token in ("T1", "T2"):
        gives_token(partner, token)
        partner.post(f"{URL}/a", status=401)

    error = error_of(lambda: transport.send("POST", "/a"))

    assert (type(error), error.code, error.http_status) == (Unauthorised, "HTTP_401", 401)
    assert error.partner == "ministry"
    assert len(partner.calls) == 4


def test_an_address_that_is_not_allowed_is_not_asked_for_another_token(
    partner: responses.RequestsMock, transport: Transport
) -> None:
    gives_token(partner, "T1")
    partner.post(f"{URL}/a", status=403, body="<html>")

    error = error_of(lambda: transport.send("POST", "/a"))

    assert (type(error), error.code) == (Unauthorised, "HTTP_403")
    assert len(partner.calls) == 2


@pytest.mark.parametrize("status", [400, 401, 403])
def test_credentials_that_nobody_knows_are_no_matter_of_waiting(
    partner: responses.RequestsMock, transport: Transport, status: int
) -> None:
    partner.post(TOKEN, status=status, json={"error": "invalid_client"})

    error = error_of(transport.check_access)

    assert (type(error), error.code, error.http_status) == (Unauthorised, "TOKEN_REFUSED", status)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b"{}",
        b'{"access_token": "T", "expires_in": "soon"}',
        b'{"access_token": "T", "expires_in": []}',
    ],
)
def test_what_is_no_token_is_said_to_be_none(
    partner: responses.RequestsMock, transport: Transport, body: bytes
) -> None:
    for _ in range(3):
        partner.post(TOKEN, body=body)

    error = error_of(transport.check_access)

    assert isinstance(error, Garbled)
    assert error.code == "TOKEN_GARBLED"


def test_a_token_service_that_is_away_is_asked_again_and_then_told(
    partner: responses.RequestsMock, transport: Transport
) -> None:
    partner.post(TOKEN, status=503, body="<html>")
    for _ in range(3):
        partner.post(TOKEN, status=502)
    error = error_of(lambda: transport.send("POST", "/a"))
    assert isinstance(error, Unreachable)
    assert error.http_status in (502, 503)


def test_a_token_near_its_end_is_renewed_before_it_is_used(
    partner: responses.RequestsMock, transport: Transport
) -> None:
    gives_token(partner, "T1", lifetime=0)
    partner.post(f"{URL}/a", body=b"1")
    gives_token(partner, "T2")
    partner.post(f"{URL}/a", body=b"2", match=[matchers.header_matcher({"Authorization": "Bearer T2"})])

    assert [transport.send("POST", "/a").body for _ in range(2)] == [b"1", b"2"]


# -- answers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "asked"),
    [
        ("90", timedelta(seconds=90)),
        (" 7 ", timedelta(seconds=7)),
        (format_datetime(NOW + timedelta(minutes=3), usegmt=True), timedelta(minutes=3)),
        (format_datetime(NOW - timedelta(minutes=3), usegmt=True), timedelta(0)),
        ("99999999999", timedelta(days=1)),
        ("soon", None),
        ("-5", None),
        ("", None),
        (None, None),
        ("Fri, 99 Nov 2026 25:61:00 GMT", None),
    ],
)
def test_patience_is_asked_for_in_seconds_or_by_a_date(
    partner: responses.RequestsMock, transport: Transport, header: str | None, asked: timedelta | None
) -> None:
    gives_token(partner, "T1")
    partner.post(f"{URL}/a", status=429, headers={} if header is None else {"Retry-After": header})

    error = error_of(lambda: transport.send("POST", "/a"))

    assert (type(error), error.asked) == (Throttled, asked)


def test_a_503_keeps_what_the_partner_asked_for(partner: responses.RequestsMock, transport: Transport) -> None:
    gives_token(partner, "T1")
    partner.post(f"{URL}/a", status=503, body="<html>", headers={"Retry-After": "30"})

    error = unreachable_status(transport.send("POST", "/a"))

    assert isinstance(error, Unreachable)
    assert (error.code, error.asked) == ("HTTP_503", timedelta(seconds=30))


@pytest.mark.parametrize("status", [200, 400, 404, 409, 410, 413, 422, 500, 503])
def test_what_a_service_may_have_said_is_handed_on(
    partner: responses.RequestsMock, transport: Transport, status: int
) -> None:
    gives_token(partner, "T1")
    partner.post(f"{URL}/a", status=status, body=b'{"x": 1}')

    answer = transport.send("POST", "/a")

    assert (answer.http_status, answer.body, answer.cut) == (status, b'{"x": 1}', False)
    assert "x" not in repr(answer).replace("http_status", "")


def test_a_redirection_is_not_followed(partner: responses.RequestsMock, transport: Transport) -> None:
    gives_token(partner, "T1")
    partner.post(f"{URL}/a", status=302, headers={"Location": "http://elsewhere.test/"})

    assert transport.send("POST", "/a").http_status == 302


# -- connections ------------------------------------------------------------------------------------------------------

Handler = Callable[[socket.socket, bytes], None]
TOKEN_BODY = json.dumps({"access_token": "T", "token_type": "Bearer", "expires_in": 300}).encode()
OK = b"HTTP/1.1 200 OK\r\n"


class Wire:
    """A partner that speaks in bytes. Its token service behaves; every other call is what the test makes of it."""

    def __init__(self, handle: Handler) -> None:
        self._handle = handle
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        self.calls: list[bytes] = []
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
            while head := _request(connection):
                if head.startswith(b"POST /token"):
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
def wire(handle: Handler) -> Iterator[Wire]:
    made = Wire(handle)
    try:
        yield made
    finally:
        made.close()


def drip(connection: socket.socket, _: bytes) -> None:
    """An answer that never ends, a byte at a time, each well within the time-out."""
    connection.sendall(OK + b"Content-Length: 1000000\r\n\r\n")
    pause = threading.Event()
    while not pause.wait(0.05):
        connection.sendall(b" ")


BROKEN: dict[str, tuple[Handler, str]] = {
    "reset before the answer": (lambda c, _: reset(c), "CONNECTION_LOST"),
    "closed before the answer": (lambda c, _: c.shutdown(socket.SHUT_RDWR), "CONNECTION_LOST"),
    "cut in the body": (lambda c, _: (c.sendall(OK + b"Content-Length: 99\r\n\r\n{"), reset(c))[0], "CONNECTION_LOST"),
    "closed in the body": (
        lambda c, _: (c.sendall(OK + b"Content-Length: 99\r\n\r\n{"), c.shutdown(socket.SHUT_RDWR))[0],
        "CONNECTION_LOST",
    ),
    "cut in a chunk": (
        lambda c, _: (c.sendall(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab"), reset(c))[0],
        "CONNECTION_LOST",
    ),
    "no HTTP": (lambda c, _: c.sendall(b"hello\r\n\r\n"), "CONNECTION_LOST"),
    "no such gzip": (
        lambda c, _: c.sendall(whole(b"not packed", OK + b"Content-Encoding: gzip\r\n")),
        "CONNECTION_LOST",
    ),
    "silence": (lambda c, _: None, "READ_TIMEOUT"),
    "drip": (drip, "TOO_SLOW"),
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
    assert took < 2.0


def test_a_read_is_repeated_at_once_and_a_delivery_is_not() -> None:
    def second_time_lucky(connection: socket.socket, _: bytes) -> None:
        if len(partner.calls) % 2:
            reset(connection)
        else:
            connection.sendall(whole(b"done"))

    with wire(second_time_lucky) as partner, transport_to(partner.url) as transport:
        assert transport.read("GET", "/a").body == b"done"
        assert len(partner.calls) == 2
        assert error_of(lambda: transport.send("POST", "/a")).code == "CONNECTION_LOST"
        assert len(partner.calls) == 3


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


def test_threads_share_one_token_and_a_few_connections() -> None:
    with (
        wire(lambda c, _: c.sendall(whole(b"1"))) as partner,
        transport_to(partner.url) as transport,
        ThreadPoolExecutor(16) as pool,
    ):
        answers = list(pool.map(lambda _: transport.send("POST", "/a").body, range(64)))
    assert answers == [b"1"] * 64
    assert partner.connections <= 4
