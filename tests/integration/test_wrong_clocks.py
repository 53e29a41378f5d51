"""A clock that jumps an hour, forward and back, while messages are on the line: nothing waits for an hour of nobody."""

from datetime import timedelta

import pytest

from connector import wiring
from connector.adapters import ledger
from connector.adapters.clock import system_clock
from connector.domain.message import Partner, Route, State
from schemas.ministry import INSTANT_FORMAT
from schemas.values import VIETNAM
from tests import bodies
from tests.integration.register_books import enter, marriage, read
from tests.ledger_rows import WORKER
from tests.world import SUBMIT, Stage

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
NEW = Route.APPLICATION


def an_hour_ahead(world: Stage) -> None:
    """One machine's clock jumps forward, takes part in everything, and dies with a message on the line."""
    world.clock.passes(HOUR)
    world.submit(*(bodies.event(bodies.code(serial)) for serial in (1, 2, 3, 4)))
    world.deliver(NEW)  # the first is answered by 503, the second by 429
    with world.connector.engine.begin() as db:
        assert world.connector.settings.lease < HOUR
        ledger.claim(
            db, Route.PROGRESS, limit=1, now=world.clock(), lease=world.connector.settings.lease, worker=WORKER
        )
    world.ask_states()
    world.clock.passes(-HOUR)


def test_what_a_clock_that_was_an_hour_fast_has_written_is_due_as_soon_as_it_is_noticed(world: Stage) -> None:
    world.arrived(9)
    world.submit(bodies.event(bodies.code(9), "BoSung", 2))
    world.ministry_answers(SUBMIT, {"status": 503, "body": ""}, {"status": 429, "headers": {"Retry-After": "30"}})
    an_hour_ahead(world)
    agenda = world.connector.agenda()
    assert (agenda.read_events, agenda.expire, agenda.routes) == (False, False, ())

    assert world.connector.mend_clock() > 0

    agenda = world.connector.agenda()
    world.clock.passes(SECOND)
    assert world.connector.agenda().read_events
    assert NEW in world.connector.agenda().routes
    assert world.connector.agenda().expire == (State.SENDING in world.states(Route.PROGRESS))
    before = world.clock()
    world.run_until_quiet()
    assert world.clock() - before < HOUR / 2
    assert world.states(NEW) == [State.DELIVERED] * 5 + [State.HELD]
    assert len(world.sandboxes.effects("ministry", "submission")) == 5
    assert world.row("SELECT count(*) AS n FROM message WHERE due_at > now() + interval '10 minutes'").n == 0


def test_a_lease_that_a_fast_clock_has_written_ends_when_clocks_are_right(world: Stage) -> None:
    world.submit(bodies.event(bodies.code(1)))
    with world.connector.engine.begin() as db:
        [held] = ledger.claim(db, NEW, limit=1, now=world.clock() + HOUR, lease=20 * SECOND, worker=WORKER)
    assert world.connector.delivery.expire() == 0

    assert world.connector.mend_clock() == 1
    world.clock.passes(SECOND)
    assert world.connector.delivery.expire() == 1
    world.deliver(NEW)

    assert world.message(NEW).state == "delivered"
    assert world.message(NEW).fence == held.fence + 1


def test_a_clock_that_jumps_forward_ends_leases_and_the_late_settlement_changes_nothing(world: Stage) -> None:
    world.submit(bodies.event(bodies.code(1)))
    batch = world.connector.delivery._claim(NEW, suspects=False)
    assert batch is not None
    world.clock.passes(HOUR)
    assert world.connector.delivery.expire() == 1
    trips = world.connector.delivery._send(NEW, batch)
    report = world.connector.delivery.deliver(NEW)

    world.connector.delivery._settle(NEW, trips, report, batch)

    message = world.message(NEW)
    assert (message.state, message.fence, message.attempts) == ("delivered", 2, 2)
    assert [one.outcome for one in world.attempts(message.id)] == ["lost", "already-there"]
    assert world.history(message.id) == ["take_in", "claim", "expire", "claim", "deliver"]
    assert len(world.sandboxes.effects("ministry", "submission")) == 1


def test_an_hour_forward_and_an_hour_back_between_any_two_steps_loses_and_doubles_nothing(world: Stage) -> None:
    world.sandboxes.at_work()
    jump = HOUR
    world.province.add_events([bodies.event(bodies.code(serial)) for serial in range(12)])
    for _ in range(12):
        world.beat()
        world.clock.passes(jump)
        jump = -jump
        world.connector.mend_clock()
        world.clock.passes(SECOND)
    world.connector.mend_clock()
    world.run_until_quiet(at_rest=world.sandboxes.at_rest)

    assert world.states(NEW) == [State.DELIVERED] * 12
    assert len(world.sandboxes.effects("ministry", "submission")) == 12
    assert [world.sandboxes.status(bodies.code(serial)) for serial in range(12)] == [10] * 12


def test_patience_that_a_partner_asked_for_is_not_cut_short(world: Stage) -> None:
    world.submit(bodies.event(bodies.code(1)))
    world.ministry_answers(SUBMIT, {"status": 429, "headers": {"Retry-After": "1800"}})
    world.deliver(NEW)

    assert world.connector.mend_clock() == 0

    closed = world.closed(Partner.MINISTRY)
    assert closed is not None
    assert closed[0] > timedelta(minutes=29)


@pytest.mark.parametrize("wrong", [HOUR, -HOUR])
def test_a_machine_whose_own_clock_is_wrong_mends_nothing(
    world: Stage, monkeypatch: pytest.MonkeyPatch, wrong: timedelta
) -> None:
    world.submit(bodies.event(bodies.code(1)))
    world.connector.delivery._claim(NEW, suspects=False)
    world.clock.passes(wrong)
    monkeypatch.setattr(wiring, "system_clock", lambda: system_clock() + wrong)

    assert world.connector.mend_clock() == 0
    world.clock.passes(-wrong)

    assert world.message(NEW).lease_until > world.clock() + 15 * SECOND


def test_a_first_reading_of_a_register_by_a_clock_that_is_fast_over_midnight_leaves_no_day_unread(world: Stage) -> None:
    midnight = world.clock().astimezone(VIETNAM).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    [late] = enter(world, marriage(ngayCapNhat=(midnight - HOUR / 2).strftime(INSTANT_FORMAT)))
    world.clock.passes(midnight + HOUR / 3 - world.clock())

    read(world)

    assert [one.subject for one in world.messages(Route.REGISTER)] == [f"KH-{late}"]
