"""The ministry's client: what its answers mean, and what is made of answers that no contract knows."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import responses

from connector.adapters.ministry import MEANINGS, Ministry
from connector.adapters.transport import Credentials, Transport
from connector.domain.errors import (
    Conflict,
    DeliveryError,
    Garbled,
    NotExpectedNow,
    NotYet,
    Refused,
    SilentlyThere,
    Unauthorised,
    Unreachable,
)
from connector.domain.units import province_code
from schemas.ministry import Submission, Withdrawal
from tests import bodies

URL = "http://ministry.test"
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
FINGERPRINT = "a" * 64


@pytest.fixture
def partner() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        mock.post(f"{URL}/token", json={"access_token": "T", "token_type": "Bearer", "expires_in": 300})
        yield mock


@pytest.fixture
def ministry() -> Iterator[Ministry]:
    transport = Transport(
        "ministry",
        URL,
        "/token",
        Credentials("lienthong", "secret"),
        timeout=timedelta(seconds=1),
        connections=4,
        now=lambda: NOW,
        body_limit=1_000_000,
    )
    yield Ministry(transport)
    transport.close()


def says(partner: responses.RequestsMock, service: str, envelope: object = None, **answer: Any) -> None:
    body = {"json": envelope} if envelope is not None else {}
    partner.post(f"{URL}/hotich/1.0/{service}", **body, **answer)


def error_of(call: Callable[[], object]) -> DeliveryError:
    with pytest.raises(DeliveryError) as found:
        call()
    return found.value


def submission() -> Submission:
    form, _ = Submission.read_value(bodies.submission(bodies.code(1)))
    assert form is not None
    return form


def submit(ministry: Ministry) -> Callable[[], object]:
    return lambda: ministry.submit(submission(), FINGERPRINT)


@pytest.mark.parametrize("code", ["100", "101"])
@pytest.mark.parametrize("asks", [False, True])
def test_after_the_service_did_not_accept_us_the_next_call_goes_with_a_fresh_token(
    partner: responses.RequestsMock, ministry: Ministry, code: str, asks: bool
) -> None:
    service = "layKetQua" if asks else "nhanHoSoDKHT"
    call = (lambda: ministry.states("marriage", [bodies.code(1)], NOW)) if asks else submit(ministry)
    says(partner, service, {"status": "0", "errorCode": code})
    says(partner, service, {"status": "1", "value": []})
    assert isinstance(error_of(call), Unauthorised)

    call()

    paths = [exchange.request.path_url for exchange in partner.calls]
    assert [path.rsplit("/", 1)[1] for path in paths] == ["token", service, "token", service]


@pytest.mark.parametrize("status", [201, 202, 204])
def test_a_success_that_nobody_agreed_on_may_have_taken_effect(
    partner: responses.RequestsMock, ministry: Ministry, status: int
) -> None:
    says(partner, "nhanHoSoDKHT", {"status": "1", "value": {}}, status=status)

    error = error_of(submit(ministry))

    assert isinstance(error, Unreachable)
    assert error.maybe_done


def envelope(status: object = "1", code: str | None = None, value: object = None) -> dict[str, object]:
    return {"status": status, "statusDescription": "THÀNH CÔNG", "errorCode": code, "value": value}


RECEIPT = {"maHoSoLT": "LTKH-2026-000001", "thoiGianTiepNhan": "20/11/2026 09:00:00", "dauVanTay": FINGERPRINT}


# -- submissions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["1", 1])
def test_a_receipt_carries_the_ministrys_code_and_instant(
    partner: responses.RequestsMock, ministry: Ministry, status: object
) -> None:
    says(partner, "nhanHoSoDKHT", envelope(status, value=RECEIPT))

    receipt = ministry.submit(submission(), FINGERPRINT)

    assert (receipt.ministry_code, receipt.repeated) == ("LTKH-2026-000001", False)
    assert receipt.received_at == NOW


def test_what_is_sent_has_the_fingerprint_that_the_ministry_would_compute(
    partner: responses.RequestsMock, ministry: Ministry
) -> None:
    says(partner, "nhanHoSoDKHT", envelope(value=RECEIPT))
    ministry.submit(submission(), FINGERPRINT)

    sent = partner.calls[1].request.body
    assert isinstance(sent, bytes)
    assert json.loads(sent) == bodies.submission(bodies.code(1))
    assert "Nguyễn Văn Thử".encode() in sent


def test_110_with_our_fingerprint_is_a_success(partner: responses.RequestsMock, ministry: Ministry) -> None:
    says(partner, "nhanHoSoDKHT", envelope("0", "110", RECEIPT))

    receipt = ministry.submit(submission(), FINGERPRINT)

    assert (receipt.repeated, receipt.ministry_code) == (True, "LTKH-2026-000001")


def test_110_with_another_fingerprint_is_a_conflict(partner: responses.RequestsMock, ministry: Ministry) -> None:
    says(partner, "nhanHoSoDKHT", envelope("0", "110", RECEIPT | {"dauVanTay": "b" * 64}))

    error = error_of(submit(ministry))

    assert (type(error), error.code) == (Conflict, "110")


@pytest.mark.parametrize(
    "value", [None, {"maHoSoLT": "LT-1"}, {"maHoSoLT": "LT-1", "dauVanTay": None}, [], "", {"dauVanTay": 5}]
)
def test_110_without_a_fingerprint_says_only_that_something_is_there(
    partner: responses.RequestsMock, ministry: Ministry, value: object
) -> None:
    says(partner, "nhanHoSoDKHT", envelope("0", "110", value))

    assert type(error_of(submit(ministry))) is SilentlyThere


@pytest.mark.parametrize("value", [None, [], {"maHoSoLT": 5}, {"thoiGianTiepNhan": "99/99/2026 00:00:00"}])
def test_a_success_without_a_readable_receipt_is_a_success(
    partner: responses.RequestsMock, ministry: Ministry, value: object
) -> None:
    says(partner, "nhanHoSoDKHT", envelope(value=value))

    receipt = ministry.submit(submission(), FINGERPRINT)

    assert (receipt.repeated, receipt.received_at) == (False, None)


LISTED: dict[str, type[DeliveryError]] = {
    "100": Unauthorised,
    "101": Unauthorised,
    "106": Refused,
    "108": Refused,
    "110": SilentlyThere,
    "111": NotExpectedNow,
    "200": NotYet,
    "201": Refused,
    "302": Refused,
    "500": Refused,
    "503": Unreachable,
}


def test_every_listed_code_is_in_the_table() -> None:
    assert MEANINGS.keys() == LISTED.keys()


@pytest.mark.parametrize("code", LISTED)
def test_a_listed_code_means_what_happens_next(partner: responses.RequestsMock, ministry: Ministry, code: str) -> None:
    says(partner, "nhanHoSoDKHT", envelope("0", code))

    error = error_of(submit(ministry))

    assert (type(error), error.code, error.http_status) == (LISTED[code], code, 200)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("999", "999"),
        (None, "UNSAID"),
        ("", "UNSAID"),
        ("1\x002\n", "1?2?"),
    ],
)
def test_a_code_that_nobody_listed_is_a_refusal(
    partner: responses.RequestsMock, ministry: Ministry, code: str | None, said: str
) -> None:
    says(partner, "nhanHoSoDKHT", envelope("0", code))

    error = error_of(submit(ministry))

    assert (type(error), error.code) == (Refused, said)


def test_a_receipt_that_no_column_can_hold_leaves_the_code_out(
    partner: responses.RequestsMock, ministry: Ministry
) -> None:
    says(partner, "nhanHoSoDKHT", envelope(value=RECEIPT | {"maHoSoLT": "LT\x001"}))
    assert ministry.submit(submission(), FINGERPRINT).ministry_code is None


def test_a_sentence_never_decides(partner: responses.RequestsMock, ministry: Ministry) -> None:
    told = envelope("0", "500") | {"statusDescription": "THÀNH CÔNG", "errorDescription": "Hồ sơ của Lê Văn A đã nhận"}
    says(partner, "nhanHoSoDKHT", told)

    error = error_of(submit(ministry))

    assert type(error) is Refused
    assert "Lê Văn A" not in str(error)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>200 OK</html>",
        b"[]",
        b"null",
        b"{}",
        b'{"status": "2"}',
        b'{"status": true}',
        b'{"status": "1',
        b'{"status": "0", "errorCode": "\\ud800"}',
        b"\xff\xfe",
    ],
)
def test_a_200_that_is_no_envelope_leaves_the_outcome_unknown(
    partner: responses.RequestsMock, ministry: Ministry, body: bytes
) -> None:
    says(partner, "nhanHoSoDKHT", body=body)

    error = error_of(submit(ministry))

    assert isinstance(error, Garbled)
    assert error.maybe_done
    assert error.body == body


@pytest.mark.parametrize(("status", "maybe_done"), [(500, True), (502, True), (503, True), (504, True), (404, False)])
def test_a_gateways_html_is_a_partner_that_is_away(
    partner: responses.RequestsMock, ministry: Ministry, status: int, maybe_done: bool
) -> None:
    says(partner, "nhanHoSoDKHT", status=status, body="<html>", headers={"Retry-After": "12"})

    error = error_of(submit(ministry))

    assert isinstance(error, Unreachable)
    assert (error.http_status, error.asked, error.maybe_done) == (status, timedelta(seconds=12), maybe_done)


def test_a_submission_that_is_too_large_for_the_gateway_is_refused(
    partner: responses.RequestsMock, ministry: Ministry
) -> None:
    says(partner, "nhanHoSoDKHT", status=413, body="<html>")
    assert type(error_of(submit(ministry))) is Refused


# -- withdrawals ------------------------------------------------------------------------------------------------------


def withdrawal() -> Withdrawal:
    read, _ = Withdrawal.read_value(
        {
            "maHoSoMCDT": bodies.code(1),
            "module": "LTKH",
            "lyDo": "Công dân rút hồ sơ",
            "thoiDiem": "20/11/2026 09:00:00",
        }
    )
    assert read is not None
    return read


def test_a_withdrawal_that_is_done_returns(partner: responses.RequestsMock, ministry: Ministry) -> None:
    says(partner, "rutHoSo", envelope())
    ministry.withdraw(withdrawal())


@pytest.mark.parametrize(("code", "kind"), [("111", NotExpectedNow), ("201", Refused), ("503", Unreachable)])
def test_a_withdrawal_that_is_not_taken_says_what_happens_next(
    partner: responses.RequestsMock, ministry: Ministry, code: str, kind: type[DeliveryError]
) -> None:
    says(partner, "rutHoSo", envelope("0", code))
    assert type(error_of(lambda: ministry.withdraw(withdrawal()))) is kind


# -- states -----------------------------------------------------------------------------------------------------------


def states(ministry: Ministry) -> list[bytes]:
    return ministry.states("marriage", [bodies.code(1)], NOW)


def test_states_are_kept_as_they_were_received(partner: responses.RequestsMock, ministry: Ministry) -> None:
    items = [b'{"b":1,  "a":"\\u0110"}', b"7", b'"text"', b"null", b'{"x":1e400,"x":2}', b'{"a":"\xff"}']
    says(partner, "layKetQua", body=b'{"status":"1","value":[' + b" , ".join(items) + b'],"errorCode":null}')

    assert states(ministry) == items
    sent = json.loads(partner.calls[1].request.body or b"")
    assert sent == {"maTinh": province_code(NOW.date()), "module": "LTKH", "maDinhDanhHoSo": [bodies.code(1)]}


def test_no_value_is_no_state(partner: responses.RequestsMock, ministry: Ministry) -> None:
    says(partner, "layKetQua", envelope(value=None))
    assert states(ministry) == []


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b'{"status":"1","value":{}}',
        b'{"status":"1","value":[}',
        b'{"value":[]}',
        b"[" * 100_000,
        b'{"status":"1","value":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b"",
    ],
    ids=range(7),
)
def test_an_answer_that_cannot_be_taken_apart_is_garbled(
    partner: responses.RequestsMock, ministry: Ministry, body: bytes
) -> None:
    for _ in range(3):
        says(partner, "layKetQua", body=body)
    partner.assert_all_requests_are_fired = False

    error = error_of(lambda: states(ministry))

    assert isinstance(error, Garbled)


def test_an_answer_that_is_too_large_is_refused_by_its_size(
    partner: responses.RequestsMock, ministry: Ministry
) -> None:
    for _ in range(3):
        says(partner, "layKetQua", body=b"[" + b" " * 2_000_000)
    partner.assert_all_requests_are_fired = False

    assert error_of(lambda: states(ministry)).code == "TOO_LARGE"


def test_a_question_is_repeated_within_seconds_when_the_partner_stumbles(
    partner: responses.RequestsMock, ministry: Ministry
) -> None:
    says(partner, "layKetQua", body=requests.ConnectionError("reset"))
    says(partner, "layKetQua", envelope(value=[]))

    assert states(ministry) == []
