"""The calls of a batch: by one thread while the partner answers at once, by more the longer its answers take.

Threads that do not wait are in each other's way: with eight of them a post to a partner that answers at once took twice
the CPU of one.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Final, TypeVar

Call = TypeVar("Call")
Result = TypeVar("Result")

# So much of a call's time is worth one thread. Above what a call computes, or threads that wait for each other would
# seem to wait for the partner.
WORTH_A_CALLER: Final = 0.002
# How often it is looked at; so long a partner that hangs can hold up a batch that one thread began.
TICK: Final = 0.02


class Callers:
    """At most so many threads. How many were worth it last is where the next batch begins."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._width = 1
        self._pool = ThreadPoolExecutor(most, thread_name_prefix="call")

    def each(self, make: Callable[[Call], Result], calls: Sequence[Call]) -> list[Result]:
        """What `make` returns for each call, in their order. What it raises is raised here."""
        todo = deque(enumerate(calls))
        made: dict[int, Result] = {}

        def work(number: int) -> None:
            while number < self._width:
                try:
                    place, call = todo.popleft()
                except IndexError:
                    return
                made[place] = make(call)

        running: dict[int, Future[None]] = {}
        while todo or running:
            for number in range(min(self._width, len(todo))):
                if number not in running:
                    running[number] = self._pool.submit(work, number)
            before, began = len(made), time.monotonic()
            wait(running.values(), TICK)
            self._fit(len(running), len(made) - before, time.monotonic() - began)
            for number in [number for number, work_done in running.items() if work_done.done()]:
                running.pop(number).result()
        return [made[place] for place in range(len(calls))]

    def close(self) -> None:
        """Waits for the calls that are being made."""
        self._pool.shutdown()

    def _fit(self, callers: int, made: int, seconds: float) -> None:
        """As many callers as what they have just made took, and at most twice as many as there were."""
        if seconds < TICK / 2:
            return
        each = seconds * callers / made if made else seconds * self._most
        self._width = max(1, min(round(each / WORTH_A_CALLER), 2 * callers, self._most))
