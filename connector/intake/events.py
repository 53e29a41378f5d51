"""The province's feed of dossier events becomes messages, and the cursor moves in the same transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine

from connector.adapters import feeds, partners
from connector.adapters.feeds import Reading
from connector.adapters.partners import Door
from connector.adapters.province import Province, salvaged_cursor
from connector.domain.aliases import AliasSource, no_aliases
from connector.domain.arrivals import Arrival, read_arrivals, unreadable_page
from connector.domain.errors import TOO_LARGE, CursorLost, DeliveryError, Garbled
from connector.domain.message import Partner, Route
from connector.intake import writing

# Events a page. A page that cannot be read is asked for again, then in smaller parts, then one event at a time, so
# that what is wrong with one event holds up no other; the place in this row is kept with the cursor.
_SIZES: Final = (200, 200, 200, 20, 1, 1, 1)
# The first page of a reading is a short one, so that others soon have something to send; each is twice the one before.
_FIRST: Final = 50


@dataclass(slots=True)
class Report:
    """What a reading came to. `routes` have work since the latest page; `salvaged` counts pages kept as bytes only."""

    pages: int = 0
    taken: int = 0
    duplicates: int = 0
    salvaged: int = 0
    restarted: bool = False
    error: DeliveryError | None = None
    routes: set[Route] = field(default_factory=set)


class EventIntake:
    """Reads the province's feed. Any number of processes may try; one at a time succeeds."""

    def __init__(
        self,
        engine: Engine,
        province: Province,
        *,
        now: Callable[[], datetime],
        poll_interval: timedelta,
        lease: timedelta,
        worker: str,
        aliases: AliasSource = no_aliases,
    ) -> None:
        self._engine = engine
        self._province = province
        self._now = now
        self._poll_interval = poll_interval
        self._lease = lease
        self._worker = worker
        self._aliases = aliases

    def read(self, *, pages: int = 50, tell: Callable[[set[Route]], None] = lambda _: None) -> Report:
        """Reads what is there, at most so many pages, and gives the feed back until the next poll. `tell` hears after
        each page which routes have work by it, so that others begin before the last is read.

        When the province cannot be read, the cursor stays and the feed is read again later; the report has the error.
        """
        report = Report()
        reading, door = self._claim()
        if door is Door.PROBE:
            pages = 1
        if reading is None:
            return report
        while reading is not None and report.pages < pages:
            here = reading
            report.routes.clear()
            try:
                reading = self._read_page(here, report)
                if report.routes:
                    tell(report.routes)
            except DeliveryError as error:
                report.error = error
                reading = self._write(here, (), report, next_at=self._now() + self._poll_interval)
        if reading is not None:
            # A feed that moves on and never shows anything new is read no faster than a quiet one.
            pause = timedelta(0) if report.taken or report.salvaged else self._poll_interval
            self._write(reading, (), report, next_at=self._now() + pause)
        with self._engine.begin() as db:
            errors = [report.error] if report.error else []
            partners.note(db, Partner.PROVINCE, good=report.pages - len(errors), errors=errors, now=self._now())
        return report

    def _claim(self) -> tuple[Reading | None, Door]:
        """The feed, if it is due, nobody reads it, and the province may be called."""
        now = self._now()
        with self._engine.begin() as db:
            door = partners.door(db, Partner.PROVINCE, now=now, lease=self._lease)
            if door is Door.SHUT:
                return None, door
            reading = feeds.claim(db, feeds.PROVINCE_EVENTS, now=now, lease=self._lease)
            if reading is None:
                partners.give_back(db, Partner.PROVINCE, door, now)
            return reading, door

    def _read_page(self, reading: Reading, report: Report) -> Reading | None:
        """One page. Returns where to read on, or None when the feed was given back."""
        report.pages += 1
        try:
            page = self._province.events(reading.cursor, _size(reading, report))
        except CursorLost:
            report.restarted = True
            again = replace(reading, cursor=None, garbled=0)
            # Without a cursor there is none to lose: such an answer is not repeated at once.
            return self._write(again, (), report, next_at=None if reading.cursor else self._now() + self._poll_interval)
        except Garbled as error:
            return self._salvage(reading, error, report)
        stands_still = page.cursor == reading.cursor
        read_on = page.more and not stands_still
        aliases = self._aliases()
        arrivals = read_arrivals(page.events, aliases)
        return self._write(
            replace(reading, cursor=page.cursor, garbled=max(reading.garbled - 1, 0)),
            arrivals,
            report,
            next_at=None if read_on else self._now() + self._poll_interval,
        )

    def _salvage(self, reading: Reading, page: Garbled, report: Report) -> Reading | None:
        """A page that cannot be read. When even one event alone cannot, its bytes are kept and the feed goes on
        behind it."""
        tries = reading.garbled + 1
        if tries < len(_SIZES):
            return self._write(replace(reading, garbled=tries), (), report, next_at=None)
        cursor = salvaged_cursor(page.body)
        if cursor is None or cursor == reading.cursor:
            # Nothing says where the feed goes on: it is asked again, one event at a time, until it can be read.
            again = replace(reading, garbled=_SIZES.index(1))
            return self._write(again, (), report, next_at=self._now() + self._poll_interval)
        report.salvaged += 1
        return self._write(
            replace(reading, cursor=cursor, garbled=0),
            [unreadable_page(page.body, too_large=page.code == TOO_LARGE)],
            report,
            next_at=None,
        )

    def _write(
        self, reading: Reading, arrivals: Sequence[Arrival], report: Report, *, next_at: datetime | None
    ) -> Reading | None:
        """Messages and cursor in one transaction; nothing when another worker has taken the feed since."""
        now = self._now()
        with self._engine.begin() as db:
            if not feeds.still_ours(db, reading):
                return None
            if arrivals:
                written = writing.write(db, arrivals, now=now, by=self._worker)
                report.taken += written.taken
                report.duplicates += written.duplicates
                report.routes |= written.routes
            feeds.advance(db, reading, now=now, next_at=next_at, lease=self._lease)
        return reading if next_at is None else None


def _size(reading: Reading, report: Report) -> int:
    """How many events the next page is asked for."""
    most = _SIZES[min(reading.garbled, len(_SIZES) - 1)]
    return min(most, _FIRST << report.pages - 1)
