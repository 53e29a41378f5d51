"""Replay jobs: what was shown is what is run, once, in order, in waves, and every message is accounted for."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from connector.adapters import job_items, jobs
from connector.adapters.jobs import Job
from connector.adapters.views import Filter
from connector.domain.message import Route, State
from connector.domain.replay import ItemState, JobState, Prospect
from connector.replay.control import NotPossible
from connector.replay.plans import Request
from tests import bodies
from tests.world import SUBMIT, Stage

NEW = Route.APPLICATION
ANNA = "anna@quay-1"


def refusal(code: str = "500") -> dict[str, Any]:
    return {"status": 200, "body": f'{{"status": "0", "errorCode": "{code}", "value": null}}'}


def refused(world: Stage, *serials: int) -> list[UUID]:
    """Applications that the ministry refused for a reason of its own; their ids, oldest first."""
    world.submit(*(bodies.event(bodies.code(serial)) for serial in serials))
    world.ministry_answers(SUBMIT, *(refusal() for _ in serials))
    world.deliver(NEW)
    assert set(world.states(NEW)) == {State.REFUSED}
    return [row.id for row in world.rows("SELECT id FROM message WHERE route = 'application' ORDER BY seq")]


def frozen(world: Stage, wanted: Filter | None = None, **wish: Any) -> UUID:
    """A plan that is ready to be run."""
    job_id, _ = world.connector.plans.freeze(Request(wanted=wanted or Filter(), by=ANNA, **wish))
    world.connector.plans.prepare(job_id)
    return job_id


def running(world: Stage, wanted: Filter | None = None, **wish: Any) -> UUID:
    job_id = frozen(world, wanted, **wish)
    world.connector.jobs.run(job_id, by=ANNA, reason="the rule was corrected")
    return job_id


def look(world: Stage, job_id: UUID) -> Job:
    with world.connector.engine.begin() as db:
        found = jobs.look(db, job_id)
    assert found is not None
    assert found.planned == found.sent + found.skipped + found.failed + found.remaining
    return found


def counts(job: Job) -> tuple[int, int, int, int, int]:
    return job.planned, job.sent, job.skipped, job.failed, job.remaining


def step(world: Stage, job_id: UUID) -> Job:
    """One step of the workers, and what it put on the line delivered."""
    world.connector.replays.work()
    world.clock.passes(timedelta(seconds=1))
    world.deliver(NEW)
    return look(world, job_id)


def to_its_end(world: Stage, job_id: UUID, steps: int = 60) -> Job:
    for _ in range(steps):
        if (job := step(world, job_id)).is_over or job.state is JobState.PAUSED:
            return job
    raise AssertionError(look(world, job_id))


def items(world: Stage, job_id: UUID) -> Sequence[Any]:
    return world.rows("SELECT * FROM replay_item WHERE job_id = :job ORDER BY place", job=job_id)


# -- what is run is what was shown ------------------------------------------------------------------------------------


def test_what_had_stopped_goes_again_and_every_message_is_accounted_for(world: Stage) -> None:
    refused(world, *range(1, 9))

    job = to_its_end(world, running(world))

    assert job.state is JobState.DONE
    assert counts(job) == (8, 8, 0, 0, 0)
    assert set(world.states(NEW)) == {State.DELIVERED}
    message = world.messages(NEW)[0]
    assert world.history(message.id) == ["take_in", "claim", "refuse", "replay", "claim", "deliver"]
    said = world.row("SELECT by, why FROM history WHERE move = 'replay' LIMIT 1")
    assert (said.by, said.why) == (ANNA, "the rule was corrected")
    assert [row.prospect for row in items(world, job.job_id)] == ["send"] * 8


def test_a_message_that_comes_to_match_after_the_plan_is_not_sent(world: Stage) -> None:
    refused(world, 1, 2)
    job_id = frozen(world, Filter(states=(State.REFUSED,)))
    world.submit(bodies.event(bodies.code(3)))
    world.ministry_answers(SUBMIT, refusal())
    world.deliver(NEW)

    world.connector.jobs.run(job_id, by=ANNA, reason="corrected")
    job = to_its_end(world, job_id)

    assert counts(job) == (2, 2, 0, 0, 0)
    assert world.states(NEW, bodies.code(3)) == [State.REFUSED]


def test_a_plan_that_is_not_run_changes_nothing(world: Stage) -> None:
    refused(world, 1, 2)
    before = world.rows("SELECT * FROM message ORDER BY seq")

    job_id = frozen(world)
    step(world, job_id)

    assert look(world, job_id).state is JobState.PLANNED
    assert world.rows("SELECT * FROM message ORDER BY seq") == before


def test_waves_of_one_and_five_are_awaited_before_the_next(world: Stage) -> None:
    refused(world, *range(1, 10))
    job_id = running(world)

    on_the_line = []
    for _ in range(12):
        world.connector.replays.work()
        on_the_line.append(len(world.rows("SELECT 1 FROM message WHERE state = 'ready' AND route = 'application'")))
        world.clock.passes(timedelta(seconds=1))
        world.deliver(NEW)

    assert on_the_line[:3] == [1, 5, 3]
    assert look(world, job_id).state is JobState.DONE
    with world.connector.engine.begin() as db:
        assert [note.move for note in jobs.notes(db, job_id)] == ["freeze", "run", "wave", "wave", "wave", "end"]


def test_the_items_of_a_job_are_looked_at_page_by_page(world: Stage) -> None:
    refused(world, *range(1, 6))
    job_id = running(world)
    step(world, job_id)
    world.connector.replays.work()

    with world.connector.engine.begin() as db:
        first = job_items.page(db, job_id, limit=3)
        rest = job_items.page(db, job_id, limit=3, after=first[-1].place)
        sent = job_items.page(db, job_id, limit=9, states=[ItemState.SENT])

    assert [one.place for one in (*first, *rest)] == [1, 2, 3, 4, 5]
    assert [(one.place, one.subject, one.outcome, one.message_state) for one in sent] == [
        (1, bodies.code(1), "delivered", State.DELIVERED)
    ]
    assert {one.cause for one in first} == {"500"}


# -- order ------------------------------------------------------------------------------------------------------------


def test_of_one_lane_only_one_is_on_the_line_and_the_older_goes_first(world: Stage) -> None:
    world.submit(bodies.event(bodies.code(1)))
    world.submit(bodies.event(bodies.code(1), "BoSung", 2, soLuongBanSao=3))
    world.submit(bodies.event(bodies.code(2)))
    # Both versions of the first dossier were refused before anything reached the ministry.
    world.ministry_answers(SUBMIT, refusal(), refusal(), refusal())
    world.run_until_quiet()
    assert world.states(NEW, bodies.code(1)) == [State.REFUSED, State.REFUSED]
    job_id = running(world)

    job = to_its_end(world, job_id)

    assert [(row.lane, row.place) for row in items(world, job_id)] == [(1, 1), (1, 2), (3, 3)]
    sent = [one["body"]["maHoSoMCDT"] for one in world.sandboxes.effects("ministry", "submission")]
    assert sent[0] == bodies.code(1)
    # Once the first version is there, the ministry takes a supplement only when it asks: the second is held for that.
    assert [(row.state, row.outcome) for row in items(world, job_id)] == [
        ("sent", "delivered"),
        ("skipped", "held"),
        ("sent", "delivered"),
    ]
    assert counts(job) == (3, 2, 1, 0, 0)


def test_a_message_behind_one_that_stopped_is_not_put_on_the_line(world: Stage) -> None:
    refused(world, 1)
    [message] = world.messages(NEW)
    world.change("UPDATE message SET version = 2, attempts = 2 WHERE id = :id", id=message.id)
    world.change(
        "INSERT INTO message (id, route, procedure, subject, version, state, office, received_on, source_key, area,"
        " created_at, updated_at) SELECT gen_random_uuid(), route, procedure, subject, 1, 'exhausted', office,"
        " received_on, 'older', area, now(), now() FROM message"
    )

    job = to_its_end(world, running(world, Filter(ids=(message.id,))))

    assert counts(job) == (1, 0, 1, 0, 0)
    [item] = items(world, job.job_id)
    assert (item.prospect, item.outcome) == ("waits", "waits-behind")
    assert item.waits_for == world.row("SELECT id FROM message WHERE version = 1").id


# -- pauses by itself -------------------------------------------------------------------------------------------------


def test_a_job_pauses_when_its_first_message_fails_again(world: Stage) -> None:
    refused(world, *range(1, 6))
    world.ministry_answers(SUBMIT, refusal())

    job = to_its_end(world, running(world))

    assert job.state is JobState.PAUSED
    assert job.paused_why == "failures: 1 of 1"
    assert counts(job) == (5, 0, 0, 1, 4)
    assert world.states(NEW).count(State.REFUSED) == 5


def test_a_job_pauses_when_a_message_stops_in_a_new_way(world: Stage) -> None:
    refused(world, *range(1, 9))
    job_id = running(world)
    step(world, job_id)  # the first goes well
    world.ministry_answers(SUBMIT, refusal("108"))

    job = to_its_end(world, job_id)

    assert job.state is JobState.PAUSED
    assert job.paused_why == "unknown-error: 108"
    assert job.failed == 1


def test_what_the_plan_foretold_pauses_nothing(world: Stage) -> None:
    refused(world, 1, 2)
    world.submit(*(bodies.event(bodies.code(serial), MaTTHC="9.999999") for serial in (3, 4, 5)))
    job_id = frozen(world)
    assert [row.prospect for row in items(world, job_id)] == ["send", "send", "invalid", "invalid", "invalid"]
    world.connector.jobs.run(job_id, by=ANNA, reason="again")

    job = to_its_end(world, job_id)

    assert job.state is JobState.DONE
    assert counts(job) == (5, 2, 0, 3, 0)
    invalid = world.messages(NEW, bodies.code(3))[0]
    assert (invalid.state, world.history(invalid.id)) == ("invalid", ["take_in", "replay"])
    with world.connector.engine.begin() as db:
        compared = {(one.prospect, one.state): one for one in job_items.compared(db, job_id)}
    assert compared[Prospect.INVALID, ItemState.FAILED].as_foreseen is True
    assert compared[Prospect.SEND, ItemState.SENT].count == 2


def test_after_a_pause_a_single_message_is_tried_first(world: Stage) -> None:
    refused(world, *range(1, 9))
    job_id = running(world)
    step(world, job_id)
    world.ministry_answers(SUBMIT, *[refusal()] * 5)
    paused = to_its_end(world, job_id)
    assert (paused.state, paused.failed) == (JobState.PAUSED, 5)

    world.connector.jobs.resume(job_id, by=ANNA, reason="the ministry has corrected it")
    world.connector.replays.work()

    assert len(world.rows("SELECT 1 FROM message WHERE state = 'ready' AND route = 'application'")) == 1
    assert to_its_end(world, job_id).state is JobState.DONE
    assert counts(look(world, job_id)) == (8, 3, 0, 5, 0)


def test_a_message_that_only_fails_does_not_keep_a_job_waiting_for_its_schedule(world: Stage) -> None:
    refused(world, *range(1, 9))
    job_id = running(world)
    step(world, job_id)
    world.ministry_answers(SUBMIT, {"reset": True, "effect": "none"})
    step(world, job_id)
    world.clock.passes(timedelta(minutes=3))

    world.connector.replays.work()

    assert look(world, job_id).paused_why is None  # one of five: not more than twenty percent
    assert look(world, job_id).wave == 3


# -- a person steers --------------------------------------------------------------------------------------------------


def test_nothing_more_is_put_on_the_line_while_a_job_is_paused_or_once_it_is_stopped(world: Stage) -> None:
    refused(world, *range(1, 9))
    job_id = running(world)
    step(world, job_id)
    world.connector.replays.work()  # five are on the line
    world.connector.jobs.pause(job_id, by=ANNA, reason="lunch")

    world.deliver(NEW)
    for _ in range(3):
        step(world, job_id)
    paused = look(world, job_id)
    assert (paused.state, counts(paused)) == (JobState.PAUSED, (8, 6, 0, 0, 2))

    world.connector.jobs.stop(job_id, by=ANNA, reason="enough")
    stopped = look(world, job_id)
    assert (stopped.state, counts(stopped)) == (JobState.STOPPED, (8, 6, 2, 0, 0))
    assert [row.outcome for row in items(world, job_id)][-2:] == ["stopped", "stopped"]
    with world.connector.engine.begin() as db:
        said = [(note.move, note.by, note.why) for note in jobs.notes(db, job_id)]
    assert ("pause", ANNA, "lunch") in said
    assert ("stop", ANNA, "enough") in said


def test_what_is_on_the_line_when_a_job_is_stopped_is_settled(world: Stage) -> None:
    refused(world, *range(1, 9))
    job_id = running(world)
    step(world, job_id)
    world.connector.replays.work()
    world.connector.jobs.stop(job_id, by=ANNA, reason="wrong filter")
    stopping = look(world, job_id)
    assert (stopping.state, counts(stopping)) == (JobState.STOPPING, (8, 1, 2, 0, 5))

    world.deliver(NEW)
    world.connector.replays.work()

    stopped = look(world, job_id)
    assert (stopped.state, counts(stopped)) == (JobState.STOPPED, (8, 6, 2, 0, 0))


def test_what_is_over_is_not_steered(world: Stage) -> None:
    refused(world, 1)
    job_id = running(world)
    to_its_end(world, job_id)

    for act in (world.connector.jobs.pause, world.connector.jobs.resume, world.connector.jobs.stop):
        with pytest.raises(NotPossible, match="over already"):
            act(job_id, by=ANNA, reason="late")
    with pytest.raises(NotPossible, match="a reason is needed"):
        world.connector.jobs.pause(job_id, by=ANNA, reason="  ")


# -- once -------------------------------------------------------------------------------------------------------------


def test_twenty_clicks_at_once_make_one_job(world: Stage) -> None:
    refused(world, *range(1, 6))
    request = Request(wanted=Filter(states=(State.REFUSED,)), by=ANNA, reason="corrected")

    def click(_: int) -> UUID:
        job_id, _ = world.connector.plans.freeze(request)
        world.connector.plans.prepare(job_id)
        return world.connector.jobs.run(job_id, by=ANNA, reason="corrected").job_id

    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(click, range(20)))

    assert len(made) == 1
    assert len(world.rows("SELECT 1 FROM replay_job")) == 1
    job = to_its_end(world, made.pop())
    assert counts(job) == (5, 5, 0, 0, 0)
    assert len(world.sandboxes.effects("ministry", "submission")) == 5


def test_twenty_clicks_on_one_plan_run_it_once(world: Stage) -> None:
    refused(world, 1, 2, 3)
    job_id = frozen(world)

    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda _: world.connector.jobs.run(job_id, by=ANNA, reason="go"), range(20)))

    assert {job.job_id for job in seen} == {job_id}
    assert counts(to_its_end(world, job_id)) == (3, 3, 0, 0, 0)
    assert len(world.rows("SELECT 1 FROM replay_note WHERE move = 'run'")) == 1


def test_a_message_is_in_one_running_job_only(world: Stage) -> None:
    ids = refused(world, 1, 2, 3)
    first = running(world, Filter(ids=tuple(ids[:2])))
    second = running(world, Filter(ids=tuple(ids)))

    assert [row.outcome for row in items(world, second)] == ["in-another-job", "in-another-job", None]
    assert counts(to_its_end(world, first)) == (2, 2, 0, 0, 0)
    assert counts(to_its_end(world, second)) == (3, 1, 2, 0, 0)


def test_a_delivered_message_goes_again_only_when_a_person_insists_and_that_is_harmless(world: Stage) -> None:
    [code] = world.arrived(1)
    [message] = world.messages(NEW)
    progress = world.sandboxes.told(code)

    meek = to_its_end(world, running(world, Filter(ids=(message.id,))))
    assert [(row.prospect, row.outcome) for row in items(world, meek.job_id)] == [("delivered", "delivered")]
    assert len(world.sandboxes.effects("ministry", "submission", "submission-repeated")) == 1

    bold = to_its_end(world, running(world, Filter(ids=(message.id,)), insist=True))
    world.run_until_quiet()

    assert counts(bold) == (1, 1, 0, 0, 0)
    assert len(world.sandboxes.effects("ministry", "submission")) == 1
    assert len(world.sandboxes.effects("ministry", "submission-repeated")) == 1
    assert world.facts(code).submissions == 1
    assert world.sandboxes.told(code) == progress
    again = world.messages(NEW)[0]
    assert (again.state, again.ordinal, again.attempts) == ("delivered", 1, 2)


def test_progress_that_is_sent_again_is_a_duplicate_at_the_province(world: Stage) -> None:
    [code] = world.arrived(1)
    [told] = world.messages(Route.PROGRESS)

    job_id = running(world, Filter(ids=(told.id,)), insist=True)
    world.connector.replays.work()
    assert world.deliver(Route.PROGRESS) == {"already-there": 1}
    world.connector.replays.work()

    assert counts(look(world, job_id)) == (1, 1, 0, 0, 0)
    assert world.sandboxes.told(code) == [4]


def test_an_older_version_is_not_sent_after_a_later_one(world: Stage) -> None:
    [code] = world.arrived(1)
    world.submit(bodies.event(code, "BoSung", 2, soLuongBanSao=3))
    world.change("UPDATE message SET state = 'delivered', hold = NULL, delivered_at = now() WHERE version = 2")
    first = world.messages(NEW, code)[0]

    job = to_its_end(world, running(world, Filter(ids=(first.id,)), insist=True))

    [item] = items(world, job.job_id)
    assert (item.state, item.prospect, item.outcome) == ("skipped", "cannot", "cannot")
    assert "later version" in item.note


# -- a fresh schedule -------------------------------------------------------------------------------------------------


def test_a_replayed_message_has_its_whole_schedule_again_and_keeps_its_count_of_attempts(world: Stage) -> None:
    world.submit(bodies.event(bodies.code(1)))
    world.ministry_answers(SUBMIT, *[{"status": 502, "body": "<html>", "effect": "none"}] * 6)
    while world.states(NEW) != [State.EXHAUSTED]:
        world.deliver(NEW)
        world.clock.passes(timedelta(seconds=30))
    assert world.message(NEW).attempts == 5

    job_id = running(world)
    world.connector.replays.work()
    ready = world.message(NEW)
    assert (ready.state, ready.attempts, ready.tries_from, ready.last_code) == ("ready", 5, 5, None)
    world.deliver(NEW)  # the sixth bad answer
    assert world.message(NEW).state == "ready"

    assert counts(to_its_end(world, job_id)) == (1, 1, 0, 0, 0)
    assert world.message(NEW).attempts == 7


# -- the database counts ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE replay_job SET sent = sent + 1",
        "UPDATE replay_job SET sent = sent + 1, remaining = remaining - 1",
        "UPDATE replay_job SET planned = planned + 1, remaining = remaining + 1",
        "UPDATE replay_job SET state = 'done', ended_at = now()",
        "UPDATE replay_item SET message_id = gen_random_uuid() WHERE place = 1",
        "UPDATE replay_item SET place = 77 WHERE place = 1",
        "UPDATE replay_item SET state = 'released', released_at = now(), outcome = NULL WHERE state = 'sent'",
        "UPDATE replay_item SET state = 'sent' WHERE state = 'pending'",
        "DELETE FROM replay_item WHERE place = 1",
        "INSERT INTO replay_item (job_id, place, lane, message_id, state)"
        " SELECT job_id, 99, 99, message_id, 'listed' FROM replay_item LIMIT 1",
        "INSERT INTO replay_job (id, verb, state, by, request_key, created_at, planned, remaining)"
        " VALUES (gen_random_uuid(), 'replay', 'planning', 'x', 'x', now(), 5, 5)",
    ],
)
def test_no_statement_makes_counts_and_items_differ(world: Stage, statement: str) -> None:
    refused(world, *range(1, 9))
    job_id = running(world)
    step(world, job_id)
    world.connector.replays.work()
    world.connector.jobs.pause(job_id, by=ANNA, reason="a look")
    assert {row.state for row in items(world, job_id)} == {"sent", "released", "pending"}

    with pytest.raises(DBAPIError), world.connector.engine.begin() as db:
        db.execute(text(statement))

    look(world, job_id)


def test_an_item_that_is_moved_by_hand_moves_its_job_s_counts(world: Stage) -> None:
    refused(world, 1, 2, 3)
    job_id = running(world)

    world.change("UPDATE replay_item SET state = 'failed', outcome = 'by hand' WHERE place = 2")

    assert counts(look(world, job_id)) == (3, 0, 0, 1, 2)


def test_plans_that_nobody_ran_are_forgotten_after_a_day(world: Stage) -> None:
    refused(world, 1)
    job_id = frozen(world, click="one")
    kept = running(world, click="another")

    world.clock.passes(timedelta(hours=25))

    assert world.connector.replays.forget_plans() == 1
    assert [row.id for row in world.rows("SELECT id FROM replay_job")] == [kept]
    assert job_id != kept


def test_a_result_that_is_sent_again_is_a_duplicate_at_the_province(world: Stage) -> None:
    world.sandboxes.at_work()
    world.province.add_events([bodies.event(bodies.code(1))])
    world.run_until_quiet(at_rest=world.sandboxes.at_rest)
    [result] = world.messages(Route.RESULT)
    assert result.state == "delivered"
    told = world.sandboxes.told(bodies.code(1))
    stored = len(world.sandboxes.effects("province", "result"))

    job_id = running(world, Filter(ids=(result.id,)), insist=True)
    world.connector.replays.work()
    assert world.deliver(Route.RESULT) == {"already-there": 1}
    world.run_until_quiet(at_rest=world.sandboxes.at_rest)

    assert counts(look(world, job_id)) == (1, 1, 0, 0, 0)
    assert len(world.sandboxes.effects("province", "result")) == stored
    assert world.sandboxes.told(bodies.code(1)) == told


def test_what_an_area_keeps_back_is_held_by_a_replay_and_goes_when_it_is_opened(world: Stage) -> None:
    refused(world, 1, 2)
    world.change("UPDATE area_mode SET mode = 'off'")
    world.change("UPDATE rollout_state SET version = version + 1")

    job_id = running(world)
    job = to_its_end(world, job_id)

    assert counts(job) == (2, 0, 2, 0, 0)
    assert [(row.prospect, row.outcome) for row in items(world, job_id)] == [("held", "held")] * 2
    assert {(row.state, row.hold) for row in world.messages(NEW)} == {("held", "area")}

    world.change("UPDATE area_mode SET mode = 'live'")
    world.change("UPDATE rollout_state SET version = version + 1, draining = true")
    world.clock.passes(timedelta(seconds=2))
    world.connector.draining.look()
    world.deliver(NEW)
    assert world.states(NEW) == [State.DELIVERED, State.DELIVERED]
