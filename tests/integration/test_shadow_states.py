"""Shadow sees what clerks brought to the ministry by hand, and tells nobody but those who read readiness."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.domain.message import Partner, Route, State
from connector.domain.rollout import PROCEDURES, Mode
from connector.rollout.readiness import Readiness, Thresholds, look
from schemas.ministry import CODES_PER_CALL, Submission
from tests import bodies
from tests.areas import set_area
from tests.partners import wait_for
from tests.roles import Roles
from tests.world import STATES, Sandboxes, Stage, stage_over

FIRST, SECOND, THIRD = (bodies.code(serial) for serial in (1, 2, 3))
HERE = "long-xuyen"
EASY = Thresholds(valid=0.0, matching=0.9, compared=0, causes=9)


@pytest.fixture
def world(closed_database: str, sandboxes: Sandboxes) -> Iterator[Stage]:
    with stage_over(closed_database, sandboxes) as stage:
        set_area(stage.connector.engine, HERE, Mode.SHADOW, stage.clock())
        yield stage


def by_hand(world: Stage, code: str, *acts: str) -> None:
    """A clerk brings a dossier to the ministry without us, and officers go on with it."""
    form, _ = Submission.read_value(bodies.submission(code, bodies.marriage_form()))
    assert form is not None
    world.connector.ministry.submit(form, "")
    for act in acts:
        world.ministry.act(code, act)


def underage() -> dict[str, Any]:
    young = {**bodies.to_khai()["BenNu"], "NgaySinh": "05/07/2015", "SoDinhDanh": "089315004321"}
    young["GiayTo"] = {"Loai": 9, "So": "089315004321"}
    return bodies.to_khai(BenNu=young)


def ask(world: Stage) -> None:
    """As if the next question about every dossier had come."""
    world.change("UPDATE shadow_state SET ask_at = :now WHERE ask_at IS NOT NULL", now=world.clock())
    assert world.connector.hand_states.look().error is None


def readiness(world: Stage) -> Readiness:
    with world.connector.engine.begin() as db:
        return look(db, HERE, PROCEDURES, EASY, now=world.clock())


def test_what_clerks_caused_is_seen_and_nothing_of_it_is_told(world: Stage) -> None:
    world.submit(bodies.event(FIRST), bodies.event(SECOND), bodies.event(THIRD, ToKhai=underage()))
    by_hand(world, FIRST, "accept")
    ask(world)
    assert (readiness(world).by_hand.known, readiness(world).by_hand.decided) == (1, 0)
    assert "decided" not in {one.name for one in readiness(world).short_of}

    world.ministry.act(FIRST, "refuse")
    by_hand(world, THIRD, "accept", "sign")
    ask(world)
    world.run_until_quiet()

    found = readiness(world).by_hand
    assert (found.asked, found.states, found.refused, found.done) == (3, {4: 1, 6: 1}, 1, 1)
    assert (found.decided, found.agreeing) == (2, 0)
    assert "decided" in {one.name for one in readiness(world).short_of}
    assert world.sandboxes.effects("province", "progress", "result") == []
    assert [world.messages(route) for route in (Route.PROGRESS, Route.RESULT)] == [[], []]
    assert world.rows("SELECT * FROM sighting") == []


def test_what_the_ministry_has_by_hand_is_not_sent_when_the_area_is_opened(world: Stage) -> None:
    world.submit(bodies.event(FIRST), bodies.event(SECOND))
    by_hand(world, FIRST)
    ask(world)

    assert set_area(world.connector.engine, HERE, Mode.LIVE, world.clock()).skipped == 1
    world.clock.passes(timedelta(seconds=1))
    world.run_until_quiet()

    assert world.states(Route.APPLICATION) == [State.CANCELLED, State.DELIVERED]
    assert len(world.sandboxes.effects("ministry", "submission")) == 2
    assert world.attempts(world.message(Route.APPLICATION, FIRST).id) == []


@pytest.mark.parametrize("mode", [Mode.OFF, Mode.LIVE, Mode.FROZEN])
def test_only_areas_in_shadow_are_asked_about(world: Stage, mode: Mode) -> None:
    world.submit(bodies.event(FIRST))
    set_area(world.connector.engine, HERE, mode, world.clock())
    ask(world)
    assert world.asked == []

    set_area(world.connector.engine, HERE, Mode.SHADOW, world.clock())
    ask(world)
    assert world.asked == [[FIRST]]


def test_a_dossier_that_we_sent_is_live_s_to_ask_about(world: Stage) -> None:
    set_area(world.connector.engine, HERE, Mode.LIVE, world.clock())
    world.arrived(1)
    set_area(world.connector.engine, HERE, Mode.SHADOW, world.clock())
    world.submit(bodies.event(FIRST, "BoSung", 2, ToKhai=underage()))
    ask(world)
    assert world.states(Route.APPLICATION) == [State.DELIVERED, State.INVALID]
    assert world.asked == []
    assert world.rows("SELECT * FROM shadow_state") == []


def test_an_area_opened_while_the_ministry_answers_makes_no_evidence_of_our_own_sending(
    world: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.submit(bodies.event(FIRST))
    ministry, answer = world.connector.ministry, world.connector.ministry.states

    def states_after_we_sent(*question: Any) -> list[bytes]:
        set_area(world.connector.engine, HERE, Mode.LIVE, world.clock())
        world.connector.draining.look()
        world.deliver(Route.APPLICATION)
        set_area(world.connector.engine, HERE, Mode.SHADOW, world.clock())
        return answer(*question)

    monkeypatch.setattr(ministry, "states", states_after_we_sent)
    world.connector.hand_states.look()

    assert world.asked == [[FIRST]]
    assert len(world.sandboxes.effects("ministry", "submission")) == 1
    assert world.row("SELECT state FROM shadow_state").state is None


def test_questions_are_few_and_grow_fewer(world: Stage) -> None:
    world.clock.stands_still()
    world.submit(*(bodies.event(bodies.code(serial)) for serial in range(1, CODES_PER_CALL + 11)))
    world.connector.hand_states.look()
    assert [len(codes) for codes in world.asked] == [CODES_PER_CALL, 10]

    world.connector.hand_states.look()
    assert len(world.asked) == 2

    world.clock.passes(timedelta(hours=10))
    world.connector.hand_states.look()
    waits = {row.ask_at - world.clock() for row in world.rows("SELECT ask_at FROM shadow_state")}
    assert all(timedelta(minutes=59) < wait < timedelta(minutes=61) for wait in waits)


def test_workers_ask_by_themselves(world: Stage, broker: str, tmp_path: Path) -> None:
    world.submit(bodies.event(FIRST))
    by_hand(world, FIRST, "accept")
    with Roles(world, broker, tmp_path) as roles:
        roles.start("beat")
        roles.start("worker")
        wait_for(lambda: world.rows("SELECT 1 FROM shadow_state WHERE state IS NOT NULL"), 60)

    assert len(world.sandboxes.effects("ministry", "submission")) == 1
    assert world.sandboxes.effects("province", "progress", "result") == []


def test_one_that_is_decided_is_not_asked_about_any_more(world: Stage) -> None:
    world.submit(bodies.event(FIRST))
    by_hand(world, FIRST, "refuse")
    ask(world)
    ask(world)
    assert world.asked == [[FIRST]]


def test_a_ministry_that_is_away_is_asked_again_and_one_that_is_closed_is_left_alone(world: Stage) -> None:
    world.submit(bodies.event(FIRST))
    world.ministry_answers(STATES, {"status": 503})
    assert world.connector.hand_states.look().error is not None
    ask(world)
    assert readiness(world).by_hand.asked == 1
    asked = len(world.asked)

    world.change(
        "UPDATE partner SET closed_until = :until WHERE name = :name",
        until=world.clock() + timedelta(hours=1),
        name=Partner.MINISTRY.value,
    )
    ask(world)
    assert len(world.asked) == asked


def test_an_answer_that_cannot_be_read_spoils_no_other_s(world: Stage) -> None:
    world.submit(bodies.event(FIRST), bodies.event(SECOND))
    by_hand(world, SECOND)
    world.ministry_answers(STATES, {"status": 200, "body": "{"}, {"status": 200, "body": "{"})
    ask(world)
    assert readiness(world).by_hand.known == 1
