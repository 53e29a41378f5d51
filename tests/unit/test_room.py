"""Attached files on their way take no more memory than there is room."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.delivery.room import Room


@given(st.lists(st.integers(-5, 150), max_size=40))
def test_never_more_than_the_room_is_taken_unless_one_alone_is_larger(sizes: list[int]) -> None:
    room, lock, inside = Room(100), threading.Lock(), []
    seen: list[list[int]] = []

    def take(size: int) -> None:
        with room.of(size):
            with lock:
                inside.append(max(size, 0))
                seen.append(list(inside))
            with lock:
                inside.remove(max(size, 0))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(take, sizes))

    assert all(sum(together) <= 100 or len([one for one in together if one]) == 1 for together in seen)
    assert inside == []


def test_room_is_given_back_when_the_call_fails() -> None:
    room = Room(10)
    with pytest.raises(ValueError, match="lost"), room.of(10):
        raise ValueError("lost")

    with room.of(10):
        pass
