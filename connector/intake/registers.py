"""The ministry's registers become messages: entries that were made or changed since, read page by page.

Only the newest version of an entry is ever shown, so one that stood between two readings may never be seen. Every
version that was taken in is known by (entry, version); its line may come again as often as it likes.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from typing import Final

from sqlalchemy import Engine

from connector.adapters import feeds, partners
from connector.adapters.feeds import Reading
from connector.adapters.ministry import Ministry
from connector.adapters.partners import Door
from connector.domain.entries import Head, read_head
from connector.domain.errors import DeliveryError, Garbled
from connector.domain.message import Partner, Route
from connector.domain.register_sweep import CLOCK_ERROR, SIZES, Sweep
from connector.intake.enrolment import Unusable, Written, enrol, quarantine, quarantined, unknown_of
from connector.intake.full_entries import fetch
from schemas.ministry import ENTRIES_PER_CALL
from schemas.reading import Fault
from schemas.values import VIETNAM, Procedure

# Of poll intervals: registers are for look-ups, where a minute or two is soon.
EVERY: Final = 4
# How many polls long an entry that is listed and not given holds up the page it stands on.
TRIES: Final = 5
# A page behind every window's end; it is empty, if pages can be read at all.
BEYOND: Final = 1_000_000


@dataclass(slots=True)
class Report:
    """What a reading came to. `duplicates` were known already, `late` are entries that were listed and did not come."""

    pages: int = 0
    taken: int = 0
    duplicates: int = 0
    invalid: int = 0
    late: int = 0
    error: DeliveryError | None = None
    routes: set[Route] = field(default_factory=set)

    def add(self, written: Written) -> None:
        self.taken += written.taken
        self.invalid += written.invalid
        self.duplicates += written.duplicates
        self.routes |= written.routes


@dataclass(frozen=True, slots=True)
class _Place:
    """Where this process stands in a register it may read: what the feed's cursor says, and the right to move it."""

    procedure: Procedure
    reading: Reading
    sweep: Sweep

    def at(self, sweep: Sweep, *, garbled: int | None = None) -> "_Place":
        tries = self.reading.garbled if garbled is None else garbled
        return _Place(self.procedure, replace(self.reading, cursor=sweep.as_text(), garbled=tries), sweep)


