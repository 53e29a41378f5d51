"""A closed partner is tried by one call at a time, whatever many workers have for it, on every way to it."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from connector.domain.message import Partner, Route, State
from tests import bodies
from tests.world import SUBMIT, Stage

SECONDS = timedelta(seconds=1)
NEW = Route.APPLICATION
# A read is repeated within one call, a delivery is not.
TRIES = 3


def calls(world: Stage, partner: str) -> Callable[[], list[str]]:
    """The paths that were called since, without those of tokens."""
    seen: list[str] = []
    watch = world.watches[partner]
    before = watch.saw

    def saw(exchange: Any) -> None:
        if "token" not in exchange.path:
            seen.append(exchange.path)
        before(exchange)

    watch.saw = saw  # type: ignore[method-assign]
    return lambda: seen


def ways_to_the_ministry(world: Stage) -> list[Callable[[], object]]:
    connector = world.connector
    return [
        *[lambda: connector.delivery.deliver(NEW)] * 3,
        *[lambda: connector.delivery.deliver(Route.WITHDRAWAL)] * 2,
        *[lambda: connector.states.ask()] * 3,
        *[lambda: connector.registers.read("marriage")] * 2,
        *[lambda: connector.registers.read("death")] * 2,
    ]


def ways_to_the_province(world: Stage) -> list[Callable[[], object]]:
    connector = world.connector
    return [
        *[lambda: connector.delivery.deliver(Route.PROGRESS)] * 4,
        *[lambda: connector.delivery.deliver(Route.RESULT)] * 2,
        *[lambda: connector.events.read()] * 4,
    ]


def at_once(ways: list[Callable[[], object]]) -> None:
    with ThreadPoolExecutor(len(ways)) as pool:
        for done in [pool.submit(way) for way in ways]:
            done.result()


def everything_is_due(world: Stage) -> None:
    now = world.clock()
    world.change("UPDATE feed SET next_at = :now", now=now)
    world.change("UPDATE dossier SET ask_at = :now WHERE ask_at IS NOT NULL", now=now)
    world.change("UPDATE message SET due_at = :now WHERE state = 'ready'", now=now)


@pytest.mark.parametrize("partner", [Partner.MINISTRY, Partner.PROVINCE])
def test_of_many_workers_one_makes_one_call_and_a_success_opens_the_door_for_all(
    world: Stage, partner: Partner
) -> None:
    ways = ways_to_the_ministry(world) if partner is Partner.MINISTRY else ways_to_the_province(world)
    control = world.ministry if partner is Partner.MINISTRY else world.province
    world.arrived(*range(100, 140))
    world.submit(*(bodies.event(bodies.code(serial)) for serial in range(30)))
    if partner is Partner.PROVINCE:
        world.deliver(NEW)
    world.watches[partner].sides = "request"
    control.outage("503")
    for _ in range(30):
        if world.closed(partner):
            break
        world.clock.passes(4 * SECONDS)  # what was well before counts less and less
        everything_is_due(world)
        at_once(ways)

    pauses = []
    for _ in range(4):
        closed = world.closed(partner)
        assert closed is not None, "an outage that everybody meets trips the breaker"
        pauses.append(round(closed[0].total_seconds()))
        world.clock.passes(closed[0] + SECONDS)
        everything_is_due(world)
        before = world.row("SELECT coalesce(sum(attempts), 0) AS n FROM message").n
        seen = calls(world, partner)
        at_once(ways)
        assert 1 <= len(seen()) <= TRIES
        assert len(set(seen())) == 1
        assert world.row("SELECT coalesce(sum(attempts), 0) AS n FROM message").n == before

    assert pauses == sorted(pauses)
    assert pauses[-1] == 30
    control.outage("off")
    closed = world.closed(partner)
    assert closed is not None
    world.clock.passes(closed[0] + SECONDS)
    everything_is_due(world)
    at_once(ways)
    assert world.closed(partner) is None
    world.run_until_quiet()
    assert set(world.states(NEW)) == {State.DELIVERED}
    assert len(world.sandboxes.effects("ministry", "submission")) == 70


def test_what_a_partner_refuses_never_closes_its_door(world: Stage) -> None:
    world.submit(*(bodies.event(bodies.code(serial)) for serial in range(40)))
    refusal = json.dumps({"status": "0", "errorCode": "500"})
    world.ministry_answers(SUBMIT, {"status": 200, "body": refusal, "times": 40})

    assert world.deliver(NEW) == {"refused": 40}

    assert world.closed(Partner.MINISTRY) is None
    assert world.row("SELECT tripped FROM partner WHERE name = 'ministry'").tripped is False
