"""What a person can do with a message, and what waits for what."""

from collections.abc import Collection
from uuid import uuid4

import pytest

from connector.domain.acts import NEEDS, Act, Choice, WhyNot, choices, overridable
from connector.domain.lane_view import neighbours
from connector.domain.message import MOVES, Hold, LaneEntry, Move, State
from connector.domain.rights import Right
from schemas.findings import Code, Finding, finding

OVERRIDABLE = finding(Code.ID_GENDER_MISMATCH, "/x")
ERROR = finding(Code.ID_LENGTH, "/y")


def made(
    state: State,
    *findings: Finding,
    rights: Collection[Right] = tuple(Right),
    has_body: bool = True,
    in_job: bool = False,
) -> dict[Act, Choice]:
    found = choices(state, findings, has_body=has_body, in_job=in_job, may=lambda right: right in rights)
    return {choice.act: choice for choice in found}


def possible(state: State, *findings: Finding, **more: object) -> set[Act]:
    return {act for act, choice in made(state, *findings, **more).items() if choice.why_not is None}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "acts"),
    [
        (State.READY, {Act.CANCEL, Act.REVEAL}),
        (State.HELD, {Act.CANCEL, Act.REVEAL}),
        (State.SENDING, {Act.REVEAL}),
        (State.DELIVERED, {Act.REPLAY, Act.REFETCH, Act.REVEAL}),
        (State.INVALID, {Act.REPLAY, Act.REFETCH, Act.CANCEL, Act.REVEAL}),
        (State.REFUSED, {Act.REPLAY, Act.REFETCH, Act.CANCEL, Act.REVEAL}),
        (State.EXHAUSTED, {Act.REPLAY, Act.REFETCH, Act.CANCEL, Act.REVEAL}),
        (State.CANCELLED, {Act.RESTORE, Act.REVEAL}),
        (State.SUPERSEDED, {Act.REVEAL}),
    ],
)
def test_what_can_be_done_follows_the_table_of_moves(state: State, acts: set[Act]) -> None:
    assert possible(state) == acts


@pytest.mark.parametrize("state", State)
def test_no_act_is_offered_that_the_table_has_not(state: State) -> None:
    moves = {Act.REPLAY: Move.REPLAY, Act.OVERRIDE: Move.OVERRIDE, Act.CANCEL: Move.CANCEL, Act.RESTORE: Move.RESTORE}
    for act, move in moves.items():
        offered = act in possible(state, OVERRIDABLE)
        assert offered <= (state in MOVES[move][0])


def test_an_overridable_finding_can_be_overridden_and_an_error_cannot() -> None:
    taken_on = OVERRIDABLE.model_copy(update={"overridden_by": "lan"})

    assert Act.OVERRIDE in possible(State.INVALID, OVERRIDABLE, ERROR)
    assert made(State.INVALID, ERROR)[Act.OVERRIDE].why_not is WhyNot.NOTHING_TO_OVERRIDE
    assert made(State.INVALID, taken_on)[Act.OVERRIDE].why_not is WhyNot.NOTHING_TO_OVERRIDE
    assert overridable([ERROR, OVERRIDABLE, taken_on]) == [OVERRIDABLE]


@pytest.mark.parametrize("act", Act)
def test_each_act_needs_its_right(act: Act) -> None:
    fitting = State.CANCELLED if act is Act.RESTORE else State.INVALID
    others = [right for right in Right if right is not NEEDS[act]]

    assert made(fitting, OVERRIDABLE)[act].why_not is None
    assert made(fitting, OVERRIDABLE, rights=others)[act].why_not is WhyNot.NO_RIGHT


def test_what_a_job_has_is_left_to_the_job() -> None:
    found = made(State.INVALID, OVERRIDABLE, in_job=True)

    assert {act for act, choice in found.items() if choice.why_not is WhyNot.IN_JOB} == {
        Act.REPLAY,
        Act.REFETCH,
        Act.OVERRIDE,
        Act.CANCEL,
    }
    assert found[Act.REVEAL].why_not is None


def test_without_its_body_a_message_can_only_be_asked_for_again() -> None:
    found = made(State.INVALID, has_body=False)

    assert found[Act.REPLAY].why_not is found[Act.REVEAL].why_not is WhyNot.NO_BODY
    assert found[Act.REFETCH].why_not is None


def test_sending_a_delivered_message_again_means_to_insist() -> None:
    assert made(State.DELIVERED)[Act.REPLAY].insists
    assert not made(State.EXHAUSTED)[Act.REPLAY].insists


def lane(*states: State) -> list[LaneEntry]:
    return [
        LaneEntry(uuid4(), "H1", version, "", state, Hold.REQUEST if state is State.HELD else None, 0, None)
        for version, state in enumerate(states, start=1)
    ]


def test_a_message_waits_for_what_is_on_its_way_before_it() -> None:
    entries = lane(State.DELIVERED, State.INVALID, State.EXHAUSTED, State.READY, State.HELD)
    found = neighbours(entries[3].message_id, entries)

    assert [entry.version for entry in found.before] == [3]
    assert [entry.version for entry in found.behind] == [5]


def test_what_stopped_for_good_keeps_nothing_back() -> None:
    entries = lane(State.REFUSED, State.READY)

    assert neighbours(entries[0].message_id, entries).behind == ()
    assert neighbours(entries[1].message_id, entries).before == ()


def test_one_that_came_late_waits_for_the_later_one_on_the_line() -> None:
    entries = lane(State.READY, State.SENDING)

    assert [entry.version for entry in neighbours(entries[0].message_id, entries).before] == [2]


def test_a_message_that_is_not_in_the_lane_has_no_neighbours() -> None:
    assert neighbours(uuid4(), lane(State.READY)).before == ()
