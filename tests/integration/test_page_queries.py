"""What the console's pages ask of the ledger, and that none of it reads what is done."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection, event, text

from connector.adapters import dossier_view, dossiers, neighbourhood, today, views
from connector.adapters.views import Filter
from connector.domain.dossiers import Facts
from connector.domain.errors import Refused, Unreachable
from connector.domain.message import Hold, Partner, Route, State
from schemas.findings import Code, finding
from tests.dossier_events import changed, marriage
from tests.ledger_rows import NOW, Rows, draft, rows_in

CODE = "000.12.83.H01-261120-0001"


@pytest.fixture
def rows(database: str) -> Iterator[Rows]:
    with rows_in(database) as found:
        yield found


def view(db: Connection, **wanted: object) -> views.MessageView:
    [one] = views.page(db, Filter(**wanted), limit=2).messages  # type: ignore[arg-type]
    return one


def test_the_age_of_a_queue_is_that_of_its_oldest_message(rows: Rows) -> None:
    rows.take_in(draft(1, due_at=NOW + timedelta(hours=1)), at=NOW - timedelta(hours=2))
    rows.take_in(draft(2), draft(3, route=Route.RESULT, hold=Hold.DOCUMENT))

    with rows.engine.begin() as db:
        assert today.oldest(db) == {Route.APPLICATION: NOW - timedelta(hours=2)}


def test_a_partner_s_health_is_told_by_its_last_calls(rows: Rows) -> None:
    rows.take_in(draft(1), draft(2), draft(3, route=Route.PROGRESS))
    rows.fail(Unreachable("CONNECT", "away"), [timedelta(0)])
    rows.deliver()

    with rows.engine.begin() as db:
        found = today.health(db, NOW - timedelta(hours=1))
        nothing = today.health(db, NOW + timedelta(hours=1))

    assert (found[Partner.MINISTRY].calls, found[Partner.MINISTRY].failed) == (4, 2)
    assert found[Partner.MINISTRY].typical_ms == 120
    assert found[Partner.MINISTRY].good_at == NOW
    assert found[Partner.PROVINCE].calls == nothing[Partner.MINISTRY].calls == 0


def test_a_refusal_says_nothing_against_a_partner_s_health(rows: Rows) -> None:
    rows.take_in(draft(1))
    rows.fail(Refused("104", "no"))

    with rows.engine.begin() as db:
        found = today.health(db, NOW - timedelta(hours=1))[Partner.MINISTRY]

    assert (found.calls, found.failed, found.good_at) == (1, 0, None)


def test_new_messages_are_counted_and_do_not_move_the_page(rows: Rows) -> None:
    rows.take_in(draft(1), draft(2))
    with rows.engine.begin() as db:
        page = views.page(db, Filter(), limit=10)
    rows.take_in(draft(3), draft(4, route=Route.RESULT))

    with rows.engine.begin() as db:
        newest = page.messages[0].seq
        assert neighbourhood.count_newer(db, Filter(), newest) == 2
        assert neighbourhood.count_newer(db, Filter(routes=(Route.RESULT,)), newest) == 1
        assert neighbourhood.count_matching(db, Filter(), 3) == 3
        assert set(neighbourhood.ids_of(db, [m.seq for m in page.messages])) == {m.message_id for m in page.messages}


def test_who_is_limited_to_areas_sees_those_only(rows: Rows) -> None:
    rows.take_in(draft(1), draft(2, area="cho-moi"), draft(3, area=None))

    with rows.engine.begin() as db:
        assert [m.area for m in views.page(db, Filter(areas=("cho-moi",)), limit=9).messages] == ["cho-moi"]
        assert len(views.page(db, Filter(areas=("cho-moi", "long-xuyen")), limit=9).messages) == 2


def test_a_lane_is_seen_from_each_of_its_messages(rows: Rows) -> None:
    rows.take_in(draft(1), draft(1, version=2), draft(2))

    with rows.engine.begin() as db:
        entries = neighbourhood.lane(db, views.page(db, Filter(subject=CODE), limit=1).messages[0])

    assert [entry.version for entry in entries] == [1, 2]


def test_a_result_is_compared_with_the_application_that_was_delivered(rows: Rows) -> None:
    rows.take_in(draft(1, body=b'"first"'))
    rows.deliver()
    rows.take_in(draft(1, version=2, body=b'"second"'), draft(1, route=Route.RESULT, version=1))

    with rows.engine.begin() as db:
        assert neighbourhood.other_body(db, view(db, routes=(Route.RESULT,))) == b'"first"'
        assert neighbourhood.other_body(db, views.page(db, Filter(subject=CODE), limit=9).messages[-1]) is None


def test_a_register_entry_is_compared_with_its_version_before(rows: Rows) -> None:
    for version in (1, 2, 4):
        entry = draft(version, route=Route.REGISTER, version=version, subject="KH-7", body=str(version).encode())
        rows.take_in(entry)

    with rows.engine.begin() as db:
        newest, middle, first = views.page(db, Filter(subject="KH-7"), limit=9).messages
        assert neighbourhood.other_body(db, newest) == b"2"
        assert neighbourhood.other_body(db, middle) == b"1"
        assert neighbourhood.other_body(db, first) is None


def known(rows: Rows, code: str = CODE) -> None:
    with rows.engine.begin() as db:
        dossiers.save(
            db,
            [
                Facts(
                    code=code,
                    procedure="marriage",
                    office="30283",
                    received_on=NOW.date(),
                    area="long-xuyen",
                    version=1,
                    planned=4,
                    changed_at=NOW,
                )
            ],
        )
        dossiers.sight(db, [(code, 4, NOW, "applied"), (code, 3, NOW - timedelta(days=1), "stale")], NOW)


def test_a_dossier_is_seen_over_all_its_routes(rows: Rows) -> None:
    entry = draft(9, route=Route.REGISTER, subject="KH-9", dossier=CODE)
    rows.take_in(draft(1), draft(1, route=Route.RESULT), entry, draft(2))
    known(rows)

    with rows.engine.begin() as db:
        found = dossier_view.look(db, f" {CODE} ")

    assert found
    assert [m.route for m in found.messages] == [Route.APPLICATION, Route.RESULT, Route.REGISTER]
    assert [(s.state, s.stale) for s in found.sightings] == [(3, True), (4, False)]
    assert found.facts
    assert found.facts.planned == 4


def test_a_dossier_outside_one_s_areas_is_not_there(rows: Rows) -> None:
    rows.take_in(draft(1))
    known(rows)

    with rows.engine.begin() as db:
        assert dossier_view.look(db, CODE, ("cho-moi",)) is None
        assert dossier_view.look(db, CODE, ("long-xuyen",)) is not None
        assert dossier_view.look(db, "000.12.83.H01-261120-9999") is None


def test_a_citizen_s_number_is_found_however_it_is_spaced_while_its_dossier_is_open(rows: Rows) -> None:
    spaced = json.dumps(changed(marriage(), {"ToKhai/BenNam/SoDinhDanh": "089 096.999 777"})).encode()
    rows.take_in(draft(1, body=spaced))
    rows.deliver()
    rows.take_in(
        draft(2, body=spaced, findings=(finding(Code.ID_LENGTH, "/x"),)),
        draft(3, body=spaced, hold=Hold.REQUEST, area="cho-moi"),
        draft(4),
    )

    with rows.engine.begin() as db:
        codes = dossier_view.with_number(db, "089096 999777")
        mine = dossier_view.with_number(db, "089096999777", ("cho-moi",))

    assert [code[-4:] for code in codes] == ["0003", "0002"]
    assert [code[-4:] for code in mine] == ["0003"]


@pytest.mark.parametrize("number", ["", " . ", "0890"])
def test_a_number_that_is_too_short_finds_nobody(rows: Rows, number: str) -> None:
    rows.take_in(draft(1))

    with rows.engine.begin() as db:
        assert dossier_view.with_number(db, number) == ()


@pytest.fixture
def many(rows: Rows) -> Rows:
    """Twenty thousand delivered messages with their attempts and bodies, behind a few that are open."""
    rows.take_in(draft(1))
    rows.deliver()
    with rows.engine.begin() as db:
        for statement in (_MESSAGES, _ATTEMPTS, _HISTORY, _BODIES):
            db.execute(text(statement))
    rows.take_in(draft(2), draft(3, findings=(finding(Code.ID_LENGTH, "/x"),)), draft(4, hold=Hold.REQUEST))
    with rows.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        db.execute(text("VACUUM ANALYZE"))
    return rows


_MESSAGES = """
    INSERT INTO message (id, route, subject, version, area, state, source_key, created_at, updated_at, delivered_at)
    SELECT gen_random_uuid(), route, subject || n % 5000, n / 5000 + 1, area, state, int4send(n), created_at,
           updated_at, delivered_at
    FROM message, generate_series(1, 20000) AS n
