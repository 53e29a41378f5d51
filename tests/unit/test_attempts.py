"""How an attempt ends."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.attempts import (
    Attempt,
    Settlement,
    delivered,
    failed,
    held_again,
    lease_ended,
    patience_of,
    put_back,
)
from connector.domain.errors import (
    Conflict,
    DeliveryError,
    Garbled,
    Invalid,
    NotExpectedNow,
    Refused,
    SilentlyThere,
    Throttled,
    Unauthorised,
    Unreachable,
)
from connector.domain.message import Hold, Move, State, check_move
from schemas.findings import Code, finding

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
SCHEDULE = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=5))
MISMATCH = finding(Code.FILE_MISMATCH, "/HoSo/TaiLieuNop/0")
WARNING = finding(Code.PARTIAL_DATE, "/HoSo")
ERRORS: tuple[DeliveryError, ...] = (
    Unreachable("HTTP_502", "away"),
    Unreachable("READ_TIMEOUT", "no answer", maybe_done=True),
    Garbled("ANSWER_GARBLED", "no JSON"),
    Throttled("HTTP_429", "patience"),
    Unauthorised("HTTP_401", "not accepted"),
    Refused("500", "no"),
    NotExpectedNow("111", "not now"),
    Conflict("110", "another content"),
    SilentlyThere("110", "something is there"),
    Invalid(MISMATCH),
)


def attempt(attempts: int = 0) -> Attempt:
    return Attempt(
        message_id=UUID(int=1), fence=3, attempts=attempts, findings=(WARNING,), at=NOW, ordinal=2, sent="f" * 64
    )


def after(error: DeliveryError, attempts: int = 0) -> Settlement:
    return failed(attempt(attempts), error, schedule=SCHEDULE, now=NOW, luck=0.5)


ENDS = {
    Unreachable: State.READY,
    Garbled: State.READY,
    Throttled: State.READY,
    Unauthorised: State.READY,
    Refused: State.REFUSED,
    NotExpectedNow: State.REFUSED,
    Conflict: State.REFUSED,
    SilentlyThere: State.REFUSED,
    Invalid: State.INVALID,
}


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_an_error_is_named_by_what_happens_next(error: DeliveryError) -> None:
    settled = after(error)

    assert settled.became is ENDS[type(error)]
    assert (settled.code, settled.outcome, settled.why) == (error.code, error.outcome, error.code)
    assert (settled.fence, settled.sent) == (3, "f" * 64)


@given(st.sampled_from(ERRORS), st.integers(0, 20), st.floats(0, 1, exclude_max=True))
def test_every_end_is_a_move_of_the_table_and_fits_what_the_database_demands(
    error: DeliveryError, attempts: int, luck: float
) -> None:
    one = attempt(attempts)
    ends = [
        failed(one, error, schedule=SCHEDULE, now=NOW, luck=luck),
        lease_ended(one, schedule=SCHEDULE, now=NOW, luck=luck),
        delivered(one, repeated=False, http_status=200),
        held_again(one, NotExpectedNow("111", "not now"), Hold.REQUEST, "why"),
        put_back(one, Throttled("HTTP_429", "patience"), NOW),
    ]
    for settled in ends:
        check_move(State.SENDING, settled.move, settled.became)
        assert (settled.became is State.READY) == (settled.due_at is not None)
        assert (settled.became is State.HELD) == (settled.hold is not None)
        assert settled.due_at is None or settled.due_at >= NOW


def test_calls_count_as_attempts_unless_the_partner_was_closed() -> None:
    assert {type(error) for error in ERRORS if not after(error).counted} == {Throttled, Unauthorised, Invalid}
    assert delivered(attempt(), repeated=False, http_status=200).counted
    assert lease_ended(attempt(), schedule=SCHEDULE, now=NOW, luck=0.5).counted
    back = put_back(attempt(), Unauthorised("HTTP_401", "not accepted"), NOW)
    assert (back.counted, back.made) == (False, False)


def test_a_schedule_that_is_spent_leaves_the_message_to_an_operator() -> None:
    away = Unreachable("HTTP_503", "away")
    ends = [after(away, attempts).became for attempts in range(5)]
    assert ends == [State.READY] * 3 + [State.EXHAUSTED] * 2


def test_throttling_and_refused_credentials_never_exhaust_a_message() -> None:
    for error in (Throttled("HTTP_429", "patience"), Unauthorised("HTTP_403", "not accepted")):
        assert after(error, attempts=50).became is State.READY


def test_the_waits_follow_the_schedule_and_a_partners_wish() -> None:
    waits = [after(Unreachable("HTTP_503", "away"), attempts).due_at for attempts in range(3)]
    assert waits == [NOW + wait for wait in SCHEDULE]

    asked = after(Unreachable("HTTP_503", "away", asked=timedelta(minutes=2)))
    assert asked.due_at == NOW + timedelta(minutes=2)


def test_a_429_is_repeated_when_the_partner_says_and_never_later_than_in_an_hour() -> None:
    for asked, wait in ((timedelta(seconds=90), timedelta(seconds=90)), (timedelta(days=2), timedelta(hours=1))):
        error = Throttled("HTTP_429", "patience", asked=asked)
        assert patience_of(error) == wait
        assert after(error).due_at == NOW + wait
    assert timedelta(0) < patience_of(Throttled("HTTP_429", "patience")) <= timedelta(minutes=1)


def test_only_a_lost_answer_leaves_the_outcome_unknown() -> None:
    unknown = {error.code for error in ERRORS if after(error).maybe_done}
    assert unknown == {"READ_TIMEOUT", "ANSWER_GARBLED"}


def test_a_finding_at_delivery_joins_those_that_were_there() -> None:
    assert after(Invalid(MISMATCH)).findings == (WARNING, MISMATCH)
    assert after(Refused("500", "no")).findings is None


def test_a_lease_that_ended_is_a_counted_attempt_of_unknown_outcome() -> None:
    first = lease_ended(attempt(), schedule=SCHEDULE, now=NOW, luck=0.5)
    second = lease_ended(attempt(1), schedule=SCHEDULE, now=NOW, luck=0.5)
    last = lease_ended(attempt(3), schedule=SCHEDULE, now=NOW, luck=0.5)

    assert (first.move, first.became, first.due_at) == (Move.EXPIRE, State.READY, NOW)
    assert (second.became, second.due_at) == (State.READY, NOW + SCHEDULE[1])
    assert (last.move, last.became) == (Move.EXHAUST, State.EXHAUSTED)
    assert all(settled.counted and settled.maybe_done for settled in (first, second, last))


def test_what_the_partner_had_already_is_a_success_that_says_so() -> None:
    settled = delivered(attempt(), repeated=True, http_status=200)

    assert (settled.became, settled.outcome, settled.ordinal) == (State.DELIVERED, "already-there", 2)
    assert settled.why
