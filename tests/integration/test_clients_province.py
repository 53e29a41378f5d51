"""The province's client: what its answers mean, item by item, and what is made of answers that no contract knows."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st

from connector.adapters.province import MEANINGS, Province, Taken, salvaged_cursor
from connector.adapters.transport import Credentials, Transport
from connector.domain.errors import (
    Conflict,
    CursorLost,
    DeliveryError,
    Garbled,
    NotYet,
    OutOfStep,
    Refused,
    Unreachable,
)
from schemas.province import Progress, Result
from tests import bodies

URL = "http://province.test"
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
CODE = bodies.code(1)


@pytest.fixture
def partner() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        mock.post(f"{URL}/oauth2/token", json={"access_token": "T", "token_type": "Bearer", "expires_in": 300})
        yield mock


@pytest.fixture
def province() -> Iterator[Province]:
    transport = Transport(
        "province",
        URL,
        "/oauth2/token",
        Credentials("lienthong", "secret"),
        timeout=timedelta(seconds=1),
        connections=4,
        now=lambda: NOW,
        body_limit=1_000_000,
    )
    yield Province(transport)
    transport.close()


def error_of(call: Callable[[], object]) -> DeliveryError:
    with pytest.raises(DeliveryError) as found:
        call()
    return found.value


# -- progress ---------------------------------------------------------------------------------------------------------


def item(serial: int) -> Progress:
    read, _ = Progress.read_value(bodies.progress(bodies.code(serial), 4, f"K{serial}"))
    assert read is not None
    return read


def told(partner: responses.RequestsMock, answers: object = None, **answer: Any) -> None:
    body = {"json": {"error_code": "0", "ket_qua": answers}} if answers is not None else {}
    partner.post(f"{URL}/apitthc/v1/tien-do", **body, **answer)


def answered(serial: int, code: str, **more: object) -> dict[str, object]:
    return {"MaSuKien": f"K{serial}", "error_code": code, **more}


def test_each_item_has_an_answer_of_its_own(partner: responses.RequestsMock, province: Province) -> None:
    codes = ["0", "DUP", "CONFLICT", "STATE", "NOTFOUND", "INVALID", "BUSY", "SOMETHING"]
    told(partner, [answered(serial, code) for serial, code in enumerate(codes)])

    answers = province.tell([item(serial) for serial in range(len(codes))])

    assert answers[:2] == [Taken(repeated=False), Taken(repeated=True)]
    kinds = [type(answer) for answer in answers[2:]]
    assert kinds == [Conflict, OutOfStep, NotYet, Refused, Unreachable, Refused]
    assert [a.code for a in answers if isinstance(a, DeliveryError)] == codes[2:]


def test_a_code_that_no_column_can_hold_is_made_plain(partner: responses.RequestsMock, province: Province) -> None:
    told(partner, [answered(1, "S\x00\n"), answered(2, "x" * 999)])

    for answer in province.tell([item(1), item(2)]):
        assert isinstance(answer, Refused)
        assert answer.code.isprintable()
        assert len(answer.code) < 100


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_an_answer_in_another_encoding_of_the_same_letters_is_read(
    partner: responses.RequestsMock, province: Province, encoding: str
) -> None:
    page = {"DuLieu": [{"MaSuKien": "Ễ"}], "ConTroTiep": "c2", "ConNua": False}
    partner.get(f"{URL}/apitthc/v1/su-kien", body=json.dumps(page, ensure_ascii=False).encode(encoding))
    told(partner, body=json.dumps({"error_code": "0", "ket_qua": [answered(1, "DUP")]}).encode(encoding))

    found = province.events(None, 10)

    assert [json.loads(event) for event in found.events] == page["DuLieu"]
    assert found.cursor == "c2"
    assert province.tell([item(1)]) == [Taken(repeated=True)]


def test_answers_find_their_items_whatever_their_order(partner: responses.RequestsMock, province: Province) -> None:
    told(partner, [answered(3, "STATE"), answered(1, "0"), answered(99, "0"), answered(2, "DUP")])

    one, two, three = province.tell([item(1), item(2), item(3)])

    assert (one, two) == (Taken(repeated=False), Taken(repeated=True))
    assert isinstance(three, Refused)


@pytest.mark.parametrize(
    "answers",
    [
        [answered(1, "0")],
        [answered(1, "0"), {"MaSuKien": "K2"}],
        [answered(1, "0"), {"error_code": "0"}],
        [answered(1, "0"), None],
        [answered(1, "0"), {"MaSuKien": "K2", "error_code": 0}],
    ],
)
def test_an_item_without_an_answer_has_an_unknown_outcome(
    partner: responses.RequestsMock, province: Province, answers: object
) -> None:
    told(partner, answers)

    one, two = province.tell([item(1), item(2)])

    assert one == Taken(repeated=False)
    assert isinstance(two, Unreachable)
    assert two.maybe_done


def test_a_refusal_names_places_in_our_form_and_no_values(partner: responses.RequestsMock, province: Province) -> None:
    places = [{"truong": "/NoiDungXuLy", "loi": "Lê Văn A"}]
    places += [{"truong": pointer} for pointer in ("/" + "x" * 500, "/y\x00")]
    told(partner, [answered(1, "INVALID", chi_tiet=places, message="Lê Văn A")])

    [answer] = province.tell([item(1)])

    assert isinstance(answer, Refused)
    assert "/NoiDungXuLy" in answer.text
    assert "Lê Văn A" not in answer.text
    assert "xxx" not in answer.text
    assert answer.text.isprintable()


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error_code":"0"}', b'{"error_code":"0","ket_qua":7}'])
def test_a_200_without_items_leaves_every_outcome_unknown(
    partner: responses.RequestsMock, province: Province, body: bytes
) -> None:
    told(partner, body=body)

    error = error_of(lambda: province.tell([item(1)]))

    assert isinstance(error, Garbled)
    assert error.maybe_done


@pytest.mark.parametrize(("status", "body", "kind"), [
    (503, b'{"error_code":"BUSY"}', Unreachable),
    (422, b'{"error_code":"INVALID"}', Refused),
    (422, b"<html>", Unreachable),
    (502, b"<html>", Unreachable),
    (500, b"", Unreachable),
    (413, b"<html>", Refused),
])  # fmt: skip
def test_a_call_that_fails_as_a_whole_says_what_happens_next(
    partner: responses.RequestsMock, province: Province, status: int, body: bytes, kind: type[DeliveryError]
) -> None:
    told(partner, status=status, body=body, headers={"Retry-After": "9"})

    error = error_of(lambda: province.tell([item(1)]))

    assert type(error) is kind
    assert error.http_status == status
    if kind is Unreachable:
        assert error.asked == timedelta(seconds=9)


# -- results ----------------------------------------------------------------------------------------------------------


def result() -> Result:
    read, _ = Result.read_value(bodies.result())
    assert read is not None
    return read


@pytest.mark.parametrize(("code", "repeated"), [("0", False), ("DUP", True)])
def test_a_stored_result_says_whether_it_was_there(
    partner: responses.RequestsMock, province: Province, code: str, repeated: bool
) -> None:
    partner.put(f"{URL}/apitthc/v1/ho-so/{CODE}/ket-qua", json={"error_code": code})

    assert province.store_result(CODE, result()) == Taken(repeated=repeated)
    assert json.loads(partner.calls[1].request.body or b"")["SoDangKy"] == 15


KINDS = {"CONFLICT": Conflict, "STATE": OutOfStep, "NOTFOUND": NotYet, "INVALID": Refused}
HTTP_OF = {"CONFLICT": 409, "STATE": 409, "NOTFOUND": 404, "INVALID": 422, "BUSY": 503}


def test_every_listed_code_is_in_the_table() -> None:
    assert MEANINGS.keys() == HTTP_OF.keys()


@pytest.mark.parametrize("code", HTTP_OF)
@pytest.mark.parametrize("as_200", [True, False])
def test_a_refused_result_means_what_happens_next(
    partner: responses.RequestsMock, province: Province, code: str, as_200: bool
) -> None:
    status = 200 if as_200 else HTTP_OF[code]
    partner.put(f"{URL}/apitthc/v1/ho-so/{CODE}/ket-qua", status=status, json={"error_code": code})

    error = error_of(lambda: province.store_result(CODE, result()))

    expected = {"BUSY": Unreachable, **KINDS}[code]
    assert (type(error), error.code, error.http_status) == (expected, code, status)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"error_code":7}', b'{"error_code":"0'])
def test_a_200_without_an_error_code_is_no_success(
    partner: responses.RequestsMock, province: Province, body: bytes
) -> None:
    partner.put(f"{URL}/apitthc/v1/ho-so/{CODE}/ket-qua", body=body)
    assert isinstance(error_of(lambda: province.store_result(CODE, result())), Garbled)


# -- the feed ---------------------------------------------------------------------------------------------------------


def feed(partner: responses.RequestsMock, body: bytes | str, status: int = 200) -> None:
    partner.get(f"{URL}/apitthc/v1/su-kien", body=body, status=status)


def test_a_page_keeps_its_events_as_they_were_received(partner: responses.RequestsMock, province: Province) -> None:
    events = ['{"b":1,  "a":"\\u0110"}', "7", "null", '"\\u0000"']
    feed(partner, '{"ConNua":true,"DuLieu":[' + ", ".join(events) + '],"ConTroTiep":"x/y=","more":1}')

    page = province.events("a b&c", 50)

    assert page.events == tuple(event.encode() for event in events)
    assert (page.cursor, page.more) == ("x/y=", True)
    assert partner.calls[1].request.params == {"con_tro": "a b&c", "so_luong": "50"}  # type: ignore[attr-defined]


def test_a_byte_order_mark_before_a_page_is_passed_over(partner: responses.RequestsMock, province: Province) -> None:
    feed(partner, '\ufeff{"ConNua":false,"DuLieu":[7],"ConTroTiep":"x"}')

    assert province.events(None, 50).events == (b"7",)


def test_the_first_page_is_asked_for_without_a_cursor(partner: responses.RequestsMock, province: Province) -> None:
    feed(partner, '{"ConNua":false,"DuLieu":[],"ConTroTiep":"x"}')

    province.events(None, 50)

    assert partner.calls[1].request.params == {"so_luong": "50"}  # type: ignore[attr-defined]


def test_a_cursor_that_is_not_known_any_more_starts_over(partner: responses.RequestsMock, province: Province) -> None:
    feed(partner, '{"error_code":"CURSOR"}', 410)
    with pytest.raises(CursorLost):
        province.events("old", 50)


BROKEN_PAGES = [
    "",
    "<html>",
    "[]",
    '{"ConNua":false,"DuLieu":[]}',
    '{"ConNua":false,"ConTroTiep":"x"}',
    '{"DuLieu":[],"ConTroTiep":"x"}',
    '{"ConNua":"false","DuLieu":[],"ConTroTiep":"x"}',
    '{"ConNua":false,"DuLieu":{},"ConTroTiep":"x"}',
    '{"ConNua":false,"DuLieu":[],"ConTroTiep":7}',
    '{"ConNua":false,"DuLieu":[],"ConTroTiep":"\\u0000"}',
    '{"ConNua":false,"DuLieu":[{]},"ConTroTiep":"x"}',
    "[" * 200_000,
]


@pytest.mark.parametrize("body", BROKEN_PAGES, ids=range(len(BROKEN_PAGES)))
def test_a_page_that_cannot_be_taken_apart_keeps_its_bytes(
    partner: responses.RequestsMock, province: Province, body: str
) -> None:
    for _ in range(3):
        feed(partner, body)
    partner.assert_all_requests_are_fired = False

    error = error_of(lambda: province.events("x", 1))

    assert isinstance(error, Garbled)
    assert error.body == body.encode()


@pytest.mark.parametrize(
    ("page", "cursor"),
    [
        (b'{"DuLieu":[{"a":\xff}],"ConTroTiep":"next","ConNua":true}', "next"),
        (b'{"ConTroTiep" : "next", "DuLieu":[{', "next"),
        (b'{"ConTroTiep":"a\\/b","DuLieu":[', "a/b"),
        (b'{"DuLieu":[{"x":"\\"ConTroTiep\\":\\"no\\""}], "ConTroTiep":"yes"', "yes"),
        (b'{"ConTroTiep":"cut', None),
        (b'{"ConTroTiep":7}', None),
        (b"", None),
        (b"<html>", None),
    ],
)
def test_the_cursor_of_a_broken_page_is_saved(page: bytes, cursor: str | None) -> None:
    assert salvaged_cursor(page) == cursor


@given(st.binary(), st.binary())
def test_whatever_a_page_holds_looking_for_its_cursor_never_fails(before: bytes, behind: bytes) -> None:
    found = salvaged_cursor(before + b'"ConTroTiep":"c"' + behind)
    assert found is not None


# -- files ------------------------------------------------------------------------------------------------------------


def test_a_file_comes_as_bytes_and_one_that_is_not_there_as_none(
    partner: responses.RequestsMock, province: Province
) -> None:
    partner.get(f"{URL}/apitthc/v1/tep/a%2Fb", body=b"\x00PDF")
    partner.get(f"{URL}/apitthc/v1/tep/none", status=404, json={"error_code": "NOTFOUND"})

    assert province.file("a/b", 100) == b"\x00PDF"
    assert province.file("none", 100) is None


def test_of_a_file_that_is_too_large_only_what_is_useful_is_kept(
    partner: responses.RequestsMock, province: Province
) -> None:
    partner.get(f"{URL}/apitthc/v1/tep/f", body=b"x" * 5000)
    assert province.file("f", 100) == b"x" * 101
