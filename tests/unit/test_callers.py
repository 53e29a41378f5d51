"""How many threads make the calls of a batch: one for a partner that answers at once, more for one that takes time."""

import threading
import time
from collections.abc import Iterator

import pytest

from connector.delivery.callers import TICK, Callers

MOST = 4


@pytest.fixture
def callers() -> Iterator[Callers]:
    made = Callers(MOST)
    yield made
    made.close()


class Partner:
    """Answers twice the number; counts how many calls are on the line at once."""

    def __init__(self, takes: float = 0.0) -> None:
        self.takes = takes
        self.most = 0
        self._now = 0
        self._lock = threading.Lock()

    def __call__(self, number: int) -> int:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        time.sleep(self.takes)
        with self._lock:
            self._now -= 1
        return 2 * number


def test_answers_come_in_the_order_of_their_calls(callers: Callers) -> None:
    assert callers.each(Partner(0.001), range(50)) == [2 * number for number in range(50)]
    assert callers.each(Partner(), []) == []


def test_a_partner_that_answers_at_once_is_called_by_one_thread(callers: Callers) -> None:
    at_once = Partner()
    callers.each(at_once, range(200))
    assert at_once.most == 1


def test_a_slow_partner_is_called_by_as_many_as_may_and_by_no_more(callers: Callers) -> None:
    slow = Partner(4 * TICK)
    callers.each(slow, range(20))
    assert slow.most == MOST


def test_the_next_batch_begins_with_as_many_as_were_worth_it(callers: Callers) -> None:
    slow = Partner(4 * TICK)
    callers.each(slow, range(20))
    again = threading.Barrier(MOST)  # passed only by that many at once
    callers.each(lambda _: again.wait(timeout=10), range(MOST))


def test_it_becomes_one_again_when_the_partner_is_quick_again(callers: Callers) -> None:
    callers.each(Partner(4 * TICK), range(20))
    for _ in range(20):  # the first batches have several threads yet
        quick = Partner()
        callers.each(lambda number: time.sleep(0.0005), range(100))
        callers.each(quick, range(50))
        if quick.most == 1:
            return
    pytest.fail("several threads still call a partner that answers at once")


def test_one_call_that_hangs_does_not_hold_up_the_others(callers: Callers) -> None:
    others = threading.Barrier(2)
    seen: list[int] = []

    def make(number: int) -> None:
        if number == 0:
            others.wait(timeout=10)  # until the last of the others was made
            return
        seen.append(number)
        if len(seen) == 30:
            others.wait(timeout=10)

    callers.each(make, range(31))
    assert seen == list(range(1, 31))


def test_what_a_call_raises_is_raised(callers: Callers) -> None:
    def make(number: int) -> int:
        if number == 3:
            raise ZeroDivisionError
        return number

    with pytest.raises(ZeroDivisionError):
        callers.each(make, range(10))
