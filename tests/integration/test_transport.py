"""The way to a partner: odd answers as a library hands them over, and odd connections over a real socket."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import responses
from responses import matchers

from connector.adapters.transport import Credentials, Transport, unreachable_status
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
