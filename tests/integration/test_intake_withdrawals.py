"""A citizen takes a dossier back: before it was sent, while it is on the line, and after."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from connector.adapters import ledger
from connector.domain.message import Route
from tests import bodies
from tests.partners import wait_for
from tests.world import Event, Stage

NEW, FIRST, SECOND = Route.APPLICATION, bodies.code(1), bodies.code(2)


def withdrawal(code: str, **more: Any) -> Event:
    return bodies.event(code, "Rut", 1, TrangThaiHoSo=7) | {"ThoiDiem": "20261120100000", **more}


def test_withdrawn_before_it_was_sent_neither_is_sent(world: Stage) -> None:
    world.submit(bodies.event(FIRST))
    world.submit(withdrawal(FIRST))
    world.deliver()

    application, rut = world.message(NEW), world.message(Route.WITHDRAWAL)
    assert (application.state, rut.state) == ("superseded", "cancelled")
    assert "supersede" in world.history(application.id)
    assert world.row("SELECT why FROM history WHERE move = 'supersede'").why == "withdrawn before it was sent"
    assert world.sandboxes.effects("ministry", "submission", "withdrawal", "withdrawal-denied") == []


def test_withdrawn_in_the_same_page_neither_is_sent(world: Stage) -> None:
    world.submit(bodies.event(FIRST), withdrawal(FIRST))
    world.deliver()

    assert (world.message(NEW).state, world.message(Route.WITHDRAWAL).state) == ("superseded", "cancelled")
    assert world.sandboxes.effects("ministry", "submission") == []


def test_withdrawn_while_it_is_being_claimed_waits_for_what_becomes_of_it(world: Stage) -> None:
    """The claim is under way, and not yet to be seen, when the withdrawal is decided."""
    world.submit(bodies.event(FIRST))
    world.province.add_events([withdrawal(FIRST)])

    with ThreadPoolExecutor(1) as other, world.connector.engine.connect() as claiming:
        lease = world.settings.lease
        assert ledger.claim(claiming, NEW, limit=1, now=world.clock(), lease=lease, worker="another")
        reading = other.submit(world.read_events)
        wait_for(lambda: world.row("SELECT count(*) AS n FROM pg_locks WHERE NOT granted").n > 0, 20)
        claiming.commit()
        reading.result(20)

    assert (world.message(NEW).state, world.message(Route.WITHDRAWAL).state) == ("sending", "held")
    world.clock.passes(lease + timedelta(seconds=1))
    world.connector.delivery.expire()
    world.clock.passes(timedelta(minutes=5))
    world.deliver()
    assert len(world.sandboxes.effects("ministry", "submission")) == 1
    assert len(world.sandboxes.effects("ministry", "withdrawal")) == 1


def test_a_withdrawal_that_comes_before_its_dossier_waits_and_then_stops_it(world: Stage) -> None:
    world.submit(withdrawal(FIRST))
    assert world.message(Route.WITHDRAWAL).state == "held"
    world.submit(bodies.event(FIRST))
    world.deliver()

    assert (world.message(NEW).state, world.message(Route.WITHDRAWAL).state) == ("superseded", "cancelled")
    assert world.sandboxes.effects("ministry", "submission") == []


def test_withdrawn_after_it_was_sent_the_ministry_hears_of_it(world: Stage) -> None:
    [code] = world.arrived(1)
    world.submit(withdrawal(code, LyDo="Đổi ý"))
    world.deliver()

    [effect] = world.sandboxes.effects("ministry", "withdrawal")
    assert effect["body"]["lyDo"] == "Đổi ý"
    assert effect["body"]["thoiDiem"] == "20/11/2026 10:00:00"
    assert world.message(Route.WITHDRAWAL).state == "delivered"
    assert world.facts(code).ask_at is None


def test_a_withdrawal_without_a_reason_says_what_a_citizen_would(world: Stage) -> None:
    [code] = world.arrived(1)
    world.submit(withdrawal(code))
    world.deliver()

    [effect] = world.sandboxes.effects("ministry", "withdrawal")
    assert effect["body"]["lyDo"] == "Công dân rút hồ sơ"


def test_a_withdrawal_that_comes_too_late_is_for_a_person(world: Stage) -> None:
    [code] = world.arrived(1)
    world.ministry.act(code, "refuse")
    world.submit(withdrawal(code))
    world.deliver()

    message = world.message(Route.WITHDRAWAL)
    assert (message.state, message.last_code) == ("refused", "111")


def test_a_withdrawal_waits_for_the_answer_that_was_lost(world: Stage) -> None:
    world.submit(bodies.event(FIRST))
    world.ministry.script([{"path": "/hotich/1.0/nhanHoSoDKHT", "reset": True, "effect": "before"}])
    world.deliver(NEW)
    world.submit(withdrawal(FIRST))
    assert world.message(Route.WITHDRAWAL).state == "held"

    world.run_until_quiet()

    assert (world.message(NEW).state, world.message(Route.WITHDRAWAL).state) == ("delivered", "delivered")
    assert len(world.sandboxes.effects("ministry", "submission")) == 1
    assert len(world.sandboxes.effects("ministry", "withdrawal")) == 1


def test_a_withdrawal_after_the_ministry_refused_the_application_sends_nothing_more(world: Stage) -> None:
    world.submit(bodies.event(FIRST))
    world.ministry_answers("/hotich/1.0/nhanHoSoDKHT", {"status": 200, "body": '{"status": "0", "errorCode": "500"}'})
    world.deliver(NEW)
    assert world.message(NEW).state == "refused"
    world.submit(withdrawal(FIRST))
    world.deliver()

    assert (world.message(NEW).state, world.message(Route.WITHDRAWAL).state) == ("superseded", "cancelled")
    why = {row.move: row.why for row in world.rows("SELECT move, why FROM history")}
    assert why["supersede"] == "withdrawn, and the ministry had not taken it"
    assert why["cancel"] == "nothing reached the ministry: there is nothing to withdraw"
    assert world.sandboxes.effects("ministry", "withdrawal", "withdrawal-denied") == []
