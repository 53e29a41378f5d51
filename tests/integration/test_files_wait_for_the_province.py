"""An application's files come from the province when it goes: while the province is away, none spends its attempts."""

from datetime import timedelta

from connector.adapters import partners
from connector.domain.errors import Unreachable
from connector.domain.message import Partner, Route
from tests import bodies
from tests.world import Stage


def test_no_application_is_tried_while_the_province_is_away_and_all_go_when_it_is_back(world: Stage) -> None:
    world.submit(*(bodies.event(bodies.code(serial)) for serial in range(1, 4)))
    with world.connector.engine.begin() as db:
        partners.note(db, Partner.PROVINCE, good=0, errors=[Unreachable("DOWN", "away")] * 12, now=world.clock())

    assert world.deliver(Route.APPLICATION) == {}
    assert Route.APPLICATION not in world.connector.agenda().routes

    # The pause is over, and nobody knows yet whether it is back: the feed asks.
    world.clock.passes(timedelta(minutes=1))
    assert world.deliver(Route.APPLICATION) == {}
    world.read_events()

    assert Route.APPLICATION in world.connector.agenda().routes
    assert world.deliver(Route.APPLICATION) == {"delivered": 3}
    assert [row.attempts for row in world.messages(Route.APPLICATION)] == [1, 1, 1]
