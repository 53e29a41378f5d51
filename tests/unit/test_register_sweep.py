"""The sweep over a register, against a ministry whose entries change while its pages are read."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.register_sweep import (
    CLOCK_ERROR,
    MOST,
    OVERLAP,
    PAGE,
    SHORTEST_SPAN,
    SIZES,
    Sweep,
)

FIRST = datetime(2026, 11, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


@dataclass
class Register:
    """Instants of last change by entry, and versions; pages as the contract makes them."""

    changed: dict[int, datetime] = field(default_factory=dict)
    versions: dict[int, int] = field(default_factory=dict)

    def touch(self, entry: int, at: datetime) -> None:
        self.changed[entry] = at
        self.versions[entry] = self.versions.get(entry, 0) + 1

    def window(self, sweep: Sweep) -> list[int]:
        return sorted(
            (entry for entry, at in self.changed.items() if sweep.start <= at < sweep.until),
            key=lambda entry: (self.changed[entry], entry),
        )

    def page(self, sweep: Sweep, size: int) -> tuple[int, list[int]]:
        found = self.window(sweep)
        return len(found), found[sweep.offset : sweep.offset + size]


def never() -> None:
    pass


def sweep_through(
    sweep: Sweep,
    register: Register,
    now: datetime,
    seen: dict[int, int],
    meanwhile: Callable[[], None] = never,
    size: int | None = None,
) -> tuple[Sweep, int]:
    """One sweep to its end; `meanwhile` happens after every page. Returns the sweep and how many pages it took."""
    sweep, pages = sweep.begun(now), 0
    while sweep.goal is not None:
        sweep = Sweep.from_text(sweep.as_text())
        pages += 1
        asked = sweep.size(0) if size is None else size
        total, lines = register.page(sweep, asked)
        assert pages < 10_000
        if sweep.is_too_wide(total):
            sweep = sweep.narrowed(total)
            continue
        seen.update({entry: register.versions[entry] for entry in lines})
        newest = max((register.changed[entry] for entry in lines), default=None)
        sweep = sweep.turned(total=total, count=len(lines), size=asked, newest=newest)
        meanwhile()
    return sweep, pages


def test_a_first_run_over_years_comes_to_its_end_in_few_calls() -> None:
    """A hundred thousand entries, most of them of one day on which a whole archive was brought over."""
    register = Register()
    for entry in range(20_000):
        register.touch(entry, datetime(2005, 1, 1, tzinfo=UTC) + timedelta(hours=9 * entry))
    for entry in range(20_000, 100_000):
        register.touch(entry, datetime(2015, 6, 1, tzinfo=UTC) + seconds(entry % 7200))
    seen: dict[int, int] = {}

    _, pages = sweep_through(Sweep.from_day(datetime(2004, 1, 1, tzinfo=UTC)), register, NOW, seen)

    due = {entry for entry, at in register.changed.items() if at < NOW}
    assert seen.keys() == due
    assert pages < len(due) / PAGE * 4


def test_a_quiet_register_costs_one_call_a_sweep() -> None:
    sweep, _ = sweep_through(Sweep.from_day(FIRST), Register(), NOW, {})
    again, pages = sweep_through(sweep, Register(), NOW + seconds(120), {})

    assert pages == 1
    assert again.start == NOW + seconds(120) - CLOCK_ERROR


def test_the_next_sweep_begins_before_the_newest_entry_seen() -> None:
    register = Register()
    register.touch(1, NOW - seconds(60))

    sweep, _ = sweep_through(Sweep.from_day(FIRST), register, NOW, {})

    assert sweep.start == NOW - seconds(60) - OVERLAP


def test_what_changed_before_the_first_day_is_never_read() -> None:
    register = Register()
    register.touch(1, NOW - seconds(700))
    register.touch(2, NOW - seconds(500))
    seen: dict[int, int] = {}

    sweep, _ = sweep_through(Sweep.from_day(NOW - seconds(600)), register, NOW, seen)
    sweep_through(sweep, register, NOW + seconds(60), seen)

    assert seen.keys() == {2}


def test_an_entry_that_becomes_visible_late_is_found() -> None:
    register = Register()
    register.touch(1, NOW - seconds(10))
    seen: dict[int, int] = {}
    sweep, _ = sweep_through(Sweep.from_day(FIRST), register, NOW, seen)
    register.touch(2, NOW - timedelta(minutes=10))

    sweep_through(sweep, register, NOW + seconds(60), seen)

    assert seen.keys() == {1, 2}


@pytest.mark.parametrize("jump", [timedelta(minutes=59), timedelta(hours=1), CLOCK_ERROR - seconds(1)])
def test_a_clock_that_was_fast_has_skipped_nothing_when_it_is_right_again(jump: timedelta) -> None:
    register = Register()
    seen: dict[int, int] = {}
    sweep, _ = sweep_through(Sweep.from_day(FIRST), register, NOW + jump, seen)
    register.touch(1, NOW + seconds(1))

    sweep_through(sweep, register, NOW + timedelta(hours=5), seen)

    assert seen.keys() == {1}


def test_a_clock_that_was_set_back_waits() -> None:
    sweep, _ = sweep_through(Sweep.from_day(FIRST), Register(), NOW, {})

    assert sweep.begun(NOW - CLOCK_ERROR - seconds(1)) == sweep


def test_an_instant_outside_the_window_moves_nothing() -> None:
    sweep = Sweep.from_day(FIRST).begun(NOW)
    wrong = NOW + timedelta(days=3650)

    while sweep.goal is not None:
        sweep = sweep.turned(total=1, count=1, size=PAGE, newest=wrong)

    assert sweep.start == NOW - CLOCK_ERROR


def test_a_crowded_window_is_cut_until_it_has_few_pages() -> None:
    sweep = Sweep.from_day(FIRST).begun(NOW)

    assert not sweep.is_too_wide(MOST)
    assert sweep.is_too_wide(MOST + 1)
    narrow = sweep.narrowed(100 * MOST)
    assert (narrow.until - narrow.start) * 190 < sweep.until - sweep.start
    assert narrow.narrowed(10**9).until == FIRST + SHORTEST_SPAN
    assert not narrow.narrowed(10**9).is_too_wide(10**9)


def test_a_window_whose_total_changed_is_read_again_and_smaller() -> None:
    sweep = Sweep.from_day(FIRST).begun(NOW)
    second = sweep.turned(total=PAGE + 1, count=PAGE, size=PAGE, newest=None)
    assert (second.offset, second.start) == (PAGE, FIRST)

    again = second.turned(total=PAGE, count=0, size=PAGE, newest=None)

    assert (again.offset, again.start, again.total) == (0, FIRST, None)
    assert (again.until - FIRST) * 2 <= second.until - FIRST


def test_a_page_that_cannot_be_read_is_asked_for_in_parts_that_fit_its_place() -> None:
    sweep = Sweep.from_day(FIRST)

    assert [sweep.size(tries) for tries in range(len(SIZES) + 1)] == [*SIZES, 1]
    middle = sweep.skipped()
    assert {middle.size(tries) for tries in range(len(SIZES))} == {1}


def test_a_list_that_stops_short_of_its_total_ends_the_window() -> None:
    """A total that counts what is never listed must not hold a register up for ever."""
    sweep = Sweep.from_day(FIRST).begun(NOW)
    second = sweep.turned(total=3, count=2, size=PAGE, newest=None)

    assert second.turned(total=3, count=0, size=PAGE, newest=None).goal is None


@given(st.data())
def test_no_entry_is_lost_whatever_changes_between_two_pages(data: st.DataObject) -> None:
    """Small pages, ties, and officers who change old entries all the time; the newest version of each is seen."""
    register, seen, clock = Register(), dict[int, int](), [NOW]
    for entry in range(data.draw(st.integers(0, 30))):
        # Further back than the next sweep begins: what this one misses, none finds.
        register.touch(entry, NOW - timedelta(hours=3) + seconds(data.draw(st.integers(1, 20))))
    left = [data.draw(st.integers(0, 12))]

    def meanwhile() -> None:
        clock[0] += seconds(data.draw(st.integers(0, 2)))
        if register.changed and left[0]:
            left[0] -= 1
            register.touch(data.draw(st.sampled_from(sorted(register.changed))), clock[0])

    sweep = Sweep.from_day(NOW - timedelta(hours=4))
    size = data.draw(st.integers(1, 6))
    for _ in range(3):
        sweep, _ = sweep_through(sweep, register, clock[0], seen, meanwhile, size)
        clock[0] += seconds(5)
    left[0] = 0
    sweep_through(sweep, register, clock[0] + seconds(5), seen, size=size)

    assert seen == register.versions