"""
_ATTEMPTS = """
    INSERT INTO attempt (message_id, at, outcome, counted, maybe_done)
    SELECT id, created_at, 'delivered', true, false FROM message
"""
_HISTORY = """
    INSERT INTO history (message_id, at, move, became, by) SELECT id, created_at, 'take_in', 'ready', 'x' FROM message
"""
_BODIES = "INSERT INTO body SELECT id, '{}' FROM message ON CONFLICT DO NOTHING"


def test_no_page_reads_what_is_done(many: Rows) -> None:
    asked: list[tuple[str, object]] = []
    with many.engine.begin() as db:
        event.listen(db, "before_cursor_execute", lambda *a: asked.append((a[2], a[3])))
        today.oldest(db)
        today.health(db, NOW - timedelta(days=1))
        one = views.page(db, Filter(states=(State.INVALID,)), limit=5).messages[0]
        views.page(db, Filter(), limit=50)
        # A route that delivered little among others that delivered much.
        views.page(db, Filter(states=(State.DELIVERED,), routes=(Route.WITHDRAWAL,)), limit=50)
        views.page(db, Filter(areas=("long-xuyen",)), limit=50)
        views.life(db, one.message_id)
        neighbourhood.lane(db, one)
        neighbourhood.other_body(db, one)
        neighbourhood.count_newer(db, Filter(), one.seq)
        dossier_view.look(db, one.subject)
        dossier_view.with_number(db, "089096999777")
    with many.engine.begin() as db:
        for statement, parameters in asked:
            plan = "\n".join(row[0] for row in db.exec_driver_sql(f"EXPLAIN {statement}", parameters))  # type: ignore[arg-type]
            for table in ("message", "attempt", "history", "body"):
                assert f"Seq Scan on {table}" not in plan, f"{statement}\n{plan}"
    assert len(asked) > 12
