"""A batch as an array literal: PostgreSQL reads back exactly what was meant."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from connector.adapters.arrays import array
from connector.adapters.database import make_engine
from connector.domain.message import State

TEXTS = st.text(st.characters(exclude_characters="\x00", codec="utf-8"))
VALUES: dict[str, st.SearchStrategy[object]] = {
    "text": TEXTS,
    "bytea": st.binary(),
    "uuid": st.uuids(),
    "int": st.integers(-(2**31), 2**31 - 1),
    "bool": st.booleans(),
    "date": st.dates(),
    "timestamptz": st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=st.just(UTC)),
}
ODD = ["", " ", "NULL", "null", "a,b", "{}", '"', "\\", '\\"', "\\x41", "'", "\n", "ệ", "😀", " both ends "]


@pytest.fixture
def db(database: str) -> Iterator[Connection]:
    engine = make_engine(database)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def read_back(db: Connection, kind: str, values: list[object]) -> list[object]:
    statement = text(f"SELECT v FROM unnest(CAST(:values AS {kind}[])) WITH ORDINALITY AS t (v, n) ORDER BY n")
    return list(db.execute(statement, {"values": array(values)}).scalars())


@pytest.mark.parametrize("kind", VALUES)
def test_what_goes_in_comes_back(db: Connection, kind: str) -> None:
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(VALUES[kind]) | st.lists(VALUES[kind] | st.none()))
    def holds(values: list[object]) -> None:
        assert read_back(db, kind, values) == values

    holds()


def test_texts_that_mean_something_in_an_array_are_texts(db: Connection) -> None:
    assert read_back(db, "text", list(ODD)) == ODD
    assert read_back(db, "text", [State.READY, None]) == ["ready", None]
    assert read_back(db, "jsonb", ['[{"code": "\\u0041\\\\"}]']) == [[{"code": "A\\"}]]
    assert read_back(db, "date", [date(2026, 2, 28)]) == [date(2026, 2, 28)]
    assert read_back(db, "uuid", [UUID(int=7)]) == [UUID(int=7)]


def test_a_text_that_no_database_holds_is_refused(db: Connection) -> None:
    with pytest.raises(DBAPIError):
        read_back(db, "text", ["a\x00b"])
