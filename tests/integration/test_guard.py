"""An area in its first days after opening freezes itself when too much fails; status says so."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from connector.domain.errors import Refused
from connector.domain.message import State
from connector.domain.rollout import Mode
from connector.rollout.guard import Limits, watch
from tests.areas import set_area
from tests.commands import Commands
from tests.ledger_rows import NOW, Rows, draft, rows_in

LIMITS = Limits(watched=timedelta(days=3), least=10, share=0.2)
NO = Refused("102", "they said no")


@pytest.fixture
def rows(closed_database: str) -> Iterator[Rows]:
    with rows_in(closed_database) as found:
        set_area(found.engine, "long-xuyen", Mode.LIVE, NOW)
        yield found


def fill(rows: Rows, good: int, bad: int) -> None:
    rows.take_in(*(draft(serial) for serial in range(good)))
    rows.deliver()
    rows.take_in(*(draft(1000 + serial) for serial in range(bad)))
    rows.fail(NO)


def test_too_many_failures_freeze_the_area_and_hold_what_is_ready(
    rows: Rows, closed_database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fill(rows, good=7, bad=3)
    rows.take_in(draft(5000))

    assert watch(rows.engine, LIMITS, NOW) == ("long-xuyen/marriage",)

    assert rows.states()[-1] is State.HELD
    with rows.engine.begin() as db:
        change = db.execute(text("SELECT * FROM area_change ORDER BY id DESC LIMIT 1")).one()
    assert (change.procedure, change.was, change.mode, change.by) == ("marriage", "live", "frozen", "guard")
    assert "3 of 10" in change.why
    lienthong = Commands(monkeypatch, tmp_path, database_url=closed_database)
    assert "frozen by the guard: 3 of 10" in lienthong.run("status", code=1).stdout
    assert watch(rows.engine, LIMITS, NOW) == ()


@pytest.mark.parametrize(("good", "bad"), [(8, 2), (4, 5)], ids=["as many as may fail", "too few to tell"])
def test_an_area_that_is_well_or_too_quiet_to_tell_stays_live(rows: Rows, good: int, bad: int) -> None:
    fill(rows, good=good, bad=bad)

    assert watch(rows.engine, LIMITS, NOW) == ()


def test_after_its_first_days_an_area_is_left_to_people(rows: Rows) -> None:
    fill(rows, good=0, bad=10)

    assert watch(rows.engine, LIMITS, NOW + timedelta(days=4)) == ()


def test_what_failed_before_it_was_opened_again_does_not_count(rows: Rows) -> None:
    fill(rows, good=0, bad=10)
    set_area(rows.engine, "long-xuyen", Mode.FROZEN, NOW + timedelta(hours=1))
    set_area(rows.engine, "long-xuyen", Mode.LIVE, NOW + timedelta(hours=2))

    assert watch(rows.engine, LIMITS, NOW + timedelta(hours=3)) == ()


def test_what_never_was_sent_is_no_failure_of_the_area(rows: Rows) -> None:
    with rows.engine.begin() as db:
        db.execute(text("UPDATE area_mode SET mode = 'off'"))
        db.execute(text("UPDATE rollout_state SET version = version + 1"))
    rows.take_in(*(draft(serial) for serial in range(20)))

    assert watch(rows.engine, LIMITS, NOW) == ()
