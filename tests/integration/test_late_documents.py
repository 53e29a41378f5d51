"""A result whose signed document does not come: listed, an alarm after a time that can be set, and gone with it."""

from datetime import timedelta

from connector.adapters import overview
from connector.domain.message import Route
from tests.world import Stage

HOURS = timedelta(hours=1)


def late(world: Stage) -> int:
    with world.connector.engine.begin() as db:
        return overview.look(db, world.clock(), world.settings.document_alert).late_documents


def test_it_is_listed_at_once_an_alarm_after_the_time_that_was_set_and_neither_once_it_came(world: Stage) -> None:
    alert = world.settings.document_alert
    [code] = world.arrived(1)
    world.ministry.act(code, "register")
    world.ask_states()

    [held] = world.messages(Route.RESULT, code)
    assert (held.state, held.hold) == ("held", "document")
    assert world.codes(Route.RESULT, code) == [{"RESULT_WITHOUT_FILE"}]
    assert (world.connector.late_documents(), late(world)) == (0, 0)

    world.clock.passes(alert - HOURS / 60)
    assert (world.connector.late_documents(), late(world)) == (0, 0)
    world.clock.passes(2 * HOURS / 60)
    assert (world.connector.late_documents(), late(world)) == (1, 1)
    assert world.sandboxes.effects("province", "result") == []

    world.ministry.act(code, "sign")
    world.ask_states()
    world.deliver()
    assert (world.connector.late_documents(), late(world)) == (0, 0)
    assert len(world.sandboxes.effects("province", "result")) == 1
    assert [message.state for message in world.messages(Route.RESULT, code)] == ["superseded", "delivered"]
