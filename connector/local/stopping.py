"""Signals as something one can wait for: the wish to stop, and the news that a child has died."""

import os
import select
import signal
from collections.abc import Callable
from datetime import timedelta
from types import FrameType, TracebackType
from typing import Any, Self

_STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopping:
    """While entered, SIGINT, SIGTERM and SIGHUP set `asked`; a second one sets `hard` and calls `at_once`.

    Main thread only. A SIGHUP that was ignored (nohup) stays ignored. SIGCHLD ends a `pause` early, so that a death is
    noticed when it happens.
    """

    def __init__(self, at_once: Callable[[], None]) -> None:
        self.asked = False
        self.hard = False
        self._at_once = at_once
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self._woken, self._waker = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(self._waker, False)
        self._waker_before = signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)
        for number in _STOP:
            if signal.getsignal(number) is not signal.SIG_IGN or number is not signal.SIGHUP:
                self._before[number] = signal.signal(number, self._hear)
        self._before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._waker_before)
        os.close(self._woken)
        os.close(self._waker)

    def pause(self, longest: timedelta) -> None:
        """Sleep until a signal or for `longest`."""
        ready, _, _ = select.select([self._woken], [], [], max(0.0, longest.total_seconds()))
        if ready:
            os.read(self._woken, 4096)

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        if self.asked:
            self.hard = True
            self._at_once()
        self.asked = True
