"""The way of a dossier through the province's statuses."""

import re
from datetime import datetime, timedelta
from importlib import resources

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from connector.domain import statuses
from schemas.values import VIETNAM

STATUSES = st.integers(1, 10)
STATES = st.integers(1, 6)
NOON = datetime(2023, 7, 5, 12, 0, tzinfo=VIETNAM)


def test_the_moves_are_those_that_the_province_publishes() -> None:
    file = resources.files("connector.sandbox").joinpath("contracts", "province.openapi.yaml")
    contract = yaml.safe_load(file.read_text(encoding="utf-8"))
    text, _, _ = contract["paths"]["/apitthc/v1/tien-do"]["post"]["description"].partition("any other is STATE")
    said = re.findall(r"(\d+)→([\d,]+)", text)
    published = {int(start): frozenset(map(int, onward.split(","))) for start, onward in said}
    assert {status: onward for status, onward in statuses.MOVES.items() if onward} == published
    assert set(statuses.MOVES) == set(range(1, 11))


def test_three_statuses_are_final() -> None:
    assert {3, 7, 10} == statuses.FINAL


@pytest.mark.parametrize(
    ("present", "wanted", "way"),
    [
        (2, 4, (4,)),
        (4, 4, (4,)),
        (10, 10, (10,)),
        (1, 3, (3,)),
        (1, 4, (2, 4)),
        (1, 9, (2, 4, 9)),
        (2, 3, (4, 3)),
        (2, 9, (4, 9)),
        (2, 10, (4, 9, 10)),
        (4, 10, (9, 10)),
        (5, 9, (4, 9)),
        (5, 3, (4, 3)),
        (6, 5, (4, 5)),
        (8, 9, (9,)),
        (9, 5, (4, 5)),
        (3, 4, (4,)),
        (7, 9, (9,)),
        (10, 4, (4,)),
        (4, 1, (1,)),
        (4, 2, (2,)),
    ],
)
def test_the_way_between_two_statuses(present: int, wanted: int, way: tuple[int, ...]) -> None:
    assert statuses.path(present, wanted) == way


@given(STATUSES, STATUSES)
def test_a_way_ends_where_it_should_and_takes_steps_that_say_nothing_of_their_own(present: int, wanted: int) -> None:
    way = statuses.path(present, wanted)
    assert way[-1] == wanted
    assert set(way[:-1]) <= {2, 4, 9}


@given(STATUSES, STATUSES)
def test_each_step_of_a_way_is_allowed_or_there_is_no_way_at_all(present: int, wanted: int) -> None:
    way = statuses.path(present, wanted)
    allowed = all(then in statuses.MOVES[now] for now, then in zip((present, *way), way, strict=False))
    assert allowed or way == (wanted,)
    assert allowed or present == wanted or wanted not in _reached(present)


def _reached(present: int) -> set[int]:
    """Every status that can be got to from one by way of 2, 4 and 9."""
    found = set(statuses.MOVES[present])
    while True:
        more = found.union(*(statuses.MOVES[step] for step in found & {2, 4, 9}))
        if more == found:
            return found
        found = more


@pytest.mark.parametrize(("state", "status"), [(1, None), (2, 5), (3, 4), (4, 9), (5, 10), (6, 3)])
def test_each_state_of_the_ministry_asks_for_one_status(state: int, status: int | None) -> None:
    assert statuses.wanted_status(state) == status


@pytest.mark.parametrize("state", [0, 7])
def test_a_state_that_the_ministry_does_not_have_is_an_error(state: int) -> None:
    with pytest.raises(KeyError):
        statuses.wanted_status(state)
    with pytest.raises(KeyError):
        statuses.rank(state)


def test_states_of_one_instant_go_in_the_order_of_their_rank() -> None:
    assert sorted([6, 5, 4, 3, 2, 1], key=statuses.rank) == [1, 3, 2, 6, 4, 5]


def test_a_later_instant_is_newer_whatever_the_state() -> None:
    assert statuses.is_newer(NOON + timedelta(seconds=1), 1, NOON, 5)
    assert not statuses.is_newer(NOON, 5, NOON + timedelta(seconds=1), 1)


@given(st.datetimes(), STATES, st.datetimes(), STATES)
def test_of_two_different_states_exactly_one_is_newer(one: datetime, state: int, other: datetime, against: int) -> None:
    forth = statuses.is_newer(one, state, other, against)
    back = statuses.is_newer(other, against, one, state)
    assert forth + back == ((one, state) != (other, against))


def test_every_status_has_its_words() -> None:
    assert set(statuses.WORDS) == set(statuses.MOVES)
    assert len(set(statuses.WORDS.values())) == 10
