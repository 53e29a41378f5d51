"""What no partner should say, said by partners that are not the sandbox: nothing breaks, and nothing is believed."""

import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dossier_events import changed, marriage
from tests.independent.bench import Bench
from tests.independent.ministry import STATES, SUBMIT, Dossier, registered
from tests.independent.province import FEED, feed_page
from tests.independent.stage import HTML, Call, Reply, as_json

CODE = "000.12.83.H01-230704-0003"
NULL = "\x00"


@pytest.fixture
def bench(database: str) -> Iterator[Bench]:
    with Bench(database) as made:
        yield made


def several(count: int, **changes: Any) -> list[dict[str, Any]]:
    codes = [f"000.12.83.H01-230704-{number:05d}" for number in range(count)]
    return [changed(marriage(), {"MaHoSo": code, **changes}) | {"MaSuKien": code} for code in codes]


def supplement(version: int) -> dict[str, Any]:
    event = changed(marriage(), {"PhienBan": version, "ToKhai/GhiChu": f"lần {version}"})
    return event | {"LoaiSuKien": "BoSung", "MaSuKien": f"bs{version}"}


def a_file(content: bytes = b"%PDF", **changes: Any) -> dict[str, Any]:
    file = {"TepDinhKemId": "f/1 ă", "TenTepDinhKem": "a.pdf", "LoaiGiayTo": 1, "TenGiayTo": "Tờ khai"}
    return {**file, "MaBam": hashlib.sha256(content).hexdigest(), "KichThuoc": len(content), **changes}


def at(path: str, reply: Callable[[Call], Reply | None]) -> Callable[[Call], Reply | None]:
    return lambda call: reply(call) if path in call.path else None


def submitted(bench: Bench) -> Dossier:
    bench.province.publish(marriage())
    bench.until(lambda: bench.province.held[CODE].told)
    return bench.ministry.dossiers[CODE]


def shown(bench: Bench, minute: int, state: int, **members: Any) -> None:
    """The ministry shows a state, and all that follows from it is done."""
    bench.ministry.move(CODE, state, f"06/07/2023 10:{minute:02d}:00", **members)
    bench.settle()


# -- texts and numbers that fit nowhere -------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [NULL, f"LT{NULL}1", "L" * 100_000, 7, None, ["LT"]])
def test_a_receipt_without_a_usable_code_is_a_receipt(bench: Bench, number: object) -> None:
    bench.ministry.next_answers(SUBMIT, as_json({"status": "1", "value": {"maHoSoLT": number}}))
    bench.province.publish(marriage())
    bench.until(lambda: bench.province.held[CODE].told)

    assert bench.messages("application")[0][2:4] == ("delivered", 1)


def test_an_error_code_that_cannot_be_stored_costs_one_message_and_no_other(bench: Bench) -> None:
    spoilt = at(SUBMIT, lambda call: as_json({"status": "0", "errorCode": NULL + "X" * 100_000}))
    bench.ministry.script(lambda call: spoilt(call) if CODE.encode() in call.body else None)
    bench.province.publish(marriage(), *several(3))
    bench.until(lambda: len(bench.ministry.dossiers) == 3 and bench.messages("application")[0][2] == "refused")

    [_, _, _, attempts, code] = bench.messages("application")[0]
    assert (attempts, code) == (1, "?" + "X" * 39)


@pytest.mark.parametrize("ordinal", [5_000_000_000, 10**30, 10**300])
def test_a_submission_number_above_all_numbers_is_taken_for_a_large_one(bench: Bench, ordinal: int) -> None:
    submitted(bench)
    shown(bench, 1, 3, lanGui=ordinal)
    shown(bench, 2, 6, lanGui=ordinal, ghiChu="không đủ điều kiện")

    assert bench.province.held[CODE].status == 3


def test_a_book_whose_name_cannot_be_stored_goes_on_as_it_is(bench: Bench) -> None:
    dossier = submitted(bench)
    shown(bench, 1, 4, **registered(dossier, "15/2023", "06.07.2023", quyenSo=f"01{NULL}/2023"))

    assert [one["QuyenSo"] for one in bench.province.held[CODE].results] == [f"01{NULL}/2023"]


@pytest.mark.parametrize(
    "token",
    [
        *(b"", b"<html>", b"[]", b"null", b"[" * 100_000, b'{"access_token":5}'),
        b'{"access_token":"a\\r\\nb","expires_in":9}',
        '{"access_token":"ế","expires_in":9}'.encode(),
        b'{"access_token":"x","expires_in":%s}' % (b"9" * 400),
    ],
)
def test_what_is_no_token_is_none_and_nothing_was_sent_with_it(bench: Bench, token: bytes) -> None:
    bench.province.publish(marriage())
    ill = bench.ministry.script(at("/token", lambda call: Reply(200, token)))
    bench.until(lambda: bench.rows("SELECT 1 FROM attempt WHERE code = 'TOKEN_GARBLED'"))
    bench.ministry.unscript(ill)
    bench.until(lambda: bench.province.held[CODE].told, 20)

    assert bench.rows("SELECT DISTINCT maybe_done FROM attempt WHERE outcome = 'garbled'") == [(False,)]


