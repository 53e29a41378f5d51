"""Areas that are closed, opened, frozen and opened again, judged by what took effect at the partners."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from connector.adapters import areas, ledger
from connector.adapters.areas import Change
from connector.domain.message import Route, State
from connector.domain.rollout import PROCEDURES, Mode
from connector.rollout.changes import Fate, Outcome
from tests import bodies
from tests.areas import set_area
from tests.ledger_rows import NOW, draft, rows_in
from tests.partners import wait_for
from tests.world import SUBMIT, Sandboxes, Stage, stage_over

NEW = Route.APPLICATION
FIRST, SECOND = bodies.code(1), bodies.code(2)
HERE = "long-xuyen"


@pytest.fixture
def world(closed_database: str, sandboxes: Sandboxes) -> Iterator[Stage]:
    """A fresh installation between two empty partners whose people rest."""
    with stage_over(closed_database, sandboxes, release_rate="1000") as stage:
        yield stage


def set_to(world: Stage, mode: Mode, area: str = HERE, **wish: Any) -> Outcome:
    return set_area(world.connector.engine, area, mode, world.clock(), **wish)


def changes(was: Mode, mode: Mode) -> list[Change]:
    return [Change(area=HERE, procedure=one, was=was, mode=mode, by="lead", why="a test") for one in PROCEDURES]


def submitted(world: Stage) -> list[str]:
    """Dossiers whose submission took effect at the ministry, in order."""
    return [effect["subject"] for effect in world.sandboxes.effects("ministry", "submission")]


def holds(world: Stage) -> list[tuple[str, str]]:
    return [(row.route, row.hold) for row in world.rows("SELECT * FROM message WHERE state = 'held' ORDER BY seq")]


def test_a_fresh_installation_writes_down_and_holds(world: Stage) -> None:
    world.submit(bodies.event(FIRST))
    world.run_until_quiet()

    one = world.message(NEW)
    assert (one.state, one.hold, one.rule) == ("held", "area", None)
    assert submitted(world) == []
    assert world.row("SELECT why FROM history").why == "no area that it lies in was opened"


@pytest.mark.parametrize("mode", [Mode.OFF, Mode.SHADOW, Mode.FROZEN])
def test_nothing_is_sent_in_a_mode_that_is_not_live(world: Stage, mode: Mode) -> None:
    set_to(world, Mode.LIVE, "all")
    set_to(world, mode)
    world.submit(bodies.event(FIRST))
    world.run_until_quiet()

    assert holds(world) == [("application", "area")]
    assert submitted(world) == []
    assert world.message(NEW).rule == world.row("SELECT max(id) AS id FROM area_change WHERE procedure = 'marriage'").id


def test_what_was_held_goes_when_its_area_is_opened(world: Stage) -> None:
    world.submit(bodies.event(FIRST), bodies.event(SECOND))
    assert set_to(world, Mode.LIVE).released == 2
    world.run_until_quiet()

    assert sorted(submitted(world)) == [FIRST, SECOND]
    assert world.sandboxes.told(FIRST) == [4]
    one = world.messages(NEW)[0]
    assert world.history(one.id) == ["take_in", "release", "claim", "deliver"]
    assert one.rule == world.row("SELECT id FROM area_change WHERE procedure = 'marriage'").id


def test_what_a_check_found_is_invalid_in_a_closed_area_too(world: Stage) -> None:
    world.submit(bodies.event(FIRST, ToKhai=bodies.to_khai(BenNam={**bodies.to_khai()["BenNam"], "HoTen": "X"})))
    assert world.states(NEW) == [State.INVALID]

    set_to(world, Mode.LIVE)
    world.run_until_quiet()

    assert world.states(NEW) == [State.INVALID]


def test_only_the_procedure_that_was_opened_goes(world: Stage) -> None:
    set_to(world, Mode.LIVE, procedures=("death",))
    world.submit(bodies.event(FIRST))
    world.run_until_quiet()

    assert holds(world) == [("application", "area")]


def test_what_was_ready_is_held_when_its_area_is_closed(world: Stage) -> None:
    set_to(world, Mode.LIVE)
    world.submit(bodies.event(FIRST))
    assert set_to(world, Mode.OFF).held == 1
    world.run_until_quiet()

    assert submitted(world) == []
    assert world.history(world.message(NEW).id) == ["take_in", "hold"]


def test_a_worker_holds_back_what_nobody_swept(world: Stage) -> None:
    """As after a kill between the change and what follows from it."""
    set_to(world, Mode.LIVE)
    world.submit(bodies.event(FIRST))
    with world.connector.engine.begin() as db:
        areas.alone(db)
        changes = [
            Change(area=HERE, procedure=one, was=Mode.LIVE, mode=Mode.OFF, by="lead", why="a test")
            for one in PROCEDURES
        ]
        areas.write(db, changes, world.clock())
    assert world.deliver(NEW) == {}

    one = world.message(NEW)
    assert (one.state, one.hold, one.attempts) == ("held", "area", 0)
    assert world.history(one.id) == ["take_in", "claim", "hold"]
    assert world.attempts(one.id) == []
    assert submitted(world) == []


def test_closing_stops_a_batch_between_its_calls_and_calls_on_the_line_are_settled(world: Stage) -> None:
    set_to(world, Mode.LIVE)
    world.submit(*(bodies.event(bodies.code(serial)) for serial in range(1, 31)))
    world.ministry.set(latency=[1.5, 1.5], rates={"latency": 1.0})
    worker = threading.Thread(target=world.deliver, args=(NEW,))
    worker.start()
    wait_for(lambda: world.states(NEW).count(State.SENDING) == 30, 10)

    set_to(world, Mode.OFF)
    worker.join(20)

    states = world.states(NEW)
    assert set(states) == {State.DELIVERED, State.HELD}
    assert len(submitted(world)) == states.count(State.DELIVERED) <= 8
    set_to(world, Mode.LIVE)
    world.ministry.set(latency=[0.0, 0.001], rates={})
    world.run_until_quiet()
    assert sorted(submitted(world)) == [bodies.code(serial) for serial in range(1, 31)]


@pytest.mark.parametrize("mode", [Mode.OFF, Mode.SHADOW])
def test_a_dossier_that_was_begun_is_finished_though_its_area_closed(world: Stage, mode: Mode) -> None:
    set_to(world, Mode.LIVE)
    world.arrived(1)
    set_to(world, mode)
    world.submit(bodies.event(SECOND))
    world.sandboxes.at_work(supplement=0.0, refuse=0.0)
    world.run_until_quiet(at_rest=world.sandboxes.at_rest)

    assert world.sandboxes.status(FIRST) == 10
    assert submitted(world) == [FIRST]
    assert holds(world) == [("application", "area")]


def test_a_frozen_area_holds_every_route_and_goes_on_where_it_was(world: Stage) -> None:
    set_to(world, Mode.LIVE)
    world.arrived(1)
    set_to(world, Mode.FROZEN)
    world.ministry.act(FIRST, "accept")
    world.ministry.act(FIRST, "sign")
    world.run_until_quiet()
    assert ("result", "area") in holds(world)
    assert world.sandboxes.told(FIRST) == [4]

    set_to(world, Mode.LIVE)
    world.run_until_quiet()

    assert holds(world) == []
    assert world.sandboxes.status(FIRST) == 9


def test_thawed_into_off_what_was_begun_goes_and_the_rest_stays(world: Stage) -> None:
    set_to(world, Mode.LIVE)
    world.arrived(1)
    set_to(world, Mode.FROZEN)
    world.ministry.act(FIRST, "sign")
    world.submit(bodies.event(SECOND))
    world.run_until_quiet()

    set_to(world, Mode.OFF)
    world.run_until_quiet()

    assert world.sandboxes.status(FIRST) == 9
    assert holds(world) == [("application", "area")]


def test_a_call_whose_answer_was_lost_has_begun_its_dossier(world: Stage) -> None:
    set_to(world, Mode.LIVE)
    world.ministry_answers("/hotich/1.0/nhanHoSoDKHT", {"reset": True, "effect": "before"})
    world.submit(bodies.event(FIRST))
    assert world.deliver(NEW) == {"unreachable": 1}
    set_to(world, Mode.OFF)
    world.run_until_quiet()

    assert submitted(world) == [FIRST]
    assert world.states(NEW) == [State.DELIVERED]


def test_a_probe_whose_answer_was_lost_has_begun_its_dossier_though_it_does_not_count(world: Stage) -> None:
    set_to(world, Mode.LIVE)
    world.ministry_answers(SUBMIT, {"reset": True, "effect": "before"})
    world.submit(bodies.event(FIRST))
    world.change("INSERT INTO partner (name) VALUES ('ministry') ON CONFLICT DO NOTHING")
    world.change("UPDATE partner SET tripped = true WHERE name = 'ministry'")
    assert world.deliver(NEW) == {"unreachable": 1}
    assert world.message(NEW).attempts == 0
    set_to(world, Mode.OFF)
    world.run_until_quiet()

    assert submitted(world) == [FIRST]
    assert world.states(NEW) == [State.DELIVERED]


def test_withdrawn_while_its_area_is_closed_neither_is_ever_sent(world: Stage) -> None:
    world.submit(bodies.event(FIRST))
    world.submit(bodies.event(FIRST, "Rut", 1, TrangThaiHoSo=7) | {"ThoiDiem": "20261120100000"})
    set_to(world, Mode.LIVE)
    world.run_until_quiet()

    assert (world.message(NEW).state, world.message(Route.WITHDRAWAL).state) == ("superseded", "cancelled")
    assert world.sandboxes.effects("ministry", "submission", "withdrawal", "withdrawal-denied") == []


def test_a_backlog_that_is_skipped_is_cancelled_with_the_reason_and_stays_by_hand(world: Stage) -> None:
    world.submit(bodies.event(FIRST))
    assert set_to(world, Mode.LIVE, fate=Fate.SKIP, why="clerks entered them").skipped == 1
    world.submit(bodies.event(SECOND), bodies.event(FIRST, "BoSung", 2, ToKhai=bodies.to_khai(GhiChu="bổ sung")))
    world.run_until_quiet()

    assert world.states(NEW) == [State.CANCELLED, State.CANCELLED, State.DELIVERED]
    assert submitted(world) == [SECOND]
    why = world.row("SELECT why FROM history WHERE move = 'cancel'").why
    assert "clerks entered them" in why


def test_a_backlog_is_sent_from_a_day_on(world: Stage) -> None:
    early = bodies.event(FIRST, NgayTiepNhan="20261118083000")
    world.submit(early, bodies.event(SECOND))
    day = world.message(NEW, SECOND).received_on
    outcome = set_to(world, Mode.LIVE, first_day=day)
    world.run_until_quiet()

    assert (outcome.skipped, submitted(world)) == (1, [SECOND])
    assert world.states(NEW, FIRST) == [State.CANCELLED]


def test_a_backlog_goes_in_waves_the_oldest_first(world: Stage) -> None:
    world.clock.stands_still()
    codes = [bodies.code(serial) for serial in range(1, 8)]
    for code in codes:
        world.submit(bodies.event(code))
    world.connector.draining._rate = 3
    set_to(world, Mode.LIVE)

    waves = []
    for _ in range(4):
        waves.append(world.connector.draining.look().released)
        world.clock.passes(timedelta(seconds=1))
        world.deliver(NEW)
    assert waves == [3, 3, 1, 0]
    sent = submitted(world)
    assert [sorted(sent[:3]), sorted(sent[3:6]), sent[6:]] == [codes[:3], codes[3:6], codes[6:]]


def test_closing_stops_the_waves(world: Stage) -> None:
    world.submit(*(bodies.event(bodies.code(serial)) for serial in range(1, 8)))
    world.connector.draining._rate = 3
    set_to(world, Mode.LIVE)
    world.connector.draining.look()
    set_to(world, Mode.OFF)
    world.run_until_quiet()

    assert submitted(world) == []
    assert len(holds(world)) == 7


def test_a_mode_set_for_a_time_ends_by_itself(world: Stage) -> None:
    set_to(world, Mode.LIVE)
    set_to(world, Mode.FROZEN, until=world.clock() + timedelta(hours=2))
    world.submit(bodies.event(FIRST))
    world.run_until_quiet()
    assert submitted(world) == []

    world.clock.passes(timedelta(hours=2))
    world.run_until_quiet()

    assert submitted(world) == [FIRST]
    last = world.rows("SELECT * FROM area_change ORDER BY id")[-1]
    assert (last.was, last.mode, last.by) == ("frozen", "live", "clock")


def test_a_freeze_that_is_made_longer_ends_all_the_same(world: Stage) -> None:
    set_to(world, Mode.LIVE)
    for hours in (2, 3):
        set_to(world, Mode.FROZEN, until=world.clock() + timedelta(hours=hours))
    world.submit(bodies.event(FIRST))
    world.clock.passes(timedelta(hours=3))
    world.run_until_quiet()

    assert submitted(world) == [FIRST]


def test_intake_waits_for_a_change_that_is_being_made(closed_database: str) -> None:
    """Or a message could be held by a mode that ended before it was written, and nobody would look at it again."""
    with rows_in(closed_database) as changing, rows_in(closed_database) as taking:
        done = threading.Event()

        def take_in() -> None:
            with taking.engine.begin() as db:
                ledger.take_in(db, [draft(1)], NOW, by="intake")
            done.set()

        with changing.engine.begin() as db:
            areas.alone(db)
            worker = threading.Thread(target=take_in)
            worker.start()
            assert not done.wait(0.3)
            areas.write(db, changes(Mode.OFF, Mode.LIVE), NOW)
        worker.join(10)
        assert taking.states() == [State.READY]
