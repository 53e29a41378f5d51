"""What becomes of a withdrawal, and of what it withdraws."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.message import Hold, LaneEntry, Move, State, allowed
from connector.domain.withdrawals import decide

STATES = st.sampled_from(list(State))


def entry(number: int, state: State) -> LaneEntry:
    hold = Hold.REQUEST if state is State.HELD else None
    return LaneEntry(UUID(int=number), "H01.12-261120-0001", number, "new", state, hold, 0, None)


def test_a_withdrawal_of_what_was_never_seen_waits_for_it() -> None:
    assert decide([], 0, ()).became is State.HELD


@pytest.mark.parametrize("state", [State.READY, State.HELD, State.INVALID, State.REFUSED, State.EXHAUSTED])
def test_withdrawn_before_it_was_sent_neither_is_sent(state: State) -> None:
    decision = decide([entry(1, state)], 0, ())

    assert decision.became is State.CANCELLED
    assert decision.superseded == (UUID(int=1),)
    assert decision.why


def test_while_the_application_is_on_the_line_the_withdrawal_waits_for_its_answer() -> None:
    assert decide([entry(1, State.SENDING)], 0, ()).became is State.HELD
    assert decide([entry(1, State.DELIVERED), entry(2, State.SENDING)], 1, ()).became is State.HELD


def test_while_a_lost_answer_will_be_asked_for_again_the_withdrawal_waits() -> None:
    assert decide([entry(1, State.READY)], 0, {UUID(int=1)}).became is State.HELD


def test_what_may_have_reached_the_ministry_is_withdrawn_there() -> None:
    decision = decide([entry(1, State.EXHAUSTED)], 0, {UUID(int=1)})

    assert decision.became is State.READY
    assert decision.superseded == (UUID(int=1),)


def test_what_the_ministry_has_is_withdrawn_there_and_what_waits_behind_it_is_not_sent() -> None:
    decision = decide([entry(1, State.DELIVERED), entry(2, State.HELD)], 1, ())

    assert decision.became is State.READY
    assert decision.superseded == (UUID(int=2),)


@given(st.lists(STATES, max_size=5), st.integers(0, 3), st.sets(st.integers(1, 5)))
def test_no_decision_supersedes_what_the_table_lets_nobody_supersede(
    states: list[State], submissions: int, unknown: set[int]
) -> None:
    lane = [entry(number, state) for number, state in enumerate(states, 1)]
    decision = decide(lane, submissions, {UUID(int=number) for number in unknown})
    superseded = {one.state for one in lane if one.message_id in decision.superseded}

    assert all(allowed(state, Move.SUPERSEDE, State.SUPERSEDED) for state in superseded)
    if decision.became is State.CANCELLED:
        assert submissions == 0
        assert not {one.state for one in lane} & {State.SENDING}
    if decision.became is State.HELD:
        assert decision.superseded == ()