# -- what was never sent ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("away", ["file", "token"])
def test_a_110_is_not_ours_when_all_that_failed_before_it_was_the_way_to_the_call(bench: Bench, away: str) -> None:
    bench.ministry.says_fingerprint = False
    partner, path = (bench.province, "/tep/") if away == "file" else (bench.ministry, "/token")
    ill = partner.script(at(path, lambda call: HTML))
    bench.province.files["f/1 ă"] = b"%PDF"
    bench.province.publish(changed(marriage(), {"TaiLieuNop": [a_file()]}))
    bench.until(lambda: bench.rows("SELECT 1 FROM attempt WHERE code = 'HTTP_502'"))
    bench.ministry.dossiers[CODE] = Dossier(CODE, "LTKH", "30283", "LT.9", stored=["0" * 64], at="04/07/2023 09:00:00")
    partner.unscript(ill)
    bench.until(lambda: bench.messages("application")[0][2] not in ("ready", "sending"), 20)

    assert bench.messages("application")[0][2::2] == ("refused", "110")


def test_withdrawn_while_no_token_can_be_had_neither_is_sent(bench: Bench) -> None:
    bench.ministry.script(at("/token", lambda call: HTML))
    bench.province.publish(marriage())
    bench.until(lambda: bench.rows("SELECT 1 FROM attempt"))
    bench.province.publish(marriage() | {"LoaiSuKien": "Rut", "MaSuKien": "rut"})
    bench.until(lambda: bench.messages("withdrawal"))

    assert [(route, state) for route, _, state, _, _ in bench.messages()] == [
        ("application", "superseded"),
        ("withdrawal", "cancelled"),
    ]
    assert not bench.ministry.of(SUBMIT)


@pytest.mark.parametrize("kind", ["missing files", "unknown dossiers"])
def test_what_is_not_there_yet_says_nothing_against_a_partner_and_holds_up_nobody(bench: Bench, kind: str) -> None:
    files = {"TaiLieuNop": [a_file()]} if kind == "missing files" else {}
    lost = several(20, **files)
    bench.province.publish(*lost)
    if kind == "unknown dossiers":
        for event in lost:
            del bench.province.held[event["HoSo"]["MaHoSo"]]
    tried = "SELECT DISTINCT message_id FROM attempt WHERE code IN ('NOTFOUND', 'FILE_NOT_THERE')"
    bench.until(lambda: len(bench.rows(tried)) == 20)
    bench.province.publish(marriage())
    bench.until(lambda: bench.province.held[CODE].told, 3)

    assert not bench.rows("SELECT name FROM partner WHERE tripped")


def test_a_file_larger_than_any_may_be_is_not_the_one_that_was_announced(bench: Bench) -> None:
    bench.province.script(at("/tep/", lambda call: Reply(200, b"a" * 70_000_000)))
    bench.province.publish(changed(marriage(), {"TaiLieuNop": [a_file()]}))
    bench.until(lambda: bench.messages("application")[:1] and bench.messages("application")[0][2] != "ready")

    assert bench.messages("application")[0][2::2] == ("invalid", "FILE_MISMATCH")


# -- the feed ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["empty pages", "the same page", "a cursor that is lost each time"])
def test_a_feed_that_never_shows_anything_new_is_read_in_strides(database: str, kind: str) -> None:
    with Bench(database, poll_interval="1h") as bench:
        event = json.dumps(marriage()).encode()

        def page(call: Call) -> Reply:
            if kind == "a cursor that is lost each time" and "con_tro" in call.query:
                return as_json({"error_code": "CURSOR"}, 410)
            return feed_page([] if kind == "empty pages" else [event], f"c{len(bench.province.calls)}", True)

        bench.province.script(at(FEED, page))
        for _ in range(6):
            bench.step()

        assert (
            len(bench.province.of(FEED)) <= 150
        )  # of what is new, one stride of 50 pages; the rest waits for the poll


def test_a_cursor_that_no_address_can_hold_is_not_kept(bench: Bench) -> None:
    event = json.dumps(marriage()).encode()
    long = bench.province.script(at(FEED, lambda call: feed_page([event], "c" * 10_000_000, True)))
    for _ in range(4):
        bench.step()
    bench.province.unscript(long)
    submitted(bench)

    assert bench.rows("SELECT cursor FROM feed WHERE name = 'province-events'") == [("e1|1",)]


# -- the order of states ----------------------------------------------------------------------------------------------