class RegisterIntake:
    """Reads the registers. Any number of processes may try; of each register, one at a time succeeds."""

    def __init__(
        self,
        engine: Engine,
        ministry: Ministry,
        *,
        now: Callable[[], datetime],
        poll_interval: timedelta,
        lease: timedelta,
        first_day: date | None,
        worker: str,
    ) -> None:
        """`first_day`: entries that changed before it are never read; None is the day of the first reading, or until
        two in the morning the one before. It counts when a register is read for the first time, and never again."""
        self._engine = engine
        self._ministry = ministry
        self._now = now
        self._poll_interval = poll_interval
        self._lease = lease
        self._first_day = first_day
        self._worker = worker

    def read(self, procedure: Procedure, *, budget: timedelta = timedelta(seconds=20)) -> Report:
        """Reads what changed, or for as long as the budget lasts, and gives the register back until it is due again.

        What was read stays read: a page that fails, or a process that dies, is gone on from. The report has the error.
        """
        report = Report()
        place, door = self._claim(procedure)
        if place is None:
            return report
        if door is Door.PROBE:
            budget = timedelta(0)
        here: _Place | None = place
        ends = time.monotonic() + budget.total_seconds()
        while here is not None:
            place = here
            try:
                here = self._read_page(place, report)
            except DeliveryError as error:
                report.error = error
                here = self._move(place, report, next_at=self._now() + self._poll_interval)
            if here is not None and time.monotonic() >= ends:
                here = self._move(here, report, next_at=self._now())
        with self._engine.begin() as db:
            errors = [report.error] if report.error else []
            partners.note(db, Partner.MINISTRY, good=report.pages, errors=errors, now=self._now())
        return report

    def _claim(self, procedure: Procedure) -> tuple[_Place | None, Door]:
        """The register, if it is due, nobody reads it, and the ministry may be called."""
        now = self._now()
        with self._engine.begin() as db:
            door = partners.door(db, Partner.MINISTRY, now=now, lease=self._lease)
            if door is Door.SHUT:
                return None, door
            reading = feeds.claim(db, feeds.REGISTERS[procedure], now=now, lease=self._lease)
            if reading is None:
                partners.give_back(db, Partner.MINISTRY, door, now)
                return None, door
        if reading.cursor is not None:
            return _Place(procedure, reading, Sweep.from_text(reading.cursor)), door
        # A clock that is fast at this moment, just behind midnight, must not leave a whole day unread for ever.
        day = self._first_day or (now - CLOCK_ERROR).astimezone(VIETNAM).date()
        first = Sweep.from_day(datetime.combine(day, time_of_day(), VIETNAM))
        return _Place(procedure, reading, first).at(first), door

    def _read_page(self, place: _Place, report: Report) -> _Place | None:
        """One page. Returns where to read on, or None when the register was given back, or is not ours any more."""
        sweep = place.sweep.begun(self._now())
        if sweep.goal is None:  # our clock was set back behind what was read
            return self._move(place, report, next_at=self._now() + EVERY * self._poll_interval)
        place, garbled = place.at(sweep), place.reading.garbled
        size = sweep.size(garbled)
        try:
            total, lines = self._list(place, sweep.offset // size + 1, size)
        except Garbled as error:
            return self._read_smaller(place, error.body, report)
        report.pages += 1
        if sweep.is_too_wide(total):
            return self._move(place.at(sweep.narrowed(total)), report)
        heads = [read_head(line) for line in lines]
        late = self._take(place, heads, report)
        if late is None:
            return None
        report.late += len(late)
        if late and sweep.tries < TRIES and not self._given_up(place, late):
            again = place.at(replace(sweep, tries=sweep.tries + 1))
            return self._move(again, report, next_at=self._now() + self._poll_interval)
        newest = max((head.updated_at for head in heads if head.updated_at), default=None)
        turned = sweep.turned(total=total, count=len(lines), size=size, newest=newest)
        next_at = self._now() + EVERY * self._poll_interval if turned.goal is None else None
        unusable = [*(Unusable(None, head.raw, head.faults) for head in heads if head.entry_id is None), *late]
        return self._move(place.at(turned, garbled=max(garbled - 1, 0)), report, unusable, next_at=next_at)

    def _list(self, place: _Place, page: int, size: int) -> tuple[int, list[bytes]]:
        sweep = place.sweep
        return self._ministry.entries(place.procedure, sweep.start, sweep.until, page, size, self._now())

    def _read_smaller(self, place: _Place, body: bytes, report: Report) -> _Place | None:
        """A page that cannot be read. When even one line alone cannot, its bytes are kept, and the next one is read."""
        tries = place.reading.garbled + 1
        if tries < len(SIZES):
            return self._move(place.at(place.sweep, garbled=tries), report)
        # If no page can be read, the fault is no line's, and this raises.
        self._list(place, BEYOND, 1)
        unread = Unusable(None, body, (Fault("", "not_json"),))
        return self._move(place.at(place.sweep.skipped(), garbled=SIZES.index(1)), report, [unread])

    def _given_up(self, place: _Place, late: Sequence[Unusable]) -> bool:
        """Whether they held this page up before, for as long as a page waits."""
        with self._engine.begin() as db:
            return quarantined(db, place.procedure, late)

    def _take(self, place: _Place, heads: Sequence[Head], report: Report) -> list[Unusable] | None:
        """Takes in what is new on a page. Returns what was listed and did not come; None when another reads by now."""
        with self._engine.begin() as db:
            unknown = unknown_of(db, place.procedure, heads)
        report.duplicates += sum(head.entry_id is not None for head in heads) - len(unknown)
        late: list[Unusable] = []
        for wanted in _parts(unknown):
            fetched = fetch(self._ministry, place.procedure, wanted, self._now())
            now = self._now()
            with self._engine.begin() as db:
                if not feeds.still_ours(db, place.reading):
                    return None
                report.add(enrol(db, place.procedure, fetched.entries, now=now, by=self._worker))
                feeds.advance(db, place.reading, now=now, lease=self._lease)
            for entry_id, head in wanted.items():
                if entry_id in fetched.unread:
                    late.append(Unusable(entry_id, fetched.unread[entry_id], (Fault("", "not_json"),)))
                elif not fetched.has(entry_id, head.version):
                    late.append(Unusable(entry_id, head.raw, (Fault("", "missing"),)))
        return late

    def _move(
        self, place: _Place, report: Report, unusable: Sequence[Unusable] = (), *, next_at: datetime | None = None
    ) -> _Place | None:
        """Writes where the reading stands; with `next_at` the register is given back until then."""
        now = self._now()
        with self._engine.begin() as db:
            if not feeds.still_ours(db, place.reading):
                return None
            if unusable:
                report.add(quarantine(db, place.procedure, unusable, now=now, by=self._worker))
            feeds.advance(db, place.reading, now=now, next_at=next_at, lease=self._lease)
        return place if next_at is None else None


def _parts(unknown: Mapping[int, Head]) -> Iterator[dict[int, Head]]:
    lines = list(unknown.items())
    for start in range(0, len(lines), ENTRIES_PER_CALL):
        yield dict(lines[start : start + ENTRIES_PER_CALL])
