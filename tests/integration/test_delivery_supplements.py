"""Supplements: several rounds, questions that come late, and answers that are lost."""

from datetime import timedelta
from typing import Any

from connector.domain.message import Route, State
from tests import bodies
from tests.world import SUBMIT, Event, Stage

FIRST, SECOND = bodies.code(1), bodies.code(2)
NEW = Route.APPLICATION
SECONDS = timedelta(seconds=1)


def submissions(world: Stage, *kinds: str) -> list[dict[str, Any]]:
    return world.sandboxes.effects("ministry", *(kinds or ("submission",)))


def supplement(version: int) -> Event:
    return bodies.event(FIRST, "BoSung", version, ToKhai=bodies.to_khai(GhiChu=f"bản {version}"))


def test_several_rounds_of_supplements_count_submissions_not_versions(world: Stage) -> None:
    world.arrived(1)
    for version, number in ((4, 2), (7, 3)):
        world.ministry.act(FIRST, "supplement")
        world.run_until_quiet()
        world.submit(supplement(version))
        world.run_until_quiet()
        assert submissions(world)[-1]["body"]["lanGui"] == number

    assert world.sandboxes.told(FIRST) == [4, 5, 4, 4, 5, 4, 4]
    assert submissions(world, "submission-denied") == []


def test_a_supplement_that_comes_before_the_question_was_seen_waits_for_it(world: Stage) -> None:
    world.arrived(1)
    world.ministry.act(FIRST, "supplement")
    world.submit(supplement(2))
    assert world.states(NEW) == [State.DELIVERED, State.HELD]

    world.ask_states()
    world.deliver(NEW)

    assert world.states(NEW) == [State.DELIVERED, State.DELIVERED]


def test_a_supplement_that_the_ministry_does_not_expect_any_more_is_held_again(world: Stage) -> None:
    world.arrived(1)
    world.ministry.act(FIRST, "supplement")
    world.ask_states()
    world.ministry.act(FIRST, "accept")
    world.submit(supplement(2))
    world.deliver(NEW)

    _, second = world.messages(NEW)
    assert (second.state, second.hold, second.last_code) == ("held", "request", "111")
    world.ministry.act(FIRST, "supplement")
    world.run_until_quiet()
    assert world.states(NEW) == [State.DELIVERED, State.DELIVERED]


def test_a_lost_answer_to_a_supplement_is_settled_by_repeating(world: Stage) -> None:
    world.arrived(1)
    world.ministry.act(FIRST, "supplement")
    world.ask_states()
    world.ministry_answers(SUBMIT, {"reset": True, "effect": "before"})
    world.submit(supplement(2))
    world.run_until_quiet()

    assert [effect["body"]["lanGui"] for effect in submissions(world)] == [1, 2]
    assert world.states(NEW) == [State.DELIVERED, State.DELIVERED]


def test_a_version_that_comes_after_a_later_one_was_delivered_is_not_sent_any_more(world: Stage) -> None:
    code = bodies.code(1)
    world.submit(bodies.event(code, version=2))
    world.deliver(Route.APPLICATION)

    world.submit(bodies.event(code, version=1, GhiChu="cũ hơn"))
    world.run_until_quiet()

    assert world.states(Route.APPLICATION, code) == [State.SUPERSEDED, State.DELIVERED]
    assert len(world.sandboxes.effects("ministry", "submission")) == 1