def test_what_is_taken_up_again_after_its_result_ends_with_the_same_result(bench: Bench) -> None:
    dossier = submitted(bench)
    result = registered(dossier, "15", "06.07.2023")
    for minute, state in enumerate((4, 3, 4, 3, 5)):
        shown(bench, minute, state, **(result if state > 3 else {}))

    held = bench.province.held[CODE]
    assert [status for status, _ in held.told] == [4, 9, 4, 9, 4, 9, 10]
    assert len(held.results) == 1


def test_a_known_result_whose_document_was_missing_for_a_while_waits_no_more(bench: Bench) -> None:
    dossier = submitted(bench)
    for minute, paper in enumerate(({}, {"paper": None}, {})):
        shown(bench, minute, 4, **registered(dossier, "15", "06.07.2023", **paper))
    shown(bench, 9, 5, **registered(dossier, "15", "06.07.2023"))

    assert [state for _, _, state, _, _ in bench.messages("result")] == ["delivered", "superseded"]
    assert bench.province.held[CODE].status == 10


@pytest.mark.parametrize("order", [1, -1])
def test_a_supplement_that_comes_with_its_application_waits_for_the_question(bench: Bench, order: int) -> None:
    bench.province.publish(*[marriage(), supplement(2)][::order])
    bench.until(lambda: bench.province.held[CODE].told)
    bench.settle()
    assert [call.json["lanGui"] for call in bench.ministry.of(SUBMIT)] == [1]

    shown(bench, 1, 2, ghiChu="thiếu giấy", hanBoSungHoSo="10/07/2023 17:00:00")

    assert [call.json["lanGui"] for call in bench.ministry.of(SUBMIT)] == [1, 2]
    assert [attempts for _, _, _, attempts, _ in bench.messages("application")] == [1, 1]


# -- anything at all --------------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from([NULL, "01/01/0001 00:00:00", "31/12/9999 23:59:59", "00010101000000", "99991231235959", 10**30]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield here
    for step, inner in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield from places(inner, (*here, step))


def put(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    if not place:
        return new
    step, *rest = place
    inner = put(value[step], tuple(rest), new)
    if isinstance(value, dict):
        return {**value, step: inner}
    return [*value[:step], inner, *value[step + 1 :]]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_anything_in_the_place_of_any_member_of_an_event_is_kept_or_known(bench: Bench, data: st.DataObject) -> None:
    place = data.draw(st.sampled_from(list(places(changed(marriage(), {"TaiLieuNop": [a_file()]})))))
    event = put(changed(marriage(), {"TaiLieuNop": [a_file()]}), place, data.draw(JSON))
    before = bench.rows("SELECT count(*), coalesce(sum(duplicates), 0) FROM message WHERE route = 'application'")
    withdrawals = bench.rows("SELECT count(*), coalesce(sum(duplicates), 0) FROM message WHERE route = 'withdrawal'")
    bench.province.publish(json.dumps(event).encode())
    read = len(bench.province.events)

    bench.until(lambda: bench.rows("SELECT 1 FROM feed WHERE cursor = :cursor", cursor=f"e1|{read}"))

    after = bench.rows("SELECT count(*), coalesce(sum(duplicates), 0) FROM message WHERE route = 'application'")
    assert sum(after[0]) == sum(before[0]) + 1
    assert withdrawals == bench.rows(
        "SELECT count(*), coalesce(sum(duplicates), 0) FROM message WHERE route = 'withdrawal'"
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_anything_in_the_place_of_any_member_of_a_state_stops_no_question(bench: Bench, data: st.DataObject) -> None:
    if CODE not in bench.ministry.dossiers:
        submitted(bench)
    dossier = bench.ministry.dossiers[CODE]
    minute = len(bench.ministry.asked)
    bench.ministry.move(CODE, 4, f"06/07/2023 {minute // 60 % 24:02d}:{minute % 60:02d}:00")
    result = json.loads(registered(dossier, "15/2023", "06.07.2023")["ketQuaXuLy"])
    if data.draw(st.booleans()):
        result = put(result, data.draw(st.sampled_from(list(places(result)))), data.draw(JSON))
    item = bench.ministry.item(dossier) | {"ketQuaXuLy": json.dumps(result)}
    item = put(item, data.draw(st.sampled_from([(), *[(name,) for name in item]])), data.draw(JSON))
    body = json.dumps({"status": "1", "value": [item, *data.draw(st.lists(JSON, max_size=2))]}).encode()
    script = bench.ministry.script(at(STATES, lambda call: Reply(200, body)))
    asked = len(bench.ministry.of(STATES))

    bench.rows("UPDATE dossier SET ask_at = now() RETURNING code")
    bench.until(lambda: len(bench.ministry.of(STATES)) > asked)
    bench.until(lambda: not bench.rows("SELECT 1 FROM message WHERE state = 'sending'"))

    bench.ministry.unscript(script)
