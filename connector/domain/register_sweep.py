"""Where the reading of a register stands: a sweep over time from what was read for certain to now, window by window.

The ministry lists entries by the instant of their last change, and one that changes while pages are read moves to a
later place. Three things keep it, and those behind it, from being missed: a window lies in the past and stays the same
until its last page; one of several pages whose total changed meanwhile is read again; and the next sweep begins before
the end of this one.
"""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Self

# Heads a page; the ministry gives no more (contract, dsHoSoDangKy).
PAGE: Final = 500
# A window with more entries than this is cut.
MOST: Final = 4 * PAGE
# How late an entry may become visible after the instant it bears: replicas lag a minute, a slow transaction some more.
OVERLAP: Final = timedelta(minutes=15)
# While nothing happens, our clock says how far was read. It may be fast by this much and nothing is missed.
CLOCK_ERROR: Final = timedelta(hours=2)
FIRST_SPAN: Final = timedelta(days=30)
LONGEST_SPAN: Final = timedelta(days=3650)
SHORTEST_SPAN: Final = timedelta(seconds=1)
# A page that cannot be read is asked for again, then in smaller parts, then one head at a time.
SIZES: Final = (PAGE, PAGE, PAGE, 50, 50, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """`start`: where the window under way begins. `goal`: where this sweep ends, None between sweeps.

    All instants have whole seconds, as the ministry's have. `offset` and `total` belong to the window under way: heads
    that were read, and how many its first page spoke of. `tries`: how often the present page has waited for entries
    that the ministry listed and did not give.
    """

    first: datetime
    start: datetime
    goal: datetime | None = None
    span: timedelta = FIRST_SPAN
    offset: int = 0
    total: int | None = None
    newest: datetime | None = None
    tries: int = 0

    @classmethod
    def from_day(cls, first: datetime) -> Self:
        """Nothing was read yet, and nothing that changed before this instant ever will be."""
        return cls(first=first, start=first)

    def begun(self, now: datetime) -> Self:
        """With a goal, if there is anything to read by now."""
        goal = now.replace(microsecond=0)
        return self if self.goal is not None or goal <= self.start else replace(self, goal=goal)

    @property
    def until(self) -> datetime:
        """Where the window under way ends; entries of this very instant are not in it. Only within a sweep."""
        assert self.goal is not None
        return self.goal if self.goal - self.start <= self.span else self.start + self.span

    def size(self, garbled: int) -> int:
        """Heads to ask for, after so many answers in a row that could not be read."""
        return next(size for size in (*SIZES[min(garbled, len(SIZES) - 1) :], 1) if self.offset % size == 0)

    def is_too_wide(self, total: int) -> bool:
        """Whether the window should be cut before its entries are read."""
        return self.offset == 0 and total > MOST and self.until - self.start > SHORTEST_SPAN

    def narrowed(self, total: int) -> Self:
        """A window from the same start that holds about half of what may be, if entries lie evenly."""
        return replace(self, span=_seconds((self.until - self.start) * (MOST / 2 / total)), total=None)

    def turned(self, *, total: int, count: int, size: int, newest: datetime | None) -> Self:
        """The page was written: the window's next page, the window again, the next window, or the sweep's end.

        `total` is what this page spoke of, `count` how many heads came where `size` were asked for, `newest` the latest
        of their instants.
        """
        here = replace(self, newest=self._newer(newest), tries=0)
        if self.total not in (None, total):
            # Something left the window, or came late into it: what followed it has moved by a place.
            half = _seconds((self.until - self.start) / 2)
            return replace(here, offset=0, total=None, span=half)
        if count and self.offset + count < total:
            return replace(here, offset=self.offset + size, total=total)
        span = min(2 * self.span, LONGEST_SPAN) if total <= PAGE else self.span
        return replace(here, offset=0, total=None, span=span)._behind(self.until)

    def skipped(self) -> Self:
        """Past one head that cannot be read."""
        return replace(self, offset=self.offset + 1)

    def as_text(self) -> str:
        """For the feed's cursor."""
        return json.dumps(
            {
                "first": self.first.isoformat(),
                "start": self.start.isoformat(),
                "goal": self.goal and self.goal.isoformat(),
                "span": round(self.span.total_seconds()),
                "offset": self.offset,
                "total": self.total,
                "newest": self.newest and self.newest.isoformat(),
                "tries": self.tries,
            }
        )

    @classmethod
    def from_text(cls, text: str) -> Self:
        """What `as_text` wrote. Raises ValueError, KeyError or TypeError on anything else."""
        kept: dict[str, Any] = json.loads(text)
        kept |= {name: kept[name] and datetime.fromisoformat(kept[name]) for name in _INSTANTS}
        return cls(**kept | {"span": timedelta(seconds=kept["span"])})

    def _newer(self, seen: datetime | None) -> datetime | None:
        # What does not lie in the window is a mistake of theirs, and must not carry us past what was not read.
        if seen is None or not self.start <= seen < self.until:
            return self.newest
        return seen if self.newest is None else max(seen, self.newest)

    def _behind(self, until: datetime) -> Self:
        """The window that ends there is done."""
        if self.goal is None or until < self.goal:
            return replace(self, start=until)
        # Where something changed, the ministry's own clock says how far was read; ours only when all was quiet.
        known = [self.first, self.goal - CLOCK_ERROR]
        if self.newest is not None:
            known.append(self.newest - OVERLAP)
        return replace(self, start=max(known), goal=None, newest=None)


_INSTANTS: Final = ("first", "start", "goal", "newest")


def _seconds(span: timedelta) -> timedelta:
    return max(timedelta(seconds=int(span.total_seconds())), SHORTEST_SPAN)
