"""The table of states and moves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.message import (
    BLOCKS_ITS_LANE,
    DESTINATION,
    MOVES,
    Hold,
    Move,
    MoveNotAllowed,
    Partner,
    Route,
    State,
    allowed,
    as_mermaid,
    check_move,
    first_state,
    source_key,
)
from schemas.findings import Code, finding

BLOCKING = finding(Code.DATE_INVALID, "/HoSo")
WARNING = finding(Code.PARTIAL_DATE, "/HoSo")


def test_the_states_are_those_that_scripts_rely_on() -> None:
    assert {str(state) for state in State} == {
        "held", "invalid", "ready", "sending", "delivered", "refused", "exhausted", "cancelled", "superseded",
    }  # fmt: skip


def test_every_move_has_a_line_in_the_table_and_only_intake_begins_a_message() -> None:
    assert set(MOVES) == set(Move)
    assert [move for move, (starts, _) in MOVES.items() if None in starts] == [Move.TAKE_IN]


def test_only_a_claim_leads_to_sending_and_only_sending_is_delivered() -> None:
    assert [move for move, (_, ends) in MOVES.items() if State.SENDING in ends] == [Move.CLAIM]
    assert MOVES[Move.CLAIM][0] == (State.READY,)
    delivering = [starts for starts, ends in MOVES.values() if State.DELIVERED in ends]
    assert delivering == [(State.SENDING,)]


def test_nobody_but_the_worker_that_holds_it_moves_a_message_that_is_being_sent() -> None:
    by_its_worker = {Move.DELIVER, Move.POSTPONE, Move.EXPIRE, Move.EXHAUST, Move.REFUSE, Move.QUARANTINE, Move.HOLD}
    assert {move for move, (starts, _) in MOVES.items() if State.SENDING in starts} == by_its_worker


def test_what_was_delivered_moves_again_only_by_a_replay() -> None:
    assert [move for move, (starts, _) in MOVES.items() if State.DELIVERED in starts] == [Move.REPLAY]


def test_nothing_is_superseded_after_it_was_sent() -> None:
    starts, _ = MOVES[Move.SUPERSEDE]
    assert State.DELIVERED not in starts
    assert State.SENDING not in starts


def test_every_state_can_be_reached_and_every_open_one_left() -> None:
    reached = {State.READY, State.HELD, State.INVALID}
    while more := {end for starts, ends in MOVES.values() if reached & set(starts) for end in ends} - reached:
        reached |= more
    left = {start for starts, _ in MOVES.values() for start in starts}

    assert reached == set(State)
    assert set(State) - left == {State.SUPERSEDED}


def test_what_still_is_on_its_way_holds_back_its_lane_and_what_needs_a_cure_does_not() -> None:
    assert set(BLOCKS_ITS_LANE) == {State.HELD, State.READY, State.SENDING, State.EXHAUSTED}


@given(st.sampled_from([None, *State]), st.sampled_from(list(Move)), st.sampled_from(list(State)))
def test_what_the_table_does_not_have_cannot_happen(was: State | None, move: Move, to: State) -> None:
    starts, ends = MOVES[move]
    assert allowed(was, move, to) == (was in starts and to in ends)
    if allowed(was, move, to):
        check_move(was, move, to)
    else:
        with pytest.raises(MoveNotAllowed, match=move.value):
            check_move(was, move, to)


def test_the_drawing_has_each_line_of_the_table_once() -> None:
    first, *lines = as_mermaid().splitlines()

    assert first == "stateDiagram-v2"
    assert len(lines) == len(set(lines)) == sum(len(starts) * len(ends) for starts, ends in MOVES.values())
    assert "    [*] --> ready: take_in" in lines
    assert "    sending --> delivered: deliver" in lines


def test_a_message_begins_quarantined_held_or_ready() -> None:
    assert first_state((BLOCKING, WARNING), Hold.REQUEST) is State.INVALID
    assert first_state((WARNING,), Hold.REQUEST) is State.HELD
    assert first_state((WARNING,), None) is State.READY
    assert first_state((), None) is State.READY


@given(
    st.lists(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\n"))), st.lists(st.text(alphabet="ab"))
)
def test_two_keys_are_the_same_only_for_the_same_parts(one: list[str], other: list[str]) -> None:
    # No part that the connector uses holds a line break; one without any part is none that it uses.
    same = "\n".join(one) == "\n".join(other)
    assert (source_key(*one) == source_key(*other)) == same
    assert len(source_key(*one)) == 32


def test_applications_go_to_the_ministry_and_what_the_ministry_says_to_the_province() -> None:
    to_ministry = {route for route, partner in DESTINATION.items() if partner is Partner.MINISTRY}
    assert to_ministry == {Route.APPLICATION, Route.WITHDRAWAL}
    assert set(DESTINATION) == set(Route)
