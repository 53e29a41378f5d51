"""The ledger's conditions say of every message what the domain says of it."""

from collections.abc import Iterator
from datetime import date
from itertools import product
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from connector.adapters import backlog
from connector.adapters.tables import message
from connector.domain import units
from connector.domain.message import Draft, Route
from connector.domain.rollout import PROCEDURES, Mode, Modes, Rule, goes, mode_of
from schemas.values import Procedure
from tests.ledger_rows import NOW, Rows, draft, rows_in

LAST, REFORM = date(2025, 6, 30), date(2025, 7, 1)
# Codes used again, a code of both provinces' time, an office that nobody knows, and none at all.
PLACES: tuple[tuple[str | None, date | None], ...] = (
    ("30292", LAST),
    ("30292", REFORM),
    ("30307", LAST),
    ("30307", REFORM),
    ("30280", LAST),
    ("30316", LAST),
    ("30760", LAST),
    ("30760", REFORM),
    ("99999", REFORM),
    (None, None),
)
AREAS = sorted({area for code, on in PLACES if code and on for area in units.areas_of(code, on)} | {"all", "tri-ton"})
keys = st.tuples(st.sampled_from(AREAS), st.sampled_from(PROCEDURES))


def at(serial: int, code: str | None, on: date | None, procedure: Procedure, route: Route) -> Draft:
    areas = units.areas_of(code, on) if code and on else ()
    area = areas[1] if areas else None
    return draft(serial, route=route, office=code, received_on=on, area=area, procedure=procedure)


@pytest.fixture(scope="module")
def rows(servers: object) -> Iterator[Rows]:
    with servers.closed_database() as database, rows_in(database) as found:  # type: ignore[attr-defined]
        for serial, ((code, on), procedure, route) in enumerate(product(PLACES, PROCEDURES, Route), start=1):
            found.take_in(at(serial, code, on, procedure, route))
        with found.engine.begin() as db:  # every third dossier was begun
            db.execute(
                text(
                    "INSERT INTO dossier (code, procedure, office, received_on, version, planned, changed_at,"
                    " submissions) SELECT DISTINCT ON (subject) subject, 'death', 'x', :day, 1, 2, :now, 1"
                    " FROM message WHERE seq % 3 = 0"
                ),
                {"day": LAST, "now": NOW},
            )
        yield found


def chosen(rows: Rows, modes: Modes, *, may: bool) -> set[UUID]:
    condition = backlog.may_go(modes) if may else backlog.may_not_go(modes)
    with rows.engine.begin() as db:
        return set(db.scalars(select(message.c.id).where(condition)))


def decided(rows: Rows, modes: Modes) -> dict[UUID, bool]:
    with rows.engine.begin() as db:
        begun = set(db.scalars(text("SELECT code FROM dossier")))
        found = db.execute(text("SELECT id, route, procedure, office, received_on, area, subject FROM message")).all()
    told = (Route.PROGRESS, Route.RESULT, Route.WITHDRAWAL)
    return {
        one.id: goes(
            mode_of(modes.rule_for(one.procedure, office=one.office, on=one.received_on, area=one.area)),
            begun=one.route in told or (one.route == Route.APPLICATION and one.subject in begun),
        )
        for one in found
    }


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(keys, st.sampled_from(Mode), max_size=8))
def test_what_may_go_is_the_same_in_both(rows: Rows, wanted: dict[tuple[str, Procedure], Mode]) -> None:
    modes = Modes(
        1,
        {
            (area, procedure): Rule(
                area=area, procedure=procedure, mode=mode, change=1, since=NOW, by="lead", why="a test"
            )
            for (area, procedure), mode in wanted.items()
        },
    )

    expected = decided(rows, modes)
    may = {message_id for message_id, lets_go in expected.items() if lets_go}
    assert chosen(rows, modes, may=True) == may
    assert chosen(rows, modes, may=False) == expected.keys() - may
