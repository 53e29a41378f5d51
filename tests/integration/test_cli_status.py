"""`lienthong status` over a real ledger."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from connector.adapters import partners
from connector.domain.errors import DeliveryError, Refused, Throttled, Unauthorised, Unreachable
from connector.domain.message import Hold, Partner, Route, State
from schemas.findings import Code, finding
from tests.commands import Commands
from tests.ledger_rows import NOW, Rows, draft, rows_in

LATER = NOW + timedelta(minutes=10)


@pytest.fixture
def rows(database: str) -> Iterator[Rows]:
    with rows_in(database) as found:
        yield found


@pytest.fixture
def lienthong(database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Commands:
    return Commands(monkeypatch, tmp_path, database_url=database, clock=LATER.isoformat())


def counts(**some: int) -> dict[str, int]:
    return {state.value: some.get(state.value, 0) for state in State}


def test_an_empty_ledger_counts_nothing_and_needs_nobody(lienthong: Commands) -> None:
    found = lienthong.json("status")

    assert found["routes"] == {route.value: counts() for route in Route}
    assert found["oldest_waiting_seconds"] is None
    assert found["forecast_empty_at"] is None
    assert found["breakers"] == {"ministry": "closed", "province": "closed"}
    areas = {(area["area"], area["procedure"]): area for area in found["areas"]}
    assert {
        (one, procedure) for one in ("all", "long-xuyen", "chau-doc") for procedure in ("marriage", "death")
    } <= set(areas)
    assert {(area["mode"], area["rule"], area["held"]) for area in areas.values()} == {("live", "all", 0)}
    assert areas["all", "death"]["why"] == "a test"
    assert "30292" in areas["long-xuyen", "marriage"]["units"]


def test_every_message_is_counted_by_route_and_state(lienthong: Commands, rows: Rows) -> None:
    rows.take_in(draft(1), draft(2))
    rows.deliver()
    rows.take_in(draft(3))
    rows.fail(Refused("102", "they said no"))
    rows.take_in(draft(4))
    rows.fail(Unreachable("NO_CONNECTION", "away"))
    rows.take_in(draft(5))
    rows.claim()
    rows.take_in(
        draft(6, findings=(finding(Code.ID_LENGTH, "/HoSo"),)),
        draft(7, hold=Hold.AREA),
        draft(8, hold=Hold.REQUEST),
        draft(9, route=Route.PROGRESS),
    )

    found = lienthong.json("status", code=1)

    assert found["routes"]["application"] == counts(delivered=2, refused=1, exhausted=1, sending=1, invalid=1, held=2)
    assert found["routes"]["progress"] == counts(ready=1)
    held = {(area["area"], area["procedure"]): area["held"] for area in found["areas"] if area["held"]}
    assert held == {("all", "marriage"): 1, ("long-xuyen", "marriage"): 1}


def test_the_oldest_waiting_message_is_the_one_taken_in_first(lienthong: Commands, rows: Rows) -> None:
    rows.take_in(draft(1, due_at=LATER), at=NOW)
    rows.take_in(draft(2, due_at=LATER), at=NOW + timedelta(minutes=5))

    assert 600 <= lienthong.json("status")["oldest_waiting_seconds"] < 660


def test_the_backlog_is_forecast_from_the_last_quarter_of_an_hour(lienthong: Commands, rows: Rows) -> None:
    rows.take_in(*(draft(serial) for serial in range(4)))
    rows.deliver(at=LATER - timedelta(minutes=5))
    rows.take_in(draft(10, due_at=LATER), draft(11, due_at=LATER))

    forecast = lienthong.json("status")["forecast_empty_at"]

    # Four in five minutes, so two in two and a half.
    assert forecast.endswith("+07:00")
    assert forecast[:16] == (LATER + timedelta(hours=7, seconds=150)).isoformat()[:16]


def test_what_was_delivered_long_ago_forecasts_nothing(lienthong: Commands, rows: Rows) -> None:
    rows.take_in(draft(1))
    rows.deliver(at=NOW - timedelta(minutes=20))
    rows.take_in(draft(2, due_at=LATER))

    assert lienthong.json("status")["forecast_empty_at"] is None


@pytest.mark.parametrize(
    ("error", "state"), [(Refused("102", "no"), "refused"), (Unreachable("NO_CONNECTION", "away"), "exhausted")]
)
def test_a_message_for_a_person_needs_attention(
    lienthong: Commands, rows: Rows, error: Refused | Unreachable, state: str
) -> None:
    rows.take_in(draft(1))
    rows.fail(error)

    assert f"lienthong messages list --state {state}" in lienthong.run("status", code=1).stdout


def told(rows: Rows, error: DeliveryError, at: datetime) -> None:
    """The ministry answered with this."""
    with rows.engine.begin() as db:
        partners.note(db, Partner.MINISTRY, good=0, errors=[error], now=at)


def test_a_partner_that_does_not_accept_us_shows_as_an_open_breaker(lienthong: Commands, rows: Rows) -> None:
    told(rows, Unauthorised("HTTP_401", "the partner does not accept us"), LATER + timedelta(minutes=1))

    assert lienthong.json("status", code=1)["breakers"] == {"ministry": "open", "province": "closed"}
    assert "unauthorised" in lienthong.run("status", code=1).stdout


def test_a_breaker_whose_pause_is_over_waits_half_open_for_its_probe(lienthong: Commands, rows: Rows) -> None:
    told(rows, Unauthorised("HTTP_401", "the partner does not accept us"), LATER - timedelta(minutes=1))

    assert lienthong.json("status", code=1)["breakers"]["ministry"] == "half-open"


def test_a_partner_that_asks_for_patience_needs_nobody(lienthong: Commands, rows: Rows) -> None:
    told(rows, Throttled("HTTP_429", "patience", asked=timedelta(seconds=90)), LATER)

    assert lienthong.json("status")["breakers"]["ministry"] == "closed"


def test_a_message_overdue_for_long_needs_attention_and_a_fresh_one_does_not(lienthong: Commands, rows: Rows) -> None:
    rows.take_in(draft(1, due_at=LATER - timedelta(minutes=14)))
    lienthong.run("status")

    rows.take_in(draft(2, due_at=LATER - timedelta(minutes=16)))
    assert "overdue" in lienthong.run("status", code=1).stdout


def test_people_get_a_table_of_all_routes_and_states(lienthong: Commands, rows: Rows) -> None:
    rows.take_in(draft(1, hold=Hold.AREA))

    table = lienthong.run("status").stdout

    header, application = table.splitlines()[:2]
    assert [word for word in header.split() if word in set(State)] == list(State)
    assert application.split() == ["application", "1", *["0"] * 8]


def test_without_any_database_it_says_what_to_do(lienthong: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIENTHONG_DATABASE_URL")

    result = lienthong.run("status", "--json", code=69)

    assert result.stdout == ""
    assert "lienthong up" in result.stderr


def test_without_our_tables_it_asks_for_a_migration(lienthong: Commands, empty_database: str) -> None:
    lienthong.set(database_url=empty_database)

    result = lienthong.run("status", code=69)

    assert result.stdout == ""
    assert "lienthong migrate" in result.stderr


def test_a_database_that_is_away_is_said_without_its_password(lienthong: Commands) -> None:
    lienthong.set(database_url="postgresql://lienthong:hushhush@127.0.0.1:1/x")

    result = lienthong.run("status", code=69)

    assert "LIENTHONG_DATABASE_URL" in result.stderr
    assert "hushhush" not in result.stderr
